// See command_tag.hpp.
#include "proxy/command_tag.hpp"

#include "proxy/plan_cache.hpp"

namespace howdah::proxy {

namespace {

struct Verb {
    std::string operator()(const dialect::Insert&) const { return "INSERT 0"; }
    std::string operator()(const dialect::Update&) const { return "UPDATE"; }
    std::string operator()(const dialect::Delete&) const { return "DELETE"; }
    std::string operator()(const dialect::CreateTable&) const { return "CREATE TABLE"; }
    std::string operator()(const dialect::CreateIndex&) const { return "CREATE INDEX"; }
    std::string operator()(const dialect::CreateView&) const { return "CREATE VIEW"; }
    std::string operator()(const dialect::CreateTrigger&) const { return "CREATE TRIGGER"; }
    std::string operator()(const dialect::CreateVirtualTable&) const { return "CREATE TABLE"; }
    std::string operator()(const dialect::AlterTable&) const { return "ALTER TABLE"; }
    std::string operator()(const dialect::Vacuum&) const { return "VACUUM"; }
    std::string operator()(const dialect::Analyze&) const { return "ANALYZE"; }
    std::string operator()(const dialect::Reindex&) const { return "REINDEX"; }
    std::string operator()(const dialect::Drop& drop) const
    {
        switch (drop.kind) {
        case dialect::Drop::Kind::table:
            return "DROP TABLE";
        case dialect::Drop::Kind::index:
            return "DROP INDEX";
        case dialect::Drop::Kind::view:
            return "DROP VIEW";
        case dialect::Drop::Kind::trigger:
            break;
        }
        return "DROP TRIGGER";
    }
    template <typename T>
    std::string operator()(const T&) const
    {
        return "OK";
    }
};

} // namespace

std::string command_verb(const dialect::Compiled& plan)
{
    using Kind = dialect::Compiled::Kind;
    if (plan.kind == Kind::query || plan.kind == Kind::local)
        return "SELECT";
    return plan.statement ? std::visit(Verb{}, plan.statement->node) : "OK";
}

std::string command_tag(const CachedPlan& plan, std::int64_t changes, std::uint64_t rows)
{
    using Kind = dialect::Compiled::Kind;
    if (plan.kind == Kind::query || plan.kind == Kind::local)
        return plan.verb + " " + std::to_string(rows);
    return plan.kind == Kind::write ? plan.verb + " " + std::to_string(changes) : plan.verb;
}

} // namespace howdah::proxy
