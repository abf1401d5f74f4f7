// The order in which SQLite visits rows; see write_order.hpp.
#include "dialect/write_order.hpp"

#include "dialect/select_lowering.hpp"

namespace howdah::dialect {

std::vector<VisitTerm> visit_terms(const Source& source, const Expr* where, Lowering& lowering)
{
    std::vector<VisitTerm> terms;
    for (const SortKey& key : rows_to_write(source, where, lowering))
        terms.push_back({key.key.text, key.text_of("", true)});
    return terms;
}

std::string visit_order(const Source& source, const Expr* where, Lowering& lowering)
{
    return join_keys(rows_to_write(source, where, lowering), true);
}

} // namespace howdah::dialect
