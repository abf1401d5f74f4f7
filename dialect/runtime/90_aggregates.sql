-- Aggregates that PostgreSQL lacks for dynamic values, and the ends of SQLite's own (catalogue 8).
-- CREATE OR REPLACE is safe here: no user object depends on the definition of one.

-- sum() of INTEGERs is an INTEGER or an error.
CREATE OR REPLACE FUNCTION howdah.isum_f(x numeric) RETURNS int8
LANGUAGE plpgsql IMMUTABLE STRICT PARALLEL SAFE AS $$
BEGIN
  IF x NOT BETWEEN -9223372036854775808 AND 9223372036854775807 THEN PERFORM howdah.err('integer overflow'); END IF;
  RETURN x::int8;
END $$;

-- max() and min(): of equal values the first is kept, or with an index its last and its first. Only an
-- operator of howdah.v itself could stand for its order, and PostgreSQL's for records is none. No planner opens a function
-- that an aggregate calls, so PL/pgSQL is cheaper than SQL.
CREATE OR REPLACE FUNCTION howdah.max_s(a howdah.v, b howdah.v) RETURNS howdah.v
LANGUAGE plpgsql IMMUTABLE STRICT PARALLEL SAFE AS $$ BEGIN RETURN CASE WHEN b > a THEN b ELSE a END; END $$;
CREATE OR REPLACE FUNCTION howdah.min_s(a howdah.v, b howdah.v) RETURNS howdah.v
LANGUAGE plpgsql IMMUTABLE STRICT PARALLEL SAFE AS $$ BEGIN RETURN CASE WHEN b < a THEN b ELSE a END; END $$;
CREATE OR REPLACE FUNCTION howdah.max_s(a numeric, b numeric) RETURNS numeric
LANGUAGE plpgsql IMMUTABLE STRICT PARALLEL SAFE AS $$ BEGIN RETURN CASE WHEN b > a THEN b ELSE a END; END $$;
CREATE OR REPLACE FUNCTION howdah.min_s(a numeric, b numeric) RETURNS numeric
LANGUAGE plpgsql IMMUTABLE STRICT PARALLEL SAFE AS $$ BEGIN RETURN CASE WHEN b < a THEN b ELSE a END; END $$;
CREATE OR REPLACE FUNCTION howdah.max_s(a bytea, b bytea) RETURNS bytea
LANGUAGE plpgsql IMMUTABLE STRICT PARALLEL SAFE AS $$ BEGIN RETURN CASE WHEN b > a THEN b ELSE a END; END $$;
CREATE OR REPLACE FUNCTION howdah.min_s(a bytea, b bytea) RETURNS bytea
LANGUAGE plpgsql IMMUTABLE STRICT PARALLEL SAFE AS $$ BEGIN RETURN CASE WHEN b < a THEN b ELSE a END; END $$;

CREATE OR REPLACE AGGREGATE howdah.max(howdah.v) (SFUNC = howdah.max_s, STYPE = howdah.v, COMBINEFUNC = howdah.max_s, PARALLEL = SAFE);
CREATE OR REPLACE AGGREGATE howdah.min(howdah.v) (SFUNC = howdah.min_s, STYPE = howdah.v, COMBINEFUNC = howdah.min_s, PARALLEL = SAFE);
CREATE OR REPLACE AGGREGATE howdah.max(numeric) (SFUNC = howdah.max_s, STYPE = numeric, COMBINEFUNC = howdah.max_s, SORTOP = >, PARALLEL = SAFE);
CREATE OR REPLACE AGGREGATE howdah.min(numeric) (SFUNC = howdah.min_s, STYPE = numeric, COMBINEFUNC = howdah.min_s, SORTOP = <, PARALLEL = SAFE);
CREATE OR REPLACE AGGREGATE howdah.max(bytea) (SFUNC = howdah.max_s, STYPE = bytea, COMBINEFUNC = howdah.max_s, SORTOP = >, PARALLEL = SAFE);
CREATE OR REPLACE AGGREGATE howdah.min(bytea) (SFUNC = howdah.min_s, STYPE = bytea, COMBINEFUNC = howdah.min_s, SORTOP = <, PARALLEL = SAFE);

-- The same where of equal values the last is kept.
CREATE OR REPLACE FUNCTION howdah.last_max_s(a howdah.v, b howdah.v) RETURNS howdah.v
LANGUAGE plpgsql IMMUTABLE STRICT PARALLEL SAFE AS $$ BEGIN RETURN CASE WHEN b < a THEN a ELSE b END; END $$;
CREATE OR REPLACE AGGREGATE howdah.last_max(howdah.v) (SFUNC = howdah.last_max_s, STYPE = howdah.v);
CREATE OR REPLACE FUNCTION howdah.last_max_s(a numeric, b numeric) RETURNS numeric
LANGUAGE plpgsql IMMUTABLE STRICT PARALLEL SAFE AS $$ BEGIN RETURN CASE WHEN b < a THEN a ELSE b END; END $$;
CREATE OR REPLACE AGGREGATE howdah.last_max(numeric) (SFUNC = howdah.last_max_s, STYPE = numeric);
CREATE OR REPLACE FUNCTION howdah.last_min_s(a howdah.v, b howdah.v) RETURNS howdah.v
LANGUAGE plpgsql IMMUTABLE STRICT PARALLEL SAFE AS $$ BEGIN RETURN CASE WHEN b > a THEN a ELSE b END; END $$;
CREATE OR REPLACE AGGREGATE howdah.last_min(howdah.v) (SFUNC = howdah.last_min_s, STYPE = howdah.v);
CREATE OR REPLACE FUNCTION howdah.last_min_s(a numeric, b numeric) RETURNS numeric
LANGUAGE plpgsql IMMUTABLE STRICT PARALLEL SAFE AS $$ BEGIN RETURN CASE WHEN b > a THEN a ELSE b END; END $$;
CREATE OR REPLACE AGGREGATE howdah.last_min(numeric) (SFUNC = howdah.last_min_s, STYPE = numeric);

-- sum() of values of unknown class: an INTEGER while all are, or look like, INTEGERs. `r` is the running REAL, `i` the
-- exact sum of the INTEGERs, `inexact` whether something was no INTEGER.
DO $do$
BEGIN
  IF to_regtype('howdah.sum_state') IS NULL THEN
    CREATE TYPE howdah.sum_state AS (r float8, i numeric, inexact boolean);
  END IF;
END $do$;

CREATE OR REPLACE FUNCTION howdah.sum_s(s howdah.sum_state, x howdah.v) RETURNS howdah.sum_state
LANGUAGE plpgsql IMMUTABLE PARALLEL SAFE AS $$
DECLARE
  n numeric;
BEGIN
  IF x IS NULL THEN RETURN s; END IF;
  IF (x).n IS NOT NULL THEN n := (x).n;
  ELSIF ascii((x).t) > 57 THEN n := 0.0;
  ELSIF (x).t IS NOT NULL AND howdah.looks_numeric((x).t) THEN n := howdah.t2n((x).t);
  ELSE n := howdah.r2n(howdah.v2r(x));
  END IF;
  IF s.i IS NULL THEN s.r := 0; s.i := 0; s.inexact := false; END IF;
  IF scale(n) = 0 THEN s.i := s.i + n; ELSE s.inexact := true; END IF;
  s.r := howdah.r_add(s.r, n::float8);
  RETURN s;
END $$;

CREATE OR REPLACE FUNCTION howdah.sum_f(s howdah.sum_state) RETURNS numeric
LANGUAGE plpgsql IMMUTABLE PARALLEL SAFE AS $$
BEGIN
  IF s.i IS NULL THEN RETURN NULL; END IF;
  IF s.inexact THEN RETURN howdah.r2n(s.r); END IF;
  IF s.i NOT BETWEEN -9223372036854775808 AND 9223372036854775807 THEN PERFORM howdah.err('integer overflow'); END IF;
  RETURN s.i;
END $$;

CREATE OR REPLACE AGGREGATE howdah.sum(howdah.v) (SFUNC = howdah.sum_s, STYPE = howdah.sum_state, FINALFUNC = howdah.sum_f, PARALLEL = SAFE);

-- sum() and avg() of REALs that may overflow on the way. The state is the sum and the count; NaN is NULL in the end.
CREATE OR REPLACE FUNCTION howdah.real_s(s float8[], x float8) RETURNS float8[]
LANGUAGE sql IMMUTABLE PARALLEL SAFE AS $$
  SELECT CASE WHEN x IS NULL THEN s
              ELSE ARRAY[coalesce(howdah.r_add(coalesce(s[1], 0), x), 'NaN'), coalesce(s[2], 0) + 1] END $$;
CREATE OR REPLACE FUNCTION howdah.real_sum_f(s float8[]) RETURNS float8
LANGUAGE sql IMMUTABLE PARALLEL SAFE AS $$ SELECT nullif(s[1], 'NaN') $$;
CREATE OR REPLACE FUNCTION howdah.real_avg_f(s float8[]) RETURNS float8
LANGUAGE sql IMMUTABLE PARALLEL SAFE AS $$ SELECT nullif(s[1], 'NaN') / s[2] $$;

CREATE OR REPLACE AGGREGATE howdah.real_sum(float8) (SFUNC = howdah.real_s, STYPE = float8[], FINALFUNC = howdah.real_sum_f);
CREATE OR REPLACE AGGREGATE howdah.real_avg(float8) (SFUNC = howdah.real_s, STYPE = float8[], FINALFUNC = howdah.real_avg_f);

CREATE OR REPLACE FUNCTION howdah.real_v_s(s float8[], x howdah.v) RETURNS float8[]
LANGUAGE sql IMMUTABLE PARALLEL SAFE AS $$ SELECT howdah.real_s(s, howdah.v2r(x)) $$;
CREATE OR REPLACE AGGREGATE howdah.total(howdah.v) (SFUNC = howdah.real_v_s, STYPE = float8[], FINALFUNC = howdah.real_sum_f);
CREATE OR REPLACE AGGREGATE howdah.avg(howdah.v) (SFUNC = howdah.real_v_s, STYPE = float8[], FINALFUNC = howdah.real_avg_f);

-- The same over a frame whose start moves: SQLite takes from its sum what leaves the frame, and so keeps the rounding,
-- the infinity and the REAL class that it had.
CREATE OR REPLACE AGGREGATE howdah.moving_sum(float8)
  (SFUNC = float8pl, STYPE = float8, INITCOND = '0', MSFUNC = float8pl, MINVFUNC = float8mi, MSTYPE = float8, MINITCOND = '0');

CREATE OR REPLACE FUNCTION howdah.moving_s(s float8, x float8) RETURNS float8
LANGUAGE sql IMMUTABLE STRICT PARALLEL SAFE AS $$
  SELECT CASE WHEN s = 'NaN' THEN s ELSE coalesce(howdah.r_add(s, x), 'NaN') END $$;
CREATE OR REPLACE FUNCTION howdah.moving_i(s float8, x float8) RETURNS float8
LANGUAGE sql IMMUTABLE STRICT PARALLEL SAFE AS $$ SELECT howdah.moving_s(s, -x) $$;
CREATE OR REPLACE AGGREGATE howdah.moving_real_sum(float8)
  (SFUNC = howdah.moving_s, STYPE = float8, INITCOND = '0',
   MSFUNC = howdah.moving_s, MINVFUNC = howdah.moving_i, MSTYPE = float8, MINITCOND = '0');

-- `n` values are in the frame; an INTEGER sum that was once too large stays an error.
DO $do$
BEGIN
  IF to_regtype('howdah.moving_state') IS NULL THEN
    CREATE TYPE howdah.moving_state AS (r float8, i numeric, inexact boolean, too_large boolean, n int8);
  END IF;
END $do$;

CREATE OR REPLACE FUNCTION howdah.moving_v(s howdah.moving_state, x howdah.v, by int) RETURNS howdah.moving_state
LANGUAGE plpgsql IMMUTABLE PARALLEL SAFE AS $$
DECLARE
  n numeric;
BEGIN
  IF s.n IS NULL THEN s := ROW(0, 0, false, false, 0); END IF;
  IF x IS NULL THEN RETURN s; END IF;
  IF (x).n IS NOT NULL THEN n := (x).n;
  ELSIF ascii((x).t) > 57 THEN n := 0.0;
  ELSIF (x).t IS NOT NULL AND howdah.looks_numeric((x).t) THEN n := howdah.t2n((x).t);
  ELSE n := howdah.r2n(howdah.v2r(x));
  END IF;
  s.n := s.n + by;
  s.r := howdah.moving_s(s.r, n::float8 * by);
  IF scale(n) > 0 THEN
    s.inexact := true;
  ELSIF NOT s.inexact THEN
    s.i := s.i + n * by;
    IF s.i NOT BETWEEN -9223372036854775808 AND 9223372036854775807 THEN s.inexact := true; s.too_large := true; END IF;
  END IF;
  RETURN s;
END $$;

CREATE OR REPLACE FUNCTION howdah.moving_v_s(s howdah.moving_state, x howdah.v) RETURNS howdah.moving_state
LANGUAGE plpgsql IMMUTABLE PARALLEL SAFE AS $$ BEGIN RETURN howdah.moving_v(s, x, 1); END $$;
CREATE OR REPLACE FUNCTION howdah.moving_v_i(s howdah.moving_state, x howdah.v) RETURNS howdah.moving_state
LANGUAGE plpgsql IMMUTABLE PARALLEL SAFE AS $$ BEGIN RETURN howdah.moving_v(s, x, -1); END $$;

CREATE OR REPLACE FUNCTION howdah.moving_v_f(s howdah.moving_state) RETURNS numeric
LANGUAGE plpgsql IMMUTABLE PARALLEL SAFE AS $$
BEGIN
  IF coalesce(s.n, 0) = 0 THEN RETURN NULL; END IF;
  IF s.too_large THEN PERFORM howdah.err('integer overflow'); END IF;
  RETURN CASE WHEN s.inexact THEN howdah.r2n(nullif(s.r, 'NaN')) ELSE s.i END;
END $$;

CREATE OR REPLACE AGGREGATE howdah.moving_sum(howdah.v)
  (SFUNC = howdah.moving_v_s, STYPE = howdah.moving_state, FINALFUNC = howdah.moving_v_f,
   MSFUNC = howdah.moving_v_s, MINVFUNC = howdah.moving_v_i, MSTYPE = howdah.moving_state, MFINALFUNC = howdah.moving_v_f);

-- A text for group_concat() over a frame both ends of which move.
CREATE OR REPLACE FUNCTION howdah.in_moving_frame(x text) RETURNS text
LANGUAGE plpgsql IMMUTABLE STRICT PARALLEL SAFE AS $$
BEGIN
  IF x = '' THEN PERFORM howdah.err('howdah: group_concat() of an empty text over a frame both ends of which move'); END IF;
  RETURN x;
END $$;

-- The texts of distinct values, in the order in which those first occur: group_concat(DISTINCT x) and
-- json_group_array(DISTINCT x). A NULL text is left out.
DO $do$
BEGIN
  IF to_regtype('howdah.join_state') IS NULL THEN
    CREATE TYPE howdah.join_state AS (keys howdah.v[], texts text[], has_null boolean);
  END IF;
END $do$;

CREATE OR REPLACE FUNCTION howdah.join_distinct_s(s howdah.join_state, key howdah.v, x text) RETURNS howdah.join_state
LANGUAGE plpgsql IMMUTABLE PARALLEL SAFE AS $$
BEGIN
  IF x IS NULL THEN RETURN s; END IF;
  IF key IS NULL THEN
    IF s.has_null THEN RETURN s; END IF;
    s.has_null := true;
  ELSIF key = ANY (s.keys) THEN
    RETURN s;
  ELSE
    s.keys := s.keys || key;
  END IF;
  s.texts := s.texts || x;
  RETURN s;
END $$;

CREATE OR REPLACE FUNCTION howdah.join_distinct_f(s howdah.join_state) RETURNS text
LANGUAGE sql IMMUTABLE PARALLEL SAFE AS $$ SELECT array_to_string(s.texts, ',') $$;

CREATE OR REPLACE AGGREGATE howdah.join_distinct(howdah.v, text)
  (SFUNC = howdah.join_distinct_s, STYPE = howdah.join_state, FINALFUNC = howdah.join_distinct_f);

-- The first value of a group, NULL included: a column that is neither grouped nor aggregated.
CREATE OR REPLACE FUNCTION howdah.first_s(s anyarray, x anyelement) RETURNS anyarray
LANGUAGE plpgsql IMMUTABLE PARALLEL SAFE AS $$ BEGIN RETURN CASE WHEN s IS NULL THEN ARRAY[x] ELSE s END; END $$;

CREATE OR REPLACE FUNCTION howdah.first_f(s anyarray) RETURNS anyelement
LANGUAGE plpgsql IMMUTABLE PARALLEL SAFE AS $$ BEGIN RETURN s[1]; END $$;

CREATE OR REPLACE AGGREGATE howdah.first(anyelement) (SFUNC = howdah.first_s, STYPE = anyarray, FINALFUNC = howdah.first_f);
