// SQLite text in, PostgreSQL text out. Start reading here.
//   text -> SQLite's own opinion of it -> AST -> AST with names and types -> PostgreSQL text
// The only catch in this module: anything below may throw Error about the client's SQL.
#include "dialect/compile.hpp"

#include "dialect/lower.hpp"
#include "dialect/parser.hpp"
#include "dialect/pragma_rows.hpp"
#include "dialect/resolver.hpp"
#include "dialect/walk.hpp"
#include "dialect/whole_reals.hpp"
#include "dialect/write_target.hpp"

#include <algorithm>

namespace howdah::dialect {

namespace {

// Whether a SELECT reads anything that PostgreSQL holds, or does what the mirror would do otherwise. The schema, most
// PRAGMA functions and values alone are the mirror's.
class NeedsServer : public Visitor {
public:
    explicit NeedsServer(const CompileRequest& request) : request_(request) {}
    bool found = false;
    bool enter(const TableRef& ref) override
    {
        found = found || is_live_pragma(ref.table.name.text) ||
                request_.catalog.find_table(ref.table.schema.text, ref.table.name.text);
        return !found;
    }
    bool enter(const Expr& e) override
    {
        const auto* like = as<Like>(e);
        const auto* call = as<Call>(e);
        const bool matches = (like && like->op == LikeOp::like) || (call && equal_names(call->name.text, "like"));
        found = found || (matches && request_.options.case_sensitive_like);
        return !found;
    }

private:
    const CompileRequest& request_;
};

bool is_local(const Statement& statement, const CompileRequest& request)
{
    if (statement.explain != Statement::Explain::no)
        return true;
    NeedsServer visitor(request);
    walk(statement, visitor);
    return std::holds_alternative<SelectPtr>(statement.node) && !visitor.found;
}

template <typename... Kinds>
bool is_one_of(const StatementNode& node)
{
    return (std::holds_alternative<Kinds>(node) || ...);
}

Compiled::Kind kind_of(const Statement& statement, const CompileRequest& request)
{
    const StatementNode& node = statement.node;
    if (is_local(statement, request))
        return Compiled::Kind::local;
    if (std::holds_alternative<SelectPtr>(node))
        return Compiled::Kind::query;
    if (is_one_of<Insert, Update, Delete>(node))
        return Compiled::Kind::write;
    if (is_one_of<Vacuum, Reindex>(node))
        return Compiled::Kind::accepted;
    if (is_one_of<CreateTable, CreateIndex, CreateView, CreateVirtualTable, CreateTrigger, AlterTable, Drop, Analyze>(
            node))
        return Compiled::Kind::schema;
    return Compiled::Kind::session;
}

void announce(Mirror::Answer answer, Compiled& out)
{
    for (std::size_t i = 0; i < answer.columns.size(); ++i) {
        Output& column = out.columns.emplace_back();
        column.name = std::move(answer.columns[i]);
        column.decltype_ = std::move(answer.decltypes[i]);
    }
    out.parameter_count = answer.parameter_count;
    out.parameter_names = std::move(answer.parameter_names);
    out.read_only = answer.read_only;
}

void lower(const Statement& statement, Lowering& lowering, Compiled& out)
{
    if (const auto* n = std::get_if<SelectPtr>(&statement.node))
        lower_query(**n, lowering, out);
    else if (const auto* n = std::get_if<Insert>(&statement.node))
        lower_insert(*n, lowering, out);
    else if (const auto* n = std::get_if<Update>(&statement.node))
        lower_update(*n, lowering, out);
    else if (const auto* n = std::get_if<Delete>(&statement.node))
        lower_delete(*n, lowering, out);
    else
        lower_schema_change(statement, lowering, out);
}

// A block that goes from row to row (rowloop.hpp) tests them at its own end.
bool tests_keys_at_end(const Compiled& out)
{
    return std::any_of(out.steps.begin(), out.steps.end(), [](const Step& s) { return s.sql.starts_with("DO "); });
}

// Triggers may break a foreign key in one of their statements and mend it in another.
void put_key_tests_at_end(const Statement& statement, const CompileRequest& request, Compiled& out)
{
    const Table* target = written_table(statement.node);
    if (!request.options.foreign_keys || out.kind != Compiled::Kind::write || !target || !out.changes_others ||
        tests_keys_at_end(out) || out.met_keys.tests == KeyTests::none)
        return;
    const std::vector<std::string> keys = keys_tested_at_end(*target, request.catalog);
    out.may_mend_keys = !keys.empty();
    if (!out.may_mend_keys || !request.options.keys_at_end)
        return;
    Step before, behind;
    before.sql = "SET CONSTRAINTS " + join(keys, ", ") + " DEFERRED";
    behind.sql = "SET CONSTRAINTS " + join(keys, ", ") + " IMMEDIATE";
    out.steps.insert(out.steps.begin(), std::move(before));
    out.steps.push_back(std::move(behind));
}

} // namespace

Result<Compiled> compile(const CompileRequest& request)
try {
    Mirror::Answer answer = request.catalog.mirror().prepare(request.sql, request.options.foreign_keys);
    if (answer.error)
        return *answer.error;
    std::optional<Statement> parsed = parse(request.sql);
    Compiled out;
    announce(std::move(answer), out);
    if (!parsed)
        return out;
    const auto statement = std::make_shared<Statement>(std::move(*parsed));
    out.statement = statement;
    out.kind = kind_of(*statement, request);
    if (out.kind == Compiled::Kind::query || out.kind == Compiled::Kind::write || out.kind == Compiled::Kind::schema) {
        resolve(*statement, {.catalog = request.catalog,
                             .parameters = request.parameters,
                             .options = request.options,
                             .home_schema = {},
                             .sql = request.sql});
        Lowering lowering(request, statement.get());
        lower(*statement, lowering, out);
        show_stored_reals(request, out);
        if (out.next)
            refuse_columns_of_stored_reals(request.catalog, *out.next);
        out.slots = lowering.take_slots();
        out.rules = lowering.take_rules();
        out.touches_temp = out.touches_temp || lowering.touches_temp;
        out.met_keys = met_keys(statement->node, request.catalog);
        put_key_tests_at_end(*statement, request, out);
        if (request.options.writers == Writers::concurrent)
            out.point = point_access(statement->node, out, lowering);
        out.needs_writer_lock = !out.read_only && request.options.writers == Writers::single;
    }
    return out;
} catch (const Error& error) {
    return error;
}

} // namespace howdah::dialect
