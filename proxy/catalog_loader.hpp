// From a server to a Catalog: installs the runtime where it is missing or old, registers the database, reads
// howdah.schema, and adopts tables that other programs have made.
//
// Everything is read in one snapshot, and everything is written under one advisory lock, so any number of proxies may
// meet a new server, or a new database, at the same moment.
#pragma once

#include "dialect/catalog.hpp"
#include "pool/error.hpp"
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
    // Tables of the schema that clients do not see, each with the reason.
    std::vector<std::string> warnings;
};

// One round trip when everything is installed. `current`, when given and nothing has changed, is returned as it is. The
// error's message says what to do (a missing schema, a missing right to create one).
boost::asio::awaitable<pool::Result<LoadedDatabase>> load_database(pool::Pool& pool, const DatabaseConfig& config,
                                                                   const std::string& name,
                                                                   std::shared_ptr<const dialect::Catalog> current);

} // namespace howdah::proxy
