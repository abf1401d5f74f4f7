-- Foreign keys whose test waits for COMMIT. PostgreSQL changes no table whose rows have one waiting, SQLite any.
--
-- howdah.defer_fk = 'on': PRAGMA defer_foreign_keys is. howdah.keys_counted is a number where the tests that waited were
-- given up for a schema change: COMMIT counts the rows without a parent then, and adds this number. SQLite's counter
-- takes no notice of a schema change, though ALTER TABLE … RENAME may give a row a parent.
-- `deferred`: the constraints that are declared DEFERRABLE INITIALLY DEFERRED, for SET CONSTRAINTS; '' where none is.
-- `orphans`: SELECT of the number of rows without a parent.

CREATE OR REPLACE FUNCTION howdah.keys_are_counted() RETURNS boolean LANGUAGE sql AS $$
    SELECT coalesce(current_setting('howdah.keys_counted', true), '') <> ''
$$;

-- Nothing waits behind it: what waited has been tested, or given up where COMMIT counts.
CREATE OR REPLACE FUNCTION howdah.settle_keys(deferred text) RETURNS void LANGUAGE plpgsql AS $$
BEGIN
    PERFORM set_config('howdah.keys_given_up', CASE WHEN howdah.keys_are_counted() THEN 'on' ELSE 'off' END, true);
    IF current_setting('howdah.defer_fk', true) = 'on' THEN
        SET CONSTRAINTS ALL IMMEDIATE;
        SET CONSTRAINTS ALL DEFERRED;
    ELSIF deferred <> '' THEN
        EXECUTE 'SET CONSTRAINTS ' || deferred || ' IMMEDIATE';
        EXECUTE 'SET CONSTRAINTS ' || deferred || ' DEFERRED';
    END IF;
    PERFORM set_config('howdah.keys_given_up', 'off', true);
END $$;

-- From now on COMMIT counts. `others`: rows without a parent that waiting tests do not find (unexplained_orphans), from
-- before the transaction or forgotten.
CREATE OR REPLACE FUNCTION howdah.count_keys(others bigint) RETURNS void LANGUAGE plpgsql AS $$
BEGIN
    IF NOT howdah.keys_are_counted() THEN
        PERFORM set_config('howdah.keys_counted', (-others)::text, true);
    END IF;
END $$;

-- After a statement: such a row that gets a parent takes 1 from SQLite's counter, but not below 0.
CREATE OR REPLACE FUNCTION howdah.cut_key_count(orphans text) RETURNS void LANGUAGE plpgsql AS $$
DECLARE
    found_now bigint;
BEGIN
    IF howdah.keys_are_counted() THEN
        EXECUTE orphans INTO found_now;
        PERFORM set_config('howdah.keys_counted',
            greatest(current_setting('howdah.keys_counted')::bigint, -found_now)::text, true);
    END IF;
END $$;

-- Before a change of the schema with 1, behind it with -1: the counter stays what it was.
CREATE OR REPLACE FUNCTION howdah.keep_key_count(sign integer, orphans text) RETURNS void LANGUAGE plpgsql AS $$
DECLARE
    found_now bigint;
BEGIN
    IF howdah.keys_are_counted() THEN
        EXECUTE orphans INTO found_now;
        PERFORM set_config('howdah.keys_counted',
            (current_setting('howdah.keys_counted')::bigint + sign * found_now)::text, true);
    END IF;
END $$;

-- Rows without a parent other than those that waiting tests would find, which are noted by key and place. To be rolled
-- back: the tests wait again then.
CREATE OR REPLACE FUNCTION howdah.note_orphan(key text, place tid) RETURNS void LANGUAGE plpgsql AS $$
BEGIN
    EXECUTE 'INSERT INTO pg_temp.howdah_orphans VALUES ($1, $2) ON CONFLICT DO NOTHING' USING key, place;
END $$;

CREATE OR REPLACE FUNCTION howdah.unexplained_orphans(orphans text) RETURNS text LANGUAGE plpgsql AS $$
DECLARE
    found_now bigint;
    noted bigint;
BEGIN
    CREATE TEMP TABLE howdah_orphans(key text, place tid, PRIMARY KEY (key, place));
    PERFORM set_config('howdah.keys_given_up', 'noting', true);
    SET CONSTRAINTS ALL IMMEDIATE;
    EXECUTE orphans INTO found_now;
    EXECUTE 'SELECT count(*) FROM pg_temp.howdah_orphans' INTO noted;
    RETURN found_now - noted;
END $$;

CREATE OR REPLACE FUNCTION howdah.keys_are_broken(deferred text, orphans text) RETURNS text LANGUAGE plpgsql AS $$
DECLARE
    found_now bigint;
BEGIN
    IF howdah.keys_are_counted() THEN
        EXECUTE orphans INTO found_now;
        RETURN found_now + current_setting('howdah.keys_counted')::bigint > 0;
    END IF;
    BEGIN
        PERFORM howdah.settle_keys(deferred);
        RETURN false;
    EXCEPTION WHEN foreign_key_violation THEN
        RETURN true;
    END;
END $$;

-- Before COMMIT.
CREATE OR REPLACE FUNCTION howdah.test_keys(orphans text) RETURNS void LANGUAGE plpgsql AS $$
BEGIN
    IF howdah.keys_are_counted() THEN
        IF howdah.keys_are_broken('', orphans)::boolean THEN
            RAISE EXCEPTION USING ERRCODE = '23503', MESSAGE = 'FOREIGN KEY constraint failed';
        END IF;
        PERFORM set_config('howdah.keys_given_up', 'on', true);
    END IF;
    SET CONSTRAINTS ALL IMMEDIATE;
    PERFORM set_config('howdah.keys_given_up', 'off', true);
END $$;

-- PRAGMA defer_foreign_keys = OFF: what waited is forgotten.
CREATE OR REPLACE FUNCTION howdah.forget_keys(deferred text) RETURNS void LANGUAGE plpgsql AS $$
BEGIN
    PERFORM set_config('howdah.keys_given_up', 'on', true);
    SET CONSTRAINTS ALL IMMEDIATE;
    PERFORM set_config('howdah.keys_given_up', 'off', true);
    PERFORM set_config('howdah.keys_counted', '', true);
    PERFORM set_config('howdah.defer_fk', 'off', true);
    IF deferred <> '' THEN
        EXECUTE 'SET CONSTRAINTS ' || deferred || ' DEFERRED';
    END IF;
END $$;

-- At the end of a statement: keys that its steps may break and mend.
CREATE OR REPLACE FUNCTION howdah.test_keys_of_statement(keys text) RETURNS void LANGUAGE plpgsql AS $$
BEGIN
    IF current_setting('howdah.defer_fk', true) IS DISTINCT FROM 'on' THEN
        EXECUTE 'SET CONSTRAINTS ' || keys || ' IMMEDIATE';
    END IF;
END $$;
