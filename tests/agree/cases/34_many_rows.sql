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

-- case: many_rows/subqueries-of-one-row-beside-others
CREATE TABLE mr_u(id INTEGER PRIMARY KEY, k, v);
WITH RECURSIVE s(i) AS (VALUES (1) UNION ALL SELECT i + 1 FROM s WHERE i < 200) INSERT INTO mr_u SELECT i * 7919 % 1009, i * 17 % 23, i * 31 % 101 FROM s;
SELECT mr_u.id FROM (SELECT count(*) AS n FROM mr_u WHERE k = 3) AS a RIGHT JOIN mr_u ON a.n = mr_u.k;
SELECT mr_u.id, n FROM (SELECT count(*) AS n FROM mr_u WHERE k = 3) AS a LEFT JOIN mr_u ON a.n < mr_u.k;
SELECT mr_u.id, n FROM mr_u JOIN (SELECT count(*) AS n FROM mr_u WHERE k = 3) AS a ON a.n <= mr_u.k;
SELECT mr_u.id, n FROM (SELECT max(v) AS n FROM mr_u WHERE k = 3) AS a, mr_u WHERE mr_u.v <> n LIMIT 50;
SELECT mr_u.k, group_concat(mr_u.id) FROM (SELECT max(v) AS n FROM mr_u WHERE k = 3) AS a, mr_u WHERE mr_u.v <> n GROUP BY mr_u.k;
WITH w AS (SELECT max(v) AS n FROM mr_u) SELECT group_concat(mr_u.id) FROM w, mr_u WHERE mr_u.v <> n;
SELECT mr_u.id, n FROM (VALUES (3)) AS a JOIN (SELECT max(v) AS n FROM mr_u) AS b JOIN mr_u ON mr_u.k > a.column1;

-- case: many_rows/several-ors
CREATE TABLE mr_o(id INTEGER PRIMARY KEY, b, c); CREATE INDEX mr_ob ON mr_o(b);
WITH RECURSIVE s(i) AS (VALUES (1) UNION ALL SELECT i + 1 FROM s WHERE i < 200) INSERT INTO mr_o SELECT i * 7919 % 1009, CASE i % 3 WHEN 0 THEN NULL ELSE i * 17 % 23 END, i * 31 % 101 FROM s;
SELECT id, b FROM mr_o WHERE (c >= 50 OR c IS NOT NULL) AND (b IS NULL OR id = 858);
SELECT id, b FROM mr_o WHERE (id IS NOT NULL OR c > 20) AND (b = 7 OR id > 900);
SELECT id, b FROM mr_o WHERE (b = 3 OR b = 2) AND (id = 858 OR b = 7 OR b = 3);

-- case: many_rows/sorted-although-materialized
CREATE TABLE mr_x(x); CREATE TABLE mr_g(id INTEGER PRIMARY KEY, g, h);
WITH RECURSIVE s(i) AS (VALUES (1) UNION ALL SELECT i + 1 FROM s WHERE i < 100) INSERT INTO mr_g SELECT i * 7919 % 1009, i * 17 % 43, i * 31 % 101 FROM s;
INSERT INTO mr_x VALUES (3), (77), (5), (88);
WITH w AS MATERIALIZED (SELECT g, h FROM mr_g GROUP BY g ORDER BY h) SELECT mr_x.x, w.g FROM mr_x FULL JOIN w ON mr_x.x = w.g;
WITH w AS (SELECT g, h FROM mr_g GROUP BY g ORDER BY h) SELECT mr_x.x, w.g FROM mr_x FULL JOIN w ON mr_x.x = w.g;
WITH w AS MATERIALIZED (SELECT g, h FROM mr_g GROUP BY g ORDER BY h) SELECT mr_x.x, w.g FROM mr_x LEFT JOIN w ON mr_x.x < w.g;
WITH w AS (SELECT id, g, h FROM mr_g ORDER BY h) SELECT w.g, z.g FROM w JOIN w AS z ON w.g = z.h;

-- case: many_rows/update-from-subqueries
CREATE TABLE mr_t(id INTEGER PRIMARY KEY, k, v, w); CREATE TABLE mr_m(id INTEGER PRIMARY KEY, k INT, v); CREATE INDEX mr_mk ON mr_m(k, v DESC);
WITH RECURSIVE s(i) AS (VALUES (1) UNION ALL SELECT i + 1 FROM s WHERE i < 200) INSERT INTO mr_m SELECT i * 7919 % 1009, i * 17 % 23, i * 31 % 101 FROM s;
WITH RECURSIVE s(i) AS (VALUES (0) UNION ALL SELECT i + 1 FROM s WHERE i < 25) INSERT INTO mr_t(k) SELECT i FROM s;
UPDATE mr_t SET v = q.v FROM (SELECT k, v FROM mr_m) AS q WHERE q.k = mr_t.k RETURNING id, v;
UPDATE mr_t SET v = q.v FROM (SELECT k, v FROM mr_m ORDER BY id DESC) AS q WHERE q.k = mr_t.k RETURNING id, v;
UPDATE mr_t SET v = q.v FROM (SELECT k, v FROM mr_m ORDER BY id DESC LIMIT 150) AS q WHERE q.k = mr_t.k RETURNING id, v;
UPDATE mr_t SET v = q.v FROM (SELECT k, v FROM mr_m UNION ALL SELECT k, id FROM mr_m) AS q WHERE q.k = mr_t.k RETURNING id, v;
UPDATE mr_t SET v = q.v FROM (SELECT k, v FROM mr_m UNION SELECT k, id FROM mr_m) AS q WHERE q.k = mr_t.k RETURNING id, v;
UPDATE mr_t SET v = q.g FROM (SELECT k, id % 10 AS j, group_concat(v) AS g FROM mr_m GROUP BY k, j) AS q WHERE q.k = mr_t.k RETURNING id, v;
UPDATE mr_t SET v = q.g FROM (SELECT k, v AS g FROM mr_m GROUP BY v) AS q WHERE q.k = mr_t.k RETURNING id, v;
UPDATE mr_t SET v = q.g FROM (SELECT DISTINCT v AS g, k FROM mr_m) AS q WHERE q.k = mr_t.k RETURNING id, v;
WITH w AS (SELECT k, v FROM mr_m WHERE v > 3) UPDATE mr_t SET v = w.v FROM w WHERE w.k = mr_t.k RETURNING id, v;
WITH w AS (SELECT k, max(v) AS v FROM mr_m GROUP BY k, v % 3) UPDATE mr_t SET v = w.v, w = x.v FROM w, (SELECT v, id FROM mr_m WHERE id < 30) AS x WHERE w.k = mr_t.k AND x.id > w.k RETURNING id, v, w;
CREATE VIEW mr_v AS SELECT k, v FROM mr_m; UPDATE mr_t SET v = mr_v.v FROM mr_v WHERE mr_v.k = mr_t.k RETURNING id, v;

-- case: many_rows/a-rowid-beside-windows-in-a-compound
CREATE TABLE mr_c(id INTEGER PRIMARY KEY, t, s TEXT COLLATE NOCASE); INSERT INTO mr_c VALUES (1, 1, 'Paid'), (2, 1, 'paid'), (3, 2, 'x');
SELECT nth_value(s, 2) OVER () AS x0, id AS x1 FROM mr_c UNION SELECT t, s FROM mr_c;
SELECT 1, id FROM mr_c UNION SELECT t, s FROM mr_c; SELECT count(*) OVER (), id + 0 FROM mr_c UNION SELECT t, s FROM mr_c; SELECT count(*) OVER (), rowid FROM mr_c EXCEPT SELECT t, s FROM mr_c;

-- case: many_rows/order-by-an-alias-of-a-compound-that-tables-have-too
CREATE TABLE mr_p(x0 TEXT, x1); CREATE TABLE mr_q(x0 TEXT, y);
INSERT INTO mr_p VALUES ('b', 'C'), ('A', 'x'), ('c', 'B'); INSERT INTO mr_q VALUES ('A', 1), ('z', 2);
SELECT mr_p.x1 AS x0 FROM mr_p JOIN mr_q UNION SELECT x0 FROM mr_q ORDER BY x0 COLLATE NOCASE;
SELECT mr_p.x1 AS x0 FROM mr_p JOIN mr_q UNION SELECT x0 FROM mr_q UNION SELECT 'q' FROM mr_p ORDER BY x0 DESC;
SELECT mr_p.x1 AS x0, mr_p.x0 FROM mr_p JOIN mr_q UNION SELECT x0, y FROM mr_q ORDER BY 1 COLLATE NOCASE, x0;
SELECT mr_p.x1 FROM mr_p JOIN mr_q UNION SELECT y AS x0 FROM mr_q ORDER BY x0; SELECT mr_p.x1 AS q FROM mr_p JOIN mr_q UNION SELECT x0 FROM mr_q ORDER BY x0 DESC;

-- case: many_rows/limit-of-a-subquery-that-is-sorted-outside
CREATE TABLE mr_l(x, y); CREATE TABLE mr_e(k, s); INSERT INTO mr_e VALUES (1, 2), (3, 4);
WITH RECURSIVE s(i) AS (VALUES (1) UNION ALL SELECT i + 1 FROM s WHERE i < 40) INSERT INTO mr_l SELECT i * 7 % 11, i % 5 FROM s;
CREATE VIEW mr_lv AS SELECT x, y FROM mr_l LIMIT 5;
SELECT x FROM (SELECT x FROM mr_l LIMIT 5) ORDER BY x DESC; SELECT x + 1 FROM (SELECT x, y FROM mr_l LIMIT 5) ORDER BY y; SELECT x FROM (SELECT x FROM mr_l WHERE y = 2 LIMIT 5) ORDER BY x;
SELECT x FROM (SELECT x FROM mr_l LIMIT 5 OFFSET 3) ORDER BY x DESC; SELECT x FROM (SELECT x FROM mr_l ORDER BY y LIMIT 5) ORDER BY x DESC; SELECT x FROM (SELECT x, y FROM mr_l LIMIT 5) ORDER BY y, x LIMIT 2;
SELECT x FROM (SELECT DISTINCT x FROM mr_l LIMIT 5) ORDER BY x DESC; SELECT x FROM (SELECT max(x) AS x FROM mr_l GROUP BY y LIMIT 3) ORDER BY x DESC; SELECT DISTINCT x FROM mr_lv ORDER BY x DESC; SELECT x, count(*) FROM mr_lv GROUP BY x ORDER BY x DESC;
SELECT x FROM (SELECT mr_l.x FROM mr_l JOIN mr_e ON mr_l.y = mr_e.k LIMIT 3) ORDER BY x DESC; SELECT x FROM (SELECT x FROM (SELECT x, y FROM mr_l) LIMIT 5) ORDER BY x DESC; SELECT x FROM (SELECT x FROM (SELECT x FROM mr_l LIMIT 5)) ORDER BY x DESC;
WITH w AS (SELECT x FROM mr_l LIMIT 5) SELECT x FROM w ORDER BY x DESC; WITH w AS MATERIALIZED (SELECT x FROM mr_l LIMIT 5) SELECT x FROM w ORDER BY x DESC; WITH w AS (SELECT x FROM mr_l LIMIT 5) SELECT x FROM w WHERE x IN (SELECT x FROM w) ORDER BY x DESC; WITH w AS (SELECT x FROM mr_l LIMIT 5) SELECT x, (SELECT count(*) FROM w) FROM w ORDER BY x DESC;
SELECT x FROM mr_lv ORDER BY x DESC; SELECT x FROM mr_lv WHERE x > 2 ORDER BY x DESC; SELECT mr_lv.x, mr_e.k FROM mr_lv, mr_e ORDER BY mr_lv.x DESC;
SELECT (SELECT x FROM (SELECT x FROM mr_l LIMIT 5) ORDER BY x DESC), (SELECT x FROM (SELECT x FROM mr_l LIMIT 5) ORDER BY x DESC LIMIT 1); SELECT group_concat(x) FROM (SELECT x FROM (SELECT x FROM mr_l LIMIT 5) ORDER BY x DESC); SELECT x FROM (SELECT x FROM (SELECT x FROM mr_l LIMIT 5) ORDER BY x DESC LIMIT 3);
SELECT x FROM (SELECT x FROM mr_l LIMIT -1) ORDER BY x DESC LIMIT 3; SELECT x FROM (SELECT x FROM mr_l LIMIT 0) ORDER BY x DESC;
INSERT INTO mr_e SELECT x, 1 FROM (SELECT x FROM mr_l LIMIT 5) ORDER BY x DESC RETURNING k;
-- bind: [3]
SELECT x FROM (SELECT x FROM mr_l LIMIT ?) ORDER BY x DESC;

-- case: many_rows/conflicts-at-once
CREATE TABLE mr_s(id INTEGER PRIMARY KEY, k TEXT, n INTEGER);
WITH RECURSIVE s(i) AS (VALUES (1) UNION ALL SELECT i + 1 FROM s WHERE i < 60) INSERT INTO mr_s(k, n) SELECT CASE WHEN i % 13 = 0 THEN NULL ELSE 'k' || (i * 7 % 40) END, i FROM s;
CREATE TABLE mr_k(k TEXT COLLATE NOCASE PRIMARY KEY, n INTEGER NOT NULL DEFAULT 3, m);
INSERT INTO mr_k VALUES ('K7', 1, 'was'), ('k14', 2, 'was'), ('other', 3, 'was');
INSERT OR IGNORE INTO mr_k SELECT k, n, 'new' FROM mr_s WHERE n < 40;
SELECT changes(), last_insert_rowid();
SELECT rowid, * FROM mr_k ORDER BY rowid;
INSERT OR IGNORE INTO mr_k(k, n) VALUES ('v1', 1), ('K7', 2), ('v2', NULL), (NULL, 4), ('V1', 5), (NULL, 6), ('v3', 7);
SELECT changes(), last_insert_rowid(), max(rowid), count(*) FROM mr_k;
INSERT INTO mr_k(k, n) SELECT k, n FROM mr_s WHERE n BETWEEN 41 AND 50 ON CONFLICT(k) DO UPDATE SET n = n + excluded.n;
SELECT changes(), last_insert_rowid();
INSERT INTO mr_k(k, n) SELECT k, n FROM mr_s WHERE k IS NOT NULL ON CONFLICT(k) DO UPDATE SET n = n + 1, m = 'twice' WHERE excluded.n > 5;
SELECT changes(), last_insert_rowid();
SELECT rowid, * FROM mr_k ORDER BY rowid;
INSERT INTO mr_k(k, n) VALUES ('a1', 1), ('a2', 2), ('k7', 3), ('a3', 4), (NULL, 5) ON CONFLICT(k) DO UPDATE SET n = -excluded.n;
SELECT changes(), last_insert_rowid();
REPLACE INTO mr_k(k, n) SELECT k, n FROM mr_s WHERE n BETWEEN 10 AND 14;
SELECT changes(), last_insert_rowid();
REPLACE INTO mr_k(k, n) SELECT lower(k), n FROM mr_s WHERE n > 50 OR n < 9;
SELECT changes(), last_insert_rowid();
SELECT rowid, * FROM mr_k ORDER BY rowid;
INSERT INTO mr_k(k, n) SELECT k, n FROM mr_s WHERE n < 30 ON CONFLICT(k) DO UPDATE SET k = excluded.k || 'x';
SELECT rowid, * FROM mr_k ORDER BY rowid;
INSERT INTO mr_k(k, n) SELECT 'z' || n, nullif(n, 55) FROM mr_s ON CONFLICT(k) DO UPDATE SET n = 0;
SELECT count(*), max(rowid), sum(n) FROM mr_k;
DELETE FROM mr_k WHERE rowid > 20;
INSERT INTO mr_k(k, n) SELECT k, n FROM mr_k WHERE n > 5 ON CONFLICT(k) DO UPDATE SET n = n * 2 RETURNING rowid, n;
INSERT INTO mr_k(k, n, m) SELECT k || 'y', n, (SELECT max(n) FROM mr_k) FROM mr_k WHERE true ON CONFLICT DO UPDATE SET m = 'never';
SELECT rowid, * FROM mr_k ORDER BY rowid;

-- case: many_rows/conflicts-at-once-by-rowid-and-without
CREATE TABLE mr_r(id INTEGER PRIMARY KEY, n INTEGER CHECK (n < 1000), m);
CREATE TABLE mr_w(a INTEGER, b TEXT, n INTEGER, PRIMARY KEY (a, b)) WITHOUT ROWID;
CREATE TABLE mr_q(id INTEGER PRIMARY KEY AUTOINCREMENT, u INTEGER UNIQUE, n INTEGER);
WITH RECURSIVE s(i) AS (VALUES (1) UNION ALL SELECT i + 1 FROM s WHERE i < 50) INSERT INTO mr_r SELECT i * 3, i, 'was' FROM s;
INSERT INTO mr_r(id, n) SELECT id + 1, n FROM mr_r WHERE true ON CONFLICT(id) DO UPDATE SET n = 0;
INSERT INTO mr_r(id, n) SELECT id / 2, n FROM mr_r WHERE true ON CONFLICT(id) DO UPDATE SET n = n + excluded.n, m = 'again';
SELECT changes(), last_insert_rowid(), count(*), sum(n), max(id), count(m) FROM mr_r;
INSERT OR REPLACE INTO mr_r SELECT id, n + 1, 'replaced' FROM mr_r WHERE id % 2;
SELECT changes(), last_insert_rowid(), count(*), sum(n), max(id), count(m) FROM mr_r;
INSERT INTO mr_r(id, n) SELECT id, 1000 FROM mr_r WHERE true ON CONFLICT DO NOTHING;
SELECT count(*), sum(n) FROM mr_r;
INSERT INTO mr_w SELECT id % 7, 'b' || (id % 3), n FROM mr_r WHERE true ON CONFLICT(a, b) DO UPDATE SET n = n + excluded.n;
INSERT OR IGNORE INTO mr_w SELECT id % 9, 'B' || (id % 2), n FROM mr_r;
REPLACE INTO mr_w SELECT id % 9, 'b1', id FROM mr_r;
SELECT * FROM mr_w ORDER BY a, b;
INSERT OR IGNORE INTO mr_q(u, n) SELECT n % 10, n FROM mr_r;
INSERT INTO mr_q(u, n) SELECT n % 15, n FROM mr_r WHERE true ON CONFLICT(u) DO UPDATE SET n = n + 1;
SELECT *, (SELECT seq FROM sqlite_sequence WHERE name = 'mr_q') FROM mr_q ORDER BY id;
BEGIN;
INSERT INTO mr_r(n, m) SELECT n, 'tx' FROM mr_r WHERE id < 10;
INSERT INTO mr_r(id, n) SELECT id, 5 FROM mr_r WHERE id < 20 ON CONFLICT(id) DO UPDATE SET m = 'tx' || excluded.n;
ROLLBACK;
SELECT count(*), count(m) FROM mr_r WHERE m LIKE 'tx%';
