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
        mirror_.execute(sql);
        catalog_.reset();
    }
    const Catalog& catalog()
    {
        if (!catalog_)
            catalog_ = Catalog::make(mirror_.schema(), {{"main", "main"}, {"temp", "pg_temp"}}, 1);
        return *catalog_;
    }

private:
    Mirror mirror_;
    std::shared_ptr<const Catalog> catalog_;
};

} // namespace howdah::dialect
