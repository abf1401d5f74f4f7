-- case: agg/always-null-is-still-an-aggregate
CREATE TABLE n3(a, b INTEGER);
INSERT INTO n3 VALUES(1,2),(3,4),(5,6);
SELECT 56 AS c, - min(+ - CAST(NULL AS INTEGER)) FROM n3;
SELECT - 97 * min(CAST(NULL AS REAL)) FROM n3;
SELECT - min(NULL) FROM n3 WHERE a IS NULL;
SELECT abs(max(NULL)), length(min(NULL)), max(NULL) + sum(a) FROM n3;
SELECT a, - max(NULL) FROM n3;
SELECT b, - max(NULL) FROM n3 GROUP BY b ORDER BY b;
SELECT CAST(max(NULL) AS TEXT) FROM n3 HAVING max(NULL) IS NULL;
SELECT (SELECT - max(NULL) FROM n3), (SELECT count(*) FROM (SELECT abs(min(NULL)) FROM n3));
-- case: agg/bare-columns-of-an-extreme-that-is-null
CREATE TABLE e7(g, a, x);
INSERT INTO e7 VALUES(1,1,NULL),(1,2,NULL),(1,3,NULL),(2,4,NULL),(2,5,7),(2,6,NULL),(2,7,7);
SELECT g, a, max(x) FROM e7 GROUP BY g ORDER BY g;
SELECT g, a, min(x) FROM e7 GROUP BY g ORDER BY g;
SELECT a, max(x) FROM e7 WHERE g = 1;
SELECT a, min(x) FROM e7 WHERE g = 3;
SELECT a, max(x) FILTER (WHERE a < 3) FROM e7;
SELECT g, a, max(x) FILTER (WHERE a IN (2, 5)) FROM e7 GROUP BY g ORDER BY g;
SELECT g, a, max(x) FILTER (WHERE a = 9) FROM e7 GROUP BY g ORDER BY g;
SELECT g, a, min(x) FILTER (WHERE a IN (1, 3, 6)) FROM e7 GROUP BY g ORDER BY g;
SELECT g, a, max(x) FILTER (WHERE a IN (6, 5, 3, 2)) FROM e7 GROUP BY g ORDER BY g;
