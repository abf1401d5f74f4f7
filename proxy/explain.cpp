#include "proxy/explain.hpp"

#include "dialect/compile.hpp"
#include "proxy/session.hpp"

#include <algorithm>

namespace howdah::proxy {

namespace {

using namespace dialect;

const char* name_of(Compiled::Kind kind)
{
    switch (kind) {
    case Compiled::Kind::empty:
        return "empty";
    case Compiled::Kind::query:
        return "query";
    case Compiled::Kind::write:
        return "write";
    case Compiled::Kind::schema:
        return "schema change";
    case Compiled::Kind::local:
        return "answered by SQLite itself, without PostgreSQL";
    case Compiled::Kind::session:
        return "answered by the session, without PostgreSQL";
    case Compiled::Kind::promote:
        return "a column must be widened first";
    case Compiled::Kind::accepted:
        return "accepted";
    }
    return "";
}

std::string name_of(PgType type) { return std::string(pg_type_name(type)); }

const char* name_of(StorageClass c)
{
    constexpr const char* names[] = {"NULL", "INTEGER", "REAL", "TEXT", "BLOB"};
    return names[static_cast<std::size_t>(c)];
}

std::string text_of(const Value& value)
{
    if (const auto* integer = std::get_if<std::int64_t>(&value))
        return std::to_string(*integer);
    if (const auto* real = std::get_if<double>(&value))
        return std::to_string(*real);
    if (const auto* text = std::get_if<std::string>(&value))
        return "'" + *text + "'";
    if (const auto* blob = std::get_if<Blob>(&value))
        return "a BLOB of " + std::to_string(blob->bytes.size()) + " bytes";
    return "NULL";
}

void section(std::string& out, const char* title, std::string_view body)
{
    if (body.empty())
        return;
    out.append(title).append("\n");
    while (!body.empty()) {
        const auto end = std::min(body.find('\n'), body.size());
        out.append("    ").append(body.substr(0, end)).append("\n");
        body.remove_prefix(std::min(end + 1, body.size()));
    }
}

std::string describe_slot(const Slot& slot)
{
    if (slot.is_array())
        return "array of " + std::to_string(slot.elements.size()) + " values, sent as " +
               std::string(name_of(slot.type)) + "[]";
    std::string text = slot.parameter > 0         ? "parameter ?" + std::to_string(slot.parameter)
                       : !slot.expression.empty() ? "SQLite's value of " + slot.expression
                                                  : text_of(slot.literal);
    return text + ", sent as " + name_of(slot.type) + ", as long as it is " + name_of(slot.guard);
}

std::string describe_steps(const Compiled& compiled)
{
    std::string text;
    for (const auto& step : compiled.steps) {
        text += step.sql + "\n";
        for (std::size_t i = 0; i < step.slots.size(); ++i)
            text += "  $" + std::to_string(i + 1) + ": " +
                    describe_slot(compiled.slots[static_cast<std::size_t>(step.slots[i])]) + "\n";
        if (step.role == Step::Role::internal)
            text += "  (for howdah itself)\n";
    }
    return text;
}

std::string describe_columns(const Compiled& compiled)
{
    std::string text;
    for (const auto& column : compiled.columns)
        text += column.name + (column.decltype_ ? " (" + *column.decltype_ + ")" : "") + ", arrives as " +
                name_of(column.type) + "\n";
    return text;
}

bool explain_one(std::string& out, std::string_view sql, const Catalog& catalog, std::vector<Value> parameters)
{
    parameters.resize(static_cast<std::size_t>(catalog.mirror().prepare(sql).parameter_count), std::int64_t{1});
    const Explanation e = dialect::explain(CompileRequest{sql, catalog, parameters, {}, {}});
    section(out, "statement", sql);
    section(out, "tokens", e.tokens);
    section(out, "tree", e.tree);
    section(out, "resolved", e.resolved);
    std::string rules;
    for (const auto& rule : e.rules)
        rules += rule + "\n";
    section(out, "rules that fired", rules);
    if (e.error) {
        section(out, e.error->refused ? "refused" : "error", e.error->message);
        return false;
    }
    if (e.compiled) {
        section(out, "kind", name_of(e.compiled->kind));
        if (e.compiled->promotion)
            section(out, "promotion",
                    e.compiled->promotion->table + "." + e.compiled->promotion->column + " to " +
                        name_of(e.compiled->promotion->to));
        section(out, "PostgreSQL", describe_steps(*e.compiled));
        section(out, "columns", describe_columns(*e.compiled));
    }
    return true;
}

} // namespace

ExplainText explain(std::string_view sql, std::string_view schema, const std::vector<std::string>& parameters)
{
    ExplainText result;
    try {
        Mirror mirror;
        while (!is_blank(schema)) {
            const std::size_t length = first_statement(schema);
            mirror.execute(schema.substr(0, length));
            schema.remove_prefix(length);
        }
        const auto catalog = Catalog::make(mirror.schema(), {{"main", "main"}}, 1);
        std::vector<Value> values;
        for (const auto& literal : parameters)
            values.push_back(catalog->mirror().evaluate(literal, {}, {}));
        do {
            const std::size_t length = first_statement(sql);
            result.ok = explain_one(result.text, sql.substr(0, length), *catalog, values) && result.ok;
            sql.remove_prefix(length);
        } while (!is_blank(sql));
    } catch (const Error& error) {
        section(result.text, "error", error.message);
        result.ok = false;
    }
    return result;
}

} // namespace howdah::proxy
