#include "client.hpp"

#include <stdexcept>
#include <utility>

namespace howdah::bench {

namespace {

const std::string zero(1, '\0');

std::string startup(const Target& target)
{
    return frame('\0', std::string("\0\3\0\0", 4) + "user" + zero + target.user + zero + "database" + zero +
                           target.database + zero + zero);
}

// What programs answer by trying again: serialization failure, deadlock, lock timeout, SQLITE_BUSY.
bool is_conflict(const std::string& error)
{
    for (const char* sign : {" C40001 ", " C40P01 ", " C55P03 ", "\"name\":\"SQLITE_BUSY"})
        if (error.find(sign) != std::string::npos)
            return true;
    return false;
}

} // namespace

Plan::Plan(Script s, Wire wire, Mode mode, bool pipelined_)
    : script(std::move(s)), rollback_encoder(rollback, 0, wire, Mode::simple), pipelined(pipelined_)
{
    for (std::size_t i = 0; i < script.steps.size(); ++i)
        encoders.emplace_back(script.steps[i], i, wire, mode);
}

Client::Client(const Plan& plan, Wire wire, std::int64_t number)
    : plan_(plan),
      answer_(wire),
      random_(0x9E3779B97F4A7C15ULL * static_cast<std::uint64_t>(number + 1)),
      number_(number)
{
}

void Client::open(const Target& target, std::span<char> scratch)
{
    link_.open(target.host, target.port, target.tls);
    const Step setup{.sql = target.setup};
    if (target.wire == Wire::postgres) {
        ask_and_wait(startup(target), scratch);
        if (!target.setup.empty())
            ask_and_wait(frame('Q', target.setup + zero), scratch);
        for (const Encoder& encoder : plan_.encoders)
            if (!encoder.preparation().empty())
                ask_and_wait(encoder.preparation(), scratch);
    } else {
        link_.send_all(R"({"hello":{"database":")" + target.database + "\"}}\n");
        while (!std::string_view(scratch.data(), link_.receive(scratch)).ends_with('\n'))
            continue;
        if (!target.setup.empty())
            ask_and_wait(target.setup + '\n', scratch);
    }
    link_.stop_blocking();
}

void Client::ask_and_wait(const std::string& bytes, std::span<char> scratch)
{
    static const Step anything;
    answer_.expect(anything, 0);
    link_.send_all(bytes);
    while (!answer_.complete()) {
        answer_.feed({scratch.data(), link_.receive(scratch)});
        if (answer_.failed())
            throw std::runtime_error(answer_.error());
    }
}

void Client::begin(Clock::time_point now)
{
    began_ = now;
    variables_ = plan_.script.choose(random_, number_, ++sequence_);
    ask_from_the_beginning();
}

void Client::ask_from_the_beginning()
{
    step_ = 0;
    failed_ = false;
    const std::size_t sent = plan_.pipelined ? plan_.encoders.size() : 1;
    for (std::size_t i = 0; i < sent; ++i)
        plan_.encoders[i].append(out_, variables_);
    answer_.expect(plan_.script.steps[0], variables_[0]);
    flush();
}

// False: that was the last step.
bool Client::ask_next()
{
    if (++step_ == plan_.script.steps.size())
        return false;
    if (plan_.pipelined)
        answer_.expect(plan_.script.steps[step_], variables_[0]);
    else
        ask(plan_.script.steps[step_], plan_.encoders[step_]);
    return true;
}

void Client::ask(const Step& step, const Encoder& encoder)
{
    answer_.expect(step, variables_[0]);
    encoder.append(out_, variables_);
    flush();
}

void Client::flush()
{
    const std::size_t sent = link_.write_some(out_);
    out_.erase(0, sent);
}

bool Client::on_readable(std::span<char> scratch, Counts& counts)
{
    do {
        answer_.feed({scratch.data(), link_.read_some(scratch)});
    } while (link_.has_decrypted());
    while (answer_.complete()) {
        if (step_is_over(counts))
            return true;
        answer_.feed({});
    }
    return false;
}

// After a conflict with another client the same transaction once more, on the same clock. False: on to the next.
bool Client::again()
{
    if (!std::exchange(retrying_, false))
        return false;
    ask_from_the_beginning();
    return true;
}

// Whether the transaction is worth another try.
bool Client::count_failure(Counts& counts) const
{
    if (is_conflict(answer_.error())) {
        ++counts.retries;
        return true;
    }
    if (++counts.errors == 1)
        counts.first_error = answer_.error();
    return false;
}

bool Client::step_is_over(Counts& counts)
{
    if (rolling_back_) {
        rolling_back_ = false;
        return !again();
    }
    ++counts.queries;
    if (plan_.pipelined && answer_.failed() && !std::exchange(failed_, true))
        retrying_ = count_failure(counts);
    if (plan_.pipelined && failed_) {
        if (ask_next())
            return false;
        return !again();
    }
    if (answer_.failed()) {
        retrying_ = count_failure(counts);
        rolling_back_ = plan_.script.transaction;
        if (!rolling_back_)
            return !again();
        ask(plan_.rollback, plan_.rollback_encoder);
        return false;
    }
    if (answer_.wrong())
        ++counts.wrong;
    if (ask_next())
        return false;
    ++counts.transactions;
    counts.latency.add(static_cast<std::uint64_t>((Clock::now() - began_).count()));
    return true;
}

} // namespace howdah::bench
