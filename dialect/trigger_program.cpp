// See trigger_program.hpp.
#include "dialect/trigger_program.hpp"

#include "dialect/constraint_message.hpp"
#include "dialect/functions.hpp"
#include "dialect/governing.hpp"
#include "dialect/lower.hpp"
#include "dialect/parser.hpp"
#include "dialect/resolver.hpp"
#include "dialect/rowid.hpp"
#include "dialect/walk.hpp"
#include "dialect/write_target.hpp"

#include <functional>
#include <set>

namespace howdah::dialect {

namespace {

constexpr const char* last_rowid_variable = "howdah_last_rowid";
constexpr const char* changes_variable = "howdah_changes";

// Every expression of a tree, those of its subqueries included.
class Expressions : public Visitor {
public:
    explicit Expressions(std::function<void(const Expr&)> see) : see_(std::move(see)) {}
    bool enter(const Expr& e) override
    {
        see_(e);
        return true;
    }

private:
    std::function<void(const Expr&)> see_;
};

bool calls(const Expr& e, std::string_view function)
{
    const auto* call = as<Call>(e);
    return call && equal_names(call->name.text, function);
}

} // namespace

struct TriggerProgram::Impl {
    Impl(const Catalog& catalog, const Table& table_, std::string text_, const Options& options,
         std::string home_schema, Rows rows, ConflictAction conflict)
        : text(std::move(text_)),
          table(table_),
          statement(*parse(text)),
          trigger(std::get<CreateTrigger>(statement.node)),
          request{text, catalog, {}, options, {}},
          lowering(request)
    {
        govern(conflict);
        const ResolveRequest resolve{.catalog = catalog,
                                     .parameters = {},
                                     .options = options,
                                     .trigger_table = &table,
                                     .has_new = trigger.event != CreateTrigger::Event::delete_,
                                     .has_old = trigger.event != CreateTrigger::Event::insert,
                                     .home_schema = std::move(home_schema),
                                     .sql = text,
                                     .rows_have_affinity = rows == Rows::with_affinity};
        scope = resolve_trigger(trigger, table, resolve);
        lowering.in_trigger = true;
        lowering.substitute = [this](const Expr& e) -> std::optional<Fragment> {
            if (reads_late_rowid(e))
                return Fragment{"coalesce(\"new\"." + quote_identifier(table.rowid_pg) + ", '-1'::bigint)",
                                PgType::int8, StorageClass::integer};
            if (const auto* raise = as<Raise>(e); raise && raise->action == ConflictAction::ignore)
                return Fragment{"howdah.err('', 'HW0IG')", PgType::text, Classes(StorageClass::text).with_null()};
            if (calls(e, "changes"))
                return Fragment{changes_variable, PgType::int8, StorageClass::integer};
            if (!calls(e, "last_insert_rowid"))
                return std::nullopt;
            return Fragment{last_rowid_variable, PgType::int8, StorageClass::integer};
        };
        survey();
    }

    // An own OR FAIL is ABORT: what was done until then does not stay.
    void govern(ConflictAction conflict)
    {
        const auto apply = [&](ConflictAction& own) {
            if (conflict != ConflictAction::unspecified)
                own = conflict;
            else if (own == ConflictAction::fail)
                own = ConflictAction::abort;
        };
        for (TriggerStatement& s : trigger.body) {
            if (auto* insert = std::get_if<Insert>(&s))
                apply(insert->conflict);
            if (auto* update = std::get_if<Update>(&s))
                apply(update->conflict);
        }
    }

    // Before a row is inserted, a rowid that is yet to be chosen is -1.
    bool reads_late_rowid(const Expr& e) const
    {
        const auto* ref = as<ColumnRef>(e);
        return ref && ref->source && ref->source == scope.new_row.get() && table.has_rowid() &&
               (ref->index == -1 || ref->index == table.rowid_alias) && trigger.time == CreateTrigger::Time::before &&
               trigger.event == CreateTrigger::Event::insert;
    }

    // What the program uses that decides how it is wrapped.
    void survey()
    {
        Expressions see([this](const Expr& e) {
            if (const auto* ref = as<ColumnRef>(e); ref && ref->source && ref->source == scope.new_row.get())
                new_columns.insert(ref->index);
            if (const auto* raise = as<Raise>(e))
                ignores = ignores || raise->action == ConflictAction::ignore;
            last_rowid = last_rowid || calls(e, "last_insert_rowid");
            changes = changes || calls(e, "changes");
            if (calls(e, "total_changes"))
                throw refusal("total_changes() inside a trigger cannot be answered exactly");
        });
        // What changes() was before the trigger's first INSERT, UPDATE or DELETE is the statement's outside, too.
        bool changed = false;
        // last_insert_rowid() is known from the row that fired the trigger or from an INSERT of the trigger itself;
        // what it was before that belongs to the statement outside, which a trigger's text cannot know.
        bool known = trigger.time == CreateTrigger::Time::after && trigger.event == CreateTrigger::Event::insert &&
                     table.has_rowid();
        const auto check = [&] {
            if (last_rowid && !known)
                throw refusal(
                    "last_insert_rowid() in a trigger before any INSERT of the trigger cannot be answered exactly");
            if (changes && !changed)
                throw refusal("changes() in a trigger before the trigger has changed a row cannot be answered exactly");
        };
        if (trigger.when)
            walk(*trigger.when, see);
        check();
        for (auto& s : trigger.body) {
            walk(s, see);
            check();
            known = known || always_inserts(s);
            changed = changed || !std::holds_alternative<SelectPtr>(s);
        }
    }

    // INSERT … VALUES that either inserts or fails.
    static bool always_inserts(const TriggerStatement& s)
    {
        const auto* insert = std::get_if<Insert>(&s);
        return insert && insert->upserts.empty() && insert->conflict != ConflictAction::ignore &&
               (!insert->source || !insert->source->cores.front().values.empty());
    }

    std::string text;
    const Table& table;
    Statement statement;
    CreateTrigger& trigger;
    CompileRequest request;
    Lowering lowering;
    TriggerScope scope;
    std::set<int> new_columns;
    bool ignores = false, last_rowid = false, changes = false;

    static bool has_ignore(TriggerStatement& s)
    {
        bool found = false;
        Expressions see([&](const Expr& e) {
            if (const auto* raise = as<Raise>(e))
                found = found || raise->action == ConflictAction::ignore;
        });
        walk(s, see);
        return found;
    }

    // Nobody sees the rows.
    void lower_select(const Select& select, Compiled& out)
    {
        lowering.begin_step();
        std::string sql = lowering.select(select);
        out.steps.push_back(lowering.step(std::move(sql), Step::Role::rows));
    }

    Compiled compile(TriggerStatement& s)
    {
        Compiled out;
        std::visit(
            [&](auto& node) {
                using T = std::decay_t<decltype(node)>;
                if constexpr (std::is_same_v<T, Insert>)
                    lower_insert(node, lowering, out);
                else if constexpr (std::is_same_v<T, Update>)
                    lower_update(node, lowering, out);
                else if constexpr (std::is_same_v<T, Delete>)
                    lower_delete(node, lowering, out);
                else
                    lower_select(*node, out);
            },
            s);
        if (out.kind == Compiled::Kind::promote && out.promotion)
            throw TriggerNeedsPromotion{*out.promotion};
        return out;
    }

    static bool rolls_back(const TriggerStatement& s)
    {
        const auto* insert = std::get_if<Insert>(&s);
        const auto* update = std::get_if<Update>(&s);
        return (insert && insert->conflict == ConflictAction::rollback) ||
               (update && update->conflict == ConflictAction::rollback);
    }

    // A statement's steps, and what changes() is behind them.
    std::string print(TriggerStatement& s)
    {
        std::string text;
        const bool counts = changes && !std::holds_alternative<SelectPtr>(s);
        const Compiled compiled = compile(s);
        for (const Step& step : compiled.steps)
            text += with_last_rowid(
                s, print(step, std::holds_alternative<Insert>(s), counts && step.role == Step::Role::write) + "\n");
        if (rolls_back(s))
            text = marked(text, rollback_mark);
        if (!counts)
            return text;
        const Table* target = written_table(s);
        if (!target || target->kind != Table::Kind::ordinary || target->full_text || target->rtree)
            throw refusal("changes() in a trigger that writes to a view or a virtual table");
        return "howdah_count := 0;\n" + text + changes_variable + " := howdah_count;\n";
    }

    // An INSERT finds the largest rowid in a statement of its own; see planned_without_scans().
    std::string with_last_rowid(const TriggerStatement& s, const std::string& text) const
    {
        const Table* target = std::holds_alternative<Insert>(s) ? written_table(s) : nullptr;
        if (!target || !target->has_rowid() || text.starts_with("DECLARE") || text.starts_with("BEGIN"))
            return text;
        const std::string last = dialect::last_rowid(*target, request.catalog, request.options.writers);
        const auto at = text.find(last);
        if (at == std::string::npos)
            return text;
        const std::string variable = "howdah_last";
        return "DECLARE\n" + variable + " bigint;\nBEGIN\n" + planned_without_scans(variable + " := " + last) + ";\n" +
               text.substr(0, at) + variable + text.substr(at + last.size()) + "END;\n";
    }

    // A step as a statement of PL/pgSQL; `counts`: its rows are added to howdah_count.
    std::string print(const Step& step, bool is_insert, bool counts) const
    {
        const std::string count =
            counts ? " GET DIAGNOSTICS howdah_rows = ROW_COUNT; howdah_count := howdah_count + howdah_rows;" : "";
        const std::string count_one = counts ? "howdah_count := howdah_count + 1;" : "NULL;";
        if (counts && step.count_is_value)
            throw refusal("changes() in a trigger after a statement that runs row by row");
        if (!step.slots.empty())
            throw refusal("a value inside a trigger's body is not known when the trigger is made");
        if (step.sql.starts_with("DECLARE") || step.sql.starts_with("BEGIN")) {
            if (is_insert && last_rowid)
                throw refusal(
                    "last_insert_rowid() in a trigger after an INSERT that runs row by row cannot be answered exactly");
            if (changes)
                throw refusal("changes() in a trigger after a statement that runs row by row");
            return step.sql + ";";
        }
        const bool query =
            step.sql.starts_with("SELECT") || step.sql.starts_with("VALUES") || step.role == Step::Role::rows;
        if (query && !step.returns_rowid)
            return "PERFORM * FROM (" + step.sql + ") AS howdah_rows;" + count;
        if (!step.returns_rowid && !step.returns_rows && !step.count_is_value)
            return step.sql + ";" + count;
        // Rows must go somewhere in PL/pgSQL; a loop takes any number of them.
        if (!is_insert || !step.returns_rowid || step.returns_rows)
            return "FOR howdah_row IN " + step.sql + " LOOP " + count_one + " END LOOP;";
        const std::string last = last_rowid_variable;
        return "FOR howdah_new_rowid IN " + step.sql + " LOOP " + last + " := coalesce(howdah_new_rowid, " + last +
               "); " + (counts ? count_one + " " : "") + "END LOOP;";
    }
};

TriggerProgram::TriggerProgram(const Catalog& catalog, const Table& table, std::string text, const Options& options,
                               std::string schema, Rows rows, ConflictAction conflict)
    : impl_(std::make_unique<Impl>(catalog, table, std::move(text), options, std::move(schema), rows, conflict))
{
}

TriggerProgram::~TriggerProgram() = default;

const CreateTrigger& TriggerProgram::definition() const { return impl_->trigger; }

bool TriggerProgram::reads_new_column(int column) const { return impl_->new_columns.contains(column); }

bool TriggerProgram::reads_new_rowid() const
{
    return reads_new_column(-1) || (impl_->table.rowid_alias >= 0 && reads_new_column(impl_->table.rowid_alias));
}

bool TriggerProgram::ignores() const { return impl_->ignores; }

bool TriggerProgram::uses_changes() const { return impl_->changes; }

bool TriggerProgram::uses_last_rowid() const { return impl_->last_rowid; }

std::string TriggerProgram::when()
{
    return impl_->trigger.when ? impl_->lowering.condition(*impl_->trigger.when).text : std::string();
}

std::string TriggerProgram::query(std::size_t n)
{
    impl_->lowering.begin_step();
    return impl_->lowering.select(*std::get<SelectPtr>(impl_->trigger.body.at(n)));
}

std::vector<std::string> TriggerProgram::statements(std::string_view on_ignore)
{
    std::vector<std::string> out;
    for (TriggerStatement& s : impl_->trigger.body) {
        std::string text = impl_->print(s);
        if (Impl::has_ignore(s)) {
            if (!std::holds_alternative<SelectPtr>(s))
                throw refusal(
                    "RAISE(IGNORE) inside an INSERT, UPDATE or DELETE of a trigger's body cannot be run exactly; "
                    "use SELECT RAISE(IGNORE) WHERE …");
            text = "BEGIN\n" + text + "EXCEPTION WHEN SQLSTATE 'HW0IG' THEN " + std::string(on_ignore) + "\nEND;\n";
        }
        out.push_back(std::move(text));
    }
    return out;
}

} // namespace howdah::dialect
