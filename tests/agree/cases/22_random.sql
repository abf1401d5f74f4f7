-- Shrunk findings of random_statements.py, each under a name that says what it shows.

-- case: random/autoincrement-gives-a-rowid-to-a-row-left-out
CREATE TABLE ra(id INTEGER PRIMARY KEY AUTOINCREMENT, c INT NOT NULL UNIQUE);
INSERT OR IGNORE INTO ra(c) VALUES (NULL);
SELECT * FROM sqlite_sequence;
INSERT OR IGNORE INTO ra(c) VALUES (5), (NULL), (5), (6);
SELECT *, (SELECT seq FROM sqlite_sequence) FROM ra ORDER BY id;
INSERT OR IGNORE INTO ra(c) VALUES (5), (NULL), (5);
INSERT INTO ra(c) VALUES (5) ON CONFLICT DO NOTHING;
INSERT INTO ra(c) VALUES (5) ON CONFLICT (c) DO UPDATE SET c = 7;
SELECT * FROM sqlite_sequence;
INSERT OR IGNORE INTO ra(id, c) VALUES (100, 7), (200, NULL);
SELECT * FROM sqlite_sequence;
CREATE TABLE ral(id);
CREATE TRIGGER rat AFTER INSERT ON ra BEGIN INSERT INTO ral VALUES (NEW.id); END;
INSERT OR IGNORE INTO ra(c) SELECT NULL UNION ALL SELECT 50;
SELECT *, (SELECT seq FROM sqlite_sequence) FROM ra ORDER BY id;

-- case: random/strict-names-a-value-int
CREATE TABLE rs(a INT, b BLOB) STRICT;
INSERT INTO rs VALUES ('x', NULL);
INSERT INTO rs VALUES (1, 5);
INSERT INTO rs SELECT a, 42 FROM (SELECT 1 AS a);
INSERT INTO rs VALUES (1, 1.5);

-- case: random/strict-primary-key-is-not-null
CREATE TABLE rp(a TEXT, b INT, PRIMARY KEY (a)) STRICT;
CREATE TABLE rq(a INTEGER PRIMARY KEY, b INT) STRICT;
INSERT INTO rp VALUES (NULL, 1);
INSERT INTO rq VALUES (NULL, 1);
INSERT OR IGNORE INTO rp VALUES (NULL, 1), ('x', 2);
SELECT * FROM rp ORDER BY a;

-- case: random/in-list-of-whole-reals
CREATE TABLE ri(a INTEGER, r REAL, t TEXT, x);
INSERT INTO ri VALUES (1, 1, '1', 1), (2, 2.5, '2.5', 2.5);
SELECT a, (2 NOTNULL) IN (a, '%', 1.0), a + 0 IN (1.0, 3.0), a IN (1.0, 2.5), a IN ('1.0', '2'), r + 0 IN (1, 2.5), (a > 0) IN (1.0), abs(a) NOT IN (1.0, 7) FROM ri ORDER BY a;
SELECT a FROM ri WHERE a * 1 IN (2.0, 5) ORDER BY a;

-- case: random/update-of-a-generated-column-never-fires
CREATE TABLE rg(id INTEGER PRIMARY KEY, a, g AS (typeof(a)) STORED);
CREATE TABLE rgl(what);
CREATE TRIGGER rg1 BEFORE UPDATE OF g ON rg BEGIN INSERT INTO rgl VALUES ('before'); END;
CREATE TRIGGER rg2 AFTER UPDATE OF g ON rg BEGIN INSERT INTO rgl VALUES ('after'); END;
CREATE TRIGGER rg3 AFTER UPDATE OF a, g ON rg BEGIN INSERT INTO rgl VALUES ('both'); END;
INSERT INTO rg(a) VALUES (1);
UPDATE rg SET a = 'x';
UPDATE rg SET id = 7;
SELECT * FROM rgl;

-- case: random/aggregate-of-which-only-the-class-is-asked
CREATE TABLE rt(a INTEGER, t TEXT);
SELECT typeof(count(*)) FROM rt;
SELECT typeof(count(*)), 1 FROM rt WHERE a > 5;
INSERT INTO rt VALUES (1, 'x'), (2, 'y');
SELECT typeof(count(*)) FROM rt;
SELECT typeof(total(a)) || 'x' FROM rt;
SELECT count(*) IS NULL FROM rt;
SELECT 'k' FROM rt HAVING typeof(count(*)) = 'integer';
SELECT 7 FROM rt ORDER BY count(*);
SELECT (SELECT typeof(count(*)) FROM rt WHERE rt.a > o.a) FROM rt AS o ORDER BY o.a;

-- case: random/filter-that-min-and-max-overlook
CREATE TABLE rw(id INTEGER PRIMARY KEY, a);
INSERT INTO rw(a) VALUES (5), (42), (7), (NULL), (3);
SELECT id, max(a) FILTER (WHERE 0) OVER (ORDER BY id GROUPS BETWEEN 1 FOLLOWING AND 2 FOLLOWING) FROM rw ORDER BY id;
SELECT id, min(a) FILTER (WHERE a > 6) OVER w, max(a) FILTER (WHERE a < 6) OVER w, count(a) FILTER (WHERE a < 6) OVER w FROM rw WINDOW w AS (ORDER BY id ROWS BETWEEN 1 PRECEDING AND CURRENT ROW) ORDER BY id;
SELECT id, min(a) FILTER (WHERE a > 6) OVER (ORDER BY id ROWS BETWEEN 1 PRECEDING AND CURRENT ROW EXCLUDE CURRENT ROW) FROM rw ORDER BY id;
SELECT id, max(a) FILTER (WHERE a < 6) OVER (ORDER BY id), max(a) FILTER (WHERE a < 6) OVER (ORDER BY id ROWS UNBOUNDED PRECEDING), max(a) FILTER (WHERE a < 6) OVER () FROM rw ORDER BY id;

-- case: random/default-values-without-rowid
CREATE TABLE rd(a INT, b TEXT, PRIMARY KEY (a)) WITHOUT ROWID;
CREATE TABLE re(a INT DEFAULT 5, b TEXT, PRIMARY KEY (a)) WITHOUT ROWID;
INSERT INTO rd DEFAULT VALUES;
INSERT INTO re DEFAULT VALUES;
INSERT OR IGNORE INTO re DEFAULT VALUES;
SELECT * FROM rd, re;
SELECT * FROM re;

-- case: random/malformed-json-of-a-column
CREATE TABLE rj(t TEXT);
INSERT INTO rj VALUES ('{"a":1}');
SELECT json_set(t, '$.b', 2) FROM rj;
UPDATE rj SET t = '{oops';
SELECT json_set(t, '$.b', 2) FROM rj;
SELECT json_extract(t, '$.a') FROM rj;
SELECT json(t) FROM rj;

-- case: random/instr-of-blobs
CREATE TABLE rb(id INTEGER PRIMARY KEY, b BLOB, t TEXT, x);
INSERT INTO rb(b, t, x) VALUES (x'610062', 'b', x'00ff'), (x'c3a9e9', 'é', 'a'), (x'', '', x''), (NULL, 'a', 1), (x'31', '1', 1);
SELECT id, instr(b, t), instr(t, b), instr(x, b), instr(b, x), instr(x, t), instr(b, b), instr(b, 98), instr('a1', x) FROM rb ORDER BY id;

-- case: random/rows-of-triggers-have-no-affinity
CREATE TABLE rx(k INTEGER PRIMARY KEY, a INTEGER, n TEXT COLLATE NOCASE, r REAL, s);
CREATE TABLE rxl(a, b, c, d);
CREATE TRIGGER rx1 AFTER UPDATE ON rx WHEN NEW.a = '5' BEGIN INSERT INTO rxl VALUES ('when', 0, 0, 0); END;
CREATE TRIGGER rx2 AFTER UPDATE ON rx BEGIN INSERT INTO rxl VALUES (NEW.a = '5', OLD.n = 'ABC', NEW.k = '2', NEW.rowid = '2'); END;
CREATE TRIGGER rx3 AFTER DELETE ON rx BEGIN INSERT INTO rxl SELECT a = OLD.a, OLD.a IN (SELECT '5'), OLD.n IN ('ABC'), OLD.r NOT BETWEEN OLD.n AND OLD.r FROM rx; INSERT INTO rxl SELECT OLD.a || '', OLD.a = b, b = OLD.a, OLD.a BETWEEN '1' AND '9' FROM (SELECT '5' AS b); END;
INSERT INTO rx VALUES (1, 5, 'abc', 7, 0), (2, 5, '7', 100, 0);
UPDATE rx SET a = 5 WHERE k = 2;
DELETE FROM rx WHERE k = 2;
SELECT * FROM rxl ORDER BY rowid;

-- case: random/excluded-has-no-affinity-and-no-collation
CREATE TABLE rz(k INTEGER PRIMARY KEY, a INTEGER, n TEXT COLLATE NOCASE, r, s);
INSERT INTO rz VALUES (1, 5, 'abc', 0, 0);
INSERT INTO rz VALUES (1, 5, 'abc', 0, 0) ON CONFLICT (k) DO UPDATE SET r = (excluded.a = '5'), s = (excluded.n = 'ABC');
SELECT * FROM rz;
INSERT INTO rz VALUES (1, 5, 'abc', 0, 0) ON CONFLICT (k) DO UPDATE SET r = (excluded.k = '1'), s = (excluded.a IN ('5'));
SELECT * FROM rz;
INSERT INTO rz VALUES (1, 5, 'abc', 0, 0) ON CONFLICT (k) DO UPDATE SET r = (excluded.n = 'ABC' COLLATE NOCASE), s = (excluded.rowid = '1') WHERE excluded.a = 5 AND a = '5';
SELECT * FROM rz;
INSERT INTO rz VALUES (2, 5, 'abc', 0, 0) RETURNING a = '5', n = 'ABC', k = '2', rowid = '2', a IN ('5'), n = 'ABC' COLLATE NOCASE;
SELECT n = 'ABC' FROM rz;

-- case: random/a-column-of-affinity-real-is-read-as-real
CREATE TABLE ry(r REAL, i INTEGER, s TEXT, x);
INSERT INTO ry VALUES (1, 2, '3', 4);
SELECT x, typeof(x), x / 2 FROM (SELECT r AS x FROM ry UNION ALL SELECT i FROM ry) ORDER BY 1;
SELECT x FROM (SELECT r AS x FROM ry UNION ALL SELECT s FROM ry UNION ALL SELECT 7) ORDER BY 1;
SELECT sum(x), max(x), typeof(min(x)) FROM (SELECT r AS x FROM ry UNION ALL SELECT 7);
WITH w AS (SELECT r AS x FROM ry UNION SELECT 7 FROM ry) SELECT x FROM w ORDER BY x;
SELECT r AS x FROM ry UNION ALL SELECT i FROM ry ORDER BY 1;
SELECT x FROM (SELECT i AS x FROM ry UNION ALL SELECT r FROM ry) ORDER BY x;
CREATE VIEW ryv AS SELECT r AS x FROM ry UNION ALL SELECT i FROM ry;
SELECT x, x / 4 FROM ryv ORDER BY x;
WITH RECURSIVE c(n, v) AS (SELECT 1, r FROM ry UNION ALL SELECT n + 1, n FROM c WHERE n < 4) SELECT n, v, typeof(v) FROM c ORDER BY n;
WITH RECURSIVE c(n, v) AS (SELECT 1, r FROM ry UNION ALL SELECT n + 1, v / 2 + n FROM c WHERE n < 4) SELECT n, v FROM c ORDER BY n;

-- case: random/not-null-that-raises-before-one-that-ignores
CREATE TABLE rn(a INT, b NOT NULL DEFAULT 1, c TEXT, d BOOLEAN NOT NULL ON CONFLICT IGNORE, e NOT NULL);
INSERT INTO rn VALUES (1, NULL, '', NULL, 1);
INSERT INTO rn VALUES (1, 1, '', NULL, NULL), (2, 1, '', 1, 1);
INSERT INTO rn VALUES (3, 1, '', 1, NULL);
SELECT * FROM rn;

-- case: random/returning-shows-whole-reals-as-stored
CREATE TABLE ro(id INTEGER PRIMARY KEY, r REAL, x);
INSERT INTO ro(r) VALUES (7), (7.0), ('7'), (2.5), (140737488355327), (140737488355328), (-140737488355328), (1e17), (NULL) RETURNING id, r, typeof(r), r / 2, r || '';
INSERT INTO ro(r) SELECT 7.0 RETURNING *;
UPDATE ro SET x = 1 WHERE id < 3 RETURNING r, +r, (r), typeof(r), r = 7;
UPDATE ro SET r = 'x' WHERE id = 1 RETURNING r;
UPDATE ro SET r = 3 WHERE id < 3 RETURNING *;
INSERT INTO ro(id, r) VALUES (1, 8) ON CONFLICT (id) DO UPDATE SET r = excluded.r RETURNING r;
DELETE FROM ro WHERE id < 3 RETURNING r;
SELECT r FROM ro ORDER BY id;

-- case: random/autoincrement-after-a-statement-that-failed
CREATE TABLE rf(id INTEGER PRIMARY KEY AUTOINCREMENT, c UNIQUE);
INSERT INTO rf(c) VALUES (1);
INSERT OR FAIL INTO rf(c) VALUES (1), (2);
INSERT INTO rf(c) VALUES (10);
INSERT OR FAIL INTO rf(c) VALUES (20), (1), (30);
INSERT INTO rf(c) VALUES (11);
SELECT *, (SELECT seq FROM sqlite_sequence) FROM rf ORDER BY id;

-- case: random/a-null-predicate-into-a-blob
CREATE TABLE ru(b BLOB) STRICT;
INSERT INTO ru VALUES (x'00');
UPDATE ru SET b = (b <> NULL);
SELECT * FROM ru;

-- case: random/a-column-widened-in-a-transaction
CREATE TABLE rv(a INTEGER, b);
INSERT INTO rv VALUES (1, 2);
BEGIN;
SELECT * FROM rv;
UPDATE rv SET a = 'x';
SELECT * FROM rv;
ROLLBACK;
SELECT * FROM rv;
BEGIN;
SELECT a FROM rv;
INSERT INTO rv SELECT 'y', 1 FROM rv;
SELECT a FROM rv ORDER BY a;
COMMIT;
SELECT a FROM rv ORDER BY a;

-- case: random/returning-has-the-affinity-of-the-first-column
CREATE TABLE rra(x, b INTEGER, t TEXT, r REAL);
INSERT INTO rra VALUES (1, 5, '5', 5) RETURNING b = '5', t = 5, r = '5', rowid = '1', x = '1', rowid, b IN ('5'), r || '', r;
CREATE TABLE rrc(t TEXT, b INTEGER, x, r REAL);
INSERT INTO rrc VALUES ('5', 5, 5, 5) RETURNING b = '5', t = 5, x = '5', rowid = '1', t < 10, b < '10', x < '10', r;
CREATE TABLE rrd(r REAL, b INTEGER, t TEXT, x);
INSERT INTO rrd VALUES (5, 5, '5', 5) RETURNING r, b, t, x, rowid, b = '5', t = 5, x = '5', typeof(b), b / 2, b + 1, rowid + 0, coalesce(b, 1), -b;
UPDATE rrd SET x = 2 RETURNING *, typeof(x), x / 2;
DELETE FROM rrd RETURNING *, typeof(b), b / 2, b = '5';

-- case: random/replace-over-an-index-of-an-expression
CREATE TABLE rri(a TEXT NOT NULL ON CONFLICT IGNORE, b, c INTEGER);
CREATE UNIQUE INDEX rri1 ON rri(b || b);
INSERT OR REPLACE INTO rri VALUES ('a', 2.5, 0), ('b', 2.5, 1);
INSERT OR REPLACE INTO rri VALUES (NULL, 2.5, 0);
INSERT OR REPLACE INTO rri VALUES ('c', '2.5', 2);
INSERT INTO rri VALUES ('d', 2.5, 2) ON CONFLICT (b || b) DO UPDATE SET c = c + 10;
SELECT * FROM rri;

-- case: random/a-write-that-fails-when-it-runs-changes-nothing
CREATE TABLE rrw(a INTEGER, t TEXT);
INSERT INTO rrw VALUES (1, 'x'), (2, 'y');
UPDATE rrw SET t = 'z' WHERE json_object('k', x'31') = 1;
SELECT * FROM rrw ORDER BY a;
UPDATE rrw SET t = 'z';
INSERT INTO rrw VALUES (abs(-9223372036854775808), 1);
SELECT count(*) FROM rrw;
UPDATE rrw SET nothing = 1;
SELECT changes();

-- case: random/before-trigger-of-a-row-left-out
CREATE TABLE rrb(id INTEGER PRIMARY KEY, a INT NOT NULL, t TEXT UNIQUE);
CREATE TABLE rrbl(a);
INSERT OR REPLACE INTO rrb(a) VALUES (7);
INSERT OR REPLACE INTO rrb(id, a) VALUES (7, 7);
SELECT * FROM rrb;

-- case: random/full-join-under-any-condition
CREATE TABLE rfa(id INTEGER PRIMARY KEY, a INTEGER, t TEXT);
CREATE TABLE rfb(id INTEGER PRIMARY KEY, b INTEGER, u);
CREATE TABLE rfe(x);
INSERT INTO rfa VALUES (1, 1, 'x'), (2, 2, 'y'), (3, NULL, 'z'), (4, 5, 'x');
INSERT INTO rfb VALUES (1, 2, 'y'), (2, 3, 1), (3, 2, NULL), (4, -1, 'x');
SELECT rfa.id, rfb.id FROM rfa FULL JOIN rfb ON a < b ORDER BY 1, 2;
SELECT rfa.id, rfb.id FROM rfa FULL JOIN rfb ON a = b AND t = u ORDER BY 1, 2;
SELECT rfa.id, rfb.id FROM rfa FULL JOIN rfb ON a = b OR t = u ORDER BY 1, 2;
SELECT rfa.id, rfb.id FROM rfa FULL JOIN rfb ON a = 2 ORDER BY 1, 2;
SELECT rfa.id, rfb.id FROM rfa FULL JOIN rfb ON rfb.b ORDER BY 1, 2;
SELECT rfa.id, rfb.id FROM rfa FULL JOIN rfb ON 0 ORDER BY 1, 2;
SELECT rfa.id, rfb.id FROM rfa FULL JOIN rfb ON 1 ORDER BY 1, 2;
SELECT rfa.id, rfb.id FROM rfa FULL JOIN rfb ON a IS b WHERE rfa.id IS NULL OR rfb.id IS NULL ORDER BY 1, 2;
SELECT rfa.id, rfe.x FROM rfa FULL JOIN rfe ON a < x ORDER BY 1, 2;
SELECT rfa.id, rfe.x FROM rfe FULL JOIN rfa ON a < x ORDER BY 1, 2;
SELECT l.id, r.id, count(*) FROM rfa AS l FULL JOIN rfa AS r ON l.a > r.a GROUP BY 1, 2 ORDER BY 1, 2;
SELECT rfa.id, rfb.id, c.id FROM rfa FULL JOIN rfb ON a < b LEFT JOIN rfa AS c ON c.id = rfb.id ORDER BY 1, 2, 3;
SELECT rfa.id, rfb.id, c.id FROM rfa LEFT JOIN rfb ON a = b FULL JOIN rfa AS c ON c.id > rfb.id ORDER BY 1, 2, 3;
SELECT rfa.id, d.n FROM rfa FULL JOIN (SELECT b AS n FROM rfb WHERE b > 0) AS d ON a + d.n > 4 ORDER BY 1, 2;
SELECT count(*) FROM rfa AS o WHERE EXISTS (SELECT 1 FROM rfa FULL JOIN rfb ON a < b AND o.id < 3 WHERE rfa.id = o.id AND rfb.id IS NOT NULL);

-- case: random/automatic-rowids-after-negative-ones
CREATE TABLE rna(id INTEGER PRIMARY KEY, x);
INSERT INTO rna VALUES (-1, 1), (NULL, 2);
SELECT * FROM rna ORDER BY id;
CREATE TABLE rnd(id INTEGER PRIMARY KEY, x);
INSERT INTO rnd VALUES (-5, 1), (NULL, 2), (NULL, 3), (-2, 3), (NULL, 1);
SELECT * FROM rnd ORDER BY id;
INSERT INTO rnd VALUES (NULL, 7), (-100, 8), (NULL, 9);
SELECT * FROM rnd ORDER BY id;
CREATE TABLE rne(id INTEGER PRIMARY KEY, x);
INSERT INTO rne VALUES (NULL, 1), (-5, 2), (NULL, 3), (10, 4), (NULL, 5);
SELECT * FROM rne ORDER BY id;
CREATE TABLE rnf(id INTEGER PRIMARY KEY AUTOINCREMENT, x);
INSERT INTO rnf VALUES (-1, 1), (NULL, 2);
SELECT * FROM rnf ORDER BY id;
INSERT INTO rna SELECT CASE x WHEN 1 THEN -7 END, x + 10 FROM rna ORDER BY id;
SELECT * FROM rna ORDER BY id;

-- case: random/replace-of-a-blob-by-an-empty-pattern
CREATE TABLE rrp(c0 BLOB, c1, t TEXT);
INSERT INTO rrp VALUES (x'', 'a', ''), (x'61', x'61', 'a'), (x'62', 5, ''), (NULL, 2.5, ''), (1, NULL, 'x');
SELECT typeof(replace(c0, c0, c0)), typeof(replace(c0, '', 'x')), typeof(replace(c1, t, c1)), typeof(replace(c0, 'a', 'b')), typeof(replace(c1, '', '')), replace(c1, '', 'x'), replace(c1, t, 'y') FROM rrp ORDER BY rowid;

-- case: random/writes-in-the-order-of-the-rowid-or-of-an-index
CREATE TABLE rolg(id INTEGER PRIMARY KEY, what TEXT, a);
CREATE TABLE row1(c0 TEXT, c1 REAL, c2, PRIMARY KEY (c0)) WITHOUT ROWID;
CREATE INDEX row1_c1 ON row1(c1 DESC);
CREATE TRIGGER row1_d AFTER DELETE ON row1 BEGIN INSERT INTO rolg(what, a) VALUES ('d', OLD.c0); END;
CREATE TRIGGER row1_u BEFORE UPDATE ON row1 BEGIN INSERT INTO rolg(what, a) VALUES ('u', OLD.c0); END;
INSERT INTO row1 VALUES ('b', 3, 1), ('a', 1, 2), ('c', 2, 3);
UPDATE row1 SET c2 = 5;
DELETE FROM row1 WHERE c1 > 0;
SELECT * FROM rolg ORDER BY id;
CREATE TABLE row2(a INT UNIQUE ON CONFLICT REPLACE, b);
INSERT INTO row2 VALUES (9, 'first'), (3, 'second'), (1, 'third');
UPDATE OR REPLACE row2 SET a = 42 WHERE a > 2;
SELECT * FROM row2 ORDER BY b;
CREATE TABLE row3(c0 INT, c1 UNIQUE, c2, PRIMARY KEY (c0 DESC)) WITHOUT ROWID;
CREATE INDEX row3_c2 ON row3(c2);
INSERT INTO row3 VALUES (1, 'a', 30), (2, 'b', 20), (3, 'c', 10);
UPDATE OR IGNORE row3 SET c1 = 'x' WHERE c2 > 5;
SELECT * FROM row3 ORDER BY c0;
UPDATE OR IGNORE row3 SET c0 = 7;
SELECT * FROM row3 ORDER BY c0;

-- case: random/collate-keeps-an-operands-affinity
CREATE TABLE rcka(c0 DATE, c1 TEXT);
INSERT INTO rcka VALUES (1, 1), ('x', 'y');
UPDATE rcka SET c0 = c0 RETURNING (c1 COLLATE BINARY IS c1), (c1 COLLATE NOCASE = c1), c1 IN (c1), (c1 COLLATE BINARY) IN ('1', 'y');
SELECT c1 COLLATE BINARY = 1, c0 COLLATE NOCASE = '1' FROM rcka ORDER BY rowid;

-- case: random/in-a-list-of-what-a-recursion-made
CREATE TABLE rilr(t TEXT, n INTEGER);
INSERT INTO rilr VALUES ('1', 1), (' ', 2);
WITH RECURSIVE c(n, v) AS (SELECT 1, t FROM rilr UNION ALL SELECT n + 1, (v IN (v)) FROM c WHERE n < 4) SELECT n, count(*), max(v), min(v IN ('1', 1)) FROM c GROUP BY n ORDER BY n;
WITH RECURSIVE c(n, v) AS (SELECT 1, t FROM rilr UNION ALL SELECT n + 1, n FROM c WHERE n < 4) SELECT n, v = '1', v IN ('1'), '2' = v, typeof(v) FROM c ORDER BY n, v;

-- case: random/case-of-an-integer-when-a-whole-real
CREATE TABLE rcwr(a INTEGER, t TEXT);
INSERT INTO rcwr VALUES (5, 'x');
SELECT CASE -5 WHEN -5.0 THEN t WHEN 42 THEN a END, CASE 5.0 WHEN 5 THEN t WHEN 1 THEN a END, 5 = 5.0, CASE 5 WHEN 5.5 THEN t WHEN 6 THEN a END FROM rcwr;
SELECT t FROM rcwr WHERE 5 < 5.5 AND 6.0 = 6 AND NOT 5 >= 5.5;

-- case: random/a-class-that-strict-refuses-before-a-check
CREATE TABLE rcsc(c0 BLOB CHECK (c0 <= 1e18), c1 BLOB) STRICT;
INSERT OR IGNORE INTO rcsc VALUES (x'', 1);
INSERT OR IGNORE INTO rcsc VALUES (x'', x'');
CREATE TABLE rcsn(id INTEGER PRIMARY KEY, c1 NOT NULL, c2 CHECK (c2 > 0));
INSERT OR IGNORE INTO rcsn VALUES ('9223372036854775808', NULL, 1);
INSERT OR IGNORE INTO rcsn VALUES ('x', 1, 0);
INSERT OR IGNORE INTO rcsn VALUES (1, NULL, 1), (NULL, 1, 0), (2, 2, 2), (NULL, 3, 3);
SELECT * FROM rcsn ORDER BY id;

-- case: random/create-table-as-a-join-with-using
CREATE TABLE rcju(a, b);
CREATE TABLE rcjv(a, c);
INSERT INTO rcju VALUES (1, 2), (3, 4);
INSERT INTO rcjv VALUES (1, 5), (7, 8);
CREATE TABLE rcjw AS SELECT a, b, c FROM rcju JOIN rcjv USING (a);
CREATE TABLE rcjx AS SELECT * FROM rcju NATURAL LEFT JOIN rcjv;
SELECT * FROM rcjw ORDER BY a;
SELECT * FROM rcjx ORDER BY a;

-- case: random/full-join-under-an-equality-of-both-sides
CREATE TABLE rfea(x, t TEXT);
CREATE TABLE rfeb(y);
INSERT INTO rfea VALUES (1, '2'), (2, '5'), (4, 'a');
INSERT INTO rfeb VALUES (1), (3);
SELECT x, y FROM rfea FULL JOIN rfeb ON x + y = t ORDER BY 1, 2;
SELECT x, y FROM rfea FULL JOIN rfeb ON x = y + x - 1 ORDER BY 1, 2;

-- case: random/row-values-and-subqueries-of-any-class
CREATE TABLE rvsa(id INTEGER PRIMARY KEY, a, t TEXT COLLATE NOCASE, n INTEGER);
CREATE TABLE rvsb(id INTEGER PRIMARY KEY, b, u TEXT, m REAL);
INSERT INTO rvsa VALUES (1, '1', 'x', 1), (2, 1, 'X', 2), (3, NULL, 'y', 3), (4, x'31', NULL, NULL);
INSERT INTO rvsb VALUES (1, 1, 'X', 1.0), (2, '1', 'x', 2.5);
SELECT id, (a, t) = (SELECT b, u FROM rvsb ORDER BY id LIMIT 1), (t, n) = (SELECT u, m FROM rvsb ORDER BY id LIMIT 1), (a, n) < (SELECT b, m FROM rvsb ORDER BY id DESC LIMIT 1) FROM rvsa ORDER BY id;
SELECT id, (a, t) IS (SELECT b, u FROM rvsb ORDER BY id LIMIT 1), (a, t) IS NOT (SELECT b, u FROM rvsb ORDER BY id LIMIT 1), (a, n) IS (SELECT b, m FROM rvsb WHERE id > 9), (n, n) >= (SELECT u, b FROM rvsb ORDER BY id LIMIT 1) FROM rvsa ORDER BY id;
SELECT id, (SELECT b, u FROM rvsb ORDER BY id LIMIT 1) > (a, t), (SELECT u, m FROM rvsb WHERE id = rvsa.n) IS (t, n), (t, n) <> (SELECT u, m FROM rvsb WHERE rvsb.id = rvsa.id) FROM rvsa ORDER BY id;

-- case: random/local-time-of-long-ago
CREATE TABLE rlta(d);
INSERT INTO rlta VALUES ('0001-02-03 04:05:06'), ('9999-12-31'), (2460000.5), (NULL), ('x'), ('1965-07-01');
SELECT datetime(d, 'localtime'), datetime(d, 'utc'), time(d, 'start of day', 'start of year', 'localtime') FROM rlta ORDER BY rowid;

-- case: random/changes-after-a-foreign-key-without-its-parent
PRAGMA foreign_keys = ON;
CREATE TABLE rcfk(a REFERENCES nowhere(x), b);
CREATE TABLE rcfl(a);
INSERT INTO rcfl VALUES (1), (2);
INSERT INTO rcfk VALUES (1, 2);
SELECT changes();

-- case: random/a-before-trigger-and-a-row-left-out
CREATE TABLE rbtl(id INTEGER PRIMARY KEY, a);
CREATE TABLE rbtr(a NOT NULL, b);
CREATE TRIGGER rbtr_b BEFORE INSERT ON rbtr BEGIN INSERT INTO rbtl(a) VALUES (NEW.b); END;
INSERT INTO rbtr VALUES (1, 2), (3, 4);
SELECT * FROM rbtl ORDER BY id;

-- case: random/update-from-with-a-subquery-over-its-table
CREATE TABLE rufa(c0 BLOB, c1 BLOB UNIQUE);
CREATE TABLE rufb(id INTEGER PRIMARY KEY);
INSERT INTO rufa VALUES (0.5, x'c3a9'), (x'', 2);
INSERT INTO rufb VALUES (1), (2);
UPDATE rufa SET c1 = (SELECT min(a2.c0) FROM rufa AS a2) FROM rufb WHERE rufb.id = rufa.rowid;
UPDATE rufa SET c1 = (SELECT max(a2.c0) FROM rufa AS a2) FROM (SELECT id AS k FROM rufb WHERE id = 2) AS q WHERE q.k = rufa.rowid;
SELECT rowid, * FROM rufa ORDER BY rowid;

-- case: random/a-cascade-to-the-table-itself-is-not-counted
PRAGMA foreign_keys = ON;
CREATE TABLE rcti(id INTEGER PRIMARY KEY, p INTEGER REFERENCES rcti(id) ON DELETE CASCADE);
INSERT INTO rcti VALUES (1, NULL), (2, 1), (3, 2), (4, NULL);
DELETE FROM rcti WHERE id < 4;
SELECT changes(), count(*) FROM rcti;

-- case: random/a-blob-is-no-rowid
CREATE TABLE rbnr(c0 INTEGER, c1 TEXT, PRIMARY KEY (c0 COLLATE NOCASE));
REPLACE INTO rbnr VALUES (x'', 'B ');
INSERT INTO rbnr VALUES (x'31', 'B ');
INSERT INTO rbnr VALUES (NULL, 'a'), ('7', 'b');
SELECT * FROM rbnr ORDER BY 1;

-- case: random/a-number-that-is-null-in-a-common-table
CREATE TABLE rncn(id INTEGER PRIMARY KEY, what TEXT);
CREATE TABLE rnct(c0 TEXT);
INSERT INTO rncn VALUES (1, 'x');
INSERT INTO rnct VALUES ('1');
-- bind: {"p1": null}
WITH w AS (SELECT (id % :p1) AS x0, what AS x1 FROM rncn) DELETE FROM rnct WHERE c0 IN (SELECT x0 FROM w);
-- bind: {"p1": 5}
WITH w AS (SELECT (id % :p1) AS x0, what AS x1 FROM rncn) DELETE FROM rnct WHERE c0 IN (SELECT x0 FROM w);

-- case: random/a-foreign-key-compares-under-the-parents-affinity
PRAGMA foreign_keys = ON;
CREATE TABLE rfkp(c0 REAL PRIMARY KEY, c1 TEXT UNIQUE, n NUMERIC UNIQUE);
CREATE TABLE rfkr(p TEXT REFERENCES rfkp(c0) ON DELETE RESTRICT);
CREATE TABLE rfkc(p TEXT REFERENCES rfkp(c0) ON DELETE CASCADE);
CREATE TABLE rfkn(p REFERENCES rfkp(n));
CREATE TABLE rfku(p REFERENCES rfkp(n) ON UPDATE SET NULL);
INSERT INTO rfkp VALUES (1, 'a', 1), (2, 'b', 2), (3, 'c', 3), (4, 'd', 4), (5, 'e', 5);
INSERT INTO rfkr VALUES (1);
INSERT INTO rfkc VALUES (2), ('2.0');
INSERT INTO rfkn VALUES ('3');
INSERT INTO rfku VALUES ('4'), (4);
DELETE FROM rfkp WHERE c0 = 1;
DELETE FROM rfkp WHERE c0 = 2;
DELETE FROM rfkp WHERE c0 = 3;
UPDATE rfkp SET n = 40 WHERE n = 4;
DELETE FROM rfkp WHERE c0 = 5;
SELECT typeof(p), p FROM rfkc ORDER BY rowid;
SELECT c0 FROM rfkp ORDER BY 1;

-- case: random/named-parameters-of-any-class
CREATE TABLE rnpa(a, b INTEGER);
INSERT INTO rnpa VALUES (1, 2);
-- bind: {"p1": "xyz"}
DELETE FROM rnpa WHERE (:p1 LIKE 'abc' ESCAPE '');
SELECT changes();
-- bind: {"x": 1, "y": "2"}
SELECT a = :x, b = @y, $x + :x FROM rnpa;

-- case: random/a-conflict-clause-of-one-of-two-keys-over-a-column
CREATE TABLE rcok(c0 TEXT UNIQUE ON CONFLICT REPLACE, c1, PRIMARY KEY (c0 COLLATE NOCASE));
INSERT INTO rcok VALUES ('a', 1), ('b', 2);
UPDATE rcok SET c0 = 'x';
INSERT INTO rcok VALUES ('A', 3);
INSERT INTO rcok VALUES ('a', 4);
SELECT * FROM rcok ORDER BY c1;

-- case: random/a-limited-update-goes-as-the-table-is-sorted
CREATE TABLE rlul(id INTEGER PRIMARY KEY, a);
CREATE TABLE rlut(c0 REAL, c1, c2, PRIMARY KEY (c0 DESC)) WITHOUT ROWID;
CREATE TRIGGER rlut_u BEFORE UPDATE ON rlut BEGIN INSERT INTO rlul(a) VALUES (OLD.c0); END;
INSERT INTO rlut VALUES (1, 'a', 1), (2, 'b', 2), (3, 'c', 3);
UPDATE rlut SET c2 = -1 ORDER BY c0 LIMIT 2;
SELECT * FROM rlul ORDER BY id;
CREATE TABLE rluc(c0 INTEGER, c1, PRIMARY KEY (c0 COLLATE NOCASE) ON CONFLICT IGNORE) WITHOUT ROWID;
INSERT INTO rluc VALUES (2, 100), (2, NULL);
SELECT * FROM rluc;

-- case: random/null-test-of-a-column-that-is-never-null-where-there-is-no-row
CREATE TABLE nn(id INTEGER PRIMARY KEY, a NOT NULL, b);
CREATE TABLE nw(k PRIMARY KEY, v) WITHOUT ROWID;
CREATE VIEW nv AS SELECT * FROM nn;
SELECT min(id), id ISNULL, +id IS NULL, -id ISNULL, a IS NULL, rowid NOTNULL, b IS NULL, +-a NOTNULL FROM nn;
SELECT min(k), k IS NULL, v IS NULL FROM nw;
SELECT max(id), NOT id IS NULL, id IS NOT NULL AND 1, coalesce(id IS NULL, 5), CASE WHEN id IS NULL THEN 1 ELSE 2 END FROM nn;
SELECT min(id) FROM nn HAVING id IS NULL;
SELECT min(id) FROM nn HAVING id IS NOT NULL;
SELECT count(*), (SELECT nn.id IS NULL), EXISTS (SELECT 1 WHERE nn.id IS NOT NULL) FROM nn;
SELECT min(x.id), x.id IS NULL, y.id IS NULL FROM nn x LEFT JOIN nn y;
SELECT min(x.id), x.id IS NULL, y.id IS NULL FROM nn x RIGHT JOIN nn y;
SELECT min(x.id), x.id IS NULL, y.id IS NULL, z.id IS NULL FROM (nn x JOIN nn y) RIGHT JOIN nn z;
SELECT min(id), id IS NULL FROM nv;
SELECT min(id), rowid IS NULL FROM nv;
INSERT INTO nn VALUES (1, 1, 1);
SELECT id, rowid, rowid IS NULL, -rowid NOTNULL FROM nv;
SELECT count(*) FROM nv WHERE rowid IS NOT NULL;
SELECT nv.rowid IS NULL FROM nn LEFT JOIN nv ON 0;

-- case: random/date-that-leaves-the-calendar-and-comes-back
CREATE TABLE dl(c);
INSERT INTO dl VALUES (0.5), (0), ('0000-01-01'), (5373484), ('9999-12-31');
SELECT datetime(c, '-1.25 days', '-4 years', '+1  day'), datetime(c, '-1.25 days', '+3 days') FROM dl;
SELECT date(c, '-5 days', '+1 month', '+6 days'), date(c, '-5 days', 'start of month'), date(c, '-5 days', 'weekday 1', '+9 days') FROM dl;
SELECT julianday(c, '+2 days', '+1 year', '-1 year'), time(c, '-3 days', 'start of day'), unixepoch(c, '+2 days', '-2 days') FROM dl;

-- case: random/row-of-a-subquery-is-computed-once
CREATE TABLE ro(id INTEGER PRIMARY KEY, a UNIQUE, b UNIQUE ON CONFLICT REPLACE);
INSERT INTO ro(a, b) VALUES ('x', 1), ('y', -1);
UPDATE ro SET (b, a) = (SELECT '_', f.b FROM ro AS f ORDER BY f.id LIMIT 1);
SELECT * FROM ro ORDER BY id;
CREATE TABLE rr(id INTEGER PRIMARY KEY, a, b UNIQUE ON CONFLICT IGNORE);
INSERT INTO rr(a, b) VALUES (1, 1), (2, 2), (3, 3);
UPDATE rr SET (a, b) = (SELECT sum(a), b + 10 FROM rr AS f), a = a;
SELECT * FROM rr ORDER BY id;
UPDATE rr SET (a, b) = (SELECT sum(a), rr.b + 10 FROM rr AS f);
SELECT * FROM rr ORDER BY id;
CREATE TABLE ru(id INTEGER PRIMARY KEY, a UNIQUE, b UNIQUE);
CREATE TRIGGER rut AFTER INSERT ON ru BEGIN SELECT 1; END;
INSERT INTO ru VALUES (1, 1, 1), (2, 2, 2);
INSERT OR REPLACE INTO ru VALUES (1, 5, 6), (2, 7, 8), (3, 7, 9) ON CONFLICT (id) DO UPDATE SET (a, b) = (SELECT max(a) + excluded.id, 100 + excluded.id FROM ru) ON CONFLICT (a) DO UPDATE SET (a, b) = (SELECT count(*), sum(b) FROM ru);
SELECT * FROM ru ORDER BY id;

-- case: random/new-row-of-an-updated-view-has-affinity
CREATE TABLE vl(a, b, c, d, e, f);
CREATE TABLE vt(id INTEGER PRIMARY KEY, c0 VARCHAR(10), c1 NUMERIC, c2 REAL, c3 BLOB, c4 INT);
INSERT INTO vt VALUES (1, 'a', 2, 3, 4, 5), (2, NULL, NULL, NULL, NULL, NULL);
CREATE VIEW vv AS SELECT id, c0, c1, c2, c3, c4, c0 + 0 AS s, CAST(c3 AS TEXT) AS u FROM vt;
CREATE TRIGGER vvu INSTEAD OF UPDATE ON vv BEGIN INSERT INTO vl VALUES (NEW.c0, NEW.c1, NEW.c2, NEW.c3, NEW.s, NEW.u); UPDATE vt SET c3 = NEW.c4 WHERE id = OLD.id; END;
CREATE TRIGGER vvi INSTEAD OF INSERT ON vv BEGIN INSERT INTO vl VALUES (NEW.c0, NEW.c1, NEW.c2, NEW.c3, NEW.s, NEW.u); END;
UPDATE vv SET c0 = 1, c1 = '7', c2 = '8', c3 = 9, c4 = '10', s = '11', u = 12 WHERE id = 2;
UPDATE vv SET c0 = x'31', c1 = 'x', c2 = 5, c4 = '1.0', s = 13 WHERE id = 1;
INSERT INTO vv(c0, c1, c2, c3, s, u) VALUES (1, '7', '8', 9, '11', 12);
SELECT *, typeof(a), typeof(b), typeof(c), typeof(d), typeof(e), typeof(f) FROM vl;
SELECT *, typeof(c3) FROM vt;

-- case: random/new-row-of-an-updated-view-of-two-arms
CREATE TABLE al(a, b);
CREATE TABLE at(id INTEGER PRIMARY KEY, t TEXT, i INT);
INSERT INTO at VALUES (1, 'a', 2);
CREATE VIEW a1(x, y) AS SELECT t, i FROM at UNION ALL SELECT 5, 'x' FROM at;
CREATE VIEW a2(x, y) AS SELECT 5, 'x' FROM at UNION ALL SELECT t, i FROM at;
CREATE VIEW a3 AS SELECT t AS x, i AS y FROM at UNION ALL SELECT 5, 'x' FROM at;
CREATE TRIGGER a1u INSTEAD OF UPDATE ON a1 BEGIN INSERT INTO al VALUES (OLD.x, NEW.x), (OLD.y, NEW.y); END;
CREATE TRIGGER a2u INSTEAD OF UPDATE ON a2 BEGIN INSERT INTO al VALUES (OLD.x, NEW.x), (OLD.y, NEW.y); END;
CREATE TRIGGER a3u INSTEAD OF UPDATE ON a3 BEGIN INSERT INTO al VALUES (OLD.x, NEW.x), (OLD.y, NEW.y); END;
UPDATE a1 SET x = 1, y = '1' WHERE x = 'a';
UPDATE a2 SET x = 1, y = '1' WHERE x = 'a';
UPDATE a3 SET x = 1, y = '1' WHERE x = 'a';
UPDATE a2 SET x = 3 WHERE y = 'x';
SELECT *, typeof(a), typeof(b) FROM al;

-- case: random/group-concat-of-empty-texts-over-frames
CREATE TABLE gf(id INTEGER PRIMARY KEY, t, u TEXT);
INSERT INTO gf VALUES (1, '', 'a'), (2, 'x', 'b'), (3, NULL, NULL), (4, '', 'c'), (5, 7, 'd');
SELECT id, group_concat(t) OVER (ORDER BY id), group_concat(t) OVER (ORDER BY id ROWS BETWEEN CURRENT ROW AND UNBOUNDED FOLLOWING) FROM gf;
SELECT id, group_concat(t) OVER (ORDER BY id ROWS BETWEEN 1 PRECEDING AND 1 FOLLOWING EXCLUDE CURRENT ROW) FROM gf;
SELECT id, group_concat(t) OVER (ORDER BY id ROWS BETWEEN UNBOUNDED PRECEDING AND CURRENT ROW EXCLUDE NO OTHERS) FROM gf;
SELECT id, group_concat(t, ';') OVER (ORDER BY id GROUPS BETWEEN 1 PRECEDING AND 1 FOLLOWING EXCLUDE TIES) FROM gf;
SELECT id, group_concat(u) OVER (ORDER BY id ROWS BETWEEN 2 PRECEDING AND 1 PRECEDING), group_concat(u, id) OVER (ORDER BY id ROWS BETWEEN 1 PRECEDING AND 1 FOLLOWING) FROM gf;
SELECT id, group_concat(u, '') OVER (ORDER BY id ROWS BETWEEN 1 FOLLOWING AND 2 FOLLOWING), group_concat(u, substr('---', id)) OVER (ORDER BY id ROWS BETWEEN 1 PRECEDING AND CURRENT ROW) FROM gf;

-- case: random/view-that-is-always-an-error-is-written-to
CREATE TABLE eb(id INTEGER PRIMARY KEY, c);
CREATE TABLE el(c);
CREATE VIEW ev AS SELECT * FROM eb WHERE c NOT LIKE 'a%' ESCAPE 'xy';
CREATE TRIGGER evi INSTEAD OF INSERT ON ev BEGIN INSERT INTO el VALUES (NEW.c); END;
CREATE TRIGGER evu INSTEAD OF UPDATE ON ev BEGIN INSERT INTO el VALUES (NEW.c); END;
INSERT INTO ev(id, c) VALUES (NULL, 5);
SELECT * FROM el;
INSERT INTO eb VALUES (1, 'b');
SELECT * FROM ev;
UPDATE ev SET c = 3;
SELECT * FROM el;

-- case: random/alias-of-two-tables-inside-and-around-a-view
CREATE TABLE jt(c0 TEXT, c1);
CREATE TABLE ju(c0 INTEGER, c1 TEXT, c3 INTEGER, PRIMARY KEY (c0 DESC, c1)) WITHOUT ROWID;
INSERT INTO jt VALUES ('a', 'b'), ('b', 'a'), ('c', 'a');
INSERT INTO ju VALUES (1, 'x', 7), (2, 'y', 8);
CREATE VIEW jv AS SELECT a3.c1 AS x1, a2.c0 AS x2 FROM jt AS a1 LEFT JOIN jt AS a2 ON a1.c0 IS a2.c1 LEFT JOIN (jt AS a3 JOIN ju AS a4) ON 1;
SELECT a2.c3 FROM jv AS a1 INNER JOIN ju AS a2;
SELECT a2.c3, a1.* FROM jv AS a1 INNER JOIN ju AS a2;

-- case: random/group-concat-of-an-empty-text-over-a-moving-frame
CREATE TABLE gm(id INTEGER PRIMARY KEY, t TEXT);
INSERT INTO gm VALUES (1, 'a'), (2, ''), (3, 'bc'), (4, 'd');
SELECT id, group_concat(t) OVER (ORDER BY id ROWS BETWEEN 1 PRECEDING AND CURRENT ROW) FROM gm;

-- case: random/column-of-a-subquery-where-there-is-no-row
CREATE TABLE nr(id INTEGER PRIMARY KEY, a TEXT, b INT, r REAL);
CREATE VIEW nrv AS SELECT id, 'kind' AS kind, coalesce(a, 'none') AS c, b + 1 AS d, id IS NULL AS n, typeof(r) AS t, ifnull(r, 5) AS r FROM nr;
CREATE VIEW nrw AS SELECT kind || '!' AS k, c, n FROM nrv;
SELECT count(*), x FROM (SELECT 5 AS x, b FROM nr);
SELECT group_concat(b), x FROM (SELECT id IS NULL AS x, b FROM nr);
SELECT max(id), kind, c, d, n, t, r, typeof(r) FROM nrv;
SELECT count(*), kind || c FROM nrv WHERE id > 5;
SELECT sum(n), k, c, n FROM nrw;
SELECT min(id), kind, c FROM (SELECT * FROM nrv LIMIT 5);
SELECT min(id), kind, c FROM (SELECT DISTINCT * FROM nrv);
SELECT count(*), kind FROM nr LEFT JOIN nrv ON nr.id = nrv.id;
SELECT count(*), kind, nr.b FROM nr JOIN nrv ON nr.id = nrv.id;
SELECT count(*), kind FROM (SELECT kind FROM nrv UNION ALL SELECT 'other' FROM nr);
SELECT count(*), x, y FROM (SELECT (SELECT 7) AS x, (SELECT count(*) || m.b FROM nr AS m) AS y FROM nr);
SELECT count(*), x FROM (SELECT count(*) AS x FROM nr GROUP BY a);
WITH w AS (SELECT 3 AS y, b FROM nr) SELECT count(b), y FROM w;
SELECT (SELECT kind FROM nrv), (SELECT max(id) || kind FROM nrv), (SELECT count(*) || kind FROM nrv);
SELECT count(*), kind FROM nrv HAVING kind = 'kind';
SELECT count(*), kind FROM nrv GROUP BY b;
INSERT INTO nr VALUES (1, 'x', 2, 3.5), (2, NULL, NULL, NULL);
SELECT count(*), kind, c, d, n, t, r FROM nrv;
SELECT max(id), kind, c, d, n, t, r FROM nrv;
SELECT sum(n), k, c, n FROM nrw;
SELECT count(*), kind || c FROM nrv WHERE id > 5;

-- case: random/keys-that-declare-what-a-conflict-does-1
CREATE TABLE k(id INTEGER PRIMARY KEY ON CONFLICT REPLACE, u UNIQUE, w);
INSERT INTO k VALUES (1, 'x', 1), (2, 'y', 2);
INSERT INTO k VALUES (1, 'x', 3);
SELECT * FROM k;
INSERT INTO k VALUES (1, 'z', 3);
UPDATE k SET id = 1, u = 'z' WHERE id = 2;
UPDATE k SET id = 1;
SELECT * FROM k;
INSERT INTO k VALUES (1, 'q', 5);
SELECT * FROM k;
-- case: random/keys-that-declare-what-a-conflict-does-2
CREATE TABLE k(id INTEGER UNIQUE, w, PRIMARY KEY (id) ON CONFLICT REPLACE);
INSERT INTO k VALUES (1, 1), (2, 2);
INSERT INTO k VALUES (1, 3);
SELECT * FROM k;
UPDATE k SET id = 1;
SELECT * FROM k;
-- case: random/keys-that-declare-what-a-conflict-does-3
CREATE TABLE k(id INTEGER PRIMARY KEY ON CONFLICT REPLACE, u UNIQUE ON CONFLICT IGNORE, w);
INSERT INTO k VALUES (1, 'x', 1), (2, 'y', 2);
INSERT INTO k VALUES (1, 'x', 3);
SELECT * FROM k;
INSERT INTO k VALUES (1, 'y', 3);
SELECT * FROM k;
UPDATE k SET id = 1, u = 'z' WHERE id = 2;
UPDATE k SET id = 1;
SELECT * FROM k;
-- case: random/keys-that-declare-what-a-conflict-does-4
CREATE TABLE k(id INTEGER PRIMARY KEY ON CONFLICT REPLACE, u UNIQUE ON CONFLICT REPLACE, w UNIQUE);
INSERT INTO k VALUES (1, 'x', 1), (2, 'y', 2);
INSERT INTO k VALUES (1, 'y', 1);
SELECT * FROM k;
INSERT INTO k VALUES (1, 'y', 3);
SELECT * FROM k;
-- case: random/keys-that-declare-what-a-conflict-does-5
CREATE TABLE k(a PRIMARY KEY ON CONFLICT REPLACE, u UNIQUE, w) WITHOUT ROWID;
INSERT INTO k VALUES (1, 'x', 1), (2, 'y', 2);
INSERT INTO k VALUES (1, 'x', 3);
SELECT * FROM k;
UPDATE k SET a = 1, u = 'z' WHERE a = 2;
UPDATE k SET a = 1;
SELECT * FROM k;
-- case: random/keys-that-declare-what-a-conflict-does-6
CREATE TABLE k(a TEXT PRIMARY KEY ON CONFLICT REPLACE, w);
INSERT INTO k VALUES ('1', 1), ('2', 2);
INSERT INTO k(rowid, a) VALUES (1, 'x');
SELECT rowid, * FROM k;
UPDATE k SET rowid = 1 WHERE a = '2';
INSERT INTO k(rowid, a) VALUES (1, '2');
INSERT INTO k(rowid, a) VALUES (5, '2');
SELECT rowid, * FROM k;
-- case: random/keys-that-declare-what-a-conflict-does-7
CREATE TABLE k(a TEXT PRIMARY KEY ON CONFLICT IGNORE, w);
INSERT INTO k VALUES ('1', 1), ('2', 2);
INSERT INTO k(rowid, a) VALUES (1, 'x');
INSERT INTO k(rowid, a) VALUES (1, '2');
INSERT INTO k(rowid, a) VALUES (3, '2');
SELECT rowid, * FROM k;
-- case: random/keys-that-declare-what-a-conflict-does-8
CREATE TABLE k(id INTEGER PRIMARY KEY ON CONFLICT REPLACE, u UNIQUE, v UNIQUE);
INSERT INTO k VALUES (1, 'x', 1), (2, 'y', 2);
INSERT INTO k VALUES (1, 'y', 3) ON CONFLICT (u) DO UPDATE SET v = 7;
SELECT * FROM k;
INSERT INTO k VALUES (1, 'z', 7) ON CONFLICT (u) DO UPDATE SET v = 8;
SELECT * FROM k;
INSERT INTO k VALUES (1, 'z', 9) ON CONFLICT (u) DO UPDATE SET v = 8;
INSERT OR REPLACE INTO k VALUES (1, 'y', 11);
INSERT OR IGNORE INTO k VALUES (1, 'y', 11);
INSERT OR ABORT INTO k VALUES (1, 'y', 11);
SELECT * FROM k;
-- case: random/keys-that-declare-what-a-conflict-does-9
CREATE TABLE lg(a);
CREATE TABLE k(id INTEGER PRIMARY KEY ON CONFLICT REPLACE, u UNIQUE ON CONFLICT REPLACE, v);
CREATE TRIGGER kd AFTER DELETE ON k BEGIN INSERT INTO lg VALUES (OLD.id); END;
PRAGMA recursive_triggers = ON;
INSERT INTO k VALUES (1, 'x', 1), (2, 'y', 2);
INSERT INTO k VALUES (1, 'y', 3);
SELECT * FROM lg;
INSERT INTO k VALUES (2, 'z', 3), (3, 'w', 4);
UPDATE k SET id = 1, u = 'w' WHERE id = 2;
SELECT * FROM lg;
SELECT * FROM k;
-- case: random/replace-of-any-value-by-an-empty-pattern
CREATE TABLE k(a, b);
INSERT INTO k VALUES ('x', 1), (x'61', 2), (5, 3), (NULL, 4), (2.5, 5), ('', 6);
SELECT replace(a, '', NULL), typeof(replace(a, '', NULL)), replace(a, substr('abc', b, 1), NULL), replace(a, substr('x', b + 1), 'q'), typeof(replace(a, substr('', b), b)) FROM k;
SELECT replace('abc', CASE WHEN b > 1 THEN '' END, NULL), replace(b, CASE WHEN b > 1 THEN '' END, NULL) FROM k;

-- case: random/arithmetic-of-infinities-is-null
CREATE TABLE n(id INTEGER PRIMARY KEY, r REAL NOT NULL, x NOT NULL, i INTEGER NOT NULL);
INSERT INTO n VALUES (1, 1e999, 1e999, 0), (2, -1e999, -1e999, 1), (3, 1, x'616263', 2), (4, 0, 'a', 3);
SELECT id, r * i, r * 0, r - r, r + -r, x * i, x - x, max(r * i, 1), max(x * 0, 1), (r - r) IS NULL, coalesce(r * 0, 'n'), typeof(r - r) FROM n;
SELECT a.id, b.id, a.r + b.r, a.r - b.r, a.x * b.i FROM n a, n b WHERE (a.r + b.r) IS NULL OR max(a.r * b.i, 1);
SELECT id FROM n ORDER BY r * 0, id;
SELECT id FROM n ORDER BY r - r DESC, id;
SELECT id FROM n WHERE NOT r * 0;
SELECT id FROM n WHERE r - r = 0;
SELECT id, r * 0 IS x * 0, r * 0 = x * 0, (r - r) IN (0), -(r - r), abs(r * 0), max(1e400 * i, 1), max(1e400 * x, 1) FROM n;
SELECT sum(r * 0), count(r * 0), min(r - r), max(r * i), group_concat(r * i) FROM n;

-- case: random/update-tests-null-and-check-before-keys
CREATE TABLE u(id INTEGER PRIMARY KEY, a INTEGER NOT NULL UNIQUE ON CONFLICT IGNORE, b UNIQUE ON CONFLICT REPLACE, c CHECK (c < 20), d NOT NULL DEFAULT 7, g AS (c + 1) CHECK (g <> 10));
INSERT INTO u(a, b, c) VALUES (1, 1, 1), (2, 2, 2), (3, 3, 3);
UPDATE u SET a = 1, c = 30 WHERE id = 2;
UPDATE u SET a = 1, d = NULL WHERE id = 2;
UPDATE u SET a = 1, c = 9 WHERE id = 2;
UPDATE u SET a = 1, c = 8 WHERE id = 2;
UPDATE u SET b = 1, c = 30 WHERE id = 2;
UPDATE u SET b = 1, d = NULL WHERE id = 2;
UPDATE u SET a = NULL, b = 3 WHERE id = 2;
SELECT * FROM u;
UPDATE u SET b = 1, c = 5 WHERE id = 2;
SELECT * FROM u;
UPDATE u SET a = 7, c = u.c + f.c FROM u AS f WHERE f.id = u.id;
SELECT * FROM u;

-- case: random/subquery-over-what-a-trigger-changes-is-computed-once
CREATE TABLE lg(id INTEGER PRIMARY KEY, what TEXT, a, b);
CREATE TABLE t0(c0, c1 DOUBLE NOT NULL UNIQUE, c2 DATE);
INSERT INTO t0(c0, c1, c2) VALUES (100, 123456.789, 10), (42, 1, 2.5);
CREATE TRIGGER tr1 AFTER UPDATE ON t0 BEGIN INSERT INTO lg(what, a, b) VALUES ('1', OLD.c2, NEW.c2); END;
UPDATE t0 SET c2 = (SELECT 1 FROM lg AS a3 ORDER BY a3.id LIMIT 1);
SELECT * FROM lg;
UPDATE t0 SET c2 = (SELECT count(*) FROM lg), c0 = (SELECT count(*) FROM lg WHERE lg.id > t0.c0);
UPDATE t0 SET (c2, c0) = (SELECT count(*), max(id) FROM lg);
UPDATE t0 SET c2 = (SELECT count(*) FROM lg) + c1, c0 = EXISTS (SELECT 1 FROM lg WHERE a = 105);
SELECT * FROM lg;
SELECT * FROM t0;

-- case: random/sums-over-a-frame-that-moves
CREATE TABLE sm(id INTEGER PRIMARY KEY, r REAL, y, z TEXT);
INSERT INTO sm VALUES (1, 0.1, 2.5, '1e2'), (2, 0.2, 1, '9223372036854775808'), (3, 0.3, 2, 'x'), (4, 0.7, 3, NULL), (5, NULL, NULL, '7'), (6, NULL, 'abc', '0.1'), (7, 1e17, 4, '0.2'), (8, 1, 5, '0.3'), (9, 2.25, 6, '1'), (10, 1e300, 7, '2'), (11, 1, 8, '3'), (12, 3, 9, '4');
SELECT id, sum(r) OVER w, avg(r) OVER w, total(r) OVER w FROM sm WINDOW w AS (ORDER BY id ROWS BETWEEN 1 PRECEDING AND CURRENT ROW);
SELECT id, sum(y) OVER w, avg(y) OVER w, total(y) OVER w, typeof(sum(y) OVER w) FROM sm WINDOW w AS (ORDER BY id ROWS BETWEEN 1 PRECEDING AND CURRENT ROW);
SELECT id, sum(z) OVER w, avg(z) OVER w, total(z) OVER w FROM sm WINDOW w AS (ORDER BY id ROWS BETWEEN 2 PRECEDING AND 1 FOLLOWING);
SELECT id, sum(r) OVER w, sum(y) OVER w, avg(z) OVER w FROM sm WINDOW w AS (ORDER BY id DESC ROWS BETWEEN CURRENT ROW AND UNBOUNDED FOLLOWING);
SELECT id, sum(r) OVER w, sum(y) OVER w, avg(z) OVER w FROM sm WINDOW w AS (ORDER BY id / 2 GROUPS BETWEEN CURRENT ROW AND 1 FOLLOWING);
SELECT id, sum(r) OVER w, sum(y) OVER w, total(z) OVER w FROM sm WINDOW w AS (ORDER BY id RANGE BETWEEN 2 PRECEDING AND 1 FOLLOWING);
SELECT id, sum(r) OVER w, sum(y) OVER w, total(z) OVER w FROM sm WINDOW w AS (PARTITION BY id % 2 ORDER BY id ROWS BETWEEN 1 PRECEDING AND 1 FOLLOWING);
SELECT id, sum(r) FILTER (WHERE id % 3) OVER w, sum(y) FILTER (WHERE id % 3) OVER w, total(z) FILTER (WHERE id % 3) OVER w FROM sm WINDOW w AS (ORDER BY id ROWS BETWEEN 3 PRECEDING AND CURRENT ROW);
SELECT id, sum(r) OVER w, sum(y) OVER w, avg(z) OVER w FROM sm WINDOW w AS (ORDER BY id ROWS BETWEEN 1 PRECEDING AND CURRENT ROW EXCLUDE NO OTHERS);
SELECT id, sum(r) OVER w, sum(y) OVER w FROM sm WINDOW w AS (ORDER BY id ROWS BETWEEN UNBOUNDED PRECEDING AND 1 PRECEDING);
UPDATE sm SET r = 1e308 WHERE id IN (2, 3);
SELECT id, sum(r) OVER w, avg(r) OVER w, total(r) OVER w FROM sm WINDOW w AS (ORDER BY id ROWS BETWEEN 1 PRECEDING AND CURRENT ROW);
UPDATE sm SET r = -1e999 WHERE id = 5;
SELECT id, sum(r) OVER w, avg(r) OVER w, total(r) OVER w FROM sm WINDOW w AS (ORDER BY id ROWS BETWEEN 1 PRECEDING AND CURRENT ROW);

-- case: random/json-tree-of-a-scalar-has-no-key
CREATE TABLE j(id INTEGER PRIMARY KEY, d);
INSERT INTO j VALUES (1, '{"a":1,"b":[1,{"c":2}],"d":{"e":5}}');
SELECT t.* FROM j, json_tree(d, '$.a') t;
SELECT t.* FROM j, json_each(d, '$.a') t;
SELECT t.* FROM j, json_tree(d, '$.b') t;
SELECT t.* FROM j, json_tree(d, '$.b[0]') t;
SELECT t.* FROM j, json_tree(d, '$.d') t;
SELECT t.* FROM j, json_each(d, '$.b[1].c') t;
SELECT t.* FROM j, json_tree(json_object('a', id), '$.a') t;
SELECT t.* FROM j, json_tree(json_object('a', d), '$.a') t;
SELECT t.* FROM j, json_tree(json_object('a', json(d)), '$.a') t;

-- case: random/like-of-a-value-that-a-parameter-is-part-of
CREATE TABLE lk(c0);
INSERT INTO lk VALUES (1), ('1x'), (x'31'), (NULL);
-- bind: {"p": null}
WITH w AS (SELECT min(c0, :p) AS x FROM lk) SELECT x LIKE '1%', x NOT LIKE '1%' FROM w;
-- bind: {"p": "5"}
WITH w AS (SELECT max(c0, :p) AS x FROM lk) SELECT x LIKE '1%', x LIKE '5%' FROM w;
-- bind: {"p": 5}
WITH w AS MATERIALIZED (SELECT max(:p, c0) AS x FROM lk) SELECT x LIKE '5%' FROM w;

-- case: random/returning-sees-what-before-triggers-wrote
CREATE TABLE t(id INTEGER PRIMARY KEY, a); CREATE TABLE o(n INTEGER PRIMARY KEY, x);
CREATE TRIGGER tb BEFORE INSERT ON t BEGIN INSERT INTO o(x) VALUES (NEW.a); END;
INSERT INTO t(a) VALUES (1), (2), (3) RETURNING id, (SELECT count(*) FROM o WHERE n > a - 10), (SELECT count(*) FROM o);
CREATE TRIGGER ub BEFORE UPDATE ON t BEGIN INSERT INTO o(x) VALUES (NEW.a); END;
UPDATE t SET a = a + 1 RETURNING id, (SELECT count(*) FROM o WHERE n > a - 10), (SELECT count(*) FROM o);
UPDATE t SET a = a + 1 WHERE id = 2 RETURNING id, (SELECT count(*) FROM o WHERE n > a - 10), (SELECT count(*) FROM o);
CREATE TRIGGER db BEFORE DELETE ON t BEGIN INSERT INTO o(x) VALUES (OLD.a); END;
DELETE FROM t WHERE id = 1 RETURNING id, (SELECT count(*) FROM o WHERE n > a - 10), (SELECT count(*) FROM o);
DELETE FROM t RETURNING id, (SELECT count(*) FROM o WHERE n > a - 10), (SELECT count(*) FROM o);

-- case: random/returning-sees-what-after-triggers-of-earlier-rows-wrote
CREATE TABLE t(id INTEGER PRIMARY KEY, a); CREATE TABLE o(n INTEGER PRIMARY KEY, x);
CREATE TRIGGER tb AFTER INSERT ON t BEGIN INSERT INTO o(x) VALUES (NEW.a); END;
INSERT INTO t(a) VALUES (1), (2), (3) RETURNING id, (SELECT count(*) FROM o WHERE n > a - 10), (SELECT count(*) FROM o);
CREATE TRIGGER ub AFTER UPDATE ON t BEGIN INSERT INTO o(x) VALUES (NEW.a); END;
UPDATE t SET a = a + 1 RETURNING id, (SELECT count(*) FROM o WHERE n > a - 10), (SELECT count(*) FROM o);
UPDATE t SET a = a + 1 WHERE id = 2 RETURNING id, (SELECT count(*) FROM o WHERE n > a - 10), (SELECT count(*) FROM o);
CREATE TRIGGER db AFTER DELETE ON t BEGIN INSERT INTO o(x) VALUES (OLD.a); END;
DELETE FROM t WHERE id = 1 RETURNING id, (SELECT count(*) FROM o WHERE n > a - 10), (SELECT count(*) FROM o);
DELETE FROM t RETURNING id, (SELECT count(*) FROM o WHERE n > a - 10), (SELECT count(*) FROM o);

-- case: random/returning-sees-what-foreign-keys-did
PRAGMA foreign_keys = ON;
CREATE TABLE p(id INTEGER PRIMARY KEY, a); CREATE TABLE c(n INTEGER PRIMARY KEY, p REFERENCES p ON DELETE CASCADE ON UPDATE CASCADE);
INSERT INTO p VALUES (1, 1), (2, 2), (3, 3); INSERT INTO c(p) VALUES (1), (1), (2), (3), (3);
UPDATE p SET id = 10 WHERE id = 1 RETURNING id, (SELECT count(*) FROM c WHERE c.p = p.id), (SELECT group_concat(p) FROM c);
DELETE FROM p WHERE id = 2 RETURNING id, (SELECT count(*) FROM c WHERE c.p = p.id), (SELECT count(*) FROM c);
DELETE FROM p RETURNING id, (SELECT count(*) FROM c WHERE c.p = p.id), (SELECT count(*) FROM c), (SELECT count(*) FROM c WHERE c.n > p.id - 100);

-- case: random/returning-sees-what-replace-took
PRAGMA foreign_keys = ON;
CREATE TABLE p(id INTEGER PRIMARY KEY, a); CREATE TABLE c(n INTEGER PRIMARY KEY, p REFERENCES p ON DELETE CASCADE ON UPDATE CASCADE);
INSERT INTO p VALUES (1, 1), (2, 2), (3, 3); INSERT INTO c(p) VALUES (1), (1), (2), (3), (3);
REPLACE INTO p VALUES (1, 5) RETURNING id, (SELECT count(*) FROM c);

-- case: random/returning-sees-what-nested-triggers-wrote
CREATE TABLE t(id INTEGER PRIMARY KEY, a); CREATE TABLE o(n INTEGER PRIMARY KEY, x);  CREATE TABLE o2(n INTEGER PRIMARY KEY, x);
CREATE TRIGGER tb BEFORE INSERT ON t BEGIN INSERT INTO o(x) VALUES (NEW.a); END;
CREATE TRIGGER ob AFTER INSERT ON o BEGIN INSERT INTO o2(x) VALUES (NEW.x); END;
CREATE VIEW v AS SELECT * FROM o2;
INSERT INTO t(a) VALUES (1) RETURNING id, (SELECT count(*) FROM v WHERE n > a - 10), (SELECT count(*) FROM o2);
INSERT INTO t(a) VALUES (1), (2), (3) RETURNING id, (SELECT count(*) FROM v WHERE n > a - 10), (SELECT count(*) FROM v);

-- case: random/returning-sees-what-before-triggers-of-an-upsert-wrote
CREATE TABLE t(id INTEGER PRIMARY KEY, a); CREATE TABLE o(n INTEGER PRIMARY KEY, x);
CREATE TRIGGER tb BEFORE INSERT ON t BEGIN INSERT INTO o(x) VALUES (NEW.a); END;
CREATE TRIGGER tu BEFORE UPDATE ON t BEGIN INSERT INTO o(x) VALUES (NEW.a); END;
INSERT INTO t VALUES (1, 1), (1, 2), (2, 3) ON CONFLICT (id) DO UPDATE SET a = a + excluded.a RETURNING id, a, (SELECT count(*) FROM o WHERE n > a - 1000);
INSERT INTO t VALUES (1, 1) ON CONFLICT (id) DO UPDATE SET a = a + excluded.a RETURNING id, a, (SELECT count(*) FROM o WHERE n > a - 1000);

-- case: random/upsert-without-rowid-returns-a-subquery
CREATE TABLE o(id INTEGER PRIMARY KEY, uid INTEGER NOT NULL, total REAL, state TEXT DEFAULT 'new', at TEXT);
CREATE TABLE cnt(k TEXT PRIMARY KEY, n INTEGER DEFAULT 0, last) WITHOUT ROWID;
INSERT INTO o(uid, state) VALUES (1, 'a'), (2, 'b'), (3, 'a');
INSERT INTO cnt VALUES ('a', 5, NULL);
INSERT INTO cnt(k, n) SELECT coalesce(state, 'BOB '), count(*) FROM o WHERE true GROUP BY 1 ON CONFLICT DO UPDATE SET n = excluded.n, last = n RETURNING (SELECT sum(n) FROM cnt);

-- case: random/recursion-in-the-order-of-its-queue
CREATE TABLE u(id INTEGER PRIMARY KEY, boss INTEGER, age);
INSERT INTO u VALUES (1, NULL, 1), (2, NULL, 2), (3, 1, 3), (4, 2, 4), (5, 1, 5);
UPDATE u SET age = 5 WHERE id = 1; UPDATE u SET age = 7 WHERE id = 3;
WITH RECURSIVE t(id, d, p) AS (SELECT id, 0, '/' || id FROM u WHERE boss IS NULL UNION ALL SELECT u.id, d + 1, p || '/' || u.id FROM u JOIN t ON u.boss = t.id WHERE d < 4) SELECT * FROM t LIMIT 3;
WITH RECURSIVE t(id, d, p) AS (SELECT id, 0, '/' || id FROM u WHERE boss IS NULL UNION ALL SELECT u.id, d + 1, p || '/' || u.id FROM u JOIN t ON u.boss = t.id WHERE d < 4) SELECT * FROM t;
WITH RECURSIVE t(id, d, p) AS (SELECT id, 0, '/' || id FROM u WHERE boss IS NULL UNION ALL SELECT u.id, d + 1, p || '/' || u.id FROM t JOIN u ON u.boss = t.id WHERE d < 4 LIMIT 4 OFFSET 1) SELECT * FROM t;
WITH RECURSIVE t(id, d, p) AS (SELECT id, 0, '/' || id FROM u WHERE boss IS NULL UNION ALL SELECT u.id, d + 1, p || '/' || u.id FROM t JOIN u ON u.boss = t.id WHERE d < 4 LIMIT 4 OFFSET 1) SELECT group_concat(id) FROM t;
WITH RECURSIVE t(id, d, p) AS (SELECT id, 0, '/' || id FROM u WHERE boss IS NULL UNION ALL SELECT u.id, d + 1, p || '/' || u.id FROM t JOIN u ON u.boss = t.id WHERE d < 4 ORDER BY 2 DESC, 1) SELECT * FROM t;
WITH RECURSIVE t(id, d, p) AS (SELECT id, 0, '/' || id FROM u WHERE boss IS NULL UNION ALL SELECT u.id, d + 1, p || '/' || u.id FROM t JOIN u ON u.boss = t.id WHERE d < 4 ORDER BY 2 DESC) SELECT * FROM t;

-- case: random/recursion-in-the-order-of-its-queue-and-joins
CREATE TABLE u(id INTEGER PRIMARY KEY, boss INTEGER, age); CREATE TABLE o(id INTEGER PRIMARY KEY, uid, t);
INSERT INTO u VALUES (1, NULL, 1), (2, NULL, 2), (3, 1, 3), (4, 2, 4), (5, 1, 5), (6, 3, 1), (7, 3, 1), (8, 4, 0);
INSERT INTO o VALUES (1, 5, 'x'), (2, 3, 'y'), (3, 5, 'z'), (4, 1, 'w');
UPDATE u SET age = 5 WHERE id = 1; UPDATE u SET age = 7 WHERE id = 3;
WITH RECURSIVE t(id, d) AS (SELECT id, 0 FROM u WHERE boss IS NULL UNION ALL SELECT u.id, d + 1 FROM u JOIN t ON u.boss = t.id ORDER BY 2, age DESC) SELECT * FROM t;
WITH RECURSIVE t(id, d, a) AS (SELECT id, 0, age FROM u WHERE boss IS NULL UNION ALL SELECT u.id, d + 1, age FROM u JOIN t ON u.boss = t.id ORDER BY 2, 3 DESC) SELECT * FROM t;
WITH RECURSIVE t(id, d, a) AS (SELECT id, 0, age FROM u WHERE boss IS NULL UNION SELECT u.id, d + 1, age FROM u JOIN t ON u.boss = t.id ORDER BY 2, 3 DESC LIMIT 5 OFFSET 1) SELECT * FROM t;
WITH RECURSIVE t(id, d, a) AS (SELECT id, 0, age FROM u WHERE boss IS NULL UNION ALL SELECT u.id, d + 1, age FROM u JOIN t ON u.boss = t.id ORDER BY 2 DESC, 3 DESC) SELECT * FROM t;
WITH RECURSIVE t(id, d, a) AS (SELECT id, 0, age FROM u WHERE boss IS NULL UNION ALL SELECT u.id, d + 1, age FROM u JOIN t ON u.boss = t.id ORDER BY 3) SELECT count(*) FROM t;
WITH RECURSIVE t(id, d, a) AS (SELECT id, 0, age FROM u WHERE boss IS NULL UNION ALL SELECT u.id, d + 1, age FROM u JOIN t ON u.boss = t.id ORDER BY 3) SELECT * FROM t ORDER BY id;
WITH RECURSIVE t(id, d) AS (SELECT id, 0 FROM u WHERE boss IS NULL UNION ALL SELECT u.id, d + 1 FROM u JOIN t ON u.boss = t.id) SELECT t.*, o.t FROM t JOIN o ON o.uid = t.id;
WITH RECURSIVE t(id, d) AS (SELECT id, 0 FROM u WHERE boss IS NULL UNION ALL SELECT u.id, d + 1 FROM u JOIN t ON u.boss = t.id) SELECT t.*, o.t FROM t LEFT JOIN o ON o.uid = t.id;
WITH RECURSIVE t(id, d) AS (SELECT id, 0 FROM u WHERE boss IS NULL UNION ALL SELECT u.id, d + 1 FROM u JOIN t ON u.boss = t.id) SELECT d, group_concat(id) FROM t GROUP BY d;
WITH RECURSIVE t(id, d) AS (SELECT id, 0 FROM u WHERE boss IS NULL UNION SELECT u.id, d + 1 FROM u, t WHERE u.boss = t.id UNION SELECT u.boss, d + 1 FROM u, t WHERE u.id = t.id AND d < 4) SELECT * FROM t;
WITH RECURSIVE c(n) AS (VALUES (1) UNION ALL SELECT n + 1 FROM c WHERE n < 10) SELECT n FROM c ORDER BY n DESC LIMIT 3;
WITH RECURSIVE c(n) AS (SELECT 1 UNION ALL SELECT n + 1 FROM c LIMIT 10) SELECT sum(n) FROM c;
WITH RECURSIVE fib(a, b) AS (SELECT 0, 1 UNION ALL SELECT b, a + b FROM fib LIMIT 10) SELECT group_concat(a) FROM fib;
WITH RECURSIVE t(id, l) AS (SELECT id, 0 FROM u WHERE id IN (3, 1) UNION ALL SELECT id, 1 FROM u WHERE id = 8 UNION ALL SELECT u.id, l + 1 FROM t, u WHERE u.boss = t.id) SELECT * FROM t;
WITH RECURSIVE t(id) AS (SELECT boss FROM u UNION SELECT id FROM u WHERE id > 6 UNION SELECT u.id FROM t, u WHERE u.boss = t.id) SELECT * FROM t;
SELECT id, (WITH RECURSIVE up(x, n) AS (SELECT u.boss, 1 UNION ALL SELECT b.boss, n + 1 FROM up, u AS b WHERE b.id = x) SELECT group_concat(x) FROM up) FROM u;

-- case: random/union-all-keeps-the-order-of-its-arms
CREATE TABLE a(id INTEGER PRIMARY KEY, x, y); CREATE TABLE b(x, y);
INSERT INTO a VALUES (1, 5, 'a'), (2, 3, 'b'), (3, 5, 'c'), (4, 1, 'd'); INSERT INTO b VALUES (5, 'e'), (3, 'f'), (5, 'a'), (0, 'g');
SELECT x, y FROM a UNION ALL SELECT x, y FROM b ORDER BY 1;
SELECT x, y FROM a UNION ALL SELECT x, y FROM b ORDER BY x DESC LIMIT 3;
SELECT x, y FROM a UNION SELECT x, y FROM b UNION ALL SELECT 5, 'q' UNION ALL SELECT id, y FROM a;
SELECT x, y FROM a UNION SELECT x, y FROM b UNION ALL SELECT 5, 'q' UNION ALL SELECT id, y FROM a ORDER BY 1 DESC;
SELECT x FROM a EXCEPT SELECT 3 UNION ALL SELECT x FROM b;
SELECT x FROM a INTERSECT SELECT x FROM b UNION ALL SELECT x FROM b ORDER BY 1 LIMIT 2 OFFSET 1;
VALUES (3, 1), (2, 1) UNION ALL SELECT * FROM (SELECT x, 1 FROM b LIMIT 3) UNION ALL SELECT id, 1 FROM a ORDER BY 2;
SELECT c.x, a.y FROM (SELECT x FROM a UNION ALL SELECT x FROM b ORDER BY 1 DESC) AS c JOIN a ON a.x = c.x;
SELECT group_concat(x) FROM (SELECT x FROM a UNION ALL SELECT x FROM b ORDER BY 1 DESC);
SELECT x, count(*), group_concat(y) FROM (SELECT x, y FROM a UNION ALL SELECT x, y FROM b) GROUP BY x;
SELECT * FROM (SELECT x, y FROM a UNION ALL SELECT x, y FROM b) WHERE x > 2 ORDER BY x LIMIT 4;
SELECT x FROM a WHERE x IN (SELECT x FROM b UNION ALL SELECT 1 ORDER BY 1 LIMIT 2);

-- case: random/windows-among-equals
CREATE TABLE i(oid INTEGER, pos INTEGER, sku TEXT, qty INT NOT NULL DEFAULT 1, price REAL, PRIMARY KEY (oid, pos));
INSERT INTO i VALUES (2, 2, 'bob', 3, 1), (2, 3, 'ann', 2, 0.25), (1, 1, 'bob', 3, 2), (1, 2, 'ann', 3, 7), (1, 4, 'cy', 1, 8), (3, 1, NULL, 2, 5), (3, 2, 'ann', 3, 5);
SELECT i.oid, i.pos, dense_rank() OVER w, last_value(i.price) OVER w FROM i WINDOW w AS (ORDER BY i.oid DESC);
SELECT i.oid, i.pos, last_value(i.price) OVER (PARTITION BY qty ORDER BY sku) FROM i;
SELECT i.oid, i.pos, last_value(i.price) OVER (ORDER BY sku GROUPS CURRENT ROW) FROM i;
SELECT sku, count(*), rank() OVER (ORDER BY count(*) DESC) FROM i GROUP BY 1;
SELECT sku, count(*), row_number() OVER (ORDER BY count(*) DESC) FROM i GROUP BY 1;
SELECT sku, count(*), row_number() OVER (ORDER BY count(*)) FROM i GROUP BY sku;
SELECT sku, sum(qty), sum(count(*)) OVER (ORDER BY count(*) ROWS UNBOUNDED PRECEDING) FROM i GROUP BY sku;
SELECT sku, sum(qty), sum(count(*)) OVER (ORDER BY count(*)) FROM i GROUP BY sku ORDER BY 2;
SELECT oid, sku, row_number() OVER (PARTITION BY qty) FROM i ORDER BY price;
SELECT oid, sku, row_number() OVER (ORDER BY qty DESC), rank() OVER (ORDER BY sku) FROM i ORDER BY price > 3;
SELECT sku, count(*), lag(sku) OVER (ORDER BY count(*) DESC), first_value(sku) OVER (ORDER BY max(qty)) FROM i GROUP BY sku ORDER BY count(*) > 1;
SELECT sku, oid, count(*), group_concat(sku) OVER (ORDER BY count(*) ROWS UNBOUNDED PRECEDING) FROM i GROUP BY sku, oid;
SELECT sku, count(*) * 100.0 / sum(count(*)) OVER () FROM i GROUP BY sku ORDER BY 2 DESC;

-- case: random/a-common-table-that-reads-a-grouped-row
CREATE TABLE u(id INTEGER PRIMARY KEY, age, born); CREATE TABLE x(id, y);
INSERT INTO u VALUES (1, 5, 'a'), (2, 5, 'b'), (3, 6, 'c'); INSERT INTO x VALUES (1, 1), (1, 2), (2, 3);
SELECT u.id, (WITH q AS (SELECT x.y AS y FROM x WHERE x.id = u.id) SELECT count(y) || '/' || count(*) FROM q) AS s FROM u GROUP BY u.age ORDER BY s, u.id;
SELECT u.age, (WITH q AS (SELECT x.y AS y FROM x WHERE x.id < u.age) SELECT count(y) FROM q) AS s FROM u GROUP BY u.age;
SELECT u.age, (WITH q AS (SELECT x.y AS y FROM x WHERE x.id < count(*)) SELECT count(y) FROM q) AS s FROM u GROUP BY u.age;

-- case: random/returning-forgets-what-a-column-was
CREATE TABLE lg(id INTEGER PRIMARY KEY, what TEXT, a TEXT COLLATE NOCASE, b REAL);
INSERT INTO lg(what, a, b) VALUES (1, 'X', 0) RETURNING CASE what WHEN 1 THEN b END, CASE what WHEN '1' THEN 7 END, what BETWEEN 0 AND 2, what = 1, a = 'x', CASE a WHEN 'x' THEN 1 END, a BETWEEN 'x' AND 'x', CASE a WHEN a THEN 1 END, what IN (1), what IN ('1'), a IN ('x'), CASE b WHEN '0' THEN 1 END, b BETWEEN '0' AND '1', b = '0', max(what, 0), nullif(what, 1), what IS 1, CASE +what WHEN 1 THEN 1 END, CASE what || '' WHEN 1 THEN 1 END, CASE b WHEN what THEN 1 END;
UPDATE lg SET what = 2 RETURNING CASE what WHEN 2 THEN b END, what BETWEEN 0 AND 2, what NOT BETWEEN 0 AND 2, CASE id WHEN '1' THEN 1 END, id BETWEEN '0' AND '5';
DELETE FROM lg RETURNING CASE what WHEN 2 THEN b END, what BETWEEN 0 AND 2, CASE id WHEN '1' THEN 1 END, id BETWEEN '0' AND '5';

-- case: random/returning-has-the-collation-of-the-first-column
CREATE TABLE lg(id INTEGER PRIMARY KEY, what TEXT, a TEXT COLLATE NOCASE, b REAL);
INSERT INTO lg(what, a, b) VALUES (1, 'X', 0) RETURNING a = 'x', a IN ('x'), a < 'b', max(a, 'x'), nullif(a, 'x'), a LIKE 'x', a IS 'x', 'x' = a, (SELECT a = 'x'), a = 'x' COLLATE NOCASE, a || '' = 'x', +a = 'x', what = 1, what = 1.0, what < 10, what IN (1), b = '0', id = '1', min(a, 'a');
INSERT INTO lg(what, a, b) VALUES (1, 'X', 0) RETURNING a BETWEEN 'x' AND 'x', CASE a WHEN 'x' THEN 1 END, a COLLATE NOCASE BETWEEN 'x' AND 'x', id BETWEEN '0' AND '3', id BETWEEN 0 AND '3', +id BETWEEN '0' AND '3', CASE id WHEN '1' THEN 1 WHEN '2' THEN 2 END, what BETWEEN 0 AND 5, (what) BETWEEN 0 AND 5;
CREATE TABLE x(a TEXT COLLATE NOCASE, b INTEGER, c TEXT);
INSERT INTO x VALUES ('X', 1, 'Q') RETURNING a = 'x', b = '1', c = 1, c = 'q', a IN ('x'), c IN ('q'), b BETWEEN '0' AND '3', a BETWEEN 'x' AND 'x', c BETWEEN 'q' AND 'q', CASE a WHEN 'x' THEN 1 END,  CASE b WHEN '1' THEN 1 END, max(a, 'x'), rowid BETWEEN '0' AND '4', rowid = '1';
SELECT a = 'x' FROM x;

-- case: random/upsert-computes-returning-in-two-places
CREATE TABLE cnt(k TEXT PRIMARY KEY, n INTEGER DEFAULT 0, last) WITHOUT ROWID;
INSERT OR IGNORE INTO cnt(k, n, last) VALUES ('BOB ', 0, 100);
INSERT INTO cnt(k, n) VALUES ('BOB ', 4), ('sent', 4), ('paid', 5) ON CONFLICT (k) DO UPDATE SET last = last || excluded.n RETURNING (SELECT sum(n) FROM cnt);
INSERT INTO cnt(k, n) VALUES ('new', 0), ('paid', 3), ('Paid', 5), ('sent', 1), ('x', 9) ON CONFLICT (k) DO UPDATE SET n = n + 1 RETURNING k, (SELECT sum(n) FROM cnt), (SELECT count(*) FROM cnt WHERE n > 1), (SELECT sum(c.n) FROM cnt AS c WHERE c.k >= cnt.k);

-- case: random/upserts-compute-returning-in-three-places
CREATE TABLE t(id INTEGER PRIMARY KEY, u UNIQUE, n);
INSERT INTO t VALUES (1, 'a', 1), (2, 'b', 2);
INSERT INTO t VALUES (1, 'x', 1), (3, 'c', 3), (4, 'b', 7), (5, 'd', 1), (1, 'q', 2), (6, 'b', 1) ON CONFLICT (id) DO UPDATE SET n = n + excluded.n ON CONFLICT (u) DO UPDATE SET n = n * 10 RETURNING id, n, (SELECT sum(n) FROM t), (SELECT count(*) FROM t);
INSERT INTO t VALUES (1, 'x', 1), (7, 'z', 3) ON CONFLICT (id) DO UPDATE SET n = n + excluded.n RETURNING id, n, (SELECT sum(n) FROM t);

-- case: random/a-compound-column-has-the-collation-of-its-first-arm
CREATE TABLE i(sku TEXT COLLATE NOCASE, p INT);
INSERT INTO i VALUES ('ann', 1), ('Ann', 2);
WITH c AS (SELECT 1 AS x0 FROM i UNION ALL SELECT sku AS x0 FROM i) SELECT a.x0, b.x0 FROM c AS a JOIN c AS b ON a.x0 = b.x0;
WITH c AS (SELECT 1 AS x0 FROM i UNION ALL SELECT sku AS x0 FROM i) SELECT x0, count(*) FROM c GROUP BY x0;
WITH c AS (SELECT sku AS x0 FROM i UNION ALL SELECT 'ANN' FROM i) SELECT x0, count(*) FROM c GROUP BY x0;
WITH c AS (SELECT 'x' AS x0 FROM i UNION SELECT sku AS x0 FROM i) SELECT x0, x0 = 'ANN' FROM c;
SELECT * FROM (SELECT 1 AS x0 UNION ALL SELECT sku AS x0 FROM i) WHERE x0 = 'ANN';
SELECT * FROM (SELECT sku AS x0 FROM i UNION ALL SELECT 1 AS x0) WHERE x0 = 'ANN';
SELECT DISTINCT x0 FROM (SELECT 1 AS x0 UNION ALL SELECT sku AS x0 FROM i);
CREATE VIEW v AS SELECT p AS x0 FROM i UNION SELECT sku FROM i;
SELECT x0 FROM v ORDER BY x0; SELECT max(x0), count(DISTINCT x0) FROM v;

-- case: random/update-from-a-subquery-of-nulls
CREATE TABLE t0(c0 INTEGER, c1 REAL);
INSERT OR IGNORE INTO t0(c0, c1) VALUES (-5, 'abc'), (1, 2), (3, 4);
UPDATE t0 SET c0 = (t0.c1 < q.v) FROM (SELECT f.rowid AS k, sqrt(NULL) AS v FROM t0 AS f) AS q WHERE q.k = t0.rowid;
SELECT t0.c1 < q.v FROM t0, (SELECT f.rowid AS k, sqrt(NULL) AS v FROM t0 AS f) AS q WHERE q.k = t0.rowid;
SELECT t0.c1 < q.v, max(q.v, t0.c1) FROM t0, (SELECT f.rowid AS k, abs(NULL) AS v FROM t0 AS f) AS q WHERE q.k = t0.rowid;
SELECT q.v IN (1, 2.0), q.v + 1, q.v || 'x', coalesce(q.v, 1.5), CASE q.v WHEN 1 THEN 2 END FROM (SELECT round(NULL) AS v, c0 FROM t0) AS q;

-- case: random/a-compound-as-an-operand-has-the-affinity-of-its-last-arm
CREATE TABLE o(id INTEGER PRIMARY KEY, state TEXT, at TEXT, i INTEGER, r REAL, n TEXT COLLATE NOCASE); CREATE TABLE cnt(k NOT NULL PRIMARY KEY, n INTEGER DEFAULT 0, last) WITHOUT ROWID;
INSERT INTO o(state, at, i, r, n) VALUES ('Paid', 1700000000, 5, 2.5, 'AbC'), ('new', '3', 3, 3, 'x');
INSERT INTO cnt VALUES ('new', 5, '5'), (3, 1, 3);
SELECT id, (SELECT x.last FROM cnt AS x WHERE x.k = o.state UNION SELECT o.at ORDER BY 1 DESC) > 2, (SELECT x.last FROM cnt AS x UNION ALL SELECT o.i) = '3', (SELECT o.i UNION ALL SELECT x.last FROM cnt AS x) = '5', (SELECT o.at UNION ALL SELECT o.i) = 3, (SELECT o.i UNION ALL SELECT o.at) = '5', '3' = (SELECT o.i UNION ALL SELECT o.at) FROM o;
SELECT id, o.at IN (SELECT o.i UNION SELECT last FROM cnt), o.i IN (SELECT 'x' UNION SELECT at FROM o), '3' IN (SELECT at FROM o UNION SELECT i FROM o), 3 IN (SELECT i FROM o UNION SELECT at FROM o), 3 IN (SELECT at FROM o UNION SELECT i FROM o), '5' IN (SELECT at FROM o UNION SELECT i FROM o), '5' IN (SELECT i FROM o UNION SELECT at FROM o), 5 IN (SELECT last FROM cnt UNION SELECT k FROM cnt) FROM o;
SELECT 'abc' IN (SELECT n FROM o UNION SELECT state FROM o), 'abc' IN (SELECT state FROM o UNION SELECT n FROM o), 'abc' IN (SELECT state COLLATE NOCASE FROM o UNION SELECT at FROM o), (SELECT state FROM o UNION SELECT n FROM o ORDER BY 1) = 'abc', (1, 'abc') IN (SELECT id, state FROM o UNION SELECT id, n FROM o), ('1', 'abc') IN (SELECT id, n FROM o UNION SELECT at, n FROM o);
SELECT id FROM o WHERE (SELECT 5 UNION SELECT o.id ORDER BY 1 DESC) > 2; SELECT 3 IN (VALUES ('3'), (4)), '3' IN (VALUES (3), (CAST(4 AS INTEGER))), 3 IN (VALUES ('3'), (CAST('x' AS TEXT)));
SELECT id FROM o WHERE (at, i) = (SELECT i, at FROM o UNION ALL SELECT '3', 3) OR (i, r) = (SELECT '5', '2.5' UNION ALL SELECT i, r FROM o);

-- case: random/first-and-last-of-equals
CREATE TABLE t(id INTEGER PRIMARY KEY, g, v); INSERT INTO t VALUES (1, 2, 'a'), (2, 1, 'b'), (3, 2, 'c'), (4, 1, 'd'), (5, 2, 'e');
CREATE INDEX tg ON t(g, v DESC);
SELECT id, first_value(v) OVER (ORDER BY g DESC), last_value(v) OVER (ORDER BY g DESC), first_value(v) OVER (ORDER BY g RANGE CURRENT ROW), last_value(v) OVER (ORDER BY g GROUPS BETWEEN CURRENT ROW AND UNBOUNDED FOLLOWING), last_value(id) OVER (ORDER BY g RANGE BETWEEN UNBOUNDED PRECEDING AND UNBOUNDED FOLLOWING), first_value(id) OVER (PARTITION BY id % 2 ORDER BY g GROUPS BETWEEN CURRENT ROW AND CURRENT ROW) FROM t;
SELECT id, last_value(id) OVER (PARTITION BY g), first_value(id) OVER (PARTITION BY g), last_value(id) OVER () FROM t;

-- case: random/windows-that-depend-on-the-order-of-equals
CREATE TABLE t(id INTEGER PRIMARY KEY, g, v); INSERT INTO t VALUES (1, 2, 'a'), (2, 1, 'b'), (3, 2, 'c'), (4, 1, 'd'), (5, 2, 'e'), (6, 1, 'f'), (7, 1, 'g'), (8, 3, 'h'), (9, 2, 'i'), (10, 1, 'j'), (11, 2, 'k');
CREATE INDEX tg ON t(g, v DESC);
SELECT id, nth_value(v, 2) OVER (ORDER BY g DESC), group_concat(v) OVER (ORDER BY g), json_group_array(v) OVER (ORDER BY g DESC), group_concat(v, '') OVER (ORDER BY g GROUPS 1 PRECEDING) FROM t;
SELECT id, nth_value(v, 2) OVER (PARTITION BY id % 2 ORDER BY g DESC), group_concat(v, '') OVER (PARTITION BY id % 2 ORDER BY g), group_concat(v, '') OVER (ORDER BY id % 3 ROWS BETWEEN 1 PRECEDING AND 1 FOLLOWING EXCLUDE TIES) FROM t;
SELECT g, count(*), group_concat(g) OVER (ORDER BY count(*) > 2), nth_value(g, 2) OVER (ORDER BY count(*) > 9 DESC) FROM t GROUP BY g;
SELECT id, group_concat(v, '') OVER w, nth_value(v, 3) OVER w, sum(id) OVER w FROM t WINDOW w AS (ORDER BY g COLLATE NOCASE DESC) ORDER BY g;
SELECT id, group_concat(v, '') OVER (ORDER BY g), count(*) OVER (ORDER BY v), first_value(v) OVER (ORDER BY g DESC, id) FROM t WHERE v > 'a' ORDER BY id;

-- case: random/upsert-computes-set-when-where-passes
CREATE TABLE cnt(k TEXT COLLATE NOCASE PRIMARY KEY, n INTEGER DEFAULT 0, last) WITHOUT ROWID; INSERT INTO cnt(k, n) VALUES ('BOB ', 3);
INSERT INTO cnt(k, n) VALUES ('BOB ', 1), ('Paid', 1), ('paid', 1), ('x', 1), ('X', 1), ('PAID', 4) ON CONFLICT DO UPDATE SET n = (SELECT count(*) FROM cnt) WHERE n < 3;
SELECT * FROM cnt;
INSERT INTO cnt(k, n) VALUES ('y', 1), ('Y', 1), ('paid', 1), ('z', 1), ('Z', 1) ON CONFLICT DO UPDATE SET n = n + (SELECT sum(n) FROM cnt) WHERE n < (SELECT count(*) FROM cnt) RETURNING k, n;

-- case: random/loops-over-a-table-that-a-subquery-reads-too
CREATE TABLE u(id INTEGER PRIMARY KEY, name TEXT, age INTEGER, score NUMERIC); CREATE TABLE cnt(k PRIMARY KEY, n); 
CREATE INDEX is2 ON u(score DESC, id); CREATE INDEX ia ON u(age);
INSERT INTO u VALUES (1, 'a', 7, 12), (4, 'b', 6, 100), (2, 'c', 5, 50);
SELECT id, name FROM u WHERE age NOT IN (SELECT k FROM cnt UNION SELECT u.score AS x0 FROM u UNION ALL VALUES (2.5));
SELECT id, name FROM u WHERE age NOT IN (SELECT * FROM (SELECT u.id AS x0 FROM u LIMIT 2) EXCEPT VALUES ('d%'), (2.5));
SELECT id FROM u WHERE EXISTS (SELECT 1 FROM u WHERE score > 1) AND (SELECT max(score) FROM u) > 5;
SELECT id, (SELECT group_concat(id) FROM u WHERE age > 5), (SELECT group_concat(score) FROM u) FROM u;
SELECT id, (SELECT group_concat(id) FROM u WHERE age > 5) FROM u WHERE score > 1;
SELECT id FROM (SELECT * FROM u WHERE age > 1) WHERE id IN (SELECT id FROM u WHERE score > 0);
SELECT group_concat(id) FROM u WHERE id IN (SELECT id FROM u WHERE score > 0) GROUP BY name > 'a';
UPDATE u SET name = (SELECT group_concat(id) FROM u WHERE score > 1) WHERE age > 0 RETURNING id, (SELECT group_concat(id) FROM u WHERE age > 5);
DELETE FROM u WHERE id IN (SELECT id FROM u WHERE score > 12) RETURNING id;

-- case: random/rows-that-a-subquery-chooses-keep-their-order
CREATE TABLE u(id INTEGER PRIMARY KEY, name TEXT, age INTEGER, mail TEXT UNIQUE); CREATE TABLE o(id INTEGER PRIMARY KEY, uid INTEGER, total, state); CREATE TABLE i(oid, qty);
INSERT INTO u VALUES (1, 'e', 1, 'BOB '), (2, 'c', 5, 'cy'), (3, 'x', 5, 'd%'), (4, 'y', 2, 'aa'); INSERT INTO o VALUES (6, 5, -4, 'paid'), (7, 4, 3, 'new'); INSERT INTO i VALUES (4, 2), (5, 1), (9, 3);
CREATE VIEW vc AS SELECT id, name AS x FROM u UNION ALL SELECT id, state FROM o;
UPDATE u SET age = age + 1 WHERE id IN (1, 2);
SELECT vc.x FROM vc WHERE NOT EXISTS (SELECT 1 FROM i AS e WHERE e.oid = vc.x AND e.qty > 1);
SELECT vc.x FROM vc WHERE id IN (SELECT oid FROM i UNION SELECT uid FROM o) OR x > 'd';
SELECT x FROM (SELECT * FROM u LIMIT 3) AS q JOIN vc USING (id) WHERE id NOT IN (SELECT oid FROM i);
SELECT group_concat(x) FROM vc WHERE NOT EXISTS (SELECT 1 FROM i AS e WHERE e.oid = vc.id);
SELECT u.id FROM u WHERE (u.mail IN ('cy', 'd%', 'd%') OR u.mail > (SELECT avg(total) FROM o));
SELECT u.id FROM u WHERE (u.id = 3 OR u.mail = (SELECT max(mail) FROM u WHERE mail < 'b') OR mail = 'BOB ');

-- case: random/a-collation-in-over-is-not-of-the-call
CREATE TABLE o(id INTEGER PRIMARY KEY, uid INTEGER, total REAL, state TEXT, at TEXT);
INSERT OR IGNORE INTO o(uid, total, state, at) VALUES (0, 2.5, 'paid', 0);
INSERT INTO o(uid, total, state, at) VALUES (1, 100, 'Paid', -1);
SELECT o.id AS k, last_value(o.state) OVER (ORDER BY o.total COLLATE NOCASE) AS v FROM o;
WITH r AS (SELECT o.id AS k, last_value(o.state) OVER (ORDER BY o.total COLLATE NOCASE) AS v FROM o) SELECT v, count(*), group_concat(k) FROM r GROUP BY v;
WITH r AS (SELECT o.id AS k, last_value(o.state) OVER (ORDER BY o.total) AS v FROM o) SELECT v, count(*), group_concat(k) FROM r GROUP BY v;
SELECT v FROM (SELECT o.id AS k, last_value(o.state) OVER (ORDER BY o.total) AS v FROM o) ORDER BY v;

-- case: random/a-collation-in-over-orders-the-window-alone
CREATE TABLE i(oid INTEGER, pos INTEGER, sku TEXT COLLATE NOCASE, PRIMARY KEY (oid, pos));
INSERT OR IGNORE INTO i(oid, pos, sku) VALUES (0, 1, 'bob'), (4, 3, 'BOB ');
SELECT i.oid, i.pos FROM i ORDER BY group_concat(i.sku, '-') OVER (PARTITION BY i.sku COLLATE NOCASE ORDER BY i.oid, i.pos DESC), i.oid, i.pos;
SELECT i.oid, i.pos, group_concat(i.sku, '-') OVER (PARTITION BY i.sku ORDER BY i.oid) AS g FROM i ORDER BY g;
SELECT group_concat(i.sku, '-') FROM i GROUP BY oid ORDER BY 1;
SELECT lag(sku) OVER (ORDER BY oid) AS l FROM i ORDER BY l = 'BOB', lead(sku) OVER (ORDER BY oid DESC);
SELECT first_value(sku) OVER (ORDER BY oid ROWS 1 PRECEDING) = 'BOB' FROM i;

-- case: random/groups-by-a-null-under-a-collation
CREATE TABLE lg(id INTEGER PRIMARY KEY, what TEXT, a, b);
CREATE TABLE t1(c1 BLOB); INSERT INTO lg(a) VALUES (1); INSERT INTO t1 VALUES (1);
WITH w1 AS (WITH w2 AS (SELECT 1 AS x0, NULL AS x1, a3.a AS x2 FROM lg AS a2 LEFT JOIN (lg AS a3 JOIN t1 AS a4) ON 1) SELECT (w2.x1 COLLATE NOCASE >= x'0000') AS y FROM w2) SELECT y, count(*) FROM w1 GROUP BY y;
WITH w1 AS (SELECT (NULL COLLATE NOCASE >= x'0000') AS y FROM lg) SELECT y, count(*) FROM w1 GROUP BY y;
SELECT y, count(*) FROM (SELECT x1 COLLATE NOCASE >= 1 AS y FROM (SELECT NULL AS x1, a FROM lg)) GROUP BY y;
SELECT y, count(*) FROM (SELECT x1 >= 1 AS y FROM (SELECT NULL AS x1, a FROM lg)) GROUP BY y;

-- case: random/a-row-that-is-left-out-replaces-none
CREATE TABLE lg(a); CREATE TABLE t0(c0 VARCHAR(10), c1 INTEGER, c2 DATE NOT NULL ON CONFLICT IGNORE, PRIMARY KEY (c0) ON CONFLICT REPLACE);
CREATE TRIGGER tr0 AFTER UPDATE OF c2 ON t0 BEGIN INSERT INTO lg VALUES (1); END;
INSERT INTO t0(c0, c1) VALUES (1, 1);
INSERT INTO t0(c0, c1, c2) VALUES (1, 1, 2);
INSERT INTO t0(c0, c1, c2) VALUES (1, 1, NULL);
REPLACE INTO t0(c0, c1, c2) VALUES (1, 5, NULL);
SELECT * FROM t0;

-- case: random/what-programs-ask-of-a-table-of-people
CREATE TABLE e(id INTEGER PRIMARY KEY, name TEXT, mgr INT, sal NUMERIC, dept TEXT COLLATE NOCASE, hired TEXT);
INSERT INTO e VALUES (1,'Ann',NULL,100,'IT','2020-01-15'),(2,'Bob',1,80,'it','2021-03-01'),(3,'Cy',1,80.5,'HR','2021-03-01'),(4,'Di',2,60,'hr',NULL),(5,'Ed',2,NULL,NULL,'2022-12-31'),(6,'Flo',3,75,'IT','bad');
CREATE INDEX ed ON e(dept, sal DESC); CREATE INDEX em ON e(mgr);
UPDATE e SET sal = sal + 1 WHERE id IN (1, 3, 5);
SELECT dept, count(*), avg(sal), group_concat(name), max(sal), name FROM e GROUP BY dept;
SELECT dept, name, sal, rank() OVER (PARTITION BY dept ORDER BY sal DESC) r, sal - avg(sal) OVER (PARTITION BY dept) d FROM e;
SELECT * FROM (SELECT *, row_number() OVER (PARTITION BY dept ORDER BY sal DESC) rn FROM e) WHERE rn = 1;
SELECT m.name, count(*) n, group_concat(e.name, '/') FROM e JOIN e AS m ON m.id = e.mgr GROUP BY m.id ORDER BY n DESC, m.name;
SELECT m.name, e.name FROM e AS m LEFT JOIN e ON e.mgr = m.id AND e.sal > 70;
SELECT dept FROM e WHERE dept = 'IT'; SELECT DISTINCT dept FROM e; SELECT DISTINCT dept, mgr FROM e ORDER BY mgr; SELECT count(DISTINCT dept) FROM e; SELECT dept, mgr, count(*) FROM e GROUP BY dept, mgr; SELECT dept, mgr, count(*) FROM e GROUP BY mgr, dept HAVING count(*) > 0;
SELECT name FROM e WHERE dept IN ('it', 'X') OR mgr = 2; SELECT name FROM e WHERE dept = 'hr' OR sal > 90 ORDER BY sal LIMIT 2; SELECT name FROM e WHERE dept LIKE 'i%' AND sal BETWEEN 70 AND 90;
SELECT strftime('%Y', hired) y, count(*), min(name) FROM e GROUP BY y; SELECT name, date(hired, '+' || mgr || ' months'), julianday(hired) - julianday('2020-01-01') FROM e;
SELECT e.*, d.c FROM e LEFT JOIN (SELECT dept, count(*) c FROM e GROUP BY dept) d ON d.dept = e.dept;
SELECT name, (SELECT name FROM e x WHERE x.dept = e.dept AND x.id <> e.id) FROM e; SELECT name FROM e WHERE sal > (SELECT avg(sal) FROM e x WHERE x.dept = e.dept); SELECT (SELECT group_concat(name) FROM e x WHERE x.mgr = e.id) FROM e WHERE id < 4;
WITH RECURSIVE c(id, path, lvl) AS (SELECT id, name, 0 FROM e WHERE mgr IS NULL UNION ALL SELECT e.id, path || '>' || name, lvl + 1 FROM e JOIN c ON e.mgr = c.id) SELECT * FROM c; 
WITH RECURSIVE c(id, path, lvl) AS (SELECT id, name, 0 FROM e WHERE mgr IS NULL UNION ALL SELECT e.id, path || '>' || name, lvl + 1 FROM e JOIN c ON e.mgr = c.id ORDER BY 3 DESC, 1) SELECT substr('    ', 1, lvl) || path FROM c;
SELECT name FROM e ORDER BY dept, sal; SELECT name FROM e ORDER BY dept DESC NULLS LAST, sal; SELECT name FROM e ORDER BY length(name), 1 DESC LIMIT 3 OFFSET 1; SELECT name n FROM e ORDER BY upper(n) DESC; SELECT name FROM e WHERE mgr ORDER BY mgr = 2, mgr; SELECT dept || '-' || coalesce(mgr, 0) k, total(sal) FROM e GROUP BY k ORDER BY k COLLATE NOCASE;
SELECT max(hired), name FROM e; SELECT min(sal), name, dept FROM e WHERE dept IS NOT NULL GROUP BY dept; SELECT mgr, max(sal), min(sal), name FROM e GROUP BY mgr;
SELECT name, CASE WHEN sal > 80 THEN 'hi' WHEN sal IS NULL THEN '?' ELSE 'lo' END b, iif(dept = 'it', 1, 0) FROM e ORDER BY b, name; SELECT sum(CASE dept WHEN 'it' THEN sal END), sum(dept = 'hr'), count(sal) FROM e;
SELECT name FROM e UNION ALL SELECT dept FROM e ORDER BY 1; SELECT dept FROM e UNION SELECT name FROM e; SELECT dept FROM e EXCEPT SELECT 'hr'; SELECT 'HR' INTERSECT SELECT dept FROM e; SELECT mgr FROM e INTERSECT SELECT id FROM e ORDER BY 1 DESC;
SELECT lag(name) OVER w, lead(name, 2, '-') OVER w, ntile(3) OVER w, sum(sal) OVER (w ROWS 2 PRECEDING), first_value(name) OVER (PARTITION BY dept ORDER BY hired) FROM e WINDOW w AS (ORDER BY hired, name); SELECT name, sum(sal) OVER (ORDER BY hired) FROM e; SELECT name, count(*) OVER (PARTITION BY dept), sum(sal) OVER (PARTITION BY mgr ORDER BY id DESC) FROM e ORDER BY id;
SELECT json_group_array(name), json_group_object(name, sal) FROM e WHERE dept = 'IT'; SELECT json_object('n', name, 's', sal, 'm', json_array(mgr, hired)) FROM e; SELECT value, key FROM e, json_each(json_array(name, sal)) WHERE id < 3;
UPDATE e SET sal = x.m FROM (SELECT dept, max(sal) m FROM e GROUP BY dept) x WHERE x.dept = e.dept RETURNING id, sal; INSERT INTO e(name, sal) SELECT name || '2', sal FROM e WHERE dept = 'hr' ORDER BY sal DESC RETURNING id, name; DELETE FROM e WHERE rowid NOT IN (SELECT min(rowid) FROM e GROUP BY sal) RETURNING id; SELECT id, name, sal FROM e;

-- case: random/the-last-of-several-extremes-that-are-not-the-same
CREATE TABLE i(oid INTEGER, pos INTEGER); CREATE TABLE o(id INTEGER PRIMARY KEY, state);
INSERT INTO i VALUES (2, 3), (5, 3), (3, 1); INSERT INTO o VALUES (2, 'new'), (5, 1), (3, 'a');
SELECT max(o.state) - min(o.state), i.oid FROM i CROSS JOIN o ON i.oid = o.id ORDER BY max(o.state);
SELECT max(state), min(state), id FROM o; SELECT min(state), max(state), id FROM o; SELECT min(state), max(state), min(state), id FROM o; SELECT max(id), id, min(state) FROM o HAVING max(id) > 0;

-- case: random/total-changes-that-triggers-added-to
CREATE TABLE lg(a); CREATE TABLE t(id INTEGER PRIMARY KEY, a);
INSERT INTO t VALUES (1, 1), (2, 2);
SELECT changes(), total_changes();
CREATE TRIGGER ti AFTER INSERT ON t BEGIN INSERT INTO lg VALUES (NEW.id); UPDATE lg SET a = a + 1; END;
INSERT INTO t VALUES (3, 1);
SELECT changes();
SELECT total_changes();

-- case: random/values-as-an-operand
CREATE TABLE t0(c0 DOUBLE, c2 VARCHAR(10));
INSERT INTO t0 VALUES (1, NULL);
-- bind: {"p1": "1.0", "p2": "1.0"}
UPDATE t0 SET c2 = '2' WHERE ((:p1, :p2) IN (VALUES (c0, c0), (c2, c0)));

-- case: random/extremes-of-which-the-last-alone-has-a-filter
CREATE TABLE d(id INTEGER PRIMARY KEY, a); INSERT INTO d VALUES (1, NULL), (2, NULL);
SELECT min(a) FILTER (WHERE id < 0), max(a), id FROM d; SELECT min(a) FILTER (WHERE id < 0), max(a) FILTER (WHERE id > 5), id FROM d; SELECT count(*), max(a) FILTER (WHERE id > 5), id FROM d;
SELECT max(a) - min(a) FILTER (WHERE NULL), id FROM d;

-- case: random/columns-that-are-never-null-beside-an-aggregate-of-no-rows
CREATE TABLE d(id INTEGER PRIMARY KEY, doc TEXT, kind, n INTEGER NOT NULL);
SELECT max(id), id COLLATE NOCASE IS kind, (id) IS kind, +id IS doc, id COLLATE NOCASE IS id, n + 1 IS kind, coalesce(n, 0) IS kind, -n IS NULL, n || '' IS doc FROM d;
SELECT id COLLATE NOCASE IS kind, count(*) FROM d; SELECT n + 1 IS NOT kind, coalesce(n, kind) IS NULL, max(kind) FROM d WHERE id > 5;

-- case: random/a-recursion-over-the-table-that-the-select-reads
CREATE TABLE u(id INTEGER PRIMARY KEY, boss INTEGER); CREATE INDEX ib ON u(boss);
INSERT INTO u VALUES (1, 3), (2, 3), (3, NULL);
WITH RECURSIVE t(id, d) AS (SELECT id, 0 FROM u WHERE boss IS NULL OR id = 2 UNION SELECT u.id, d + 1 FROM t, u WHERE u.boss = t.id AND d < 4 LIMIT 4 OFFSET 1) SELECT u.id FROM u WHERE u.id NOT IN (SELECT id FROM t) ORDER BY u.id;
WITH RECURSIVE t(id, d) AS (SELECT id, 0 FROM u WHERE boss IS NULL OR id = 2 UNION SELECT u.id, d + 1 FROM t, u WHERE u.boss = t.id AND d < 4 LIMIT 4 OFFSET 1) SELECT * FROM t;

-- case: random/restrict-within-one-table
PRAGMA foreign_keys = ON;
CREATE TABLE t1(id INTEGER PRIMARY KEY, c0 TEXT, p INTEGER, FOREIGN KEY (p) REFERENCES t1(id) ON DELETE RESTRICT ON UPDATE CASCADE);
INSERT INTO t1 VALUES (1, 'a', NULL), (2, 'b', 1);
DELETE FROM t1; SELECT * FROM t1; DELETE FROM t1 WHERE id IN (1, 2); SELECT * FROM t1; DELETE FROM t1 WHERE id = 2; DELETE FROM t1; SELECT * FROM t1;
INSERT INTO t1 VALUES (2, 'a', NULL), (1, 'b', 2); DELETE FROM t1; SELECT * FROM t1;
INSERT INTO t1 VALUES (1, 'a', 1); DELETE FROM t1; UPDATE t1 SET p = NULL; DELETE FROM t1; SELECT * FROM t1;

-- case: random/a-nul-in-insert-or-fail
CREATE TABLE t(a INTEGER PRIMARY KEY, b TEXT UNIQUE); CREATE TABLE s(v); INSERT INTO s VALUES (65), (0), (66);
INSERT OR FAIL INTO t(b) SELECT char(v) FROM s;

-- case: random/compound-ordered-under-another-collation
CREATE TABLE o(id INTEGER PRIMARY KEY, uid INTEGER, total NUMERIC, state TEXT DEFAULT 'new' COLLATE NOCASE);
INSERT INTO o(uid, total, state) VALUES (2, 7.75, 'paid'), (4, -4, 'Paid'), (3, -4, 'PAID'), (3, 1, NULL), (1, 1, 'new '), (5, 1, 'New');
VALUES (5) EXCEPT SELECT uid COLLATE NOCASE FROM o UNION ALL SELECT state FROM o EXCEPT SELECT state FROM o WHERE NULL ORDER BY 1 COLLATE NOCASE;
SELECT state || '' AS x FROM o UNION SELECT state COLLATE NOCASE FROM o UNION SELECT * FROM (SELECT total COLLATE NOCASE FROM o LIMIT 1) EXCEPT SELECT 1 FROM o ORDER BY 1 COLLATE NOCASE;
SELECT state FROM o UNION SELECT 'pAid' ORDER BY 1 COLLATE BINARY;
SELECT state, uid FROM o UNION SELECT 'pAid', 2 ORDER BY state COLLATE BINARY DESC, uid;
SELECT state FROM o INTERSECT SELECT 'pAid' ORDER BY state COLLATE RTRIM;
SELECT state || '' AS x FROM o UNION ALL SELECT 'pAid' ORDER BY x COLLATE NOCASE;
SELECT state || '' AS x FROM o UNION SELECT 'pAid' ORDER BY x COLLATE NOCASE LIMIT 3 OFFSET 1;
SELECT state || '' AS x FROM o EXCEPT SELECT 'pAid' ORDER BY x COLLATE RTRIM DESC LIMIT 4;

-- case: random/a-row-with-null-in-a-select
CREATE TABLE t(id INTEGER PRIMARY KEY, a, b TEXT, n INTEGER, c TEXT COLLATE NOCASE);
INSERT INTO t VALUES (1, '9', '9', 9, 'a'), (2, 9, NULL, NULL, 'A'), (3, 'A', 'a', 1, NULL), (4, NULL, '9', 9, 'b');
CREATE TABLE u(x INTEGER, y TEXT, z, w TEXT COLLATE NOCASE);
INSERT INTO u VALUES (9, '9', '9', 'A'), (9, NULL, 9, 'a'), (NULL, 'a', 'A', NULL), (1, '1', 1, 'B');
SELECT id FROM t WHERE (a, b) NOT IN (VALUES (t.a, t.n), (t.n, t.n)); SELECT id, (a, NULL) NOT IN (SELECT t.a, t.n UNION ALL SELECT t.n, t.b) FROM t;
SELECT id, (b, n, NULL) IN (VALUES (t.n, t.b, 1)), (a, n, NULL) IN (VALUES (t.n, t.b, 1)), (n, b) NOT IN (VALUES ('9', 9), ('A', 2)) FROM t;
SELECT (9, NULL) NOT IN (SELECT y, y FROM u WHERE y NOT NULL), ('9', NULL) NOT IN (SELECT x, y FROM u WHERE x NOT NULL);
SELECT id, (a, NULL) NOT IN (SELECT x, y FROM u WHERE x NOT NULL), (b, NULL) NOT IN (SELECT x, y FROM u WHERE x NOT NULL), (a, b) IN (SELECT x, y FROM u WHERE x NOT NULL) FROM t;
SELECT id, (b, NULL) NOT IN (SELECT w, y FROM u WHERE w NOT NULL), ('a', b) IN (SELECT w, y FROM u WHERE w NOT NULL), (b || '', id) IN (SELECT upper(y) COLLATE NOCASE, x FROM u WHERE y NOT NULL), (c, id) IN (SELECT y COLLATE BINARY, x FROM u WHERE y NOT NULL) FROM t;
SELECT id FROM t WHERE NOT (c, 1) IN (SELECT upper(y) COLLATE BINARY, 1 FROM u WHERE y NOT NULL); SELECT id FROM t WHERE (b, NULL) IN (SELECT x, 1 FROM u) OR id = 2;

-- case: random/update-or-replace-looks-twice
PRAGMA foreign_keys = ON;
CREATE TABLE t0(c0 TEXT NOT NULL UNIQUE ON CONFLICT REPLACE, c1 UNIQUE, c2 TEXT); CREATE TABLE t1(p, FOREIGN KEY (p) REFERENCES t0(c0));
INSERT INTO t0 VALUES ('9', 'B', 'x'), ('5', 'A', 'y');
UPDATE OR REPLACE t0 SET c0 = 'a', c1 = c1; UPDATE OR REPLACE t0 SET c0 = '5', c1 = 'B' WHERE rowid = 1; SELECT rowid, * FROM t0;
INSERT INTO t0 VALUES ('6', NULL, 'z'), ('7', 'C', 'z'); UPDATE OR REPLACE t0 SET c0 = '5', c1 = c1 WHERE c0 = '6'; UPDATE OR REPLACE t0 SET c0 = '7', c1 = 'D' WHERE rowid = 3; SELECT rowid, * FROM t0;
CREATE TABLE a(id INTEGER PRIMARY KEY, name TEXT UNIQUE, mail TEXT UNIQUE, x INTEGER UNIQUE); CREATE TABLE b(aid INTEGER REFERENCES a(name) ON UPDATE CASCADE);
INSERT INTO a VALUES (1, 'ann', 'a@x', 1), (2, 'bob', 'b@x', 2), (3, 'cid', NULL, NULL), (4, 'dan', 'd@x', 4);
UPDATE OR REPLACE a SET name = 'bob' WHERE id = 1; UPDATE OR REPLACE a SET mail = 'b@x' WHERE id = 1; UPDATE OR REPLACE a SET name = 'dan' WHERE id = 3; SELECT * FROM a;
UPDATE OR REPLACE a SET x = 1, id = id WHERE id = 3; UPDATE OR REPLACE a SET id = 1, x = 7 WHERE id = 3; UPDATE OR REPLACE a SET name = 'ann', x = 2, mail = mail; SELECT * FROM a;
DROP TABLE b; INSERT OR IGNORE INTO a VALUES (1, 'ann', 'a@x', 1), (2, 'bob', 'b@x', 2); UPDATE OR REPLACE a SET name = 'bob', mail = mail WHERE id = 1; SELECT * FROM a;
CREATE TRIGGER gone AFTER DELETE ON a BEGIN SELECT 1; END; PRAGMA recursive_triggers = ON; INSERT OR IGNORE INTO a VALUES (5, 'eve', 'e@x', 5), (6, 'fay', 'f@x', 6); UPDATE OR REPLACE a SET name = 'fay', mail = mail, x = x WHERE id = 5; UPDATE OR REPLACE a SET name = name, mail = mail, x = 6 WHERE id = 5; SELECT * FROM a;

-- case: random/a-group-that-in-converts
CREATE TABLE i(id INTEGER PRIMARY KEY, price REAL, n INT, s TEXT, z); INSERT INTO i VALUES (1, 1, 1, '1', '1'), (2, 2.5, 2, 'a', '01');
CREATE TABLE d(id INTEGER PRIMARY KEY, price REAL, n INT, s TEXT, z); INSERT INTO d VALUES (1, 1, 1, '1', '1'), (2, 2.5, 2, 'a', '01'), (3, 7, 3, '01', 3), (4, 7, 3, '01', 4.0);
SELECT price, count(*), typeof(price) FROM d GROUP BY price HAVING price IN (SELECT price FROM i); SELECT price FROM d GROUP BY price HAVING count(*) > 0 AND price IN (SELECT n FROM i) ORDER BY price DESC;
SELECT price FROM d GROUP BY price HAVING price IN (SELECT id FROM i); SELECT price FROM d GROUP BY price HAVING NOT (price IN (SELECT id FROM i WHERE n = 2)); SELECT * FROM (SELECT price AS p, count(*) FROM d GROUP BY price HAVING price IN (SELECT price FROM i));
SELECT max(price), max(price) IN (SELECT price FROM i), max(price) FROM d; SELECT avg(n) FROM d GROUP BY n HAVING avg(n) IN (SELECT n FROM i); SELECT avg(n) FROM d GROUP BY n HAVING avg(n) NOT IN (SELECT z FROM i); SELECT sum(price) FROM d GROUP BY n HAVING sum(price) IN (SELECT price FROM i);
SELECT s FROM d GROUP BY s HAVING s IN (SELECT n FROM i); SELECT z, z || 'x' FROM d GROUP BY z HAVING z IN (SELECT n FROM i); SELECT z FROM d GROUP BY z HAVING z IN (SELECT s FROM i); SELECT n FROM d GROUP BY n HAVING n IN (SELECT s FROM i);
SELECT s, s IN (SELECT n FROM i) FROM d GROUP BY s ORDER BY s; SELECT price, price IN (1, 2.5, '3', 4), price FROM d GROUP BY price; SELECT s IN (SELECT n FROM i), count(*) FROM d GROUP BY s ORDER BY 1, 2;

-- case: random/a-group-that-in-converts-while-it-is-shown
CREATE TABLE d(id INTEGER PRIMARY KEY, price REAL, s TEXT); INSERT INTO d VALUES (1, 1, '1');
SELECT s, s IN (SELECT id FROM d WHERE price > 0), s FROM d GROUP BY s; SELECT s AS k, s IN (SELECT price FROM d) FROM d GROUP BY s ORDER BY k COLLATE NOCASE; SELECT price FROM d GROUP BY price HAVING price IN (SELECT price FROM d) OR count(*) > 1;
