// What is asked of a full-text table, as PostgreSQL text: MATCH, rank, the auxiliary functions, the commands that are
// written as INSERTs (catalogue 16).
#pragma once

#include "dialect/lower.hpp"

namespace howdah::dialect {

// The full-text source whose column (the table's own included) `expr` is; null for anything else.
const Source* full_text_source(const Expr& expr);

// The condition `source.column MATCH pattern`: what the index finds, and where that may be too much, the whole query.
Fragment full_text_condition(const Source& source, int column, const Expr& pattern, Lowering& lowering);

// The hidden columns. rank is what bm25() gives in a query with MATCH, and NULL in any other; docid is the rowid.
Fragment full_text_column(const Source& source, int column, Lowering& lowering);

// bm25(), highlight() and snippet() of a row of `source`; of fts4 and fts3 snippet(), offsets() and matchinfo().
Fragment full_text_auxiliary(const Call& call, const Source& source, Lowering& lowering);

// A full-text table in a FROM clause, with its alias.
std::string full_text_table(const Source& source, Lowering& lowering);

// INSERT INTO t(t) VALUES('command'): true when the statement is such a one and has been lowered.
bool lower_full_text_command(const Insert& insert, Lowering& lowering, Compiled& out);
// DELETE of the rows of an fts4 table with external content for which `where` holds; outside of a trigger what follows
// WITH, with a row for each.
std::string external_rows_deleted(const Source& source, const std::string& where, Lowering& lowering);
// Refuses what cannot be written to a full-text table, and takes SQLite's conflict clauses for what they are there.
void check_full_text_insert(const Insert& insert);
void check_full_text_update(const Update& update);
void check_full_text_delete(const Delete& del);

} // namespace howdah::dialect
