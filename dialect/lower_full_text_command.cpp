// INSERT INTO t(t) VALUES('command') of a full-text table; see lower_full_text.hpp.
#include "dialect/error.hpp"
#include "dialect/insert_rows.hpp"
#include "dialect/lower_full_text_impl.hpp"
#include "dialect/printer.hpp"
#include "dialect/reads.hpp"
#include "dialect/schema_names.hpp"

#include <algorithm>

namespace howdah::dialect {

namespace {

class Command {
public:
    Command(const Insert& insert, Lowering& lowering, Compiled& out)
        : insert_(insert), lowering_(lowering), out_(out), table_(*insert.target->table), text_(*table_.full_text)
    {
    }

    bool lower()
    {
        const Expr* command = given(text_.table_column());
        if (!command)
            return false;
        if (!lowering_.foldable(*command))
            throw refusal("a full-text command that is not a constant");
        const auto value = lowering_.known_value(*command);
        if (!value || storage_class(*value) == StorageClass::null)
            return false;
        // A parameter decides what is compiled: its slot guards the class, and the value is compared on the server.
        if (is_parameter(*command))
            throw refusal("a full-text command that is a parameter; write it into the statement");
        run(std::string(view(*value).bytes));
        return true;
    }

private:
    static bool is_parameter(const Expr& e)
    {
        return any_expr(e, [](const Expr& inner) { return as<Parameter>(inner) != nullptr; });
    }

    // The value that one row of VALUES gives a column (-1: the rowid).
    const Expr* given(int column) const
    {
        const auto& indexes = insert_.column_indexes;
        const auto at = std::find(indexes.begin(), indexes.end(), column);
        if (at == indexes.end() || !insert_.source)
            return nullptr;
        const auto& cores = insert_.source->cores;
        if (cores.size() != 1 || cores.front().values.size() != 1) {
            if (column == text_.table_column())
                throw refusal("several full-text commands in one statement");
            return nullptr;
        }
        return cores.front().values.front()[static_cast<std::size_t>(at - indexes.begin())].get();
    }

    void run(const std::string& name)
    {
        lowering_.fired("full_text_command");
        lowering_.begin_step();
        const bool own = text_.content == FullText::Content::own;
        if (!text_.is_fts5() && text_.content == FullText::Content::none &&
            (equal_names(name, "rebuild") || equal_names(name, "integrity-check")))
            throw Error("SQL logic error");
        if (equal_names(name, "delete") && !own && text_.is_fts5())
            return delete_row();
        if (equal_names(name, "delete-all") && !own && text_.is_fts5())
            return step("howdah.fts_delete_all(" + regclass(table_) + ")");
        if (equal_names(name, "rebuild") && text_.content != FullText::Content::none)
            return own ? nothing() : step("howdah.fts_rebuild(" + regclass(table_) + ", " + content_query() + ")");
        if (equal_names(name, "integrity-check"))
            return text_.content == FullText::Content::external
                       ? step("howdah.fts_check(" + regclass(table_) + ", " + content_query() + ", " +
                              quote_string(text_.is_fts5() ? "i.\"~doc\" IS NOT DISTINCT FROM c.doc"
                                                           : "howdah.fts4_equal(i.\"~doc\", c.doc)") +
                              ")")
                       : nothing();
        if (equal_names(name, "rank") && text_.is_fts5())
            return set_rank();
        ask_mirror(name);
        nothing();
    }

    // What only concerns SQLite's own structure: right or wrong, it says so of an empty table too.
    void ask_mirror(const std::string& name)
    {
        const auto mirror = lowering_.catalog().mirror().clone();
        const Expr* rank = given(text_.rank_column());
        const auto argument = rank ? lowering_.known_value(*rank) : Value{};
        if (!argument)
            throw refusal("a full-text command whose argument is not a constant");
        const std::string target = quote_identifier(table_.schema) + "." + quote_identifier(table_.name);
        const std::string column = quote_identifier(table_.name);
        if (text_.is_fts5())
            mirror->execute("INSERT INTO " + target + "(" + column + ", rank) VALUES(" + quote_string(name) + ", " +
                            sqlite_literal(*argument) + ")");
        else
            mirror->execute("INSERT INTO " + target + "(" + column + ") VALUES(" + quote_string(name) + ")");
    }

    static std::string sqlite_literal(const Value& value)
    {
        switch (storage_class(value)) {
        case StorageClass::null:
            return "NULL";
        case StorageClass::integer:
            return std::to_string(std::get<std::int64_t>(value));
        case StorageClass::real:
            return real_text(std::get<double>(value));
        default:
            return quote_string(view(value).bytes);
        }
    }

    void set_rank()
    {
        ask_mirror("rank");
        const Expr* rank = given(text_.rank_column());
        const auto value = rank ? lowering_.known_value(*rank) : std::nullopt;
        if (!value || storage_class(*value) != StorageClass::text)
            throw refusal("an fts5 rank function that is not a constant text");
        step("howdah.fts_set_rank(" + regclass(table_) + ", " + literal(*value).text + ")");
    }

    // Every row of the content: its rowid and its document.
    std::string content_query() const
    {
        const Table& content = content_of(table_, lowering_.catalog());
        const ContentColumns columns = content_columns(table_, content, "c");
        return quote_string("SELECT " + columns.rowid + " AS rowid, " + doc_of(text_, columns.values) +
                            " AS doc FROM " + pg_name(content) + " AS c");
    }

    // The row is found by its rowid; that it has the tokens it is said to have is checked.
    void delete_row()
    {
        const InsertRows rows = insert_rows(insert_, table_, lowering_, true);
        std::vector<std::string> values;
        for (int i = 0; i < text_.table_column(); ++i)
            values.push_back("n." + quote_identifier(table_.columns[static_cast<std::size_t>(i)].pg));
        const std::string rowid = quote_identifier(table_.rowid_pg), doc = quote_identifier(doc_column);
        write("DELETE FROM " + pg_name(table_) + " AS d USING (" + rows_query(rows, table_) + ") AS n WHERE d." +
              rowid + " = n." + rowid + " AND " + call("howdah.fts_same", {"d." + doc, doc_of(text_, values)}));
    }

    void write(const std::string& sql)
    {
        if (lowering_.in_trigger)
            out_.steps.push_back(lowering_.step(sql, Step::Role::write));
        else
            one_row("WITH \"howdah deleted\" AS (" + sql +
                    " RETURNING 1) SELECT (count(*) * 0)::bigint FROM \"howdah deleted\"");
    }

    void step(const std::string& function)
    {
        if (lowering_.in_trigger)
            throw refusal("this full-text command inside a trigger");
        one_row("SELECT (" + function + " * 0)::bigint");
    }

    // A command is counted as one row, of rowid 0.
    void one_row(const std::string& sql)
    {
        Step step = lowering_.step(sql, Step::Role::write);
        step.returns_rowid = true;
        out_.steps.push_back(std::move(step));
    }
    void nothing() { step("1"); }

    const Insert& insert_;
    Lowering& lowering_;
    Compiled& out_;
    const Table& table_;
    const FullText& text_;
};

} // namespace

bool lower_full_text_command(const Insert& insert, Lowering& lowering, Compiled& out)
{
    return Command(insert, lowering, out).lower();
}

} // namespace howdah::dialect
