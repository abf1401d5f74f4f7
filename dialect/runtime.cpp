// The embedded runtime; see runtime.hpp and scripts/embed_sql.cmake.
#include "dialect/runtime.hpp"

#include "dialect/text.hpp"

#include <string>

namespace howdah::dialect {

namespace {

constexpr RuntimeFile files[] = {
#include "dialect/runtime_embedded.inc"
};

std::string hash_of_all()
{
    std::uint64_t all = hash_seed;
    for (const RuntimeFile& file : files)
        all = hash(file.sql, all);
    return hash_digits(all);
}

} // namespace

std::span<const RuntimeFile> runtime_files() { return files; }

std::string_view runtime_version()
{
    static const std::string version = hash_of_all();
    return version;
}

} // namespace howdah::dialect
