// See table_expression.hpp.
#include "dialect/table_expression.hpp"

#include "dialect/lower.hpp"
#include "dialect/parser.hpp"
#include "dialect/resolver.hpp"

#include <algorithm>

namespace howdah::dialect {

namespace {

Fragment generated_within(const Catalog& catalog, const Table& table, int column, std::vector<int> within);

// An expression of a table, resolved in a copy: the catalog's own trees are shared and stay as they are.
class TableExpression {
public:
    TableExpression(const Catalog& catalog, const Table& table, const Expr& expr, Arithmetic arithmetic)
        : table_(table),
          text_(unparse(expr)),
          expr_(parse_expression(text_)),
          request_{text_, catalog, {}, options(arithmetic), {}},
          lowering_(request_)
    {
        const ResolveRequest resolve{.catalog = catalog,
                                     .parameters = {},
                                     .options = request_.options,
                                     .home_schema = table.schema,
                                     .sql = text_};
        source_ = resolve_table_expression(*expr_, table, "", resolve);
        lowering_.in_trigger = true;
    }

    // `within`: the generated columns whose expressions this one stands in.
    void inline_generated_columns(const std::vector<int>& within)
    {
        lowering_.substitute = [this, within](const Expr& e) -> std::optional<Fragment> {
            const auto* ref = as<ColumnRef>(e);
            if (!ref || ref->source != source_.get() || ref->index < 0)
                return std::nullopt;
            const Column& column = table_.columns[static_cast<std::size_t>(ref->index)];
            if (column.generated == Column::Generated::no)
                return std::nullopt;
            return generated_within(request_.catalog, table_, ref->index, within);
        };
    }

    const Expr& expr() const { return *expr_; }
    Lowering& lowering() { return lowering_; }

private:
    static Options options(Arithmetic arithmetic)
    {
        Options o;
        o.exact_arithmetic = arithmetic == Arithmetic::exact;
        return o;
    }

    const Table& table_;
    std::string text_;
    ExprPtr expr_;
    CompileRequest request_;
    Lowering lowering_;
    std::unique_ptr<Source> source_;
};

// SQLite makes a table whose generated columns are computed from each other, and refuses every statement that reads
// one of them.
Fragment generated_within(const Catalog& catalog, const Table& table, int column, std::vector<int> within)
{
    const Column& c = table.columns.at(static_cast<std::size_t>(column));
    if (std::find(within.begin(), within.end(), column) != within.end())
        throw refusal("generated column " + c.name + " is computed from itself");
    within.push_back(column);
    TableExpression e(catalog, table, *c.generated_as, Arithmetic::exact);
    e.inline_generated_columns(within);
    return with_affinity(e.lowering().value(e.expr()), c.affinity);
}

} // namespace

Fragment table_column(const Table& table, int column)
{
    if (column < 0)
        return {quote_identifier(table.rowid_pg), PgType::int8, StorageClass::integer};
    const Column& c = table.columns.at(static_cast<std::size_t>(column));
    Classes classes = classes_of(c.storage);
    const bool never_null = c.not_null || column == table.rowid_alias || (c.primary_key > 0 && table.without_rowid);
    classes = never_null ? classes.without_null() : classes.with_null();
    return {quote_identifier(c.pg), c.storage, classes, c.storage == PgType::text};
}

Fragment table_value(const Catalog& catalog, const Table& table, const Expr& expr, Arithmetic arithmetic,
                     bool inline_generated)
{
    TableExpression e(catalog, table, expr, arithmetic);
    if (inline_generated)
        e.inline_generated_columns({});
    return e.lowering().value(e.expr());
}

std::string table_condition(const Catalog& catalog, const Table& table, const Expr& expr, Arithmetic arithmetic)
{
    TableExpression e(catalog, table, expr, arithmetic);
    return e.lowering().condition(e.expr()).text;
}

std::optional<Value> fixed_value(const Catalog& catalog, const Table& table, const Expr& expr)
{
    TableExpression e(catalog, table, expr, Arithmetic::native);
    return e.lowering().foldable(e.expr()) ? e.lowering().known_value(e.expr()) : std::nullopt;
}

Fragment generated_value(const Catalog& catalog, const Table& table, int column)
{
    return generated_within(catalog, table, column, {});
}

} // namespace howdah::dialect
