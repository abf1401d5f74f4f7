// `howdah explain`: a statement after each stage of the compiler, the rules that fired, and what PostgreSQL would get.
#pragma once

#include <string>
#include <string_view>
#include <vector>

namespace howdah::proxy {

struct ExplainText {
    std::string text;
    bool ok = true; // false: a statement has an error or is refused
};

// Every statement of `sql`, against the tables that the statements of `schema` make. A plan depends on the storage
// classes of its parameters: `parameters` are literals in SQLite's text (1, 2.5, 'x', x'00', NULL); those not given
// are 1.
ExplainText explain(std::string_view sql, std::string_view schema, const std::vector<std::string>& parameters);

} // namespace howdah::proxy
