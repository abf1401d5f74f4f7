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

-- The same for a generated column of a STRICT table. Both must be IMMUTABLE there; an argument that is never constant
-- keeps them from being called when a plan is made. SQLite does not look at the class of what it generates.
CREATE OR REPLACE FUNCTION howdah.generated_misfit(x howdah.v, t text, c text) RETURNS howdah.v
LANGUAGE plpgsql IMMUTABLE PARALLEL SAFE AS $$
BEGIN
  RAISE EXCEPTION 'howdah: a % value of the generated column %.%, whose type is another', upper(howdah.typeof(x)), t, c
    USING ERRCODE = 'HW001';
END $$;
CREATE OR REPLACE FUNCTION howdah.generated_int8(x howdah.v, t text, c text) RETURNS int8
LANGUAGE sql IMMUTABLE PARALLEL SAFE AS $$
  SELECT CASE WHEN (x).n IS NOT NULL AND scale((x).n) = 0 THEN (x).n::int8
              WHEN x IS NULL THEN NULL ELSE (howdah.generated_misfit(x, t, c)).n::int8 END $$;
CREATE OR REPLACE FUNCTION howdah.generated_float8(x howdah.v, t text, c text) RETURNS float8
LANGUAGE sql IMMUTABLE PARALLEL SAFE AS $$
  SELECT CASE WHEN (x).n IS NOT NULL THEN (x).n::float8
              WHEN x IS NULL THEN NULL ELSE (howdah.generated_misfit(x, t, c)).n::float8 END $$;
CREATE OR REPLACE FUNCTION howdah.generated_text(x howdah.v, t text, c text) RETURNS text
LANGUAGE sql IMMUTABLE PARALLEL SAFE AS $$
  SELECT CASE WHEN (x).t IS NOT NULL THEN (x).t
              WHEN x IS NULL THEN NULL ELSE (howdah.generated_misfit(x, t, c)).t END $$;

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
-- The same for the next one.
CREATE OR REPLACE FUNCTION howdah.rowid_after(last int8) RETURNS int8
LANGUAGE plpgsql VOLATILE PARALLEL SAFE AS $$
BEGIN
  IF last < 9223372036854775807 THEN
    RETURN last + 1;
  END IF;
  RETURN howdah.rowid_after(last, 1);
END $$;
CREATE OR REPLACE FUNCTION howdah.sequence_after(last int8) RETURNS int8
LANGUAGE plpgsql VOLATILE PARALLEL SAFE AS $$
BEGIN
  IF last < 9223372036854775807 THEN
    RETURN last + 1;
  END IF;
  RETURN howdah.sequence_after(last, 1);
END $$;

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

-- Concurrent writers: a rowid of the sequence named `rowids` that is at least `last` + k. Where the sequence is behind
-- (rows with a rowid given), it is moved on; by a number at a time while another transaction could be near, so that it
-- never goes back. Without a sequence it is as with one writer.
CREATE OR REPLACE FUNCTION howdah.next_rowid(rowids text, last int8, k int8) RETURNS int8
LANGUAGE plpgsql VOLATILE PARALLEL UNSAFE AS $$
DECLARE
  numbers regclass := to_regclass(rowids);
  least int8;
  n int8;
BEGIN
  IF numbers IS NULL OR last >= 9223372036854775807 - k THEN
    RETURN howdah.rowid_after(last, k);
  END IF;
  least := coalesce(last, 0) + k;
  n := nextval(numbers);
  IF n >= least THEN
    RETURN n;
  END IF;
  IF least - n > 1000 THEN
    PERFORM setval(numbers, least - 1);
  END IF;
  LOOP
    n := nextval(numbers);
    EXIT WHEN n >= least;
  END LOOP;
  RETURN n;
END $$;
CREATE OR REPLACE FUNCTION howdah.next_sequence(rowids text, last int8, k int8) RETURNS int8
LANGUAGE sql VOLATILE PARALLEL UNSAFE AS $$
  SELECT CASE WHEN last >= 9223372036854775807 - k THEN howdah.sequence_after(last, k)
              ELSE howdah.next_rowid(rowids, last, k) END $$;

-- The sequence goes with its column. Who comes second, or may not make one, does without.
CREATE OR REPLACE FUNCTION howdah.make_rowid_sequence(of text, col text, rowids text) RETURNS void
LANGUAGE plpgsql AS $$
BEGIN
  IF to_regclass(rowids) IS NULL THEN
    EXECUTE 'CREATE SEQUENCE ' || rowids || ' OWNED BY ' || of || '.' || col;
  END IF;
EXCEPTION WHEN unique_violation OR duplicate_table OR insufficient_privilege OR object_not_in_prerequisite_state
            OR undefined_table THEN
  NULL;
END $$;

-- AUTOINCREMENT with concurrent writers: one transaction at a time keeps sqlite_sequence, and nobody waits for it.
CREATE OR REPLACE FUNCTION howdah.record_rowid(rowids text, change text, creation text, largest int8) RETURNS void
LANGUAGE plpgsql AS $$
DECLARE
  found_one int8;
BEGIN
  IF NOT pg_try_advisory_xact_lock(hashtextextended(rowids, 1)) THEN
    RETURN;
  END IF;
  EXECUTE change USING largest;
  GET DIAGNOSTICS found_one = ROW_COUNT;
  IF found_one = 0 THEN
    EXECUTE creation USING largest;
  END IF;
EXCEPTION WHEN serialization_failure OR unique_violation OR lock_not_available OR deadlock_detected THEN
  NULL;
END $$;

-- Keeps the question whether there are rows that this transaction, which has a snapshot, did not see: those of FROM
-- `items`, an alias c among them, that are newer than its snapshot. It is for another connection. Where there are too
-- many questions, `all_items` stands for all of the kind.
CREATE OR REPLACE FUNCTION howdah.note_unseen(items text, all_items text) RETURNS void LANGUAGE plpgsql AS $$
DECLARE
    present text := coalesce(current_setting('howdah.unseen', true), '');
    oldest text := pg_snapshot_xmin(pg_current_snapshot())::text;
    few boolean := octet_length(present) < 8192;
    question text := 'SELECT 1 FROM ' || CASE WHEN few THEN items ELSE all_items END ||
        ' WHERE (c.xmin::text::bigint - ' || oldest || ') & 4294967295 < pg_snapshot_xmax(pg_current_snapshot())::text::bigint - ' || oldest;
BEGIN
    IF few OR position(question IN present) = 0 THEN
        PERFORM set_config('howdah.unseen', concat_ws(' UNION ALL ', nullif(present, ''), question), true);
    END IF;
END $$;

-- What an index has of a value that is too long for it: a digest that is longer than what stays as it is, so that the
-- two never meet. Indexes hold what these give.
CREATE OR REPLACE FUNCTION howdah.long_key(x text) RETURNS text
LANGUAGE sql IMMUTABLE PARALLEL SAFE AS $$
  SELECT CASE WHEN octet_length(x) <= 240 THEN x
              ELSE rpad('', 241, '~') || encode(sha256(howdah.t2b(x)), 'hex') END $$;

CREATE OR REPLACE FUNCTION howdah.long_key(x bytea) RETURNS bytea
LANGUAGE sql IMMUTABLE PARALLEL SAFE AS $$
  SELECT CASE WHEN octet_length(x) <= 240 THEN x
              ELSE decode(repeat('00', 241), 'hex') || sha256(x) END $$;

CREATE OR REPLACE FUNCTION howdah.long_key(x howdah.v) RETURNS howdah.v
LANGUAGE sql IMMUTABLE PARALLEL SAFE AS $$
  SELECT CASE WHEN octet_length((x).t) > 240 THEN howdah.t2v(howdah.long_key((x).t))
              WHEN octet_length((x).b) > 240 THEN howdah.b2v(howdah.long_key((x).b))
              ELSE x END $$;
