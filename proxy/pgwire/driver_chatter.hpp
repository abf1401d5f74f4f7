// What drivers say that is PostgreSQL's and not SQLite's: SET, SHOW, BEGIN ISOLATION LEVEL …, SELECT version().
//
// Unmodified drivers and tools send these unasked, so they must be answered sensibly. Only statements that SQLite would
// refuse (by syntax, or for functions it lacks) are recognised here; everything else is SQLite's business. A statement
// with a `howdah:` comment is not looked at.
#pragma once

#include "messages.hpp"

#include "proxy/exchange.hpp"

#include <optional>
#include <string>
#include <string_view>
#include <variant>
#include <vector>

namespace howdah::proxy::pgwire::chatter {

// SQLite has the same thing under another spelling. `read_only`: what BEGIN READ ONLY or READ WRITE says.
struct Rewrite {
    std::string sql;
    std::optional<bool> read_only;
};
// Nothing to be done: UNLISTEN *, DISCARD PLANS …
struct Acknowledge {
    std::string tag;
};
struct SetTransaction { // SET TRANSACTION, SET SESSION CHARACTERISTICS AS TRANSACTION
    std::optional<bool> read_only;
    bool session = false;
};
struct Assign { // SET name = value, RESET name
    std::string name;
    std::optional<std::string> value; // nullopt: DEFAULT
    bool local = false;
    std::string tag;
};
struct ResetAll {};
struct DiscardAll {};
struct Deallocate {
    std::string name;
    bool all = false;
};
struct Show {
    std::string name; // "all": every parameter
};
// SELECT with only these functions and literals, and no FROM: version(), current_schema(), current_setting('x'), …
struct Constants {
    struct Item {
        std::string column;
        Oid type = oid::text;
        std::string function; // empty: `arguments[0]` is the value
        std::vector<std::string> arguments;
    };
    std::vector<Item> items;
};
struct Refuse {
    ClientError error;
};

using Chatter = std::variant<Rewrite, Acknowledge, SetTransaction, Assign, ResetAll, DiscardAll, Deallocate, Show,
                             Constants, Refuse>;

// nullopt: not chatter. `sql` is one statement.
std::optional<Chatter> recognize(std::string_view sql);

} // namespace howdah::proxy::pgwire::chatter
