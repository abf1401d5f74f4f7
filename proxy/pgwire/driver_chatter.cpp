// See driver_chatter.hpp.
#include "driver_chatter.hpp"

#include "chatter_tokens.hpp"
#include "wire_error.hpp"

#include <algorithm>
#include <array>

namespace howdah::proxy::pgwire::chatter {

namespace {

Chatter refuse(std::string message, std::string hint = {})
{
    return Refuse{wire_error("0A000", "howdah: " + std::move(message), std::move(hint))};
}

// ---------------------------------------------------------------------------------------------- transactions

struct Modes {
    bool any = false, valid = true;
    std::optional<bool> read_only;
};

// transaction_mode ::= ISOLATION LEVEL level | READ WRITE | READ ONLY | [NOT] DEFERRABLE, with or without commas
Modes transaction_modes(Tokens& t)
{
    Modes modes;
    while (!t.at_end() && !t.peek().is(";")) {
        if (modes.any)
            t.accept(",");
        if (t.accept("isolation")) {
            const bool level = t.accept("level");
            const bool known = t.accept("serializable") || (t.accept("repeatable") && t.accept("read")) ||
                               (t.accept("read") && t.accept_any({"committed", "uncommitted"}));
            modes.valid = modes.valid && level && known;
        } else if (t.accept("read")) {
            modes.read_only = t.accept("only");
            modes.valid = modes.valid && (*modes.read_only || t.accept("write"));
        } else if (t.accept("not")) {
            modes.valid = modes.valid && t.accept("deferrable");
        } else if (!t.accept("deferrable")) {
            modes.valid = false;
        }
        modes.any = true;
        if (!modes.valid)
            return modes;
    }
    return modes;
}

// SQLite has BEGIN [DEFERRED | IMMEDIATE | EXCLUSIVE] [TRANSACTION]. Every level of isolation is served by its one,
// serializable.
std::optional<Chatter> begin(Tokens& t, bool start)
{
    if (start && !t.accept("transaction"))
        return std::nullopt;
    const bool work = !start && t.accept("work");
    if (!work && !start)
        t.accept("transaction");
    const Modes modes = transaction_modes(t);
    if (!modes.valid || !t.finished() || !(work || start || modes.any))
        return std::nullopt;
    return Rewrite{"BEGIN", modes.read_only};
}

// COMMIT WORK, END WORK, ROLLBACK WORK, ABORT [WORK | TRANSACTION], … [AND NO CHAIN]
std::optional<Chatter> finish(Tokens& t, const std::string& verb)
{
    bool ours = verb == "abort";
    if (t.accept("work"))
        ours = true;
    else
        t.accept("transaction");
    if (t.accept("and")) {
        if (!t.accept("no") || !t.accept("chain"))
            return refuse("AND CHAIN has no counterpart in SQLite", "Send COMMIT and BEGIN.");
        ours = true;
    }
    if (verb == "rollback" && t.accept("to")) { // ROLLBACK WORK TO SAVEPOINT a
        t.accept("savepoint");
        const Token name = t.next();
        if (!ours || (name.kind != Token::Kind::word && name.kind != Token::Kind::quoted) || !t.finished())
            return std::nullopt;
        std::string quoted = "\"";
        for (const char c : name.text)
            quoted += c == '"' ? std::string("\"\"") : std::string(1, c);
        return Rewrite{"ROLLBACK TO " + quoted + "\"", std::nullopt};
    }
    if (!ours || !t.finished())
        return std::nullopt;
    return Rewrite{verb == "commit" || verb == "end" ? "COMMIT" : "ROLLBACK", std::nullopt};
}

// --------------------------------------------------------------------------------------------------- SET, SHOW

// name ::= word [. word]
std::string parameter_name(Tokens& t)
{
    std::string name = t.next().text;
    while (t.accept("."))
        name += "." + t.next().text;
    return name;
}

// value ::= item [, item]*; item ::= word | "name" | 'string' | [-|+] number. Nullopt: none of these.
std::optional<std::string> parameter_value(Tokens& t, bool quote_names)
{
    std::string value;
    do {
        std::string item;
        if (t.accept("-"))
            item = "-";
        else
            t.accept("+");
        const Token token = t.next();
        if (token.kind == Token::Kind::end || token.kind == Token::Kind::symbol)
            return std::nullopt;
        const bool quote = quote_names && (token.kind == Token::Kind::quoted || token.text.empty() ||
                                           token.text.find_first_of("$, ") != std::string::npos);
        item += quote ? "\"" + token.text + "\"" : token.text;
        value += (value.empty() ? "" : ", ") + item;
    } while (t.accept(","));
    return value;
}

std::optional<Chatter> set_transaction(Tokens& t, bool session)
{
    const Modes modes = transaction_modes(t);
    if (!modes.any || !modes.valid || !t.finished())
        return std::nullopt;
    return SetTransaction{modes.read_only, session};
}

std::optional<Chatter> assignment(Tokens& t, std::string name, bool local)
{
    if (t.accept("default"))
        return t.finished() ? std::optional<Chatter>(Assign{std::move(name), std::nullopt, local, "SET"})
                            : std::nullopt;
    auto value = parameter_value(t, name == "search_path");
    if (!value || !t.finished())
        return std::nullopt;
    return Assign{std::move(name), std::move(value), local, "SET"};
}

std::optional<Chatter> set(Tokens& t)
{
    const bool session = t.accept("session"), local = !session && t.accept("local");
    if (session && t.accept("characteristics"))
        return t.accept("as") && t.accept("transaction") ? set_transaction(t, true) : std::nullopt;
    if (t.accept("transaction"))
        return set_transaction(t, false);
    if (t.accept("time"))
        return t.accept("zone") ? assignment(t, "timezone", local) : std::nullopt;
    if (t.accept("names"))
        return t.finished() ? Assign{"client_encoding", std::nullopt, local, "SET"}
                            : assignment(t, "client_encoding", local);
    if (t.accept("schema"))
        return assignment(t, "search_path", local);
    if (t.accept("role"))
        return assignment(t, "role", local);
    if (t.accept("authorization") && session)
        return assignment(t, "session_authorization", local);
    if (t.accept("constraints"))
        return refuse("SET CONSTRAINTS is PRAGMA defer_foreign_keys in SQLite");
    std::string name = parameter_name(t);
    if (!t.accept("=") && !t.accept("to"))
        return std::nullopt;
    return assignment(t, std::move(name), local);
}

std::optional<Chatter> reset(Tokens& t)
{
    if (t.accept("all"))
        return t.finished() ? std::optional<Chatter>(ResetAll{}) : std::nullopt;
    std::string name;
    if (t.accept("session")) {
        if (!t.accept("authorization"))
            return std::nullopt;
        name = "session_authorization";
    } else if (t.accept("time")) {
        if (!t.accept("zone"))
            return std::nullopt;
        name = "timezone";
    } else {
        name = parameter_name(t);
    }
    if (name.empty() || !t.finished())
        return std::nullopt;
    return Assign{name, std::nullopt, false, "RESET"};
}

std::optional<Chatter> show(Tokens& t)
{
    std::string name;
    if (t.accept("transaction")) {
        if (!t.accept("isolation") || !t.accept("level"))
            return std::nullopt;
        name = "transaction_isolation";
    } else if (t.accept("time")) {
        if (!t.accept("zone"))
            return std::nullopt;
        name = "timezone";
    } else if (t.accept("session")) {
        if (!t.accept("authorization"))
            return std::nullopt;
        name = "session_authorization";
    } else {
        name = parameter_name(t);
    }
    return !name.empty() && t.finished() ? std::optional<Chatter>(Show{name}) : std::nullopt;
}

// -------------------------------------------------------------------------------------------------- the others

std::optional<Chatter> deallocate(Tokens& t)
{
    t.accept("prepare");
    Deallocate d;
    d.all = t.accept("all");
    if (!d.all)
        d.name = t.next().text;
    return t.finished() ? std::optional<Chatter>(d) : std::nullopt;
}

std::optional<Chatter> discard(Tokens& t)
{
    if (t.accept("all"))
        return t.finished() ? std::optional<Chatter>(DiscardAll{}) : std::nullopt;
    if (t.accept("plans"))
        return t.finished() ? std::optional<Chatter>(Acknowledge{"DISCARD PLANS"}) : std::nullopt;
    if (t.accept("sequences"))
        return t.finished() ? std::optional<Chatter>(Acknowledge{"DISCARD SEQUENCES"}) : std::nullopt;
    return refuse("DISCARD TEMP is not known to SQLite", "DROP the temporary tables, or DISCARD ALL.");
}

std::optional<Chatter> star_only(Tokens& t, std::string_view argument, const char* tag, const char* refusal)
{
    if (t.accept(argument) && t.finished())
        return Acknowledge{tag};
    return refuse(refusal);
}

// ------------------------------------------------------------------------------------------------ SELECT version()

struct Function {
    std::string_view name;
    bool bare = false; // may stand without parentheses: CURRENT_USER
    bool called = true;
    std::size_t min_arguments = 0, max_arguments = 0;
    Oid type = oid::text;
};

constexpr std::array functions{
    Function{"current_catalog", true, false},
    Function{"current_database"},
    Function{"current_role", true, false},
    Function{"current_schema", true},
    Function{"current_setting", false, true, 1, 2},
    Function{"current_user", true, false},
    Function{"inet_client_addr"},
    Function{"inet_client_port", false, true, 0, 0, oid::int4},
    Function{"inet_server_addr"},
    Function{"inet_server_port", false, true, 0, 0, oid::int4},
    Function{"pg_advisory_unlock_all"},
    Function{"pg_backend_pid", false, true, 0, 0, oid::int4},
    Function{"pg_client_encoding"},
    Function{"pg_is_in_recovery", false, true, 0, 0, oid::boolean},
    Function{"pg_postmaster_start_time"},
    Function{"session_user", true, false},
    Function{"set_config", false, true, 3, 3},
    Function{"user", true, false},
    Function{"version"},
};

const Function* find_function(const Token& token)
{
    if (token.kind != Token::Kind::word)
        return nullptr;
    const auto* f =
        std::find_if(functions.begin(), functions.end(), [&](const auto& x) { return x.name == token.text; });
    return f == functions.end() ? nullptr : f;
}

bool is_literal(const Token& t)
{
    return t.kind == Token::Kind::string || t.kind == Token::Kind::number || t.is("true") || t.is("false");
}

bool call(Tokens& t, const Function& f, Constants::Item& item)
{
    item.function = f.name;
    item.column = f.name;
    item.type = f.type;
    if (!t.accept("("))
        return f.bare;
    if (!f.called)
        return false;
    while (!t.accept(")")) {
        if (!item.arguments.empty() && !t.accept(","))
            return false;
        if (!is_literal(t.peek()))
            return false;
        item.arguments.push_back(t.next().text);
        if (t.accept("::"))
            t.next();
    }
    return item.arguments.size() >= f.min_arguments && item.arguments.size() <= f.max_arguments;
}

Oid cast_type(const std::string& name, Oid otherwise)
{
    if (name == "int" || name == "int4" || name == "integer")
        return oid::int4;
    if (name == "bigint" || name == "int8")
        return oid::int8;
    if (name == "text" || name == "varchar" || name == "name")
        return oid::text;
    return otherwise;
}

bool constant_item(Tokens& t, Constants::Item& item, bool& has_function)
{
    if (t.accept("pg_catalog") && !t.accept("."))
        return false;
    if (is_literal(t.peek())) {
        const Token literal = t.next();
        item.column = "?column?";
        item.type = literal.kind != Token::Kind::number                                 ? oid::text
                    : literal.text.find_first_not_of("0123456789") == std::string::npos ? oid::int8
                                                                                        : oid::numeric;
        item.arguments.push_back(literal.text);
    } else {
        const Function* f = find_function(t.peek());
        if (f == nullptr)
            return false;
        t.next();
        if (!call(t, *f, item))
            return false;
        has_function = true;
    }
    if (t.accept("::"))
        item.type = cast_type(t.next().text, item.type);
    const bool as = t.accept("as");
    const Token::Kind kind = t.peek().kind;
    const bool named = kind == Token::Kind::quoted || (kind == Token::Kind::word && (as || !t.peek().is("from")));
    if (as && !named)
        return false;
    if (named)
        item.column = t.next().text;
    return true;
}

std::optional<Chatter> select(Tokens& t)
{
    Constants constants;
    bool has_function = false;
    do {
        constants.items.emplace_back();
        if (!constant_item(t, constants.items.back(), has_function))
            return std::nullopt;
    } while (t.accept(","));
    if (!has_function || !t.finished())
        return std::nullopt;
    return constants;
}

// SELECT LASTVAL(), PDO's lastInsertId().
bool is_lastval(std::string_view sql)
{
    Tokens t(sql);
    return t.accept("select") && t.accept("lastval") && t.accept("(") && t.accept(")") && t.finished();
}

// ------------------------------------------------------------------------------------------------ refused by name

struct Unknown {
    std::string_view verb, what, hint;
};
constexpr std::array unknowns{
    Unknown{"copy", "COPY", "Use an INSERT of many rows, or INSERTs inside one transaction; and SELECT to read."},
    Unknown{"declare", "DECLARE CURSOR",
            "Run the SELECT itself: rows are streamed, and a driver's fetch size reads them in parts."},
    Unknown{"fetch", "FETCH", "Run the SELECT itself: rows are streamed."},
    Unknown{"move", "MOVE", "Run the SELECT itself: rows are streamed."},
    Unknown{"prepare", "PREPARE", "Use the driver's prepared statements; there is no two-phase COMMIT."},
    Unknown{"execute", "EXECUTE", "Use the driver's prepared statements."},
    Unknown{"listen", "LISTEN", "Ask again with a query."},
    Unknown{"notify", "NOTIFY", "Ask again with a query."},
    Unknown{"lock", "LOCK", "BEGIN IMMEDIATE keeps other writers out."},
    Unknown{"truncate", "TRUNCATE", "Use DELETE FROM without WHERE."},
    Unknown{"grant", "GRANT", "Who may connect is in howdah's configuration."},
    Unknown{"revoke", "REVOKE", "Who may connect is in howdah's configuration."},
};

std::optional<Chatter> refuse_unknown(std::string_view verb)
{
    const auto* found =
        std::find_if(unknowns.begin(), unknowns.end(), [&](const Unknown& u) { return u.verb == verb; });
    if (found == unknowns.end())
        return std::nullopt;
    return refuse("there is no " + std::string(found->what) + " in SQLite's dialect", std::string(found->hint));
}

// The first letters of what recognize() knows: a statement that starts with none of them costs nothing.
bool may_be_chatter(std::string_view sql)
{
    std::size_t i = 0;
    while (i < sql.size() && is_space(sql[i]))
        ++i;
    return i < sql.size() &&
           std::string_view("sSrRdDbBcCeEaAuUlLnNpPfFtTmMgG/-").find(sql[i]) != std::string_view::npos;
}

constexpr std::size_t longest_chatter = 2000;

} // namespace

std::optional<Chatter> recognize(std::string_view sql)
{
    if (sql.size() > longest_chatter || !may_be_chatter(sql))
        return std::nullopt;
    Tokens t(sql);
    if (t.peek().kind != Token::Kind::word)
        return std::nullopt;
    const std::string verb = t.next().text;
    std::optional<Chatter> found;
    if (verb == "select")
        found = is_lastval(sql) ? Rewrite{"SELECT last_insert_rowid() AS lastval", {}} : select(t);
    else if (verb == "begin" || verb == "start")
        found = begin(t, verb == "start");
    else if (verb == "commit" || verb == "end" || verb == "rollback" || verb == "abort")
        found = finish(t, verb);
    else if (verb == "set")
        found = set(t);
    else if (verb == "reset")
        found = reset(t);
    else if (verb == "show")
        found = show(t);
    else if (verb == "deallocate")
        found = deallocate(t);
    else if (verb == "discard")
        found = discard(t);
    else if (verb == "unlisten")
        found = star_only(t, "*", "UNLISTEN", "there is no LISTEN in SQLite's dialect, so nothing to UNLISTEN");
    else if (verb == "close")
        found = star_only(t, "all", "CLOSE CURSOR ALL", "there is no CLOSE in SQLite's dialect");
    else
        found = refuse_unknown(verb);
    if (found && sql.find("howdah:") != std::string_view::npos)
        return std::nullopt;
    return found;
}

} // namespace howdah::proxy::pgwire::chatter
