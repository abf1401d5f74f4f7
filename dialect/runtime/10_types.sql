-- howdah.v: a value whose storage class is known only when it is read (catalogue D1).
--
-- Exactly one field is set; SQL NULL is the whole composite NULL, never ROW(NULL, NULL, NULL). PostgreSQL's own order of
-- records (NULLs last, field by field) is SQLite's order of storage classes: numbers < text < blobs. `n` is a tagged
-- number: scale 0 is INTEGER, scale >= 1 or an infinity is REAL; numeric compares 1 = 1.0, as SQLite does.
--
-- Everything in this directory may be run again over itself: user tables have columns of this type, so it is never
-- dropped. Every name is qualified, because the search path is the session's.
DO $do$
BEGIN
  IF to_regtype('howdah.v') IS NULL THEN
    CREATE TYPE howdah.v AS (n numeric, t text COLLATE "C", b bytea);
  END IF;
END $do$;

-- An error of SQLite's own: HW001 is code 1, HW020 code 20, HW0NU a text that PostgreSQL cannot hold. VOLATILE on
-- purpose: an IMMUTABLE function that raises would raise when the plan is made, even in a CASE branch not taken.
CREATE OR REPLACE FUNCTION howdah.err(message text, state text DEFAULT 'HW001') RETURNS text
LANGUAGE plpgsql VOLATILE PARALLEL SAFE AS $$
BEGIN
  RAISE EXCEPTION '%', message USING ERRCODE = state;
END $$;

-- float8 -> tagged number. A cast to numeric keeps 15 digits only; the shortest text keeps the value. Integral values
-- from 2^53 on are taken exactly, because they are compared with INTEGERs.
CREATE OR REPLACE FUNCTION howdah.r2n(f float8) RETURNS numeric
LANGUAGE sql IMMUTABLE PARALLEL SAFE AS $$
  SELECT CASE WHEN f = 'NaN' THEN NULL
              WHEN abs(f) >= 9007199254740992 AND f BETWEEN -9223372036854775808 AND 9223372036854774784
              THEN f::int8::numeric + 0.0
              ELSE f::text::numeric + 0.0 END $$;

CREATE OR REPLACE FUNCTION howdah.i2v(i int8) RETURNS howdah.v
LANGUAGE sql IMMUTABLE PARALLEL SAFE AS $$
  SELECT CASE WHEN i IS NULL THEN NULL ELSE ROW(i::numeric, NULL, NULL)::howdah.v END $$;

CREATE OR REPLACE FUNCTION howdah.n2v(x numeric) RETURNS howdah.v
LANGUAGE sql IMMUTABLE PARALLEL SAFE AS $$
  SELECT CASE WHEN x IS NULL OR x = 'NaN' THEN NULL ELSE ROW(x, NULL, NULL)::howdah.v END $$;

CREATE OR REPLACE FUNCTION howdah.r2v(f float8) RETURNS howdah.v
LANGUAGE sql IMMUTABLE PARALLEL SAFE AS $$
  SELECT CASE WHEN f IS NULL OR f = 'NaN' THEN NULL ELSE ROW(howdah.r2n(f), NULL, NULL)::howdah.v END $$;

CREATE OR REPLACE FUNCTION howdah.t2v(x text) RETURNS howdah.v
LANGUAGE sql IMMUTABLE PARALLEL SAFE AS $$
  SELECT CASE WHEN x IS NULL THEN NULL ELSE ROW(NULL, x, NULL)::howdah.v END $$;

CREATE OR REPLACE FUNCTION howdah.b2v(x bytea) RETURNS howdah.v
LANGUAGE sql IMMUTABLE PARALLEL SAFE AS $$
  SELECT CASE WHEN x IS NULL THEN NULL ELSE ROW(NULL, NULL, x)::howdah.v END $$;

CREATE OR REPLACE FUNCTION howdah.typeof(x howdah.v) RETURNS text
LANGUAGE sql IMMUTABLE PARALLEL SAFE AS $$
  SELECT CASE WHEN (x).n IS NOT NULL THEN CASE WHEN scale((x).n) = 0 THEN 'integer' ELSE 'real' END
              WHEN (x).t IS NOT NULL THEN 'text'
              WHEN (x).b IS NOT NULL THEN 'blob'
              ELSE 'null' END $$;

CREATE OR REPLACE FUNCTION howdah.typeof_n(x numeric) RETURNS text
LANGUAGE sql IMMUTABLE PARALLEL SAFE AS $$
  SELECT CASE WHEN x IS NULL OR x = 'NaN' THEN 'null' WHEN scale(x) = 0 THEN 'integer' ELSE 'real' END $$;
