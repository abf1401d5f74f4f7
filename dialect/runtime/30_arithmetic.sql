-- Exact arithmetic on tagged numbers (catalogue D2, section 3). Statements use PostgreSQL's operators on int8 and float8
-- first; these are for operands of unknown class, and for the second try after PostgreSQL reported an overflow.

-- a op b over float8: an infinity where PostgreSQL would raise 22003, zero for its underflow, NULL for NaN.
CREATE OR REPLACE FUNCTION howdah.r_add(a float8, b float8) RETURNS float8
LANGUAGE sql IMMUTABLE PARALLEL SAFE AS $$
  SELECT CASE WHEN abs(a) < 8.9e307 AND abs(b) < 8.9e307 THEN a + b
              WHEN abs(a) = 'Infinity' OR abs(b) = 'Infinity' OR sign(a) <> sign(b) THEN nullif(a + b, 'NaN')
              WHEN abs(a) / 2 + abs(b) / 2 > 8.988465674311579e307 THEN sign(a) * 'Infinity'::float8
              ELSE a + b END $$;

CREATE OR REPLACE FUNCTION howdah.r_sub(a float8, b float8) RETURNS float8
LANGUAGE sql IMMUTABLE PARALLEL SAFE AS $$ SELECT howdah.r_add(a, -b) $$;

CREATE OR REPLACE FUNCTION howdah.r_mul(a float8, b float8) RETURNS float8
LANGUAGE plpgsql IMMUTABLE STRICT PARALLEL SAFE AS $$
DECLARE
  p numeric;
BEGIN
  IF a = 0 OR b = 0 OR abs(a) = 'Infinity' OR abs(b) = 'Infinity'
     OR (abs(a) BETWEEN 1e-150 AND 1e150 AND abs(b) BETWEEN 1e-150 AND 1e150) THEN
    RETURN nullif(a * b, 'NaN');
  END IF;
  p := abs(howdah.r2n(a)) * abs(howdah.r2n(b));
  IF p >= 1.797693134862315807e308 THEN RETURN sign(a) * sign(b) * 'Infinity'::float8; END IF;
  IF p <= 2.4703282292062328e-324 THEN RETURN 0; END IF;
  RETURN a * b;
END $$;

CREATE OR REPLACE FUNCTION howdah.r_div(a float8, b float8) RETURNS float8
LANGUAGE plpgsql IMMUTABLE STRICT PARALLEL SAFE AS $$
DECLARE
  q numeric;
BEGIN
  IF b = 0 THEN RETURN NULL; END IF;
  IF a = 0 OR abs(a) = 'Infinity' OR abs(b) = 'Infinity'
     OR (abs(a) BETWEEN 1e-150 AND 1e150 AND abs(b) BETWEEN 1e-150 AND 1e150) THEN
    RETURN nullif(a / b, 'NaN');
  END IF;
  -- Compared without dividing: |a| against the limit times |b|.
  q := abs(howdah.r2n(b));
  IF abs(howdah.r2n(a)) >= q * 1.797693134862315807e308 THEN RETURN sign(a) * sign(b) * 'Infinity'::float8; END IF;
  IF abs(howdah.r2n(a)) <= q * 2.4703282292062328e-324 THEN RETURN 0; END IF;
  RETURN a / b;
END $$;

-- What r_add() and its like are given has a name, as PostgreSQL writes them into the expression.
CREATE OR REPLACE FUNCTION howdah.n_add(a numeric, b numeric) RETURNS numeric
LANGUAGE plpgsql IMMUTABLE STRICT PARALLEL SAFE AS $$
DECLARE
  r numeric;
  x float8;
  y float8;
BEGIN
  IF scale(a) = 0 AND scale(b) = 0 THEN
    r := a + b;
    IF r BETWEEN -9223372036854775808 AND 9223372036854775807 THEN RETURN r; END IF;
  END IF;
  x := a;
  y := b;
  x := howdah.r_add(x, y);
  RETURN howdah.r2n(x);
END $$;

CREATE OR REPLACE FUNCTION howdah.n_sub(a numeric, b numeric) RETURNS numeric
LANGUAGE plpgsql IMMUTABLE STRICT PARALLEL SAFE AS $$
DECLARE
  r numeric;
  x float8;
  y float8;
BEGIN
  IF scale(a) = 0 AND scale(b) = 0 THEN
    r := a - b;
    IF r BETWEEN -9223372036854775808 AND 9223372036854775807 THEN RETURN r; END IF;
  END IF;
  x := a;
  y := b;
  x := howdah.r_sub(x, y);
  RETURN howdah.r2n(x);
END $$;

CREATE OR REPLACE FUNCTION howdah.n_mul(a numeric, b numeric) RETURNS numeric
LANGUAGE plpgsql IMMUTABLE STRICT PARALLEL SAFE AS $$
DECLARE
  r numeric;
  x float8;
  y float8;
BEGIN
  IF scale(a) = 0 AND scale(b) = 0 THEN
    r := a * b;
    IF r BETWEEN -9223372036854775808 AND 9223372036854775807 THEN RETURN r; END IF;
  END IF;
  x := a;
  y := b;
  x := howdah.r_mul(x, y);
  RETURN howdah.r2n(x);
END $$;

CREATE OR REPLACE FUNCTION howdah.n_div(a numeric, b numeric) RETURNS numeric
LANGUAGE plpgsql IMMUTABLE STRICT PARALLEL SAFE AS $$
DECLARE
  r numeric;
  x float8;
  y float8;
BEGIN
  IF b = 0 THEN RETURN NULL; END IF;
  IF scale(a) = 0 AND scale(b) = 0 THEN
    r := div(a, b);
    IF r <= 9223372036854775807 THEN RETURN r; END IF;
  END IF;
  x := a;
  y := b;
  x := howdah.r_div(x, y);
  RETURN howdah.r2n(x);
END $$;

-- Both operands become int8 as CAST would have it; the result is REAL when one of them is no INTEGER.
CREATE OR REPLACE FUNCTION howdah.v_mod(a howdah.v, b howdah.v) RETURNS numeric
LANGUAGE plpgsql IMMUTABLE STRICT PARALLEL SAFE AS $$
DECLARE
  x numeric := howdah.v2i(a);
  y numeric := howdah.v2i(b);
BEGIN
  IF y = 0 THEN RETURN NULL; END IF;
  IF scale(howdah.v2n(a)) = 0 AND scale(howdah.v2n(b)) = 0 THEN RETURN mod(x, y); END IF;
  RETURN mod(x, y) + 0.0;
END $$;

CREATE OR REPLACE FUNCTION howdah.n_neg(a numeric) RETURNS numeric
LANGUAGE sql IMMUTABLE PARALLEL SAFE AS $$
  SELECT CASE WHEN a = -9223372036854775808 THEN 9223372036854776000.0
              WHEN a = 9223372036854776000.0 THEN -9223372036854775808.0 ELSE -a END $$;

-- The INTEGERs next to a REAL, for comparing the two; beyond the ends of int8 the end.
CREATE OR REPLACE FUNCTION howdah.r_floor(f float8) RETURNS int8
LANGUAGE sql IMMUTABLE PARALLEL SAFE AS $$
  SELECT CASE WHEN f >= 9223372036854775808 THEN 9223372036854775807
              WHEN f < -9223372036854775808 THEN (-9223372036854775808)::int8
              ELSE floor(f)::int8 END $$;

CREATE OR REPLACE FUNCTION howdah.r_ceil(f float8) RETURNS int8
LANGUAGE sql IMMUTABLE PARALLEL SAFE AS $$
  SELECT CASE WHEN f >= 9223372036854775808 THEN 9223372036854775807
              WHEN f < -9223372036854775808 THEN (-9223372036854775808)::int8
              ELSE ceil(f)::int8 END $$;

-- PostgreSQL shifts by the count modulo 64; SQLite saturates, and a negative count shifts the other way.
CREATE OR REPLACE FUNCTION howdah.shl(a int8, n int8) RETURNS int8
LANGUAGE sql IMMUTABLE PARALLEL SAFE AS $$
  SELECT CASE WHEN n BETWEEN 0 AND 63 THEN a << n::int4
              WHEN n >= 64 THEN a - a
              WHEN n BETWEEN -63 AND -1 THEN a >> (-n)::int4
              WHEN n <= -64 THEN a >> 63 END $$;

CREATE OR REPLACE FUNCTION howdah.shr(a int8, n int8) RETURNS int8
LANGUAGE sql IMMUTABLE PARALLEL SAFE AS $$
  SELECT CASE WHEN n BETWEEN 0 AND 63 THEN a >> n::int4
              WHEN n >= 64 THEN a >> 63
              WHEN n BETWEEN -63 AND -1 THEN a << (-n)::int4
              WHEN n <= -64 THEN a - a END $$;

-- random(): any int8. random() of PostgreSQL has 48 bits, so two are joined.
CREATE OR REPLACE FUNCTION howdah.random_int() RETURNS int8
LANGUAGE sql VOLATILE PARALLEL SAFE AS $$
  SELECT (floor(random() * 4294967296)::int8 << 32) | floor(random() * 4294967296)::int8 $$;

CREATE OR REPLACE FUNCTION howdah.randomblob(n int8) RETURNS bytea
LANGUAGE plpgsql VOLATILE PARALLEL SAFE AS $$
DECLARE
  want int8 := greatest(coalesce(n, 0), 1);
BEGIN
  IF want > 1000000000 THEN PERFORM howdah.err('string or blob too big', 'HW018'); END IF;
  -- A UUID has six bits that are not random: the hash hides them.
  RETURN substr((SELECT string_agg(sha256(uuid_send(gen_random_uuid())), ''::bytea)
                   FROM generate_series(1, (want + 31) / 32)), 1, want::int);
END $$;
