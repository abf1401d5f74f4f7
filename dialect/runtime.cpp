// The embedded runtime; see runtime.hpp and scripts/embed_sql.cmake.
#include "dialect/runtime.hpp"

#include <cstdint>
#include <cstdio>
#include <string>

namespace howdah::dialect {

namespace {

constexpr RuntimeFile files[] = {
#include "dialect/runtime_embedded.inc"
};

// FNV-1a: stable across builds and machines.
std::string hash_of_all()
{
    std::uint64_t hash = 0xcbf29ce484222325;
    for (const RuntimeFile& file : files) {
        for (const char c : file.sql)
            hash = (hash ^ static_cast<unsigned char>(c)) * 0x100000001b3;
    }
    char text[17];
    std::snprintf(text, sizeof text, "%016llx", static_cast<unsigned long long>(hash));
    return text;
}

} // namespace

std::span<const RuntimeFile> runtime_files() { return files; }

std::string_view runtime_version()
{
    static const std::string version = hash_of_all();
    return version;
}

} // namespace howdah::dialect
