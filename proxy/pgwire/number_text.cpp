// See number_text.hpp.
#include "number_text.hpp"

#include <algorithm>
#include <array>
#include <charconv>
#include <cmath>
#include <cstdio>
#include <cstdlib>
#include <vector>

namespace howdah::proxy::pgwire {

namespace {

// 0.d1d2d3… × 10^exponent, d1 not zero; no digits: zero.
struct Decimal {
    bool negative = false;
    std::string digits;
    int exponent = 0;
};

Decimal shortest(double real)
{
    std::array<char, 32> buffer{};
    const auto end =
        std::to_chars(buffer.data(), buffer.data() + buffer.size(), std::abs(real), std::chars_format::scientific);
    const std::string_view text(buffer.data(), static_cast<std::size_t>(end.ptr - buffer.data()));
    const std::size_t e = text.find('e');
    Decimal d{std::signbit(real), std::string(1, text[0]), 0};
    if (e > 2)
        d.digits += text.substr(2, e - 2);
    d.exponent = std::atoi(std::string(text.substr(e + 1)).c_str()) + 1;
    return d;
}

bool append_unusual(std::string& out, double real)
{
    if (std::isfinite(real))
        return false;
    out += std::isnan(real) ? "NaN" : real > 0 ? "Infinity" : "-Infinity";
    return true;
}

void append_plain(std::string& out, const Decimal& d)
{
    const auto digits = static_cast<int>(d.digits.size());
    if (d.exponent <= 0) {
        out += "0.";
        out.append(static_cast<std::size_t>(-d.exponent), '0');
        out += d.digits;
    } else if (d.exponent >= digits) {
        out += d.digits;
        out.append(static_cast<std::size_t>(d.exponent - digits), '0');
        out += ".0";
    } else {
        out.append(d.digits, 0, static_cast<std::size_t>(d.exponent));
        out += '.';
        out.append(d.digits, static_cast<std::size_t>(d.exponent), std::string::npos);
    }
}

void put16(std::string& out, int n)
{
    const auto u = static_cast<std::uint16_t>(n);
    out += static_cast<char>(u >> 8U);
    out += static_cast<char>(u);
}

int get16(std::string_view s, std::size_t at)
{
    return static_cast<std::int16_t>(static_cast<std::uint8_t>(s[at]) << 8 | static_cast<std::uint8_t>(s[at + 1]));
}

constexpr int sign_plus = 0, sign_minus = 0x4000;
constexpr std::uint16_t sign_nan = 0xC000, sign_infinity = 0xD000, sign_minus_infinity = 0xF000;

} // namespace

void append_integer(std::string& out, std::int64_t n)
{
    std::array<char, 24> buffer{};
    const auto end = std::to_chars(buffer.data(), buffer.data() + buffer.size(), n);
    out.append(buffer.data(), end.ptr);
}

void append_float8(std::string& out, double real)
{
    if (append_unusual(out, real))
        return;
    const Decimal d = shortest(real);
    if (d.negative)
        out += '-';
    const int exponent = d.exponent - 1;
    if (exponent >= -4 && exponent < 15) {
        append_plain(out, d);
        return;
    }
    out += d.digits[0];
    out += '.';
    out += d.digits.size() > 1 ? std::string_view(d.digits).substr(1) : "0";
    std::array<char, 16> text{};
    std::snprintf(text.data(), text.size(), "e%c%02d", exponent < 0 ? '-' : '+', std::abs(exponent));
    out += text.data();
}

void append_plain_real(std::string& out, double real)
{
    if (append_unusual(out, real))
        return;
    const Decimal d = shortest(real);
    if (d.negative && real != 0)
        out += '-';
    append_plain(out, d);
}

void append_numeric(std::string& out, std::string_view plain)
{
    const bool negative = !plain.empty() && plain[0] == '-';
    if (negative)
        plain.remove_prefix(1);
    if (plain == "Infinity" || plain == "NaN") {
        put16(out, 0);
        put16(out, 0);
        put16(out, plain == "NaN" ? sign_nan : negative ? sign_minus_infinity : sign_infinity);
        put16(out, 0);
        return;
    }
    const std::size_t point = std::min(plain.find('.'), plain.size());
    std::string whole(plain.substr(0, point)), fraction(plain.substr(std::min(point + 1, plain.size())));
    const int scale = static_cast<int>(fraction.size());
    whole.insert(0, (4 - whole.size() % 4) % 4, '0');
    fraction.append((4 - fraction.size() % 4) % 4, '0');
    int weight = static_cast<int>(whole.size() / 4) - 1;
    const std::string all = whole + fraction;
    std::vector<int> groups;
    for (std::size_t i = 0; i < all.size(); i += 4)
        groups.push_back(std::atoi(all.substr(i, 4).c_str()));
    while (!groups.empty() && groups.front() == 0) {
        groups.erase(groups.begin());
        --weight;
    }
    while (!groups.empty() && groups.back() == 0)
        groups.pop_back();
    put16(out, static_cast<int>(groups.size()));
    put16(out, groups.empty() ? 0 : weight);
    put16(out, negative && !groups.empty() ? sign_minus : sign_plus);
    put16(out, scale);
    for (const int group : groups)
        put16(out, group);
}

std::optional<std::string> numeric_text(std::string_view binary)
{
    if (binary.size() < 8)
        return std::nullopt;
    const int count = get16(binary, 0), weight = get16(binary, 2), scale = get16(binary, 6);
    const auto sign = static_cast<std::uint16_t>(get16(binary, 4));
    if (sign == sign_nan)
        return "NaN";
    if (sign == sign_infinity || sign == sign_minus_infinity)
        return sign == sign_infinity ? "Infinity" : "-Infinity";
    if (count < 0 || scale < 0 || (sign != sign_plus && sign != sign_minus) ||
        binary.size() != 8 + 2 * static_cast<std::size_t>(count))
        return std::nullopt;
    const auto group = [&](int i) {
        return i >= 0 && i < count ? get16(binary, 8 + 2 * static_cast<std::size_t>(i)) : 0;
    };
    const auto padded = [](int g) {
        std::string s = std::to_string(g);
        return std::string(4 - std::min<std::size_t>(4, s.size()), '0') + s;
    };
    for (int i = 0; i < count; ++i)
        if (group(i) < 0 || group(i) > 9999)
            return std::nullopt;
    std::string text = sign == sign_minus ? "-" : "";
    std::string whole;
    for (int i = 0; i <= weight; ++i)
        whole += padded(group(i));
    whole.erase(0, std::min(whole.find_first_not_of('0'), whole.size()));
    text += whole.empty() ? "0" : whole;
    if (scale == 0)
        return text;
    std::string fraction;
    for (int i = weight + 1; static_cast<int>(fraction.size()) < scale; ++i)
        fraction += padded(group(i));
    fraction.resize(static_cast<std::size_t>(scale));
    return text + "." + fraction;
}

} // namespace howdah::proxy::pgwire
