// The rows an INSERT brings; see insert_rows.hpp.
#include "dialect/insert_rows.hpp"

#include "dialect/conflict_trigger.hpp"
#include "dialect/full_text.hpp"
#include "dialect/insert_policy.hpp"
#include "dialect/late_rowid.hpp"
#include "dialect/lower.hpp"
#include "dialect/lower_create_trigger.hpp"
#include "dialect/mirror.hpp"
#include "dialect/reads.hpp"
#include "dialect/row_arrays.hpp"
#include "dialect/rowid.hpp"
#include "dialect/rtree.hpp"
#include "dialect/schema_names.hpp"
#include "dialect/store.hpp"
#include "dialect/walk.hpp"
#include "dialect/write_effects.hpp"
#include "dialect/write_keys.hpp"

#include <algorithm>
#include <optional>
#include <span>

namespace howdah::dialect {

namespace {

// Which value of a source row a table's column takes: its position, or nothing.
struct Positions {
    std::vector<std::optional<std::size_t>> of_column;
    std::optional<std::size_t> rowid;
};

// A column named twice takes its first value, the rowid its last: so does SQLite.
Positions positions_of(const Insert& insert, const Table& table)
{
    Positions p;
    p.of_column.resize(table.columns.size());
    for (std::size_t i = 0; insert.source && i < insert.column_indexes.size(); ++i) {
        const int column = insert.column_indexes[i];
        if (column < 0 || (column == table.rowid_alias && table.has_rowid()))
            p.rowid = i;
        else if (!p.of_column[static_cast<std::size_t>(column)])
            p.of_column[static_cast<std::size_t>(column)] = i;
    }
    return p;
}

bool wants_value(const Column& column, bool given, bool all_columns)
{
    if (column.generated != Column::Generated::no || column.hidden)
        return false;
    return given || all_columns || column.default_value;
}

// VALUES alone: a SELECT that is no more than its rows.
const SelectCore* plain_values(const Insert& insert)
{
    if (!insert.source || insert.source->with || insert.source->cores.size() != 1 || insert.source->limit)
        return nullptr;
    const SelectCore& core = insert.source->cores[0];
    return core.values.empty() ? nullptr : &core;
}

bool is_last_rowid(const Expr& e)
{
    const auto* call = as<Call>(e);
    return call && call->args.empty() && equal_names(call->name.text, "last_insert_rowid");
}

// (SELECT last_insert_rowid()) is the same where it is computed for its row alone, as in VALUES.
bool is_last_rowid_of_values(const Expr& e)
{
    const Select* select = select_of(e);
    if (!as<Subquery>(e) || select->cores.size() != 1 || select->with || select->limit)
        return is_last_rowid(e);
    const SelectCore& core = select->cores.front();
    return !core.from && !core.where && core.outputs.size() == 1 && is_last_rowid(bare(*core.outputs.front().expr));
}

// Outside of subqueries.
bool asks_last_rowid(const Expr& e)
{
    bool found = is_last_rowid(e);
    for_each_child(e, [&](const Expr& child) { found = found || asks_last_rowid(child); });
    return found;
}

bool only_null(const Fragment& f) { return f.classes.without_null().empty(); }

class RowMaker {
public:
    RowMaker(const Insert& insert, const Table& table, Lowering& lowering, bool all_columns)
        : insert_(insert), table_(table), lowering_(lowering), positions_(positions_of(insert, table))
    {
        for (std::size_t i = 0; i < table.columns.size(); ++i) {
            const bool rowid = table.has_rowid() && static_cast<int>(i) == table.rowid_alias;
            if (!rowid && wants_value(table.columns[i], positions_.of_column[i].has_value(),
                                      all_columns || is_coordinate(table, static_cast<int>(i))))
                rows_.columns.push_back(static_cast<int>(i));
        }
        // PostgreSQL has no INSERT of several rows without a column.
        for (std::size_t i = 0; !table.has_rowid() && rows_.columns.empty() && i < table.columns.size(); ++i)
            if (wants_value(table.columns[i], false, true))
                rows_.columns.push_back(static_cast<int>(i));
        rows_.classes.resize(rows_.columns.size(), Classes::from_bits(0));
    }

    // nullopt: the rows cannot be arrays.
    std::optional<InsertRows> make(bool as_arrays)
    {
        if (!insert_.source) {
            rows_.is_values = true;
            add_row({});
        } else if (const SelectCore* core = plain_values(insert_)) {
            rows_.is_values = true;
            if (as_arrays && RowArrays::suit(*core, lowering_))
                arrays_.emplace(lowering_);
            for (const auto& row : core->values)
                add_row(row);
        } else {
            add_select();
        }
        if (rows_.is_values)
            rows_.rowid = rowid_of_values();
        find_echoes();
        if (arrays_) {
            if (!arrays_->work())
                return std::nullopt;
            rows_.query = query_of_arrays();
            rows_.is_values = false;
            rows_.values.clear();
            rows_.rowids.clear();
        }
        return std::move(rows_);
    }

private:
    // An fts4 table that does not keep its rows gives them no number, and takes an INTEGER alone for one; nor does an
    // fts5 table that keeps nothing at all of them.
    void require_docid(Classes given) const
    {
        const FullText& text = *table_.full_text;
        if (text.content == FullText::Content::own)
            return;
        if (text.is_fts5()) {
            if (!text.keeps_nothing() || !given.has(StorageClass::null))
                return;
            if (given == Classes(StorageClass::null))
                throw Error("datatype mismatch", {}, code::mismatch, "42804");
            throw refusal("a rowid that may be NULL, in an fts5 table without content and column sizes");
        }
        if (!given.has(StorageClass::integer))
            throw Error("constraint failed", {}, code::constraint, "23000");
        if (given != Classes(StorageClass::integer))
            throw refusal("a docid that may be no INTEGER, in an fts4 table without content of its own");
    }

    Classes classes_of_rowid(const Expr& expr)
    {
        if (const auto value = lowering_.known_value(expr))
            return storage_class(*value);
        return as<ColumnRef>(bare(expr)) ? lowering_.value(expr).classes : rows_.rowids.back().classes;
    }

    // SQLite computes a row when the one before is in, unless it keeps all of them first: where the table has triggers
    // or RETURNING, where they are read from the table itself, and where they are sorted. A default is always computed
    // then.
    void find_echoes()
    {
        if (!insert_.source || !table_.has_rowid() || rows_.single())
            return;
        const bool kept_first = !insert_.returning_outputs.empty() ||
                                !triggers_on(table_, TriggerEvent::insert).empty() ||
                                reads(*insert_.source, table_, lowering_.catalog());
        if (!kept_first && positions_.rowid && asks_last_rowid_behind_first(*positions_.rowid))
            throw refusal("last_insert_rowid() as the rowid of a row behind the first");
        for (std::size_t i = 0; i < rows_.columns.size(); ++i) {
            const int column = rows_.columns[i];
            const auto at = positions_.of_column[static_cast<std::size_t>(column)];
            const bool found = at ? !kept_first && find_echo(i, *at)
                                  : find_echo_of_default(i, table_.columns[static_cast<std::size_t>(column)]);
            if (!found)
                continue;
            InsertRows::Echo& echo = rows_.echoes.back();
            const Fragment before{"e.\"~before\"", PgType::int8, StorageClass::integer};
            const Fragment none{"howdah.err('howdah: last_insert_rowid() in the second row of an INSERT')::bigint",
                                PgType::int8, StorageClass::integer};
            echo.before = store(before, table_, column, lowering_);
            echo.refused = store(none, table_, column, lowering_);
        }
        const auto is_given = [&](const InsertRows::Echo& echo) {
            return positions_.of_column[static_cast<std::size_t>(rows_.columns[echo.column])].has_value();
        };
        if (std::any_of(rows_.echoes.begin(), rows_.echoes.end(), is_given) && sorts())
            std::erase_if(rows_.echoes, is_given);
    }

    bool sorts() const
    {
        bool sorts = false;
        const CompileRequest& request = lowering_.request();
        if (!insert_.source->order_by.empty() && !lowering_.in_trigger)
            lowering_.catalog().mirror().query("EXPLAIN QUERY PLAN " + std::string(request.sql), request.parameters,
                                               request.session, [&](std::span<const ValueView> row) {
                                                   sorts = sorts || row[3].bytes == "USE TEMP B-TREE FOR ORDER BY";
                                               });
        return sorts;
    }

    bool asks_last_rowid_behind_first(std::size_t at) const
    {
        const SelectCore& core = insert_.source->cores.front();
        if (core.values.empty())
            return insert_.source->cores.size() == 1 && core.from && !core.from->items.empty() &&
                   asks_last_rowid(*core.outputs.at(at).expr);
        return std::any_of(core.values.begin() + 1, core.values.end(),
                           [&](const auto& row) { return any_expr(*row.at(at), is_last_rowid); });
    }

    bool find_echo(std::size_t column, std::size_t at)
    {
        InsertRows::Echo echo;
        echo.column = column;
        if (const SelectCore* values = plain_values(insert_)) {
            for (std::size_t row = 1; row < values->values.size(); ++row) {
                const Expr& e = *values->values[row].at(at);
                if (!any_expr(e, is_last_rowid))
                    continue;
                echo.places.push_back(row + 1);
                echo.exact = echo.exact && is_last_rowid_of_values(bare(e));
            }
            if (echo.places.empty())
                return false;
        } else {
            const SelectCore& core = insert_.source->cores.front();
            if (insert_.source->cores.size() != 1 || !core.from || core.from->items.empty() ||
                !asks_last_rowid(*core.outputs.at(at).expr))
                return false;
            if (core.distinct)
                throw refusal("last_insert_rowid() in SELECT DISTINCT of an INSERT");
            echo.exact = is_last_rowid(bare(*core.outputs.at(at).expr)) &&
                         (!lowering_.in_trigger || insert_.source->order_by.empty());
        }
        rows_.echoes.push_back(std::move(echo));
        return true;
    }

    // DEFAULT (last_insert_rowid()): of every row but the first.
    bool find_echo_of_default(std::size_t column, const Column& declared)
    {
        if (!declared.default_value || !any_expr(*declared.default_value, is_last_rowid))
            return false;
        InsertRows::Echo echo;
        echo.column = column;
        for (std::size_t row = 1; row < rows_.values.size(); ++row)
            echo.places.push_back(row + 1);
        echo.exact =
            is_last_rowid(bare(*declared.default_value)) && (!lowering_.in_trigger || insert_.source->order_by.empty());
        rows_.echoes.push_back(std::move(echo));
        return true;
    }

    // A NULL becomes the default where NOT NULL is declared, or the statement is, OR REPLACE.
    Fragment not_null(const Fragment& value, int column)
    {
        if (!value.classes.nullable() ||
            !replaces_null(table_.columns[static_cast<std::size_t>(column)], insert_.conflict))
            return value;
        if (insert_.upserts.empty() && looks_behind_before_triggers(table_, TriggerEvent::insert))
            return value; // which the triggers see
        refuse_early_default(table_, TriggerEvent::insert);
        const Fragment fallback = default_of(table_, column, lowering_);
        return {call("coalesce", {value.text, fallback.text}), value.type,
                value.classes.without_null() | fallback.classes};
    }

    std::string query_of_arrays()
    {
        const auto names = column_names(rows_, table_);
        std::vector<std::string> values;
        if (rows_.rowid == InsertRows::Rowid::automatic)
            values.push_back("NULL::bigint AS " + names[0]);
        else if (rows_.rowid != InsertRows::Rowid::none)
            values.push_back(arrays_->value(rowid_column()) + " AS " + names[0]);
        for (std::size_t i = 0; i < rows_.columns.size(); ++i)
            values.push_back(arrays_->value(i) + " AS " + names[values.size()]);
        return "SELECT " + join(values, ", ") + " FROM " + arrays_->from();
    }

    std::size_t rowid_column() const { return rows_.columns.size(); } // of the arrays

    Fragment rowid_of_row(const Expr& value)
    {
        const auto lower = [&] { return store_rowid(value, table_, lowering_); };
        return arrays_ ? arrays_->add(rowid_column(), lower) : lower();
    }

    Fragment value_of_row(const std::vector<ExprPtr>& row, std::size_t at)
    {
        const int column = rows_.columns[at];
        const auto given = positions_.of_column[static_cast<std::size_t>(column)];
        if (!given) {
            const Fragment value = default_of(table_, column, lowering_);
            return arrays_ ? arrays_->add(at, value) : value;
        }
        const auto lower = [&] { return not_null(store(*row.at(*given), table_, column, lowering_), column); };
        return arrays_ ? arrays_->add(at, lower) : lower();
    }

    void add_row(const std::vector<ExprPtr>& row)
    {
        std::vector<Fragment> values;
        if (positions_.rowid)
            rows_.rowids.push_back(rowid_of_row(*row.at(*positions_.rowid)));
        if (table_.full_text)
            require_docid(positions_.rowid ? classes_of_rowid(*row.at(*positions_.rowid))
                                           : Classes(StorageClass::null));
        for (std::size_t i = 0; i < rows_.columns.size(); ++i) {
            values.push_back(value_of_row(row, i));
            rows_.classes[i] = rows_.classes[i] | values.back().classes;
        }
        rows_.values.push_back(std::move(values));
    }

    InsertRows::Rowid rowid_of_values() const
    {
        if (!table_.has_rowid())
            return InsertRows::Rowid::none;
        if (std::all_of(rows_.rowids.begin(), rows_.rowids.end(), only_null))
            return InsertRows::Rowid::automatic;
        const bool given = std::none_of(rows_.rowids.begin(), rows_.rowids.end(),
                                        [](const Fragment& f) { return f.classes.nullable(); });
        return given ? InsertRows::Rowid::given : InsertRows::Rowid::mixed;
    }

    void add_select()
    {
        std::vector<Output> outputs;
        const std::string query = lowering_.select_in_order(*insert_.source, nullptr, &outputs);
        std::vector<std::string> names, values;
        for (std::size_t i = 0; i < outputs.size(); ++i)
            names.push_back("c" + std::to_string(i + 1));
        const auto given = [&](std::size_t at) {
            return Fragment{"s." + names.at(at), outputs.at(at).type, outputs.at(at).classes};
        };
        if (table_.full_text)
            require_docid(positions_.rowid ? outputs.at(*positions_.rowid).classes : Classes(StorageClass::null));
        if (!table_.has_rowid()) {
            rows_.rowid = InsertRows::Rowid::none;
        } else if (!positions_.rowid) {
            rows_.rowid = InsertRows::Rowid::automatic;
        } else {
            const Fragment f = store_rowid(given(*positions_.rowid), table_);
            rows_.rowid = only_null(f)           ? InsertRows::Rowid::automatic
                          : f.classes.nullable() ? InsertRows::Rowid::mixed
                                                 : InsertRows::Rowid::given;
            if (!only_null(f))
                values.push_back(f.text + " AS " + quote_identifier(table_.rowid_pg));
        }
        if (rows_.rowid == InsertRows::Rowid::automatic)
            values.push_back("NULL::bigint AS " + quote_identifier(table_.rowid_pg));
        for (std::size_t i = 0; i < rows_.columns.size(); ++i) {
            const int column = rows_.columns[i];
            const auto at = positions_.of_column[static_cast<std::size_t>(column)];
            const Fragment f = at ? not_null(store(given(*at), table_, column, lowering_), column)
                                  : default_of(table_, column, lowering_);
            rows_.classes[i] = f.classes;
            values.push_back(f.text + " AS " + quote_identifier(table_.columns[static_cast<std::size_t>(column)].pg));
        }
        rows_.query = "SELECT " + join(values, ", ") + " FROM (" + query + ") AS s (" + join(names, ", ") + ")";
    }

    const Insert& insert_;
    const Table& table_;
    Lowering& lowering_;
    Positions positions_;
    InsertRows rows_;
    std::optional<RowArrays> arrays_; // where the rows become such
};

// "SELECT a AS x, b AS y" of one row.
std::string one_row(const std::vector<std::string>& names, const std::vector<std::string>& values)
{
    std::vector<std::string> parts;
    for (std::size_t i = 0; i < names.size(); ++i)
        parts.push_back(values[i] + " AS " + names[i]);
    return "SELECT " + join(parts, ", ");
}

std::vector<std::string> texts_of_row(const InsertRows& rows, std::size_t row)
{
    std::vector<std::string> texts;
    if (rows.rowid == InsertRows::Rowid::automatic)
        texts.emplace_back("NULL::bigint");
    else if (rows.rowid != InsertRows::Rowid::none)
        texts.push_back(rows.rowids.at(row).text);
    for (const auto& value : rows.values[row])
        texts.push_back(value.text);
    return texts;
}

} // namespace

InsertRows insert_rows(const Insert& insert, const Table& table, Lowering& lowering, bool all_columns)
{
    if (auto rows = RowMaker(insert, table, lowering, all_columns).make(true))
        return std::move(*rows);
    return *RowMaker(insert, table, lowering, all_columns).make(false);
}

std::vector<std::string> column_names(const InsertRows& rows, const Table& table)
{
    std::vector<std::string> names;
    if (rows.rowid != InsertRows::Rowid::none)
        names.push_back(quote_identifier(table.rowid_pg));
    for (const int column : rows.columns)
        names.push_back(quote_identifier(table.columns[static_cast<std::size_t>(column)].pg));
    return names;
}

std::string rows_query(const InsertRows& rows, const Table& table)
{
    if (!rows.is_values)
        return rows.query;
    const auto names = column_names(rows, table);
    if (names.empty())
        return "SELECT";
    if (rows.values.size() == 1)
        return one_row(names, texts_of_row(rows, 0));
    std::vector<std::string> list;
    for (std::size_t i = 0; i < rows.values.size(); ++i)
        list.push_back(parens(join(texts_of_row(rows, i), ", ")));
    return "SELECT * FROM (VALUES " + join(list, ", ") + ") AS s (" + join(names, ", ") + ")";
}

} // namespace howdah::dialect
