// A column gets a wider PostgreSQL type, because a value came that its own cannot hold (catalogue D3), or its indexes
// another form, because one came that they cannot hold (long_keys.hpp).
//
// PostgreSQL refuses to change the type of a column that triggers, generated columns or views mention, and what is
// compiled against a column's type changes with it: so all of that goes first and is made again from the new catalog.
#include "dialect/catalog.hpp"
#include "dialect/column_storage.hpp"
#include "dialect/compile.hpp"
#include "dialect/foreign_keys.hpp"
#include "dialect/lower_create_index.hpp"
#include "dialect/lower_create_table.hpp"
#include "dialect/lower_schema.hpp"
#include "dialect/printer.hpp"
#include "dialect/schema_names.hpp"
#include "dialect/schema_objects.hpp"
#include "dialect/table_expression.hpp"

#include <algorithm>

namespace howdah::dialect {

namespace {

// Generated columns that depend on each other settle in as many rounds as they are deep.
constexpr int most_rounds = 8;

bool is_generated(const Table& table, int column)
{
    return column >= 0 && table.columns[static_cast<std::size_t>(column)].generated != Column::Generated::no;
}

class Promoter {
public:
    Promoter(const Catalog& from, const Promotion& promotion, const Options& options) : from_(from), options_(options)
    {
        const Table* was = from.find_table(promotion.schema, promotion.table);
        column_ = was ? was->find_column(promotion.column) : -1;
        if (column_ < 0)
            throw Error("no such column: " + promotion.table + "." + promotion.column);
        was_ = was;
        const Column& column = was->columns[static_cast<std::size_t>(column_)];
        to_ = {wider(column.storage, promotion.to), column.long_keys || promotion.long_keys};
    }

    PromotionPlan plan()
    {
        PromotionPlan out;
        const bool needed = to_ != ColumnStorage(was_->columns[static_cast<std::size_t>(column_)]);
        make_next(needed);
        out.next = next_;
        if (needed)
            emit();
        for (std::string& sql : statements_)
            out.steps.push_back(schema_step(std::move(sql)));
        return out;
    }

private:
    void make_next(bool needed)
    {
        std::vector<SchemaRow> rows = from_.rows();
        const bool kept = needed && was_->schema == "main" && !was_->is_private();
        const auto row = std::find_if(rows.begin(), rows.end(), [&](const SchemaRow& r) {
            return r.type == "table" && r.schema == was_->schema && equal_names(r.name, was_->name);
        });
        std::vector<ColumnStorage> columns(was_->columns.begin(), was_->columns.end());
        columns[static_cast<std::size_t>(column_)] = to_;
        for (int round = 0; round < most_rounds; ++round) {
            row->storage = storage_text(columns);
            next_ = Catalog::make(rows, from_.placements(), from_.version() + (kept ? 1 : 0));
            is_ = next_->find_table(was_->schema, was_->name);
            bool settled = true;
            for (std::size_t i = 0; i < columns.size(); ++i)
                if (is_generated(*is_, static_cast<int>(i))) {
                    const PgType type = settled_storage(*next_, *is_, static_cast<int>(i));
                    settled = settled && type == columns[i].type;
                    columns[i].type = type;
                }
            if (settled)
                break;
        }
    }

    void add(std::string sql) { statements_.push_back(std::move(sql)); }
    void add(const std::vector<std::string>& list) { statements_.insert(statements_.end(), list.begin(), list.end()); }

    bool changes_type() const { return to_.type != was_->columns[static_cast<std::size_t>(column_)].storage; }

    // Every view with triggers may read the column; their number is small.
    std::vector<const Table*> remade() const
    {
        if (!changes_type())
            return {};
        std::vector<const Table*> tables{was_};
        for (const SchemaRow& row : from_.rows())
            if (row.type == "view")
                if (const Table* view = from_.find_table(row.schema, row.name); view && !view->triggers.empty())
                    tables.push_back(view);
        return tables;
    }

    void emit()
    {
        if (!was_->is_private())
            add(begin_changes(from_, {was_->schema}));
        const ObjectChanges objects =
            object_changes(schema_objects(from_, options_), schema_objects(*next_, options_), remade());
        add(objects.drop_triggers);
        if (options_.foreign_keys && !objects.drop_foreign_keys.empty())
            add(settle_keys_sql(from_));
        add(objects.drop_foreign_keys);
        const std::vector<bool> dropped = drop_indexes();
        if (changes_type())
            alter_table();
        create_indexes(dropped);
        add(objects.create);
        add(schema_row_changes(from_, *next_, true));
    }

    bool mentions_column(const Index& index) const
    {
        const bool by_type = changes_type();
        return (by_type && index.where) ||
               std::any_of(index.columns.begin(), index.columns.end(), [&](const IndexColumn& c) {
                   return c.column == column_ || (by_type && (c.expr || is_generated(*was_, c.column)));
               });
    }

    // All unique indexes go when one goes: they are tested in the order they are made.
    std::vector<bool> drop_indexes()
    {
        const bool unique = std::any_of(was_->indexes.begin(), was_->indexes.end(),
                                        [&](const Index& i) { return i.unique && mentions_column(i); });
        std::vector<bool> dropped;
        for (const Index& index : was_->indexes) {
            dropped.push_back(mentions_column(index) || (unique && index.unique));
            if (dropped.back())
                add(drop_index_sql(*was_, index));
        }
        return dropped;
    }

    void create_indexes(const std::vector<bool>& dropped)
    {
        const auto was_dropped = [&](const Index& index) {
            return dropped[static_cast<std::size_t>(&index - is_->indexes.data())];
        };
        for (const Index* index : unique_indexes_in_order(*is_))
            if (was_dropped(*index))
                add(create_index_statements(*next_, *is_, *index));
        for (const Index& index : is_->indexes)
            if (!index.unique && was_dropped(index))
                add(create_index_statements(*next_, *is_, index));
    }

    void alter_table()
    {
        std::vector<std::string> before, after;
        for (std::size_t n = 1; n <= was_->checks.size(); ++n) {
            before.push_back("DROP CONSTRAINT " + quote_identifier(check_constraint_name(n)));
            after.push_back("ADD " + check_sql(*next_, *is_, n));
        }
        std::vector<std::string> generated;
        for (int i = 0; i < static_cast<int>(was_->columns.size()); ++i)
            if (is_generated(*was_, i)) {
                before.push_back("DROP COLUMN " + quote_identifier(was_->columns[static_cast<std::size_t>(i)].pg));
                generated.push_back("ADD COLUMN " + column_sql(*next_, *is_, i));
            }
        const std::string name = "ALTER COLUMN " + quote_identifier(is_->columns[static_cast<std::size_t>(column_)].pg);
        if (!is_generated(*was_, column_)) {
            const std::string value = default_sql(*next_, *is_, column_);
            std::vector<std::string> change{name + " DROP DEFAULT",
                                            name + " TYPE " + std::string(pg_type_name(to_.type)) + " USING " +
                                                widen(table_column(*was_, column_), to_.type).text};
            if (!value.empty())
                change.push_back(name + " SET DEFAULT " + value);
            before.insert(before.end(), change.begin(), change.end());
        }
        const std::string table = "ALTER TABLE " + pg_name(*was_) + " ";
        add(table + join(before, ", "));
        generated.insert(generated.end(), after.begin(), after.end());
        if (!generated.empty())
            add(table + join(generated, ", "));
    }

    const Catalog& from_;
    const Options& options_;
    const Table* was_ = nullptr;
    int column_ = -1;
    ColumnStorage to_{PgType::v};
    std::shared_ptr<const Catalog> next_;
    const Table* is_ = nullptr;
    std::vector<std::string> statements_;
};

} // namespace

PromotionPlan plan_promotion(const Catalog& catalog, const Promotion& promotion, const Options& options)
{
    return Promoter(catalog, promotion, options).plan();
}

} // namespace howdah::dialect
