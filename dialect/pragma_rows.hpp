// Table-valued PRAGMA functions whose rows are not those of the schema alone (https://sqlite.org/pragma.html#pragfunc):
// what the server keeps, and the settings of a session.
#pragma once

#include "dialect/catalog.hpp"
#include "dialect/types.hpp"

#include <string>
#include <string_view>
#include <vector>

namespace howdah::dialect {

// pragma_user_version and the like; not pragma_table_info, which the mirror answers.
bool is_live_pragma(std::string_view table);

struct PragmaRows {
    std::string query; // for PostgreSQL
    std::vector<PgType> types;
};
// The rows of a live one, called with these texts. Throws a refusal() for the settings of a session.
PragmaRows live_pragma_rows(std::string_view table, const std::vector<std::string>& args, const Catalog& catalog);

} // namespace howdah::dialect
