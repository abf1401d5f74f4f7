// The functions PostgreSQL lacks, as SQL: the files of runtime/, embedded. All are run in name order in the schema
// `howdah`, which the installer has created; running them again changes nothing.
#pragma once

#include <span>
#include <string_view>

namespace howdah::dialect {

struct RuntimeFile {
    std::string_view name; // "10_types.sql"
    std::string_view sql;
};

std::span<const RuntimeFile> runtime_files();
// 16 hexadecimal digits that change when any of the files does.
std::string_view runtime_version();

} // namespace howdah::dialect
