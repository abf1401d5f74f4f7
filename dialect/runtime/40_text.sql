-- Functions of text and blobs (catalogue 5 and 10). Where an argument may be of any class the name ends in _v.

-- substr(X, Y, Z) for every combination of signs, as substrFunc of SQLite's func.c computes it. sqlite3_value_int keeps
-- the low 32 bits.
CREATE OR REPLACE FUNCTION howdah.low32(i int8) RETURNS int8
LANGUAGE sql IMMUTABLE PARALLEL SAFE AS $$ SELECT ((i & 4294967295) # 2147483648) - 2147483648 $$;

-- Where the piece begins (from 0) and how long it is, for a value of length `size`.
CREATE OR REPLACE FUNCTION howdah.sub_range(size int8, y int8, z int8, OUT first int8, OUT len int8)
LANGUAGE plpgsql IMMUTABLE STRICT PARALLEL SAFE AS $$
DECLARE
  backwards boolean := false;
BEGIN
  first := howdah.low32(y);
  len := howdah.low32(z);
  IF len < 0 THEN len := -len; backwards := true; END IF;
  IF first < 0 THEN
    first := first + size;
    IF first < 0 THEN len := greatest(len + first, 0); first := 0; END IF;
  ELSIF first > 0 THEN first := first - 1;
  ELSIF len > 0 THEN len := len - 1;
  END IF;
  IF backwards THEN
    first := first - len;
    IF first < 0 THEN len := len + first; first := 0; END IF;
  END IF;
  IF first >= size THEN len := 0; END IF;
  len := least(greatest(len, 0), size);
END $$;

CREATE OR REPLACE FUNCTION howdah.sub_t(x text, y int8, z int8 DEFAULT 1000000000) RETURNS text
LANGUAGE plpgsql IMMUTABLE STRICT PARALLEL SAFE AS $$
DECLARE
  r record;
BEGIN
  IF y BETWEEN 1 AND 2147483647 AND z BETWEEN 0 AND 2147483647 THEN RETURN substr(x, y::int4, z::int4); END IF;
  r := howdah.sub_range(length(x), y, z);
  RETURN CASE WHEN r.len = 0 THEN '' ELSE substr(x, (r.first + 1)::int4, r.len::int4) END;
END $$;

-- An empty blob gives NULL.
CREATE OR REPLACE FUNCTION howdah.sub_b(x bytea, y int8, z int8 DEFAULT 1000000000) RETURNS bytea
LANGUAGE plpgsql IMMUTABLE STRICT PARALLEL SAFE AS $$
DECLARE
  r record := howdah.sub_range(length(x), y, z);
BEGIN
  IF length(x) = 0 THEN RETURN NULL; END IF;
  RETURN CASE WHEN r.len = 0 THEN ''::bytea ELSE substr(x, (r.first + 1)::int4, r.len::int4) END;
END $$;

CREATE OR REPLACE FUNCTION howdah.sub_v(x howdah.v, y int8, z int8 DEFAULT 1000000000) RETURNS howdah.v
LANGUAGE sql IMMUTABLE PARALLEL SAFE AS $$
  SELECT CASE WHEN (x).b IS NOT NULL THEN howdah.b2v(howdah.sub_b((x).b, y, z))
              ELSE howdah.t2v(howdah.sub_t(howdah.v2t(x), y, z)) END $$;

CREATE OR REPLACE FUNCTION howdah.length_v(x howdah.v) RETURNS int8
LANGUAGE sql IMMUTABLE PARALLEL SAFE AS $$
  SELECT CASE WHEN (x).b IS NOT NULL THEN length((x).b) ELSE length(howdah.v2t(x)) END::int8 $$;

-- A GLOB pattern as an anchored regular expression, to be matched under COLLATE "C".
CREATE OR REPLACE FUNCTION howdah.re_char(c text) RETURNS text
LANGUAGE sql IMMUTABLE PARALLEL SAFE AS $$
  SELECT CASE WHEN c COLLATE "C" ~ '[0-9A-Za-z_]' OR ascii(c) > 127 THEN c ELSE '\' || c END $$;

CREATE OR REPLACE FUNCTION howdah.glob_re(pattern text) RETURNS text
LANGUAGE plpgsql IMMUTABLE STRICT PARALLEL SAFE AS $$
DECLARE
  i int := 1;
  n int := length(pattern);
  c text;
  re text := '^';
  class text;
  negated boolean;
  low text; -- the previous character, when it can begin a range
  high text;
BEGIN
  WHILE i <= n LOOP
    c := substr(pattern, i, 1);
    i := i + 1;
    IF c = '*' THEN re := re || '.*'; CONTINUE;
    ELSIF c = '?' THEN re := re || '.'; CONTINUE;
    ELSIF c <> '[' THEN re := re || howdah.re_char(c); CONTINUE;
    END IF;
    negated := substr(pattern, i, 1) = '^';
    IF negated THEN i := i + 1; END IF;
    class := '';
    IF substr(pattern, i, 1) = ']' THEN class := '|\]'; i := i + 1; END IF;
    low := '';
    LOOP
      IF i > n THEN RETURN '^(?!)'; END IF; -- an unterminated class matches nothing
      c := substr(pattern, i, 1);
      EXIT WHEN c = ']';
      high := substr(pattern, i + 1, 1);
      IF c = '-' AND low <> '' AND i < n AND high <> ']' THEN
        IF ascii(low) <= ascii(high) THEN
          class := class || '|[' || CASE WHEN low IN ('\', '[', ']', '^', '-') THEN '\' || low ELSE low END
                         || '-' || CASE WHEN high IN ('\', '[', ']', '^', '-') THEN '\' || high ELSE high END || ']';
        END IF;
        low := '';
        i := i + 2;
      ELSE
        class := class || '|' || howdah.re_char(c);
        low := c;
        i := i + 1;
      END IF;
    END LOOP;
    i := i + 1;
    IF class = '' THEN re := re || CASE WHEN negated THEN '.' ELSE '(?!)' END;
    ELSIF negated THEN re := re || '(?!' || substr(class, 2) || ').';
    ELSE re := re || '(?:' || substr(class, 2) || ')';
    END IF;
  END LOOP;
  RETURN re || '$';
END $$;

CREATE OR REPLACE FUNCTION howdah.glob(pattern text, x text) RETURNS boolean
LANGUAGE sql IMMUTABLE PARALLEL SAFE AS $$ SELECT x COLLATE "C" ~ howdah.glob_re(pattern) $$;

-- LIKE with a pattern that is not a literal: no escape unless one is given, ASCII letters alike.
CREATE OR REPLACE FUNCTION howdah.like_pattern(pattern text) RETURNS text
LANGUAGE sql IMMUTABLE PARALLEL SAFE AS $$ SELECT replace(pattern, '\', '\\') $$;

CREATE OR REPLACE FUNCTION howdah.like_pattern(pattern text, escape text) RETURNS text
LANGUAGE plpgsql IMMUTABLE STRICT PARALLEL SAFE AS $$
DECLARE
  i int := 1;
  c text;
  out text := '';
BEGIN
  IF length(escape) <> 1 THEN PERFORM howdah.err('ESCAPE expression must be a single character'); END IF;
  WHILE i <= length(pattern) LOOP
    c := substr(pattern, i, 1);
    IF c = escape THEN
      i := i + 1;
      c := substr(pattern, i, 1);
      IF c = '' THEN RETURN NULL; END IF; -- ends in the escape: matches nothing
      out := out || '\' || c;
    ELSE
      out := out || replace(c, '\', '\\');
    END IF;
    i := i + 1;
  END LOOP;
  RETURN out;
END $$;

CREATE OR REPLACE FUNCTION howdah.like_(pattern text, x text) RETURNS boolean
LANGUAGE sql IMMUTABLE PARALLEL SAFE AS $$
  SELECT lower(x COLLATE "C") LIKE lower(howdah.like_pattern(pattern) COLLATE "C") $$;

CREATE OR REPLACE FUNCTION howdah.like_(pattern text, x text, escape text) RETURNS boolean
LANGUAGE sql IMMUTABLE PARALLEL SAFE AS $$
  SELECT CASE WHEN x IS NULL OR pattern IS NULL OR escape IS NULL THEN NULL
              ELSE coalesce(lower(x COLLATE "C") LIKE lower(howdah.like_pattern(pattern, escape) COLLATE "C"), false) END $$;

-- PRAGMA case_sensitive_like
CREATE OR REPLACE FUNCTION howdah.like_cs(pattern text, x text) RETURNS boolean
LANGUAGE sql IMMUTABLE PARALLEL SAFE AS $$ SELECT x COLLATE "C" LIKE howdah.like_pattern(pattern) $$;

CREATE OR REPLACE FUNCTION howdah.like_cs(pattern text, x text, escape text) RETURNS boolean
LANGUAGE sql IMMUTABLE PARALLEL SAFE AS $$
  SELECT CASE WHEN x IS NULL OR pattern IS NULL OR escape IS NULL THEN NULL
              ELSE coalesce(x COLLATE "C" LIKE howdah.like_pattern(pattern, escape), false) END $$;

CREATE OR REPLACE FUNCTION howdah.hex_b(x bytea) RETURNS text
LANGUAGE sql IMMUTABLE PARALLEL SAFE AS $$ SELECT coalesce(upper(encode(x, 'hex') COLLATE "C"), '') $$;

CREATE OR REPLACE FUNCTION howdah.unicode(x text) RETURNS int8
LANGUAGE sql IMMUTABLE PARALLEL SAFE AS $$ SELECT nullif(ascii(x), 0)::int8 $$;

CREATE OR REPLACE FUNCTION howdah.char_(VARIADIC codes int8[]) RETURNS text
LANGUAGE sql IMMUTABLE PARALLEL SAFE AS $$
  SELECT coalesce(string_agg(
           CASE WHEN c IS NULL OR c = 0 THEN howdah.err('howdah: char(0): NUL cannot be stored in PostgreSQL text', 'HW0NU')
                WHEN c BETWEEN 55296 AND 57343 THEN howdah.err('howdah: char(): a surrogate is no UTF-8', 'HW0NU')
                WHEN c < 0 OR c > 1114111 THEN chr(65533)
                ELSE chr(c::int4) END, '' ORDER BY o), '')
    FROM unnest(codes) WITH ORDINALITY u(c, o) $$;

-- The place of `y` among the bytes of `x`, counted in characters: what does not begin one is not looked at.
CREATE OR REPLACE FUNCTION howdah.instr_b(x bytea, y bytea) RETURNS int4
LANGUAGE plpgsql IMMUTABLE STRICT PARALLEL SAFE AS $$
DECLARE
  place int := 1; -- in bytes
  characters int := 1;
BEGIN
  WHILE length(x) - place + 1 >= length(y) LOOP
    IF substr(x, place, length(y)) = y THEN RETURN characters; END IF;
    characters := characters + 1;
    place := place + 1;
    WHILE place <= length(x) AND get_byte(x, place - 1) & 192 = 128 LOOP place := place + 1; END LOOP;
  END LOOP;
  RETURN 0;
END $$;

-- instr(X, Y): bytes when both are blobs, characters otherwise.
CREATE OR REPLACE FUNCTION howdah.instr_v(x howdah.v, y howdah.v) RETURNS int8
LANGUAGE sql IMMUTABLE PARALLEL SAFE AS $$
  SELECT CASE WHEN (x).b IS NOT NULL AND (y).b IS NOT NULL THEN position((y).b IN (x).b)
              WHEN (x).b IS NOT NULL OR (y).b IS NOT NULL THEN howdah.instr_b(howdah.v2b(x), howdah.v2b(y))
              ELSE strpos(howdah.v2t(x), howdah.v2t(y)) END::int8 $$;

-- By bytes: of one outside ASCII SQLite looks at the low seven bits.
CREATE OR REPLACE FUNCTION howdah.soundex(x text) RETURNS text
LANGUAGE plpgsql IMMUTABLE PARALLEL SAFE AS $$
DECLARE
  codes constant int[] := '{0,1,2,3,0,1,2,0,0,2,2,4,5,5,0,1,2,6,2,3,0,1,0,2,0,2}';
  bytes bytea := howdah.t2b(regexp_replace(upper(coalesce(x, '') COLLATE "C") COLLATE "C", '^[^A-Z]+', ''));
  out text;
  previous int;
  letter int;
  digit int;
BEGIN
  IF length(bytes) = 0 THEN RETURN '?000'; END IF;
  out := chr(get_byte(bytes, 0));
  previous := codes[get_byte(bytes, 0) - 64];
  FOR i IN 1..length(bytes) - 1 LOOP
    EXIT WHEN length(out) >= 4;
    letter := (get_byte(bytes, i) & 95) - 64;
    digit := CASE WHEN get_byte(bytes, i) & 64 <> 0 AND letter BETWEEN 1 AND 26 THEN codes[letter] ELSE 0 END;
    IF digit > 0 THEN
      IF digit <> previous THEN previous := digit; out := out || digit; END IF;
    ELSE
      previous := 0;
    END IF;
  END LOOP;
  RETURN rpad(out, 4, '0');
END $$;

-- quote(X): a real in the shortest of the two forms that reads back as itself.
CREATE OR REPLACE FUNCTION howdah.quote_r(f float8) RETURNS text
LANGUAGE plpgsql IMMUTABLE STRICT PARALLEL SAFE AS $$
DECLARE
  s text := howdah.r2t(f);
BEGIN
  IF s IN ('Inf', '-Inf') OR howdah.s2r(s) = f THEN RETURN s; END IF;
  RETURN howdah.printf_real(f, 'e', '!', 0, 20);
END $$;

CREATE OR REPLACE FUNCTION howdah.quote(x howdah.v) RETURNS text
LANGUAGE sql IMMUTABLE PARALLEL SAFE AS $$
  SELECT CASE WHEN (x).t IS NOT NULL THEN '''' || replace((x).t, '''', '''''') || ''''
              WHEN (x).n IS NOT NULL THEN CASE WHEN scale((x).n) = 0 THEN (x).n::text
                                               ELSE howdah.quote_r((x).n::float8) END
              WHEN (x).b IS NOT NULL THEN 'X''' || howdah.hex_b((x).b) || ''''
              ELSE 'NULL' END $$;

CREATE OR REPLACE FUNCTION howdah.zeroblob(n int8) RETURNS bytea
LANGUAGE plpgsql IMMUTABLE PARALLEL SAFE AS $$
BEGIN
  IF n > 1000000000 THEN PERFORM howdah.err('string or blob too big', 'HW018'); END IF;
  RETURN decode(repeat('00', greatest(coalesce(n, 0), 0)::int), 'hex');
END $$;
