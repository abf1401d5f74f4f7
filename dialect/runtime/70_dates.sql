-- Date and time: date.c of SQLite 3.40, step by step (catalogue 11; https://sqlite.org/lang_datefunc.html).
--
-- A moment is either a Julian day in milliseconds (`jd`), or calendar fields, or a raw number not yet said to be days or
-- seconds; the has_* flags say which of them hold. A function that gives NULL found no date.
DO $do$
BEGIN
  IF to_regtype('howdah.moment') IS NULL THEN
    CREATE TYPE howdah.moment AS (
      jd int8, y int, m int, d int, h int, mi int, s float8, tz int,
      has_jd boolean, has_ymd boolean, has_hms boolean, has_tz boolean, is_raw boolean, tz_given boolean);
  END IF;
END $do$;

-- computeJD
CREATE OR REPLACE FUNCTION howdah.d_jd(p howdah.moment) RETURNS howdah.moment
LANGUAGE plpgsql IMMUTABLE PARALLEL SAFE AS $$
DECLARE
  y int;
  m int;
  d int;
  b int;
BEGIN
  IF p IS NULL OR p.has_jd THEN RETURN p; END IF;
  IF p.has_ymd THEN y := p.y; m := p.m; d := p.d; ELSE y := 2000; m := 1; d := 1; END IF;
  IF y < -4713 OR y > 9999 OR p.is_raw THEN RETURN NULL; END IF;
  IF m <= 2 THEN y := y - 1; m := m + 12; END IF;
  b := 2 - y / 100 + y / 100 / 4;
  p.jd := trunc((36525 * (y + 4716) / 100 + 306001 * (m + 1) / 10000 + d + b - 1524.5) * 86400000)::int8;
  p.has_jd := true;
  IF p.has_hms THEN
    p.jd := p.jd + p.h * 3600000::int8 + p.mi * 60000 + trunc(p.s * 1000 + 0.5::float8)::int8;
    IF p.has_tz THEN
      p.jd := p.jd - p.tz * 60000;
      p.has_ymd := false;
      p.has_hms := false;
      p.has_tz := false;
    END IF;
  END IF;
  RETURN p;
END $$;

-- computeYMD
CREATE OR REPLACE FUNCTION howdah.d_ymd(p howdah.moment) RETURNS howdah.moment
LANGUAGE plpgsql IMMUTABLE PARALLEL SAFE AS $$
DECLARE
  z int;
  a int;
  b int;
  c int;
  d int;
  e int;
BEGIN
  IF p IS NULL OR p.has_ymd THEN RETURN p; END IF;
  IF NOT p.has_jd THEN
    p.y := 2000;
    p.m := 1;
    p.d := 1;
  ELSIF p.jd < 0 OR p.jd > 464269060799999 THEN
    RETURN NULL;
  ELSE
    z := ((p.jd + 43200000) / 86400000)::int;
    a := trunc((z - 1867216.25) / 36524.25)::int;
    a := z + 1 + a - a / 4;
    b := a + 1524;
    c := trunc((b - 122.1) / 365.25)::int;
    d := (36525 * (c & 32767)) / 100;
    e := trunc((b - d) / 30.6001)::int;
    p.d := b - d - trunc(30.6001 * e)::int;
    p.m := CASE WHEN e < 14 THEN e - 1 ELSE e - 13 END;
    p.y := CASE WHEN p.m > 2 THEN c - 4716 ELSE c - 4715 END;
  END IF;
  p.has_ymd := true;
  RETURN p;
END $$;

-- computeHMS
CREATE OR REPLACE FUNCTION howdah.d_hms(p howdah.moment) RETURNS howdah.moment
LANGUAGE plpgsql IMMUTABLE PARALLEL SAFE AS $$
DECLARE
  s int;
BEGIN
  IF p IS NULL OR p.has_hms THEN RETURN p; END IF;
  p := howdah.d_jd(p);
  IF p IS NULL THEN RETURN NULL; END IF;
  s := ((p.jd + 43200000) % 86400000)::int;
  p.s := s / 1000.0::float8;
  s := trunc(p.s)::int;
  p.s := p.s - s;
  p.h := s / 3600;
  s := s - p.h * 3600;
  p.mi := s / 60;
  p.s := p.s + (s - p.mi * 60);
  p.is_raw := false;
  p.has_hms := true;
  RETURN p;
END $$;

-- clearYMD_HMS_TZ: only jd is left.
CREATE OR REPLACE FUNCTION howdah.d_jd_only(p howdah.moment) RETURNS howdah.moment
LANGUAGE plpgsql IMMUTABLE PARALLEL SAFE AS $$
BEGIN
  p.has_ymd := false;
  p.has_hms := false;
  p.has_tz := false;
  RETURN p;
END $$;

CREATE OR REPLACE FUNCTION howdah.d_none() RETURNS howdah.moment
LANGUAGE sql IMMUTABLE PARALLEL SAFE AS $$
  SELECT ROW(NULL, NULL, NULL, NULL, 0, 0, 0, 0, false, false, false, false, false, false)::howdah.moment $$;

-- '.FFF' as SQLite adds it up, which is the nearest number as long as 10^n and the digits have one.
CREATE OR REPLACE FUNCTION howdah.d_fraction(z text) RETURNS float8
LANGUAGE plpgsql IMMUTABLE STRICT PARALLEL SAFE AS $$
DECLARE
  digits float8 := 0;
BEGIN
  IF length(z) <= 16 THEN RETURN ('0' || z)::float8; END IF;
  FOR i IN 2..least(length(z), 300) LOOP digits := digits * 10 + substr(z, i, 1)::int; END LOOP;
  RETURN digits / 10::float8 ^ (least(length(z), 300) - 1);
END $$;

-- parseHhMmSs: HH:MM[:SS[.FFF]][timezone]; NULL when `z` is none.
CREATE OR REPLACE FUNCTION howdah.d_parse_time(z text, p howdah.moment) RETURNS howdah.moment
LANGUAGE plpgsql IMMUTABLE PARALLEL SAFE AS $$
DECLARE
  spaces constant text := E' \t\n\x0B\f\r';
  g text[];
  zone text;
BEGIN
  g := regexp_match(z COLLATE "C", '^([0-9]{2}):([0-9]{2})(?::([0-9]{2})(\.[0-9]+)?)?(.*)$');
  IF g IS NULL OR g[1]::int > 24 OR g[2]::int > 59 OR (g[3] IS NOT NULL AND g[3]::int > 59) THEN RETURN NULL; END IF;
  IF g[3] IS NULL AND left(g[5], 1) = ':' THEN RETURN NULL; END IF;
  p.has_jd := false;
  p.is_raw := false;
  p.has_hms := true;
  p.h := g[1]::int;
  p.mi := g[2]::int;
  p.s := coalesce(g[3]::int, 0) + coalesce(howdah.d_fraction(g[4]), 0);
  p.tz := 0;
  zone := ltrim(g[5], spaces);
  IF zone = '' THEN
    NULL;
  ELSIF left(zone, 1) IN ('z', 'Z') THEN
    IF btrim(substr(zone, 2), spaces) <> '' THEN RETURN NULL; END IF;
    p.tz_given := true;
  ELSE
    g := regexp_match(zone COLLATE "C", '^([+-])([0-9]{2}):([0-9]{2})[ \t\n\v\f\r]*$');
    IF g IS NULL OR g[2]::int > 14 OR g[3]::int > 59 THEN RETURN NULL; END IF;
    p.tz := (g[2]::int * 60 + g[3]::int) * CASE g[1] WHEN '-' THEN -1 ELSE 1 END;
    p.tz_given := true;
  END IF;
  p.has_tz := p.tz <> 0;
  RETURN p;
END $$;

-- setRawDateNumber
CREATE OR REPLACE FUNCTION howdah.d_number(r float8) RETURNS howdah.moment
LANGUAGE plpgsql IMMUTABLE PARALLEL SAFE AS $$
DECLARE
  p howdah.moment := howdah.d_none();
BEGIN
  p.s := r;
  p.is_raw := true;
  IF r >= 0 AND r < 5373484.5 THEN
    p.jd := trunc(r * 86400000.0::float8 + 0.5::float8)::int8;
    p.has_jd := true;
  END IF;
  RETURN p;
END $$;

-- parseDateOrTime. `moment` is the time of 'now'; NULL where now is not allowed.
CREATE OR REPLACE FUNCTION howdah.d_parse(x howdah.v, moment timestamptz) RETURNS howdah.moment
LANGUAGE plpgsql IMMUTABLE PARALLEL SAFE AS $$
DECLARE
  p howdah.moment;
  q howdah.moment;
  g text[];
  z text;
BEGIN
  IF (x).n IS NOT NULL THEN RETURN howdah.d_number((x).n::float8); END IF;
  z := coalesce((x).t, split_part(howdah.b2digits((x).b), '\000', 1));
  IF z IS NULL THEN RETURN NULL; END IF;
  p := howdah.d_none();
  g := regexp_match(z COLLATE "C", '^(-?)([0-9]{4})-([0-9]{2})-([0-9]{2})(.*)$');
  IF g IS NOT NULL AND g[3]::int BETWEEN 1 AND 12 AND g[4]::int BETWEEN 1 AND 31 THEN
    p.y := g[2]::int * CASE g[1] WHEN '-' THEN -1 ELSE 1 END;
    p.m := g[3]::int;
    p.d := g[4]::int;
    p.has_ymd := true;
    z := ltrim(g[5], E' \t\n\x0B\f\rT');
    IF z = '' THEN RETURN p; END IF;
    p := howdah.d_parse_time(z, p);
    IF p.has_tz THEN p := howdah.d_jd(p); END IF;
    RETURN p;
  END IF;
  q := howdah.d_parse_time(z, p);
  IF q.has_hms THEN RETURN q; END IF;
  IF lower(z COLLATE "C") = 'now' THEN
    IF moment IS NULL THEN PERFORM howdah.err('howdah: a stored ''now'' cannot be used as a date'); END IF;
    p.jd := floor(extract(epoch FROM moment) * 1000)::int8 + 210866760000000;
    p.has_jd := true;
    RETURN p;
  END IF;
  IF howdah.looks_numeric(z) THEN RETURN howdah.d_number(howdah.t2r(z)); END IF;
  RETURN NULL;
END $$;

-- Local time minus UTC in milliseconds; the session's TimeZone stands for the client's.
CREATE OR REPLACE FUNCTION howdah.d_local_offset(jd int8) RETURNS int8
LANGUAGE plpgsql STABLE PARALLEL SAFE AS $$
DECLARE
  p howdah.moment;
  u timestamptz;
BEGIN
  -- Before 1970 and after 2037 SQLite asks for the same day of a year near 2000.
  IF jd NOT BETWEEN 210866760000000 AND 213014145600000 THEN
    p := howdah.d_none();
    p.jd := jd;
    p.has_jd := true;
    p := howdah.d_hms(howdah.d_ymd(p));
    IF p IS NULL THEN PERFORM howdah.err('howdah: the local time of a moment that is none'); END IF;
    p.y := 2000 + p.y % 4;
    p.has_jd := false;
    jd := (howdah.d_jd(p)).jd;
  END IF;
  u := to_timestamp((jd - 210866760000000) / 1000);
  RETURN extract(epoch FROM (u AT TIME ZONE current_setting('TimeZone')) - (u AT TIME ZONE 'UTC'))::int8 * 1000;
END $$;

-- '+N days' and its kin; `unit` is lower case. NULL: no such modifier.
CREATE OR REPLACE FUNCTION howdah.d_add(p howdah.moment, r float8, unit text) RETURNS howdah.moment
LANGUAGE plpgsql IMMUTABLE PARALLEL SAFE AS $$
DECLARE
  most float8;
  seconds float8;
  carry int;
BEGIN
  CASE unit
    WHEN 'second' THEN most := 4.6427e+14; seconds := 1;
    WHEN 'minute' THEN most := 7.7379e+12; seconds := 60;
    WHEN 'hour' THEN most := 1.2897e+11; seconds := 3600;
    WHEN 'day' THEN most := 5373485; seconds := 86400;
    WHEN 'month' THEN most := 176546; seconds := 2592000;
    WHEN 'year' THEN most := 14713; seconds := 31536000;
    ELSE RETURN NULL;
  END CASE;
  IF r <= -most OR r >= most THEN RETURN NULL; END IF;
  IF unit IN ('month', 'year') THEN
    p := howdah.d_hms(howdah.d_ymd(p));
    IF p IS NULL THEN RETURN NULL; END IF;
    IF unit = 'month' THEN
      p.m := p.m + trunc(r)::int;
      carry := CASE WHEN p.m > 0 THEN (p.m - 1) / 12 ELSE (p.m - 12) / 12 END;
      p.y := p.y + carry;
      p.m := p.m - carry * 12;
    ELSE
      p.y := p.y + trunc(r)::int;
    END IF;
    p.has_jd := false;
    r := r - trunc(r);
  END IF;
  p := howdah.d_jd(p);
  IF p IS NULL THEN RETURN NULL; END IF;
  p.jd := p.jd + trunc(r * 1000.0 * seconds + CASE WHEN r < 0 THEN -0.5 ELSE 0.5 END::float8)::int8;
  RETURN howdah.d_jd_only(p);
END $$;

-- '±HH:MM[:SS[.FFF]]'
CREATE OR REPLACE FUNCTION howdah.d_add_time(p howdah.moment, z text) RETURNS howdah.moment
LANGUAGE plpgsql IMMUTABLE PARALLEL SAFE AS $$
DECLARE
  t howdah.moment := howdah.d_parse_time(regexp_replace(z, '^[^0-9]', ''), howdah.d_none());
  milliseconds int8;
BEGIN
  IF t.has_hms IS NULL THEN RETURN NULL; END IF;
  t := howdah.d_jd(t);
  milliseconds := (t.jd - 43200000) % 86400000;
  p := howdah.d_jd(p);
  IF p IS NULL THEN RETURN NULL; END IF;
  p := howdah.d_jd_only(p);
  p.jd := p.jd + CASE WHEN left(z, 1) = '-' THEN -milliseconds ELSE milliseconds END;
  RETURN p;
END $$;

CREATE OR REPLACE FUNCTION howdah.d_weekday(p howdah.moment, z text) RETURNS howdah.moment
LANGUAGE plpgsql IMMUTABLE PARALLEL SAFE AS $$
DECLARE
  r float8;
  n int;
  today int8;
BEGIN
  IF NOT howdah.looks_numeric(z) THEN RETURN NULL; END IF;
  r := howdah.t2r(z);
  IF r < 0 OR r >= 7 OR trunc(r) <> r THEN RETURN NULL; END IF;
  n := r::int;
  p := howdah.d_hms(howdah.d_ymd(p));
  IF p IS NULL THEN RETURN NULL; END IF;
  p.has_tz := false;
  p.has_jd := false;
  p := howdah.d_jd(p);
  IF p IS NULL THEN RETURN NULL; END IF;
  today := ((p.jd + 129600000) / 86400000) % 7;
  IF today > n THEN today := today - 7; END IF;
  p.jd := p.jd + (n - today) * 86400000;
  RETURN howdah.d_jd_only(p);
END $$;

CREATE OR REPLACE FUNCTION howdah.d_start_of(p howdah.moment, unit text) RETURNS howdah.moment
LANGUAGE plpgsql IMMUTABLE PARALLEL SAFE AS $$
BEGIN
  IF NOT (p.has_jd OR p.has_ymd OR p.has_hms) THEN RETURN NULL; END IF;
  p := howdah.d_ymd(p);
  IF p IS NULL THEN RETURN NULL; END IF;
  p.has_hms := true;
  p.h := 0;
  p.mi := 0;
  p.s := 0;
  p.is_raw := false;
  p.has_tz := false;
  p.has_jd := false;
  CASE unit
    WHEN 'month' THEN p.d := 1;
    WHEN 'year' THEN p.m := 1; p.d := 1;
    WHEN 'day' THEN NULL;
    ELSE RETURN NULL;
  END CASE;
  RETURN p;
END $$;

-- parseModifier: the `nth` modifier applied to `p`; NULL when it is none.
CREATE OR REPLACE FUNCTION howdah.d_modify(p howdah.moment, z text, nth int) RETURNS howdah.moment
LANGUAGE plpgsql STABLE PARALLEL SAFE AS $$
DECLARE
  u text := lower(z COLLATE "C");
  g text[];
  r float8;
  k int8;
BEGIN
  IF u = 'auto' THEN
    IF nth > 1 THEN RETURN NULL; END IF;
    IF p.is_raw AND NOT p.has_jd AND p.s >= -210866760000 AND p.s <= 253402300799 THEN
      r := p.s * 1000 + 210866760000000;
      p := howdah.d_jd_only(p);
      p.jd := trunc(r + 0.5)::int8;
      p.has_jd := true;
      p.is_raw := false;
    ELSIF NOT p.is_raw OR p.has_jd THEN
      p.is_raw := false;
    END IF;
    RETURN p;
  ELSIF u = 'julianday' THEN
    IF nth > 1 OR NOT (p.has_jd AND p.is_raw) THEN RETURN NULL; END IF;
    p.is_raw := false;
    RETURN p;
  ELSIF u = 'unixepoch' THEN
    IF NOT p.is_raw OR nth > 1 OR abs(p.s) > 1e15 THEN RETURN NULL; END IF;
    r := p.s * 1000.0 + 210866760000000.0;
    IF r < 0 OR r >= 464269060800000 THEN RETURN NULL; END IF;
    p := howdah.d_jd_only(p);
    p.jd := trunc(r + 0.5)::int8;
    p.has_jd := true;
    p.is_raw := false;
    RETURN p;
  ELSIF u = 'localtime' THEN
    p := howdah.d_jd(p);
    IF p IS NULL THEN PERFORM howdah.err('howdah: the local time of a moment that is none'); END IF;
    p.jd := p.jd + howdah.d_local_offset(p.jd);
    p.is_raw := false;
    RETURN howdah.d_jd_only(p);
  ELSIF u = 'utc' THEN
    IF p.tz_given THEN RETURN p; END IF;
    p := howdah.d_jd(p);
    IF p IS NULL THEN PERFORM howdah.err('howdah: the local time of a moment that is none'); END IF;
    k := howdah.d_local_offset(p.jd);
    k := howdah.d_local_offset(p.jd - k);
    p.jd := p.jd - k;
    p.tz_given := true;
    RETURN howdah.d_jd_only(p);
  ELSIF left(u, 8) = 'weekday ' THEN
    RETURN howdah.d_weekday(p, substr(z, 9));
  ELSIF left(u, 9) = 'start of ' THEN
    RETURN howdah.d_start_of(p, substr(u, 10));
  ELSIF z COLLATE "C" ~ '^[-+0-9]' THEN
    g := regexp_match(z COLLATE "C", '^(.[^: \t\n\v\f\r]*)(.*)$');
    IF NOT howdah.looks_numeric(g[1]) THEN RETURN NULL; END IF;
    IF left(g[2], 1) = ':' THEN RETURN howdah.d_add_time(p, z); END IF;
    u := lower(ltrim(g[2], E' \t\n\x0B\f\r') COLLATE "C");
    IF length(u) NOT BETWEEN 3 AND 10 THEN RETURN NULL; END IF;
    p := howdah.d_jd(p);
    IF p IS NULL THEN RETURN NULL; END IF;
    RETURN howdah.d_add(p, howdah.t2r(g[1]), regexp_replace(u, 's$', ''));
  END IF;
  RETURN NULL;
END $$;

-- isDate: a time value and its modifiers as a moment with jd set.
CREATE OR REPLACE FUNCTION howdah.d_run(x howdah.v, modifiers text[], moment timestamptz) RETURNS howdah.moment
LANGUAGE plpgsql STABLE PARALLEL SAFE AS $$
DECLARE
  p howdah.moment := howdah.d_parse(x, moment);
BEGIN
  IF p IS NULL OR p.has_jd IS NULL THEN RETURN NULL; END IF;
  FOR i IN 1..cardinality(modifiers) LOOP
    IF modifiers[i] IS NULL THEN RETURN NULL; END IF;
    p := howdah.d_modify(p, modifiers[i], i);
    IF p IS NULL OR p.has_jd IS NULL THEN
      -- SQLite's localtime and utc forget that a number was no date.
      IF (x).n IS NOT NULL AND lower(array_to_string(modifiers[i:], ' ')) ~ '(localtime|utc)' THEN
        PERFORM howdah.err('howdah: the local time of a moment that is none');
      END IF;
      RETURN NULL;
    END IF;
  END LOOP;
  p := howdah.d_jd(p);
  IF p IS NULL OR p.jd IS NULL OR p.jd < 0 OR p.jd > 464269060799999 THEN RETURN NULL; END IF;
  RETURN p;
END $$;
