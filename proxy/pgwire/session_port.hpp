// The session as the front end sees it: an interface, so that the front end can be tested without a database.
#pragma once

#include "proxy/exchange.hpp"
#include "proxy/session.hpp"

#include <boost/asio/awaitable.hpp>

#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <utility>

namespace howdah::proxy::pgwire {

// Session's own members, word for word.
class SessionPort {
public:
    virtual ~SessionPort() = default;
    virtual boost::asio::awaitable<std::optional<ClientError>> open() = 0;
    virtual boost::asio::awaitable<Description> describe(std::string_view sql, std::span<const Value> parameters) = 0;
    virtual boost::asio::awaitable<Outcome> run(std::string_view sql, std::span<const Value> parameters,
                                                ReplySink& sink, RunOptions options) = 0;
    virtual bool start(std::string_view /*sql*/, std::span<const Value> /*parameters*/, ReplySink& /*sink*/,
                       const RunOptions& /*options*/, Lookahead* /*lookahead*/)
    {
        return false;
    }
    virtual bool is_ahead() const { return false; }
    virtual bool arrived() const { return true; }
    virtual boost::asio::awaitable<void> wait(ReplySink& /*sink*/) { co_return; }
    virtual std::optional<Outcome> finish(std::string_view /*sql*/, ReplySink& /*sink*/) { return std::nullopt; }
    virtual boost::asio::awaitable<Outcome> fetch(std::string_view portal, std::int32_t max_rows, ReplySink& sink) = 0;
    virtual boost::asio::awaitable<void> close_portal(std::string_view portal) = 0;
    virtual boost::asio::awaitable<void> sync() = 0;
    virtual boost::asio::awaitable<void> close() = 0;
    virtual void cancel() = 0;
    virtual std::size_t rest() { return 0; }
    virtual bool autocommit() const = 0;
};

// A new session on the database of that name.
using OpenSession = std::function<std::unique_ptr<SessionPort>(const std::string& database)>;

class RealSession final : public SessionPort {
public:
    RealSession(Databases& databases, std::string database, std::string client)
        : session_(databases, std::move(database), std::move(client))
    {
    }
    boost::asio::awaitable<std::optional<ClientError>> open() override { return session_.open(); }
    boost::asio::awaitable<Description> describe(std::string_view sql, std::span<const Value> parameters) override
    {
        return session_.describe(sql, parameters);
    }
    boost::asio::awaitable<Outcome> run(std::string_view sql, std::span<const Value> parameters, ReplySink& sink,
                                        RunOptions options) override
    {
        return session_.run(sql, parameters, sink, std::move(options));
    }
    bool start(std::string_view sql, std::span<const Value> parameters, ReplySink& sink, const RunOptions& options,
               Lookahead* lookahead) override
    {
        return session_.start(sql, parameters, sink, options, lookahead);
    }
    bool is_ahead() const override { return session_.is_ahead(); }
    bool arrived() const override { return session_.arrived(); }
    boost::asio::awaitable<void> wait(ReplySink& sink) override { return session_.wait(sink); }
    std::optional<Outcome> finish(std::string_view sql, ReplySink& sink) override { return session_.finish(sql, sink); }
    boost::asio::awaitable<Outcome> fetch(std::string_view portal, std::int32_t max_rows, ReplySink& sink) override
    {
        return session_.fetch(portal, max_rows, sink);
    }
    boost::asio::awaitable<void> close_portal(std::string_view portal) override
    {
        return session_.close_portal(portal);
    }
    boost::asio::awaitable<void> sync() override { return session_.sync(); }
    boost::asio::awaitable<void> close() override { return session_.close(); }
    void cancel() override { session_.cancel(); }
    std::size_t rest() override { return session_.rest(); }
    bool autocommit() const override { return session_.autocommit(); }

private:
    Session session_;
};

} // namespace howdah::proxy::pgwire
