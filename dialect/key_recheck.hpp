// UPDATE under REPLACE looks at its keys twice. Where removing a row may fire triggers or meet foreign keys SQLite 3.40
// tests each key that replaces once more when the row's others are gone. It does not ask then whose the entry is that
// it finds, but goes by the last one of the first look: the row's own entry, of a key that the change leaves as it is,
// is an error when that last one was another row's.
#pragma once

#include "dialect/update_plan.hpp"

#include <string>
#include <vector>

namespace howdah::dialect {

class KeyRecheck {
public:
    KeyRecheck(const UpdatePlan& plan, const Lowering& lowering);

    explicit operator bool() const { return !keys_.empty(); }
    // All keys that SQLite looks at for each row, in its order. Those that are not of the plan can meet the row alone.
    const std::vector<KeyRule>& keys() const { return keys_; }

    static constexpr std::string_view declaration =
        "howdah_replaced boolean; howdah_met_another boolean; howdah_kept text";
    static std::string begin();
    // `replace`: what removes the rows for which `exists` holds; empty: the key does something else about them.
    static std::string look(const KeyRule& rule, const std::string& another_exists, const std::string& itself_exists,
                            const std::string& replace);
    // `exists`: the row has not been removed with the others.
    static std::string end(const Table& table, const std::string& exists);

private:
    std::vector<KeyRule> keys_; // empty: there is no second look, or it finds nothing
};

// What PostgreSQL says of a key that is broken, as a statement.
std::string raise_key(const Table& table, const std::string& constraint);

} // namespace howdah::dialect
