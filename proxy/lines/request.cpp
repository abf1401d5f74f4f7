#include "proxy/lines/request.hpp"

#include "proxy/json_text.hpp"

#include <boost/json/basic_parser_impl.hpp>
#include <boost/json/value.hpp>
#include <boost/json/value_stack.hpp>

#include <charconv>
#include <cstdlib>
#include <limits>

namespace howdah::proxy::lines {

namespace json = boost::json;
using dialect::Blob;
using dialect::Value;

namespace {

// Builds a json::value as Boost's own parser does, except that every REAL is rounded correctly (Boost 1.81 can be off
// by one in the last place) and that integers beyond 64 bits become REAL, as in SQLite.
class ExactHandler {
public:
    static constexpr std::size_t max_object_size = static_cast<std::size_t>(-1);
    static constexpr std::size_t max_array_size = static_cast<std::size_t>(-1);
    static constexpr std::size_t max_key_size = static_cast<std::size_t>(-1);
    static constexpr std::size_t max_string_size = static_cast<std::size_t>(-1);
    using Code = json::error_code;
    using Text = json::string_view;

    json::value_stack stack;

    bool on_document_begin(Code&)
    {
        stack.reset();
        return true;
    }
    bool on_document_end(Code&) { return true; }
    bool on_object_begin(Code&) { return true; }
    bool on_object_end(std::size_t n, Code&)
    {
        stack.push_object(n);
        return true;
    }
    bool on_array_begin(Code&) { return true; }
    bool on_array_end(std::size_t n, Code&)
    {
        stack.push_array(n);
        return true;
    }
    bool on_key_part(Text text, std::size_t, Code&)
    {
        stack.push_chars(text);
        return true;
    }
    bool on_key(Text text, std::size_t, Code&)
    {
        stack.push_key(text);
        return true;
    }
    bool on_string_part(Text text, std::size_t, Code&)
    {
        stack.push_chars(text);
        return true;
    }
    bool on_string(Text text, std::size_t, Code&)
    {
        stack.push_string(text);
        return true;
    }
    bool on_number_part(Text text, Code&)
    {
        number_.append(text.data(), text.size());
        return true;
    }
    bool on_int64(std::int64_t value, Text, Code&)
    {
        number_.clear();
        stack.push_int64(value);
        return true;
    }
    bool on_uint64(std::uint64_t, Text text, Code&) { return push_real(text); }
    bool on_double(double, Text text, Code&) { return push_real(text); }
    bool on_bool(bool value, Code&)
    {
        stack.push_bool(value);
        return true;
    }
    bool on_null(Code&)
    {
        stack.push_null();
        return true;
    }
    bool on_comment_part(Text, Code&) { return true; }
    bool on_comment(Text, Code&) { return true; }

private:
    bool push_real(Text text)
    {
        number_.append(text.data(), text.size());
        double value = 0;
        // Out of range is infinity or zero, which strtod tells apart.
        if (std::from_chars(number_.data(), number_.data() + number_.size(), value).ec != std::errc())
            value = std::strtod(number_.c_str(), nullptr);
        number_.clear();
        stack.push_double(value);
        return true;
    }

    std::string number_;
};

// What a line's JSON is not allowed to be; its text is for the client.
struct Wrong {
    std::string message;
};

json::value parse_json(std::string_view line)
{
    json::basic_parser<ExactHandler> parser{json::parse_options{}};
    json::error_code error;
    const std::size_t used = parser.write_some(false, line.data(), line.size(), error);
    if (!error && line.find_first_not_of(" \t\r\n", used) != std::string_view::npos)
        error = json::error::extra_data;
    if (error)
        throw Wrong{"howdah: the line is not JSON: " + error.message() + " at character " + std::to_string(used + 1)};
    return parser.handler().stack.release();
}

void append_json(std::string& out, const json::value& value)
{
    bool first = true;
    const auto separate = [&] { out += std::exchange(first, false) ? "" : ","; };
    if (const auto* object = value.if_object()) {
        out += '{';
        for (const auto& [key, member] : *object) {
            separate();
            append_json_string(out, {key.data(), key.size()});
            out += ':';
            append_json(out, member);
        }
        out += '}';
    } else if (const auto* array = value.if_array()) {
        out += '[';
        for (const auto& element : *array) {
            separate();
            append_json(out, element);
        }
        out += ']';
    } else if (const auto* text = value.if_string()) {
        append_json_string(out, {text->data(), text->size()});
    } else if (const auto* integer = value.if_int64()) {
        append_json_integer(out, *integer);
    } else if (const auto* real = value.if_double()) {
        if (*real - *real == 0)
            append_json_real(out, *real);
        else
            out += *real > 0 ? "1e999" : "-1e999";
    } else {
        out += value.is_bool() ? (value.get_bool() ? "true" : "false") : "null";
    }
}

std::string string_member(const json::value& value, const char* what)
{
    if (const auto* text = value.if_string())
        return {text->data(), text->size()};
    throw Wrong{std::string("howdah: \"") + what + "\" must be a string"};
}

Value real_value(const json::value& value)
{
    if (const auto* real = value.if_double())
        return *real;
    if (const auto* integer = value.if_int64())
        return static_cast<double>(*integer);
    if (value == "inf")
        return std::numeric_limits<double>::infinity();
    if (value == "-inf")
        return -std::numeric_limits<double>::infinity();
    throw Wrong{"howdah: {\"real\": …} must hold a number, \"inf\" or \"-inf\""};
}

Value integer_value(const std::string& text)
{
    std::int64_t integer = 0;
    const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), integer);
    if (text.empty() || error != std::errc() || end != text.data() + text.size())
        throw Wrong{"howdah: {\"integer\": …} must hold the digits of a 64-bit integer"};
    return integer;
}

std::string bytes_value(const json::value& value, const char* what)
{
    if (auto bytes = decode_base64(string_member(value, what)))
        return std::move(*bytes);
    throw Wrong{std::string("howdah: {\"") + what + "\": …} must hold base64"};
}

Value tagged_value(const json::object& object)
{
    if (object.size() == 1) {
        const auto& [key, value] = *object.begin();
        if (key == "blob")
            return Blob{bytes_value(value, "blob")};
        if (key == "text")
            return bytes_value(value, "text");
        if (key == "real")
            return real_value(value);
        if (key == "integer")
            return integer_value(string_member(value, "integer"));
    }
    throw Wrong{"howdah: a parameter that is an object must be {\"blob\": …}, {\"real\": …}, {\"integer\": …} or "
                "{\"text\": …}"};
}

Value to_value(const json::value& value)
{
    switch (value.kind()) {
    case json::kind::null:
        return {};
    case json::kind::bool_:
        return std::int64_t{value.get_bool() ? 1 : 0};
    case json::kind::int64:
        return value.get_int64();
    case json::kind::double_:
        return value.get_double();
    case json::kind::string:
        return string_member(value, "params");
    case json::kind::object:
        return tagged_value(value.get_object());
    default:
        throw Wrong{"howdah: a parameter cannot be an array"};
    }
}

void read_params(const json::value& params, Request& request)
{
    if (const auto* array = params.if_array())
        for (const auto& element : *array)
            request.positional.push_back(to_value(element));
    else if (const auto* object = params.if_object())
        for (const auto& [key, value] : *object)
            request.named.emplace_back(std::string(key.data(), key.size()), to_value(value));
    else if (!params.is_null())
        throw Wrong{"howdah: \"params\" must be an array or an object"};
}

Hello read_hello(const json::value& value)
{
    const auto* object = value.if_object();
    if (object == nullptr)
        throw Wrong{"howdah: \"hello\" must be an object"};
    Hello hello;
    for (const auto& [key, member] : *object) {
        if (key == "database")
            hello.database = string_member(member, "database");
        else if (key == "user")
            hello.user = string_member(member, "user");
        else if (key == "password")
            hello.password = string_member(member, "password");
        else
            throw Wrong{"howdah: \"hello\" has the unknown key \"" + std::string(key.data(), key.size()) + "\""};
    }
    return hello;
}

void read_members(const json::object& object, Request& request)
{
    bool has_sql = false;
    for (const auto& [key, value] : object) {
        if (key == "sql") {
            request.sql = string_member(value, "sql");
            has_sql = true;
        } else if (key == "params") {
            read_params(value, request);
        } else if (key == "hello") {
            request.hello = read_hello(value);
        } else if (key != "id") {
            throw Wrong{"howdah: the request has the unknown key \"" + std::string(key.data(), key.size()) + "\""};
        }
    }
    if (has_sql == request.hello.has_value())
        throw Wrong{has_sql ? "howdah: \"hello\" is a request of its own"
                            : "howdah: the request has neither \"sql\" nor \"hello\""};
}

// "a" of ":a", "@a", "$a", "?7" => "7".
std::string_view without_prefix(std::string_view name)
{
    if (!name.empty() && std::string_view(":@$?").find(name.front()) != std::string_view::npos)
        name.remove_prefix(1);
    return name;
}

} // namespace

std::variant<Request, BadRequest> parse_request(std::string_view line)
{
    Request request;
    const auto first = line.find_first_not_of(" \t");
    if (first == std::string_view::npos || line[first] != '{') {
        if (!is_utf8(line))
            return BadRequest{"", "howdah: the line is not UTF-8"};
        request.sql = line;
        return request;
    }
    try {
        const json::value value = parse_json(line);
        const json::object& object = value.get_object();
        if (const auto* id = object.if_contains("id"))
            append_json(request.id, *id);
        read_members(object, request);
        return request;
    } catch (const Wrong& wrong) {
        return BadRequest{std::move(request.id), wrong.message};
    }
}

std::vector<Value> named_values(const Request& request, const std::vector<std::string>& names)
{
    std::vector<Value> values(names.size());
    for (std::size_t i = 0; i < names.size(); ++i) {
        const std::string numbered = names[i].empty() ? "?" + std::to_string(i + 1) : names[i];
        int best = 0; // 3: the same name, 2: without a prefix, 1: with another one
        for (const auto& [name, value] : request.named) {
            const auto bare = without_prefix(numbered);
            const int match = name == numbered ? 3 : name == bare ? 2 : without_prefix(name) == bare ? 1 : 0;
            if (match > best) {
                best = match;
                values[i] = value;
            }
        }
    }
    return values;
}

} // namespace howdah::proxy::lines
