// See whole_reals.hpp. A program is followed from its first operation to its last, without its jumps: SQLite computes a
// value and stores it in one stretch.
#include "dialect/whole_reals.hpp"

#include "dialect/conversions.hpp"
#include "dialect/printer.hpp"
#include "dialect/walk.hpp"

#include <algorithm>
#include <map>
#include <set>

namespace howdah::dialect {

namespace {

bool is_virtual_real(const Column& column)
{
    return column.generated == Column::Generated::virtual_ && column.affinity == Affinity::real;
}

bool has_virtual_reals(const Table& table)
{
    return std::any_of(table.columns.begin(), table.columns.end(), is_virtual_real);
}

struct Op {
    std::string name;
    int p1 = 0, p2 = 0, p3 = 0;
    std::string p4;
};

bool is_one_of(std::string_view name, std::initializer_list<std::string_view> names)
{
    return std::find(names.begin(), names.end(), name) != names.end();
}

// What a register holds: `marked` is a REAL that will be stored as INTEGER, `stored` what was stored as one.
enum class Held : std::uint8_t { other, marked, stored };

// One program: the statement's, or that of a trigger.
class Follower {
public:
    Follower(const std::vector<Op>& program, bool writes) : program_(program), writes_(writes)
    {
        std::map<int, int> rows; // register -> the cursor whose row it has
        for (const Op& op : program_)
            if (is_one_of(op.name, {"OpenEphemeral", "OpenAutoindex", "SorterOpen"}))
                temporary_.insert(op.p1);
            else if (op.name == "OpenDup")
                same_as_[op.p1] = op.p2;
            else if (op.name == "SorterData")
                same_as_[op.p3] = op.p1;
            else if (op.name == "RowData")
                rows[op.p2] = op.p1;
        for (const Op& op : program_)
            if (const auto row = rows.find(op.p2); op.name == "OpenPseudo" && row != rows.end())
                same_as_.emplace(op.p1, row->second);
        std::size_t known = 0; // of the two sets together
        do {                   // what is stored behind the place where it is read
            known = stored_.size() + plain_.size();
            registers_.clear();
            shown_.reset();
            for (at_ = 0; at_ < program_.size(); ++at_)
                follow(program_[at_]);
        } while (stored_.size() + plain_.size() != known);
    }

    // The columns of the result that are `stored`.
    std::set<int> shown() const { return shown_.value_or(std::set<int>{}); }

private:
    [[noreturn]] static void refuse()
    {
        throw refusal("SQLite takes a whole value of a virtual REAL column for an INTEGER here; store the column");
    }

    Held held(int at) const
    {
        const auto found = registers_.find(at);
        return found == registers_.end() ? Held::other : found->second.held;
    }
    void put(int at, Held what)
    {
        const bool maybe = held(at) != what && is_kept(at);
        if (maybe)
            registers_[at] = {std::max(held(at), what), registers_[at].since, true};
        else if (what == Held::other)
            registers_.erase(at);
        else
            registers_[at] = {what, at_, false};
    }
    void forget(int at) { put(at, Held::other); }
    // Whether the operation here is jumped over when the register has what it has: the branches of CASE, coalesce().
    bool is_kept(int at) const
    {
        const auto found = registers_.find(at);
        if (found == registers_.end())
            return false;
        for (std::size_t i = found->second.since; i < at_; ++i)
            if (program_[i].p2 > static_cast<int>(at_) &&
                (program_[i].name == "Goto" || (program_[i].name == "NotNull" && program_[i].p1 == at)))
                return true;
        return false;
    }
    // What a register has where it is shown or stored.
    Held certain(int at) const
    {
        const auto found = registers_.find(at);
        if (found != registers_.end() && found->second.maybe)
            refuse();
        return held(at);
    }
    Held any_of(int first, int count) const
    {
        Held any = Held::other;
        for (int i = 0; i < count; ++i)
            any = std::max(any, held(first + i));
        return any;
    }
    int cursor(int of) const
    {
        for (auto at = same_as_.find(of); at != same_as_.end(); at = same_as_.find(of))
            of = at->second;
        return of;
    }

    void follow(const Op& op)
    {
        if (op.name == "Affinity")
            convert(op);
        else if (is_one_of(op.name, {"Copy", "Move", "SCopy"}))
            copy(op);
        else if (op.name == "RealAffinity")
            forget(op.p1);
        else if (op.name == "Column")
            read(op);
        else if (op.name == "MakeRecord")
            make_record(op);
        else if (is_one_of(op.name, {"Insert", "SorterInsert", "IdxInsert"}))
            insert(op);
        else if (op.name == "ResultRow")
            show(op);
        else if (op.name == "Null")
            for (int i = op.p2; i <= std::max(op.p2, op.p3); ++i)
                forget(i);
        else if (is_one_of(op.name, {"Rowid", "Integer", "Int64", "String8", "Real", "Blob", "Variable", "NewRowid",
                                     "IntCopy", "Param"}))
            forget(op.p2);
        else
            compute(op);
    }

    void read(const Op& op)
    {
        const std::pair column{cursor(op.p1), op.p2};
        put(op.p3, stored_.count(column) != 0 ? Held::stored : Held::other);
        if (stored_.count(column) != 0 && plain_.count(column) != 0)
            registers_[op.p3].maybe = true; // of one SELECT of a compound, and not of the other
    }

    void copy(const Op& op)
    {
        const int count = op.name == "Copy" ? op.p3 + 1 : op.name == "Move" ? op.p3 : 1;
        for (int i = 0; i < count; ++i) {
            put(op.p2 + i, held(op.p1 + i));
            if (held(op.p1 + i) != Held::other && registers_[op.p1 + i].maybe)
                registers_[op.p2 + i].maybe = true;
        }
    }

    // A single REAL is what a generated column's value is made.
    void convert(const Op& op)
    {
        for (int i = 0; i < op.p2 && i < static_cast<int>(op.p4.size()); ++i) {
            const char affinity = op.p4[static_cast<std::size_t>(i)];
            if (affinity == 'B' && held(op.p1 + i) == Held::stored)
                refuse();
            if (affinity == 'E' && op.p2 == 1)
                put(op.p1, Held::marked);
            else if (affinity != 'A')
                forget(op.p1 + i);
        }
    }

    void make_record(const Op& op)
    {
        std::map<int, char>& columns = records_[op.p3];
        columns.clear();
        for (int i = 0; i < op.p2; ++i) {
            const char affinity = i < static_cast<int>(op.p4.size()) ? op.p4[static_cast<std::size_t>(i)] : 'A';
            const Held what = held(op.p1 + i);
            if (what == Held::stored && affinity == 'B')
                refuse();
            const bool maybe = what != Held::other && registers_[op.p1 + i].maybe;
            columns[i] = maybe ? '?' : what == Held::other || affinity == 'B' ? ' ' : affinity;
        }
        forget(op.p3);
    }

    // An index' entry is not what is shown of a column.
    void insert(const Op& op)
    {
        const auto record = records_.find(op.p2);
        if (record == records_.end())
            return;
        const int into = cursor(op.p1);
        for (const auto& [column, affinity] : record->second)
            if (temporary_.count(into) != 0) {
                if (affinity != ' ')
                    stored_.emplace(into, column);
                if (affinity == ' ' || affinity == '?')
                    plain_.emplace(into, column);
            } else if (op.name == "Insert" && (affinity == 'A' || affinity == '?'))
                refuse();
    }

    void show(const Op& op)
    {
        if (writes_)
            return; // RETURNING has rules of its own
        std::set<int> columns;
        for (int i = 0; i < op.p2; ++i)
            if (certain(op.p1 + i) == Held::stored)
                columns.insert(i);
        if (shown_ && *shown_ != columns)
            refuse();
        shown_ = columns;
    }

    void compute(const Op& op)
    {
        if (is_one_of(op.name, {"Add", "Subtract", "Multiply", "Divide", "Remainder", "Concat"})) {
            if (held(op.p1) == Held::stored || held(op.p2) == Held::stored)
                refuse();
            forget(op.p3);
        } else if (op.name == "AggValue") {
            put(op.p3, held(op.p1));
        } else if (op.name == "Cast") {
            if (held(op.p1) == Held::stored)
                refuse();
            forget(op.p1);
        } else if (is_one_of(op.name, {"Function", "PureFunc", "AggStep", "AggStep1", "AggInverse"})) {
            const Held arguments = any_of(op.p2, argument_count(op.p4));
            const bool takes_one = op.p4.starts_with("max(") || op.p4.starts_with("min(");
            const bool counts = op.p4.starts_with("count(");
            if (arguments == Held::stored && !counts && !(takes_one && op.name != "Function"))
                refuse();
            const bool keeps = takes_one || op.p4.starts_with("nullif(");
            const Held before = op.name.starts_with("Agg") ? held(op.p3) : Held::other;
            put(op.p3, keeps ? std::max(before, arguments) : before);
        }
    }

    // "max(2)"; "max(-1)" may have any number.
    static int argument_count(const std::string& function)
    {
        const auto open = function.find('(');
        const int count = open == std::string::npos ? 0 : std::atoi(function.c_str() + open + 1);
        return count < 0 ? 6 : count;
    }

    const std::vector<Op>& program_;
    const bool writes_;
    std::set<int> temporary_;                      // cursors
    std::map<int, int> same_as_;                   // cursor -> the one whose rows it shows
    std::set<std::pair<int, int>> stored_, plain_; // cursor and column
    struct Register {
        Held held = Held::other;
        std::size_t since = 0;
        bool maybe = false; // or something else
    };
    std::map<int, Register> registers_;
    std::size_t at_ = 0; // the operation
    std::map<int, std::map<int, char>>
        records_; // register -> columns, each with its affinity; ' ': another value, '?': not known
    std::optional<std::set<int>> shown_;
};

std::vector<std::vector<Op>> programs_of(const CompileRequest& request)
{
    std::vector<std::vector<Op>> programs;
    request.catalog.mirror().query("EXPLAIN " + std::string(request.sql), request.parameters, request.session,
                                   [&](std::span<const ValueView> row) {
                                       if (row[0].integer == 0)
                                           programs.emplace_back();
                                       programs.back().push_back(
                                           {std::string(row[1].bytes), static_cast<int>(row[2].integer),
                                            static_cast<int>(row[3].integer), static_cast<int>(row[4].integer),
                                            std::string(row[5].bytes)});
                                   });
    return programs;
}

// An integral REAL that fits six bytes as INTEGER.
std::string as_stored(const std::string& column, Output& output)
{
    const Fragment stored = as_stored_real({column, output.type, output.classes, true});
    output.classes = output.classes | Classes(StorageClass::integer);
    if (output.type == PgType::numeric)
        return "(CASE WHEN " + column + " >= -140737488355328 AND " + column + " < 140737488355328 AND " + column +
               " = trunc(" + column + ") THEN trunc(" + column + ") ELSE " + column + " END)";
    output.type = stored.type;
    return stored.text;
}

void show_as_stored(const std::set<int>& columns, Compiled& out)
{
    std::string list, names;
    bool changes = false;
    for (std::size_t i = 0; i < out.columns.size(); ++i) {
        Output& output = out.columns[i];
        std::string column = "\"~\".c" + std::to_string(i + 1);
        names += (i ? ", c" : "c") + std::to_string(i + 1);
        const bool can_be = output.type == PgType::float8 || output.type == PgType::numeric || output.type == PgType::v;
        if (columns.count(static_cast<int>(i)) != 0 && can_be) {
            column = as_stored(column, output);
            changes = true;
        }
        list += (i ? ", " : "") + column;
    }
    if (changes)
        out.steps.back().sql = "SELECT " + list + " FROM (" + out.steps.back().sql + ") AS \"~\"(" + names + ")";
}

class Mentions : public Visitor {
public:
    explicit Mentions(const Table& table) : table_(table) {}
    bool found = false;
    bool enter(const Expr& e) override
    {
        if (const auto* column = as<ColumnRef>(e))
            if (const int index = table_.find_column(column->column.text); index >= 0)
                found = found || is_virtual_real(table_.columns[static_cast<std::size_t>(index)]);
        return !found;
    }

private:
    const Table& table_;
};

} // namespace

void show_stored_reals(const CompileRequest& request, Compiled& out)
{
    const auto& tables = request.catalog.tables();
    if ((out.kind != Compiled::Kind::query && out.kind != Compiled::Kind::write) ||
        std::none_of(tables.begin(), tables.end(), [](const auto& table) { return has_virtual_reals(*table); }))
        return;
    const std::vector<std::vector<Op>> programs = programs_of(request);
    for (std::size_t i = 0; i < programs.size(); ++i) {
        const Follower follower(programs[i], i > 0 || out.kind == Compiled::Kind::write);
        if (const std::set<int> columns = follower.shown(); !columns.empty())
            show_as_stored(columns, out);
    }
}

void refuse_columns_of_stored_reals(const Catalog& before, const Catalog& next)
{
    for (const auto& table : next.tables()) {
        const Table* old = before.find_table(table->schema, table->name);
        if (!has_virtual_reals(*table) || (old && old->columns.size() == table->columns.size()))
            continue;
        for (const Column& column : table->columns) {
            Mentions mentions(*table);
            const bool keeps = column.affinity == Affinity::text || column.affinity == Affinity::real ||
                               (column.affinity == Affinity::blob && column.generated == Column::Generated::virtual_);
            if (column.generated_as && !keeps)
                walk(*column.generated_as, mentions);
            if (mentions.found)
                throw refusal("a column generated from a virtual REAL column");
        }
    }
}

} // namespace howdah::dialect
