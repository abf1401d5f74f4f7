// See row_arrays.hpp.
#include "dialect/row_arrays.hpp"

#include "dialect/lower.hpp"

#include <algorithm>
#include <utility>

namespace howdah::dialect {

namespace {

constexpr std::string_view source = "g";

char letter_of(PgType type)
{
    switch (type) {
    case PgType::int8:
        return 'i';
    case PgType::float8:
        return 'r';
    case PgType::bytea:
        return 'b';
    default:
        return 't';
    }
}

bool only_null(const Fragment& f) { return f.classes.without_null().empty(); }

} // namespace

bool RowArrays::suit(const SelectCore& values, const Lowering& lowering)
{
    return !lowering.in_trigger && values.values.size() >= least_rows &&
           std::all_of(values.values.begin(), values.values.end(), [](const std::vector<ExprPtr>& row) {
               return std::all_of(row.begin(), row.end(), [](const ExprPtr& value) { return value->constant; });
           });
}

Fragment RowArrays::add(std::size_t column, const std::function<Fragment()>& lower)
{
    if (column >= columns_.size())
        columns_.resize(column + 1);
    Column& to = columns_[column];
    const std::size_t row = to.form_of_row.size();
    std::vector<int> slots; // that this value has met
    lowering_.name_slot = [&](int slot, PgType type) {
        auto found = std::find(slots.begin(), slots.end(), slot);
        if (found == slots.end())
            found = slots.insert(slots.end(), slot);
        std::string name = letter_of(type) + std::to_string(column);
        if (found != slots.begin())
            name += "_" + std::to_string(found - slots.begin());
        Array& array = to.arrays.try_emplace(name, Array{type, {}}).first->second;
        array.slots.resize(row, no_slot);
        array.slots.push_back(slot);
        return std::string(source) + "." + name;
    };
    Fragment value = lower();
    lowering_.name_slot = nullptr;
    return add(column, std::move(value));
}

Fragment RowArrays::add(std::size_t column, Fragment value)
{
    if (column >= columns_.size())
        columns_.resize(column + 1);
    Column& to = columns_[column];
    auto form =
        std::find_if(to.forms.begin(), to.forms.end(), [&](const Fragment& known) { return known.text == value.text; });
    if (form == to.forms.end() && to.forms.size() < most_forms)
        form = to.forms.insert(to.forms.end(), value);
    too_many_ = too_many_ || form == to.forms.end();
    to.form_of_row.push_back(static_cast<std::uint8_t>(form - to.forms.begin()));
    rows_ = std::max(rows_, to.form_of_row.size());
    return value;
}

bool RowArrays::work() const
{
    return !too_many_ &&
           std::any_of(columns_.begin(), columns_.end(), [](const Column& column) { return !column.arrays.empty(); });
}

std::string RowArrays::from() const
{
    return "ROWS FROM (" + join(sources_, ", ") + ") AS " + std::string(source) + " (" + join(names_, ", ") + ")";
}

std::string RowArrays::value(std::size_t at)
{
    Column& column = columns_[at];
    std::string text = column.forms.front().text;
    if (is_nullable_array(column))
        text = std::find_if(column.forms.begin(), column.forms.end(), [](const Fragment& f) {
                   return !only_null(f);
               })->text;
    else if (column.forms.size() > 1)
        choose_form(at, text);
    for (auto& [name, array] : column.arrays)
        sources_.push_back(unnest(name, array.type, std::move(array.slots)));
    return text;
}

// Where it is NULL because its element is.
bool RowArrays::is_nullable_array(const Column& column) const
{
    if (column.forms.size() != 2 || column.arrays.size() != 1 ||
        only_null(column.forms[0]) == only_null(column.forms[1]))
        return false;
    const auto& [name, array] = *column.arrays.begin();
    const std::string element = std::string(source) + "." + name + "::" + std::string(plain_type_name(array.type));
    return column.forms[0].text == element || column.forms[1].text == element;
}

void RowArrays::choose_form(std::size_t at, std::string& text)
{
    const Column& column = columns_[at];
    std::vector<int> slots, form_slots;
    for (std::size_t i = 0; i < column.forms.size(); ++i)
        form_slots.push_back(lowering_.add_constant(static_cast<std::int64_t>(i)));
    for (const std::uint8_t form : column.form_of_row)
        slots.push_back(form_slots[form]);
    const std::string name = "f" + std::to_string(at);
    sources_.push_back(unnest(name, PgType::int8, std::move(slots)));
    text = "CASE " + std::string(source) + "." + name;
    for (std::size_t i = 0; i < column.forms.size(); ++i)
        text += " WHEN " + std::to_string(i) + " THEN " + column.forms[i].text;
    text += " END";
}

std::string RowArrays::unnest(const std::string& name, PgType type, std::vector<int> slots)
{
    slots.resize(rows_, no_slot);
    names_.push_back(name);
    return "unnest(" + lowering_.array(type, std::move(slots)) + ")";
}

} // namespace howdah::dialect
