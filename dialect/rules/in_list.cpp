// in_list:  x IN (1, '2', ?)  =>  x IN (1, 2, $1)      x IN ()  =>  false
//           x IN (?, … 10,000 …)  =>  x = ANY ($1), an array: PostgreSQL has no more than 65,535 parameters
//
// Only the affinity of x is applied to the members; a column among them keeps its values as they are. A member that is
// a constant of a class x can never have is left out. An empty list is false, of NULL too.
#include "dialect/resolver.hpp"
#include "dialect/rules/comparison.hpp"
#include "dialect/rules/rules.hpp"

#include <algorithm>
#include <utility>

namespace howdah::dialect::rules {

namespace {

// The list when every member has, or can be widened to, one type; a typed text each.
std::string lists(const Fragment& x, const std::vector<Fragment>& members, Collation collation)
{
    PgType type = x.type;
    for (const Fragment& m : members)
        type = only_null(m) ? type : wider(type, m.type);
    const auto key = [&](const Fragment& f) {
        return collation == Collation::binary ? f : collation_key(f, collation);
    };
    std::vector<std::string> texts;
    for (const Fragment& m : members)
        texts.push_back(key(widen(m, type)).text);
    return key(widen(x, type)).text + " IN (" + join(texts, ", ") + ")";
}

// The members as one array, where each is a slot or NULL. While it lives, and until the array is asked for, slots are
// not the step's.
class ArrayOfMembers {
public:
    ArrayOfMembers(const In& in, Collation collation, Lowering& lowering) : lowering_(lowering)
    {
        // PostgreSQL takes an array that it does not see for ten values, and shorter lists for what they are.
        constexpr std::size_t least_members = 10000;
        works_ = in.list.size() >= least_members && collation == Collation::binary && !lowering.in_trigger &&
                 !lowering.name_slot &&
                 std::all_of(in.list.begin(), in.list.end(), [](const ExprPtr& item) { return item->constant; });
        if (works_)
            lowering.name_slot = [this](int slot, PgType) {
                met_.push_back(slot);
                return std::string(name);
            };
        else
            ended_ = true;
    }
    ~ArrayOfMembers() { end(); }
    ArrayOfMembers(const ArrayOfMembers&) = delete;
    ArrayOfMembers& operator=(const ArrayOfMembers&) = delete;

    bool works() const { return works_; }
    // The next member, what it is compared with, and whether it may be equal to that.
    void add(const Fragment& x, const Fragment& member, bool counts)
    {
        const bool is_slot = met_.size() == 1 && member.type == x.type &&
                             member.text == std::string(name) + "::" + std::string(plain_type_name(x.type));
        if (only_null(member))
            works_ = works_ && met_.empty();
        else if (counts)
            works_ = works_ && is_slot;
        if (works_ && counts)
            slots_.push_back(only_null(member) ? no_slot : met_.front());
        met_.clear();
    }
    std::string test(const Fragment& x)
    {
        end();
        return x.text + " = ANY (" + lowering_.array(x.type, std::move(slots_)) + ")";
    }

private:
    static constexpr std::string_view name = "member";
    void end()
    {
        if (!std::exchange(ended_, true))
            lowering_.name_slot = nullptr;
    }

    Lowering& lowering_;
    std::vector<int> met_, slots_; // of the member at hand, and of all
    bool works_ = false, ended_ = false;
};

struct Members {
    std::optional<Fragment> x; // what they are compared with
    std::vector<Fragment> list;
    bool nullable = false;
};

Members members_of(const In& n, const ComparisonRule& rule, ArrayOfMembers* array, Lowering& lowering)
{
    Members members;
    for (const ExprPtr& item : n.list) {
        const Operands operands = comparison_operands(*n.operand, *item, rule, lowering);
        members.x = to_value(operands.lhs);
        const Fragment member = to_value(operands.rhs);
        members.nullable = members.nullable || member.classes.nullable();
        // A constant REAL that did not become INTEGER under the affinity of x is never equal to one.
        const bool fraction = rule.rhs == Affinity::numeric && members.x->type == PgType::int8 &&
                              member.type == PgType::float8 && is_constant(*item, lowering);
        const bool meets = !fraction && comparable(*members.x, member, rule.collation).has_value();
        const bool counts = meets || member.classes.nullable();
        if (counts)
            members.list.push_back(member);
        if (array)
            array->add(*members.x, member, counts);
        if (array && !array->works())
            break;
    }
    return members;
}

std::optional<Fragment> lower(const Expr& expr, Lowering& lowering)
{
    const auto* n = as<In>(expr);
    if (!n || n->select)
        return std::nullopt;
    if (is_row(*n->operand))
        throw refusal("a subquery of several columns IN a list cannot be run", expr.span);

    const ComparisonRule rule = membership(*n->operand);
    Members members;
    std::string test;
    if (ArrayOfMembers array(*n, rule.collation, lowering); array.works()) {
        members = members_of(*n, rule, &array, lowering);
        if (array.works() && !members.list.empty() && !only_null(*members.x))
            test = array.test(*members.x);
    }
    if (test.empty())
        members = members_of(*n, rule, nullptr, lowering);
    const Fragment& x = *members.x;
    if (only_null(x))
        return unknown();
    Fragment result;
    if (members.list.empty())
        result = known_unless_null(false, {&x});
    else
        result = {parens(test.empty() ? lists(x, members.list, rule.collation) : test), PgType::boolean,
                  members.nullable || x.classes.nullable() ? integer.with_null() : Classes(StorageClass::integer)};
    if (n->negated)
        result.text = "(NOT " + result.text + ")";
    return result;
}

} // namespace

const Rule in_list{"in_list", lower};

} // namespace howdah::dialect::rules
