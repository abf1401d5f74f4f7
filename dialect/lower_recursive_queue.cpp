// A recursive common table whose ORDER BY takes rows out of turn (the cheapest path first, the newest ancestor first):
// each row of PostgreSQL's recursion is SQLite's queue at one moment, an array of rows in their order. A step takes the
// first, finds what the recursive SELECTs make of it, and puts that in its place, behind what is equal to it.
//
//   t+ (~queue, ~seen) ::= the first rows, in order
//                          UNION ALL what is left of the queue and the rows found for its first, in order, until empty
//   t (columns)        ::= the first row of each queue
//
// Under UNION, "~seen" holds what has been in the queue.
#include "dialect/select_lowering.hpp"

namespace howdah::dialect {

namespace {

std::vector<std::string> names(std::size_t count)
{
    std::vector<std::string> out;
    for (std::size_t i = 1; i <= count; ++i)
        out.push_back(quote_identifier("c" + std::to_string(i)));
    return out;
}

// "c1" bigint, "c2" text COLLATE "C": the rows of an array have no names of their own.
std::string definitions(const std::vector<PgType>& types)
{
    std::vector<std::string> out = names(types.size());
    for (std::size_t i = 0; i < types.size(); ++i)
        out[i] += " " + std::string(pg_type_name(types[i]));
    return join(out, ", ");
}

bool is_distinct(const CommonTable& table) { return table.select->operators.back() == CompoundOp::union_; }

} // namespace

std::string SelectLowering::queue_columns(const CommonTable& table)
{
    return is_distinct(table) ? "(\"~queue\", \"~seen\")" : "(\"~queue\")";
}

std::string SelectLowering::taken_from_queue(const std::string& queue, const std::vector<PgType>& types)
{
    const std::string moment = quote_identifier(l_.fresh("moment")), row = quote_identifier(l_.fresh("row"));
    return "SELECT " + row + ".* FROM " + queue + " AS " + moment + ", LATERAL unnest(" + moment +
           ".\"~queue\"[1:1]) AS " + row + "(" + definitions(types) + ")";
}

// The rows with their places among each other; under UNION each once, with what it is known again by.
std::string SelectLowering::found_for_queue(const CommonTable& table, const std::string& rows,
                                            const std::vector<PgType>& types)
{
    const std::string list = join(names(types.size()), ", ");
    const std::string key = is_distinct(table) ? "ROW(" + list + ")::text COLLATE \"C\" AS \"~key\", " : "";
    std::string out = "SELECT *, " + key + "row_number() OVER () AS \"~place\" FROM (" + rows + ") AS " +
                      quote_identifier(l_.fresh("rows")) + "(" + list + ")";
    if (is_distinct(table))
        out = "SELECT DISTINCT ON (\"~key\") * FROM (" + out + ") AS " + quote_identifier(l_.fresh("keyed")) +
              " ORDER BY \"~key\", \"~place\"";
    return out;
}

std::string SelectLowering::queue(const CommonTable& table, const std::string& first, const std::vector<Arm>& steps,
                                  const std::string& row, const std::vector<PgType>& types)
{
    const std::string list = join(names(types.size()), ", "), defined = definitions(types);
    const std::string moment = quote_identifier(l_.fresh("moment")), after = quote_identifier(l_.fresh("after"));
    const std::string left = quote_identifier(l_.fresh("left")), found = quote_identifier(l_.fresh("found"));
    std::string keys;
    std::vector<Fragment> columns;
    for (std::size_t i = 0; i < types.size(); ++i)
        columns.push_back({names(types.size())[i], types[i], table.select->result[i].classes});
    for (const OrderingTerm& term : table.select->order_by)
        keys += queue_key(table, term, columns).text(true) + ", ";
    const std::string in_order = "array_agg(ROW(" + list + ") ORDER BY " + keys + "\"~place\")";
    std::vector<std::string> texts;
    for (const Arm& step : steps)
        texts.push_back(parens(print(step)));
    const std::string step = "WITH " + row + " AS (SELECT * FROM unnest(" + moment + ".\"~queue\"[1:1]) AS " +
                             quote_identifier(l_.fresh("row")) + "(" + defined + ")) " + join(texts, " UNION ALL ");
    const bool distinct = is_distinct(table);
    const std::string seen = distinct ? ", array_agg(\"~key\")" : "";
    const std::string seen_after = distinct ? ", " + moment +
                                                  ".\"~seen\" || coalesce(array_agg(\"~key\") FILTER "
                                                  "(WHERE \"~key\" IS NOT NULL), '{}')"
                                            : "";
    return "SELECT " + in_order + seen + " FROM (" + found_for_queue(table, first, types) + ") AS " +
           quote_identifier(l_.fresh("first")) + " HAVING count(*) > 0 UNION ALL SELECT " + after + ".* FROM " +
           quote_identifier(l_.common_[&table].name) + " AS " + moment + ", LATERAL (SELECT " + in_order + seen_after +
           " FROM (SELECT " + list + ", \"~place\"" + (distinct ? ", NULL::text COLLATE \"C\" AS \"~key\"" : "") +
           " FROM ROWS FROM (unnest(" + moment + ".\"~queue\"[2:]) AS (" + defined + ")) WITH ORDINALITY AS " + left +
           "(" + list + ", \"~place\") UNION ALL SELECT " + list + ", cardinality(" + moment +
           ".\"~queue\") + \"~place\"" + (distinct ? ", \"~key\"" : "") + " FROM (" +
           found_for_queue(table, step, types) + ") AS " + found +
           (distinct ? " WHERE \"~key\" <> ALL (" + moment + ".\"~seen\")" : "") + ") AS " +
           quote_identifier(l_.fresh("queue")) + " HAVING count(*) > 0) AS " + after;
}

} // namespace howdah::dialect
