// What the files of lower_full_text share.
#pragma once

#include "dialect/full_text.hpp"
#include "dialect/lower_full_text.hpp"

#include <string>
#include <string_view>
#include <vector>

namespace howdah::dialect {

const FullText& text_of(const Source& source);
// "t"."~doc"
std::string doc(const Source& source);
std::string column_value(const Source& source, int column);
// The texts of a row, as the functions that show them take them.
std::string texts_of(const Source& source);
// '"main"."t"'::regclass
std::string regclass(const Table& table);
// The query of a row's MATCH as JSON; NULL where there is none.
std::string phrases_of(const Source& source, Lowering& lowering);
[[noreturn]] void wrong_count(std::string_view name);

// lower_full_text_content.cpp: external content.
struct ContentColumns {
    std::string rowid;
    std::vector<std::string> values; // of type howdah.v
};
const Table& content_of(const Table& table, const Catalog& catalog);
// Of the rows of `alias`.
ContentColumns content_columns(const Table& table, const Table& content, const std::string& alias);
std::string external_table(const Source& source, Lowering& lowering);

// lower_fts4.cpp: where fts4 and fts3 differ from fts5.
Fragment fts4_column(const Source& source, int column);
Fragment fts4_auxiliary(const Call& call, const Source& source, Lowering& lowering);
void check_fts4_insert(const Insert& insert, const FullText& text);
void check_fts4_update(const Update& update, const FullText& text);
void check_fts4_delete(const Source& source);

} // namespace howdah::dialect
