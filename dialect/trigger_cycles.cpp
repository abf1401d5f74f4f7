// See trigger_cycles.hpp.
#include "dialect/trigger_cycles.hpp"

#include <set>
#include <utility>
#include <vector>

namespace howdah::dialect {

namespace {

using Event = CreateTrigger::Event;
using Action = ForeignKeyClause::Action;

class Reach {
public:
    explicit Reach(const Catalog& catalog) : catalog_(catalog) {}

    void run(const Table& table, const Trigger& trigger)
    {
        for (const TriggerStatement& statement : trigger.definition->body)
            add(table, statement);
    }

    bool fired(const Trigger& trigger) const { return fired_.contains(&trigger); }

private:
    void add(const Table& home, const TriggerStatement& statement)
    {
        if (const auto* insert = std::get_if<Insert>(&statement)) {
            happens(home, insert->table.name.text, Event::insert);
            if (!insert->upserts.empty())
                happens(home, insert->table.name.text, Event::update);
            happens(home, insert->table.name.text, Event::delete_); // REPLACE, by clause or by constraint
        } else if (const auto* update = std::get_if<Update>(&statement)) {
            happens(home, update->table.table.name.text, Event::update);
            happens(home, update->table.table.name.text, Event::delete_);
        } else if (const auto* del = std::get_if<Delete>(&statement)) {
            happens(home, del->table.table.name.text, Event::delete_);
        }
    }

    void happens(const Table& home, const std::string& name, Event event)
    {
        const Table* table = catalog_.find_table(home.schema, name);
        if (!table || !seen_.insert({table, event}).second)
            return;
        for (const Trigger& trigger : table->triggers)
            if (trigger.definition->event == event && fired_.insert(&trigger).second)
                run(*table, trigger);
        if (event == Event::insert)
            return;
        for (const Table* child : catalog_.children_of(*table))
            for (const ForeignKey& key : child->foreign_keys) {
                const Action action = event == Event::delete_ ? key.on_delete : key.on_update;
                if (!equal_names(key.parent, table->name) || action == Action::none || action == Action::restrict)
                    continue;
                happens(home, child->name,
                        action == Action::cascade && event == Event::delete_ ? Event::delete_ : Event::update);
            }
    }

    const Catalog& catalog_;
    std::set<std::pair<const Table*, Event>> seen_;
    std::set<const Trigger*> fired_;
};

} // namespace

bool may_fire_itself(const Catalog& catalog, const Table& table, const Trigger& trigger)
{
    Reach reach(catalog);
    reach.run(table, trigger);
    return reach.fired(trigger);
}

} // namespace howdah::dialect
