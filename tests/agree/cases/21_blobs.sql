-- case: blob/read-as-a-number
CREATE TABLE bn(id INTEGER PRIMARY KEY, b BLOB, x);
INSERT INTO bn(b, x) VALUES (x'00ff', x'00ff'), (x'31', x'31'), (x'312e35ff', x'312e35ff'), (x'ff31', x'ff31'), (x'3700ff', x'3700ff'), (x'', x''), (NULL, NULL), (x'20375c', x'20375c');
SELECT id, b AND 1, x AND 1, NOT b, NOT x, b OR 0, x OR 0 FROM bn ORDER BY id;
SELECT id FROM bn WHERE b ORDER BY id;
SELECT id FROM bn WHERE x ORDER BY id;
SELECT id, CASE WHEN b THEN 'y' ELSE 'n' END, iif(x, 'y', 'n'), b IS TRUE, x IS NOT FALSE FROM bn ORDER BY id;
SELECT id, b + 1, x + 1, -b, -x, b * 1.5, x % 4, b / 2 FROM bn ORDER BY id;
SELECT id, CAST(b AS INTEGER), CAST(x AS INTEGER), CAST(b AS REAL), CAST(x AS REAL), CAST(b AS NUMERIC), CAST(x AS NUMERIC) FROM bn ORDER BY id;
SELECT id, abs(b), abs(x), round(b), round(x, 1), sign(b), sign(x), b & 7, x | 1, ~b, b << 1 FROM bn ORDER BY id;
SELECT id, printf('%d %.2f', b, b), printf('%5d|%x', x, x) FROM bn ORDER BY id;
SELECT sum(b), total(x), avg(b), count(b) FROM bn;
SELECT id, sum(x) OVER (ORDER BY id) FROM bn ORDER BY id;
SELECT id FROM bn ORDER BY b AND 1, x + 0, id;
SELECT id, date(b), datetime(x), julianday(b) FROM bn ORDER BY id;
SELECT count(*) FROM bn HAVING max(b);
SELECT id FROM bn LIMIT CAST(x'3200ff' AS INTEGER);
SELECT id, typeof(b), length(b), length(x), hex(x), quote(b), substr(x, 2), b || '' IS NULL FROM bn WHERE id IN (2, 6, 7, 8) ORDER BY id;

-- case: blob/read-as-a-c-string
CREATE TABLE bc(id INTEGER PRIMARY KEY, b BLOB, x);
INSERT INTO bc(b, x) VALUES (x'610062ff', x'610062ff'), (x'00ff', x'00ff'), (x'323032342d30322d323900ff', x'323032342d30322d323900ff'), (x'c3a9', x'c3a9');
SELECT id, printf('%s|', b), printf('%s|%5s', x, b), printf('%-4s|', x) FROM bc ORDER BY id;
SELECT id, unicode(b), unicode(x) FROM bc ORDER BY id;
SELECT id, date(b), datetime(x, '+1 day') FROM bc ORDER BY id;

-- case: blob/stored-by-affinity
CREATE TABLE ba(id INTEGER PRIMARY KEY, i INTEGER, r REAL, n NUMERIC, t TEXT);
INSERT INTO ba(i, r, n, t) VALUES (x'31', x'32', x'33', x'34'), (x'00ff', x'00ff', x'00ff', x'00ff'), (1, 2, 3, 4);
SELECT id, typeof(i), typeof(r), typeof(n), typeof(t), i + 1, r + 1, n + 1, t + 1 FROM ba ORDER BY id;
SELECT id, i AND 1, r OR 0, NOT n, t AND r FROM ba ORDER BY id;
SELECT id FROM ba WHERE i > 5 ORDER BY id;
SELECT sum(i), sum(r), sum(n), sum(t), total(t) FROM ba;
SELECT i, count(*) FROM ba GROUP BY i AND 1 ORDER BY 2, i;
CREATE TABLE bk(b BLOB CHECK (b));
INSERT INTO bk VALUES (x'3100ff');
INSERT INTO bk VALUES (x'00ff');
SELECT hex(b) FROM bk;
