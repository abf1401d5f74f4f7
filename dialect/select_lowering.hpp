// How a SELECT is put together: what lower_select.cpp, lower_from.cpp, lower_group.cpp, lower_compound.cpp,
// lower_common_table.cpp and lower_window.cpp share.
#pragma once

#include "dialect/group_conversion.hpp"
#include "dialect/lower.hpp"

#include <map>
#include <optional>
#include <set>
#include <span>
#include <string>
#include <utility>
#include <vector>

namespace howdah::dialect {

// What the place of a SELECT asks of it besides its rows.
struct Needs {
    bool in_order = false;              // rows in SQLite's order even without ORDER BY
    bool one_row = false;               // no more than the first row
    struct RowPlaces* places = nullptr; // FROM's subquery: columns that tell each row's place, to be filled in
    bool unsorted = false;              // SQLite leaves its ORDER BY out
    bool repeats = false;               // DISTINCT is the reader's to do
    // A column behind the others: which arm of the UNION ALL the row is of; and the loops that each arm is part of.
    const std::vector<const VisitGroup*>* arms = nullptr;
    bool any_type = false; // a column may be of more classes than it was resolved to
};

// One term of an ORDER BY, ready to be printed.
struct SortKey {
    Fragment key;
    bool descending = false;
    Nulls nulls = Nulls::unspecified;
    int column = 0;         // 1-based output that it is, 0 when it is none
    bool by_fields = false; // a howdah.v that is better sorted by its three fields: no index has it

    // `whole`: never field by field.
    std::string text(bool whole = false) const { return text_of(key.text, whole); }
    // The same order of another spelling of the key: an output's position or name.
    std::string text_of(const std::string& spelling, bool whole) const;
};
std::string join_keys(const std::vector<SortKey>& keys, bool whole = false);

// The part of a visiting order that one loop of SQLite's plan decides.
struct LoopKeys {
    const VisitLoop* loop = nullptr; // null: none is known
    std::vector<SortKey> keys;
    bool is_single_row = false; // which needs no keys
};

// Where the rows of a FROM's subquery stand among themselves: hidden columns of it.
struct RowPlaces {
    std::string alias;                // of the subquery, quoted
    std::vector<std::string> columns; // its own
    std::vector<std::string> names;
    std::vector<LoopKeys> loops;   // one by one where SQLite has made the subquery part of the SELECT around it
    bool ignores_order_by = false; // the ORDER BY inside is of no use to the SELECT around it
    bool tells_arm = false;        // its "~arm" is the arm of the UNION ALL
};

// An aggregate core while its result is lowered: what stands for a column that is not grouped.
class Aggregation {
public:
    // Which of the rows SQLite remembers where min() or max() has met nothing but NULL.
    struct RowOfNulls {
        enum class Place : std::uint8_t { last, first, ordered, unknown };
        Place place = Place::last; // in the order of the rows
        std::string order;         // ordered: the row is the first in this order
    };
    // `visits`: the order of the rows.
    Aggregation(const Select& select, const SelectCore& core, Lowering& lowering, RowOfNulls row_of_nulls,
                const std::vector<SortKey>& visits);
    ~Aggregation();
    Aggregation(const Aggregation&) = delete;
    Aggregation& operator=(const Aggregation&) = delete;

    std::vector<GroupConversion> conversions; // of what follows HAVING

    // After everything of the result has been lowered.
    std::string having();
    bool is_seen_in(std::string_view text) const; // whether one of the aggregates printed so far is part of a text
    // Where no aggregate is to be seen, PostgreSQL has to be told that the rows are one group.
    std::string group_by_text(bool aggregate_is_seen) const;
    // GROUP BY of constants alone: one group, but none of no rows.
    bool needs_a_row() const { return !core_.group_by.empty() && keys_.empty(); }
    // The order SQLite gives groups in: that of the keys, or of the rows where an index has the groups together.
    // `visits` is the order of the rows, `sorts` whether a tree is made for the groups, `descending` the directions of
    // the terms by which the groups are then sorted: where there are as many, the groups take them over.
    std::vector<SortKey> natural_order(const std::vector<SortKey>& visits, bool sorts,
                                       const std::vector<bool>& descending) const;

private:
    struct Key {
        const Expr* expr;
        Fragment value;   // as it is
        Fragment key;     // as it is compared
        std::size_t term; // of GROUP BY
    };
    std::optional<Fragment> operator()(const Expr& expr);
    std::optional<Fragment> unconverted(const Expr& expr);
    std::optional<Fragment> bare_column(const Expr& expr, const ColumnRef& ref);
    std::optional<Fragment> grouped(const Key& key);
    std::optional<Fragment> decided_null_test(const Expr& expr) const;
    std::optional<Fragment> without_rows(const ColumnRef& ref);
    Fragment representative(const Fragment& value, const std::string& filter = {});
    Fragment without_this(const Expr& expr);
    Fragment own_aggregate(const Expr& call);
    bool owns(const Call& call) const;
    bool determines(const Source& source) const;
    void find_extreme(const Select& select);
    void find_extreme_order();
    std::string extreme_index(const std::string& filter) const;
    std::vector<SortKey> inside_groups(std::vector<SortKey> visits) const;

    const SelectCore& core_;
    Lowering& lowering_;
    std::string row_order_; // of a group's rows
    std::set<const Source*> sources_;
    std::vector<Key> keys_;
    std::set<std::string> dependent_;     // columns that a key determines, grouped too
    std::vector<std::string> aggregates_; // as they were printed
    const Call* extreme_ = nullptr;       // the min() or max() whose row gives the bare columns
    bool extreme_is_mixed_ = false;       // where its FILTER does not pass, another's row counts
    std::optional<std::string> extreme_order_;
    const RowOfNulls row_of_nulls_;
    std::string extreme_values_;   // how many values are not NULL
    std::string extreme_all_null_; // when there is none
    std::string extreme_rows_;     // how many rows the group has
    std::string extreme_passes_;   // its FILTER
    std::string extreme_filter_;   // when the row is the last one that passes the FILTER
    std::function<std::optional<Fragment>(const Expr&)> around_;
};

// Works on behalf of a Lowering; made for one call, keeps nothing.
class SelectLowering {
public:
    explicit SelectLowering(Lowering& lowering) : l_(lowering) {}

    std::string query(const Select& select, const std::vector<PgType>* types, std::vector<Output>* outputs,
                      Needs needs);
    std::string from(const FromClause& from, bool in_order);
    std::string table_ref(const TableRef& ref, bool in_order);
    std::string with_clause(const With* with);
    std::vector<SortKey> sort_keys(const std::vector<OrderingTerm>& terms);
    std::string over(const Call& call);
    std::string among_equals(const Call& call, std::string text);
    std::string limit(const Expr* limit, const Expr* offset);
    // `from`: an UPDATE's, if it has one.
    std::vector<SortKey> write_order(const std::vector<const Source*>& sources, const Expr* where,
                                     const FromClause* from = nullptr);
    // Whether the core is the one being lowered, rather than one around it.
    bool is_at(const SelectCore& core) const { return l_.core_ == &core; }
    // Whether SQLite has made the subquery part of the core being lowered.
    bool is_part_of_core(const Source& source) const;
    // The same of a subquery that need not show its rows' places; nothing where it is not known.
    std::optional<bool> computes_in_place(const Source& source) const;
    // Whether SQLite reads the expression from an index that the core being lowered goes by.
    bool reads_from_index(const Expr& expr);
    // Whether the core being lowered reads the source's columns from a sorter, or a table made for its windows.
    bool reads_sorted_rows(const Source& source) const;

private:
    // A core before its select list is printed: compounds widen the columns first.
    struct Arm {
        std::string distinct; // "DISTINCT ", "DISTINCT ON (…) "
        std::vector<Fragment> columns;
        std::string rest; // " FROM … WHERE … GROUP BY … HAVING …"
        std::vector<SortKey> order;
        std::string row_order;
        std::vector<LoopKeys> loops; // where its row's places are asked for
        // DISTINCT that PostgreSQL cannot sort or whose representative matters: the keys of a subquery that makes the
        // rows unique.
        std::vector<std::string> unique_keys;
        std::vector<std::vector<Fragment>> rows; // VALUES
    };
    std::string plain(const Select& select, const std::vector<PgType>* types, std::vector<Output>* outputs,
                      Needs needs);
    std::string compound(const Select& select, const std::vector<PgType>* types, std::vector<Output>* outputs,
                         Needs needs);
    Arm arm(const Select& select, const SelectCore& core, const std::vector<OrderingTerm>& terms, Needs needs);
    std::optional<Fragment> lone_extreme(const SelectCore& core, const std::string& from);
    Arm values(const SelectCore& core);
    std::string print(const Arm& arm);
    std::string print_unique(const Arm& arm);
    static void distinct(const SelectCore& core, Arm& arm);
    static void leave_out_ties_of_equals(Arm& arm);
    void output_order(const SelectCore& core, const std::vector<OrderingTerm>& terms, Arm& arm);
    // Lowering::is_grouped() of its sources.
    void note_grouped(const SelectCore& core, bool all);
    void choose_places(const SelectCore& core, const std::vector<OrderingTerm>& terms, Needs needs);
    void break_ties(const SelectCore& core, const std::vector<OrderingTerm>& terms,
                    const std::optional<Aggregation>& aggregation, Arm& arm);
    SortKey sort_key(const OrderingTerm& term, const Fragment& value) const;
    SortKey queue_key(const CommonTable& table, const OrderingTerm& term, const std::vector<Fragment>& columns) const;
    std::string compound_body(const Select& select, std::vector<Arm>& arms);
    std::string folding_body(const Select& select, const std::vector<Arm>& arms, const std::vector<PgType>& types,
                             bool merges);
    std::string united(const Select& select, std::vector<Arm>& arms, const std::vector<PgType>& types,
                       const std::vector<OrderingTerm>& terms);
    std::string unique_rows(const Select& select, const std::vector<PgType>& types,
                            const std::vector<std::string>& sides, bool merges);
    std::string compound_order(const Select& select, const std::string& body, const std::vector<PgType>& types,
                               const std::vector<OrderingTerm>& terms, bool all_columns);
    std::string first_arms(const Select& select, std::vector<Arm>& arms, const std::vector<PgType>& types);
    std::string appended(const Select& select, std::vector<Arm>& arms, std::size_t tail,
                         const std::vector<PgType>& types, const std::vector<OrderingTerm>& terms);
    std::string end(const Select& select, std::string text, Needs needs);
    static std::vector<PgType> column_types(const std::vector<Arm>& arms, const std::vector<PgType>* types);
    static void widen_columns(Arm& arm, const std::vector<PgType>& types);
    static void report(const std::vector<Arm>& arms, const std::vector<PgType>& types, std::vector<Output>* outputs);
    std::string frame(const Frame& frame, std::vector<SortKey>& keys, std::vector<std::string>& partition);
    std::string limit_value(const Expr& expr, bool offset);
    std::vector<SortKey> partition_keys(const std::vector<ExprPtr>* partition_by);
    struct WindowOrder {
        const Call* call; // the first of those that have the window
        std::vector<SortKey> keys;
    };
    std::vector<WindowOrder> window_orders(const SelectCore& core);
    std::vector<SortKey> order_of_groups(const SelectCore& core, const std::vector<OrderingTerm>& terms,
                                         const Aggregation& aggregation);
    std::string later_order(const Call& call, const std::vector<SortKey>& own);

    // lower_from.cpp
    std::string table(const Source& source);
    std::string derived(Source& source, const Select& select, bool in_order);
    bool is_sorted(const Select& select, const std::string& name);
    std::string placed(const Select& select, const Source& source, bool in_order, std::vector<Output>& outputs,
                       RowPlaces& places);
    void keep_places(const Source& source, const RowPlaces& places);
    std::string as_stored(const Select& select, std::string_view name, std::string text, std::vector<Output>& outputs,
                          const std::vector<std::string>& more);
    std::string json_rows(const TableRef& ref, const Source& source);
    std::string matched_table(const TableRef& ref, const Source& source);
    std::string mirror_rows(const TableRef& ref, Source& source);
    std::string pragma_rows(const TableRef& ref, Source& source);

    // lower_visit.cpp
    std::vector<SortKey> visiting_order(const SelectCore& core);
    Aggregation::RowOfNulls row_of_nulls(const SelectCore& core);
    std::vector<LoopKeys> loops_of(const SelectCore& core);
    std::vector<LoopKeys> loops_of(const std::vector<const Source*>& sources, const Expr* where,
                                   const ArmOf& arms = {});
    const FromClause* join_of(const Source& source) const;
    LoopKeys keys_of(const Source& source, const VisitLoop* loop, const Expr* where);
    std::vector<SortKey> automatic_order(const VisitLoop& loop, const std::vector<const Source*>& sources);
    std::vector<SortKey> rows_without_partner(const FromClause& from);
    static void show_places(Arm& arm, RowPlaces& places);
    static bool shows_places(const Select& select, bool ignores_order_by);
    std::vector<SortKey> loop_order(const VisitLoop& loop, const Source& source, const Expr* where);
    std::vector<SortKey> index_order(const Index& index, const Source& source, bool backwards);
    std::vector<SortKey> alternatives_order(const VisitLoop& loop, const Source& source, const Expr* where);
    // Those of a core of a FROM's subquery, which is about to be lowered.
    std::vector<Lowering::Reader> readers_of(const Select& select, const SelectCore& core) const;
    const Expr* what_is_read(const ColumnRef& ref) const;
    Fragment condition_of_reader(const Expr& term);
    std::vector<SortKey> natural_order(const SelectCore& core);
    static void leave_out_what_is_not_seen(Arm& arm, const SelectCore& core);

    // lower_united.cpp
    void find_loops(const SelectCore& core);
    std::optional<LoopKeys> united_order(const SelectCore& core);
    std::vector<const VisitGroup*> groups_of_arms(const Source& source, const Select& select) const;

    // lower_from.cpp
    std::string full_condition(const FromClause::Item& item); // empty: it is no FULL JOIN ON
    std::string full_join(const std::string& left, bool left_is_join, const std::string& right,
                          const std::string& condition);
    static bool reads_further_right(const Expr& condition, const FromClause& from, std::size_t item);

    // lower_common_table.cpp
    const std::string& common_table(const CommonTable& table, const Source* source = nullptr, bool in_order = false);
    std::string recursive_table(const CommonTable& table, RowPlaces& places);
    std::string anchor(const CommonTable& table, std::vector<Arm>& arms, const std::vector<PgType>& types);
    std::string step_in_order(const CommonTable& table, Arm& step);
    std::string steps_of_a_row(const CommonTable& table, const std::vector<Arm>& steps, const std::string& row);
    std::string recursive_body(const CommonTable& table, std::vector<PgType>& types);
    std::string place(const CommonTable& table, const std::vector<Fragment>& columns,
                      const std::string& row_order) const;
    void add_path(const CommonTable& table, Arm& step);

    // lower_recursive_queue.cpp. `row`: what the steps read, with its columns.
    std::string queue(const CommonTable& table, const std::string& first, const std::vector<Arm>& steps,
                      const std::string& row, const std::vector<PgType>& types);
    std::string found_for_queue(const CommonTable& table, const std::string& rows, const std::vector<PgType>& types);
    static std::string queue_columns(const CommonTable& table);
    std::string taken_from_queue(const std::string& queue, const std::vector<PgType>& types);

    Lowering& l_;
    const FromClause* update_from_ = nullptr;
};

bool has_window(const SelectCore& core);
// How many windows the SELECT of one core has; several calls may share one.
std::size_t window_count(const Select& select);
// The 1-based output that the term of the core's ORDER BY is; 0: none.
int output_of(const SelectCore& core, const OrderingTerm& term);
// Two different values may be equal: which of them is kept, or comes first, matters.
bool has_variants(const Fragment& f, Collation collation);
// Whether the SELECT gives at most one row whatever the data.
bool is_single_row(const Select& select);
// Whether SQLite reads the core's one table backwards to sort it: an index has all terms, each the other way round.
bool reads_backwards(const SelectCore& core, const std::vector<OrderingTerm>& terms);
// Whether the core's WHERE names a unique key's value.
bool finds_one_row(const SelectCore& core);
// The order in which UPDATE and DELETE go through their target's rows.
std::vector<SortKey> rows_to_write(const Source& target, const Expr* where, Lowering& lowering);
// ORDER BY of UPDATE … FROM that puts the last of a row's matches first.
std::string latest_match_first(const Source& target, const FromClause& from, const Expr* where, Lowering& lowering);
// The sources of a FROM clause from left to right, those of parenthesised joins included.
std::vector<const Source*> sources_of(const FromClause& from);

} // namespace howdah::dialect
