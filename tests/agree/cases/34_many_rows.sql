-- Answers over more rows than PostgreSQL's planner takes for a handful: it sorts, hashes and merges, and nothing but the
-- statement's text keeps SQLite's order. random_statements.py --large has found most of these.

-- case: many_rows/window-over-a-grouped-subquery
CREATE TABLE mr_i(oid INTEGER, pos INTEGER, qty INT, price REAL, PRIMARY KEY (oid, pos));
WITH RECURSIVE s(i) AS (VALUES (1) UNION ALL SELECT i + 1 FROM s WHERE i < 30) INSERT INTO mr_i SELECT i / 3, i % 3 + 1, i * 7 % 5, i * 11 % 3 * 0.5 FROM s;
SELECT nth_value(q.g, 2) OVER (PARTITION BY q.p ORDER BY q.p DESC), q.oid FROM (SELECT oid, price AS p, group_concat(DISTINCT qty) AS g FROM mr_i GROUP BY price, oid) AS q;
SELECT row_number() OVER (PARTITION BY n), oid FROM (SELECT oid, count(*) AS n FROM mr_i GROUP BY oid ORDER BY max(price)) AS q;
SELECT lag(qty) OVER (ORDER BY 1), qty FROM (SELECT DISTINCT qty, price FROM mr_i) AS q;
SELECT first_value(qty) OVER (PARTITION BY price), qty FROM (SELECT qty, price FROM mr_i UNION SELECT oid, qty FROM mr_i) AS q;

-- case: many_rows/a-common-table-that-nothing-reads
CREATE TABLE mr_a(id INTEGER PRIMARY KEY, a INTEGER UNIQUE); CREATE TABLE mr_b(b TEXT);
INSERT INTO mr_a VALUES (1, 5), (2, 3), (3, 4);
WITH w1 AS (SELECT x0 FROM (SELECT b AS x0 FROM mr_b)), w2 AS (SELECT first_value(a) OVER () AS a FROM mr_a) SELECT x0 FROM (SELECT DISTINCT a AS x0 FROM w2) GROUP BY 1 EXCEPT SELECT y.id FROM mr_a AS y JOIN w2 ON w2.a = y.a;
