// A client's bytes become messages. Memory grows with what has arrived, never with what a length field promises.
#pragma once

#include "messages.hpp"

#include <cstddef>
#include <optional>
#include <span>
#include <string>

namespace howdah::proxy::pgwire {

class Decoder {
public:
    // What kind of message comes next, and how long it may be.
    enum class Phase {
        startup,        // length first, no type byte; 8 to 10 000 bytes, PostgreSQL's own limits
        authentication, // only 'p', up to 64 KB: room for the longest tokens that serve as passwords
        running,        // up to max_message_bytes
    };

    explicit Decoder(std::size_t max_message_bytes) : max_message_bytes_(max_message_bytes) {}

    void enter(Phase phase) { phase_ = phase; }
    // Room at the end of the buffer, a few KB where a client has filled less; commit() says how much of it was filled.
    // Views die here.
    std::span<char> prepare();
    void commit(std::size_t bytes);
    void feed(std::string_view bytes); // prepare and commit, for tests and leftovers

    // The next whole message, if it has arrived. After a fatal Malformed there is no more.
    std::optional<Message> next();

    // Bytes that have arrived and belong to no message given out so far.
    std::string_view pending() const { return {buffer_.data() + begin_, end_ - begin_}; }
    void discard() { begin_ = end_; }

    // Bytes of an empty buffer where that is larger than a client needs that says nothing; rest() gives them back.
    std::size_t spare() const;
    void rest();

    // A place to go back to, after looking at what comes next; valid until prepare().
    struct Place {
        std::size_t begin = 0, wanted = 0;
        bool dead = false;
    };
    Place place() const { return {begin_, wanted_, dead_}; }
    void go_back(const Place& place)
    {
        begin_ = place.begin;
        wanted_ = place.wanted;
        dead_ = place.dead;
    }

private:
    std::optional<Message> next_startup();
    Message broken(char type, std::string why);

    std::string buffer_;
    std::size_t begin_ = 0, end_ = 0; // what has arrived and was not given out
    std::size_t wanted_ = 0;          // the whole length of the message that is arriving, when known
    std::size_t max_message_bytes_;
    Phase phase_ = Phase::startup;
    bool dead_ = false;
    bool was_filled_ = false; // the client sends more than short messages
};

} // namespace howdah::proxy::pgwire
