-- Decimal digits of reals as SQLite prints them, round(), and mathematics with SQLite's answers at the edges of a domain.

-- 25 significant digits.
CREATE OR REPLACE FUNCTION howdah.r_digits(f float8) RETURNS numeric
LANGUAGE plpgsql IMMUTABLE STRICT PARALLEL SAFE AS $$
BEGIN
  RETURN to_char(f, '9.999999999999999999999999EEEE')::numeric;
END $$;

-- What "%.<p>f" prints: half a unit of the last place and a fudge of 3e-16 are added, then digits are cut after `nsd`
-- significant ones (sqlite3_str_vappendf, case etFLOAT).
CREATE OR REPLACE FUNCTION howdah.r_fixed(f float8, p int, nsd int DEFAULT 16) RETURNS numeric
LANGUAGE plpgsql IMMUTABLE STRICT PARALLEL SAFE AS $$
DECLARE
  a numeric := abs(howdah.r_digits(f));
  binary_exponent int;
  r numeric;
  k int;
BEGIN
  IF f = 0 THEN RETURN round(0::numeric, p); END IF;
  binary_exponent := (((get_byte(float8send(f), 0) & 127) << 4) | (get_byte(float8send(f), 1) >> 4)) - 1023;
  r := a + 0.5 * (10::numeric ^ (-p));
  IF p + (binary_exponent / 3) < 15 THEN r := r + a * 3e-16; END IF;
  k := floor(log(r))::int;
  IF 10::numeric ^ k > r THEN k := k - 1; ELSIF 10::numeric ^ (k + 1) <= r THEN k := k + 1; END IF;
  r := trunc(r, least(p, nsd - 1 - k));
  RETURN round(CASE WHEN f < 0 THEN -r ELSE r END, greatest(p, 0));
END $$;

-- round(X) and round(X, Y): half away from zero, on the printed decimal.
CREATE OR REPLACE FUNCTION howdah.round_(f float8) RETURNS float8
LANGUAGE sql IMMUTABLE PARALLEL SAFE AS $$
  SELECT CASE WHEN abs(f) < 4503599627370496 THEN trunc(f + CASE WHEN f < 0 THEN -0.5 ELSE 0.5 END::float8) + 0.0::float8
              ELSE f END $$;

CREATE OR REPLACE FUNCTION howdah.round_(f float8, d int8) RETURNS float8
LANGUAGE sql IMMUTABLE PARALLEL SAFE AS $$
  SELECT CASE WHEN d IS NULL OR f IS NULL THEN NULL
              WHEN abs(f) >= 4503599627370496 THEN f
              WHEN howdah.low32(d) <= 0 THEN howdah.round_(f)
              WHEN abs(f) < 1e9 AND howdah.low32(d) <= 6
              THEN round(f::text::numeric * 1.0000000000000003, howdah.low32(d)::int4)::float8 + 0.0::float8
              ELSE howdah.r_fixed(f, least(howdah.low32(d), 30)::int4)::float8 END $$;

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
  magnitude := b * ln(abs(a));
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

-- The exact value of a double as a decimal: mantissa times a power of two.
CREATE OR REPLACE FUNCTION howdah.r_exact(f float8) RETURNS numeric
LANGUAGE plpgsql IMMUTABLE STRICT PARALLEL SAFE AS $$
DECLARE
  bits int8 := ('x' || encode(float8send(f), 'hex'))::bit(64)::int8;
  exponent int := ((bits >> 52) & 2047)::int;
  mantissa numeric := bits & 4503599627370495;
  value numeric;
BEGIN
  IF exponent = 0 THEN exponent := 1; ELSE mantissa := mantissa + 4503599627370496; END IF;
  exponent := exponent - 1075;
  IF exponent >= 0 THEN value := mantissa * 2::numeric ^ exponent;
  ELSE value := mantissa * 5::numeric ^ (-exponent) * ('1e' || exponent)::numeric;
  END IF;
  RETURN CASE WHEN bits < 0 THEN -value ELSE value END;
END $$;

-- ceil(), floor(), trunc(): an INTEGER stays one.
CREATE OR REPLACE FUNCTION howdah.ceil_n(x numeric) RETURNS numeric
LANGUAGE sql IMMUTABLE PARALLEL SAFE AS $$ SELECT CASE WHEN scale(x) = 0 THEN x ELSE howdah.r2n(ceil(x::float8)) END $$;

CREATE OR REPLACE FUNCTION howdah.floor_n(x numeric) RETURNS numeric
LANGUAGE sql IMMUTABLE PARALLEL SAFE AS $$ SELECT CASE WHEN scale(x) = 0 THEN x ELSE howdah.r2n(floor(x::float8)) END $$;

CREATE OR REPLACE FUNCTION howdah.trunc_n(x numeric) RETURNS numeric
LANGUAGE sql IMMUTABLE PARALLEL SAFE AS $$ SELECT CASE WHEN scale(x) = 0 THEN x ELSE howdah.r2n(trunc(x::float8)) END $$;
