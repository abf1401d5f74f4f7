// howdah_try FILE…: what each statement of a case file compiles to, as a script for psql. For developers: it needs no
// server and no daemon.
//
// Case files are those of ../shared/dialect/cases: "-- case: name" begins a database of its own. DDL that compiles is
// followed by the catalog it leads to; other DDL is only run on the mirror.
#include "dialect/compile.hpp"
#include "dialect/printer.hpp"
#include "tests/dialect/schema.hpp"

#include <fstream>
#include <iostream>
#include <sstream>

using namespace howdah::dialect;

namespace {

// $1::bigint with the value that it has now.
std::string with_values(const Step& step, const Compiled& compiled, const CompileRequest& request)
{
    std::string out;
    for (std::size_t i = 0; i < step.sql.size(); ++i) {
        std::size_t end = i + 1;
        while (step.sql[i] == '$' && end < step.sql.size() && std::isdigit(static_cast<unsigned char>(step.sql[end])))
            ++end;
        if (step.sql[i] != '$' || end == i + 1) {
            out += step.sql[i];
            continue;
        }
        const auto n = static_cast<std::size_t>(std::stoi(step.sql.substr(i + 1, end - i - 1)));
        if (n == 0 || n > step.slots.size()) {
            out += step.sql[i];
            continue;
        }
        const Slot& slot = compiled.slots[static_cast<std::size_t>(step.slots[n - 1])];
        Value value = slot.literal;
        if (slot.parameter > 0)
            value = request.parameters[static_cast<std::size_t>(slot.parameter) - 1];
        else if (!slot.expression.empty())
            value = request.catalog.mirror().evaluate(slot.expression, request.parameters, request.session);
        out += literal(apply_affinity(value, slot.affinity)).text;
        i = end - 1;
    }
    return out;
}

bool changes_schema(const Compiled& compiled) { return compiled.kind == Compiled::Kind::schema; }

void try_statement(std::string_view sql, TestSchema& schema)
{
    const CompileRequest request{sql, schema.catalog(), {}, {}, {}};
    std::string one_line(sql);
    for (char& c : one_line)
        c = c == '\n' ? ' ' : c;
    std::cout << "-- " << one_line << "\n";
    const Result<Compiled> compiled = compile(request);
    if (!compiled) {
        std::cout << "-- error: " << compiled.error().message << "\n";
        if (compiled.error().refused && one_line.find("CREATE") != std::string::npos)
            schema.ddl(sql);
        return;
    }
    for (const Step& step : compiled->steps)
        std::cout << with_values(step, *compiled, request) << ";\n";
    if (compiled->steps.empty())
        std::cout << "-- no step\n";
    if (changes_schema(*compiled))
        schema.become(compiled->next);
}

void try_file(const std::string& path)
{
    std::ifstream in(path);
    std::stringstream buffer;
    buffer << in.rdbuf();
    const std::string text = buffer.str();
    auto schema = std::make_unique<TestSchema>();
    std::size_t at = 0;
    while (at < text.size()) {
        if (text.compare(at, 8, "-- case:") == 0) {
            const std::size_t end = text.find('\n', at);
            std::cout << "\n" << text.substr(at, end - at) << "\n";
            std::cout << "DROP SCHEMA IF EXISTS main CASCADE; CREATE SCHEMA main;\n";
            schema = std::make_unique<TestSchema>();
            at = end + 1;
            continue;
        }
        std::size_t next = text.find("\n-- case:", at);
        next = next == std::string::npos ? text.size() : next + 1;
        const std::string_view rest = std::string_view(text).substr(at, next - at);
        const std::size_t tail = schema->catalog().mirror().prepare(rest).tail;
        const std::size_t used = tail == 0 || tail > rest.size() ? rest.size() : tail;
        const std::string_view statement = rest.substr(0, used);
        if (statement.find_first_not_of(" \n;") != std::string_view::npos)
            try_statement(statement, *schema);
        at += used;
    }
}

} // namespace

int main(int argc, char** argv)
{
    for (int i = 1; i < argc; ++i)
        try_file(argv[i]);
}
