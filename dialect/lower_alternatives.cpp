// The order in which SQLite visits the rows of WHERE a = 1 OR b = 2 where it searches by each term in turn
// ("MULTI-INDEX OR").
#include "dialect/select_lowering.hpp"
#include "dialect/walk.hpp"

#include <algorithm>

namespace howdah::dialect {

namespace {

void disjuncts(const Expr& e, std::vector<const Expr*>& out)
{
    const auto* binary = as<Binary>(bare(e));
    if (!binary || binary->op != BinaryOp::logical_or) {
        out.push_back(&e);
        return;
    }
    disjuncts(*binary->lhs, out);
    disjuncts(*binary->rhs, out);
}

// A column of the source, by the name that the plan has for it.
class NamesColumn : public Visitor {
public:
    NamesColumn(const Source& source, std::string_view name) : source_(source), name_(name) {}
    bool found = false;
    bool enter(const Expr& e) override
    {
        const auto* ref = as<ColumnRef>(e);
        if (!ref || ref->source != &source_)
            return !found;
        const bool rowid = ref->index < 0 || ref->index == source_.rowid_alias;
        found =
            found || equal_names(rowid ? "rowid" : source_.columns[static_cast<std::size_t>(ref->index)].name, name_);
        return !found;
    }

private:
    const Source& source_;
    std::string_view name_;
};

// Whether the term names the column that the loop searches by first: "t USING INDEX i (a=? AND b>?)".
bool is_searched_by(const Expr& term, const VisitLoop& loop, const Source& source)
{
    const auto begin = loop.detail.rfind('(');
    if (begin == std::string::npos)
        return true;
    const auto end = loop.detail.find_first_of("<>=", begin);
    if (end == std::string::npos || loop.detail[begin + 1] == '<')
        return true; // a value that is computed
    NamesColumn names(source, std::string_view(loop.detail).substr(begin + 1, end - begin - 1));
    walk(term, names);
    return names.found;
}

// The OR that the loop goes through, among what all rows must satisfy.
void find_alternatives(const Expr& e, const VisitLoop& loop, const Source& source, std::vector<const Expr*>& out)
{
    const auto* binary = as<Binary>(bare(e));
    if (binary && binary->op == BinaryOp::logical_and) {
        find_alternatives(*binary->lhs, loop, source, out);
        find_alternatives(*binary->rhs, loop, source, out);
        return;
    }
    std::vector<const Expr*> terms;
    disjuncts(e, terms);
    bool fits = out.empty() && terms.size() == loop.alternatives.size();
    for (std::size_t i = 0; fits && i < terms.size(); ++i)
        fits = is_searched_by(*terms[i], loop.alternatives[i], source);
    if (fits)
        out = std::move(terms);
}

} // namespace

// The rows of the first term, then those of the second that the first has not, …
std::vector<SortKey> SelectLowering::alternatives_order(const VisitLoop& loop, const Source& source, const Expr* where)
{
    std::vector<const Expr*> terms;
    if (where)
        find_alternatives(*where, loop, source, terms);
    if (terms.empty())
        return {};
    std::string rank = "(CASE";
    for (std::size_t i = 0; i < terms.size(); ++i)
        rank += " WHEN " + l_.condition(*terms[i]).text + " THEN " + std::to_string(i + 1);
    rank += " END)";
    SortKey first;
    first.key = {rank, PgType::int8, StorageClass::integer};
    std::vector<SortKey> keys{first};
    for (std::size_t i = 0; i < terms.size(); ++i)
        if (const Index* index = loop.alternatives[i].index(*source.table))
            for (SortKey& key : index_order(*index, source, loop.alternatives[i].backwards)) {
                key.key.text = "(CASE " + rank + " WHEN " + std::to_string(i + 1) + " THEN " + key.key.text + " END)";
                key.key.classes = key.key.classes.with_null();
                keys.push_back(std::move(key));
            }
    return keys;
}

} // namespace howdah::dialect
