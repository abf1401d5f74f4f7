// Random bytes, and statements with their tokens shuffled, against the lexer and the parser; SQLite is the judge.
#include "dialect/error.hpp"
#include "dialect/lexer.hpp"
#include "dialect/parser.hpp"
#include "dialect/script.hpp"

#include <catch2/catch.hpp>
#include <sqlite3.h>

#include <iostream>
#include <random>
#include <string>
#include <vector>

using namespace howdah::dialect;

namespace {

const std::vector<std::string> seeds = {
    "SELECT a, b+1 AS c, count(*) FILTER (WHERE x) OVER (PARTITION BY y ORDER BY z DESC ROWS BETWEEN 1 PRECEDING AND "
    "CURRENT ROW) FROM t1 AS x LEFT JOIN t2 USING (a) WHERE "
    "a NOT BETWEEN 1 AND 2 OR b LIKE 'x' ESCAPE 'y' GROUP BY 1, 2 HAVING max(b) > 3 ORDER BY a COLLATE nocase NULLS "
    "LAST LIMIT 5 OFFSET 2;",
    "WITH RECURSIVE c(x) AS (VALUES (1) UNION ALL SELECT x+1 FROM c LIMIT 10) SELECT x FROM c EXCEPT SELECT * FROM (t1 "
    "JOIN t2 ON t1.a = t2.b) AS j;",
    "INSERT OR REPLACE INTO t(a, b) SELECT 1, CASE x WHEN 1 THEN 'a' ELSE cast(y AS INT) END FROM u WHERE 1 ON "
    "CONFLICT (a) DO UPDATE SET b = excluded.b RETURNING *;",
    "UPDATE t SET (a, b) = (SELECT 1, 2), c = ?1 FROM u WHERE EXISTS (SELECT 1) AND (a, b) IN (VALUES (1, 2)) "
    "RETURNING rowid;",
    "DELETE FROM main.t AS x NOT INDEXED WHERE a IS NOT NULL AND b GLOB '*' ORDER BY 1 LIMIT 3;",
    "CREATE TABLE IF NOT EXISTS t(a INTEGER PRIMARY KEY AUTOINCREMENT, b TEXT NOT NULL DEFAULT 'x' CHECK (b <> ''), c "
    "GENERATED ALWAYS AS (a * 2) STORED, "
    "d REFERENCES p(x) ON DELETE CASCADE DEFERRABLE INITIALLY DEFERRED, UNIQUE (b, c) ON CONFLICT IGNORE, FOREIGN KEY "
    "(a) REFERENCES q) WITHOUT ROWID, STRICT;",
    "CREATE UNIQUE INDEX i ON t(a DESC, lower(b) COLLATE nocase) WHERE c > 0;",
    "CREATE VIRTUAL TABLE f USING fts5(a, b, tokenize = 'porter');",
    "ALTER TABLE t ADD COLUMN z TEXT DEFAULT -1.5e3;",
    "PRAGMA main.table_info('t');",
    "ATTACH DATABASE ':memory:' AS aux; DETACH aux; SAVEPOINT s; RELEASE s; ROLLBACK TO s; BEGIN EXCLUSIVE; VACUUM "
    "main INTO 'x'; REINDEX t; ANALYZE;",
    "SELECT x'00ff', 0x1F, 1e5, .5, $a::b(c), :n, @m, ?, \"q\"\"r\", [b c], `d`, 'it''s' -- done\n/* and */;",
};

struct Verdict {
    std::string message = "ok";
    std::size_t tail = 0;
};

Verdict ours(const std::string& sql)
{
    Verdict verdict;
    try {
        const std::optional<Statement> statement = parse(sql, &verdict.tail);
        if (statement) {
            (void)dump(*statement);
            (void)unparse(*statement);
        }
    } catch (const Error& error) {
        verdict.message = error.message;
    }
    CHECK(first_statement(sql) <= sql.size());
    return verdict;
}

std::string sqlites(const std::string& sql)
{
    sqlite3* db = nullptr;
    sqlite3_open(":memory:", &db);
    sqlite3_stmt* statement = nullptr;
    std::string message = "ok";
    if (sqlite3_prepare_v2(db, sql.c_str(), -1, &statement, nullptr) != SQLITE_OK)
        message = sqlite3_errmsg(db);
    sqlite3_finalize(statement);
    sqlite3_close(db);
    return message;
}

bool is_syntax_error(const std::string& message)
{
    return message == "incomplete input" || message.starts_with("unrecognized token: ") ||
           (message.starts_with("near \"") && message.ends_with(": syntax error"));
}

} // namespace

TEST_CASE("random bytes never harm the lexer or the parser, and SQLite refuses them in the same words")
{
    std::mt19937 random(7);
    const std::string alphabet = "abxX09 \t\n\v.,;()[]\"'`*+-/%<>=!|&~?:@$#_\\\x80\xef\xbb\xbf";
    int different = 0;
    for (int i = 0; i < 20000; ++i) {
        std::string sql = i % 2 ? "SELECT " : "";
        for (auto n = random() % 24; n > 0; --n)
            sql += i % 3 ? alphabet[random() % alphabet.size()] : static_cast<char>(random() % 255 + 1);
        const std::string expected = sqlites(sql);
        const std::string actual = ours(sql).message;
        if (is_syntax_error(expected) != is_syntax_error(actual) || (is_syntax_error(expected) && expected != actual)) {
            if (++different < 10)
                std::cout << "SQLite: " << expected << "\nwe:     " << actual << "\n        " << sql << "\n";
        }
    }
    CHECK(different == 0);
}

TEST_CASE("statements with words changed, doubled and lost are judged as SQLite judges them")
{
    std::mt19937 random(11);
    std::vector<std::string> words;
    for (const std::string& seed : seeds)
        for (const Token& token : lex(seed))
            words.emplace_back(token.span.of(seed));
    int different = 0;
    for (int i = 0; i < 20000; ++i) {
        const std::string& seed = seeds[random() % seeds.size()];
        std::vector<std::string> tokens;
        for (const Token& token : lex(seed))
            tokens.emplace_back(token.span.of(seed));
        for (auto changes = random() % 3 + 1; changes > 0 && !tokens.empty(); --changes) {
            const auto at = tokens.begin() + static_cast<std::ptrdiff_t>(random() % tokens.size());
            switch (random() % 3) {
            case 0:
                tokens.erase(at);
                break;
            case 1:
                tokens.insert(at, words[random() % words.size()]);
                break;
            default:
                *at = words[random() % words.size()];
            }
        }
        std::string sql;
        for (const std::string& token : tokens)
            sql += token + " ";
        const std::string expected = sqlites(sql);
        const std::string actual = ours(sql).message;
        // A semantic error of SQLite's may hide the syntax error behind it.
        if (is_syntax_error(expected) && expected != actual && ++different < 10)
            std::cout << "SQLite: " << expected << "\nwe:     " << actual << "\n        " << sql << "\n";
    }
    CHECK(different == 0);
}

TEST_CASE("bytes cut off and flipped anywhere in a statement do no harm")
{
    std::mt19937 random(13);
    for (const std::string& seed : seeds) {
        for (std::size_t n = 0; n <= seed.size(); ++n)
            ours(seed.substr(0, n));
        for (int i = 0; i < 500; ++i) {
            std::string sql = seed;
            for (auto changes = random() % 4 + 1; changes > 0; --changes)
                sql[random() % sql.size()] = static_cast<char>(random());
            ours(sql);
        }
    }
}
