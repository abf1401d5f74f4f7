// `howdah explain`: a statement after each stage of the compiler, the rules that fired, and what PostgreSQL would get.
#pragma once

#include <string>
#include <string_view>

namespace howdah::proxy {

struct ExplainText {
    std::string text;
    bool ok = true; // false: a statement has an error or is refused
};

// Every statement of `sql`, against the tables that the statements of `schema` make.
ExplainText explain(std::string_view sql, std::string_view schema);

} // namespace howdah::proxy
