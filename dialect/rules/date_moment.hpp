// A date that modifiers move, as PostgreSQL's operators compute it.
#pragma once

#include "dialect/lower.hpp"

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

namespace howdah::dialect::rules {

// '+7 days', 'start of month'; or with a count of the row's: '+' || n || ' days'.
struct Modifier {
    std::string text;              // lower case
    std::optional<Fragment> count; // an INTEGER of the row's, that comes before the text
    bool has_sign = false;         // which is written before the count
    bool is_negative = false;
};

// nullopt where it is neither.
std::optional<Modifier> date_modifier(const Expr& expr, Lowering& lowering);

// A text that is the same timestamp to PostgreSQL: "2024-01-01", "2024-01-01 12:30:00".
bool is_stamp(std::string_view text);

struct Moment {
    std::string guard;     // where it is right; empty: always
    std::string at;        // a timestamp without time zone
    bool early = false;    // in its month: each month has such a day
    int copies = 1;        // of the column in `at`
    std::int64_t days = 0; // that modifiers move it at most
};

// False where PostgreSQL's operators do not do what the modifier says, lead out of SQLite's calendar, or would be
// longer than what they save.
bool modify(Moment& m, const Modifier& modifier);

} // namespace howdah::dialect::rules
