// What PostgreSQL must have besides tables and indexes: functions and triggers for CREATE TRIGGER and for foreign keys,
// views with INSTEAD OF triggers. All of it follows from the catalog, so a schema change makes the difference between
// what the catalog before and the one after ask for; a trigger is made anew whenever anything it is compiled against
// changes.
#pragma once

#include "dialect/catalog.hpp"
#include "dialect/compile.hpp"

#include <string>
#include <string_view>
#include <vector>

namespace howdah::dialect {

struct SchemaObject {
    std::string name;          // unique among the objects of a catalog
    const Table* on = nullptr; // the table or view it hangs on
    bool foreign_key = false;
    std::vector<std::string> create, drop; // in the order they must run
    bool operator==(const SchemaObject& other) const { return name == other.name && create == other.create; }
};

// `strict`: the name of a trigger that must be exact: what cannot be lowered throws. Any other that cannot is made as
// one that raises the reason when it fires.
std::vector<SchemaObject> schema_objects(const Catalog& catalog, const Options& options, std::string_view strict = {});

// The statements that make all of them anew, whatever made those that there are, or why there are none. What TEMP
// triggers need is their session's, and stays.
std::vector<std::string> remake_schema_objects(const Catalog& catalog, const Options& options);

// The statements that take `was` to `is`. What hangs on a table for which `remake` answers true is made anew.
struct ObjectChanges {
    std::vector<std::string> drop_triggers; // those of CREATE TRIGGER, and views
    std::vector<std::string> drop_foreign_keys;
    std::vector<std::string> create;
};
ObjectChanges object_changes(const std::vector<SchemaObject>& was, const std::vector<SchemaObject>& is,
                             std::vector<const Table*> remake = {});

} // namespace howdah::dialect
