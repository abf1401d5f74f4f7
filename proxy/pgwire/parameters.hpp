// The client's parameters become SQLite's values: which placeholder takes which, and what its bytes mean.
#pragma once

#include "messages.hpp"

#include "proxy/exchange.hpp"

#include <optional>
#include <span>
#include <string>
#include <vector>

namespace howdah::proxy::pgwire {

// How the wire's parameters 1…n meet SQLite's 1…m.
//
// `$1` is PostgreSQL's placeholder and, as it happens, a parameter *name* of SQLite's, numbered by first appearance.
// Here it means PostgreSQL's: `$k` takes the k-th parameter. So does `$k::type`, which SQLite reads as one long name;
// the type then stands in where the client declared none. Every other placeholder (?, ?7, :a, @a, $a) has SQLite's
// number. The two ways cannot be mixed in one statement.
struct Numbering {
    std::vector<int> wire_of;  // by SQLite's number from 1 (at [0]: the first): index of the wire's parameter
    std::vector<Oid> types;    // by the wire's number: as declared, else by `::type`, else text
    std::vector<bool> guessed; // text because nothing else was said
    int used = 0;              // parameters that the statement itself mentions
    std::optional<ClientError> error;
};

// `names` as in Description::parameter_names; `declared` as in Parse, 0 where unspecified.
Numbering number_parameters(std::span<const std::string> names, int count, std::span<const Oid> declared);

// The type that `name` names, in any case; 0 where it is not known here.
Oid type_named(std::string_view name);

// Declared types and those of `$1::type` alone cannot be known before SQLite was asked, so the first question is asked
// with what Parse declared: a value of the class that a parameter of this type will have. TEXT is '0',
// which is good where SQLite wants a number (LIMIT ?), JSON or one character (ESCAPE ?).
Value sample_of(Oid type);

// The value of one parameter. `number` is the wire's, for messages. BLOB only for bytea; numeric becomes INTEGER or
// REAL as SQLite reads the number; NaN is NULL; dates and times are TEXT in ISO form.
struct Converted {
    Value value;
    std::optional<ClientError> error;
};
Converted to_value(Oid type, bool binary, const std::optional<std::string_view>& bytes, int number);

} // namespace howdah::proxy::pgwire
