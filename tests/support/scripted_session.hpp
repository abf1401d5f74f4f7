// A session that answers what the `<` lines of a wire script say, for a front end on real sockets.
#pragma once

#include "wire_script.hpp"

#include "proxy/pgwire/session_port.hpp"

namespace howdah::test {

// The answers of one script, for as many sessions as it takes: after DISCARD ALL there is a second one.
struct Answers {
    std::vector<std::string> lines;
    std::size_t at = 0;
    bool opened = false;
};

class ScriptedSession final : public SessionPort {
public:
    explicit ScriptedSession(std::shared_ptr<Answers> answers) : answers_(std::move(answers))
    {
        if (std::exchange(answers_->opened, true))
            next(); // what the script answers to `reset`
    }

    boost::asio::awaitable<std::optional<pg::ClientError>> open() override { co_return std::nullopt; }
    boost::asio::awaitable<pg::Description> describe(std::string_view, std::span<const pg::Value>) override
    {
        co_return next().description;
    }
    boost::asio::awaitable<pg::Outcome> run(std::string_view, std::span<const pg::Value>, pg::ReplySink& sink,
                                            pg::RunOptions) override
    {
        pg::Outcome outcome = co_await rows(sink);
        co_return outcome;
    }
    boost::asio::awaitable<pg::Outcome> fetch(std::string_view, std::int32_t, pg::ReplySink& sink) override
    {
        pg::Outcome outcome = co_await rows(sink);
        co_return outcome;
    }
    boost::asio::awaitable<void> close_portal(std::string_view) override
    {
        next();
        co_return;
    }
    boost::asio::awaitable<void> sync() override
    {
        next();
        co_return;
    }
    boost::asio::awaitable<void> close() override
    {
        autocommit_ = true;
        co_return;
    }
    void cancel() override {}
    bool autocommit() const override { return autocommit_; }

private:
    Answer next()
    {
        Answer a;
        if (answers_->at < answers_->lines.size())
            a = read_answer(answers_->lines[answers_->at++]);
        autocommit_ = !a.transaction;
        return a;
    }
    boost::asio::awaitable<pg::Outcome> rows(pg::ReplySink& sink)
    {
        while (true) {
            const Answer a = next();
            std::vector<pg::ValueView> views;
            for (const auto& v : a.row)
                views.push_back(dialect::view(v));
            if (!a.columns.empty())
                sink.on_columns(a.columns);
            else if (a.is_rewind)
                sink.rewind();
            else if (a.is_row)
                sink.on_row(views);
            else
                co_return a.outcome;
            const bool there = co_await sink.flush();
            if (!there)
                co_return pg::Outcome{};
        }
    }

    std::shared_ptr<Answers> answers_;
    bool autocommit_ = true;
};

} // namespace howdah::test
