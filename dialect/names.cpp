// Names: SQLite compares them without ASCII case, PostgreSQL gets them folded and at most 63 bytes long.
#include "dialect/catalog.hpp"

#include <algorithm>
#include <iterator>

namespace howdah::dialect {

namespace {

constexpr char lower(char c) { return c >= 'A' && c <= 'Z' ? static_cast<char>(c + ('a' - 'A')) : c; }

// Columns that every PostgreSQL table has.
constexpr std::string_view system_columns[] = {"tableoid", "xmin", "cmin", "xmax", "cmax", "ctid"};

constexpr std::size_t longest_identifier = 63;
constexpr std::size_t kept_prefix = 54;

// FNV-1a, 32 bits: it only has to tell apart the long names of one schema, the same way for ever.
std::uint32_t hash_of(std::string_view text)
{
    std::uint32_t h = 2166136261U;
    for (const char c : text)
        h = (h ^ static_cast<unsigned char>(c)) * 16777619U;
    return h;
}

} // namespace

bool equal_names(std::string_view a, std::string_view b)
{
    if (a.size() != b.size())
        return false;
    for (std::size_t i = 0; i < a.size(); ++i)
        if (lower(a[i]) != lower(b[i]))
            return false;
    return true;
}

std::string fold(std::string_view name)
{
    std::string out(name);
    for (char& c : out)
        c = lower(c);
    return out;
}

std::string pg_identifier(std::string_view name)
{
    if (name.empty()) // SQLite has names of no characters
        return "~";
    std::string folded = fold(name);
    if (std::find(std::begin(system_columns), std::end(system_columns), folded) != std::end(system_columns))
        return folded + "~";
    if (folded.size() <= longest_identifier)
        return folded;
    std::uint32_t hash = hash_of(folded);
    std::size_t cut = kept_prefix;
    while (cut > 0 && (static_cast<unsigned char>(folded[cut]) & 0xC0U) == 0x80U)
        --cut;
    folded.resize(cut);
    folded += '~';
    for (int shift = 28; shift >= 0; shift -= 4)
        folded += "0123456789abcdef"[(hash >> static_cast<unsigned>(shift)) & 0xFU];
    return folded;
}

} // namespace howdah::dialect
