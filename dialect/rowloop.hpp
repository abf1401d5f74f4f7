// Row-at-a-time execution (catalogue D12): where SQLite's going from row to row can be seen, a statement becomes a
// PL/pgSQL block that visits the rows in SQLite's order and runs one statement, or a few, for each.
//
// A DO block takes no parameters and returns no rows. So the slots' values go in, and rows and counts come out, as
// settings that last as long as the transaction:
//     SELECT set_config('howdah.slots', ARRAY[$1::text, …]::text, true)
//     DO $howdah$ … $howdah$
//     SELECT … FROM unnest(current_setting('howdah.c1')::bigint[], …)
// Inside a trigger's body the block stands for itself: there are no slots, and of what it did only the rowid of the
// last new row matters, which goes to the trigger's variable howdah_last_rowid.
#pragma once

#include "dialect/compile.hpp"
#include "dialect/lower.hpp"

#include <string>
#include <string_view>
#include <vector>

namespace howdah::dialect {

// A subquery that depends on no row is computed once, at the first row, and keeps that value although rows of the table
// it reads are changed meanwhile. In a loop it becomes a variable.
class OnceSubqueries {
public:
    // `stem` makes the variables' names. `changing`: the table, and others that the statement's triggers may write.
    OnceSubqueries(Lowering& lowering, std::vector<const Table*> changing, std::string stem);
    ~OnceSubqueries();
    OnceSubqueries(const OnceSubqueries&) = delete;
    OnceSubqueries& operator=(const OnceSubqueries&) = delete;

    // While one of these lives, expressions are lowered with such subqueries as variables, and (b, c) = (SELECT …) asks
    // for one: `member` says how `select` gives a value, which is that when it must be computed for each row.
    Fragment once(const Select& select, const std::function<Fragment()>& member);
    // Where the loop's query can bring a value with each row: x IN (SELECT …), which no variable can hold, is one of
    // its columns. To be set before anything is lowered; the columns' texts go to the query.
    void bring_with_rows(std::string record, std::vector<std::string>& columns)
    {
        record_ = std::move(record);
        columns_ = &columns;
    }
    const std::vector<std::string>& declarations() const { return declarations_; }
    // To be run before the first use, once.
    const std::string& statements() const { return statements_; }
    // The same within the body of a RowLoop, ahead of the first row that is changed.
    std::string at_first_row() const
    {
        return statements_.empty() ? std::string() : "IF howdah_count = 0 THEN\n" + statements_ + "END IF;\n";
    }

private:
    std::optional<Fragment> variable(const Expr& expr);
    const Table* changed_in(const Select& select) const;
    bool is_once(const Select& select) const;
    Fragment keep(const std::function<Fragment()>& lower);
    Lowering& lowering_;
    std::vector<const Table*> changing_;
    std::string stem_;
    std::function<std::optional<Fragment>(const Expr&)> outer_;
    std::string record_;
    std::vector<std::string>* columns_ = nullptr;
    OnceSubqueries* around_;
    bool inside_ = false;
    std::vector<std::string> declarations_;
    std::string statements_;
};

class RowLoop {
public:
    // Begins a step of `lowering`: everything that is lowered until finish() belongs to the block. `table`: what the
    // statement changes.
    RowLoop(const Table& table, Lowering& lowering);

    std::vector<std::string> declarations; // "howdah_key bigint"
    std::string before;                    // statements ahead of the loop
    // Tried instead of the loop, which runs when a row came twice (21000): one statement, as a query of the new rows'
    // rowids, "rid". Not with RETURNING.
    std::string as_set;
    std::string source;                    // the query whose rows are visited, in order
    std::string row = "howdah_row";        // the record that holds one of them
    std::string body;                      // statements for one row
    std::string after;                     // statements behind the loop
    // OR FAIL: a constraint's error ends the loop and keeps what was done.
    bool keeps_earlier_rows = false;
    bool failure_is_told = false; // no error is raised: the row's triggers set howdah.failure
    bool triggers_fail = false;   // they may set it, too: the row and what they did until then stays
    std::string kept_errors; // when not empty: the condition that the error is such a one; others stay errors
    std::string on_failure;  // statements for that case; then any error is caught (Compiled::rehearsal)

    // The RETURNING list, a value each; and whether the block collects the rowids of new rows.
    std::vector<Fragment> returning;
    bool rowids = false;

    // "RETURNING … INTO howdah_out": what a row statement ends with. `rowid` is the new row's rowid.
    std::string into(std::string_view rowid = {}) const;
    // What must follow it: when a row was changed, it is counted and its values are kept.
    std::string counted() const;
    // "RETURNING" that sees what the statement did: SELECT … INTO howdah_out FROM `from`.
    std::string select_into(std::string_view rowid, std::string_view from) const;

    // `write` false: the rows do not count (a view's INSTEAD OF triggers).
    void finish(Compiled& out, bool write = true);

private:
    std::string block() const;
    std::string set_or(const std::string& loop) const;
    std::string values(std::string_view rowid) const;
    void add_result(Compiled& out, bool write) const;
    std::string keys() const;
    const Table& table_;
    Lowering& lowering_;
};

} // namespace howdah::dialect
