// The indexes of a table: SQLite's own list, completed from the texts with what its pragmas do not tell.
#include "dialect/catalog_table.hpp"
#include "dialect/mirror.hpp"

#include <algorithm>
#include <charconv>

namespace howdah::dialect {

namespace {

Collation collation_named(std::string_view name)
{
    return equal_names(name, "nocase")  ? Collation::nocase
           : equal_names(name, "rtrim") ? Collation::rtrim
                                        : Collation::binary;
}

// The n of sqlite_autoindex_T_n, in the order of the constraints; others come after them, as they were created.
constexpr std::size_t not_automatic = 1'000'000;
std::size_t place_of(const Index& index, const std::vector<IndexText>& creates)
{
    const std::string name = fold(index.name);
    for (std::size_t i = 0; i < creates.size(); ++i)
        if (creates[i].name == name)
            return not_automatic + i;
    std::size_t n = 0;
    const std::size_t digits = name.rfind('_') + 1;
    std::from_chars(name.data() + digits, name.data() + name.size(), n);
    return n;
}

void complete_from_text(Index& index, const CreateIndex& create)
{
    index.where = create.where.get();
    for (std::size_t i = 0; i < index.columns.size() && i < create.columns.size(); ++i) {
        if (index.columns[i].column != -2)
            continue;
        const Expr* expr = create.columns[i].expr.get();
        if (const auto* collate = as<Collate>(bare(*expr)))
            expr = collate->operand.get();
        index.columns[i].expr = expr;
    }
}

struct KeyColumn {
    int column;
    Collation collation;
};

// Constraints over the same columns under the same collations share one index; a conflict clause on any of them is the
// index's.
void note_conflict(Table& table, const Constraint& constraint, const std::vector<KeyColumn>& columns)
{
    const ConflictAction conflict = constraint.conflict;
    if (conflict == ConflictAction::unspecified)
        return;
    for (Index& index : table.indexes) {
        // WITHOUT ROWID's key of one INTEGER forgets its COLLATE.
        const bool any_collation =
            constraint.kind == Constraint::Kind::primary_key && index.origin == Index::Origin::primary_key;
        const bool same = index.origin != Index::Origin::create_index &&
                          std::equal(index.columns.begin(), index.columns.end(), columns.begin(), columns.end(),
                                     [&](const IndexColumn& a, const KeyColumn& b) {
                                         return a.column == b.column && (any_collation || a.collation == b.collation);
                                     });
        if (same)
            index.conflict = conflict;
    }
}

void read_conflicts(Table& table, const CreateTable& create)
{
    // That of an INTEGER PRIMARY KEY is the rowid's.
    const auto is_key = [&](const Constraint& c) {
        return c.kind == Constraint::Kind::unique || (c.kind == Constraint::Kind::primary_key && table.rowid_alias < 0);
    };
    for (std::size_t i = 0; i < create.columns.size(); ++i)
        for (const Constraint& constraint : create.columns[i].constraints)
            if (is_key(constraint))
                note_conflict(table, constraint, {{static_cast<int>(i), table.columns[i].collation}});
    for (const Constraint& constraint : create.constraints) {
        if (!is_key(constraint))
            continue;
        std::vector<KeyColumn> columns;
        for (const IndexedColumn& term : constraint.columns) {
            const int column = table.find_column(column_of_key(*term.expr));
            const auto* collate = as<Collate>(bare(*term.expr));
            const Collation own =
                column < 0 ? Collation::binary : table.columns[static_cast<std::size_t>(column)].collation;
            columns.push_back({column, collate ? collation_named(collate->collation.text) : own});
        }
        note_conflict(table, constraint, columns);
    }
}

} // namespace

void read_indexes(Table& table, const CreateTable* create, const std::vector<IndexText>& creates, const Mirror& mirror)
{
    const Value parameters[] = {table.name, table.schema};
    mirror.query(
        "SELECT l.name, l.\"unique\", l.origin, x.cid, x.\"desc\", x.coll FROM pragma_index_list(?1, ?2) AS l, "
        "pragma_index_xinfo(l.name, ?2) AS x WHERE x.key ORDER BY l.seq, x.seqno",
        parameters, {}, [&](std::span<const ValueView> row) {
            if (table.indexes.empty() || table.indexes.back().name != row[0].bytes) {
                Index& index = table.indexes.emplace_back();
                index.name = row[0].bytes;
                index.pg = pg_identifier(table.pg_prefix + index.name);
                index.table = table.name;
                index.unique = row[1].integer != 0;
                index.origin = row[2].bytes == "c"   ? Index::Origin::create_index
                               : row[2].bytes == "u" ? Index::Origin::unique_constraint
                                                     : Index::Origin::primary_key;
            }
            table.indexes.back().columns.push_back(
                {static_cast<int>(row[3].integer), nullptr, collation_named(row[5].bytes), row[4].integer != 0});
        });
    std::stable_sort(table.indexes.begin(), table.indexes.end(),
                     [&](const Index& a, const Index& b) { return place_of(a, creates) < place_of(b, creates); });
    for (Index& index : table.indexes)
        for (const IndexText& text : creates)
            if (text.name == fold(index.name))
                complete_from_text(index, *text.create);
    if (create)
        read_conflicts(table, *create);
}

} // namespace howdah::dialect
