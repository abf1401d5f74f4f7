-- The order in which SQLite visits rows decides answers where no ORDER BY does. Compared with --order.
-- case: visit/covering-index
CREATE TABLE vo(id INTEGER PRIMARY KEY, a INTEGER, b TEXT COLLATE NOCASE, c);
CREATE INDEX vo_a ON vo(a DESC);
CREATE INDEX vo_bc ON vo(b, c);
INSERT INTO vo VALUES (5, 3, 'b', 1), (1, 1, 'B', 1.0), (4, NULL, 'a', 'x'), (2, 3, 'A', x'01'), (3, 2, NULL, 2.5);
SELECT a FROM vo;
SELECT a FROM vo LIMIT 2;
SELECT b FROM vo LIMIT 3 OFFSET 1;
SELECT b, c FROM vo;
SELECT id, a FROM vo WHERE a > 0;
SELECT (SELECT a FROM vo), (SELECT b FROM vo WHERE b IS NOT NULL), (SELECT c FROM vo WHERE b >= 'a' LIMIT 1 OFFSET 1);
SELECT count(*), b FROM vo;
SELECT group_concat(a), group_concat(id) FROM vo;
SELECT group_concat(a) FROM vo;
SELECT json_group_array(b) FROM vo;
CREATE TABLE copy(b);
INSERT INTO copy SELECT b FROM vo;
SELECT rowid, b FROM copy;
INSERT INTO copy SELECT id FROM vo WHERE a BETWEEN 1 AND 3;
SELECT rowid, b FROM copy;

-- case: visit/in-and-or
CREATE TABLE io(k INTEGER, a INTEGER, b TEXT, c INTEGER);
CREATE INDEX io_a ON io(a);
CREATE INDEX io_b ON io(b);
INSERT INTO io VALUES (1, 3, 'x', 1), (2, 1, 'y', 2), (3, 2, 'x', 3), (4, 1, 'z', 4), (5, 3, 'y', 5);
SELECT k FROM io WHERE a IN (3, 1);
SELECT k FROM io WHERE a IN (3, 1) LIMIT 3;
SELECT k FROM io WHERE rowid IN (4, 2, 5);
SELECT k FROM io WHERE a = 3 OR b = 'y';
SELECT k FROM io WHERE b = 'y' OR a = 3;
SELECT k FROM io WHERE (a = 1 OR b = 'x') AND c > 1 LIMIT 2;
SELECT k FROM io WHERE a > 1 OR b = 'z';
SELECT k FROM io WHERE a IN (SELECT a FROM io WHERE c < 4);
SELECT k FROM io WHERE rowid > 3 OR a = 1;

-- case: visit/nested-loops
CREATE TABLE nl(k INTEGER PRIMARY KEY, a INTEGER, b TEXT);
CREATE TABLE nm(k INTEGER, a INTEGER, b TEXT);
CREATE INDEX nl_a ON nl(a, b DESC);
INSERT INTO nl VALUES (3, 1, 'p'), (1, 2, 'q'), (4, 1, 'r'), (2, 2, 'p');
INSERT INTO nm VALUES (9, 2, 'm'), (7, 1, 'z'), (8, 2, 'a'), (6, 3, 'n');
SELECT nl.k, nm.k FROM nl JOIN nm ON nl.a = nm.a;
SELECT nl.k, nm.k FROM nm JOIN nl ON nl.a = nm.a LIMIT 3;
SELECT x.k, y.k FROM nm x JOIN nm y ON x.a = y.a;
SELECT x.k, y.b FROM nm x CROSS JOIN nm y WHERE x.a = y.a AND y.b > 'a';
SELECT nm.k, nl.b FROM nm LEFT JOIN nl ON nl.a = nm.a;
SELECT nl.k, nm.k FROM nl RIGHT JOIN nm ON nl.a = nm.a;
SELECT nl.k, nm.k FROM nl FULL JOIN nm ON nl.a = nm.a AND nm.b > 'b';
SELECT group_concat(nl.k) FROM nl JOIN nm ON nl.a = nm.a GROUP BY nm.a;
SELECT nl.k, nm.k FROM nl JOIN nm ON nl.a = nm.a ORDER BY nl.a LIMIT 3;
SELECT DISTINCT nl.b FROM nl JOIN nm ON nl.a = nm.a;

-- case: visit/subqueries-of-from
CREATE TABLE sf(k INTEGER PRIMARY KEY, a INTEGER, b TEXT);
CREATE INDEX sf_a ON sf(a);
CREATE VIEW sv AS SELECT a, b FROM sf WHERE b <> 'z';
INSERT INTO sf VALUES (1, 3, 'p'), (2, 1, 'q'), (3, 2, 'z'), (4, 1, 'p'), (5, 3, 'r');
SELECT * FROM sv;
SELECT * FROM sv WHERE a > 0 LIMIT 2;
SELECT a FROM (SELECT * FROM sf) LIMIT 3;
WITH s AS (SELECT * FROM sf WHERE a >= 2) SELECT k FROM s;
WITH s AS (SELECT * FROM sf) SELECT s.k, t.k FROM s JOIN sf t ON t.a = s.a LIMIT 5;
WITH s AS (SELECT a, count(*) AS n FROM sf GROUP BY a) SELECT s.n, t.k FROM s JOIN sf t ON t.a = s.a;
SELECT x.b, y.b FROM sf x JOIN (SELECT b, a FROM sf ORDER BY b LIMIT 3) y ON x.a = y.a;
SELECT group_concat(b) FROM (SELECT b FROM sf ORDER BY b DESC);
SELECT a, group_concat(b) FROM (SELECT a, b FROM sf ORDER BY b DESC) GROUP BY a;
SELECT a FROM sf WHERE a > 1 UNION ALL SELECT k FROM sf WHERE k < 3;

-- case: visit/groups
CREATE TABLE vg(k INTEGER PRIMARY KEY, a, b TEXT COLLATE NOCASE);
CREATE INDEX vg_b ON vg(b DESC);
INSERT INTO vg VALUES (1, 1, 'x'), (2, 1.0, 'X'), (3, 2, 'y'), (4, 2.0, 'Y'), (5, 3, 'z');
SELECT a, count(*) FROM vg GROUP BY a ORDER BY count(*) DESC;
SELECT a, count(*) FROM vg GROUP BY a ORDER BY count(*);
SELECT b, count(*) FROM vg GROUP BY b;
SELECT b, count(*) FROM vg GROUP BY b ORDER BY count(*) DESC LIMIT 2;
SELECT b, group_concat(k) FROM vg GROUP BY b ORDER BY b;
SELECT DISTINCT b FROM vg;
SELECT DISTINCT a FROM vg;
SELECT DISTINCT a, b FROM vg LIMIT 2;
SELECT a FROM vg UNION SELECT a FROM vg WHERE k % 2 = 0;
SELECT min(a), k FROM vg;
SELECT max(a), k FROM vg GROUP BY b;
SELECT a FROM vg ORDER BY b;
SELECT k FROM vg ORDER BY b DESC LIMIT 3;
SELECT k FROM vg WHERE b > 'w' ORDER BY b LIMIT 3;

-- case: visit/windows
CREATE TABLE vw(k INTEGER PRIMARY KEY, a INTEGER, b TEXT);
INSERT INTO vw VALUES (1, 2, 'x'), (2, 1, 'y'), (3, 2, 'a'), (4, 1, 'b');
SELECT k, row_number() OVER (ORDER BY a) FROM vw;
SELECT k, row_number() OVER (ORDER BY a DESC), row_number() OVER (ORDER BY b) FROM vw;
SELECT k, sum(k) OVER (PARTITION BY a), first_value(k) OVER () FROM vw;
SELECT k, first_value(k) OVER (), row_number() OVER (ORDER BY b DESC) FROM vw LIMIT 3;

-- case: visit/writes
CREATE TABLE ww(k INTEGER PRIMARY KEY, a INTEGER, b TEXT);
CREATE TABLE wl(op, k);
CREATE INDEX ww_a ON ww(a DESC);
CREATE TRIGGER ww_u AFTER UPDATE ON ww BEGIN INSERT INTO wl VALUES ('u', old.k); END;
CREATE TRIGGER ww_d AFTER DELETE ON ww BEGIN INSERT INTO wl VALUES ('d', old.k); END;
INSERT INTO ww VALUES (1, 1, 'x'), (2, 3, 'y'), (3, 2, 'z'), (4, 3, 'w');
UPDATE ww SET b = b || '!' WHERE a > 1;
UPDATE ww SET a = a + 1 WHERE a > 1 RETURNING k;
UPDATE ww SET b = 'q' WHERE a IN (4, 1) RETURNING k, a;
DELETE FROM ww WHERE a > 2 RETURNING k;
SELECT * FROM wl;

-- case: visit/writes-without-triggers
CREATE TABLE wt(k INTEGER PRIMARY KEY, a INTEGER, b TEXT);
CREATE TABLE wf(t INTEGER, v TEXT);
CREATE INDEX wt_a ON wt(a);
CREATE INDEX wf_v ON wf(v, t);
INSERT INTO wt VALUES (1, 3, 'x'), (2, 1, 'y'), (3, 2, 'z');
INSERT INTO wf VALUES (1, 'b'), (2, 'c'), (1, 'a'), (2, 'a');
UPDATE wt SET b = v FROM wf WHERE wf.t = wt.k;
SELECT * FROM wt;
UPDATE wt SET b = b || '.' WHERE a > 0 RETURNING k;
UPDATE wt SET k = k + 10 WHERE a > 1 RETURNING k;
DELETE FROM wt WHERE a >= 1 RETURNING k, a;

-- case: visit/without-rowid
CREATE TABLE vr(a TEXT COLLATE NOCASE, b INTEGER, c, PRIMARY KEY(a DESC, b)) WITHOUT ROWID;
CREATE INDEX vr_c ON vr(c);
INSERT INTO vr VALUES ('a', 2, 5), ('B', 1, 4), ('b', 3, 9), ('A', 1, 4);
SELECT * FROM vr;
SELECT a FROM vr LIMIT 2;
SELECT b FROM vr WHERE c > 3;
SELECT c, b FROM vr WHERE c IN (9, 4);
UPDATE vr SET a = 'z' RETURNING b, c;

-- case: visit/literals-of-a-shape
CREATE TABLE ls(k INTEGER PRIMARY KEY, a INTEGER, b INTEGER);
CREATE INDEX ls_b ON ls(b DESC);
INSERT INTO ls VALUES (1, 1, 1), (2, 1, 5), (3, 0, 3), (4, 2, 2);
SELECT b FROM ls WHERE (b BETWEEN 0 AND 3 OR b BETWEEN 2 AND 5) GROUP BY b;
SELECT b FROM ls WHERE (b BETWEEN 0 AND 3 OR b BETWEEN 0 AND 5) GROUP BY b;
SELECT k FROM ls WHERE a = 1 AND b = 5;
SELECT k FROM ls WHERE a = 7 AND b > 1;
SELECT x.k, y.k FROM ls x JOIN ls y ON x.b = y.a WHERE x.a = 1;
SELECT x.k, y.k FROM ls x JOIN ls y ON x.b = y.a WHERE x.a = 2;


-- case: visit/the-row-of-an-extreme-of-nulls
CREATE TABLE t(id INTEGER PRIMARY KEY, a INTEGER, b INTEGER, c TEXT, d TEXT); CREATE TABLE u(k);
INSERT INTO u VALUES (1), (2); INSERT INTO t VALUES (1, NULL, 5, 'p', 'x'), (2, NULL, 1, 'p', 'y'), (3, NULL, 3, 'q', 'z'), (5, NULL, 3, 'p', 'zz');
SELECT min(a), d FROM t; SELECT max(a), d FROM t;
CREATE INDEX i ON t(a DESC, b);
SELECT min(a), d FROM t; SELECT max(a), d FROM t; SELECT min(a), d FROM t WHERE c = 'p'; SELECT max(a), d FROM t WHERE c IN ('p', 'q'); SELECT min(a), d, k FROM u, t; SELECT min(DISTINCT a), d FROM t; SELECT min(a), d, count(*) FROM t; SELECT c, min(a), d FROM t GROUP BY c; SELECT max(a) FILTER (WHERE b > 1), d FROM t; SELECT k, (SELECT d || coalesce(min(a), 'none') FROM t WHERE id > k) FROM u; SELECT max(a), d FROM t WHERE a IS NULL; SELECT min(a), d FROM t WHERE b > (SELECT max(k) FROM u WHERE k < id);
DROP INDEX i; CREATE INDEX i ON t(c, a);
SELECT min(a), d FROM t WHERE c = 'p'; SELECT max(a), d FROM t WHERE c = 'p'; SELECT min(a), d FROM t WHERE c IN ('p', 'q'); SELECT max(a), d FROM t WHERE c IN ('q', 'p', 'a') AND b > 0; SELECT min(a), d, k FROM u CROSS JOIN t WHERE c = 'p' AND k < 2;
DROP INDEX i; CREATE INDEX i ON t(c DESC, a DESC);
SELECT min(a), d FROM t WHERE c = 'p'; SELECT max(a), d FROM t WHERE c = 'p'; SELECT min(a), d FROM t WHERE c IN ('p', 'q'); SELECT max(a), d FROM t WHERE c IN ('q', 'p', 'a') AND b > 0;
INSERT INTO t VALUES (10, 3, 3, 'p', 'u'), (11, 4, 3, 'p', 'uu'), (12, 3, 3, 'q', 'u');
SELECT min(a), d FROM t WHERE c IN ('p', 'q'); SELECT max(a), d FROM t WHERE c IN ('q', 'p', 'a');

-- case: visit/several-full-joins
CREATE TABLE a(id INTEGER PRIMARY KEY, x INT, s TEXT); CREATE TABLE b(id INTEGER PRIMARY KEY, x INT, t TEXT); CREATE TABLE c(k TEXT PRIMARY KEY, x INT) WITHOUT ROWID;
INSERT INTO a VALUES (1, 5, 'p'), (2, 3, 'q'), (3, 9, 'r'), (4, NULL, 's'), (5, 3, 'tt'); INSERT INTO b VALUES (1, 3, 'B'), (2, 7, 'A'), (3, 5, 'D'), (4, NULL, 'C'), (5, 8, 'E'); INSERT INTO c VALUES ('z', 3), ('y', 7), ('x', 5), ('w', 10), ('v', NULL);
SELECT * FROM a FULL JOIN b ON a.x = b.x FULL JOIN c ON c.x = b.x; SELECT * FROM a FULL JOIN b ON a.x = b.x RIGHT JOIN c ON c.x = b.x; SELECT * FROM a RIGHT JOIN b ON a.x = b.x RIGHT JOIN c ON c.x = b.x; SELECT * FROM a RIGHT JOIN b ON a.x = b.x FULL JOIN c ON c.x = a.x; SELECT * FROM a FULL JOIN b ON a.x = b.x LEFT JOIN c ON c.x = b.x; SELECT * FROM a LEFT JOIN b ON a.x = b.x FULL JOIN c ON c.x = b.x; SELECT * FROM a FULL JOIN (b JOIN c ON b.x = c.x) ON a.x = b.x;
CREATE INDEX ax ON a(x); CREATE INDEX bx ON b(x DESC); CREATE INDEX cx ON c(x);
SELECT * FROM a FULL JOIN b ON a.x = b.x FULL JOIN c ON c.x = b.x; SELECT * FROM a RIGHT JOIN b ON a.x = b.x FULL JOIN c ON c.x = a.x; SELECT group_concat(t || k) FROM a RIGHT JOIN b ON a.x = b.x RIGHT JOIN c ON c.x = b.x;

-- case: visit/what-a-subquery-or-a-join-gave-has-an-index-made
CREATE TABLE a(id INTEGER PRIMARY KEY, x INT, s TEXT); CREATE TABLE b(id INTEGER PRIMARY KEY, x INT, t TEXT); CREATE TABLE c(k TEXT PRIMARY KEY, x INT) WITHOUT ROWID;
INSERT INTO a VALUES (1, 5, 'p'), (2, 3, 'q'), (3, 9, 'r'), (4, NULL, 's'), (5, 3, 'tt'); INSERT INTO b VALUES (1, 3, 'B'), (2, 3, 'A'), (3, 5, 'D'), (4, 5, 'C'), (5, 8, 'E'), (6, 3, 'AA'); INSERT INTO c VALUES ('z', 3), ('y', 7), ('x', 3), ('w', 10), ('v', 5);
SELECT s, t FROM a LEFT JOIN (SELECT t, x FROM b LIMIT 10) d ON d.x = a.x; SELECT s, t FROM a LEFT JOIN (SELECT t, x FROM b ORDER BY id DESC LIMIT 10) d ON d.x = a.x; SELECT s, t FROM a LEFT JOIN (SELECT DISTINCT t, x FROM b) d ON d.x = a.x; SELECT s, t FROM a LEFT JOIN (SELECT t, x FROM b UNION ALL SELECT k, x FROM c) d ON d.x = a.x;
SELECT s, t, k FROM a LEFT JOIN (b LEFT JOIN c ON b.x = c.x) ON a.x = b.x; SELECT s, t, k FROM a LEFT JOIN (c JOIN b ON b.x = c.x) ON a.x = b.x; SELECT s, t, k FROM a LEFT JOIN (b LEFT JOIN c ON b.x = c.x) ON a.x = c.x; SELECT group_concat(s || t || k) FROM a LEFT JOIN (c JOIN b ON b.x = c.x) ON a.x = b.x;
SELECT s, t, k FROM a JOIN (c LEFT JOIN b ON b.x = c.x) ON a.x = b.x UNION ALL SELECT s, t, k FROM a LEFT JOIN (c JOIN b ON b.x = c.x) ON a.x = b.x UNION ALL SELECT s, t, k FROM a, b, c WHERE a.x = b.x AND b.x = c.x;
SELECT * FROM (SELECT s, t, k FROM a JOIN (b JOIN c ON b.x = c.x) ON a.x = b.x UNION ALL SELECT s, t, k FROM a LEFT JOIN (b LEFT JOIN c ON b.x = c.x) ON a.x = b.x);

-- case: visit/windows-that-differ-in-their-frames-alone
CREATE TABLE t(a, k); INSERT INTO t VALUES (1, 2), (2, 1), (3, NULL);
SELECT lag(a) OVER (ORDER BY k), first_value(a) OVER (), max(a) OVER (ORDER BY k) FROM t; SELECT first_value(a) OVER (), count(*) OVER (ORDER BY k), last_value(a) OVER (PARTITION BY 1) FROM t;

-- case: visit/views-and-right-joins-inside
CREATE TABLE t1(c0 INT, c1 BOOLEAN, PRIMARY KEY (c0, c1 DESC)); INSERT INTO t1(c0, c1) VALUES (100, NULL), (7, 10), (50, 1);
CREATE VIEW v0 AS SELECT DISTINCT a1.c0 AS x0 FROM t1 AS a1; SELECT a1.x0 FROM v0 AS a1; SELECT x0 FROM main.v0; WITH w AS (SELECT DISTINCT c0 FROM t1) SELECT x.c0 FROM w AS x;
CREATE TABLE t0(c0, r3); CREATE TABLE lg(a); INSERT INTO t0 VALUES (3, x'c3a9'), (42, NULL), (43, NULL), (1, 'a');
WITH w1 AS (SELECT a1.r3 AS x2, a2.c0 AS x3 FROM t0 AS a1 RIGHT JOIN t0 AS a2 USING (r3)), w2 AS (SELECT 'a' AS x0 FROM lg AS a3) SELECT w1.x2, x3 FROM w1 LEFT JOIN w2 ON w1.x2 = w2.x0;
SELECT x2, x3, t1.c0 FROM (SELECT a1.r3 AS x2, a2.c0 AS x3 FROM t0 AS a1 FULL JOIN t0 AS a2 ON a1.r3 = a2.r3) JOIN t1 WHERE t1.c0 > 7;

-- case: visit/insert-into-a-table-with-a-key-to-itself
PRAGMA foreign_keys = ON;
CREATE TABLE u(id INTEGER PRIMARY KEY, name TEXT, boss INTEGER REFERENCES u(id));
CREATE INDEX iu ON u(name);
INSERT INTO u VALUES (0, 'ABC', 0), (1, '', 1);
INSERT OR IGNORE INTO u(id, name) SELECT id + 10, name FROM u;
INSERT OR IGNORE INTO u(id, name) SELECT id + 100, name FROM u UNION ALL SELECT id, name FROM u WHERE id = 1;
REPLACE INTO u(id, name) SELECT a.id + 200, b.name FROM u AS a JOIN u AS b ON b.name = a.name UNION ALL SELECT id, name FROM u WHERE id = 1;
INSERT INTO u SELECT id + 1000, name, boss FROM u WHERE id < 12 RETURNING id;
SELECT * FROM u;
PRAGMA foreign_key_check;

-- case: visit/full-joins-in-parentheses
CREATE TABLE t5(id INTEGER PRIMARY KEY, e INT);
CREATE TABLE t3(e INT, f INT);
CREATE TABLE t4(id INTEGER PRIMARY KEY, x TEXT);
CREATE TABLE t6(id INTEGER PRIMARY KEY, z INT);
INSERT INTO t4(id,x) VALUES(2,'alice'),(4,'bob'),(6,'cindy'),(8,'dave');
INSERT INTO t6(id,z) VALUES(3,333),(4,444),(5,555),(0,1000),(9,999);
SELECT * FROM t4 NATURAL FULL JOIN t6;
SELECT * FROM t4 NATURAL FULL JOIN (t5 NATURAL FULL JOIN t6);
SELECT * FROM t4 NATURAL FULL JOIN (t5 NATURAL FULL JOIN t6) ORDER BY 1>100;
SELECT * FROM t3 NATURAL FULL JOIN (t4 NATURAL FULL JOIN t6);
SELECT * FROM t3 NATURAL FULL JOIN (t4 NATURAL FULL JOIN t6) ORDER BY 1;
SELECT * FROM t3 NATURAL FULL JOIN (t4 NATURAL FULL JOIN (t5 NATURAL FULL JOIN t6));
SELECT * FROM t3 NATURAL FULL JOIN (t4 NATURAL FULL JOIN (t5 NATURAL FULL JOIN t6)) ORDER BY 1;

-- case: visit/joins-with-full-joins-in-parentheses
CREATE TABLE a(id INTEGER PRIMARY KEY, p INT);
CREATE TABLE b(id INTEGER PRIMARY KEY, p INT);
CREATE TABLE c(id INTEGER PRIMARY KEY, p INT);
INSERT INTO a VALUES(1,5),(2,4),(3,3),(7,7);
INSERT INTO b VALUES(3,3),(2,2),(6,6),(9,1);
INSERT INTO c VALUES(9,9),(2,4),(4,3),(1,2),(3,1);
SELECT * FROM a LEFT JOIN (b FULL JOIN c ON b.id=c.id) ON a.id<>b.p;
SELECT * FROM a RIGHT JOIN (b FULL JOIN c ON b.id=c.id) ON a.id=b.p;
SELECT * FROM a FULL JOIN (b FULL JOIN c ON b.id=c.id) ON a.id=b.p;
SELECT * FROM a FULL JOIN (b FULL JOIN c ON b.p=c.p) ON a.id=b.p;
SELECT * FROM a FULL JOIN (b RIGHT JOIN c ON b.p=c.p) ON a.id=b.p;
SELECT * FROM a JOIN (b FULL JOIN c ON b.p=c.p) ON a.id<b.p;
SELECT * FROM a JOIN (b FULL JOIN c ON b.p=c.p);
SELECT * FROM a JOIN (b FULL JOIN c ON b.p=c.p) LIMIT 12;
SELECT * FROM (a FULL JOIN b ON a.id=b.p) FULL JOIN c ON c.p=b.id;
SELECT group_concat(a.id||'/'||b.id) FROM a FULL JOIN (b FULL JOIN c ON b.p=c.p) ON a.id=b.p;

-- case: visit/distinct-columns-of-an-index
CREATE TABLE places(id INTEGER PRIMARY KEY, country TEXT, city TEXT COLLATE NOCASE, n, since TEXT);
CREATE INDEX places_country ON places(country, since DESC);
CREATE INDEX places_city ON places(city, country);
CREATE INDEX places_n ON places(n, id);
INSERT INTO places(country, city, n, since) VALUES('se', 'Lund', 1, '2001'), ('de', 'ulm', 1.0, '2003'), (NULL, 'Ulm', '1', '2002'), ('se', 'LUND', NULL, '2004'), ('ch', 'Bern', 2, '2000'), ('de', 'Ulm', 1, '2005'), (NULL, NULL, 2.0, NULL);
SELECT DISTINCT country FROM places;
SELECT DISTINCT city FROM places;
SELECT DISTINCT n FROM places;
SELECT DISTINCT country, since FROM places;
SELECT DISTINCT since, country FROM places;
SELECT DISTINCT city, country FROM places;
SELECT DISTINCT country FROM places WHERE country > 'd';
SELECT DISTINCT country FROM places ORDER BY country DESC;
SELECT DISTINCT country FROM places ORDER BY since;
SELECT DISTINCT country, city FROM places ORDER BY country, n;
SELECT DISTINCT city FROM places ORDER BY city COLLATE BINARY;
SELECT DISTINCT country FROM places LIMIT 2 OFFSET 1;
SELECT group_concat(country) FROM (SELECT DISTINCT country FROM places);

-- case: visit/subqueries-without-a-name
CREATE TABLE t(id INTEGER PRIMARY KEY, d);
CREATE INDEX td ON t(d);
INSERT INTO t VALUES(1,'x'),(2,'y'),(5,'a');
SELECT p, d FROM t, (SELECT 'b' AS p UNION ALL SELECT 'a' UNION ALL SELECT NULL) WHERE id < 3;
SELECT column1, d FROM t, (VALUES('b'),('a'));
SELECT p, d FROM (SELECT 'b' AS p UNION ALL SELECT 'a'), t;
SELECT p, t.d FROM t, (SELECT d AS p FROM t UNION ALL SELECT id FROM t) WHERE id < 3;
SELECT p, q FROM (SELECT 'b' AS p UNION ALL SELECT 'a'), (SELECT 2 AS q UNION ALL SELECT 1);
SELECT q, p, d FROM t, (SELECT 'b' AS p UNION ALL SELECT 'a'), (SELECT 2 AS q UNION ALL SELECT 1);
SELECT n, t.id FROM t, (SELECT count(*) AS n, d AS e FROM t GROUP BY d) WHERE id <> n;
SELECT e, t.id FROM t JOIN (SELECT DISTINCT d AS e FROM t ORDER BY d DESC LIMIT 2) ON e > t.d;
SELECT e, t.id FROM t LEFT JOIN (SELECT d AS e FROM t UNION SELECT 'zz') ON e > t.d;
SELECT t.id, p FROM t, (SELECT 'b' AS p UNION ALL SELECT 'a') WHERE EXISTS (SELECT 1 FROM (SELECT 1 AS i UNION ALL SELECT 2) WHERE i < t.id) LIMIT 3;
SELECT (SELECT group_concat(p || d) FROM t, (SELECT 'b' AS p UNION ALL SELECT 'a'));
WITH c AS (SELECT p, d FROM t, (SELECT 'b' AS p UNION ALL SELECT 'a')) SELECT * FROM c LIMIT 4;
CREATE VIEW v AS SELECT p, d FROM t, (SELECT 'b' AS p UNION ALL SELECT 'a');
SELECT * FROM v;
CREATE TABLE o(i INTEGER PRIMARY KEY, p, d);
INSERT INTO o(p, d) SELECT p, d FROM t, (VALUES('b'),('a')) AS n(p);
INSERT INTO o(p, d) SELECT column1, d FROM t, (VALUES('b'),('a'));
SELECT * FROM o;

-- case: visit/order-by-of-a-subquery-with-windows
CREATE TABLE ow_u(id INTEGER PRIMARY KEY, mail TEXT, score REAL);
CREATE TABLE ow_i(oid INTEGER, pos INTEGER, qty INT, price REAL, PRIMARY KEY (oid, pos));
INSERT INTO ow_i VALUES (1, 1, 5, 2.5), (1, 2, 6, 1.5), (2, 1, 5, 0.5), (2, 2, 7, 9.5), (3, 1, 7, 3), (4, 4, 5, 4), (5, 5, 6, 1);
INSERT INTO ow_u VALUES (1, 'c', 1), (2, 'a', 2), (3, 'B', 3), (9, 'd', 4);
SELECT w.n, w.oid, u.score FROM (SELECT count(*) OVER (PARTITION BY qty) AS n, oid FROM ow_i ORDER BY price) AS w FULL JOIN ow_u AS u ON w.n = u.score;
SELECT w.n, w.oid, u.score FROM ow_u AS u FULL JOIN (SELECT count(*) OVER (PARTITION BY qty) AS n, oid FROM ow_i ORDER BY price) AS w ON w.n = u.score;
SELECT w.n, w.oid, u.score FROM (SELECT count(*) OVER (PARTITION BY qty) AS n, sum(price) OVER (ORDER BY pos) AS s, oid FROM ow_i ORDER BY price) AS w LEFT JOIN ow_u AS u ON w.n = u.score;
WITH w AS MATERIALIZED (SELECT count(*) OVER (PARTITION BY qty) AS n, oid FROM ow_i ORDER BY price) SELECT w.n, oid, score FROM w JOIN ow_u ON score = n;
WITH w AS (SELECT count(*) OVER (PARTITION BY qty) AS n, oid FROM ow_i ORDER BY price LIMIT 5) SELECT w.n, oid, score FROM w LEFT JOIN ow_u ON score = n;

-- case: visit/equals-behind-a-window-of-order-by
CREATE TABLE wo(id INTEGER PRIMARY KEY, k TEXT, n INTEGER, r REAL);
INSERT INTO wo VALUES (1, 'd', 4, 1.5), (2, 'b', 4, NULL), (3, NULL, 1, 2.5), (4, 'b', 7, 1.5), (5, 'a', 1, 2.5), (6, 'd', 2, 0);
SELECT id FROM wo ORDER BY rank() OVER (PARTITION BY k ORDER BY k DESC);
SELECT id FROM wo ORDER BY rank() OVER (PARTITION BY k ORDER BY n) LIMIT 3 OFFSET 1;
SELECT n FROM wo ORDER BY sum(n) OVER (ORDER BY n);
SELECT id, k FROM wo ORDER BY count(*) OVER (PARTITION BY k) DESC, max(n) OVER (PARTITION BY r ORDER BY id DESC);
SELECT id, row_number() OVER (ORDER BY k) AS r FROM wo ORDER BY dense_rank() OVER (PARTITION BY n);
SELECT k, count(*) FROM wo GROUP BY k ORDER BY rank() OVER (ORDER BY count(*) DESC);
SELECT group_concat(id) FROM (SELECT id FROM wo ORDER BY ntile(2) OVER (ORDER BY r, id));
SELECT DISTINCT k FROM wo ORDER BY first_value(k) OVER (PARTITION BY k);
SELECT id FROM wo ORDER BY row_number() OVER (ORDER BY n DESC) + 1;
SELECT x.id, y.id FROM wo AS x JOIN wo AS y ON x.n = y.n ORDER BY rank() OVER (PARTITION BY y.k);
SELECT id FROM wo WHERE id IN (SELECT id FROM wo ORDER BY rank() OVER (PARTITION BY k), id LIMIT 4);

-- case: visit/an-index-made-of-a-common-table
CREATE TABLE ai_p(a, b, c);
CREATE TABLE ai_q(a, b, c);
INSERT INTO ai_p VALUES (1, 'y', 'k'), (2, 'x', 'k'), (3, 'z', 'l');
INSERT INTO ai_q VALUES (0, 'w', 'l'), (5, 'a', 'l'), (4, 'c', 'm');
WITH w AS MATERIALIZED (SELECT a, b, c FROM ai_q ORDER BY a) SELECT (SELECT b FROM w WHERE w.c = p.c) FROM ai_p AS p;
WITH w AS MATERIALIZED (SELECT DISTINCT a, b, c FROM ai_q) SELECT (SELECT group_concat(b) FROM w WHERE w.c = p.c) FROM ai_p AS p;
WITH w AS (SELECT a, b, c FROM ai_q ORDER BY a LIMIT 9) SELECT (SELECT b FROM w WHERE w.c = p.c), (SELECT max(a) FROM w) FROM ai_p AS p;

-- case: visit/a-join-with-a-union-all-is-a-compound-of-joins
CREATE TABLE up(id INTEGER PRIMARY KEY, g TEXT, v INT);
CREATE TABLE uq(id INTEGER PRIMARY KEY, pid INT, t TEXT);
CREATE TABLE ur(id INTEGER PRIMARY KEY, k INT, z TEXT);
CREATE TABLE us(k INT, z TEXT);
CREATE INDEX us_k ON us(k);
INSERT INTO up VALUES (1, 'a', 5), (2, 'b', 3), (3, 'A', 4), (4, NULL, 9), (5, 'a', 1);
INSERT INTO uq VALUES (1, 2, 'x'), (2, 1, 'X'), (3, 1, 'y'), (4, 7, 'z'), (5, 3, NULL), (6, 5, 'Y');
INSERT INTO ur VALUES (1, 3, 'r1'), (2, 2, 'r2'), (3, 1, 'r3'), (4, 1, 'r4');
INSERT INTO us VALUES (3, 's1'), (2, 's2'), (1, 's3'), (1, 's4'), (5, 's5');
CREATE VIEW ux AS SELECT id, g FROM up UNION ALL SELECT pid, t FROM uq;
CREATE VIEW uy(k, z) AS SELECT k, z FROM us UNION ALL SELECT k, z FROM ur;
SELECT * FROM ux x JOIN ur ON ur.k = x.id;
SELECT * FROM ur JOIN ux x ON ur.k = x.id;
SELECT * FROM ux x LEFT JOIN us ON us.k = x.id;
SELECT * FROM us JOIN ux x ON us.k = x.id LIMIT 3;
SELECT * FROM us, ux x, ur WHERE us.k = x.id AND ur.k = us.k;
SELECT x.g, y.z FROM ux x JOIN uy y ON y.k = x.id;
SELECT x.g, y.z FROM uy y JOIN ux x ON y.k = x.id LIMIT 5 OFFSET 2;
SELECT * FROM ux a JOIN ux b USING (id);
SELECT * FROM ux NATURAL JOIN up;
SELECT us.z, x.g FROM us CROSS JOIN ux x ON us.k = x.id;
SELECT us.z, x.g FROM us JOIN ux x ON us.k = x.id ORDER BY x.g;
SELECT us.z, x.g FROM us JOIN ux x ON us.k = x.id ORDER BY x.id DESC LIMIT 4;
SELECT * FROM (SELECT us.z, x.g FROM us JOIN ux x ON us.k = x.id) LIMIT 4;
SELECT (SELECT x.g FROM ux x JOIN ur ON ur.k = x.id WHERE ur.id >= up.id) FROM up;
WITH w AS (SELECT id, g FROM up WHERE v > 2 UNION ALL SELECT pid, t FROM uq UNION ALL SELECT k, z FROM ur) SELECT w.g, us.z FROM us JOIN w ON us.k = w.id;
WITH w AS (SELECT id, g FROM up UNION ALL SELECT pid, t FROM uq) SELECT a.g, b.g FROM w a, w b, us WHERE us.k = a.id AND b.id = us.k + 1;
SELECT us.z, x.id FROM us JOIN (SELECT up.id, uq.t FROM up JOIN uq ON uq.pid = up.id UNION ALL SELECT k, z FROM ur) x ON us.k = x.id;
CREATE TABLE copy_of(z, g);
INSERT INTO copy_of SELECT us.z, x.g FROM us JOIN ux x ON us.k = x.id WHERE x.g <> 'b';
SELECT rowid, * FROM copy_of;
SELECT group_concat(z || coalesce(g, '-')) FROM (SELECT us.z, x.g FROM us JOIN ux x ON us.k = x.id);
SELECT y.z, a.g, b.g FROM uy y JOIN ux a ON y.k = a.id LEFT JOIN ux b ON b.id = y.k + 1 LIMIT 9;
SELECT x.g, us.z FROM us LEFT JOIN ux x ON x.id = us.k WHERE x.g <> 'b' LIMIT 4;
SELECT x.g, us.z, ur.z FROM us LEFT JOIN ux x ON x.id = us.k JOIN ur ON ur.k = x.id WHERE us.z <> 's1';

-- case: visit/a-join-leaves-out-the-order-by-of-its-subquery
CREATE TABLE lq(id INTEGER PRIMARY KEY, pid INT, t TEXT);
INSERT INTO lq VALUES (1, 2, 'x'), (2, 1, 'X'), (3, 1, 'y'), (4, 7, 'z'), (5, 3, NULL), (6, 5, 'Y');
CREATE VIEW lv AS SELECT pid AS i, t AS x FROM lq ORDER BY t DESC;
CREATE VIEW lw AS SELECT row_number() OVER (ORDER BY t, id DESC) AS i, t AS x FROM lq;
SELECT b.i, a.x FROM lv AS a JOIN (SELECT row_number() OVER (ORDER BY t, id DESC) AS i, t AS x FROM lq) AS b ON b.i = a.i WHERE b.i > 2 LIMIT 2 OFFSET 1;
SELECT a.i, b.i FROM (SELECT pid AS i, t AS x FROM lq ORDER BY t) AS a JOIN lw AS b ON a.x = b.x AND b.i > 1;
SELECT a.i, b.i FROM (SELECT pid AS i, t AS x FROM lq ORDER BY t LIMIT 4) AS a JOIN lw AS b ON a.x = b.x;

-- case: visit/a-left-join-with-a-subquery-that-is-left-out
CREATE TABLE np(id INTEGER PRIMARY KEY, g TEXT, v INT);
CREATE INDEX np_g ON np(g);
CREATE TABLE ns(k INT, z TEXT);
INSERT INTO np VALUES (1, 'd', 5), (2, 'b', 3), (3, 'c', 4), (4, NULL, 9), (5, 'a', 1);
INSERT INTO ns VALUES (3, 'x'), (2, 'y'), (3, 'z');
CREATE VIEW nv AS SELECT rowid AS i, z AS x FROM ns ORDER BY z;
CREATE VIEW nw AS SELECT row_number() OVER (ORDER BY z) AS i, z AS x FROM ns;
SELECT a.g, a.id FROM np AS a LEFT JOIN nv AS b ON b.i = a.id WHERE a.g > 'a';
SELECT a.g, a.id FROM np AS a LEFT JOIN nv AS b ON b.i = a.id LIMIT 3;
SELECT a.g, b.x FROM np AS a LEFT JOIN nv AS b ON b.i = a.id WHERE a.g > 'a';
SELECT DISTINCT a.g, a.id FROM np AS a LEFT JOIN nw AS b ON b.i = a.id;
SELECT DISTINCT a.v, b.x FROM np AS a LEFT JOIN nw AS b ON b.i = a.id;
SELECT g FROM (SELECT DISTINCT g, v FROM np LEFT JOIN (SELECT 1 FROM ns AS x, ns AS y) ON 1) LIMIT 3;
-- case: visit/terms-of-or-below-a-short-sort
CREATE TABLE ol(id INTEGER PRIMARY KEY, lib INT NOT NULL, k TEXT NOT NULL, n TEXT, UNIQUE (lib, k));
INSERT INTO ol(lib, k, n) VALUES (3, 'a', 'x'), (1, 'b', 'x'), (2, 'a', 'x'), (1, 'a', 'x'), (3, '0', 'x'), (2, 'b', 'x'), (0, 'z', 'x');
-- bind: [1, 2]
SELECT * FROM ol WHERE lib = ? OR lib > ? ORDER BY n LIMIT 4;
-- bind: [3, 1]
SELECT * FROM ol WHERE lib = ? OR lib > ? ORDER BY n LIMIT 3;
-- bind: [1, 0]
SELECT * FROM ol WHERE lib > ? OR lib = ? ORDER BY n, n DESC LIMIT 3 OFFSET 1;
-- bind: [3, 1]
SELECT id, (SELECT group_concat(k) FROM (SELECT k FROM ol WHERE lib = ?1 OR lib > ?2 ORDER BY n LIMIT 2)) FROM ol WHERE lib < 2 OR id > 5 ORDER BY n DESC LIMIT 3;

-- case: visit/an-arm-beside-a-subquery-of-its-table
CREATE TABLE av(id INTEGER PRIMARY KEY, uid INTEGER, state TEXT, at TEXT);
CREATE INDEX av_uid ON av(uid, state);
INSERT INTO av(uid, state, at) VALUES (4, 'sent', NULL), (5, NULL, 'x'), (4, 'paid', 'y'), (1, 'new', 'z');
SELECT * FROM (SELECT at, id FROM av LIMIT 3) UNION ALL SELECT uid, 1 FROM av;
SELECT uid, 1 FROM av UNION ALL SELECT * FROM (SELECT at, id FROM av LIMIT 3);
SELECT * FROM (SELECT at, id FROM av LIMIT 3) UNION ALL SELECT state, at FROM av UNION ALL SELECT uid, 1 FROM av LIMIT 9;
SELECT group_concat(a) FROM (SELECT * FROM (SELECT DISTINCT at AS a FROM av) UNION ALL SELECT uid FROM av);

-- case: visit/or-of-the-query-around-a-view
CREATE TABLE u(id INTEGER PRIMARY KEY, name TEXT, n INT); CREATE INDEX iu ON u(name); CREATE INDEX inn ON u(n); CREATE TABLE o(id INTEGER PRIMARY KEY, k INT);
INSERT INTO u(name, n) VALUES ('0', 1), ('cy', 2), ('ab', 3), ('zz', 1), ('ab', 2); INSERT INTO o VALUES (1, 1), (2, 2), (3, 1);
CREATE VIEW v AS SELECT id, name AS x, n AS y FROM u; CREATE VIEW vv(i, x, z) AS SELECT id, x, y + 1 FROM v WHERE y < 3; CREATE VIEW vc AS SELECT id, name AS x FROM u UNION ALL SELECT id, k FROM o;
SELECT x FROM v WHERE x > 1 OR x = 0; SELECT i, x FROM vv WHERE x = 'zz' OR i = 2 OR x < 'b'; SELECT x FROM vv WHERE (x > 'm' OR x = 'ab') AND z < 5 LIMIT 1; SELECT group_concat(id) FROM v WHERE y = 2 OR x > 'm';
SELECT x FROM (SELECT name AS x FROM u WHERE n > 0) AS s WHERE s.x > 'm' OR s.x = 'ab' LIMIT 2; WITH q AS (SELECT name AS x FROM u) SELECT x FROM q WHERE x > 1 OR x = 0; SELECT DISTINCT x FROM (SELECT DISTINCT name AS x, n FROM u) WHERE x > 'b' OR x = 'ab';
SELECT vc.x FROM vc WHERE (vc.x > 1 OR vc.x = 0); SELECT vc.x FROM vc WHERE (vc.x > 1 OR vc.x = 0) LIMIT 1; SELECT x FROM (SELECT name AS x FROM u UNION ALL SELECT name FROM u WHERE n > 1) WHERE x = 'zz' OR x < 'b'; SELECT x FROM (SELECT name AS x FROM u UNION SELECT 'b') WHERE x > 'b' OR x = 'ab';
SELECT x, k FROM v JOIN o ON o.id = v.id WHERE x > 'b' OR x = 'ab'; SELECT x, (SELECT group_concat(id) FROM v AS w WHERE w.x > v.x OR w.y = v.y) FROM v WHERE y = 3 OR x = 'zz';
CREATE INDEX inx ON u(n, name); SELECT u.id, name FROM u JOIN o ON o.k = u.n WHERE u.id = 1 OR name < 'b'; SELECT id FROM u WHERE n = 2 AND (name < 'b' OR id = 2);

-- case: visit/terms-of-or-in-on
CREATE TABLE p(a INTEGER PRIMARY KEY,b,c,d,f);
CREATE TABLE q(a INTEGER PRIMARY KEY,b,c,d,f);
INSERT INTO p VALUES(1,10,5,7.5,'x'),(2,20,6,8.5,'y'),(3,30,6,9.5,'z'),(4,40,5,7.5,'x');
INSERT INTO q VALUES(1,10,9,7.5,'x'),(2,20,6,8.5,'y'),(3,30,5,7.5,'w'),(4,40,5,7.5,'x'),(5,50,6,1.5,'x');
CREATE INDEX pb ON p(b);
CREATE INDEX pc ON p(c);
CREATE INDEX pd ON p(d);
CREATE INDEX qc ON q(c);
CREATE INDEX qd ON q(d);
CREATE INDEX qf ON q(f);
SELECT p.a, coalesce(q.a,9999) FROM p LEFT JOIN q ON (p.c=q.c AND p.d=q.d) OR p.f=q.f WHERE p.a=4;
SELECT p.a, coalesce(q.a,9999) FROM p LEFT JOIN q ON (p.c=q.c AND p.d=q.d) OR p.f=q.f WHERE p.a=4 OR p.b=10;
SELECT p.a, coalesce(q.a,9999) FROM p LEFT JOIN q ON (p.c=q.c AND p.d=q.d) OR p.f=q.f WHERE p.a=4 OR p.b=10 ORDER BY 1;
SELECT p.a, coalesce(q.a,9999) FROM p LEFT JOIN q ON (p.c=q.c AND p.d=q.d) OR p.f=q.f WHERE p.a=4 OR p.b=10 OR (p.c=6 AND round(p.d)==9) ORDER BY 1;
SELECT p.a, coalesce(q.a,9999) FROM p LEFT JOIN q ON (p.c=q.c AND p.d=q.d) OR p.f=q.f WHERE p.a=4 OR p.b=10 OR (p.c=6 AND round(p.d)==9);
SELECT p.a, coalesce(q.a,9999) FROM p JOIN q ON (p.c=q.c AND p.d=q.d) OR p.f=q.f WHERE p.a=4 OR p.b=10 OR (p.c=6 AND round(p.d)==9);
