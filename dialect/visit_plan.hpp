// How SQLite goes through the rows of a statement: its own query plan, read. Where no ORDER BY says so, the loops of a
// SELECT and the index of each decide which row comes first.
#pragma once

#include "dialect/ast.hpp"
#include "dialect/compile.hpp"

#include <map>
#include <set>
#include <string>
#include <string_view>
#include <vector>

namespace howdah::dialect {

// A table or subquery that is scanned or searched.
struct VisitLoop {
    std::string detail; // what the plan says of it behind SCAN or SEARCH: "t USING INDEX t_a (a=?)"
    bool backwards = false;
    // An index made for this statement: the columns it is made of, counted as they are stored; -1 is the rowid.
    bool automatic = false;
    std::vector<int> automatic_key;
    std::vector<VisitLoop> alternatives; // MULTI-INDEX OR: one after the other, no row twice
    // A subquery without a name that it reads: its last SELECT, or, where a view has it, the only one of its group.
    const SelectCore* last_core = nullptr;
    bool only_unnamed = false;

    std::size_t looked_up() const; // how many of the index' columns have a value given, by = or IN
    bool is_of(std::string_view name) const;
    // The same of a source: it goes by that name, and its table has what the loop goes by.
    bool is_of(const Source& source) const;
    // The index' name among those a table has; empty: the table itself is read.
    const Index* index(const Table& table) const;
    bool operator==(const VisitLoop&) const = default;
};

// The loops of one SELECT, outermost first.
struct VisitGroup {
    std::string head; // what the plan says of the SELECT: "SCALAR SUBQUERY 2"; empty for the outermost
    std::vector<VisitLoop> loops;
    bool groups_are_sorted = false; // by a tree for GROUP BY, not by an index
    bool rows_are_sorted = false;   // the same for ORDER BY
    // Where an index has the rows in the order of the only min() or max(), whose aggregate ends the loops: at the first
    // row, or at the first row of each value of an IN.
    enum class Stop : std::uint8_t { never, first_row, first_row_of_each };
    Stop stop = Stop::never;
    const VisitLoop* find(std::string_view name) const;
};

// The tables and indexes that a program writes, and reads by other cursors, too; subroutines left out: these make a
// copy of what they read, once.
struct LookupsInWritten {
    std::set<int> roots;       // root pages
    bool goes_through = false; // one of them from end to end: its values are those of a loop
};

// A SELECT whose FROM has subqueries of UNION ALL, once for each choice of their arms: SQLite makes a compound of it,
//   SELECT … FROM (a UNION ALL b) JOIN t   =>   SELECT … FROM a JOIN t UNION ALL SELECT … FROM b JOIN t
// each arm with loops of its own.
using ArmOf = std::map<const Source*, std::size_t>;
struct UnitedArm {
    ArmOf arms;
    const VisitGroup* group = nullptr;
};

class VisitPlan {
public:
    // Empty where SQLite will not tell.
    VisitPlan(const CompileRequest* request, const Statement* statement);

    // The group that reads the core's sources, those of a subquery that SQLite has made part of it included. Null when
    // there is none, or when it is not certain which one. `name`: of the FROM's subquery that the core is.
    const VisitGroup* find(const SelectCore& core, std::string_view name) const;
    // The same for a core that SQLite has made a compound of: one after the other. Empty: it has not.
    std::vector<UnitedArm> united(const SelectCore& core) const;
    // The loops that find the rows that an UPDATE or DELETE changes; null: none are known.
    const VisitGroup* outermost() const;
    // The loops of a parenthesised join that SQLite makes a table of first, which the loop then goes through.
    const VisitGroup* joined(const VisitLoop& loop) const;
    // The loop that finds the rows of a RIGHT or FULL JOIN's right side that have no partner.
    const VisitLoop* right_join(std::string_view name) const;
    // The group that reads the rows of the co-routine `group`, so many co-routines further out; null: there is none.
    const VisitGroup* reader(const VisitGroup* group, std::size_t levels) const;
    // Whether SQLite makes a table of FROM's subquery before it reads it. `name` is what the plan may call it by.
    bool materializes(const Select& select, std::string_view name) const;
    // The loop of that group that reads the source; null: none is known.
    const VisitLoop* loop(const SelectCore& core, const Source& source) const;
    // UPDATE or DELETE finds all rows first, and then goes through them by rowid or primary key.
    bool two_passes() const { return two_passes_; }
    // What a DELETE that goes through its rows once reads of its own table.
    const LookupsInWritten& lookups() const { return lookups_; }

private:
    std::vector<const VisitGroup*> candidates(const SelectCore& core, std::string_view alias) const;
    std::vector<const VisitGroup*> candidates(const SelectCore& core, std::string_view alias, bool all) const;
    bool covers(const VisitGroup& group, const FromClause& from, std::set<const VisitLoop*>& used,
                const ArmOf& arms = {}, bool all = true) const;
    std::vector<const VisitGroup*> without_others(const std::vector<const VisitGroup*>& groups,
                                                  const SelectCore& core) const;
    void read_groups(const CompileRequest& request);
    void read_program(const CompileRequest& request);
    void number_selects(const Statement& statement);
    void find_unnamed(VisitGroup& group) const;

    struct Node {
        int id = 0, parent = 0;
        std::string detail;
    };
    std::vector<Node> nodes_;
    std::vector<VisitGroup> groups_;
    std::map<int, std::vector<std::pair<std::size_t, std::size_t>>> places_; // node -> its loop, and alternative
    bool two_passes_ = false;
    LookupsInWritten lookups_;
    std::map<const SelectCore*, int> numbers_; // as SQLite counts SELECTs
    std::set<const SelectCore*> values_;       // those of subqueries that are values or truths
    const SelectCore* last_ = nullptr;         // the one with the highest number: it has all others in it
};

} // namespace howdah::dialect
