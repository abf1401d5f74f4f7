-- date(), time(), datetime(), julianday(), unixepoch() and strftime() of the moments that 70_dates.sql computes.

CREATE OR REPLACE FUNCTION howdah.two_digits(i int) RETURNS text
LANGUAGE sql IMMUTABLE PARALLEL SAFE AS $$ SELECT CASE WHEN i BETWEEN 0 AND 9 THEN '0' || i ELSE i::text END $$;

CREATE OR REPLACE FUNCTION howdah.d_date_text(p howdah.moment) RETURNS text
LANGUAGE plpgsql IMMUTABLE PARALLEL SAFE AS $$
BEGIN
  p := howdah.d_ymd(p);
  IF p IS NULL THEN RETURN NULL; END IF;
  RETURN CASE WHEN p.y < 0 THEN '-' ELSE '' END || lpad(abs(p.y)::text, 4, '0') || '-' || howdah.two_digits(p.m) || '-'
         || howdah.two_digits(p.d);
END $$;

CREATE OR REPLACE FUNCTION howdah.d_time_text(p howdah.moment) RETURNS text
LANGUAGE plpgsql IMMUTABLE PARALLEL SAFE AS $$
BEGIN
  p := howdah.d_hms(p);
  RETURN howdah.two_digits(p.h) || ':' || howdah.two_digits(p.mi) || ':' || howdah.two_digits(trunc(p.s)::int);
END $$;

CREATE OR REPLACE FUNCTION howdah.d_strftime(format text, p howdah.moment) RETURNS text
LANGUAGE plpgsql IMMUTABLE PARALLEL SAFE AS $$
DECLARE
  out text := '';
  i int := 1;
  c text;
  first_day howdah.moment;
  day int;
BEGIN
  IF format IS NULL OR p.has_jd IS NULL THEN RETURN NULL; END IF;
  p := howdah.d_hms(howdah.d_ymd(p));
  WHILE i <= length(format) LOOP
    c := substr(format, i, 1);
    i := i + 1;
    IF c <> '%' THEN out := out || c; CONTINUE; END IF;
    c := substr(format, i, 1);
    i := i + 1;
    CASE c
      WHEN 'd' THEN out := out || howdah.two_digits(p.d);
      WHEN 'f' THEN out := out || lpad(round(least(p.s, 59.999::float8)::numeric, 3)::text, 6, '0');
      WHEN 'H' THEN out := out || howdah.two_digits(p.h);
      WHEN 'm' THEN out := out || howdah.two_digits(p.m);
      WHEN 'M' THEN out := out || howdah.two_digits(p.mi);
      WHEN 's' THEN out := out || (p.jd / 1000 - 210866760000)::text;
      WHEN 'S' THEN out := out || howdah.two_digits(trunc(p.s)::int);
      WHEN 'w' THEN out := out || (((p.jd + 129600000) / 86400000) % 7)::text;
      WHEN 'Y' THEN
        out := out || CASE WHEN p.y < 0 THEN '-' || lpad(abs(p.y)::text, greatest(3, length(abs(p.y)::text)), '0')
                           ELSE lpad(p.y::text, 4, '0') END;
      WHEN 'J' THEN out := out || howdah.printf_real(p.jd / 86400000.0::float8, 'g', '', 0, 16);
      WHEN 'j', 'W' THEN
        first_day := p;
        first_day.has_jd := false;
        first_day.m := 1;
        first_day.d := 1;
        first_day.has_ymd := true;
        first_day := howdah.d_jd(first_day);
        day := ((p.jd - first_day.jd + 43200000) / 86400000)::int;
        IF c = 'j' THEN out := out || lpad((day + 1)::text, 3, '0');
        ELSE out := out || howdah.two_digits(((day + 7 - (((p.jd + 43200000) / 86400000) % 7)) / 7)::int);
        END IF;
      WHEN '%' THEN out := out || '%';
      ELSE RETURN NULL;
    END CASE;
  END LOOP;
  RETURN out;
END $$;

-- True of a text whose date part every function may copy: no modifier will be asked to normalise it.
CREATE OR REPLACE FUNCTION howdah.d_plain(z text) RETURNS boolean
LANGUAGE sql IMMUTABLE PARALLEL SAFE AS $$
  SELECT z COLLATE "C" ~ '^[0-9]{4}-(0[1-9]|1[0-2])-(0[1-9]|[12][0-9]|3[01])( ([01][0-9]|2[0-3]):[0-5][0-9](:[0-5][0-9](\.[0-9]+)?)?)?$' $$;

-- The functions a statement calls. `now` is the statement's: SQLite freezes it so. Those that end in _i know no 'now' and
-- are IMMUTABLE, so that an index may be made of them; the statement calls the others when it says 'now' or 'localtime'.
CREATE OR REPLACE FUNCTION howdah.date_at(moment timestamptz, x howdah.v, modifiers text[]) RETURNS text
LANGUAGE plpgsql STABLE PARALLEL SAFE AS $$
BEGIN
  IF cardinality(modifiers) = 0 AND howdah.d_plain((x).t) THEN RETURN left((x).t, 10); END IF;
  RETURN howdah.d_date_text(howdah.d_run(x, modifiers, moment));
END $$;

CREATE OR REPLACE FUNCTION howdah.time_at(moment timestamptz, x howdah.v, modifiers text[]) RETURNS text
LANGUAGE plpgsql STABLE PARALLEL SAFE AS $$
DECLARE
  p howdah.moment := howdah.d_run(x, modifiers, moment);
BEGIN
  RETURN CASE WHEN p.has_jd THEN howdah.d_time_text(p) END;
END $$;

CREATE OR REPLACE FUNCTION howdah.datetime_at(moment timestamptz, x howdah.v, modifiers text[]) RETURNS text
LANGUAGE plpgsql STABLE PARALLEL SAFE AS $$
DECLARE
  p howdah.moment := howdah.d_run(x, modifiers, moment);
BEGIN
  RETURN CASE WHEN p.has_jd THEN howdah.d_date_text(p) || ' ' || howdah.d_time_text(p) END;
END $$;

CREATE OR REPLACE FUNCTION howdah.julianday_at(moment timestamptz, x howdah.v, modifiers text[]) RETURNS float8
LANGUAGE plpgsql STABLE PARALLEL SAFE AS $$
DECLARE
  p howdah.moment := howdah.d_run(x, modifiers, moment);
BEGIN
  RETURN p.jd / 86400000.0::float8;
END $$;

CREATE OR REPLACE FUNCTION howdah.unixepoch_at(moment timestamptz, x howdah.v, modifiers text[]) RETURNS int8
LANGUAGE plpgsql STABLE PARALLEL SAFE AS $$
DECLARE
  p howdah.moment := howdah.d_run(x, modifiers, moment);
BEGIN
  RETURN p.jd / 1000 - 210866760000;
END $$;

CREATE OR REPLACE FUNCTION howdah.strftime_at(moment timestamptz, format text, x howdah.v, modifiers text[]) RETURNS text
LANGUAGE plpgsql STABLE PARALLEL SAFE AS $$
BEGIN
  IF cardinality(modifiers) = 0 AND howdah.d_plain((x).t) THEN
    CASE format
      WHEN '%Y' THEN RETURN left((x).t, 4);
      WHEN '%Y-%m' THEN RETURN left((x).t, 7);
      WHEN '%Y-%m-%d' THEN RETURN left((x).t, 10);
      WHEN '%m' THEN RETURN substr((x).t, 6, 2);
      WHEN '%d' THEN RETURN substr((x).t, 9, 2);
      ELSE NULL;
    END CASE;
  END IF;
  RETURN howdah.d_strftime(format, howdah.d_run(x, modifiers, moment));
END $$;

CREATE OR REPLACE FUNCTION howdah.date(x howdah.v, VARIADIC modifiers text[] DEFAULT '{}') RETURNS text
LANGUAGE sql STABLE PARALLEL SAFE AS $$ SELECT howdah.date_at(statement_timestamp(), x, modifiers) $$;
CREATE OR REPLACE FUNCTION howdah."time"(x howdah.v, VARIADIC modifiers text[] DEFAULT '{}') RETURNS text
LANGUAGE sql STABLE PARALLEL SAFE AS $$ SELECT howdah.time_at(statement_timestamp(), x, modifiers) $$;
CREATE OR REPLACE FUNCTION howdah.datetime(x howdah.v, VARIADIC modifiers text[] DEFAULT '{}') RETURNS text
LANGUAGE sql STABLE PARALLEL SAFE AS $$ SELECT howdah.datetime_at(statement_timestamp(), x, modifiers) $$;
CREATE OR REPLACE FUNCTION howdah.julianday(x howdah.v, VARIADIC modifiers text[] DEFAULT '{}') RETURNS float8
LANGUAGE sql STABLE PARALLEL SAFE AS $$ SELECT howdah.julianday_at(statement_timestamp(), x, modifiers) $$;
CREATE OR REPLACE FUNCTION howdah.unixepoch(x howdah.v, VARIADIC modifiers text[] DEFAULT '{}') RETURNS int8
LANGUAGE sql STABLE PARALLEL SAFE AS $$ SELECT howdah.unixepoch_at(statement_timestamp(), x, modifiers) $$;
CREATE OR REPLACE FUNCTION howdah.strftime(format text, x howdah.v, VARIADIC modifiers text[] DEFAULT '{}') RETURNS text
LANGUAGE sql STABLE PARALLEL SAFE AS $$ SELECT howdah.strftime_at(statement_timestamp(), format, x, modifiers) $$;

CREATE OR REPLACE FUNCTION howdah.date_i(x howdah.v, VARIADIC modifiers text[] DEFAULT '{}') RETURNS text
LANGUAGE plpgsql IMMUTABLE PARALLEL SAFE AS $$ BEGIN RETURN howdah.date_at(NULL, x, modifiers); END $$;
CREATE OR REPLACE FUNCTION howdah.time_i(x howdah.v, VARIADIC modifiers text[] DEFAULT '{}') RETURNS text
LANGUAGE plpgsql IMMUTABLE PARALLEL SAFE AS $$ BEGIN RETURN howdah.time_at(NULL, x, modifiers); END $$;
CREATE OR REPLACE FUNCTION howdah.datetime_i(x howdah.v, VARIADIC modifiers text[] DEFAULT '{}') RETURNS text
LANGUAGE plpgsql IMMUTABLE PARALLEL SAFE AS $$ BEGIN RETURN howdah.datetime_at(NULL, x, modifiers); END $$;
CREATE OR REPLACE FUNCTION howdah.julianday_i(x howdah.v, VARIADIC modifiers text[] DEFAULT '{}') RETURNS float8
LANGUAGE plpgsql IMMUTABLE PARALLEL SAFE AS $$ BEGIN RETURN howdah.julianday_at(NULL, x, modifiers); END $$;
CREATE OR REPLACE FUNCTION howdah.unixepoch_i(x howdah.v, VARIADIC modifiers text[] DEFAULT '{}') RETURNS int8
LANGUAGE plpgsql IMMUTABLE PARALLEL SAFE AS $$ BEGIN RETURN howdah.unixepoch_at(NULL, x, modifiers); END $$;
CREATE OR REPLACE FUNCTION howdah.strftime_i(format text, x howdah.v, VARIADIC modifiers text[] DEFAULT '{}') RETURNS text
LANGUAGE plpgsql IMMUTABLE PARALLEL SAFE AS $$ BEGIN RETURN howdah.strftime_at(NULL, format, x, modifiers); END $$;
