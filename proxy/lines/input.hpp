// What a client has sent, cut into lines. Pure: bytes come from someone else.
#pragma once

#include <algorithm>
#include <cstddef>
#include <cstring>
#include <optional>
#include <span>
#include <string_view>
#include <vector>

namespace howdah::proxy::lines {

class Input {
public:
    explicit Input(std::size_t max_line_bytes) : max_line_bytes_(max_line_bytes) {}

    // Room for at least one more byte; commit() says how much of it was filled. Lines given out die here.
    std::span<char> prepare()
    {
        if (taken_ > 0) {
            std::memmove(bytes_.data(), bytes_.data() + taken_, filled_ - taken_);
            filled_ -= taken_;
            searched_ -= taken_;
            taken_ = 0;
        }
        if (filled_ == 0 && bytes_.size() > keep_capacity)
            bytes_ = {};
        // A long line doubles the buffer as its bytes come in.
        const std::size_t room = was_filled_ ? read_chunk : short_chunk;
        if (filled_ > 0 && filled_ == bytes_.size())
            bytes_.resize(filled_ + std::max(room, filled_));
        else if (bytes_.size() - filled_ < room)
            bytes_.resize(filled_ + room);
        return std::span(bytes_).subspan(filled_);
    }
    void commit(std::size_t bytes)
    {
        filled_ += bytes;
        was_filled_ = was_filled_ || filled_ == bytes_.size();
    }
    // Bytes of an empty buffer where that is larger than a client needs that says nothing; rest() gives them back.
    std::size_t spare() const { return taken_ == filled_ && bytes_.size() > most_at_rest ? bytes_.size() : 0; }
    void rest()
    {
        filled_ = taken_ = searched_ = 0;
        was_filled_ = false;
        bytes_ = {};
    }
    // Nothing more comes: what has no newline counts as a line.
    void end() { ended_ = true; }
    bool ended() const { return ended_; }

    // The next line without its newline, if it has arrived as a whole and is not too long.
    std::optional<std::string_view> next()
    {
        const std::string_view all(bytes_.data(), filled_);
        std::size_t end = all.find('\n', searched_);
        searched_ = std::min(end, filled_);
        const bool found = end != std::string_view::npos;
        end = std::min(end, filled_);
        if ((!found && (!ended_ || taken_ == end)) || end - taken_ > max_line_bytes_)
            return std::nullopt;
        std::string_view line = all.substr(taken_, end - taken_);
        taken_ = searched_ = found ? end + 1 : end;
        if (line.ends_with('\r'))
            line.remove_suffix(1);
        return line;
    }
    // Why there is no next(): it is longer than max_line_bytes.
    bool is_too_long() const { return searched_ - taken_ > max_line_bytes_; }
    bool has_more() const { return taken_ < filled_; }

private:
    static constexpr std::size_t short_chunk = 512; // the room of a client whose lines are short, as most are
    // That of one who has filled it: what has come is looked at together, and sent on together.
    static constexpr std::size_t read_chunk = 32U << 10U;
    static constexpr std::size_t most_at_rest = 8U << 10U;
    // A buffer that has grown beyond this is given back once it is empty.
    static constexpr std::size_t keep_capacity = 256U << 10U;

    std::size_t max_line_bytes_;
    std::vector<char> bytes_; // what has been read: `filled_` bytes, of which `taken_` are used up
    std::size_t filled_ = 0;
    std::size_t taken_ = 0;    // where the next line begins
    std::size_t searched_ = 0; // no newline between `taken_` and here
    bool ended_ = false, was_filled_ = false;
};

} // namespace howdah::proxy::lines
