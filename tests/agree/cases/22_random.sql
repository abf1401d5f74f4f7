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
