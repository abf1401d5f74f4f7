// The order in which SQLite visits the rows of WHERE a = 1 OR b = 2 where it searches by each term in turn
// ("MULTI-INDEX OR").
#include "dialect/reads.hpp"
#include "dialect/select_lowering.hpp"
#include "dialect/walk.hpp"

#include <algorithm>
#include <functional>

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

using Read = std::function<const Expr*(const ColumnRef&)>;

// A column of the source, by the name that the plan has for it. `read`: what a column of a subquery is made of.
class NamesColumn : public Visitor {
public:
    NamesColumn(const Source& source, std::string_view name, const Read& read)
        : source_(source), name_(name), read_(read)
    {
    }
    bool found = false;
    bool enter(const Expr& e) override
    {
        const auto* ref = as<ColumnRef>(e);
        if (const Expr* inside = ref ? read_(*ref) : nullptr)
            walk(*inside, *this);
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
    const Read& read_;
};

// Whether the term names a column that the loop searches by: "t USING INDEX i (a=? AND b>?)". Others may be of what all
// rows must satisfy.
bool is_searched_by(const Expr& term, const VisitLoop& loop, const Source& source, const Read& read)
{
    const auto begin = loop.detail.rfind('(');
    if (begin == std::string::npos)
        return true;
    std::string_view searched = std::string_view(loop.detail).substr(begin + 1);
    for (bool first = true;; first = false) {
        const auto end = searched.find_first_of("<>=");
        if (end == std::string_view::npos || end == 0)
            return first; // a value that is computed
        NamesColumn names(source, searched.substr(0, end), read);
        walk(term, names);
        if (names.found)
            return true;
        const auto next = searched.find(" AND ");
        searched = next == std::string_view::npos ? std::string_view() : searched.substr(next + 5);
    }
}

// Whether a term of a reader speaks of nothing else in its FROM than the subquery.
bool can_be_read(const Expr& term, const Read& read, const std::vector<const Source*>& around)
{
    return !has_subquery(term) && !any_expr(term, [&](const Expr& e) {
        const auto* ref = as<ColumnRef>(e);
        return ref && !read(*ref) && std::find(around.begin(), around.end(), ref->source) != around.end();
    });
}

// The OR that the loop goes through, among what all rows must satisfy.
void find_alternatives(const Expr& e, const VisitLoop& loop, const Source& source, const Read& read,
                       std::vector<const Expr*>& out)
{
    const auto* binary = as<Binary>(bare(e));
    if (binary && binary->op == BinaryOp::logical_and) {
        find_alternatives(*binary->lhs, loop, source, read, out);
        find_alternatives(*binary->rhs, loop, source, read, out);
        return;
    }
    std::vector<const Expr*> terms;
    disjuncts(e, terms);
    bool fits = out.empty() && terms.size() == loop.alternatives.size();
    for (std::size_t i = 0; fits && i < terms.size(); ++i)
        fits = is_searched_by(*terms[i], loop.alternatives[i], source, read);
    if (fits)
        out = std::move(terms);
}

// The same among what ON says.
void find_joined_alternatives(const FromClause& from, const VisitLoop& loop, const Source& source, const Read& read,
                              std::vector<const Expr*>& out)
{
    for (const FromClause::Item& item : from.items) {
        if (item.table.join)
            find_joined_alternatives(*item.table.join, loop, source, read, out);
        if (item.on)
            find_alternatives(*item.on, loop, source, read, out);
    }
}

} // namespace

std::vector<Lowering::Reader> SelectLowering::readers_of(const Select& select, const SelectCore& core) const
{
    if (!l_.core_ || !l_.core_->from)
        return {};
    for (const Source* source : sources_of(*l_.core_->from))
        if (select_of(*source) == &select) {
            std::vector<Lowering::Reader> readers = l_.readers_;
            readers.push_back({l_.core_, source, &core});
            return readers;
        }
    return {};
}

// The result that a reader's column stands for.
const Expr* SelectLowering::what_is_read(const ColumnRef& ref) const
{
    for (const Lowering::Reader& reader : l_.readers_)
        if (ref.source == reader.source && ref.index >= 0 &&
            static_cast<std::size_t>(ref.index) < reader.read->outputs.size())
            return reader.read->outputs[static_cast<std::size_t>(ref.index)].expr;
    return nullptr;
}

Fragment SelectLowering::condition_of_reader(const Expr& term)
{
    const auto around = l_.substitute;
    l_.substitute = [this, around](const Expr& e) -> std::optional<Fragment> {
        const auto* ref = as<ColumnRef>(e);
        if (const Expr* inside = ref ? what_is_read(*ref) : nullptr)
            return l_.value(*inside);
        return around ? around(e) : std::nullopt;
    };
    Fragment f = l_.condition(term);
    l_.substitute = around;
    return f;
}

// The rows of the first term, then those of the second that the first has not, …
std::vector<SortKey> SelectLowering::alternatives_order(const VisitLoop& loop, const Source& source, const Expr* where)
{
    std::vector<const Expr*> terms;
    const Read read = [this](const ColumnRef& ref) { return what_is_read(ref); };
    if (where)
        find_alternatives(*where, loop, source, read, terms);
    if (terms.empty() && l_.core_ && l_.core_->from)
        find_joined_alternatives(*l_.core_->from, loop, source, read, terms);
    const bool own = !terms.empty();
    std::vector<const Source*> around;
    for (const Lowering::Reader& reader : l_.readers_) {
        const std::vector<const Source*> sources = sources_of(*reader.core->from);
        around.insert(around.end(), sources.begin(), sources.end());
        if (terms.empty() && reader.core->where)
            find_alternatives(*reader.core->where, loop, source, read, terms);
    }
    if (!own &&
        std::any_of(terms.begin(), terms.end(), [&](const Expr* term) { return !can_be_read(*term, read, around); }))
        return {};
    if (terms.empty())
        return {};
    std::string rank = "(CASE";
    for (std::size_t i = 0; i < terms.size(); ++i)
        rank += " WHEN " + (own ? l_.condition(*terms[i]) : condition_of_reader(*terms[i])).text + " THEN " +
                std::to_string(i + 1);
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
