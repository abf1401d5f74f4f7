// How JSON text is written and what it is made of: escapes, exact numbers, base64, the UTF-8 check. Pure.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

namespace howdah::proxy {

bool is_utf8(std::string_view text);

// The text in quotes. It must be UTF-8.
void append_json_string(std::string& out, std::string_view text);
void append_json_integer(std::string& out, std::int64_t value);
// The shortest text that reads back as the same double, always with a '.' or an exponent: 1.0, 1e+20. Must be finite.
void append_json_real(std::string& out, double value);

void append_base64(std::string& out, std::string_view bytes);
// Padding may be absent; anything else outside the alphabet of RFC 4648 section 4 is an error.
std::optional<std::string> decode_base64(std::string_view text);

} // namespace howdah::proxy
