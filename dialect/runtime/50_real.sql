-- Decimal digits of reals as SQLite prints them, round(), and mathematics with SQLite's answers at the edges of a domain.

-- 2^k, exactly.
CREATE OR REPLACE FUNCTION howdah.pow2(k int) RETURNS numeric
LANGUAGE plpgsql IMMUTABLE STRICT PARALLEL SAFE AS $$
BEGIN
  IF k >= 0 THEN RETURN 2::numeric ^ k; END IF;
  RETURN 5::numeric ^ (-k) * ('1e' || k)::numeric;
END $$;

CREATE OR REPLACE FUNCTION howdah.binary_exponent(f float8) RETURNS int
LANGUAGE sql IMMUTABLE PARALLEL SAFE AS $$
  SELECT (((get_byte(float8send(f), 0) & 127) << 4) | (get_byte(float8send(f), 1) >> 4)) - 1023 $$;

-- The exact value of a double as a decimal: mantissa times a power of two.
CREATE OR REPLACE FUNCTION howdah.r_exact(f float8) RETURNS numeric
LANGUAGE plpgsql IMMUTABLE STRICT PARALLEL SAFE AS $$
DECLARE
  bits int8 := ('x' || encode(float8send(f), 'hex'))::bit(64)::int8;
  exponent int := ((bits >> 52) & 2047)::int;
  mantissa numeric := bits & 4503599627370495;
BEGIN
  IF exponent = 0 THEN exponent := 1; ELSE mantissa := mantissa + 4503599627370496; END IF;
  RETURN CASE WHEN bits < 0 THEN -mantissa ELSE mantissa END * howdah.pow2(exponent - 1075);
END $$;

-- SQLite 3.40 formats with long double: the value with a 64-bit significand that is nearest to x > 0.
CREATE OR REPLACE FUNCTION howdah.ld(x numeric) RETURNS numeric
LANGUAGE plpgsql IMMUTABLE STRICT PARALLEL SAFE AS $$
DECLARE
  e int;
  m numeric;
  whole numeric;
BEGIN
  IF x = 0 THEN RETURN 0; END IF;
  IF x < 1e-300 THEN RETURN howdah.ld(x * howdah.pow2(200)) * howdah.pow2(-200); END IF;
  e := howdah.binary_exponent(x::float8);
  IF x < howdah.pow2(e) THEN e := e - 1; END IF; -- x::float8 had been rounded up to a power of two
  m := x * howdah.pow2(63 - e);
  whole := floor(m);
  m := m - whole;
  IF m > 0.5 OR (m = 0.5 AND mod(whole, 2) = 1) THEN whole := whole + 1; END IF;
  RETURN whole * howdah.pow2(e - 63);
END $$;

-- The digits that sqlite3_str_vappendf of 3.40 computes for |f| (cases etFLOAT, `fixed`, and etEXP, etGENERIC): those of
-- "%.<p>f", or p + 1 of them, the first for 10^e. After `nsd` significant ones they are zeros.
CREATE OR REPLACE FUNCTION howdah.r_digits(f float8, fixed boolean, p int, nsd int, OUT digits text, OUT e int)
LANGUAGE plpgsql IMMUTABLE STRICT PARALLEL SAFE AS $$
DECLARE
  one constant numeric := 9223372036854775808; -- 2^63 stands for 1 while digits are taken
  x numeric := howdah.r_exact(abs(f));
  rounder numeric := howdah.r_exact(('5e-' || (p % 10 + 1))::float8);
  scale_ numeric := 1;
  v numeric;
  d numeric;
  unit numeric;
  rest numeric;
BEGIN
  -- `rounder` is a double there, what it is added to is not.
  FOR i IN 1..p / 10 LOOP
    rounder := rounder * howdah.r_exact(1e-10);
    rounder := CASE WHEN rounder > 1e-300 THEN howdah.r_exact(rounder::float8) ELSE howdah.ld(rounder) END;
  END LOOP;
  IF fixed THEN
    IF p + howdah.binary_exponent(f) / 3 < 15 THEN
      rounder := howdah.ld(rounder + howdah.ld(x * howdah.r_exact(3e-16)));
      IF rounder > 1e-300 THEN rounder := howdah.r_exact(rounder::float8); END IF;
    END IF;
    x := howdah.ld(x + rounder);
  END IF;
  e := 0;
  IF x > 0 THEN
    -- 1e100 is a double there, and not exact.
    WHILE e < 300 AND x >= howdah.ld(howdah.r_exact(1e100) * scale_) LOOP
      scale_ := howdah.ld(scale_ * howdah.r_exact(1e100));
      e := e + 100;
    END LOOP;
    WHILE e < 300 AND x >= howdah.ld(10000000000 * scale_) LOOP scale_ := howdah.ld(scale_ * 10000000000); e := e + 10; END LOOP;
    WHILE e < 308 AND x >= howdah.ld(10 * scale_) LOOP scale_ := howdah.ld(scale_ * 10); e := e + 1; END LOOP;
    IF scale_ > 1 THEN x := howdah.ld(round(x, 80) / scale_); END IF;
    WHILE x < howdah.r_exact(1e-8) LOOP x := howdah.ld(x * 100000000); e := e - 8; END LOOP;
    WHILE x < 1 LOOP x := howdah.ld(x * 10); e := e - 1; END LOOP;
  END IF;
  IF NOT fixed THEN
    x := howdah.ld(x + rounder);
    IF x >= 10 THEN x := howdah.ld(x * howdah.r_exact(0.1)); e := e + 1; END IF;
  END IF;
  digits := '';
  v := trunc(x * one);
  FOR i IN 1..p + 1 + CASE WHEN fixed THEN e ELSE 0 END LOOP
    IF i > nsd THEN digits := digits || '0'; CONTINUE; END IF;
    d := div(v, one);
    digits := digits || d::text;
    v := (v - d * one) * 10;
    unit := CASE WHEN v < 2 * one THEN 1 WHEN v < 4 * one THEN 2 WHEN v < 8 * one THEN 4 ELSE 8 END;
    rest := mod(v, unit);
    v := v - rest;
    IF rest * 2 > unit OR (rest * 2 = unit AND mod(div(v, unit), 2) = 1) THEN v := v + unit; END IF;
  END LOOP;
END $$;

-- What "%.<p>f" prints. Where the shortest decimal of f is itself half way between two SQLite rounds away from zero, because
-- it adds 3e-16 of f before it cuts.
CREATE OR REPLACE FUNCTION howdah.r_fixed(f float8, p int, nsd int DEFAULT 16) RETURNS numeric
LANGUAGE plpgsql IMMUTABLE STRICT PARALLEL SAFE AS $$
DECLARE
  x numeric;
  y numeric; -- |x| in units of the last place
  q record;
BEGIN
  IF f = 0 THEN RETURN round(0::numeric, p); END IF;
  IF abs(f) < 1e8 AND abs(f) > 1e-9 AND p BETWEEN 0 AND 6 THEN
    x := f::text::numeric;
    y := abs(x) * ('{1,10,100,1000,10000,100000,1000000}'::numeric[])[p + 1];
    IF y % 1 = 0.5 OR abs(y % 1 - 0.5) > y * 1e-15 + 1e-15 THEN RETURN round(x, p); END IF;
  END IF;
  q := howdah.r_digits(f, true, p, nsd);
  x := round(('0' || q.digits)::numeric * ('1e' || (-p))::numeric, p);
  RETURN CASE WHEN f < 0 THEN -x ELSE x END;
END $$;

-- round(X) and round(X, Y): half away from zero, on the printed decimal.
CREATE OR REPLACE FUNCTION howdah.round_(f float8) RETURNS float8
LANGUAGE sql IMMUTABLE PARALLEL SAFE AS $$
  SELECT CASE WHEN abs(f) < 4503599627370496 THEN trunc(f + CASE WHEN f < 0 THEN -0.5 ELSE 0.5 END::float8) + 0.0::float8
              ELSE f END $$;

-- What "%.<d>f" prints is |f| * 10^d and 3e-16 of it, cut after a half was added that is right to 1.2e-16, give or take
-- some 2e-18 of it: SQLite computes with long double. Where a half is near the product has to be exact, which it is in
-- two parts of f of 27 bits each. That decimal read again is the quotient of two doubles up to 10^5; later long double
-- rounds it before it becomes a double.
CREATE OR REPLACE FUNCTION howdah.round_(f float8, d int8) RETURNS float8
LANGUAGE plpgsql IMMUTABLE STRICT PARALLEL SAFE AS $$
DECLARE
  s float8;
  y float8; -- |f| in units of the last place
  n float8;
  above float8; -- by how much y is over n and a half
  high float8;
  x numeric;
BEGIN
  IF d BETWEEN 1 AND 5 AND abs(f) < 1e8 AND (abs(f) > 1e-9 OR f = 0) THEN
    s := ('{10,100,1000,10000,100000}'::float8[])[d];
    y := abs(f) * s;
    n := trunc(y);
    above := y - n - 0.5;
    IF abs(above) < y * 1e-15 + 1e-12 THEN
      high := abs(f) * 134217729;
      high := high - (high - abs(f));
      above := high * s - n - 0.5 + (abs(f) - high) * s + y * 3e-16;
      IF abs(above) < y * 2e-17 + 1.3e-16 THEN above := NULL; END IF;
    END IF;
    IF above IS NOT NULL THEN
      IF above > 0 THEN n := n + 1; END IF;
      RETURN CASE WHEN f < 0 THEN -n ELSE n END / s + 0.0::float8;
    END IF;
  END IF;
  d := howdah.low32(d);
  IF abs(f) >= 4503599627370496 OR f = 'NaN' THEN RETURN f; END IF;
  IF d <= 0 THEN RETURN howdah.round_(f); END IF;
  x := trim_scale(howdah.r_fixed(f, least(d, 30)::int4));
  IF scale(x) > 5 THEN x := sign(x) * howdah.ld(abs(x)); END IF;
  RETURN x::float8 + 0.0::float8;
END $$;

-- The same of an f that is computed in no time, for a `d` from 1 to 5, and `s`, its power of ten: what is far from a half
-- PostgreSQL computes itself.
CREATE OR REPLACE FUNCTION howdah.round_quick(f float8, d int8, s float8) RETURNS float8
LANGUAGE sql IMMUTABLE PARALLEL SAFE AS $$
  SELECT CASE WHEN abs(f) < 1e5 AND abs(abs(f * s - round(f * s)) - 0.5) > 1e-4 THEN round(f * s) / s + 0.0::float8
              ELSE howdah.round_(f, d) END $$;

-- abs() of an INTEGER: the smallest has none.
CREATE OR REPLACE FUNCTION howdah.abs_i(i int8) RETURNS int8
LANGUAGE plpgsql IMMUTABLE STRICT PARALLEL SAFE AS $$
BEGIN
  IF i = -9223372036854775808 THEN PERFORM howdah.err('integer overflow'); END IF;
  RETURN abs(i);
END $$;

-- abs() of a value of any class: a text or a blob is a REAL.
CREATE OR REPLACE FUNCTION howdah.abs_v(x howdah.v) RETURNS numeric
LANGUAGE sql IMMUTABLE PARALLEL SAFE AS $$
  SELECT CASE WHEN scale((x).n) = 0 THEN howdah.abs_i((x).n::int8)::numeric
              WHEN (x).n IS NOT NULL THEN abs((x).n)
              ELSE howdah.r2n(abs(howdah.v2r(x))) END $$;

-- Outside a domain SQLite answers NULL, over the range an infinity, under it zero.
CREATE OR REPLACE FUNCTION howdah.exp_(x float8) RETURNS float8
LANGUAGE sql IMMUTABLE PARALLEL SAFE AS $$
  SELECT CASE WHEN x > 709.782712893384 THEN 'Infinity' WHEN x < -745.13 THEN 0 ELSE exp(x) END $$;

CREATE OR REPLACE FUNCTION howdah.ln_(x float8) RETURNS float8
LANGUAGE sql IMMUTABLE PARALLEL SAFE AS $$ SELECT CASE WHEN x > 0 THEN ln(x) END $$;

CREATE OR REPLACE FUNCTION howdah.log10_(x float8) RETURNS float8
LANGUAGE sql IMMUTABLE PARALLEL SAFE AS $$ SELECT CASE WHEN x > 0 THEN ln(x) / 2.302585092994045684::float8 END $$;

CREATE OR REPLACE FUNCTION howdah.log2_(x float8) RETURNS float8
LANGUAGE sql IMMUTABLE PARALLEL SAFE AS $$ SELECT CASE WHEN x > 0 THEN ln(x) / 0.693147180559945309::float8 END $$;

CREATE OR REPLACE FUNCTION howdah.log_(base float8, x float8) RETURNS float8
LANGUAGE sql IMMUTABLE PARALLEL SAFE AS $$
  SELECT CASE WHEN base > 0 AND x > 0 THEN CASE WHEN ln(base) > 0 THEN ln(x) / ln(base) END END $$;

CREATE OR REPLACE FUNCTION howdah.sqrt_(x float8) RETURNS float8
LANGUAGE sql IMMUTABLE PARALLEL SAFE AS $$ SELECT CASE WHEN x >= 0 THEN sqrt(x) END $$;

CREATE OR REPLACE FUNCTION howdah.acos_(x float8) RETURNS float8
LANGUAGE sql IMMUTABLE PARALLEL SAFE AS $$ SELECT CASE WHEN x BETWEEN -1 AND 1 THEN acos(x) END $$;

CREATE OR REPLACE FUNCTION howdah.asin_(x float8) RETURNS float8
LANGUAGE sql IMMUTABLE PARALLEL SAFE AS $$ SELECT CASE WHEN x BETWEEN -1 AND 1 THEN asin(x) END $$;

CREATE OR REPLACE FUNCTION howdah.acosh_(x float8) RETURNS float8
LANGUAGE sql IMMUTABLE PARALLEL SAFE AS $$ SELECT CASE WHEN x >= 1 THEN acosh(x) END $$;

CREATE OR REPLACE FUNCTION howdah.atanh_(x float8) RETURNS float8
LANGUAGE sql IMMUTABLE PARALLEL SAFE AS $$
  SELECT CASE WHEN x > -1 AND x < 1 THEN atanh(x) WHEN x = 1 THEN 'Infinity' WHEN x = -1 THEN '-Infinity' END $$;

CREATE OR REPLACE FUNCTION howdah.sinh_(x float8) RETURNS float8
LANGUAGE sql IMMUTABLE PARALLEL SAFE AS $$
  SELECT CASE WHEN x > 710.4758600739439 THEN 'Infinity' WHEN x < -710.4758600739439 THEN '-Infinity' ELSE sinh(x) END $$;

CREATE OR REPLACE FUNCTION howdah.cosh_(x float8) RETURNS float8
LANGUAGE sql IMMUTABLE PARALLEL SAFE AS $$
  SELECT CASE WHEN abs(x) > 710.4758600739439 THEN 'Infinity' ELSE cosh(x) END $$;

-- sin, cos, tan of an infinity.
CREATE OR REPLACE FUNCTION howdah.finite(x float8) RETURNS float8
LANGUAGE sql IMMUTABLE PARALLEL SAFE AS $$ SELECT CASE WHEN abs(x) < 'Infinity' THEN x END $$;

CREATE OR REPLACE FUNCTION howdah.degrees_(x float8) RETURNS float8
LANGUAGE sql IMMUTABLE PARALLEL SAFE AS $$
  SELECT CASE WHEN abs(x) < 3e306 THEN x * (180.0::float8 / 3.141592653589793238::float8)
              ELSE howdah.r_mul(x, 180.0::float8 / 3.141592653589793238::float8) END $$;

CREATE OR REPLACE FUNCTION howdah.radians_(x float8) RETURNS float8
LANGUAGE sql IMMUTABLE PARALLEL SAFE AS $$
  SELECT CASE WHEN x = 0 OR abs(x) > 1e-300 THEN x * (3.141592653589793238::float8 / 180.0::float8)
              ELSE howdah.r_mul(x, 3.141592653589793238::float8 / 180.0::float8) END $$;

-- C's pow(): where PostgreSQL raises, C has an infinity, a zero or NaN (here NULL).
CREATE OR REPLACE FUNCTION howdah.pow_(a float8, b float8) RETURNS float8
LANGUAGE plpgsql IMMUTABLE STRICT PARALLEL SAFE AS $$
DECLARE
  odd boolean := abs(b) < 9007199254740992 AND b = trunc(b) AND b::int8 % 2 <> 0;
  magnitude float8; -- ln of the absolute result
BEGIN
  IF b = 0 OR a = 1 THEN RETURN 1; END IF;
  IF a = 0 THEN RETURN CASE WHEN b > 0 THEN 0 ELSE 'Infinity'::float8 END; END IF;
  IF abs(b) = 'Infinity' THEN
    RETURN CASE WHEN abs(a) = 1 THEN 1 WHEN (abs(a) > 1) = (b > 0) THEN 'Infinity'::float8 ELSE 0 END;
  END IF;
  IF abs(a) = 'Infinity' THEN
    RETURN CASE WHEN b < 0 THEN 0 WHEN a < 0 AND odd THEN '-Infinity'::float8 ELSE 'Infinity'::float8 END;
  END IF;
  IF a < 0 AND b <> trunc(b) THEN RETURN NULL; END IF;
  magnitude := howdah.r_mul(b, ln(abs(a)));
  IF magnitude > 709.7827128933841 THEN RETURN CASE WHEN a < 0 AND odd THEN '-Infinity'::float8 ELSE 'Infinity'::float8 END; END IF;
  IF magnitude < -745.1332191019412 THEN RETURN 0; END IF;
  RETURN power(a, b);
END $$;

-- C's fmod(): exact, because the quotient is taken in decimals.
CREATE OR REPLACE FUNCTION howdah.fmod_(a float8, b float8) RETURNS float8
LANGUAGE plpgsql IMMUTABLE STRICT PARALLEL SAFE AS $$
BEGIN
  IF b = 0 OR abs(a) = 'Infinity' THEN RETURN NULL; END IF;
  IF abs(b) = 'Infinity' OR abs(a) < abs(b) THEN RETURN a; END IF;
  IF a = trunc(a) AND b = trunc(b) AND abs(a) < 9007199254740992 AND abs(b) < 9007199254740992 THEN
    RETURN a::int8 % b::int8;
  END IF;
  RETURN mod(howdah.r_exact(a), howdah.r_exact(b))::float8;
END $$;

-- ceil(), floor(), trunc(): an INTEGER stays one.
CREATE OR REPLACE FUNCTION howdah.ceil_n(x numeric) RETURNS numeric
LANGUAGE sql IMMUTABLE PARALLEL SAFE AS $$ SELECT CASE WHEN scale(x) = 0 THEN x ELSE howdah.r2n(ceil(x::float8)) END $$;

CREATE OR REPLACE FUNCTION howdah.floor_n(x numeric) RETURNS numeric
LANGUAGE sql IMMUTABLE PARALLEL SAFE AS $$ SELECT CASE WHEN scale(x) = 0 THEN x ELSE howdah.r2n(floor(x::float8)) END $$;

CREATE OR REPLACE FUNCTION howdah.trunc_n(x numeric) RETURNS numeric
LANGUAGE sql IMMUTABLE PARALLEL SAFE AS $$ SELECT CASE WHEN scale(x) = 0 THEN x ELSE howdah.r2n(trunc(x::float8)) END $$;
