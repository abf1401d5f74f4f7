// INSERT, UPDATE and DELETE as SQLite's SQL.
#include "dialect/unparser.hpp"

namespace howdah::dialect {

void Unparser::conflict(std::string_view keyword, ConflictAction action)
{
    static constexpr std::string_view actions[] = {"", "ROLLBACK", "ABORT", "FAIL", "IGNORE", "REPLACE"};
    if (action == ConflictAction::unspecified)
        return;
    word(keyword);
    word(actions[static_cast<std::size_t>(action)]);
}

void Unparser::node(const Insert& s)
{
    with(s.with);
    raw(s.replace_keyword ? "REPLACE" : "INSERT");
    conflict("OR", s.replace_keyword ? ConflictAction::unspecified : s.conflict);
    raw(" INTO ");
    qualified(s.table);
    if (!s.alias.empty()) {
        raw(" AS ");
        name(s.alias);
    }
    names(s.columns);
    raw(" ");
    if (s.source)
        select(*s.source);
    else
        raw("DEFAULT VALUES");
    // A SELECT that ends in FROM would take ON CONFLICT for its join's ON.
    if (!s.upserts.empty() && s.source) {
        const SelectCore& last = s.source->cores.back();
        if (last.from && !last.where && last.group_by.empty() && !last.having && last.windows.empty() &&
            s.source->order_by.empty() && !s.source->limit)
            raw(" WHERE TRUE");
    }
    for (const UpsertClause& u : s.upserts)
        upsert(u);
    returning(s.returning);
}

void Unparser::upsert(const UpsertClause& u)
{
    raw(" ON CONFLICT");
    if (!u.target.empty()) {
        raw("(");
        list(u.target, [this](const UpsertClause::Target& target) {
            expr(*target.expr);
            direction(target.direction);
        });
        raw(")");
        clause("WHERE", u.target_where);
    }
    if (!u.do_update)
        return raw(" DO NOTHING");
    raw(" DO UPDATE");
    set(u.set);
    clause("WHERE", u.where);
}

void Unparser::set(const std::vector<SetClause>& clauses)
{
    raw(" SET ");
    list(clauses, [this](const SetClause& s) {
        if (s.columns.size() == 1)
            name(s.columns.front());
        else
            names(s.columns);
        raw(" = ");
        expr(*s.value);
    });
}

void Unparser::returning(const std::vector<ResultColumn>& items)
{
    if (items.empty())
        return;
    raw(" RETURNING ");
    columns(items);
}

void Unparser::node(const Update& s)
{
    with(s.with);
    raw("UPDATE");
    conflict("OR", s.conflict);
    raw(" ");
    table(s.table);
    set(s.set);
    if (s.from) {
        raw(" FROM ");
        from(*s.from);
    }
    clause("WHERE", s.where);
    returning(s.returning);
    order_and_limit(s.order_by, s.limit, s.offset);
}

void Unparser::node(const Delete& s)
{
    with(s.with);
    raw("DELETE FROM ");
    table(s.table);
    clause("WHERE", s.where);
    returning(s.returning);
    order_and_limit(s.order_by, s.limit, s.offset);
}

} // namespace howdah::dialect
