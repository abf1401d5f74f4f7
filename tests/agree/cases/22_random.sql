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
