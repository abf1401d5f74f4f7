// Tokens as SQLite cuts them.
#include "dialect/lexer.hpp"
#include "dialect/script.hpp"

#include <catch2/catch.hpp>
#include <sqlite3.h>

#include <string>

using namespace howdah::dialect;

namespace {

std::string tokens(std::string_view sql)
{
    std::string out;
    for (const Token& token : lex(sql))
        out +=
            (out.empty() ? "" : " ") + std::string(name_of(token.kind)) + "[" + std::string(token.span.of(sql)) + "]";
    return out;
}

} // namespace

TEST_CASE("identifiers take dollars and bytes beyond ASCII")
{
    CHECK(tokens("a$b _c \xc3\xa9t\xc3\xa9 x1") == "id[a$b] id[_c] id[\xc3\xa9t\xc3\xa9] id[x1]");
    CHECK(tokens("\"a\"\"b\" [a b] `c``d` 'it''s'") == "id[\"a\"\"b\"] id[[a b]] id[`c``d`] string['it''s']");
    CHECK(tokens("SELECTx selec select1") == "id[SELECTx] id[selec] id[select1]");
}

TEST_CASE("numbers that run into letters are no tokens")
{
    CHECK(tokens("1 1. .5 1.5e-3 1e5 0x1F 1e") ==
          "integer[1] floating[1.] floating[.5] floating[1.5e-3] floating[1e5] integer[0x1F] illegal[1e]");
    CHECK(tokens("1x 0x 1.5abc 0x1fg") == "illegal[1x] illegal[0x] illegal[1.5abc] integer[0x1f] id[g]");
    CHECK(tokens("1..2 a.b") == "floating[1.] floating[.2] id[a] dot[.] id[b]");
}

TEST_CASE("blobs need pairs of hexadecimal digits")
{
    CHECK(tokens("x'00ff' X'' x'0' x'0g' x 'a'") ==
          "blob[x'00ff'] blob[X''] illegal[x'0'] illegal[x'0g'] id[x] string['a']");
    CHECK(tokens("x'00") == "illegal[x'00]");
}

TEST_CASE("parameters of every spelling")
{
    CHECK(tokens("? ?12 :a @b $c #d $a::b(c d") ==
          "variable[?] variable[?12] variable[:a] variable[@b] variable[$c] variable[#d] illegal[$a::b(c] id[d]");
    CHECK(tokens("$a::b(c) $::x : $") == "variable[$a::b(c)] variable[$::x] illegal[:] illegal[$]");
}

TEST_CASE("comments are white space, and end with the input")
{
    CHECK(tokens("a -- b\nc /* d */ e /* f") == "id[a] id[c] id[e]");
    CHECK(tokens("a /*") == "id[a] slash[/] star[*]");
    CHECK(tokens("a /**/ b") == "id[a] id[b]");
    CHECK(tokens("a /*/ b") == "id[a]");
    CHECK(tokens("\xef\xbb\xbfselect") == "select[select]");
    CHECK(tokens("a\0b") == "id[a]");
    CHECK(tokens(std::string_view("a\0b", 3)) == "id[a]");
}

TEST_CASE("what is not closed is one unrecognized token to the end")
{
    CHECK(tokens("a 'b c") == "id[a] illegal['b c]");
    CHECK(tokens("a \"b''") == "id[a] illegal[\"b'']");
    CHECK(tokens("a [b") == "id[a] illegal[[b]");
    CHECK(tokens("a ! b \\ \v") == "id[a] illegal[!] id[b] illegal[\\]");
}

TEST_CASE("operators are as long as they can be")
{
    CHECK(tokens("<< <= <> < >> >= > == = != || | -> ->> - ~ & %") ==
          "shift_left[<<] less_equal[<=] not_equal[<>] less[<] shift_right[>>] greater_equal[>=] greater[>] equal[==] "
          "equal[=] not_equal[!=] concat[||] "
          "bit_or[|] pointer[->] pointer[->>] minus[-] bit_not[~] bit_and[&] rem[%]");
}

TEST_CASE("WINDOW, OVER and FILTER are keywords only where they can be")
{
    CHECK(tokens("window w as") == "window[window] id[w] as[as]");
    CHECK(tokens("window w") == "id[window] id[w]");
    CHECK(tokens(") over (") == "right_paren[)] over[over] left_paren[(]");
    CHECK(tokens(") over w") == "right_paren[)] over[over] id[w]");
    CHECK(tokens("over (") == "id[over] left_paren[(]");
    CHECK(tokens(") filter (") == "right_paren[)] filter[filter] left_paren[(]");
    CHECK(tokens(") filter x") == "right_paren[)] id[filter] id[x]");
}

TEST_CASE("the keywords are the linked library's")
{
    int count = 0;
    for (int i = 0; i < sqlite3_keyword_count(); ++i) {
        const char* word = nullptr;
        int length = 0;
        sqlite3_keyword_name(i, &word, &length);
        INFO(std::string(word, static_cast<std::size_t>(length)));
        CHECK(keyword({word, static_cast<std::size_t>(length)}) != TokenKind::id);
        ++count;
    }
    CHECK(count == 147);
    CHECK(keyword("rowid") == TokenKind::id);
}

TEST_CASE("a script is cut where its statements end")
{
    const auto cut = [](std::string_view sql) { return std::string(sql.substr(0, first_statement(sql))); };
    CHECK(cut("SELECT 1; SELECT 2") == "SELECT 1;");
    CHECK(cut("SELECT ';' /* ; */ -- ;\n; x") == "SELECT ';' /* ; */ -- ;\n;");
    CHECK(cut(" ;; SELECT 1; x") == " ;; SELECT 1;");
    CHECK(cut("CREATE TRIGGER t AFTER INSERT ON a BEGIN SELECT 1; SELECT CASE WHEN 1 THEN 2 END; END; SELECT 2") ==
          "CREATE TRIGGER t AFTER INSERT ON a BEGIN SELECT 1; SELECT CASE WHEN 1 THEN 2 END; END;");
    CHECK(cut("explain create temp trigger t begin select 1; end ; x") ==
          "explain create temp trigger t begin select 1; end ;");
    CHECK(cut("CREATE VIRTUAL TABLE v USING m(a;b); x") == "CREATE VIRTUAL TABLE v USING m(a;b);");
    CHECK(cut("SELECT 'open; SELECT 2") == "SELECT 'open; SELECT 2");
    CHECK(cut("CREATE TABLE trigger_like(a); x") == "CREATE TABLE trigger_like(a);");
    CHECK(is_blank(" -- x\n ;; /* y"));
    CHECK(is_blank(""));
    CHECK_FALSE(is_blank("; x"));
}
