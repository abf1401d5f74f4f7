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

-- True of a text whose date and time every function may copy: no modifier will be asked to normalise it. Where a text of
-- one of these shapes has no two characters side by side, or with one between them, that are no digits, it has digits
-- wherever its shape does not say otherwise. A pattern that says all of it takes twice as long.
CREATE OR REPLACE FUNCTION howdah.d_plain(z text) RETURNS boolean
LANGUAGE sql IMMUTABLE PARALLEL SAFE AS $$
  SELECT CASE WHEN z COLLATE "C" LIKE '____-__-__ __:__:__' OR z COLLATE "C" LIKE '____-__-__' OR z COLLATE "C" LIKE '____-__-__T__:__:__'
                   OR z COLLATE "C" LIKE '____-__-__ __:__:__._%' OR z COLLATE "C" LIKE '____-__-__T__:__:__._%'
                   OR z COLLATE "C" LIKE '____-__-__T__:__:__Z' OR z COLLATE "C" LIKE '____-__-__ __:__' OR z COLLATE "C" LIKE '____-__-__T__:__'
              THEN z COLLATE "C" !~ '(?:^|\D).?\D|[-: T][6-9]' AND position('-00' IN z) = 0 AND substr(z, 6, 2) COLLATE "C" <= '12'
                   AND substr(z, 9, 2) COLLATE "C" <= '31' AND substr(z, 12, 2) COLLATE "C" <= '23'
                   AND (octet_length(z) <= 20 OR substr(z, 21) COLLATE "C" ~ '^\d{1,9}Z?$')
              WHEN z IS NOT NULL THEN false END $$;

-- True of a plain text of milliseconds that PostgreSQL takes for the same timestamp, and so far from SQLite's first and last
-- year that the modifiers of a statement do not lead out of them.
CREATE OR REPLACE FUNCTION howdah.d_stamp(z text) RETURNS boolean
LANGUAGE sql IMMUTABLE PARALLEL SAFE AS $$
  SELECT howdah.d_plain(z) AND z COLLATE "C" >= '1000' AND z COLLATE "C" < '9' AND (octet_length(z) <= 23 OR octet_length(z) = 24 AND right(z, 1) = 'Z')
         AND (substr(z, 9, 2) COLLATE "C" <= '28' OR substr(z, 9, 2) COLLATE "C" <= '30' AND substr(z, 6, 2) <> '02'
              OR substr(z, 6, 2) IN ('01', '03', '05', '07', '08', '10', '12')) $$;

-- The moment of a plain text, a Julian day or seconds 'unixepoch' after the usual modifiers, in milliseconds; NULL where
-- howdah.d_run() has to look: it takes ten times as long. 148731163200000 is the start of the year 1. What is not between
-- the years 401 and 9999 is left to d_run(): SQLite's calendar before is not PostgreSQL's.
CREATE OR REPLACE FUNCTION howdah.d_quick(x howdah.v, modifiers text[]) RETURNS int8
LANGUAGE plpgsql STABLE PARALLEL SAFE AS $$
DECLARE
  z text := (x).t;
  first int := 1;
  month date;
  d int;
  ms int8; -- since the start of the year 1
  r float8;
  m text;
  unit text;
  n int;
BEGIN
  IF z IS NOT NULL THEN
    IF howdah.d_stamp(z) THEN
      ms := round(date_part('epoch', z::timestamp) * 1000)::int8 + 62135596800000;
    ELSE
      IF NOT howdah.d_plain(z) OR z COLLATE "C" < '0401' THEN RETURN NULL; END IF;
      -- Only a modifier makes SQLite round the seconds, and some of them do not let that lead to the next day.
      IF length(z) > 23 AND (cardinality(modifiers) = 0 OR substr(z, 20, 5) COLLATE "C" >= '.9995') THEN RETURN NULL; END IF;
      month := make_date(left(z, 4)::int, substr(z, 6, 2)::int, 1);
      d := substr(z, 9, 2)::int;
      IF d > 28 AND d > extract(day FROM month + interval '1 month' - interval '1 day') THEN RETURN NULL; END IF;
      ms := (month - date '0001-01-01' + d - 1)::int8 * 86400000;
      IF length(z) > 10 THEN
        ms := ms + substr(z, 12, 2)::int * 3600000 + substr(z, 15, 2)::int * 60000;
      END IF;
      IF length(z) > 17 THEN
        ms := ms + trunc((substr(z, 18, 2)::int + rtrim('0' || substr(z, 20), 'Z')::float8) * 1000 + 0.5::float8)::int8;
      END IF;
    END IF;
  ELSIF (x).n IS NOT NULL THEN
    r := (x).n::float8;
    IF modifiers[1] = 'unixepoch' THEN
      IF r NOT BETWEEN -49512816000 AND 253402300799 THEN RETURN NULL; END IF;
      ms := trunc(r * 1000.0 + 210866760000000.0 + 0.5)::int8 - 148731163200000;
      first := 2;
    ELSE
      IF r NOT BETWEEN 1867523 AND 5373484 THEN RETURN NULL; END IF;
      ms := trunc(r * 86400000.0 + 0.5)::int8 - 148731163200000;
    END IF;
  END IF;
  IF ms IS NULL THEN RETURN NULL; END IF;
  FOR i IN first..cardinality(modifiers) LOOP
    m := modifiers[i];
    IF m COLLATE "C" ~ '^[-+]?[0-9]{1,4} ' THEN
      n := split_part(m, ' ', 1)::int;
      unit := substr(m, strpos(m, ' ') + 1);
      IF unit IN ('day', 'days') THEN ms := ms + n * 86400000::int8;
      ELSIF unit IN ('month', 'months', 'year', 'years') THEN
        month := date '0001-01-01' + (ms / 86400000)::int;
        d := extract(day FROM month);
        n := extract(year FROM month) * 12 + extract(month FROM month) - 1 + CASE WHEN unit IN ('month', 'months') THEN n ELSE n * 12 END;
        IF n NOT BETWEEN 4812 AND 119987 THEN RETURN NULL; END IF;
        ms := (make_date(n / 12, n % 12 + 1, 1) - date '0001-01-01' + d - 1)::int8 * 86400000 + ms % 86400000;
      ELSIF unit IN ('hour', 'hours') THEN ms := ms + n * 3600000::int8;
      ELSIF unit IN ('minute', 'minutes') THEN ms := ms + n * 60000::int8;
      ELSIF unit IN ('second', 'seconds') THEN ms := ms + n * 1000::int8;
      ELSE RETURN NULL;
      END IF;
    ELSIF m = 'start of day' THEN ms := ms - ms % 86400000;
    ELSIF m IN ('start of month', 'start of year') THEN
      month := date_trunc(substr(m, 10), (date '0001-01-01' + (ms / 86400000)::int)::timestamp);
      ms := (month - date '0001-01-01')::int8 * 86400000;
    ELSIF m = 'localtime' THEN ms := ms + howdah.d_local_offset(ms + 148731163200000);
    ELSIF m COLLATE "C" ~ '^weekday [0-6]$' THEN
      n := right(m, 1)::int - ((ms / 86400000 + 1) % 7)::int;
      ms := ms + CASE WHEN n < 0 THEN n + 7 ELSE n END * 86400000::int8;
    ELSE RETURN NULL;
    END IF;
    IF ms NOT BETWEEN 12622780800000 AND 315537897599999 THEN RETURN NULL; END IF;
  END LOOP;
  RETURN ms + 148731163200000;
END $$;

-- A moment that d_quick() has found.
CREATE OR REPLACE FUNCTION howdah.d_timestamp(jd int8) RETURNS timestamp
LANGUAGE sql IMMUTABLE PARALLEL SAFE AS $$
  SELECT date '0001-01-01' + ((jd - 148731163200000) / 86400000)::int + ((jd - 148731163200000) % 86400000)::int * interval '1 millisecond' $$;

-- How to_char() is asked for what strftime() prints under the usual formats.
CREATE OR REPLACE FUNCTION howdah.d_template(format text) RETURNS text
LANGUAGE sql IMMUTABLE PARALLEL SAFE AS $$
  SELECT CASE format WHEN '%Y' THEN 'YYYY' WHEN '%Y-%m' THEN 'YYYY-MM' WHEN '%Y-%m-%d' THEN 'YYYY-MM-DD' WHEN '%m' THEN 'MM' WHEN '%d' THEN 'DD'
                     WHEN '%H' THEN 'HH24' WHEN '%H:%M' THEN 'HH24:MI' WHEN '%H:%M:%S' THEN 'HH24:MI:SS' WHEN '%M' THEN 'MI' WHEN '%S' THEN 'SS'
                     WHEN '%Y-%m-%d %H:%M:%S' THEN 'YYYY-MM-DD HH24:MI:SS' WHEN '%Y-%m-%d %H:%M' THEN 'YYYY-MM-DD HH24:MI'
                     WHEN '%Y-%m-%d %H:00' THEN 'YYYY-MM-DD HH24":00"' WHEN '%Y-%m-%d %H' THEN 'YYYY-MM-DD HH24'
                     WHEN '%Y-%m-%dT%H:%M:%S' THEN 'YYYY-MM-DD"T"HH24:MI:SS' WHEN '%Y-%m-%dT%H:%M:%SZ' THEN 'YYYY-MM-DD"T"HH24:MI:SS"Z"'
                     WHEN '%Y-%m-%d %H:%M:%f' THEN 'YYYY-MM-DD HH24:MI:SS.MS' WHEN '%Y%m%d' THEN 'YYYYMMDD' WHEN '%Y%m' THEN 'YYYYMM'
                     WHEN '%d.%m.%Y' THEN 'DD.MM.YYYY' WHEN '%d/%m/%Y' THEN 'DD/MM/YYYY' WHEN '%m/%d/%Y' THEN 'MM/DD/YYYY' WHEN '%d-%m-%Y' THEN 'DD-MM-YYYY'
                     WHEN '%Y/%m/%d' THEN 'YYYY/MM/DD' WHEN '%Y/%m' THEN 'YYYY/MM' WHEN '%m/%Y' THEN 'MM/YYYY' WHEN '%m-%d' THEN 'MM-DD' WHEN '%j' THEN 'DDD' END $$;

-- The functions a statement calls. `now` is the statement's: SQLite freezes it so. Those that end in _i know no 'now' and
-- are IMMUTABLE, so that an index may be made of them; the statement calls the others when it says 'now' or 'localtime'.
CREATE OR REPLACE FUNCTION howdah.date_at(moment timestamptz, x howdah.v, modifiers text[]) RETURNS text
LANGUAGE plpgsql STABLE PARALLEL SAFE AS $$
DECLARE
  jd int8 := howdah.d_quick(x, modifiers);
BEGIN
  IF jd IS NOT NULL THEN RETURN to_char(howdah.d_timestamp(jd), 'YYYY-MM-DD'); END IF;
  RETURN howdah.d_date_text(howdah.d_run(x, modifiers, moment));
END $$;

CREATE OR REPLACE FUNCTION howdah.time_at(moment timestamptz, x howdah.v, modifiers text[]) RETURNS text
LANGUAGE plpgsql STABLE PARALLEL SAFE AS $$
DECLARE
  jd int8 := howdah.d_quick(x, modifiers);
  p howdah.moment;
BEGIN
  IF jd IS NOT NULL THEN RETURN to_char(howdah.d_timestamp(jd), 'HH24:MI:SS'); END IF;
  p := howdah.d_run(x, modifiers, moment);
  RETURN CASE WHEN p.has_jd THEN howdah.d_time_text(p) END;
END $$;

CREATE OR REPLACE FUNCTION howdah.datetime_at(moment timestamptz, x howdah.v, modifiers text[]) RETURNS text
LANGUAGE plpgsql STABLE PARALLEL SAFE AS $$
DECLARE
  jd int8 := howdah.d_quick(x, modifiers);
  p howdah.moment;
BEGIN
  IF jd IS NOT NULL THEN RETURN to_char(howdah.d_timestamp(jd), 'YYYY-MM-DD HH24:MI:SS'); END IF;
  p := howdah.d_run(x, modifiers, moment);
  RETURN CASE WHEN p.has_jd THEN howdah.d_date_text(p) || ' ' || howdah.d_time_text(p) END;
END $$;

CREATE OR REPLACE FUNCTION howdah.julianday_at(moment timestamptz, x howdah.v, modifiers text[]) RETURNS float8
LANGUAGE plpgsql STABLE PARALLEL SAFE AS $$
DECLARE
  jd int8 := howdah.d_quick(x, CASE WHEN modifiers = '{}' THEN '{+0 days}' ELSE modifiers END);
BEGIN
  IF jd IS NULL THEN jd := (howdah.d_run(x, modifiers, moment)).jd; END IF;
  RETURN jd / 86400000.0::float8;
END $$;

CREATE OR REPLACE FUNCTION howdah.unixepoch_at(moment timestamptz, x howdah.v, modifiers text[]) RETURNS int8
LANGUAGE plpgsql STABLE PARALLEL SAFE AS $$
DECLARE
  jd int8 := howdah.d_quick(x, CASE WHEN modifiers = '{}' THEN '{+0 days}' ELSE modifiers END);
BEGIN
  IF jd IS NULL THEN jd := (howdah.d_run(x, modifiers, moment)).jd; END IF;
  RETURN jd / 1000 - 210866760000;
END $$;

CREATE OR REPLACE FUNCTION howdah.strftime_at(moment timestamptz, format text, x howdah.v, modifiers text[]) RETURNS text
LANGUAGE plpgsql STABLE PARALLEL SAFE AS $$
DECLARE
  template text := howdah.d_template(format);
  jd int8;
BEGIN
  IF template IS NOT NULL OR format IN ('%s', '%w') THEN
    jd := howdah.d_quick(x, modifiers);
    IF jd IS NOT NULL THEN
      RETURN CASE WHEN template IS NOT NULL THEN to_char(howdah.d_timestamp(jd), template)
                  WHEN format = '%s' THEN (jd / 1000 - 210866760000)::text
                  ELSE (((jd + 129600000) / 86400000) % 7)::text END;
    END IF;
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

-- IMMUTABLE is what they are of all that is not about a session.
CREATE OR REPLACE FUNCTION howdah.date_n(x howdah.v, modifiers text[]) RETURNS text
LANGUAGE plpgsql IMMUTABLE STRICT PARALLEL SAFE AS $$ BEGIN RETURN howdah.date_at(NULL, x, modifiers); END $$;
CREATE OR REPLACE FUNCTION howdah.datetime_n(x howdah.v, modifiers text[]) RETURNS text
LANGUAGE plpgsql IMMUTABLE STRICT PARALLEL SAFE AS $$ BEGIN RETURN howdah.datetime_at(NULL, x, modifiers); END $$;
CREATE OR REPLACE FUNCTION howdah.strftime_n(format text, x howdah.v, modifiers text[]) RETURNS text
LANGUAGE plpgsql IMMUTABLE STRICT PARALLEL SAFE AS $$ BEGIN RETURN howdah.strftime_at(NULL, format, x, modifiers); END $$;

-- What may be copied from a text is; PostgreSQL writes these into the query.
CREATE OR REPLACE FUNCTION howdah.date_i(x howdah.v, VARIADIC modifiers text[] DEFAULT '{}') RETURNS text
LANGUAGE sql IMMUTABLE PARALLEL SAFE AS $$
  SELECT CASE WHEN modifiers = '{}' AND howdah.d_plain((x).t) THEN left((x).t, 10) ELSE howdah.date_n(x, modifiers) END $$;
CREATE OR REPLACE FUNCTION howdah.datetime_i(x howdah.v, VARIADIC modifiers text[] DEFAULT '{}') RETURNS text
LANGUAGE sql IMMUTABLE PARALLEL SAFE AS $$
  SELECT CASE WHEN modifiers = '{}' AND howdah.d_plain((x).t) AND octet_length((x).t) >= 19
              THEN left((x).t, 10) || ' ' || substr((x).t, 12, 8) ELSE howdah.datetime_n(x, modifiers) END $$;
CREATE OR REPLACE FUNCTION howdah.strftime_i(format text, x howdah.v, VARIADIC modifiers text[] DEFAULT '{}') RETURNS text
LANGUAGE sql IMMUTABLE PARALLEL SAFE AS $$
  SELECT CASE WHEN modifiers = '{}' AND format IN ('%Y', '%Y-%m', '%Y-%m-%d', '%m', '%d') AND howdah.d_plain((x).t)
              THEN substr((x).t, CASE format WHEN '%m' THEN 6 WHEN '%d' THEN 9 ELSE 1 END,
                          CASE format WHEN '%Y' THEN 4 WHEN '%Y-%m' THEN 7 WHEN '%Y-%m-%d' THEN 10 ELSE 2 END)
              ELSE howdah.strftime_n(format, x, modifiers) END $$;
CREATE OR REPLACE FUNCTION howdah.time_i(x howdah.v, VARIADIC modifiers text[] DEFAULT '{}') RETURNS text
LANGUAGE plpgsql IMMUTABLE STRICT PARALLEL SAFE AS $$ BEGIN RETURN howdah.time_at(NULL, x, modifiers); END $$;
CREATE OR REPLACE FUNCTION howdah.julianday_i(x howdah.v, VARIADIC modifiers text[] DEFAULT '{}') RETURNS float8
LANGUAGE plpgsql IMMUTABLE STRICT PARALLEL SAFE AS $$ BEGIN RETURN howdah.julianday_at(NULL, x, modifiers); END $$;
CREATE OR REPLACE FUNCTION howdah.unixepoch_i(x howdah.v, VARIADIC modifiers text[] DEFAULT '{}') RETURNS int8
LANGUAGE plpgsql IMMUTABLE STRICT PARALLEL SAFE AS $$ BEGIN RETURN howdah.unixepoch_at(NULL, x, modifiers); END $$;
