#!/usr/bin/env bash
# pgbench with a script of its own, in all three query modes, reading and writing.
set -eu
directory=$(mktemp -d)
trap 'rm -rf "$directory"' EXIT
psql -X -q -c "DROP TABLE IF EXISTS bench" -c "CREATE TABLE bench(id INTEGER PRIMARY KEY, v INTEGER NOT NULL)" \
    -c "WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < 100) INSERT INTO bench SELECT i, 0 FROM n"
cat >"$directory/read.sql" <<'SQL'
\set id random(1, 100)
SELECT v FROM bench WHERE id = :id;
SQL
cat >"$directory/write.sql" <<'SQL'
\set id random(1, 100)
BEGIN IMMEDIATE;
UPDATE bench SET v = v + 1 WHERE id = :id;
SELECT v FROM bench WHERE id = :id;
COMMIT;
SQL
for mode in simple extended prepared; do
    pgbench -n -M "$mode" -c 4 -j 2 -t 100 -f "$directory/read.sql" >"$directory/out" 2>&1 || { cat "$directory/out"; exit 1; }
    grep -q "number of transactions actually processed: 400/400" "$directory/out" || { cat "$directory/out"; exit 1; }
    # One client: two would meet SQLite's "database is locked", which pgbench does not retry.
    pgbench -n -M "$mode" -c 1 -t 50 -f "$directory/write.sql" >"$directory/out" 2>&1 || { cat "$directory/out"; exit 1; }
    grep -q "number of transactions actually processed: 50/50" "$directory/out" || { cat "$directory/out"; exit 1; }
done
sum=$(psql -X -At -c "SELECT sum(v) FROM bench")
[ "$sum" = 150 ] || { echo "sum of all updates: $sum instead of 150"; exit 1; }
