// The .test files: SQL in, PostgreSQL text out (or what resolve() found, or an error).
//
//   exec-ddl                      runs CREATE statements; they hold to the end of the file
//   lower [expect=rule]… [expect-not=rule]… [bind=value]… [exact] [foreign-keys]
//       [case-sensitive-like] [concurrent] [any-row-order]
//                                 what the statement becomes: its steps, then its slots
//   resolve [bind=value]…         what each result column can be
//   error                         the message alone
//
// A case is its directive, the statement, a line of four dashes and the expected text up to an empty line. With
// HOWDAH_REWRITE=1 in the environment the expected text is written anew: review the difference as code.
#include "dialect/compile.hpp"
#include "dialect/describe.hpp"
#include "dialect/parser.hpp"
#include "dialect/printer.hpp"
#include "dialect/resolver.hpp"
#include "tests/dialect/schema.hpp"

#include <catch2/catch.hpp>

#include <algorithm>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <sstream>

namespace howdah::dialect {

namespace {

struct GoldenCase {
    std::string before; // comments and empty lines
    std::string directive;
    std::string sql;
    std::string expected;
    int line = 0;
};

std::vector<GoldenCase> read_cases(std::istream& in, std::string& after)
{
    std::vector<GoldenCase> cases;
    std::string line;
    std::string before;
    int number = 0;
    while (std::getline(in, line)) {
        ++number;
        if (line.empty() || line.front() == '#') {
            before += line + "\n";
            continue;
        }
        GoldenCase c;
        c.before = std::exchange(before, {});
        c.directive = line;
        c.line = number;
        while (std::getline(in, line) && line != "----") {
            ++number;
            c.sql += line + "\n";
        }
        while (std::getline(in, line) && !line.empty()) {
            ++number;
            c.expected += line + "\n";
        }
        number += 2;
        before = "\n";
        cases.push_back(std::move(c));
    }
    after = before;
    return cases;
}

// The words of a directive: its name, and the values of name=value.
class Directive {
public:
    explicit Directive(const std::string& line)
    {
        std::istringstream words(line);
        words >> name;
        for (std::string word; words >> word;)
            arguments_.push_back(word);
    }
    bool has(std::string_view word) const
    {
        return std::find(arguments_.begin(), arguments_.end(), word) != arguments_.end();
    }
    std::vector<std::string> values(const std::string& key) const
    {
        std::vector<std::string> out;
        for (const std::string& argument : arguments_)
            if (argument.starts_with(key + "="))
                out.push_back(argument.substr(key.size() + 1));
        return out;
    }
    std::string name;

private:
    std::vector<std::string> arguments_;
};

std::string_view kind_name(Compiled::Kind kind)
{
    switch (kind) {
    case Compiled::Kind::empty:
        return "(empty)";
    case Compiled::Kind::local:
        return "(local)";
    case Compiled::Kind::session:
        return "(session)";
    case Compiled::Kind::promote:
        return "(promote)";
    case Compiled::Kind::accepted:
        return "(accepted)";
    default:
        return "";
    }
}

std::string print(const Slot& slot, const std::vector<Slot>& all)
{
    if (slot.is_array()) {
        std::string out;
        for (const int element : slot.elements)
            out += (out.empty() ? "[" : ", ") +
                   (element == no_slot ? "NULL" : print(all[static_cast<std::size_t>(element)], all));
        return out + "]";
    }
    if (slot.parameter > 0)
        return "?" + std::to_string(slot.parameter);
    return slot.expression.empty() ? literal(slot.literal).text : slot.expression;
}

std::string print(const Compiled& compiled)
{
    std::string out;
    if (const std::string_view kind = kind_name(compiled.kind); !kind.empty())
        out += std::string(kind) + "\n";
    if (compiled.promotion)
        out += compiled.promotion->table + "." + compiled.promotion->column + " to " +
               std::string(pg_type_name(compiled.promotion->to)) + "\n";
    for (const Step& step : compiled.steps) {
        out += step.sql + "\n";
        if (!step.many.empty())
            out += "many: " + step.many + "\n";
        for (std::size_t i = 0; i < step.slots.size(); ++i)
            out += "$" + std::to_string(i + 1) + " = " +
                   print(compiled.slots[static_cast<std::size_t>(step.slots[i])], compiled.slots) + "\n";
    }
    return out;
}

class GoldenFile {
public:
    std::string answer(const GoldenCase& c)
    {
        const Directive directive(c.directive);
        INFO("line " << c.line << ": " << c.sql);
        if (directive.name == "exec-ddl") {
            schema_.ddl(c.sql);
            return "";
        }
        std::vector<Value> parameters;
        for (const std::string& text : directive.values("bind"))
            parameters.push_back(schema_.catalog().mirror().evaluate(text, {}, {}));
        Options options;
        options.exact_arithmetic = directive.has("exact");
        options.foreign_keys = directive.has("foreign-keys");
        options.case_sensitive_like = directive.has("case-sensitive-like");
        options.any_row_order = directive.has("any-row-order");
        options.writers = directive.has("concurrent") ? Writers::concurrent : Writers::single;
        const CompileRequest request{c.sql, schema_.catalog(), parameters, options, {}};
        if (directive.name == "resolve")
            return resolved(request);
        const Result<Compiled> compiled = compile(request);
        if (!compiled)
            return (directive.name == "error" ? "" : "error: ") + compiled.error().message + "\n";
        for (const std::string& rule : directive.values("expect"))
            CHECK_THAT(compiled->rules, Catch::VectorContains(rule));
        for (const std::string& rule : directive.values("expect-not"))
            CHECK_THAT(compiled->rules, !Catch::VectorContains(rule));
        return directive.name == "error" ? "no error\n" : print(*compiled);
    }

private:
    static std::string resolved(const CompileRequest& request)
    {
        try {
            std::optional<Statement> statement = parse(request.sql);
            resolve(*statement, {.catalog = request.catalog,
                                 .parameters = request.parameters,
                                 .options = request.options,
                                 .home_schema = {},
                                 .sql = request.sql});
            return describe(*statement);
        } catch (const Error& error) {
            return "error: " + error.message + "\n";
        }
    }

    TestSchema schema_;
};

void run(const std::filesystem::path& path, bool rewrite)
{
    INFO(path.string());
    std::ifstream in(path);
    std::string after;
    std::vector<GoldenCase> cases = read_cases(in, after);
    GoldenFile file;
    std::string text;
    for (const GoldenCase& c : cases) {
        const std::string got = file.answer(c);
        if (!rewrite) {
            INFO("line " << c.line << ": " << c.sql);
            CHECK(got == c.expected);
        }
        text += c.before + c.directive + "\n" + c.sql + "----\n" + got;
    }
    if (rewrite)
        std::ofstream(path) << text << after;
}

} // namespace

TEST_CASE("what each .test file says is what is printed")
{
    const char* rewrite = std::getenv("HOWDAH_REWRITE");
    std::vector<std::filesystem::path> files;
    for (const auto& entry : std::filesystem::recursive_directory_iterator(HOWDAH_SOURCE_DIR "/tests/dialect"))
        if (entry.path().extension() == ".test")
            files.push_back(entry.path());
    std::sort(files.begin(), files.end());
    CHECK_FALSE(files.empty());
    for (const std::filesystem::path& path : files)
        DYNAMIC_SECTION(path.filename().string()) { run(path, rewrite && *rewrite == '1'); }
}

} // namespace howdah::dialect
