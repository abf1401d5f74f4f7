// Which statements are driver chatter and which are SQLite's own business.
#include "proxy/pgwire/driver_chatter.hpp"
#include "proxy/pgwire/literal_casts.hpp"

#include <catch2/catch.hpp>

using namespace howdah::proxy::pgwire::chatter;

namespace {

// The chatter as a few words, "-" when it is none.
std::string what(std::string_view sql)
{
    const auto found = recognize(sql);
    if (!found)
        return "-";
    struct Words {
        static std::string mode(std::optional<bool> read_only)
        {
            return !read_only ? "" : *read_only ? " read only" : " read write";
        }
        std::string operator()(const Rewrite& c) const { return c.sql + mode(c.read_only); }
        std::string operator()(const Acknowledge& c) const { return "ok " + c.tag; }
        std::string operator()(const SetTransaction& c) const
        {
            return (c.session ? "session" : "transaction") + mode(c.read_only);
        }
        std::string operator()(const Assign& c) const
        {
            return c.tag + (c.local ? " local " : " ") + c.name + " = " + c.value.value_or("default");
        }
        std::string operator()(const ResetAll&) const { return "reset all"; }
        std::string operator()(const DiscardAll&) const { return "discard all"; }
        std::string operator()(const Deallocate& c) const { return "deallocate " + (c.all ? "all" : c.name); }
        std::string operator()(const Show& c) const { return "show " + c.name; }
        std::string operator()(const Constants& c) const
        {
            std::string text = "constants";
            for (const auto& item : c.items)
                text += " " + item.column + ":" + std::to_string(item.type);
            return text;
        }
        std::string operator()(const Refuse& c) const { return "refuse " + c.error.sqlstate; }
    };
    return std::visit(Words{}, *found);
}

} // namespace

TEST_CASE("what drivers send is recognised in every spelling")
{
    for (const auto& [sql, expected] : std::initializer_list<std::pair<const char*, const char*>>{
             {"BEGIN WORK", "BEGIN"},
             {"begin isolation level repeatable read", "BEGIN"},
             {"BEGIN TRANSACTION ISOLATION LEVEL READ COMMITTED, READ ONLY, NOT DEFERRABLE;", "BEGIN read only"},
             {"BEGIN READ WRITE", "BEGIN read write"},
             {"START TRANSACTION", "BEGIN"},
             {"/* app */ START TRANSACTION READ ONLY -- x", "BEGIN read only"},
             {"COMMIT WORK", "COMMIT"},
             {"COMMIT TRANSACTION AND NO CHAIN", "COMMIT"},
             {"COMMIT AND CHAIN", "refuse 0A000"},
             {"ABORT", "ROLLBACK"},
             {"ROLLBACK WORK TO SAVEPOINT \"a\"\"b\"", "ROLLBACK TO \"a\"\"b\""},
             {"SET a = b", "SET a = b"},
             {"SET LOCAL \"TimeZone\" TO 'UTC'", "SET local TimeZone = UTC"},
             {"SET SESSION statement_timeout TO 5000", "SET statement_timeout = 5000"},
             {"SET x.y TO DEFAULT", "SET x.y = default"},
             {"SET search_path TO \"$user\", public", "SET search_path = \"$user\", public"},
             {"SET search_path = ''", "SET search_path = \"\""},
             {"SET DateStyle = ISO, MDY", "SET datestyle = iso, mdy"},
             {"SET TIME ZONE 'UTC'", "SET timezone = UTC"},
             {"SET NAMES 'utf8'", "SET client_encoding = utf8"},
             {"SET extra_float_digits = -1", "SET extra_float_digits = -1"},
             {"SET SESSION CHARACTERISTICS AS TRANSACTION READ ONLY", "session read only"},
             {"SET TRANSACTION ISOLATION LEVEL SERIALIZABLE", "transaction"},
             {"SET CONSTRAINTS ALL DEFERRED", "refuse 0A000"},
             {"RESET ALL", "reset all"},
             {"RESET x", "RESET x = default"},
             {"RESET SESSION AUTHORIZATION", "RESET session_authorization = default"},
             {"SHOW ALL", "show all"},
             {"SHOW TIME ZONE", "show timezone"},
             {"DISCARD ALL", "discard all"},
             {"DISCARD PLANS", "ok DISCARD PLANS"},
             {"DISCARD TEMP", "refuse 0A000"},
             {"DEALLOCATE PREPARE \"_pg3_0\"", "deallocate _pg3_0"},
             {"DEALLOCATE ALL", "deallocate all"},
             {"UNLISTEN *", "ok UNLISTEN"},
             {"NOTIFY x", "refuse 0A000"},
             {"copy t from stdin", "refuse 0A000"},
             {"DECLARE \"c\" CURSOR FOR SELECT 1", "refuse 0A000"},
             {"PREPARE TRANSACTION 'x'", "refuse 0A000"},
             {"truncate t", "refuse 0A000"},
             {"SELECT LASTVAL()", "SELECT last_insert_rowid() AS lastval"},
             {"SELECT version()", "constants version:25"},
             {"select pg_catalog.version() as v, 1, 'x' \"Y\"", "constants v:25 ?column?:20 Y:25"},
             {"SELECT current_setting('server_version_num')::int4 AS n", "constants n:23"},
             {"SELECT current_schema", "constants current_schema:25"},
             {"SELECT pg_is_in_recovery()", "constants pg_is_in_recovery:16"},
             {"SELECT set_config('search_path', '', false);", "constants set_config:25"},
         }) {
        INFO(sql);
        CHECK(what(sql) == expected);
    }
}

TEST_CASE("what SQLite understands is left to SQLite, and what nobody understands too")
{
    for (const char* sql : {"",
                            ";",
                            "BEGIN",
                            "BEGIN IMMEDIATE",
                            "BEGIN TRANSACTION",
                            "COMMIT",
                            "END",
                            "END TRANSACTION",
                            "ROLLBACK",
                            "ROLLBACK TO a",
                            "ROLLBACK TRANSACTION TO SAVEPOINT a",
                            "SAVEPOINT a",
                            "RELEASE a",
                            "SELECT 1",
                            "SELECT 'version()'",
                            "SELECT version() FROM t",
                            "SELECT version() || 'x'",
                            "SELECT versions()",
                            "SELECT current_date",
                            "SELECT \"current_user\"",
                            "SELECT changes()",
                            "SELECT a, version()",
                            "SELECT 1 UNION SELECT 2",
                            "SETS x = 1",
                            "SET",
                            "SET x",
                            "SET x =",
                            "SET x = (1)",
                            "SHOW",
                            "SHOW a b",
                            "BEGIN READ",
                            "BEGIN WORK x",
                            "START",
                            "RESET",
                            "DEALLOCATE a b",
                            "CREATE TABLE t(a)",
                            "EXPLAIN SELECT version()",
                            "SELECT version(1)",
                            "/* howdah: postgres */ SHOW server_version",
                            "SELECT 'unfinished",
                            "/* unfinished"}) {
        INFO(sql);
        CHECK(what(sql) == "-");
    }
}

TEST_CASE("a literal with a type is the literal that a parameter of that type would be")
{
    using howdah::proxy::pgwire::without_literal_casts;
    for (const auto& [sql, expected] : std::initializer_list<std::pair<const char*, const char*>>{
             {"SELECT '\\x00ff'::bytea, 'a''b'::text", "SELECT x'00ff', 'a''b'"},
             {"VALUES ('2024-01-01T10:00:00.5'::timestamp, '2024-01-01'::date)",
              "VALUES ('2024-01-01 10:00:00.5', '2024-01-01')"},
             {"SELECT 'Infinity'::float, '-Infinity'::float8, 'NaN'::float, '1'::float8",
              "SELECT 9e999, (-9e999), NULL, 1.0"},
             {"SELECT 1-'-5'::int8, '2.50'::NUMERIC, 't'::bool", "SELECT 1-(-5), 2.5, 1"},
             {"SELECT '1 days'::interval -- '1'::int\n, '2'::int", "SELECT '1 days' -- '1'::int\n, 2"},
             {"SELECT \"'1'::int\", [x'1'::int], /* '1'::int */ '3'::int4",
              "SELECT \"'1'::int\", [x'1'::int], /* '1'::int */ 3"},
             {"SELECT  E'a\\\\b''c\\'d', E'\\\\x00'::bytea, e", "SELECT  'a\\b''c''d', x'00', e"},
             {"SELECT E'x', E'a\\nb', fe'a\\\\b' FROM t", "-"},
             // Not a literal of a type that is known, or PostgreSQL's own business.
             {"SELECT $1::int8, '''1''::int'", "-"},
             {"SELECT 'x'::int, '{1}'::int[], 'a'::varchar(3), x'00'::bytea, 'a'::hstore", "-"},
             {"SELECT 'x'::text FROM pg_class", "-"},
             {"/* howdah: postgres */ SELECT '1'::text", "-"},
             {"SELECT '1'::", "-"},
             {"SELECT 'x::int", "-"},
         }) {
        INFO(sql);
        CHECK(without_literal_casts(sql).value_or("-") == expected);
    }
}
