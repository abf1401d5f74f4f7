// The words of SQLite's language. A token is a kind and a piece of the text; nothing is copied.
#pragma once

#include "dialect/span.hpp"

#include <cstdint>
#include <string>
#include <string_view>

namespace howdah::dialect {

// clang-format off
enum class TokenKind : std::uint8_t {
    end_of_input,
    illegal, // what SQLite calls an unrecognized token
    semi, left_paren, right_paren, comma, dot,
    plus, minus, star, slash, rem, concat, pointer, // pointer: -> and ->>
    equal, not_equal, less, less_equal, greater, greater_equal,
    bit_and, bit_or, bit_not, shift_left, shift_right,
    id, string, integer, floating, blob, variable,
    // Keywords that are always what they are.
    add, all, alter, and_, as, autoincr, between, case_, check, collate, commit, constraint, create, default_,
    deferrable, delete_, distinct, drop, else_, escape, except, exists, filter, foreign, from, group, having, in,
    index, indexed, insert, intersect, into, is, isnull, join, join_kw, limit, not_, nothing, notnull, null, on,
    or_, order, over, primary, references, returning, select, set, table, then, to, transaction, union_, unique,
    update, using_, values, when, where, window,
    // Keywords that are an identifier wherever the grammar has no other use for them (parse.y: %fallback ID).
    abort, action, after, always, analyze, asc, attach, before, begin, by, cascade, cast, column_kw, conflict,
    ctime_kw, current, database, deferred, desc, detach, do_, each, end, exclude, exclusive, explain, fail, first,
    following, for_, generated, groups, if_, ignore, immediate, initially, instead, key, last, like_kw, match,
    materialized, no, nulls, of, offset, others, partition, plan, pragma, preceding, query, raise, range,
    recursive, reindex, release, rename, replace, restrict, rollback, row, rows, savepoint, temp, ties, trigger,
    unbounded, vacuum, view, virtual_, with, without,
};
// clang-format on

constexpr bool falls_back_to_id(TokenKind kind) { return kind >= TokenKind::abort; }

struct Token {
    TokenKind kind = TokenKind::end_of_input;
    Span span;
};

// The keyword that `word` is, in any case; TokenKind::id when it is none.
TokenKind keyword(std::string_view word);

// The name of a kind, as `howdah explain` shows it.
std::string_view name_of(TokenKind kind);

// A name or a string without its quotes: 'it''s' gives it's. What is not quoted is returned as it is.
std::string unquoted(std::string_view token);

} // namespace howdah::dialect
