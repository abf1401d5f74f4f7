// The compiler over the statements of SQLite's test-suite (../shared/parser, see its README): whatever SQLite prepares
// is compiled, or refused with a reason. One stretch in twenty; with HOWDAH_SLOW in the environment all.
#include "dialect/compile.hpp"
#include "tests/dialect/schema.hpp"

#include <catch2/catch.hpp>

#include <algorithm>
#include <cstdlib>
#include <fstream>
#include <iostream>
#include <map>
#include <string>
#include <vector>

using namespace howdah::dialect;

namespace {

std::vector<std::string> corpus()
{
    const char* shared = std::getenv("HOWDAH_SHARED");
    std::ifstream file((shared ? std::string(shared) : std::string(HOWDAH_SOURCE_DIR) + "/../shared") +
                       "/parser/statements.sql");
    std::vector<std::string> lines;
    for (std::string line; std::getline(file, line);)
        lines.push_back(line);
    if (lines.empty())
        std::cout << "skipped: no ../shared/parser/statements.sql (or $HOWDAH_SHARED)\n";
    return lines;
}

// Neighbours come from one script, so a stretch holds most of the schema that its statements need. What is chosen takes
// some seconds, and half a minute under the sanitizers.
bool sampled(std::size_t statement)
{
    constexpr std::size_t stretch = 50, one_in = 20;
    return statement / stretch % one_in == 0;
}

std::shared_ptr<const Catalog> make(std::vector<SchemaRow> rows)
{
    return Catalog::make(std::move(rows), {{"main", "main"}, {"temp", "pg_temp"}}, 1);
}

// The schema that the statements before have made. They are many scripts in a row, each of which would begin with an
// empty database: what is made again replaces what had its name, and the oldest objects go.
class Predecessors {
public:
    const Catalog& catalog() const { return *catalog_; }

    void become(std::shared_ptr<const Catalog> next)
    {
        constexpr std::size_t many = 60;
        catalog_ = std::move(next);
        if (catalog_->rows().size() > many)
            drop(std::string(catalog_->rows().front().tbl_name));
    }

    // "table t1 already exists", "there is already an index named i1": whether something has gone.
    bool make_room(const std::string& message)
    {
        std::string name;
        if (const auto exists = message.find(" already exists"); exists != std::string::npos)
            name = message.substr(message.find(' ') + 1, exists - message.find(' ') - 1);
        else if (const auto named = message.find(" named "); message.starts_with("there is already"))
            name = message.substr(named + 7);
        return !name.empty() && drop(name);
    }

private:
    bool drop(const std::string& name)
    {
        std::vector<SchemaRow> rows = catalog_->rows();
        const auto gone = std::erase_if(
            rows, [&](const SchemaRow& row) { return equal_names(row.name, name) || equal_names(row.tbl_name, name); });
        if (gone > 0)
            catalog_ = make(std::move(rows));
        return gone > 0;
    }

    std::shared_ptr<const Catalog> catalog_ = make({});
};

} // namespace

TEST_CASE("every statement that SQLite prepares is compiled, or refused with a reason")
{
    Predecessors schema;
    std::map<std::string, int> reasons;
    std::size_t compiled = 0, told = 0, refused = 0;
    const bool verbose = std::getenv("HOWDAH_VERBOSE") != nullptr;
    const bool all = std::getenv("HOWDAH_SLOW") != nullptr;
    const std::vector<std::string> statements = corpus();
    for (std::size_t i = 0; i < statements.size(); ++i) {
        if (!all && !sampled(i))
            continue;
        const std::string& sql = statements[i];
        if (verbose)
            std::cout << ">> " << sql.substr(0, 3000) << std::endl;
        const auto attempt = [&] {
            return compile({.sql = sql, .catalog = schema.catalog(), .parameters = {}, .options = {}, .session = {}});
        };
        Result<Compiled> result = attempt();
        if (result.has_error() && schema.make_room(result.error().message))
            result = attempt();
        if (result.has_value()) {
            ++compiled;
            if (result->next)
                schema.become(result->next);
            continue;
        }
        const std::string& message = result.error().message;
        if (!message.starts_with("howdah: ")) {
            ++told; // SQLite's own error
            continue;
        }
        ++refused;
        CHECK(message.size() > 20);
        ++reasons[message];
        if (verbose)
            std::cout << message << "\n        " << sql.substr(0, 300) << "\n";
    }
    CHECK((statements.empty() || compiled > refused));
    if (compiled > 0)
        std::cout << compiled << " statements compiled, " << told << " answered with SQLite's error, " << refused
                  << " refused for " << reasons.size() << " reasons\n";
}
