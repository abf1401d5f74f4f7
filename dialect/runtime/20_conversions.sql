-- SQLite's conversions between storage classes (catalogue 2 and 4). In names: i int8, r float8, n tagged number, t text,
-- b bytea, v howdah.v; x2y takes an x and gives a y. None catches an exception, so all may run in parallel workers.

-- REAL -> TEXT is "%!.15g", computed by SQLite with long double. Where 15 digits say the whole value a cast to numeric,
-- which rounds to 15 digits, is the same, and so it is where what follows them is far from a half.
CREATE OR REPLACE FUNCTION howdah.r2t_slow(f float8) RETURNS text
LANGUAGE plpgsql IMMUTABLE STRICT PARALLEL SAFE AS $$
DECLARE
  digits text; -- 15, without trailing zeros
  e int;       -- of the first digit
  q record;
BEGIN
  IF f = 'Infinity' THEN RETURN 'Inf'; ELSIF f = '-Infinity' THEN RETURN '-Inf'; ELSIF f = 'NaN' THEN RETURN NULL; END IF;
  IF f = 0 THEN RETURN '0.0'; END IF;
  digits := btrim(to_char(abs(f), '9.9999999999999999EEEE'));
  IF abs(f) < 1e100 AND abs(f) > 1e-8 AND substr(digits, 17, 2) NOT BETWEEN '48' AND '51' THEN
    digits := btrim(to_char(abs(f), '9.99999999999999EEEE'));
    e := substr(digits, 18)::int;
    digits := replace(left(digits, 16), '.', '');
  ELSE
    q := howdah.r_digits(f, false, 14, 26);
    digits := q.digits;
    e := q.e;
  END IF;
  digits := rtrim(digits, '0');
  RETURN CASE WHEN f < 0 THEN '-' ELSE '' END
      || CASE WHEN e < -4 OR e > 14
              THEN left(digits, 1) || '.' || CASE WHEN length(digits) > 1 THEN substr(digits, 2) ELSE '0' END
                   || 'e' || CASE WHEN e < 0 THEN '-' ELSE '+' END || CASE WHEN abs(e) < 10 THEN '0' ELSE '' END || abs(e)
              WHEN e < 0 THEN '0.' || repeat('0', -e - 1) || digits
              WHEN length(digits) <= e + 1 THEN digits || repeat('0', e + 1 - length(digits)) || '.0'
              ELSE left(digits, e + 1) || '.' || substr(digits, e + 2) END;
END $$;

CREATE OR REPLACE FUNCTION howdah.r2t(f float8) RETURNS text
LANGUAGE sql IMMUTABLE PARALLEL SAFE AS $$
  SELECT CASE WHEN abs(f) >= 1e-4 AND abs(f) < 1e15 AND f::numeric::float8 = f THEN (f::numeric + 0.0)::text
              ELSE howdah.r2t_slow(f) END $$;

CREATE OR REPLACE FUNCTION howdah.n2t(x numeric) RETURNS text
LANGUAGE sql IMMUTABLE PARALLEL SAFE AS $$
  SELECT CASE WHEN scale(x) = 0 THEN x::text ELSE howdah.r2t(x::float8) END $$;

-- Invalid UTF-8 and NUL raise 22021: such a text does not exist in PostgreSQL (catalogue HARD-TEXT).
CREATE OR REPLACE FUNCTION howdah.b2t(x bytea) RETURNS text
LANGUAGE plpgsql IMMUTABLE STRICT PARALLEL SAFE AS $$
BEGIN
  RETURN convert_from(x, 'UTF8');
END $$;

-- What a number is read from: the blob's bytes where they are ASCII, and from a NUL or another byte on something that no
-- number goes on with. It never raises.
CREATE OR REPLACE FUNCTION howdah.b2digits(x bytea) RETURNS text
LANGUAGE sql IMMUTABLE PARALLEL SAFE AS $$ SELECT encode(x, 'escape') $$;

-- What a function that takes a C string sees: the bytes before the first NUL.
CREATE OR REPLACE FUNCTION howdah.b2c(x bytea) RETURNS text
LANGUAGE sql IMMUTABLE PARALLEL SAFE AS $$
  SELECT howdah.b2t(CASE WHEN position('\x00'::bytea IN x) > 0 THEN substr(x, 1, position('\x00'::bytea IN x) - 1) ELSE x END) $$;

CREATE OR REPLACE FUNCTION howdah.t2b(x text) RETURNS bytea
LANGUAGE plpgsql IMMUTABLE STRICT PARALLEL SAFE AS $$
BEGIN
  RETURN convert_to(x, 'UTF8');
END $$;

CREATE OR REPLACE FUNCTION howdah.v2t(x howdah.v) RETURNS text
LANGUAGE sql IMMUTABLE PARALLEL SAFE AS $$
  SELECT CASE WHEN (x).t IS NOT NULL THEN (x).t
              WHEN (x).n IS NOT NULL THEN howdah.n2t((x).n)
              ELSE howdah.b2t((x).b) END $$;

CREATE OR REPLACE FUNCTION howdah.v2c(x howdah.v) RETURNS text
LANGUAGE sql IMMUTABLE PARALLEL SAFE AS $$
  SELECT CASE WHEN (x).b IS NOT NULL THEN howdah.b2c((x).b) ELSE howdah.v2t(x) END $$;

CREATE OR REPLACE FUNCTION howdah.v2b(x howdah.v) RETURNS bytea
LANGUAGE sql IMMUTABLE PARALLEL SAFE AS $$
  SELECT CASE WHEN (x).b IS NOT NULL THEN (x).b ELSE howdah.t2b(howdah.v2t(x)) END $$;

-- A number's text as float8. Where PostgreSQL would raise 22003 SQLite gives an infinity or zero.
CREATE OR REPLACE FUNCTION howdah.s2r(x text) RETURNS float8
LANGUAGE plpgsql IMMUTABLE STRICT PARALLEL SAFE AS $$
DECLARE
  m text[];
  digits text;
  e numeric; -- the value is 0.digits * 10^e
BEGIN
  IF length(x) < 40 AND x !~ '[eE]' THEN RETURN x::float8; END IF;
  m := regexp_match(x, '^\s*([+-]?)([0-9]*)\.?([0-9]*)(?:[eE]([+-]?[0-9]+))?');
  digits := ltrim(m[2] || m[3], '0');
  IF digits = '' THEN RETURN 0; END IF;
  e := coalesce(m[4], '0')::numeric + length(m[2]) - (length(m[2] || m[3]) - length(digits));
  IF e < -324 OR (e <= -307 AND ('0.' || left(digits, 30) || 'e' || e)::numeric < 2.4703282292062328e-324) THEN
    RETURN 0;
  ELSIF e > 309 OR (e = 309 AND ('0.' || left(digits, 30) || 'e309')::numeric >= 1.7976931348623158079e308) THEN
    RETURN CASE WHEN m[1] = '-' THEN '-Infinity' ELSE 'Infinity' END;
  END IF;
  RETURN x::float8;
END $$;

-- The longest prefix that is a number; NULL when there is none.
CREATE OR REPLACE FUNCTION howdah.numeric_prefix(x text) RETURNS text
LANGUAGE sql IMMUTABLE PARALLEL SAFE AS $$
  SELECT substring(x COLLATE "C" from '^[ \t\n\v\f\r]*([+-]?(?:[0-9]+\.?[0-9]*|\.[0-9]+)(?:[eE][+-]?[0-9]+)?)') $$;

-- What an arithmetic operator sees: '12abc' is 12, '1.5x' is 1.5, 'abc' is 0.
CREATE OR REPLACE FUNCTION howdah.t2n(x text) RETURNS numeric
LANGUAGE plpgsql IMMUTABLE STRICT PARALLEL SAFE AS $$
DECLARE
  p text;
  n numeric;
BEGIN
  IF length(x) < 19 AND x COLLATE "C" ~ '^-?[0-9]+\.?[0-9]*$' THEN
    IF strpos(x, '.') = 0 THEN RETURN x::numeric; END IF;
    IF length(x) < 17 THEN RETURN trim_scale(x::numeric) + 0.0; END IF; -- float8 keeps 15 digits
  END IF;
  p := howdah.numeric_prefix(x);
  IF p IS NULL THEN RETURN 0; END IF;
  IF p COLLATE "C" ~ '^[+-]?[0-9]+$' THEN
    n := p::numeric;
    IF n BETWEEN -9223372036854775808 AND 9223372036854775807 THEN RETURN n; END IF;
  END IF;
  RETURN howdah.r2n(howdah.s2r(p));
END $$;

-- No number begins with what is behind '9'.
CREATE OR REPLACE FUNCTION howdah.v2n(x howdah.v) RETURNS numeric
LANGUAGE sql IMMUTABLE PARALLEL SAFE AS $$
  SELECT CASE WHEN (x).n IS NOT NULL THEN (x).n
              WHEN (x).t IS NOT NULL THEN CASE WHEN ascii((x).t) > 57 THEN 0 ELSE howdah.t2n((x).t) END
              ELSE howdah.t2n(howdah.b2digits((x).b)) END $$;

-- CAST(x AS INTEGER): the integer prefix of a text, the integral part of a real; both stop at the ends of int8.
CREATE OR REPLACE FUNCTION howdah.t2i(x text) RETURNS int8
LANGUAGE plpgsql IMMUTABLE STRICT PARALLEL SAFE AS $$
DECLARE
  p text;
BEGIN
  IF length(x) < 19 AND x COLLATE "C" ~ '^[0-9]+$' THEN RETURN x::int8; END IF;
  p := substring(x COLLATE "C" from '^[ \t\n\v\f\r]*([+-]?[0-9]+)');
  IF p IS NULL THEN RETURN 0; END IF;
  RETURN greatest(least(p::numeric, 9223372036854775807), -9223372036854775808)::int8;
END $$;

CREATE OR REPLACE FUNCTION howdah.r2i(f float8) RETURNS int8
LANGUAGE sql IMMUTABLE PARALLEL SAFE AS $$
  SELECT CASE WHEN f = 'NaN' THEN NULL
              WHEN f >= 9223372036854775807 THEN 9223372036854775807
              WHEN f <= -9223372036854775808 THEN (-9223372036854775808)::int8
              ELSE trunc(f)::int8 END $$;

CREATE OR REPLACE FUNCTION howdah.n2i(x numeric) RETURNS int8
LANGUAGE sql IMMUTABLE PARALLEL SAFE AS $$
  SELECT CASE WHEN x >= 9223372036854775807 THEN 9223372036854775807
              WHEN x <= -9223372036854775808 THEN (-9223372036854775808)::int8
              ELSE trunc(x)::int8 END $$;

CREATE OR REPLACE FUNCTION howdah.v2i(x howdah.v) RETURNS int8
LANGUAGE sql IMMUTABLE PARALLEL SAFE AS $$
  SELECT CASE WHEN (x).n IS NOT NULL THEN howdah.n2i((x).n)
              WHEN (x).t IS NOT NULL THEN howdah.t2i((x).t)
              ELSE howdah.t2i(howdah.b2digits((x).b)) END $$;

-- CAST(x AS REAL)
CREATE OR REPLACE FUNCTION howdah.t2r(x text) RETURNS float8
LANGUAGE sql IMMUTABLE PARALLEL SAFE AS $$
  SELECT CASE WHEN length(x) < 19 AND x COLLATE "C" ~ '^-?[0-9]+\.?[0-9]*$' THEN x::float8
              WHEN x IS NOT NULL THEN coalesce(howdah.s2r(howdah.numeric_prefix(x)), 0) END $$;

CREATE OR REPLACE FUNCTION howdah.v2r(x howdah.v) RETURNS float8
LANGUAGE sql IMMUTABLE PARALLEL SAFE AS $$
  SELECT CASE WHEN (x).n IS NOT NULL THEN (x).n::float8
              WHEN (x).t IS NOT NULL THEN howdah.t2r((x).t)
              ELSE howdah.t2r(howdah.b2digits((x).b)) END $$;

-- A real that is an exact int8 becomes INTEGER: NUMERIC and INTEGER affinity, CAST(text AS NUMERIC).
CREATE OR REPLACE FUNCTION howdah.intify(x numeric) RETURNS numeric
LANGUAGE sql IMMUTABLE PARALLEL SAFE AS $$
  SELECT CASE WHEN scale(x) > 0 AND x = trunc(x) AND x > -9223372036854775808 AND x < 9223372036854775807
              THEN trunc(x) ELSE x END $$;

-- CAST(x AS NUMERIC): an integral value below 2^51 becomes INTEGER (sqlite3RealSameAsInt).
CREATE OR REPLACE FUNCTION howdah.real_as_int(x numeric) RETURNS numeric
LANGUAGE sql IMMUTABLE PARALLEL SAFE AS $$
  SELECT CASE WHEN scale(x) > 0 AND x = trunc(x) AND x >= -2251799813685248 AND x < 2251799813685248
              THEN trunc(x) ELSE x END $$;

CREATE OR REPLACE FUNCTION howdah.t2num(x text) RETURNS numeric
LANGUAGE sql IMMUTABLE PARALLEL SAFE AS $$ SELECT howdah.real_as_int(howdah.t2n(x)) $$;

CREATE OR REPLACE FUNCTION howdah.v2num(x howdah.v) RETURNS numeric
LANGUAGE sql IMMUTABLE PARALLEL SAFE AS $$
  SELECT CASE WHEN (x).n IS NOT NULL THEN (x).n
              WHEN (x).t IS NOT NULL THEN howdah.t2num((x).t)
              ELSE howdah.t2num(howdah.b2digits((x).b)) END $$;

-- Column affinity, on store and before a comparison: here the whole text must look like a number.
CREATE OR REPLACE FUNCTION howdah.looks_numeric(x text) RETURNS boolean
LANGUAGE sql IMMUTABLE PARALLEL SAFE AS $$
  SELECT x COLLATE "C" ~ '^[ \t\n\v\f\r]*[+-]?(?:[0-9]+\.?[0-9]*|\.[0-9]+)(?:[eE][+-]?[0-9]+)?[ \t\n\v\f\r]*$' $$;

CREATE OR REPLACE FUNCTION howdah.aff_num_t(x text) RETURNS howdah.v
LANGUAGE plpgsql IMMUTABLE STRICT PARALLEL SAFE AS $$
BEGIN
  IF length(x) < 19 AND x COLLATE "C" ~ '^-?[0-9]+$' THEN RETURN ROW(x::numeric, NULL, NULL)::howdah.v; END IF;
  IF ascii(x) <= 57 AND howdah.looks_numeric(x) THEN RETURN ROW(howdah.intify(howdah.t2n(x)), NULL, NULL)::howdah.v; END IF;
  RETURN ROW(NULL, x, NULL)::howdah.v;
END $$;

CREATE OR REPLACE FUNCTION howdah.aff_num(x howdah.v) RETURNS howdah.v
LANGUAGE sql IMMUTABLE PARALLEL SAFE AS $$
  SELECT CASE WHEN (x).t IS NOT NULL THEN howdah.aff_num_t((x).t)
              WHEN (x).n IS NOT NULL THEN ROW(howdah.intify((x).n), NULL, NULL)::howdah.v
              ELSE x END $$;

CREATE OR REPLACE FUNCTION howdah.aff_real_t(x text) RETURNS howdah.v
LANGUAGE plpgsql IMMUTABLE STRICT PARALLEL SAFE AS $$
BEGIN
  IF howdah.looks_numeric(x) THEN RETURN ROW(howdah.r2n(howdah.s2r(howdah.numeric_prefix(x))), NULL, NULL)::howdah.v; END IF;
  RETURN ROW(NULL, x, NULL)::howdah.v;
END $$;

CREATE OR REPLACE FUNCTION howdah.aff_real(x howdah.v) RETURNS howdah.v
LANGUAGE sql IMMUTABLE PARALLEL SAFE AS $$
  SELECT CASE WHEN (x).t IS NOT NULL THEN howdah.aff_real_t((x).t)
              WHEN (x).n IS NOT NULL AND scale((x).n) = 0 THEN ROW(howdah.r2n((x).n::float8), NULL, NULL)::howdah.v
              ELSE x END $$;

-- The same for numbers alone.
CREATE OR REPLACE FUNCTION howdah.real_v(x howdah.v) RETURNS howdah.v
LANGUAGE sql IMMUTABLE PARALLEL SAFE AS $$
  SELECT CASE WHEN (x).n IS NOT NULL AND scale((x).n) = 0 THEN ROW(howdah.r2n((x).n::float8), NULL, NULL)::howdah.v
              ELSE x END $$;

CREATE OR REPLACE FUNCTION howdah.aff_text(x howdah.v) RETURNS howdah.v
LANGUAGE sql IMMUTABLE PARALLEL SAFE AS $$
  SELECT CASE WHEN (x).n IS NOT NULL THEN ROW(NULL, howdah.n2t((x).n), NULL)::howdah.v ELSE x END $$;

-- The number a function of mathematics sees: a text that does not look like a number, or a blob, is none.
CREATE OR REPLACE FUNCTION howdah.t2math(x text) RETURNS numeric
LANGUAGE sql IMMUTABLE PARALLEL SAFE AS $$
  SELECT CASE WHEN howdah.looks_numeric(x) THEN howdah.t2n(x) END $$;

CREATE OR REPLACE FUNCTION howdah.v2math(x howdah.v) RETURNS numeric
LANGUAGE sql IMMUTABLE PARALLEL SAFE AS $$
  SELECT CASE WHEN (x).n IS NOT NULL THEN (x).n ELSE howdah.t2math((x).t) END $$;

-- Boolean context: the numeric prefix is not zero.
CREATE OR REPLACE FUNCTION howdah.truth_t(x text) RETURNS boolean
LANGUAGE sql IMMUTABLE PARALLEL SAFE AS $$ SELECT howdah.t2r(x) <> 0 $$;

CREATE OR REPLACE FUNCTION howdah.truth(x howdah.v) RETURNS boolean
LANGUAGE sql IMMUTABLE PARALLEL SAFE AS $$
  SELECT CASE WHEN (x).n IS NOT NULL THEN (x).n <> 0
              WHEN (x).t IS NOT NULL THEN howdah.truth_t((x).t)
              ELSE howdah.truth_t(howdah.b2digits((x).b)) END $$;

-- Keys of a dynamic value under NOCASE and RTRIM.
CREATE OR REPLACE FUNCTION howdah.v_nocase(x howdah.v) RETURNS howdah.v
LANGUAGE sql IMMUTABLE PARALLEL SAFE AS $$
  SELECT CASE WHEN (x).t IS NOT NULL THEN ROW(NULL, lower((x).t COLLATE "C"), NULL)::howdah.v ELSE x END $$;

CREATE OR REPLACE FUNCTION howdah.v_rtrim(x howdah.v) RETURNS howdah.v
LANGUAGE sql IMMUTABLE PARALLEL SAFE AS $$
  SELECT CASE WHEN (x).t IS NOT NULL THEN ROW(NULL, rtrim((x).t, ' '), NULL)::howdah.v ELSE x END $$;

-- A value as the INTEGER or the TEXT that is equal to it; NULL where there is none (dialect/rules/comparison.cpp).
CREATE OR REPLACE FUNCTION howdah.key_i(x howdah.v) RETURNS int8
LANGUAGE plpgsql IMMUTABLE STRICT PARALLEL SAFE AS $$
BEGIN
  IF (x).n BETWEEN -9223372036854775808 AND 9223372036854775807 AND (x).n = trunc((x).n) THEN RETURN (x).n::int8; END IF;
  RETURN NULL;
END $$;
CREATE OR REPLACE FUNCTION howdah.key_t(x howdah.v) RETURNS text
LANGUAGE sql IMMUTABLE PARALLEL SAFE AS $$ SELECT (x).t $$;
