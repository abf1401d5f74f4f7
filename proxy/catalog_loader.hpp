// Opens a database on the server: installs or upgrades the runtime, creates the database where that is allowed, and
// reads howdah.schema into a Catalog.
#pragma once

#include "dialect/catalog.hpp"
#include "pool/pool.hpp"
#include "proxy/config.hpp"

#include <boost/asio/awaitable.hpp>

#include <memory>
#include <string>
#include <vector>

namespace howdah::proxy {

struct LoadedDatabase {
    std::shared_ptr<const dialect::Catalog> catalog;
    std::string pg_schema;
    std::vector<std::string> warnings; // what of the schema is not visible to clients, and why
};

// One round trip when everything is installed. `current`, when given and still of the newest version, is returned as it
// is. The error's message says what to do (a missing schema, a missing right to create one).
boost::asio::awaitable<pool::Result<LoadedDatabase>> load_database(pool::Pool& pool, const DatabaseConfig& config,
                                                                   const std::string& name,
                                                                   std::shared_ptr<const dialect::Catalog> current);

} // namespace howdah::proxy
