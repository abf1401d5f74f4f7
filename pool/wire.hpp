// Frames of PostgreSQL's v3 protocol as a client of the server sees them: what we send, what it answers. Pure.
//   frame ::= type:byte length:int32 body      length counts itself and the body
#pragma once

#include "pool/batch.hpp"

#include <cstddef>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace howdah::pool::wire {

// PostgreSQL itself cannot build a larger message.
inline constexpr std::size_t max_message = std::size_t{1} << 30;

// Each appends one frame to `out`.
void put_parse(std::string& out, std::string_view name, std::string_view sql, std::span<const Param> params);
// `formats`: one for each result column; one for all of them; none: text.
void put_bind(std::string& out, std::string_view portal, std::string_view name, std::span<const Param> params,
              std::span<const std::int16_t> formats);
// Types alone, as a SharedStatement has them; and its Bind and Execute in one. `rest`: Bind behind the names.
void put_parse(std::string& out, std::string_view name, std::string_view sql, std::span<const Oid> types);
void put_shared(std::string& out, std::string_view name, std::string_view rest);
// The parts of `rest`: for each parameter in binary put_value(); formats as in put_bind.
void put_rest_begin(std::string& rest, std::size_t params);
void put_value(std::string& rest, const std::optional<std::string>& bytes);
// How a binary array of one dimension begins, each of whose elements is put_value().
void put_array_begin(std::string& out, Oid element, std::size_t count);
void put_rest_end(std::string& rest, std::span<const std::int16_t> formats);
void put_describe_portal(std::string& out, std::string_view portal);
void put_describe_statement(std::string& out, std::string_view name);
void put_execute(std::string& out, std::string_view portal, std::int32_t max_rows);
void put_close_statement(std::string& out, std::string_view name);
void put_close_portal(std::string& out, std::string_view portal);
void put_query(std::string& out, std::string_view sql);
void put_sync(std::string& out);
void put_flush(std::string& out);
void put_terminate(std::string& out);

// Of the server. `body` is a view into the decoder's buffer.
struct Message {
    char type = 0;
    std::string_view body;
};

// Bytes in, messages out. Memory follows what has arrived, never what a length claims. What a message larger than
// `large` took is given back at once, the rest by shrink().
class Decoder {
public:
    static constexpr std::size_t base = 32 * 1024, large = 1024 * 1024;

    // Room for the next read; at least one byte. Invalidates views of earlier messages.
    std::span<char> room();
    // `n` bytes of room() have been filled.
    void filled(std::size_t n);
    // The next whole message, if it is there. Views stay valid until room() is called.
    std::optional<Message> next();
    // A length that the protocol does not allow was met: nothing more can be read.
    bool broken() const { return broken_; }
    bool empty() const { return begin_ == end_; }
    void shrink();
    std::size_t capacity() const { return capacity_; }

private:
    void resize(std::size_t capacity);

    std::unique_ptr<char[]> buffer_;
    std::size_t capacity_ = 0;
    std::size_t begin_ = 0, end_ = 0; // what has arrived and has not been taken
    std::size_t wanted_ = 0;          // whole size of the message at begin_, when its length is known
    bool broken_ = false;
};

// Bodies. False, or nullopt: malformed.
bool read_row(std::string_view body, std::vector<Field>& row);
// ParameterDescription.
bool read_parameter_types(std::string_view body, std::vector<Oid>& types);
bool read_row_description(std::string_view body, std::vector<FieldDescription>& columns);
// CommandComplete.
std::optional<std::string_view> read_tag(std::string_view body);
// ReadyForQuery: 'I', 'T' or 'E'.
std::optional<char> read_status(std::string_view body);
struct Notification {
    std::int32_t pid = 0;
    std::string_view channel, payload;
};
std::optional<Notification> read_notification(std::string_view body);

// ErrorResponse and NoticeResponse. Unknown fields are skipped, missing ones stay empty: whatever the bytes, this
// answers.
struct Report {
    ServerError error;
    bool fatal = false;  // FATAL or PANIC: the connection ends with it
};
Report read_report(std::string_view body);

} // namespace howdah::pool::wire
