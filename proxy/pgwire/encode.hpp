// What the server says on the PostgreSQL wire: each function appends one message to `out`.
#pragma once

#include "messages.hpp"

#include "proxy/exchange.hpp"

#include <span>
#include <string>
#include <string_view>

namespace howdah::proxy::pgwire {

// Writes one message: the type byte, a length that is filled in at the end, the fields.
class MessageWriter {
public:
    MessageWriter(std::string& out, char type) : out_(out)
    {
        out_.push_back(type);
        start_ = out_.size();
        out_.append(4, '\0');
    }
    ~MessageWriter() { put32(start_, static_cast<std::uint32_t>(out_.size() - start_)); }
    MessageWriter(const MessageWriter&) = delete;
    MessageWriter& operator=(const MessageWriter&) = delete;

    MessageWriter& byte(char c)
    {
        out_.push_back(c);
        return *this;
    }
    MessageWriter& int16(std::int16_t n)
    {
        const auto u = static_cast<std::uint16_t>(n);
        const char b[2] = {static_cast<char>(u >> 8U), static_cast<char>(u)};
        out_.append(b, 2);
        return *this;
    }
    MessageWriter& int32(std::int32_t n)
    {
        out_.append(4, '\0');
        put32(out_.size() - 4, static_cast<std::uint32_t>(n));
        return *this;
    }
    MessageWriter& int64(std::int64_t n)
    {
        int32(static_cast<std::int32_t>(static_cast<std::uint64_t>(n) >> 32U));
        return int32(static_cast<std::int32_t>(static_cast<std::uint64_t>(n)));
    }
    MessageWriter& bytes(std::string_view s)
    {
        out_.append(s);
        return *this;
    }
    // The protocol's strings end with a zero byte: one inside would end them early.
    MessageWriter& string(std::string_view s)
    {
        out_.append(s.substr(0, s.find('\0')));
        out_.push_back('\0');
        return *this;
    }
    // A field's length, known only once its bytes are written: begin_field() … end_field(mark).
    std::size_t begin_field()
    {
        out_.append(4, '\0');
        return out_.size();
    }
    void end_field(std::size_t mark) { put32(mark - 4, static_cast<std::uint32_t>(out_.size() - mark)); }
    std::string& out() { return out_; }
    std::size_t size() const { return out_.size() - start_; }

private:
    void put32(std::size_t at, std::uint32_t u)
    {
        out_[at] = static_cast<char>(u >> 24U);
        out_[at + 1] = static_cast<char>(u >> 16U);
        out_[at + 2] = static_cast<char>(u >> 8U);
        out_[at + 3] = static_cast<char>(u);
    }
    std::string& out_;
    std::size_t start_ = 0;
};

// A column of RowDescription.
struct Field {
    std::string_view name;
    Oid table = 0;
    std::int16_t attribute = 0;
    Oid type = oid::text;
    std::int16_t size = -1;
    std::int32_t modifier = -1;
    std::int16_t format = 0;
};

void authentication_ok(std::string& out);
void authentication_sasl(std::string& out, std::span<const std::string_view> mechanisms);
void authentication_sasl_continue(std::string& out, std::string_view data);
void authentication_sasl_final(std::string& out, std::string_view data);
// `newest` is the whole version, 3 << 16 | minor, as PostgreSQL itself sends it.
void negotiate_protocol_version(std::string& out, std::int32_t newest, std::span<const std::string_view> unknown);
void parameter_status(std::string& out, std::string_view name, std::string_view value);
void backend_key_data(std::string& out, std::int32_t process_id, std::string_view secret);
void ready_for_query(std::string& out, char status); // 'I' idle, 'T' in a transaction
void parse_complete(std::string& out);
void bind_complete(std::string& out);
void close_complete(std::string& out);
void no_data(std::string& out);
void portal_suspended(std::string& out);
void empty_query_response(std::string& out);
void command_complete(std::string& out, std::string_view tag);
void parameter_description(std::string& out, std::span<const Oid> types);
// One field of a RowDescription that is being written.
void write_field(MessageWriter& m, const Field& f);
void row_description(std::string& out, std::span<const Field> fields);
// `severity` is ERROR or FATAL. `position` counts characters from 1; 0: unknown.
void error_response(std::string& out, const ClientError& error, int position);
void notice_response(std::string& out, std::string_view severity, std::string_view sqlstate, std::string_view message);

} // namespace howdah::proxy::pgwire
