// What an expression can be: its affinity, collation and storage classes, and whether it depends on any row.
#include "dialect/functions.hpp"
#include "dialect/resolver_impl.hpp"
#include "dialect/walk.hpp"

#include <algorithm>

namespace howdah::dialect {

namespace {

constexpr Classes null_ = StorageClass::null;
constexpr Classes integer_ = StorageClass::integer;
constexpr Classes real_ = StorageClass::real;
constexpr Classes text_ = StorageClass::text;
constexpr Classes blob_ = StorageClass::blob;

Classes nullable_if(Classes classes, bool nullable) { return nullable ? classes.with_null() : classes; }

bool constant(const ExprPtr& e) { return !e || e->constant; }
bool constant(const std::vector<ExprPtr>& list)
{
    return std::all_of(list.begin(), list.end(), [](const ExprPtr& e) { return constant(e); });
}
bool nullable(const ExprPtr& e) { return e && e->classes.nullable(); }
bool nullable(const std::vector<ExprPtr>& list)
{
    return std::any_of(list.begin(), list.end(), [](const ExprPtr& e) { return nullable(e); });
}

// Parentheses, COLLATE: the value of the operand, as it is.
void pass_through(Expr& e, const Expr& operand)
{
    e.affinity = operand.affinity;
    e.collation = operand.collation;
    e.collation_explicit = operand.collation_explicit;
    e.has_collation = operand.has_collation;
    e.classes = operand.classes;
    e.constant = operand.constant;
}

// A COLLATE below an operator or a function call is the collation of the whole; the leftmost one wins.
void inherit_collate(Expr& e)
{
    const auto inherit = [&e](const Expr& child) {
        if (!child.collation_explicit || e.collation_explicit)
            return;
        e.collation = child.collation;
        e.collation_explicit = e.has_collation = true;
    };
    if (const auto* call = as<Call>(e)) // not from FILTER and OVER
        for (const ExprPtr& arg : call->args)
            inherit(*arg);
    else
        for_each_child(e, inherit);
}

// The classes of an operand once SQLite has taken a number from it.
Classes as_number(Classes c)
{
    if (c.only(StorageClass::integer) || c.only(StorageClass::real))
        return c.without_null();
    return integer_ | real_;
}

} // namespace

void Inference::expr(Expr& e)
{
    e.affinity = Affinity::none;
    e.collation = Collation::binary;
    e.collation_explicit = e.has_collation = false;
    e.constant = false;
    for_each_child(e, [this](const Expr& child) { expr(const_cast<Expr&>(child)); });
    if (const Select* inside = select_of(e))
        select(const_cast<Select&>(*inside));
    std::visit([&](auto& n) { node(e, n); }, e.node);
    if (!as<Subquery>(e) && !as<Exists>(e))
        inherit_collate(e);
}

void Inference::node(Expr& e, Literal& n)
{
    e.classes = storage_class(n.value);
    e.constant = true;
}

void Inference::node(Expr& e, CurrentTime&)
{
    e.classes = text_;
    e.constant = true;
}

void Inference::node(Expr& e, Parameter& n)
{
    const auto index = static_cast<std::size_t>(n.index);
    const bool bound = n.index > 0 && index <= request_.parameters.size();
    e.classes = bound ? Classes(storage_class(request_.parameters[index - 1])) : null_;
    e.constant = true;
}

void Inference::node(Expr& e, ColumnRef& n)
{
    if (n.alias_of) {
        pass_through(e, *n.alias_of);
        e.constant = false; // its text is the alias' name, which means nothing on its own
        return;
    }
    if (n.as_string) {
        e.classes = text_;
        e.constant = true;
        return;
    }
    if (!n.source)
        return;
    if (n.index < 0) {
        e.affinity = n.source->kind == Source::Kind::excluded ? Affinity::none : Affinity::integer;
        if (n.source == returned_) {
            const SourceColumn& first = n.source->columns.front();
            e.affinity = first.affinity;
            e.collation = first.collation;
            e.has_collation = first.has_collation;
        }
        e.classes = nullable_if(integer_, n.source->nullable);
        return;
    }
    const SourceColumn& column = n.source->columns[static_cast<std::size_t>(n.index)];
    e.affinity = column.affinity;
    e.collation = column.collation;
    e.has_collation = column.has_collation;
    if (n.source == returned_) {
        const SourceColumn& first = n.source->columns.front();
        e.affinity = first.affinity;
        e.collation = first.collation;
        e.has_collation = first.has_collation;
    }
    e.classes = nullable_if(column.classes, n.source->nullable);
}

Classes Inference::arithmetic(BinaryOp op, Classes a, Classes b) const
{
    const bool divides = op == BinaryOp::divide || op == BinaryOp::modulo;
    const bool null_result = divides || a.nullable() || b.nullable();
    const Classes x = as_number(a);
    const Classes y = as_number(b);
    if (x.only(StorageClass::real) || y.only(StorageClass::real))
        return nullable_if(real_, null_result);
    if (x == integer_ && y == integer_) {
        const bool exact = request_.options.exact_arithmetic && op != BinaryOp::modulo;
        return nullable_if(exact ? integer_ | real_ : integer_, null_result);
    }
    return nullable_if(integer_ | real_, null_result);
}

void Inference::node(Expr& e, Unary& n)
{
    const Classes c = n.operand->classes;
    e.constant = n.operand->constant;
    switch (n.op) {
    case UnaryOp::plus:
        e.classes = c;
        e.collation = n.operand->collation;
        e.has_collation = n.operand->has_collation;
        break;
    case UnaryOp::minus:
        e.classes = arithmetic(BinaryOp::subtract, integer_, c);
        break;
    case UnaryOp::bit_not:
    case UnaryOp::logical_not:
        e.classes = nullable_if(integer_, c.nullable());
        break;
    case UnaryOp::is_null:
    case UnaryOp::not_null:
        e.classes = integer_;
        break;
    }
}

void Inference::node(Expr& e, Binary& n)
{
    const Classes a = n.lhs->classes;
    const Classes b = n.rhs->classes;
    const bool null_result = a.nullable() || b.nullable();
    e.constant = n.lhs->constant && n.rhs->constant;
    switch (n.op) {
    case BinaryOp::add:
    case BinaryOp::subtract:
    case BinaryOp::multiply:
    case BinaryOp::divide:
    case BinaryOp::modulo:
        e.classes = nullable_if(arithmetic(n.op, a, b), can_be_nan(n));
        break;
    case BinaryOp::concat:
        e.classes = nullable_if(text_, null_result);
        break;
    case BinaryOp::arrow:
        e.classes = text_ | null_;
        break;
    case BinaryOp::long_arrow:
        e.classes = integer_ | real_ | text_ | null_;
        break;
    case BinaryOp::is:
    case BinaryOp::is_not:
        e.classes = integer_;
        break;
    default:
        e.classes = nullable_if(integer_, null_result);
        break;
    }
}

// SQLite puts the operand into a register, and where it is one already forgets that it was a column.
void Inference::in_register(ExprPtr& operand) const
{
    const auto* ref = operand ? as<ColumnRef>(bare(*operand)) : nullptr;
    if (!ref || !returned_ || ref->source != returned_)
        return;
    operand->affinity = Affinity::none;
    operand->collation = Collation::binary;
    operand->has_collation = false;
}

void Inference::node(Expr& e, Between& n)
{
    in_register(n.operand);
    e.classes = nullable_if(integer_, nullable(n.operand) || nullable(n.low) || nullable(n.high));
    e.constant = constant(n.operand) && constant(n.low) && constant(n.high);
}

void Inference::node(Expr& e, In& n)
{
    const bool empty = !n.select && n.list.empty();
    const bool selects_null = n.select && std::any_of(n.select->result.begin(), n.select->result.end(),
                                                      [](const auto& c) { return c.classes.nullable(); });
    e.classes = nullable_if(integer_, !empty && (nullable(n.operand) || nullable(n.list) || selects_null));
    e.constant = !n.select && constant(n.operand) && constant(n.list);
}

void Inference::node(Expr& e, Like& n)
{
    e.classes = nullable_if(integer_, nullable(n.operand) || nullable(n.pattern) || nullable(n.escape));
    const bool mirrored = n.op != LikeOp::like || !request_.options.case_sensitive_like; // the mirror ignores case
    e.constant = mirrored && constant(n.operand) && constant(n.pattern) && constant(n.escape);
}

void Inference::node(Expr& e, Case& n)
{
    in_register(n.operand);
    e.classes = n.otherwise ? n.otherwise->classes : null_;
    e.constant = constant(n.operand) && constant(n.otherwise);
    for (const Case::When& when : n.whens) {
        e.classes = e.classes | when.result->classes;
        e.constant = e.constant && constant(when.condition) && constant(when.result);
    }
}

void Inference::node(Expr& e, Cast& n)
{
    pass_through(e, *n.operand);
    e.affinity = affinity_of_type(n.type);
    switch (e.affinity) {
    case Affinity::none:
    case Affinity::blob:
        e.classes = nullable_if(blob_, nullable(n.operand));
        break;
    case Affinity::text:
        e.classes = nullable_if(text_, nullable(n.operand));
        break;
    case Affinity::numeric:
        e.classes = nullable_if(as_number(n.operand->classes), nullable(n.operand));
        break;
    case Affinity::integer:
        e.classes = nullable_if(integer_, nullable(n.operand));
        break;
    case Affinity::real:
        e.classes = nullable_if(real_, nullable(n.operand));
        break;
    }
}

void Inference::node(Expr& e, Collate& n)
{
    pass_through(e, *n.operand);
    e.collation = collation_of(n.collation.text);
    e.collation_explicit = e.has_collation = true;
}

void Inference::node(Expr& e, Call& n)
{
    e.classes = n.function && n.function->classes ? n.function->classes(n.args) : Classes::any();
    const bool scalar = n.function && n.function->kind == FunctionInfo::Kind::scalar && !n.over;
    const std::string_view name = n.function ? n.function->name : "";
    const bool mirrored = name != "like" || !request_.options.case_sensitive_like;
    e.constant = scalar && mirrored && n.function->once_per_statement && constant(n.args);
}

void Inference::node(Expr& e, Exists&) { e.classes = integer_; }

void Inference::node(Expr& e, Subquery& n)
{
    if (n.select->result.empty())
        return;
    e.affinity = as_operand(*n.select, 0).affinity;
    e.classes = n.select->result.front().classes.with_null();
}

void Inference::node(Expr& e, RowValue& n) { e.constant = constant(n.members); }

void Inference::node(Expr& e, Raise&) { e.classes = null_; }

void Inference::node(Expr& e, Parenthesized& n) { pass_through(e, *n.inner); }

} // namespace howdah::dialect
