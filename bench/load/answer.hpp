// Reads what a server answers to one step, checks it, and says when it is whole. Bytes may be cut anywhere.
#pragma once

#include "script.hpp"

#include <cstdint>
#include <string>
#include <string_view>

namespace howdah::bench {

class Answer {
public:
    explicit Answer(Wire wire) : wire_(wire) {}

    void expect(const Step& step, std::int64_t key);
    // Takes bytes; what comes behind the end of the answer is kept for the next one: feed({}) goes on with it.
    void feed(std::string_view bytes);

    bool complete() const { return complete_; }
    bool failed() const { return !error_.empty(); } // the server said no
    const std::string& error() const { return error_; }
    bool wrong() const { return wrong_; } // it answered, and not what was asked

private:
    // How much of a row is looked at; the rest is only counted.
    static constexpr std::size_t prefix = 512;

    std::size_t take_message(std::string_view bytes);
    std::size_t take_line(std::string_view bytes);
    void message(char type, std::string_view body, std::size_t length);
    void line(std::string_view text);
    void row(std::string_view key, std::string_view value, std::size_t length);
    void finish();

    Wire wire_;
    Step::Check check_ = Step::Check::none;
    const Step* step_ = nullptr;
    std::int64_t key_ = 0, rows_ = 0;
    bool complete_ = false, wrong_ = false, tagged_ = false;
    std::string error_;
    std::string rest_;       // of a message that has not arrived
    std::size_t skip_ = 0;   // bytes of a long row that are not looked at
    bool skip_line_ = false; // the same on the line protocol
};

} // namespace howdah::bench
