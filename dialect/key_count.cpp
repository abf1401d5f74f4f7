// See key_count.hpp.
#include "dialect/key_count.hpp"

#include "dialect/foreign_key_check.hpp"
#include "dialect/foreign_keys.hpp"
#include "dialect/printer.hpp"
#include "dialect/schema_names.hpp"

#include <vector>

namespace howdah::dialect {

namespace {

// Which table's rows a key looks for.
std::string parent_of(const Catalog& catalog, const Table& child, const ForeignKey& key)
{
    if (!catalog.find_table(child.schema, key.parent))
        return "missing";
    const auto found = parent_key(catalog, child, key);
    return found ? pg_name(*found->parent) : "mismatch";
}

std::string count_of(const Catalog& catalog, const Table& child, const ForeignKey& key)
{
    return parent_of(catalog, child, key) == "mismatch" ? "0"
                                                        : "(SELECT count(*)" + from_orphans(catalog, child, key) + ")";
}

std::string sum(const std::vector<std::string>& counts) { return "SELECT " + join(counts, " + "); }

} // namespace

std::string orphans_sql(const Catalog& catalog)
{
    std::vector<std::string> counts{"0"};
    for (const std::unique_ptr<Table>& child : catalog.tables())
        for (const ForeignKey& key : child->foreign_keys)
            counts.push_back(count_of(catalog, *child, key));
    return sum(counts);
}

MovedKeys moved_keys(const Catalog& from, const Catalog& to, const std::function<const Table*(const Table&)>& become)
{
    std::vector<std::string> before, behind;
    for (const std::unique_ptr<Table>& was : from.tables()) {
        const Table* is = was->foreign_keys.empty() ? nullptr : become(*was);
        for (std::size_t i = 0; is && i < was->foreign_keys.size() && i < is->foreign_keys.size(); ++i) {
            if (parent_of(from, *was, was->foreign_keys[i]) == parent_of(to, *is, is->foreign_keys[i]))
                continue;
            before.push_back(count_of(from, *was, was->foreign_keys[i]));
            behind.push_back(count_of(to, *is, is->foreign_keys[i]));
        }
    }
    return before.empty() ? MovedKeys{} : MovedKeys{sum(before), sum(behind)};
}

} // namespace howdah::dialect
