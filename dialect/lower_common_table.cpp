// WITH: a common table is printed when it is first referred to, under a name of its own, and once.
#include "dialect/catalog.hpp"
#include "dialect/resolver_impl.hpp"
#include "dialect/select_lowering.hpp"
#include "dialect/walk.hpp"

#include <algorithm>

namespace howdah::dialect {

namespace {

class RefersTo : public Visitor {
public:
    explicit RefersTo(const CommonTable& table) : table_(table) {}
    bool found = false;
    bool enter(const TableRef& ref) override
    {
        found = found || (ref.source && ref.source->common == &table_);
        return !found;
    }

private:
    const CommonTable& table_;
};

bool refers_to(const FromClause& from, const CommonTable& table)
{
    RefersTo visitor(table);
    walk(from, visitor);
    return visitor.found;
}

std::string column_list(const CommonTable& table)
{
    std::vector<std::string> quoted;
    for (const std::string& name : pg_column_names(column_names(*table.select, table.columns)))
        quoted.push_back(quote_identifier(name));
    return "(" + join(quoted, ", ") + ")";
}

std::string_view materialized(CommonTable::Materialize m)
{
    switch (m) {
    case CommonTable::Materialize::yes:
        return " AS MATERIALIZED ";
    case CommonTable::Materialize::no:
        return " AS NOT MATERIALIZED ";
    case CommonTable::Materialize::unspecified:
        break;
    }
    return " AS ";
}

} // namespace

const std::string& SelectLowering::common_table(const CommonTable& table)
{
    const auto found = l_.common_.find(&table);
    if (found != l_.common_.end())
        return found->second.name;
    Lowering::CommonText& text = l_.common_[&table]; // stays where it is: a map's nodes do
    text.name = l_.fresh(pg_identifier(table.name.text));
    // The body stands outside of everything that is being lowered now.
    const auto substitute = std::exchange(l_.substitute, {});
    const std::string row_order = std::exchange(l_.row_order, {});
    std::string printed;
    if (table.recursive) {
        printed = recursive_table(table);
    } else {
        std::vector<Output> outputs;
        const std::string body = query(*table.select, nullptr, &outputs, {});
        for (const Output& output : outputs)
            text.types.push_back(output.type);
        printed = quote_identifier(text.name) + column_list(table) + std::string(materialized(table.materialize)) +
                  parens(body);
    }
    l_.common_text_.emplace_back(&table, std::move(printed));
    l_.substitute = substitute;
    l_.row_order = row_order;
    return text.name;
}

// anchor UNION [ALL] recursive. PostgreSQL takes the columns' types from the anchor, so every arm is given the types
// that all arms need, found by trying.
std::string SelectLowering::recursive_body(const CommonTable& table, std::vector<PgType>& types)
{
    const Select& select = *table.select;
    const auto is_recursive = [&](const SelectCore& core) { return core.from && refers_to(*core.from, table); };
    if (std::count_if(select.cores.begin(), select.cores.end(), is_recursive) != 1 ||
        !is_recursive(select.cores.back()))
        throw refusal("a recursive common table with more than one recursive SELECT");
    for (;;) {
        l_.common_[&table].types = types;
        std::vector<Arm> arms;
        for (const SelectCore& core : select.cores) {
            arms.push_back(arm(select, core, {}, {}));
            for (Fragment& column : arms.back().columns)
                if (column.type == PgType::text)
                    column = {parens(column.text + " COLLATE \"C\""), column.type, column.classes, true};
        }
        const std::vector<PgType> wanted = column_types(arms, &types);
        if (wanted != types) {
            types = wanted;
            continue;
        }
        for (Arm& a : arms) {
            widen_columns(a, wanted);
            for (std::vector<Fragment>& row : a.rows)
                for (Fragment& f : row)
                    if (f.type == PgType::text)
                        f.text = parens(f.text + " COLLATE \"C\"");
        }
        const Arm last = std::move(arms.back());
        arms.pop_back();
        std::string anchor = compound_body(select, arms);
        if (arms.size() > 1)
            anchor = parens(anchor);
        const bool all = select.operators.back() == CompoundOp::union_all;
        if (!all && select.operators.back() != CompoundOp::union_)
            throw refusal("a recursive common table that is no UNION");
        return anchor + (all ? " UNION ALL " : " UNION ") + print(last);
    }
}

// LIMIT ends the recursion: a second table takes so many rows of the first, and PostgreSQL computes no more of them.
std::string SelectLowering::recursive_table(const CommonTable& table)
{
    const Select& select = *table.select;
    std::vector<PgType> types;
    for (const Select::Column& column : select.result)
        types.push_back(pg_type_of(column.classes));
    const std::string name = l_.common_[&table].name;
    const bool limited = select.limit || select.offset;
    if (!select.order_by.empty() && limited)
        throw refusal(
            "LIMIT of a recursive common table with ORDER BY, which chooses rows in the order they are found");
    if (!limited)
        return quote_identifier(name) + column_list(table) + " AS " + parens(recursive_body(table, types));
    const std::string all = name + "+";
    l_.common_[&table].name = all;
    std::string text = quote_identifier(all) + column_list(table) + " AS " + parens(recursive_body(table, types));
    l_.common_[&table].name = name;
    return text + ", " + quote_identifier(name) + column_list(table) + " AS (SELECT * FROM " + quote_identifier(all) +
           limit(select.limit.get(), select.offset.get()) + ")";
}

std::string SelectLowering::with_clause(const With* with)
{
    if (!with)
        return "";
    std::vector<std::string> texts;
    bool recursive = false;
    for (const auto& [table, text] : l_.common_text_) {
        if (table < with->tables.data() || table >= with->tables.data() + with->tables.size())
            continue;
        texts.push_back(text);
        recursive = recursive || table->recursive;
    }
    if (texts.empty())
        return "";
    return (recursive ? "WITH RECURSIVE " : "WITH ") + join(texts, ", ") + " ";
}

std::string Lowering::with_clause(const With* with) { return SelectLowering(*this).with_clause(with); }

} // namespace howdah::dialect
