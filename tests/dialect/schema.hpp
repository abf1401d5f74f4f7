// A catalog for tests, made by running CREATE statements on a mirror.
#pragma once

#include "dialect/catalog.hpp"
#include "dialect/mirror.hpp"

#include <memory>
#include <string_view>

namespace howdah::dialect {

class TestSchema {
public:
    void ddl(std::string_view sql)
    {
        const auto mirror = catalog().mirror().clone();
        mirror->execute(sql);
        catalog_ = make(mirror->schema());
    }
    // What a compiled DDL statement leads to.
    void become(std::shared_ptr<const Catalog> next) { catalog_ = std::move(next); }
    const Catalog& catalog()
    {
        if (!catalog_)
            catalog_ = make({});
        return *catalog_;
    }

private:
    static std::shared_ptr<const Catalog> make(std::vector<SchemaRow> rows)
    {
        return Catalog::make(std::move(rows), {{"main", "main"}, {"temp", "pg_temp"}}, 1);
    }

    std::shared_ptr<const Catalog> catalog_;
};

} // namespace howdah::dialect
