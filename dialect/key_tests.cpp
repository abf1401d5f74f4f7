// See key_tests.hpp.
#include "dialect/key_tests.hpp"

#include "dialect/foreign_keys.hpp"
#include "dialect/write_effects.hpp"

#include <algorithm>

namespace howdah::dialect {

namespace {

bool overwrites(ConflictAction action) { return action == ConflictAction::replace; }

bool may_replace(const Table& table)
{
    return overwrites(table.primary_key_conflict) ||
           std::any_of(table.indexes.begin(), table.indexes.end(),
                       [](const Index& index) { return overwrites(index.conflict); });
}

// What a statement does to rows of one table. `columns`: those that it changes, null: any.
struct Change {
    const Table* table = nullptr;
    bool inserts = false, deletes = false;
    bool updates = false;
    const std::vector<int>* columns = nullptr;

    std::vector<TriggerEvent> events() const
    {
        std::vector<TriggerEvent> list;
        if (inserts)
            list.push_back(TriggerEvent::insert);
        if (updates)
            list.push_back(TriggerEvent::update);
        if (deletes)
            list.push_back(TriggerEvent::delete_);
        return list;
    }
    bool changes(int column) const
    {
        return !columns || std::any_of(columns->begin(), columns->end(), [&](int c) {
            // A row that moves is tested, too.
            return c == column || c < 0 || c == table->rowid_alias ||
                   (table->without_rowid && table->columns[static_cast<std::size_t>(c)].primary_key > 0);
        });
    }
};

class Finder {
public:
    explicit Finder(const Catalog& catalog) : catalog_(catalog) {}

    MetKeys operator()(const Insert& insert)
    {
        Change change;
        change.table = insert.target->table;
        change.inserts = true;
        const bool replaces =
            insert.replace_keyword || overwrites(insert.conflict) || (change.table && may_replace(*change.table));
        change.updates = std::any_of(insert.upserts.begin(), insert.upserts.end(),
                                     [](const UpsertClause& clause) { return clause.do_update; });
        change.deletes = replaces;
        return of(change);
    }
    MetKeys operator()(const Update& update)
    {
        Change change;
        change.table = update.table.source->table;
        change.updates = true;
        change.deletes = overwrites(update.conflict) || (change.table && may_replace(*change.table));
        std::vector<int> columns;
        for (const SetClause& set : update.set)
            columns.insert(columns.end(), set.indexes.begin(), set.indexes.end());
        // Generated columns may change with others.
        const bool computes =
            change.table && std::any_of(change.table->columns.begin(), change.table->columns.end(),
                                        [](const Column& c) { return c.generated != Column::Generated::no; });
        if (!change.deletes && !computes)
            change.columns = &columns;
        return of(change);
    }
    MetKeys operator()(const Delete& del)
    {
        Change change;
        change.table = del.table.source->table;
        change.deletes = true;
        return of(change);
    }
    template <typename Other>
    MetKeys operator()(const Other&)
    {
        return {};
    }

private:
    MetKeys of(const Change& change)
    {
        if (!change.table)
            return {KeyTests::at_commit, false};
        add(change);
        const Effects effects = effects_of(*change.table, change.events(), change.columns, catalog_, true);
        for (const auto* tables : {&effects.before, &effects.after})
            for (const Table* const table : *tables)
                add({table, true, true, true, nullptr});
        return met_;
    }

    void add(const Change& change)
    {
        const Table& table = *change.table;
        for (const ForeignKey& key : table.foreign_keys)
            if (change.inserts || (change.updates && std::any_of(key.columns.begin(), key.columns.end(),
                                                                 [&](int column) { return change.changes(column); })))
                add(key);
        for (const Table* const child : catalog_.children_of(table))
            for (const ForeignKey& key : child->foreign_keys)
                if (equal_names(key.parent, table.name) &&
                    (change.deletes || (change.updates && changes_parent(change, key)))) {
                    add(key);
                    met_.from_parents = true;
                }
    }

    static bool changes_parent(const Change& change, const ForeignKey& key)
    {
        const Table& parent = *change.table;
        if (key.parent_columns.empty()) {
            for (std::size_t i = 0; i < parent.columns.size(); ++i)
                if (parent.columns[i].primary_key > 0 && change.changes(static_cast<int>(i)))
                    return true;
            return false;
        }
        return std::any_of(key.parent_columns.begin(), key.parent_columns.end(),
                           [&](const std::string& name) { return change.changes(parent.find_column(name)); });
    }

    void add(const ForeignKey& key)
    {
        met_.tests = std::max(met_.tests, key.deferred ? KeyTests::at_commit : KeyTests::at_statement);
    }

    const Catalog& catalog_;
    MetKeys met_;
};

} // namespace

MetKeys met_keys(const StatementNode& statement, const Catalog& catalog)
{
    return std::visit(Finder(catalog), statement);
}

std::vector<std::string> keys_tested_at_end(const Table& table, const Catalog& catalog)
{
    const std::vector<TriggerEvent> events{TriggerEvent::insert, TriggerEvent::update, TriggerEvent::delete_};
    std::vector<std::string> names;
    for (const Table* written : tables_written(table, effects_of(table, events, nullptr, catalog, true)))
        for (std::string& name : immediate_foreign_keys(catalog, *written))
            if (std::find(names.begin(), names.end(), name) == names.end())
                names.push_back(std::move(name));
    return names;
}

} // namespace howdah::dialect
