// One client: connects, then runs its script again and again; one request in flight, or the whole script.
#pragma once

#include "answer.hpp"
#include "histogram.hpp"
#include "link.hpp"

#include <chrono>
#include <memory>
#include <string>
#include <vector>

namespace howdah::bench {

using Clock = std::chrono::steady_clock;

struct Target {
    std::string host = "127.0.0.1";
    int port = 0;
    std::string user = "postgres", database = "main";
    Wire wire = Wire::postgres;
    SSL_CTX* tls = nullptr;
    std::string setup; // SQL run once by each client
};

// What all clients count together, from one `run` to the next.
struct Counts {
    Histogram latency; // of whole transactions
    std::uint64_t transactions = 0, queries = 0, retries = 0, errors = 0, wrong = 0;
    std::string first_error;
};

// What is the same for all clients.
struct Plan {
    Script script;
    std::vector<Encoder> encoders; // one for each step
    Step rollback{.sql = "ROLLBACK"};
    Encoder rollback_encoder;

    bool pipelined; // all steps are sent at once

    Plan(Script s, Wire wire, Mode mode, bool pipelined);
};

class Client {
public:
    Client(const Plan& plan, Wire wire, std::int64_t number);

    // Blocking: connects, logs in, prepares.
    void open(const Target& target, std::span<char> scratch);
    // Sends the first request of a transaction.
    void begin(Clock::time_point now);
    // There is something to read, or room to write. True when a transaction has ended.
    bool on_readable(std::span<char> scratch, Counts& counts);
    void on_writable() { flush(); }

    bool wants_to_write() const { return !out_.empty(); }
    int descriptor() const { return link_.descriptor(); }

private:
    void ask(const Step& step, const Encoder& encoder);
    void ask_from_the_beginning();
    bool ask_next();
    void ask_and_wait(const std::string& bytes, std::span<char> scratch);
    bool again();
    bool count_failure(Counts& counts) const;
    bool step_is_over(Counts& counts);
    void flush();

    const Plan& plan_;
    Link link_;
    Answer answer_;
    std::string out_;
    Clock::time_point began_;
    std::uint64_t random_;
    std::int64_t number_, sequence_ = 0;
    Variables variables_{};
    std::size_t step_ = 0;
    bool rolling_back_ = false, retrying_ = false;
    bool failed_ = false; // a step of a pipelined script, whose others are answered all the same
};

} // namespace howdah::bench
