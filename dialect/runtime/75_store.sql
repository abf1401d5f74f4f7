-- Storing a value whose class only the server knows into a column of a plain PostgreSQL type (dialect/store.cpp), and
-- giving out rowids (dialect/rowid.cpp).
--
-- `policy` is 'promote', or the column's type as "cannot store TEXT value in INTEGER column t.c" names it.

-- A value that the column cannot keep: HW0PR asks howdah to widen the column to DATATYPE and to run the statement
-- again; HW0ST is SQLite's code 3091.
CREATE OR REPLACE FUNCTION howdah.misfit(x howdah.v, wider text, policy text, s text, t text, c text) RETURNS howdah.v
LANGUAGE plpgsql VOLATILE PARALLEL SAFE AS $$
BEGIN
  IF policy = 'promote' THEN
    RAISE EXCEPTION USING ERRCODE = 'HW0PR', MESSAGE = format('howdah: a %s value does not fit %s.%s', upper(howdah.typeof(x)), t, c),
      SCHEMA = s, TABLE = t, COLUMN = c, DATATYPE = wider;
  END IF;
  RAISE EXCEPTION USING ERRCODE = 'HW0ST',
    MESSAGE = format('cannot store %s value in %s column %s.%s',
                     CASE howdah.typeof(x) WHEN 'integer' THEN 'INT' ELSE upper(howdah.typeof(x)) END, policy, t, c);
END $$;

CREATE OR REPLACE FUNCTION howdah.store_int8(x howdah.v, policy text, s text, t text, c text) RETURNS int8
LANGUAGE sql VOLATILE PARALLEL SAFE AS $$
  SELECT CASE WHEN (x).n IS NOT NULL AND scale((x).n) = 0 THEN (x).n::int8
              WHEN x IS NULL THEN NULL
              ELSE ((howdah.misfit(x, CASE WHEN (x).n IS NULL THEN 'v' ELSE 'numeric' END, policy, s, t, c)).n)::int8 END $$;
CREATE OR REPLACE FUNCTION howdah.store_int8(x numeric, policy text, s text, t text, c text) RETURNS int8
LANGUAGE sql VOLATILE PARALLEL SAFE AS $$
  SELECT CASE WHEN x IS NULL OR scale(x) = 0 THEN x::int8
              ELSE ((howdah.misfit(howdah.n2v(x), 'numeric', policy, s, t, c)).n)::int8 END $$;
CREATE OR REPLACE FUNCTION howdah.store_float8(x howdah.v, policy text, s text, t text, c text) RETURNS float8
LANGUAGE sql VOLATILE PARALLEL SAFE AS $$
  SELECT CASE WHEN (x).n IS NOT NULL AND scale((x).n) > 0 OR abs((x).n) = 'Infinity' THEN (x).n::float8
              WHEN x IS NULL THEN NULL
              ELSE ((howdah.misfit(x, CASE WHEN (x).n IS NULL THEN 'v' ELSE 'numeric' END, policy, s, t, c)).n)::float8 END $$;
CREATE OR REPLACE FUNCTION howdah.store_numeric(x howdah.v, policy text, s text, t text, c text) RETURNS numeric
LANGUAGE sql VOLATILE PARALLEL SAFE AS $$
  SELECT CASE WHEN (x).n IS NOT NULL THEN (x).n
              WHEN x IS NULL THEN NULL ELSE (howdah.misfit(x, 'v', policy, s, t, c)).n END $$;
CREATE OR REPLACE FUNCTION howdah.store_text(x howdah.v, policy text, s text, t text, c text) RETURNS text
LANGUAGE sql VOLATILE PARALLEL SAFE AS $$
  SELECT CASE WHEN (x).t IS NOT NULL THEN (x).t
              WHEN x IS NULL THEN NULL ELSE (howdah.misfit(x, 'v', policy, s, t, c)).t END $$;
CREATE OR REPLACE FUNCTION howdah.store_bytea(x howdah.v, policy text, s text, t text, c text) RETURNS bytea
LANGUAGE sql VOLATILE PARALLEL SAFE AS $$
  SELECT CASE WHEN (x).b IS NOT NULL THEN (x).b
              WHEN x IS NULL THEN NULL ELSE (howdah.misfit(x, 'v', policy, s, t, c)).b END $$;

-- A rowid is an INTEGER or nothing else will do. Affinity was applied before.
CREATE OR REPLACE FUNCTION howdah.store_rowid(x howdah.v) RETURNS int8
LANGUAGE sql VOLATILE PARALLEL SAFE AS $$
  SELECT CASE WHEN (x).n IS NOT NULL AND scale((x).n) = 0 THEN (x).n::int8
              WHEN x IS NULL THEN NULL ELSE howdah.err('datatype mismatch', 'HW020')::int8 END $$;
-- UPDATE cannot make a rowid NULL.
CREATE OR REPLACE FUNCTION howdah.rowid_not_null(x int8) RETURNS int8
LANGUAGE sql VOLATILE PARALLEL SAFE AS $$
  SELECT CASE WHEN x IS NOT NULL THEN x ELSE howdah.err('datatype mismatch', 'HW020')::int8 END $$;

-- The rowid `k` places after `last`. Past the largest one SQLite tries random ones.
CREATE OR REPLACE FUNCTION howdah.rowid_after(last int8, k int8) RETURNS int8
LANGUAGE sql VOLATILE PARALLEL SAFE AS $$
  SELECT CASE WHEN last < 0 OR last <= 9223372036854775807 - k THEN last + k
              ELSE (random() * 4611686018427387903)::int8 + 1 END $$;
-- With AUTOINCREMENT it is SQLITE_FULL.
CREATE OR REPLACE FUNCTION howdah.sequence_after(last int8, k int8) RETURNS int8
LANGUAGE sql VOLATILE PARALLEL SAFE AS $$
  SELECT CASE WHEN last < 0 OR last <= 9223372036854775807 - k THEN last + k
              ELSE howdah.err('database or disk is full', 'HW013')::int8 END $$;

-- RETURNING shows a REAL column as it is stored: integral and within six bytes, it is an INTEGER (dialect/lower_returning.cpp).
CREATE OR REPLACE FUNCTION howdah.stored_real(f float8) RETURNS numeric
LANGUAGE sql IMMUTABLE PARALLEL SAFE AS $$
  SELECT CASE WHEN f >= -140737488355328 AND f < 140737488355328 AND f = trunc(f) THEN f::int8::numeric ELSE howdah.r2n(f) END $$;
CREATE OR REPLACE FUNCTION howdah.stored_real(x howdah.v) RETURNS howdah.v
LANGUAGE sql IMMUTABLE PARALLEL SAFE AS $$
  SELECT CASE WHEN (x).n >= -140737488355328 AND (x).n < 140737488355328 AND (x).n = trunc((x).n) THEN howdah.i2v((x).n::int8) ELSE x END $$;
CREATE OR REPLACE FUNCTION howdah.integer_as_real(x howdah.v) RETURNS howdah.v
LANGUAGE sql IMMUTABLE PARALLEL SAFE AS $$
  SELECT CASE WHEN (x).n IS NOT NULL THEN howdah.r2v((x).n::float8) ELSE x END $$;
