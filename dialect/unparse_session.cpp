// Statements about the connection as SQLite's SQL, and the entrance for every statement.
#include "dialect/unparser.hpp"

namespace howdah::dialect {

void Unparser::statement(const Statement& s)
{
    if (s.explain != Statement::Explain::no)
        raw(s.explain == Statement::Explain::explain ? "EXPLAIN " : "EXPLAIN QUERY PLAN ");
    std::visit([this](const auto& each) { node(each); }, s.node);
}

void Unparser::node(const Begin& s)
{
    raw(s.mode == Begin::Mode::immediate   ? "BEGIN IMMEDIATE"
        : s.mode == Begin::Mode::exclusive ? "BEGIN EXCLUSIVE"
                                           : "BEGIN");
}

void Unparser::node(const Commit&) { raw("COMMIT"); }

void Unparser::node(const Rollback& s)
{
    raw("ROLLBACK");
    if (s.savepoint.empty())
        return;
    raw(" TO ");
    name(s.savepoint);
}

void Unparser::node(const Savepoint& s)
{
    raw("SAVEPOINT ");
    name(s.name);
}

void Unparser::node(const Release& s)
{
    raw("RELEASE ");
    name(s.name);
}

void Unparser::node(const Pragma& s)
{
    raw("PRAGMA ");
    qualified(s.name);
    if (!s.has_value)
        return;
    raw(s.call_form ? "(" : " = ");
    const bool number = !s.value.empty() &&
                        s.value.find_first_not_of("0123456789", s.value[0] == '-' ? 1 : 0) == std::string::npos &&
                        s.value != "-";
    if (number)
        raw(s.value);
    else
        string(s.value);
    raw(s.call_form ? ")" : "");
}

void Unparser::node(const Attach& s)
{
    raw("ATTACH ");
    expr(*s.file);
    clause("AS", s.name);
    clause("KEY", s.key);
}

void Unparser::node(const Detach& s)
{
    raw("DETACH ");
    expr(*s.name);
}

void Unparser::node(const Vacuum& s)
{
    raw("VACUUM");
    if (!s.schema.empty()) {
        raw(" ");
        name(s.schema);
    }
    clause("INTO", s.into);
}

void Unparser::node(const Analyze& s)
{
    raw("ANALYZE");
    if (s.name.name.empty())
        return;
    raw(" ");
    qualified(s.name);
}

void Unparser::node(const Reindex& s)
{
    raw("REINDEX");
    if (s.name.name.empty())
        return;
    raw(" ");
    qualified(s.name);
}

} // namespace howdah::dialect
