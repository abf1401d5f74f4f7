// What takes the writer lock of every database that a statement can write, in one order for all sessions. Made once for
// a catalog, because each write needs it. Pure.
#pragma once

#include "dialect/bookkeeping.hpp"
#include "dialect/catalog.hpp"

#include <cstdint>
#include <set>
#include <string>
#include <string_view>
#include <vector>

namespace howdah::proxy {

class WriterLocks {
public:
    // The short form is for a statement's own transaction. Valid until the next call.
    const std::vector<std::string>& of(const dialect::Catalog& catalog, bool short_form)
    {
        if (catalog_ != catalog.id()) {
            catalog_ = catalog.id();
            list(catalog);
        }
        return short_form ? short_ : long_;
    }

private:
    void list(const dialect::Catalog& catalog)
    {
        std::set<std::string_view> schemas;
        for (const dialect::Placement& placement : catalog.placements())
            if (placement.pg_schema != "pg_temp")
                schemas.insert(placement.pg_schema);
        long_.clear();
        short_.clear();
        for (const std::string_view schema : schemas) {
            short_.push_back(dialect::short_writer_lock_statement(schema));
            for (std::string& sql : dialect::writer_lock_statements(schema))
                long_.push_back(std::move(sql));
        }
    }

    std::uint64_t catalog_ = 0; // no catalog has this id
    std::vector<std::string> long_, short_;
};

} // namespace howdah::proxy
