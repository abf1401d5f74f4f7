// libFuzzer: any bytes through the lexer, the parser and the unparser. What parses must parse again as the same tree.
#include "dialect/error.hpp"
#include "dialect/parser.hpp"
#include "dialect/script.hpp"

#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <string_view>

using namespace howdah::dialect;

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size)
{
    const std::string_view sql(reinterpret_cast<const char*>(data), size);
    if (first_statement(sql) > size)
        std::abort();
    std::optional<Statement> statement;
    try {
        statement = parse(sql);
    } catch (const Error&) {
        return 0;
    }
    if (!statement)
        return 0;
    const std::string text = unparse(*statement);
    try {
        const std::optional<Statement> again = parse(text);
        if (!again || dump(*again) != dump(*statement))
            std::abort();
    } catch (const Error& error) {
        // Parentheses that were not there can reach a limit.
        if (error.message != "parser stack overflow")
            std::abort();
    }
    return 0;
}
