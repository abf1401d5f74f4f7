#!/usr/bin/env bash
# psql: scripts, errors, transactions, and the backslash commands that read PostgreSQL's own catalog.
set -u
failures=0
run() { psql -X -q -v ON_ERROR_STOP=0 "$@" 2>&1; }

# same NAME EXPECTED COMMAND…
same() {
    local name=$1 expected=$2 got
    shift 2
    got=$("$@")
    if [ "$got" != "$expected" ]; then
        printf 'not as expected: %s\n--- expected\n%s\n--- got\n%s\n' "$name" "$expected" "$got"
        failures=$((failures + 1))
    fi
}
# has NAME TEXT COMMAND…
has() {
    local name=$1 text=$2 got
    shift 2
    got=$("$@")
    if [[ "$got" != *"$text"* ]]; then
        printf 'not found: %s: %s\n--- in\n%s\n' "$name" "$text" "$got"
        failures=$((failures + 1))
    fi
}

run -c "DROP TABLE IF EXISTS t" -c "DROP TABLE IF EXISTS people" >/dev/null
same "create" "" run -c "CREATE TABLE t(id INTEGER PRIMARY KEY, name TEXT, r REAL, b BLOB)"
same "insert" "INSERT 0 2" psql -X -c "INSERT INTO t VALUES (1, 'one', 1.5, x'00ff'), (2, NULL, 2, NULL)"
same "select" $'1|one|1.5|\\x00ff\n2||2.0|' run -At -c "SELECT * FROM t ORDER BY id"
same "several statements in one message" $'1\n2' run -At -c "SELECT 1; SELECT 2"
same "a script" $'a\nb' run -At <<'SQL'
SELECT 'a';
-- a comment; with a semicolon
SELECT 'b';
SQL
same "update and delete" $'UPDATE 2\nDELETE 1' psql -X -c "UPDATE t SET r = r + 1" -c "DELETE FROM t WHERE id = 2"
same "a failed statement leaves the transaction alone" $'1\nERROR:  no such table: nope\n2' run -At <<'SQL'
BEGIN;
INSERT INTO t(id, name) VALUES (7, 'seven');
SELECT 1;
SELECT * FROM nope;
SELECT count(*) FROM t;
ROLLBACK;
SQL
same "rolled back" "1" run -At -c "SELECT count(*) FROM t"
has "an error has SQLite's words" 'near "SELEC": syntax error' run -c "SELEC 1"
has "and a SQLSTATE" "23505" run -v VERBOSITY=verbose -c "INSERT INTO t(id) VALUES (1)"
same "SQLite's own functions" "text|3|\$x" run -At -c "SELECT typeof('a'), length('abc'), '\$x'"
same "version" "PostgreSQL" bash -c "psql -X -At -c 'SELECT version()' | cut -d' ' -f1"
same "show" "on" run -At -c "SHOW standard_conforming_strings"
same "set" "" run -c "SET search_path TO public; SET statement_timeout = '5s'; RESET ALL"
same "transaction with a level" "COMMIT" bash -c "psql -X -c 'BEGIN ISOLATION LEVEL SERIALIZABLE; SELECT 1; COMMIT' | tail -1"
has "a read-only transaction refuses a write" "readonly" run -c "BEGIN READ ONLY" -c "DELETE FROM t" -c "COMMIT"
same "and only it" "UPDATE 1" psql -X -c "UPDATE t SET r = 2.5 WHERE id = 1"
has "conninfo" "You are connected" run -c '\conninfo'
has "\\dt" "|t|" run -At -c '\dt'
has "\\d t" "name" run -c '\d t'
has "\\l" "|" run -At -c '\l'
has "\\dn" "|" run -At -c '\dn'
same "gdesc" "a|bigint" run -At <<<'SELECT 1 AS a \gdesc'
same "an empty query" "" run -c ";"
same "variables" "42" run -At -v x=42 <<'SQL'
SELECT :x;
SQL
same "literals as drivers write them" "blob|00FF|2024-01-01 10:00:00|a\\b" run -At -c "SELECT typeof('\\x00ff'::bytea), hex('\\x00ff'::bytea), '2024-01-01T10:00:00'::timestamp, E'a\\\\b'"
has "COPY is refused by name" "there is no COPY" run -c "COPY t FROM STDIN"
same "the last rowid" "70" run -At -c "INSERT INTO t(id) VALUES (70)" -c "SELECT lastval()"
same "wide and long" "100000" run -At -c "SELECT length(hex(zeroblob(50000)))"
exit $((failures > 0))
