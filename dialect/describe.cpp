// What resolve() found, for people; see describe.hpp.
#include "dialect/describe.hpp"

namespace howdah::dialect {

namespace {

std::string_view name_of(Affinity affinity)
{
    switch (affinity) {
    case Affinity::none:
        return "none";
    case Affinity::blob:
        return "blob";
    case Affinity::text:
        return "text";
    case Affinity::numeric:
        return "numeric";
    case Affinity::integer:
        return "integer";
    case Affinity::real:
        break;
    }
    return "real";
}

std::string_view name_of(Collation collation)
{
    switch (collation) {
    case Collation::binary:
        return "binary";
    case Collation::nocase:
        return "nocase";
    case Collation::rtrim:
        break;
    }
    return "rtrim";
}

std::string line(std::string_view name, Affinity affinity, Classes classes, Collation collation)
{
    std::string out(name);
    out += ": affinity " + std::string(name_of(affinity)) + ", " + describe(classes);
    if (collation != Collation::binary)
        out += ", collation " + std::string(name_of(collation));
    return out;
}

std::string describe(const std::vector<SelectCore::Output>& outputs)
{
    std::string out;
    for (const SelectCore::Output& o : outputs)
        out += line(o.name, o.expr->affinity, o.expr->classes, o.expr->collation) + "\n";
    return out;
}

std::string describe(const Select& select)
{
    std::string out;
    const SelectCore& first = select.cores.front();
    for (std::size_t i = 0; i < select.result.size(); ++i) {
        const Select::Column& c = select.result[i];
        const Expr& e = *first.outputs[i].expr;
        out += line(first.outputs[i].name, c.affinity, c.classes, c.collation);
        out += e.constant && select.cores.size() == 1 ? ", constant" : "";
        out += e.has_aggregate ? ", aggregate" : "";
        out += e.has_window ? ", window" : "";
        out += "\n";
    }
    if (first.aggregate)
        out += "(aggregate)\n";
    if (select.correlated)
        out += "(correlated)\n";
    return out;
}

} // namespace

std::string describe(Classes classes)
{
    std::string out;
    const auto add = [&](StorageClass c, std::string_view name) {
        if (classes.has(c))
            out += (out.empty() ? "" : "|") + std::string(name);
    };
    add(StorageClass::integer, "integer");
    add(StorageClass::real, "real");
    add(StorageClass::text, "text");
    add(StorageClass::blob, "blob");
    add(StorageClass::null, "null");
    return out.empty() ? "nothing" : out;
}

std::string describe(const Statement& statement)
{
    if (const auto* n = std::get_if<SelectPtr>(&statement.node))
        return describe(**n);
    if (const auto* n = std::get_if<Insert>(&statement.node))
        return describe(n->returning_outputs);
    if (const auto* n = std::get_if<Update>(&statement.node))
        return describe(n->returning_outputs);
    if (const auto* n = std::get_if<Delete>(&statement.node))
        return describe(n->returning_outputs);
    return "";
}

} // namespace howdah::dialect
