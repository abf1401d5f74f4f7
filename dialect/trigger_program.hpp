// The text of a trigger, compiled to PL/pgSQL: WHEN and the statements of its body, over the records NEW and OLD.
#pragma once

#include "dialect/ast.hpp"
#include "dialect/catalog.hpp"
#include "dialect/compile.hpp"

#include <memory>
#include <string>
#include <vector>

namespace howdah::dialect {

// A trigger's statement needs a wider column before it can be compiled (catalogue D3).
struct TriggerNeedsPromotion {
    Promotion promotion;
};

class TriggerProgram {
public:
    // `text`: CREATE TRIGGER … in SQLite's dialect on `table`; `schema`: of the trigger, which is where it looks for
    // names first. Throws Error where a name is not found. To a trigger NEW and OLD are values without an affinity; a
    // foreign key's own comparisons give them their columns'. `conflict`: the clause that takes the place of those of
    // its statements.
    enum class Rows : std::uint8_t { plain, with_affinity };
    TriggerProgram(const Catalog& catalog, const Table& table, std::string text, const Options& options,
                   std::string schema, Rows rows = Rows::plain, ConflictAction conflict = ConflictAction::unspecified);
    ~TriggerProgram();

    const CreateTrigger& definition() const;
    // True when NEW's rowid is read: before the row is inserted, one that SQLite has yet to choose is -1 there.
    bool reads_new_rowid() const;
    bool reads_new_column(int column) const;
    bool ignores() const; // has RAISE(IGNORE)

    // PostgreSQL's condition; empty when there is no WHEN.
    std::string when();
    // The body, statement by statement. `on_ignore`: what RAISE(IGNORE) does ("RETURN NULL;").
    std::vector<std::string> statements(std::string_view on_ignore);
    // The n-th statement of the body, a SELECT, as PostgreSQL's.
    std::string query(std::size_t n);
    // The statements use a variable howdah_last_rowid (bigint) that last_insert_rowid() reads.
    bool uses_last_rowid() const;
    // The statements use the variables howdah_changes, which changes() reads, howdah_count and howdah_rows (bigint).
    bool uses_changes() const;

private:
    struct Impl;
    std::unique_ptr<Impl> impl_;
};

} // namespace howdah::dialect
