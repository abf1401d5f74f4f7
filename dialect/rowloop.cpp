// Row-at-a-time execution; see rowloop.hpp.
#include "dialect/rowloop.hpp"

#include "dialect/key_tests.hpp"
#include "dialect/reads.hpp"
#include "dialect/walk.hpp"

#include <algorithm>
#include <cctype>

namespace howdah::dialect {

namespace {

constexpr std::string_view slots_setting = "howdah.slots";

std::string setting(std::string_view name, std::string_view type)
{
    return "current_setting(" + quote_string(name) + ")::" + std::string(type);
}

std::string set(std::string_view name, std::string_view value)
{
    return "PERFORM set_config(" + quote_string(name) + ", " + std::string(value) + ", true);\n";
}

// $n outside of quotes becomes the variable "$n".
std::string slots_as_variables(std::string_view text)
{
    std::string out;
    char quote = 0;
    for (std::size_t i = 0; i < text.size(); ++i) {
        const char c = text[i];
        if (quote != 0) {
            quote = c == quote ? char(0) : quote;
        } else if (c == '\'' || c == '"') {
            quote = c;
        } else if (c == '$' && i + 1 < text.size() && std::isdigit(static_cast<unsigned char>(text[i + 1]))) {
            std::size_t end = i + 1;
            while (end < text.size() && std::isdigit(static_cast<unsigned char>(text[end])))
                ++end;
            out += '"' + std::string(text.substr(i, end - i)) + '"';
            i = end - 1;
            continue;
        }
        out += c;
    }
    return out;
}

std::string dollar_quoted(const std::string& text)
{
    std::string tag = "$howdah$";
    for (int i = 1; text.find(tag) != std::string::npos; ++i)
        tag = "$howdah" + std::to_string(i) + "$";
    return tag + "\n" + text + tag;
}

// An array of howdah.v cannot be unnested together with others (its fields would become columns): it travels as text.
bool as_text(PgType type) { return type == PgType::v; }
std::string array_type(PgType type) { return std::string(as_text(type) ? "text" : plain_type_name(type)) + "[]"; }
std::string name_of(std::size_t i) { return "c" + std::to_string(i + 1); }

} // namespace

OnceSubqueries::OnceSubqueries(Lowering& lowering, std::vector<const Table*> changing, std::string stem)
    : lowering_(lowering),
      changing_(std::move(changing)),
      stem_(std::move(stem)),
      outer_(lowering.substitute),
      around_(lowering.once)
{
    lowering_.substitute = [this](const Expr& e) { return variable(e); };
    lowering_.once = this;
}

OnceSubqueries::~OnceSubqueries()
{
    lowering_.substitute = outer_;
    lowering_.once = around_;
}

bool OnceSubqueries::is_once(const Select& select) const
{
    return !inside_ && !select.correlated && changed_in(select);
}

// One of the changing tables that it reads.
const Table* OnceSubqueries::changed_in(const Select& select) const
{
    const auto at = std::find_if(changing_.begin(), changing_.end(),
                                 [&](const Table* table) { return reads(select, *table, lowering_.catalog()); });
    return at == changing_.end() ? nullptr : *at;
}

Fragment OnceSubqueries::once(const Select& select, const std::function<Fragment()>& member)
{
    return is_once(select) ? keep(member) : member();
}

std::optional<Fragment> OnceSubqueries::variable(const Expr& expr)
{
    const Select* select = select_of(expr);
    if (!select || !is_once(*select) || lowering_.asked_for_each_row.count(&expr) != 0)
        return outer_ ? outer_(expr) : std::nullopt;
    if (as<In>(expr) && columns_) {
        inside_ = true;
        Fragment f = lowering_.value(expr);
        inside_ = false;
        const std::string name = quote_identifier("in " + std::to_string(columns_->size() + 1));
        columns_->push_back(f.text + " AS " + name);
        f.text = record_ + "." + name;
        return f;
    }
    if (as<In>(expr))
        throw refusal("x IN (SELECT … FROM " + changed_in(*select)->name +
                      ") cannot be computed once while rows of that table are changed one by one; use EXISTS");
    return keep([&] { return lowering_.value(expr); });
}

Fragment OnceSubqueries::keep(const std::function<Fragment()>& lower)
{
    inside_ = true;
    Fragment f = lower();
    inside_ = false;
    const std::string name = "howdah_" + stem_ + std::to_string(declarations_.size() + 1);
    declarations_.push_back(name + " " + std::string(plain_type_name(f.type)));
    statements_ += name + " := " + f.text + ";\n";
    f.text = name;
    f.collated = false;
    return f;
}

RowLoop::RowLoop(const Table& table, Lowering& lowering) : table_(table), lowering_(lowering)
{
    lowering_.begin_step();
}

// The foreign keys that SQLite tests at the end of the whole statement, PostgreSQL at the end of each row's.
std::string RowLoop::keys() const
{
    if (lowering_.in_trigger || !lowering_.options().foreign_keys)
        return {};
    return join(keys_tested_at_end(table_, lowering_.catalog()), ", ");
}

std::string RowLoop::values(std::string_view rowid) const
{
    std::vector<std::string> list;
    for (std::size_t i = 0; i < returning.size(); ++i)
        list.push_back((as_text(returning[i].type) ? returning[i].text + "::text" : returning[i].text) + " AS " +
                       name_of(i));
    if (rowids)
        list.push_back((rowid.empty() ? std::string("NULL::bigint") : std::string(rowid)) + " AS rid");
    if (list.empty())
        list.emplace_back("1 AS one");
    return join(list, ", ");
}

std::string RowLoop::into(std::string_view rowid) const
{
    return " RETURNING " + values(rowid) + " INTO howdah_out;\n";
}

std::string RowLoop::select_into(std::string_view rowid, std::string_view from) const
{
    return "SELECT " + values(rowid) + " INTO howdah_out FROM " + std::string(from) + ";\n";
}

std::string RowLoop::counted() const
{
    if (lowering_.in_trigger)
        return rowids ? "IF FOUND THEN\nhowdah_last_rowid := coalesce(howdah_out.rid, howdah_last_rowid);\nEND IF;\n"
                      : "";
    std::string text = "IF FOUND THEN\nhowdah_count := howdah_count + 1;\n";
    for (std::size_t i = 0; i < returning.size(); ++i)
        text +=
            "howdah_" + name_of(i) + " := array_append(howdah_" + name_of(i) + ", howdah_out." + name_of(i) + ");\n";
    if (rowids)
        text += "howdah_rids := array_append(howdah_rids, howdah_out.rid);\n";
    return text + "END IF;\n";
}

std::string RowLoop::set_or(const std::string& loop) const
{
    if (as_set.empty())
        return loop;
    const std::string rids =
        rowids ? ", coalesce(array_agg(rid), '{}') INTO howdah_count, howdah_rids" : " INTO howdah_count";
    return "BEGIN\nWITH \"howdah written\" AS (" + as_set + ") SELECT count(*)" + rids +
           " FROM \"howdah written\";\nEXCEPTION WHEN cardinality_violation THEN\n" + loop + "END;\n";
}

std::string RowLoop::block() const
{
    const bool reports = !lowering_.in_trigger;
    std::string text = "DECLARE\n" + row + " record;\nhowdah_out record;\n";
    for (const auto& d : declarations)
        text += d + ";\n";
    if (reports)
        text += "howdah_count bigint := 0;\n";
    for (std::size_t i = 0; reports && i < returning.size(); ++i)
        text += "howdah_" + name_of(i) + " " + array_type(returning[i].type) + " := '{}';\n";
    if (reports && rowids)
        text += "howdah_rids bigint[] := '{}';\n";
    if (keeps_earlier_rows)
        text += "howdah_state text; howdah_message text; howdah_detail text; howdah_schema text; howdah_table text; "
                "howdah_column text; howdah_constraint text;\n";
    if (!on_failure.empty())
        text += "howdah_context text; howdah_rows refcursor;\n";
    const std::string keys_at_end = keys();
    const auto test_keys = [&](std::string_view when) {
        return keys_at_end.empty() ? std::string()
                                   : "IF current_setting('howdah.fk', true) = 'on' AND "
                                     "current_setting('howdah.defer_fk', true) IS DISTINCT FROM 'on' THEN\n"
                                     "SET CONSTRAINTS " +
                                         keys_at_end + std::string(when) + ";\nEND IF;\n";
    };
    text += "BEGIN\n";
    if (keeps_earlier_rows)
        text += set("howdah.failure", "''");
    text += test_keys(" DEFERRED") + before;
    // FOR computes rows ahead of the one that it is at, whose errors would come too early for what is kept.
    const bool fetches = !on_failure.empty();
    std::string loop =
        fetches ? "OPEN howdah_rows FOR " + source + ";\nLOOP\n" : "FOR " + row + " IN " + source + " LOOP\n";
    if (keeps_earlier_rows && failure_is_told)
        loop += body;
    else if (keeps_earlier_rows)
        loop += "BEGIN\n" + (fetches ? "FETCH howdah_rows INTO " + row + ";\nEXIT WHEN NOT FOUND;\n" : std::string()) +
                body + "EXCEPTION WHEN " +
                (on_failure.empty() ? "unique_violation OR not_null_violation OR check_violation" : "OTHERS") +
                " THEN\n"
                "GET STACKED DIAGNOSTICS howdah_state = RETURNED_SQLSTATE, howdah_message = MESSAGE_TEXT, "
                "howdah_detail = PG_EXCEPTION_DETAIL, howdah_schema = SCHEMA_NAME, howdah_table = TABLE_NAME, "
                "howdah_column = COLUMN_NAME, howdah_constraint = CONSTRAINT_NAME" +
                (on_failure.empty() ? "" : ", howdah_context = PG_EXCEPTION_CONTEXT") + ";\n" +
                (kept_errors.empty() ? "" : "IF NOT (" + kept_errors + ") THEN\nRAISE;\nEND IF;\n") +
                set("howdah.failure", "ARRAY[howdah_state, howdah_message, howdah_detail, howdah_schema, howdah_table, "
                                      "howdah_column, howdah_constraint]::text") +
                on_failure + "EXIT;\nEND;\n";
    else
        loop += body;
    if (keeps_earlier_rows && (failure_is_told || triggers_fail))
        loop += "EXIT WHEN current_setting('howdah.failure') <> '';\n";
    text += set_or(loop + "END LOOP;\n") + after + test_keys(" IMMEDIATE");
    for (std::size_t i = 0; reports && i < returning.size(); ++i)
        text += set("howdah." + name_of(i), "howdah_" + name_of(i) + "::text");
    if (reports && rowids)
        text += set("howdah.rowids", "howdah_rids::text");
    if (reports && returning.empty() && !rowids)
        text += set("howdah.changes", "howdah_count::text");
    return text + "END";
}

void RowLoop::add_result(Compiled& out, bool write) const
{
    Step step;
    step.role = write ? Step::Role::write : Step::Role::internal;
    if (returning.empty()) {
        step.sql = rowids ? "SELECT unnest(" + setting("howdah.rowids", "bigint[]") + ")"
                          : "SELECT " + setting("howdah.changes", "bigint");
        step.returns_rowid = rowids;
        step.count_is_value = !rowids;
        out.steps.push_back(std::move(step));
        return;
    }
    std::vector<std::string> list, arrays, names;
    for (std::size_t i = 0; i < returning.size(); ++i) {
        list.push_back("r." + name_of(i) + (as_text(returning[i].type) ? "::howdah.v" : ""));
        arrays.push_back(setting("howdah." + name_of(i), array_type(returning[i].type)));
        names.push_back(name_of(i));
    }
    if (rowids) {
        list.emplace_back("r.rid");
        arrays.push_back(setting("howdah.rowids", "bigint[]"));
        names.emplace_back("rid");
    }
    step.sql =
        "SELECT " + join(list, ", ") + " FROM unnest(" + join(arrays, ", ") + ") AS r (" + join(names, ", ") + ")";
    step.returns_rowid = rowids;
    step.returns_rows = true;
    out.steps.push_back(std::move(step));
}

void RowLoop::finish(Compiled& out, bool write)
{
    Step step = lowering_.step(block(), Step::Role::internal);
    if (lowering_.in_trigger) {
        out.steps.push_back(std::move(step));
        return;
    }
    std::string slots = "DECLARE\n";
    if (!step.slots.empty()) {
        std::vector<std::string> values;
        slots += "howdah_slots text[] := " + setting(slots_setting, "text[]") + ";\n";
        for (std::size_t i = 0; i < step.slots.size(); ++i) {
            const std::string type = lowering_.slot_type_name(step.slots[i]);
            const auto n = std::to_string(i + 1);
            values.push_back("($" + n + "::" + type + ")::text");
            slots += "\"$" + n + "\" " + type + " := howdah_slots[" + n + "]::" + type + ";\n";
        }
        Step parameters;
        parameters.sql =
            "SELECT set_config(" + quote_string(slots_setting) + ", ARRAY[" + join(values, ", ") + "]::text, true)";
        parameters.slots = std::move(step.slots);
        out.steps.push_back(std::move(parameters));
        step.slots.clear();
    }
    step.sql = slots_as_variables(step.sql).substr(std::string_view("DECLARE\n").size());
    step.sql = "DO " + dollar_quoted(slots + step.sql + ";\n");
    step.prepare = false;
    out.steps.push_back(std::move(step));
    add_result(out, write);
    if (keeps_earlier_rows) {
        Step failure;
        failure.role = Step::Role::failure;
        failure.sql = "SELECT f[1], f[2], f[3], f[4], f[5], f[6], f[7] FROM (SELECT "
                      "nullif(current_setting('howdah.failure'), '')::text[] AS f) AS s WHERE f IS NOT NULL";
        out.steps.push_back(std::move(failure));
        Step told; // triggers of other statements look at it
        told.sql = "SELECT set_config('howdah.failure', '', true)";
        out.steps.push_back(std::move(told));
    }
}

} // namespace howdah::dialect
