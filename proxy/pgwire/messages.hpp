// What a client of the PostgreSQL wire can say (protocol 3.0 to 3.2,
// https://www.postgresql.org/docs/15/protocol-message-formats.html).
//
// Plain structs, one per message, named as the manual names them. Views point into the Decoder's buffer and are valid
// until it is fed again.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <variant>
#include <vector>

namespace howdah::proxy::pgwire {

using Oid = std::uint32_t;

// The types that howdah itself names; the numbers are PostgreSQL's for all time.
namespace oid {
inline constexpr Oid boolean = 16, bytea = 17, char_ = 18, name = 19, int8 = 20, int2 = 21, int4 = 23, text = 25,
                     oid = 26, json = 114, xml = 142, float4 = 700, float8 = 701, unknown = 705, bpchar = 1042,
                     varchar = 1043, date = 1082, time = 1083, timestamp = 1114, timestamptz = 1184, interval = 1186,
                     numeric = 1700, uuid = 2950, jsonb = 3802;
} // namespace oid

// -------------------------------------------------------------------------------- before login, without a type byte

struct SslRequest {};
struct GssEncRequest {};
struct CancelRequest {
    std::int32_t process_id = 0;
    std::string_view secret; // 4 bytes in protocol 3.0, up to 256 in 3.2
};
struct StartupMessage {
    int major = 0, minor = 0;
    std::vector<std::pair<std::string_view, std::string_view>> parameters;
};

// ------------------------------------------------------------------------------------------------------- typed ones

struct Password { // 'p': PasswordMessage, SASLInitialResponse or SASLResponse; who waits for it knows which
    std::string_view body;
};
struct Query {
    std::string_view sql;
};
struct Parse {
    std::string_view statement, sql;
    std::vector<Oid> types; // 0: unspecified
};
struct Bind {
    std::string_view portal, statement;
    std::vector<std::int16_t> formats; // of the parameters: none (text), one for all, or one each
    std::vector<std::optional<std::string_view>> values;
    std::vector<std::int16_t> result_formats;
};
struct Describe {
    char kind = 'S'; // 'S' a statement, 'P' a portal
    std::string_view name;
};
struct Execute {
    std::string_view portal;
    std::int32_t max_rows = 0; // 0: all
};
struct Close {
    char kind = 'S';
    std::string_view name;
};
struct Sync {};
struct Flush {};
struct FunctionCall {};
struct CopyData {};
struct CopyDone {};
struct CopyFail {};
struct Terminate {};

// Bytes that are no message. `fatal`: the stream cannot be trusted any more; otherwise only this message is bad.
struct Malformed {
    char type = 0;
    std::string why;
    bool fatal = false;
};

using Message =
    std::variant<SslRequest, GssEncRequest, CancelRequest, StartupMessage, Password, Query, Parse, Bind, Describe,
                 Execute, Close, Sync, Flush, FunctionCall, CopyData, CopyDone, CopyFail, Terminate, Malformed>;

} // namespace howdah::proxy::pgwire
