// See bookkeeping.hpp.
#include "dialect/bookkeeping.hpp"

#include "dialect/printer.hpp"

namespace howdah::dialect {

namespace {

// "howdah" in ASCII: the key of the advisory lock.
constexpr const char* install_lock_key = "114844764922216";

constexpr const char* bookkeeping_tables = R"sql(
CREATE SCHEMA IF NOT EXISTS howdah;
CREATE TABLE IF NOT EXISTS howdah.runtime (version text NOT NULL);
CREATE TABLE IF NOT EXISTS howdah.database (
    db text COLLATE "C" PRIMARY KEY,
    pg_schema text NOT NULL,
    version bigint NOT NULL DEFAULT 1,
    user_version bigint NOT NULL DEFAULT 0,
    application_id bigint NOT NULL DEFAULT 0,
    objects text);
ALTER TABLE howdah.database ADD COLUMN IF NOT EXISTS objects text;
CREATE TABLE IF NOT EXISTS howdah.schema (
    db text COLLATE "C" NOT NULL REFERENCES howdah.database ON DELETE CASCADE,
    seq bigint NOT NULL,
    type text COLLATE "C" NOT NULL,
    name text COLLATE "C" NOT NULL,
    tbl_name text COLLATE "C" NOT NULL,
    sql text,
    storage text NOT NULL DEFAULT '',
    PRIMARY KEY (db, type, name));
CREATE OR REPLACE FUNCTION howdah.begin_schema_change(which text, base bigint) RETURNS bigint LANGUAGE plpgsql AS $$
BEGIN
    UPDATE howdah.database SET version = version + 1 WHERE db = which AND version = base;
    IF NOT FOUND THEN
        RAISE EXCEPTION 'database schema has changed' USING ERRCODE = 'HW0SC';
    END IF;
    PERFORM pg_notify('howdah_schema', which || ' ' || (base + 1));
    RETURN base + 1;
END $$;
)sql";

std::string or_null(const std::optional<std::string>& text) { return text ? quote_string(*text) : "NULL"; }

// A setting of the server connection: it is undone by ROLLBACK, and by nothing else.
std::string private_setting(std::string_view prefix, std::string_view name)
{
    std::string setting = "howdah." + std::string(name) + "_of_";
    for (const char c : prefix)
        if (c >= '0' && c <= '9')
            setting += c;
    return setting;
}

std::string key(std::string_view pg_schema, const SchemaRow& row)
{
    return "db = " + quote_string(pg_schema) + " AND type = " + quote_string(row.type) +
           " AND name = " + quote_string(row.name);
}

} // namespace

std::string install_lock_sql() { return std::string("SELECT pg_advisory_xact_lock(") + install_lock_key + ")"; }

std::string runtime_version_sql() { return "SELECT version FROM howdah.runtime"; }

std::string install_bookkeeping_sql() { return bookkeeping_tables; }

std::string drop_runtime_sql()
{
    return R"sql(
DO $$
DECLARE routine record;
BEGIN
    FOR routine IN SELECT p.oid::regprocedure AS name FROM pg_catalog.pg_proc p
                   WHERE p.pronamespace = to_regnamespace('howdah') ORDER BY p.prokind <> 'a' LOOP
        BEGIN
            EXECUTE 'DROP ROUTINE ' || routine.name;
        EXCEPTION WHEN dependent_objects_still_exist THEN
            NULL;
        END;
    END LOOP;
END $$)sql";
}

std::string set_runtime_version_sql(std::string_view version)
{
    return "DELETE FROM howdah.runtime; INSERT INTO howdah.runtime (version) VALUES (" + quote_string(version) + ")";
}

std::string pg_schema_of(std::string_view database)
{
    return database.size() <= 63 ? std::string(database) : pg_identifier(database);
}

bool is_usable_schema(std::string_view pg_schema)
{
    return !pg_schema.empty() && !pg_schema.starts_with("pg_") && pg_schema != "information_schema" &&
           pg_schema != "howdah" && pg_schema.find('\0') == std::string_view::npos;
}

std::string create_database_sql(std::string_view pg_schema, bool create_schema)
{
    const std::string db = quote_string(pg_schema);
    const std::string writer = writer_table(pg_schema);
    std::string sql;
    if (create_schema)
        sql += "CREATE SCHEMA IF NOT EXISTS " + quote_identifier(pg_schema) + ";\n";
    sql += "INSERT INTO howdah.database (db, pg_schema) VALUES (" + db + ", " + db + ") ON CONFLICT DO NOTHING;\n";
    sql += "CREATE TABLE IF NOT EXISTS " + writer + " (v bigint NOT NULL) WITH (fillfactor = 20);\n";
    sql += "INSERT INTO " + writer + " (v) SELECT 0 WHERE NOT EXISTS (SELECT FROM " + writer + ")";
    return sql;
}

std::string writer_table(std::string_view pg_schema)
{
    std::string name = "writer_" + std::string(pg_schema);
    // Not folded when it fits: schemas whose names differ in case are different databases.
    return qualified("howdah", name.size() <= 63 ? name : pg_identifier(name));
}

std::vector<std::string> writer_lock_statements(std::string_view pg_schema)
{
    const std::string writer = writer_table(pg_schema);
    return {"LOCK TABLE " + writer + " IN EXCLUSIVE MODE", "UPDATE " + writer + " SET v = v + 1"};
}

std::string short_writer_lock_statement(std::string_view pg_schema) { return writer_lock_statements(pg_schema).back(); }

std::string flush_sql() { return "SELECT pg_logical_emit_message(true, 'howdah', '')"; }

std::string load_schema_sql(std::string_view pg_schema)
{
    return "SELECT d.version, d.user_version, d.application_id, s.type, s.name, s.tbl_name, s.sql, s.storage, "
           "d.objects FROM howdah.database d LEFT JOIN howdah.schema s ON s.db = d.db WHERE d.db = " +
           quote_string(pg_schema) + " ORDER BY s.seq";
}

std::string begin_schema_change_sql(std::string_view pg_schema, std::optional<std::int64_t> base)
{
    const std::string db = quote_string(pg_schema);
    const std::string version =
        base ? std::to_string(*base) : "(SELECT version FROM howdah.database WHERE db = " + db + ")";
    return "SELECT howdah.begin_schema_change(" + db + ", " + version + ")";
}

std::string hold_schema_sql(std::string_view pg_schema, std::int64_t version)
{
    return "DO " + quote_string("BEGIN PERFORM FROM howdah.database WHERE db = " + quote_string(pg_schema) +
                                " AND version = " + std::to_string(version) +
                                " FOR UPDATE; IF NOT FOUND THEN RAISE EXCEPTION "
                                "'database schema has changed' USING ERRCODE = '" +
                                std::string(stale_schema_sqlstate) + "'; END IF; END");
}

std::string set_objects_version_sql(std::string_view pg_schema, std::string_view version)
{
    return "UPDATE howdah.database SET objects = " + quote_string(version) + " WHERE db = " + quote_string(pg_schema);
}

std::string delete_schema_row_sql(std::string_view pg_schema, const SchemaRow& row)
{
    return "DELETE FROM howdah.schema WHERE " + key(pg_schema, row);
}

std::string rename_schema_row_sql(std::string_view pg_schema, const SchemaRow& was, const SchemaRow& row)
{
    return "UPDATE howdah.schema SET type = " + quote_string(row.type) + ", name = " + quote_string(row.name) +
           " WHERE " + key(pg_schema, was);
}

std::string put_schema_rows_sql(std::string_view pg_schema, const std::vector<SchemaRow>& rows)
{
    const std::string db = quote_string(pg_schema);
    std::vector<std::string> values;
    for (const SchemaRow& row : rows)
        values.push_back("(" + std::to_string(values.size() + 1) + ", " + quote_string(row.type) + ", " +
                         quote_string(row.name) + ", " + quote_string(row.tbl_name) + ", " + or_null(row.sql) + ", " +
                         quote_string(row.storage) + ")");
    return "INSERT INTO howdah.schema (db, seq, type, name, tbl_name, sql, storage) SELECT " + db +
           ", r.n + (SELECT coalesce(max(seq), 0) FROM howdah.schema WHERE db = " + db +
           "), r.type, r.name, r.tbl_name, r.sql, r.storage FROM (VALUES " + join(values, ", ") +
           ") AS r (n, type, name, tbl_name, sql, storage) ON CONFLICT (db, type, name) DO UPDATE SET tbl_name = "
           "excluded.tbl_name, sql = excluded.sql, storage = excluded.storage";
}

std::string get_database_value_statement(std::string_view pg_schema, std::string_view name)
{
    return "SELECT " + quote_identifier(name) + " FROM howdah.database WHERE db = " + quote_string(pg_schema);
}

std::string get_private_value_statement(std::string_view prefix, std::string_view name)
{
    return "SELECT coalesce(nullif(current_setting(" + quote_string(private_setting(prefix, name)) +
           ", true), ''), '0')::bigint";
}

std::string set_private_value_statement(std::string_view prefix, std::string_view name, std::int64_t value)
{
    return "SELECT set_config(" + quote_string(private_setting(prefix, name)) + ", '" + std::to_string(value) +
           "', false)";
}

std::string set_database_value_statement(std::string_view pg_schema, std::string_view name, std::int64_t value)
{
    return "UPDATE howdah.database SET " + quote_identifier(name) + " = " + std::to_string(value) +
           " WHERE db = " + quote_string(pg_schema);
}

} // namespace howdah::dialect
