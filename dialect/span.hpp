// A piece of a statement's text, by byte offsets.
#pragma once

#include <cstdint>
#include <string_view>

namespace howdah::dialect {

struct Span {
    std::uint32_t begin = 0;
    std::uint32_t end = 0;
    constexpr bool empty() const { return begin == end; }
    constexpr bool operator==(const Span&) const = default;
    constexpr std::string_view of(std::string_view text) const { return text.substr(begin, end - begin); }
};

} // namespace howdah::dialect
