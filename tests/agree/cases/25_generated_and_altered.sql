-- case: returning/generated-columns
CREATE TABLE g(a INT, b TEXT, r REAL, v AS (a+1), w INT AS (a*2) STORED, x TEXT AS (a), y REAL AS (a), z INT AS (b), q AS (r), k REAL AS (r) STORED, m TEXT AS (r), n NUMERIC AS (r/2));
INSERT INTO g(a,b,r) VALUES(1,'7',3),(2,'z',4.5),(NULL,NULL,NULL) RETURNING *;
INSERT INTO g(a,b,r) VALUES(1,'7',3) RETURNING typeof(v),typeof(w),typeof(x),typeof(y),typeof(z),typeof(q),typeof(k),typeof(m),typeof(n);
UPDATE g SET a=a+1, r=r+1 RETURNING *;
UPDATE g SET a=5 RETURNING v,w,x,y,z,q,k,m,n,v+w,x||y;
DELETE FROM g RETURNING *;
-- case: returning/generated-after-a-real
CREATE TABLE g(r REAL, a INT, v AS (a+1), w INT AS (a*2) STORED, x TEXT AS (a), y REAL AS (a), q AS (r));
INSERT INTO g(a,r) VALUES(1,3),(2,4.5) RETURNING *;
UPDATE g SET a=a+1, r=r+1 RETURNING *;
UPDATE g SET a=a+1, r=r+1 RETURNING v=3, w=4, x='3', x=3, y=3, q;
DELETE FROM g RETURNING *;
-- case: returning/generated-after-a-text
CREATE TABLE g(t TEXT, a INT, v AS (a+1), w INT AS (a*2) STORED, x TEXT AS (a), y REAL AS (a), q AS (t), s TEXT AS (t||a) STORED);
INSERT INTO g(t,a) VALUES(1,3),(2,4.5),('x','y') RETURNING *;
INSERT INTO g(t,a) VALUES(1,3),(2,4.5),('x','y') RETURNING typeof(v), typeof(w), typeof(x), typeof(y), typeof(q), v=4, w='6', x=3, y=3, y='3', q=1;
UPDATE g SET a=7, t=8 RETURNING *, v>5, x<5;
DELETE FROM g RETURNING *;
-- case: returning/generated-first
CREATE TABLE g(v REAL AS (a+1), a INT, w INT AS (a*2) STORED, x TEXT AS (a), y REAL AS (a));
INSERT INTO g(a) VALUES(3),(4.5),('y') RETURNING *;
INSERT INTO g(a) VALUES(3),(4.5),('y') RETURNING typeof(v), typeof(a), typeof(w), typeof(x), typeof(y), v=4, w='6', x=3, y=3, y='3';
UPDATE g SET a=7 RETURNING *, v>5, x<5;
DELETE FROM g RETURNING *;
-- case: returning/generated-and-upsert
CREATE TABLE g(a INTEGER PRIMARY KEY, b INT, v AS (a+b), w TEXT AS (b) STORED, y REAL AS (b), z REAL AS (b) STORED, u INT AS (b||''));
INSERT INTO g(a,b) VALUES(1,3),(2,4) RETURNING *;
INSERT INTO g(a,b) VALUES(1,3),(2,4) ON CONFLICT(a) DO UPDATE SET b=excluded.b+1 RETURNING *;
INSERT INTO g(a,b) VALUES(1,3),(2,4) ON CONFLICT(a) DO UPDATE SET b=excluded.v+excluded.w RETURNING *;
REPLACE INTO g(a,b) VALUES(1,3),(2,4) RETURNING *, typeof(y), typeof(z), y+0, z+0, y||'', z||'';
UPDATE g SET b = 9 RETURNING y, z, typeof(y), typeof(z), y+0, z+0, y||'', z||'', y/2, z/2;
-- case: returning/generated-of-a-deleted-row
CREATE TABLE g(a INT, r REAL, y REAL AS (a), q AS (r), k REAL AS (r) STORED, m TEXT AS (r), n NUMERIC AS (r/2), u REAL AS (a+0), z REAL AS (a/2) STORED);
INSERT INTO g(a,r) VALUES(1,3),(5,4.5);
SELECT * FROM g;
DELETE FROM g RETURNING y;
INSERT INTO g(a,r) VALUES(1,3),(5,4.5);
DELETE FROM g RETURNING r;
INSERT INTO g(a,r) VALUES(1,3),(5,4.5);
DELETE FROM g RETURNING k;
INSERT INTO g(a,r) VALUES(1,3),(5,4.5);
DELETE FROM g RETURNING q;
INSERT INTO g(a,r) VALUES(1,3),(5,4.5);
DELETE FROM g RETURNING m;
INSERT INTO g(a,r) VALUES(1,3),(5,4.5);
DELETE FROM g RETURNING n;
INSERT INTO g(a,r) VALUES(1,3),(5,4.5);
DELETE FROM g RETURNING u;
INSERT INTO g(a,r) VALUES(1,3),(5,4.5);
DELETE FROM g RETURNING z;
INSERT INTO g(a,r) VALUES(1,3),(5,4.5);
DELETE FROM g RETURNING y||'', y/2, typeof(y), u||'', u/2, k||'', z/2, typeof(z), y=1, y='1';
-- case: returning/generated-of-a-deleted-row-after-a-text
CREATE TABLE g(a TEXT, r REAL, y REAL AS (a), u REAL AS (r+0), x INT AS (r));
INSERT INTO g(a,r) VALUES(1,3),(5,4.5);
DELETE FROM g RETURNING *;
INSERT INTO g(a,r) VALUES(1,3),(5,4.5),('x','z'),(1.0,'z'),('',x'61');
DELETE FROM g RETURNING *, typeof(r), typeof(y), typeof(u), typeof(x);
-- case: returning/generated-of-a-deleted-row-after-a-real
CREATE TABLE g(b REAL, a TEXT, r REAL, y REAL AS (a), u REAL AS (r+0), x INT AS (r), i INT);
INSERT INTO g(a,r,i) VALUES(1,3,2),(5,4.5,2);
DELETE FROM g RETURNING *;
INSERT INTO g(a,r,i) VALUES(1,3,1),(5,4.5,2),('x','z',3),(1.0,'z',4),('',x'61',5);
DELETE FROM g RETURNING *, typeof(r), typeof(y), typeof(u), typeof(x);
-- case: returning/generated-real-first
CREATE TABLE g(y REAL AS (a), a INT, b TEXT, v AS (y));
INSERT INTO g(a,b) VALUES(1,3),(5,4.5);
DELETE FROM g RETURNING *;
-- case: returning/generated-stored-first
CREATE TABLE g(y REAL AS (a) STORED, a INT, b TEXT, v AS (y));
INSERT INTO g(a,b) VALUES(1,3),(5,4.5);
UPDATE g SET a=a+1 RETURNING *, typeof(y), typeof(v), y/2, v/2;
DELETE FROM g RETURNING *;
-- case: returning/generated-beside-a-key
CREATE TABLE g(a INTEGER PRIMARY KEY, b INT, y REAL AS (b), z REAL AS (b) STORED, w REAL AS (a), t TEXT AS (z));
INSERT INTO g(a,b) VALUES(1,3),(5,4.5);
DELETE FROM g RETURNING *, typeof(y), typeof(z), y/2, t;
-- case: returning/generated-without-rowid
CREATE TABLE g(a INTEGER PRIMARY KEY, b INT, y REAL AS (b), z REAL AS (b) STORED, w REAL AS (a), t TEXT AS (z)) WITHOUT ROWID;
INSERT INTO g(a,b) VALUES(1,3),(5,4.5);
UPDATE g SET b=b+1 RETURNING *, typeof(y), typeof(z), y/2, t;
DELETE FROM g RETURNING *, typeof(y), typeof(z), y/2, t;
-- case: alter/default-of-another-type
CREATE TABLE s(a INT);
INSERT INTO s VALUES(1),(2);
ALTER TABLE s ADD COLUMN b INT DEFAULT 'x';
ALTER TABLE s ADD COLUMN c INT DEFAULT 1.5;
ALTER TABLE s ADD COLUMN d TEXT DEFAULT x'61';
ALTER TABLE s ADD COLUMN e BLOB DEFAULT 'y';
ALTER TABLE s ADD COLUMN f REAL DEFAULT 'y';
ALTER TABLE s ADD COLUMN g INT NOT NULL DEFAULT 'x';
SELECT *, typeof(b), typeof(c), typeof(d), typeof(e), typeof(f) FROM s;
INSERT INTO s(a) VALUES(3);
SELECT *, typeof(b), typeof(c), typeof(d), typeof(e), typeof(f) FROM s;
-- case: alter/default-of-another-type-strict-without-rows
CREATE TABLE s(a INT) STRICT;
ALTER TABLE s ADD COLUMN b TEXT DEFAULT x'61';
INSERT INTO s(a) VALUES(3);
INSERT INTO s VALUES(3,'x');
SELECT * FROM s;
-- case: alter/default-of-a-strict-table
CREATE TABLE s(a INT) STRICT;
INSERT INTO s VALUES(1),(2);
ALTER TABLE s ADD COLUMN b TEXT DEFAULT 17;
ALTER TABLE s ADD COLUMN c INT DEFAULT '17';
ALTER TABLE s ADD COLUMN d REAL DEFAULT 17;
ALTER TABLE s ADD COLUMN e ANY DEFAULT '17';
ALTER TABLE s ADD COLUMN f INT DEFAULT 4.0;
SELECT *, typeof(b), typeof(c), typeof(d), typeof(e) FROM s;
-- case: alter/default-of-another-type-strict
CREATE TABLE s(a INT) STRICT;
INSERT INTO s VALUES(1),(2);
ALTER TABLE s ADD COLUMN b INTEGER DEFAULT 'x';
SELECT *, typeof(b) FROM s;
INSERT INTO s(a) VALUES(3);
INSERT INTO s(a,b) VALUES(4,4);
SELECT *, typeof(b) FROM s;
UPDATE s SET a = 9 WHERE a = 1;
UPDATE s SET b = 5 WHERE a = 2;
SELECT *, typeof(b) FROM s;
PRAGMA integrity_check;
-- case: pragma/limits-of-the-process
PRAGMA soft_heap_limit=0;
PRAGMA soft_heap_limit;
-- case: pragma/schema-version-counts
PRAGMA schema_version;
CREATE TABLE a(b);
PRAGMA schema_version;
CREATE INDEX i ON a(b);
PRAGMA schema_version;
CREATE TEMP TABLE t(b);
PRAGMA schema_version;
BEGIN;
DROP TABLE a;
PRAGMA schema_version;
ROLLBACK;
PRAGMA schema_version;
-- case: pragma/schema-version-set
PRAGMA schema_version=12;

-- case: generated/virtual-reals-that-were-stored-on-the-way
CREATE TABLE t(a, r REAL AS (a), k, s REAL AS (a) STORED, h REAL AS (a * 1.5));
INSERT INTO t(a, k) VALUES (1, 2), (2, 1), (3, NULL);
SELECT r, s, h FROM t; SELECT r, s, h FROM t ORDER BY k; SELECT r FROM t UNION SELECT r FROM t; SELECT DISTINCT r FROM t ORDER BY k; SELECT max(r), k FROM t GROUP BY k ORDER BY k; SELECT r FROM (SELECT r, k FROM t ORDER BY k LIMIT 2); SELECT first_value(r) OVER (ORDER BY k), row_number() OVER (ORDER BY r) FROM t; SELECT r || '', typeof(r) FROM t ORDER BY k; SELECT * FROM t WHERE r > 1 ORDER BY r DESC; SELECT r FROM t EXCEPT SELECT 5; SELECT t.r, x.r FROM t JOIN t AS x ON x.r = t.k ORDER BY t.a;
CREATE INDEX tr ON t(r); SELECT r FROM t ORDER BY r; SELECT r, a FROM t WHERE r > 1;
CREATE TABLE o(re REAL, te TEXT, i INTEGER); INSERT INTO o SELECT r, r, r FROM t; SELECT * FROM o; UPDATE o SET re = (SELECT r FROM t WHERE a = 2) WHERE rowid = 1; SELECT * FROM o;

-- case: generated/virtual-reals-that-are-written-as-integers
CREATE TABLE w(a TEXT, r REAL AS (length(a))); INSERT INTO w(a) VALUES ('abc'), ('z');
INSERT INTO w(a) SELECT r FROM w;

-- case: generated/columns-of-virtual-reals
CREATE TABLE z(a, r REAL AS (a), x TEXT AS (r), y AS (r)); INSERT INTO z(a) VALUES (1); SELECT * FROM z;
CREATE TABLE zi(a, r REAL AS (a), i INTEGER AS (r));
-- case: generated/all-rows-of-a-table-alike
CREATE TABLE gta(a INT, twice AS (a * 2), c TEXT, d DEFAULT 7, e TEXT AS (c || d) STORED CHECK (e <> 'q'));
CREATE TABLE gtb(a INT, twice AS (a * 2), c TEXT, d DEFAULT 7, e TEXT AS (c || d) STORED CHECK (e <> 'q'));
INSERT INTO gta(a, c) VALUES(1, 'x'), (2, 'y'), (NULL, NULL);
INSERT INTO gtb SELECT * FROM gta;
SELECT rowid, * FROM gtb;
INSERT INTO gtb SELECT ALL * FROM main.gta AS z;
SELECT rowid, * FROM gtb;
INSERT INTO gtb SELECT * FROM gta WHERE a = 1;
INSERT INTO gtb SELECT a, c, d FROM gta WHERE a = 1;
INSERT INTO gtb SELECT * FROM gta ORDER BY a;
INSERT INTO gtb SELECT * FROM (SELECT * FROM gta);
SELECT count(*), sum(twice), group_concat(e) FROM gtb;
CREATE TABLE gtc(k INTEGER PRIMARY KEY, g AS (k + n), n); CREATE TABLE gtd(id INTEGER PRIMARY KEY, gg AS (id + n), n);
CREATE TABLE gte(k INTEGER PRIMARY KEY, g AS (k + n), n);
INSERT INTO gtc VALUES(5, 1), (3, 2);
INSERT INTO gte SELECT * FROM gtc;
INSERT INTO gtd SELECT * FROM gtc;
SELECT * FROM gte;
INSERT INTO gte SELECT * FROM gtc;
CREATE TABLE log_gte(n);
CREATE TRIGGER gtlog AFTER INSERT ON log_gte BEGIN DELETE FROM gte WHERE n = new.n; INSERT INTO gtb SELECT * FROM gta; END;
INSERT INTO log_gte VALUES(2);
SELECT * FROM gte; SELECT count(*), sum(twice) FROM gtb;


-- case: alter/rows-that-get-a-real-default
CREATE TABLE old(a);
INSERT INTO old VALUES(1);
ALTER TABLE old ADD COLUMN b DEFAULT 5.0;
ALTER TABLE old ADD COLUMN c DEFAULT -12.0;
ALTER TABLE old ADD COLUMN d BLOB DEFAULT (+7.0);
ALTER TABLE old ADD COLUMN e DEFAULT 2.5;
ALTER TABLE old ADD COLUMN f REAL DEFAULT 5;
ALTER TABLE old ADD COLUMN g TEXT DEFAULT 5.0;
ALTER TABLE old ADD COLUMN h NUMERIC DEFAULT 5.0;
ALTER TABLE old ADD COLUMN i DEFAULT 1e19;
ALTER TABLE old ADD COLUMN j NOT NULL DEFAULT 3.0;
ALTER TABLE old ADD COLUMN k TEXT DEFAULT 1.50;
ALTER TABLE old ADD COLUMN l DEFAULT (CAST(5.0 AS REAL));
ALTER TABLE old ADD COLUMN m DEFAULT (- -5.0);
ALTER TABLE old ADD COLUMN n DEFAULT -0.0;
ALTER TABLE old ADD COLUMN o DEFAULT 9.0e18;
INSERT INTO old(a) VALUES(2);
ALTER TABLE old ADD COLUMN p TEXT DEFAULT -2.50;
ALTER TABLE old ADD COLUMN q TEXT DEFAULT (1e3);
ALTER TABLE old ADD COLUMN r TEXT DEFAULT (- -1.50);
INSERT INTO old(a) VALUES(3);
SELECT a, p, q, r FROM old;
SELECT a, b, typeof(b), c, typeof(c), d, typeof(d), e, f, typeof(f), g, h, i, j, typeof(j) FROM old;
SELECT k, l, typeof(l), m, typeof(m), n, typeof(n), o, typeof(o) FROM old;

-- case: generated/of-a-strict-table
CREATE TABLE bill(id INTEGER PRIMARY KEY, qty INT, price INTEGER, total INT AS (qty * price), kept INTEGER AS (qty * price) STORED, half REAL AS (total / 2.0), sum_ REAL AS (qty + price), word TEXT AS (qty || 'x') STORED, some ANY AS (qty * 2.5)) STRICT;
INSERT INTO bill(id, qty, price) VALUES(1, 2, 3), (2, NULL, 4), (3, 7, 100);
SELECT *, typeof(total), typeof(kept), typeof(half), typeof(sum_), typeof(some) FROM bill;
UPDATE bill SET qty = qty + 1 WHERE total > 5 RETURNING id, total, kept;
SELECT id FROM bill WHERE kept = 9;
CREATE INDEX bill_total ON bill(total);
SELECT id FROM bill WHERE total BETWEEN 1 AND 1000 ORDER BY total DESC;
INSERT INTO bill(id, qty, price) VALUES(4, 4, 'x');
CREATE TABLE big(a INTEGER, twice INT AS (a * 2) STORED) STRICT;
INSERT INTO big VALUES(5);
SELECT * FROM big;
CREATE TABLE any_(a ANY, n INT AS (a) STORED, t TEXT AS (a) STORED) STRICT;
INSERT INTO any_ VALUES(5), ('7'), (NULL), (2.0);
SELECT *, typeof(n), typeof(t) FROM any_;
ALTER TABLE big ADD COLUMN thrice INTEGER AS (a * 3);
INSERT INTO big(a) VALUES(7);
SELECT * FROM big;
CREATE TABLE chain(a INT AS (b * 2), b INT AS (c * 2) STORED, c INT PRIMARY KEY) STRICT, WITHOUT ROWID;
INSERT INTO chain(c) VALUES(5), (1);
SELECT * FROM chain;
