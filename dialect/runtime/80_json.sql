-- JSON of SQLite 3.40 (catalogue 12; https://sqlite.org/json1.html): a TEXT whose keys keep their order, their duplicates
-- and their spelling. PostgreSQL's json type keeps the text, jsonb would not.
--
-- SQLite compares and copies strings as they are written, escapes included, while PostgreSQL decodes them. Hence "raw"
-- JSON: every backslash is replaced by a character that no text holds, so that decoding changes nothing.

CREATE OR REPLACE FUNCTION howdah.js_raw(x text) RETURNS text
LANGUAGE sql IMMUTABLE PARALLEL SAFE AS $$
  SELECT CASE WHEN strpos(x, '\') = 0 THEN x
              ELSE replace(replace(replace(x, '\\', U&'\+10FFFE\+10FFFE'), '\"', U&'\+10FFFE\+10FFFF'), '\', U&'\+10FFFE') END $$;

CREATE OR REPLACE FUNCTION howdah.js_unraw(x text) RETURNS text
LANGUAGE sql IMMUTABLE PARALLEL SAFE AS $$ SELECT replace(replace(x, U&'\+10FFFE', '\'), U&'\+10FFFF', '"') $$;

-- Malformed text raises 22P02, which the proxy reports as "malformed JSON".
CREATE OR REPLACE FUNCTION howdah.js(x text) RETURNS json
LANGUAGE plpgsql IMMUTABLE STRICT PARALLEL SAFE AS $$
BEGIN
  IF strpos(x, '\') = 0 THEN RETURN x::json; END IF;
  PERFORM x::json;
  RETURN howdah.js_raw(x)::json;
END $$;

-- PARALLEL UNSAFE, because it catches.
CREATE OR REPLACE FUNCTION howdah.json_valid(x text) RETURNS boolean
LANGUAGE plpgsql IMMUTABLE PARALLEL UNSAFE AS $$
BEGIN
  IF x IS NULL THEN RETURN false; END IF;
  PERFORM x::json;
  RETURN true;
EXCEPTION WHEN others THEN
  RETURN false;
END $$;

-- A piece of raw JSON as SQLite writes it: without white space.
CREATE OR REPLACE FUNCTION howdah.js_text(j json) RETURNS text
LANGUAGE sql IMMUTABLE PARALLEL SAFE AS $$
  SELECT howdah.js_unraw(CASE WHEN j::text COLLATE "C" ~ '[ \t\n\r]'
                              THEN regexp_replace(j::text COLLATE "C", '("[^"]*")|[ \t\n\r]+', '\1', 'g') ELSE j::text END) $$;

-- A text as a JSON string.
CREATE OR REPLACE FUNCTION howdah.t2j(x text) RETURNS text
LANGUAGE plpgsql IMMUTABLE STRICT PARALLEL SAFE AS $$ BEGIN RETURN to_json(x)::text; END $$;

-- A value as JSON, as json_quote() and json_array() write it.
CREATE OR REPLACE FUNCTION howdah.v2j(x howdah.v) RETURNS text
LANGUAGE plpgsql IMMUTABLE PARALLEL SAFE AS $$
BEGIN
  IF (x).t IS NOT NULL THEN RETURN to_json((x).t)::text; END IF;
  IF (x).n IS NOT NULL THEN RETURN howdah.n2t((x).n); END IF;
  IF (x).b IS NOT NULL THEN PERFORM howdah.err('JSON cannot hold BLOB values'); END IF;
  RETURN 'null';
END $$;

-- What was found in JSON, where nothing tells an array from a text of the same letters.
CREATE OR REPLACE FUNCTION howdah.found2j(x howdah.v) RETURNS text
LANGUAGE plpgsql IMMUTABLE PARALLEL SAFE AS $$
BEGIN
  IF left((x).t, 1) IN ('[', '{') THEN
    PERFORM howdah.err('howdah: a JSON value of a subquery or of max() may be seen as text or as JSON; write json() around it');
  END IF;
  RETURN howdah.v2j(x);
END $$;

-- A piece of raw JSON as a value of SQL.
CREATE OR REPLACE FUNCTION howdah.j2v(j json) RETURNS howdah.v
LANGUAGE plpgsql IMMUTABLE STRICT PARALLEL SAFE AS $$
BEGIN
  CASE json_typeof(j)
    WHEN 'string' THEN
      RETURN ROW(NULL, CASE WHEN strpos(j::text, U&'\+10FFFE') = 0 THEN j #>> '{}' ELSE howdah.js_unraw(j::text)::json #>> '{}' END, NULL)::howdah.v;
    WHEN 'number' THEN RETURN ROW(howdah.t2n(j::text), NULL, NULL)::howdah.v;
    WHEN 'boolean' THEN RETURN ROW(CASE WHEN strpos(j::text, 't') > 0 THEN 1 ELSE 0 END::numeric, NULL, NULL)::howdah.v;
    WHEN 'null' THEN RETURN NULL;
    ELSE RETURN ROW(NULL, howdah.js_text(j), NULL)::howdah.v;
  END CASE;
END $$;

CREATE OR REPLACE FUNCTION howdah.js_type(j json) RETURNS text
LANGUAGE sql IMMUTABLE PARALLEL SAFE AS $$
  SELECT CASE json_typeof(j)
    WHEN 'number' THEN CASE WHEN j::text COLLATE "C" ~ '[.eE]' THEN 'real' ELSE 'integer' END
    WHEN 'string' THEN 'text'
    WHEN 'boolean' THEN btrim(j::text, E' \t\n\r')
    ELSE json_typeof(j) END $$;

CREATE OR REPLACE FUNCTION howdah.js_path_error(rest text) RETURNS text
LANGUAGE sql VOLATILE PARALLEL SAFE AS $$
  SELECT howdah.err('JSON path error near ''' || replace(rest, '''', '''''') || '''') $$;

-- The first step of a path: a key (`is_key`, raw) or an index; `rest` is what follows. The index of '[#-1]' is counted
-- from the length of `j`, that of '[#]' is the length. `leads` is false where SQLite gives up without an error.
CREATE OR REPLACE FUNCTION howdah.js_step(j json, path text, OUT leads boolean, OUT is_key boolean, OUT key text, OUT idx int,
                                          OUT rest text)
LANGUAGE plpgsql IMMUTABLE PARALLEL SAFE AS $$
DECLARE
  kind text := json_typeof(j);
  g text[];
  back numeric;
BEGIN
  leads := false;
  is_key := left(path, 1) = '.';
  IF is_key THEN
    IF kind <> 'object' THEN RETURN; END IF;
    IF substr(path, 2, 1) = '"' THEN
      g := regexp_match(path COLLATE "C", '^\."([^"]*)"(.*)$');
    ELSE
      g := regexp_match(path COLLATE "C", '^\.([^.[]+)(.*)$');
    END IF;
    IF g IS NULL THEN PERFORM howdah.js_path_error(substr(path, 2)); END IF;
    key := howdah.js_raw(g[1]);
  ELSIF left(path, 1) = '[' THEN
    g := regexp_match(path COLLATE "C", '^\[([0-9]+)\](.*)$');
    IF g IS NOT NULL THEN
      IF kind <> 'array' THEN RETURN; END IF;
      IF length(g[1]) > 9 THEN RETURN; END IF;
      idx := g[1]::int;
    ELSIF substr(path, 2, 1) = '#' THEN
      IF kind <> 'array' THEN RETURN; END IF;
      g := regexp_match(path COLLATE "C", '^\[#(-[0-9]+)?\](.*)$');
      IF g IS NULL THEN PERFORM howdah.js_path_error(path); END IF;
      back := coalesce(g[1], '-0')::numeric;
      IF -back > json_array_length(j) THEN RETURN; END IF;
      idx := json_array_length(j) + back::int;
    ELSE
      PERFORM howdah.js_path_error(path);
    END IF;
  ELSE
    PERFORM howdah.js_path_error(path);
  END IF;
  rest := g[2];
  leads := true;
END $$;

-- The member of an object; of several with one key the first, as SQLite takes it.
CREATE OR REPLACE FUNCTION howdah.js_member(j json, k text) RETURNS json
LANGUAGE plpgsql IMMUTABLE STRICT PARALLEL SAFE AS $$
BEGIN
  RETURN (SELECT e.value FROM json_each(j) WITH ORDINALITY e(key, value, o) WHERE e.key = k ORDER BY o LIMIT 1);
END $$;

-- Where `path` (without its '$') leads in the raw `j`; NULL when nowhere.
CREATE OR REPLACE FUNCTION howdah.js_get(j json, path text) RETURNS json
LANGUAGE plpgsql IMMUTABLE STRICT PARALLEL SAFE AS $$
DECLARE
  step record;
BEGIN
  WHILE path <> '' AND j IS NOT NULL LOOP
    step := howdah.js_step(j, path);
    IF NOT step.leads THEN RETURN NULL; END IF;
    j := CASE WHEN step.is_key THEN howdah.js_member(j, step.key) ELSE j -> step.idx END;
    path := step.rest;
  END LOOP;
  RETURN j;
END $$;

-- Where a whole path leads in the text `x`. '$.key' and '$.key.key' where each key stands in the text only once are for
-- PostgreSQL's own operator, which takes the last and so finds the same.
CREATE OR REPLACE FUNCTION howdah.js_find(x text, path text) RETURNS json
LANGUAGE plpgsql IMMUTABLE STRICT PARALLEL SAFE AS $$
DECLARE
  steps text[];
  k text;
  plain boolean := strpos(x, '\') = 0 AND path COLLATE "C" ~ '^\$(?:\.[A-Za-z_][A-Za-z0-9_]*)+$';
BEGIN
  IF plain THEN
    steps := string_to_array(substr(path, 3), '.');
    FOREACH k IN ARRAY steps LOOP
      k := '"' || k || '"';
      plain := plain AND strpos(substr(x, strpos(x, k) + 1), k) = 0;
    END LOOP;
    IF plain THEN RETURN x::json #> steps; END IF;
  END IF;
  IF left(path, 1) <> '$' THEN
    PERFORM howdah.js(x);
    PERFORM howdah.js_path_error(path);
  END IF;
  RETURN howdah.js_get(howdah.js(x), substr(path, 2));
END $$;

CREATE OR REPLACE FUNCTION howdah.json(x text) RETURNS text
LANGUAGE plpgsql IMMUTABLE STRICT PARALLEL SAFE AS $$ BEGIN RETURN howdah.js_text(howdah.js(x)); END $$;

CREATE OR REPLACE FUNCTION howdah.json_extract(x text, path text) RETURNS howdah.v
LANGUAGE plpgsql IMMUTABLE STRICT PARALLEL SAFE AS $$
BEGIN
  RETURN howdah.j2v(howdah.js_find(x, path));
END $$;

-- What json_extract() gives as a piece of JSON: an object or an array is one, any other value is written anew.
CREATE OR REPLACE FUNCTION howdah.json_extracted(x text, path text) RETURNS text
LANGUAGE plpgsql IMMUTABLE STRICT PARALLEL SAFE AS $$
DECLARE
  j json := howdah.js_find(x, path);
BEGIN
  RETURN CASE WHEN json_typeof(j) IN ('object', 'array') THEN howdah.js_text(j) ELSE howdah.v2j(howdah.j2v(j)) END;
END $$;

-- json_extract() with several paths: an array.
CREATE OR REPLACE FUNCTION howdah.json_extract_all(x text, VARIADIC paths text[]) RETURNS text
LANGUAGE plpgsql IMMUTABLE PARALLEL SAFE AS $$
DECLARE
  path text;
  out text[] := '{}';
BEGIN
  IF x IS NULL THEN RETURN NULL; END IF;
  FOREACH path IN ARRAY paths LOOP
    IF path IS NULL THEN RETURN NULL; END IF;
    out := out || coalesce(howdah.js_text(howdah.js_find(x, path)), 'null');
  END LOOP;
  RETURN '[' || array_to_string(out, ',') || ']';
END $$;

-- The right operand of -> and ->> may be a path, a key or an index.
CREATE OR REPLACE FUNCTION howdah.js_arrow_path(k howdah.v) RETURNS text
LANGUAGE plpgsql IMMUTABLE STRICT PARALLEL SAFE AS $$
DECLARE
  p text := howdah.v2t(k);
BEGIN
  RETURN CASE WHEN left(p, 1) = '$' THEN p
              WHEN p COLLATE "C" ~ '^[0-9]' THEN '$[' || p || ']'
              WHEN left(p, 1) = '[' THEN '$' || p
              ELSE '$.' || p END;
END $$;

CREATE OR REPLACE FUNCTION howdah.json_arrow(x text, k howdah.v) RETURNS text
LANGUAGE plpgsql IMMUTABLE STRICT PARALLEL SAFE AS $$
BEGIN
  RETURN howdah.js_text(howdah.js_find(x, howdah.js_arrow_path(k)));
END $$;

CREATE OR REPLACE FUNCTION howdah.json_long_arrow(x text, k howdah.v) RETURNS howdah.v
LANGUAGE plpgsql IMMUTABLE STRICT PARALLEL SAFE AS $$
BEGIN
  RETURN howdah.j2v(howdah.js_find(x, howdah.js_arrow_path(k)));
END $$;

CREATE OR REPLACE FUNCTION howdah.json_type(x text, path text DEFAULT '$') RETURNS text
LANGUAGE plpgsql IMMUTABLE STRICT PARALLEL SAFE AS $$ BEGIN RETURN howdah.js_type(howdah.js_find(x, path)); END $$;

CREATE OR REPLACE FUNCTION howdah.json_array_length(x text, path text DEFAULT '$') RETURNS int8
LANGUAGE plpgsql IMMUTABLE STRICT PARALLEL SAFE AS $$
DECLARE
  j json := howdah.js_find(x, path);
BEGIN
  RETURN CASE WHEN json_typeof(j) = 'array' THEN json_array_length(j) WHEN j IS NOT NULL THEN 0 END;
END $$;

-- What appending at `path`, which does not exist yet, makes: the new value inside new objects and arrays; NULL when
-- SQLite does not make such a path.
CREATE OR REPLACE FUNCTION howdah.js_made(path text, value text) RETURNS text
LANGUAGE plpgsql IMMUTABLE PARALLEL SAFE AS $$
DECLARE
  step record;
  inner_ text;
BEGIN
  IF path = '' THEN RETURN value; END IF;
  IF left(path, 1) = '.' THEN
    step := howdah.js_step('{}'::json, path);
    inner_ := howdah.js_made(step.rest, value);
    RETURN '{' || howdah.js_raw(howdah.t2j(howdah.js_unraw(step.key))) || ':' || inner_ || '}';
  END IF;
  IF left(path, 3) <> '[0]' THEN RETURN NULL; END IF;
  RETURN '[' || howdah.js_made(substr(path, 4), value) || ']';
END $$;

-- The raw `j` with `value` set ('s'), inserted ('i') or replaced ('r') at `path`, or with what is there removed ('d').
-- NULL: the whole is removed.
CREATE OR REPLACE FUNCTION howdah.js_edit(j text, path text, value text, mode text) RETURNS text
LANGUAGE plpgsql IMMUTABLE PARALLEL SAFE AS $$
DECLARE
  step record;
  e record;
  parts text[] := '{}';
  hit boolean := false;
  i int := 0;
  c text;
BEGIN
  IF path = '' THEN RETURN CASE mode WHEN 'd' THEN NULL WHEN 'i' THEN j ELSE value END; END IF;
  step := howdah.js_step(j::json, path);
  IF NOT step.leads THEN RETURN j; END IF;
  IF step.is_key THEN
    FOR e IN SELECT x.key, x.value::text AS text FROM json_each(j::json) WITH ORDINALITY x(key, value, o) ORDER BY x.o LOOP
      c := e.text;
      IF NOT hit AND e.key = step.key THEN
        hit := true;
        c := howdah.js_edit(c, step.rest, value, mode);
        CONTINUE WHEN c IS NULL;
      END IF;
      parts := parts || ('"' || e.key || '":' || c);
    END LOOP;
    IF NOT hit AND mode IN ('s', 'i') THEN
      c := howdah.js_made(step.rest, value);
      IF c IS NOT NULL THEN parts := parts || (howdah.js_raw(howdah.t2j(howdah.js_unraw(step.key))) || ':' || c); END IF;
    END IF;
    RETURN '{' || array_to_string(parts, ',') || '}';
  END IF;
  FOR e IN SELECT x.value::text AS text FROM json_array_elements(j::json) WITH ORDINALITY x(value, o) ORDER BY x.o LOOP
    c := e.text;
    i := i + 1;
    IF i = step.idx + 1 THEN
      hit := true;
      c := howdah.js_edit(c, step.rest, value, mode);
      CONTINUE WHEN c IS NULL;
    END IF;
    parts := parts || c;
  END LOOP;
  IF NOT hit AND step.idx = i AND mode IN ('s', 'i') THEN
    c := howdah.js_made(step.rest, value);
    IF c IS NOT NULL THEN parts := parts || c; END IF;
  END IF;
  RETURN '[' || array_to_string(parts, ',') || ']';
END $$;

-- json_set, json_insert, json_replace: `edits` is path, JSON text, path, JSON text, … A value that was set is opaque to
-- the edits after it, so each stands as a string of its own until the end.
CREATE OR REPLACE FUNCTION howdah.json_edit(mode text, x text, VARIADIC edits text[]) RETURNS text
LANGUAGE plpgsql IMMUTABLE PARALLEL SAFE AS $$
DECLARE
  j text;
  marker text;
BEGIN
  IF x IS NULL THEN RETURN NULL; END IF;
  j := howdah.js(x)::text;
  FOR i IN 1..cardinality(edits) / 2 LOOP
    CONTINUE WHEN edits[2 * i - 1] IS NULL;
    IF left(edits[2 * i - 1], 1) <> '$' THEN PERFORM howdah.js_path_error(edits[2 * i - 1]); END IF;
    -- SQLite answers with the value itself, of its own class.
    IF edits[2 * i - 1] = '$' AND mode <> 'i' THEN
      PERFORM howdah.err('howdah: a JSON function that replaces the whole document cannot be run');
    END IF;
    marker := U&'"\+10FFFD' || i || U&'\+10FFFD"';
    j := howdah.js_edit(j, substr(edits[2 * i - 1], 2), marker, mode);
  END LOOP;
  j := howdah.js_text(j::json);
  FOR i IN 1..cardinality(edits) / 2 LOOP
    j := replace(j, U&'"\+10FFFD' || i || U&'\+10FFFD"', edits[2 * i]);
  END LOOP;
  RETURN j;
END $$;

CREATE OR REPLACE FUNCTION howdah.json_remove(x text, VARIADIC paths text[]) RETURNS text
LANGUAGE plpgsql IMMUTABLE PARALLEL SAFE AS $$
DECLARE
  j text;
  path text;
BEGIN
  IF x IS NULL THEN RETURN NULL; END IF;
  j := howdah.js(x)::text;
  FOREACH path IN ARRAY paths LOOP
    IF left(path, 1) <> '$' THEN PERFORM howdah.js_path_error(path); END IF;
  END LOOP;
  FOREACH path IN ARRAY paths LOOP
    IF path IS NULL THEN RETURN NULL; END IF;
    j := howdah.js_edit(j, substr(path, 2), NULL, 'd');
    IF j IS NULL THEN RETURN NULL; END IF;
  END LOOP;
  RETURN howdah.js_text(j::json);
END $$;

-- RFC 7396 over raw JSON.
CREATE OR REPLACE FUNCTION howdah.js_merge(target json, patch json) RETURNS text
LANGUAGE plpgsql IMMUTABLE STRICT PARALLEL SAFE AS $$
DECLARE
  parts text[] := '{}';
  e record;
BEGIN
  IF json_typeof(patch) <> 'object' THEN RETURN patch::text; END IF;
  IF json_typeof(target) <> 'object' THEN target := '{}'; END IF;
  FOR e IN SELECT a.key, a.value, b.value AS change, b.key IS NOT NULL AS changed
             FROM json_each(target) WITH ORDINALITY a(key, value, o) LEFT JOIN json_each(patch) b ON b.key = a.key ORDER BY a.o LOOP
    CONTINUE WHEN json_typeof(e.change) = 'null';
    parts := parts || ('"' || e.key || '":' || CASE WHEN e.changed THEN howdah.js_merge(e.value, e.change) ELSE e.value::text END);
  END LOOP;
  FOR e IN SELECT b.key, b.value FROM json_each(patch) WITH ORDINALITY b(key, value, o)
            WHERE NOT EXISTS (SELECT FROM json_each(target) a WHERE a.key = b.key) ORDER BY b.o LOOP
    CONTINUE WHEN json_typeof(e.value) = 'null';
    parts := parts || ('"' || e.key || '":' || howdah.js_merge('{}', e.value));
  END LOOP;
  RETURN '{' || array_to_string(parts, ',') || '}';
END $$;

CREATE OR REPLACE FUNCTION howdah.json_patch(target text, patch text) RETURNS text
LANGUAGE plpgsql IMMUTABLE STRICT PARALLEL SAFE AS $$
BEGIN
  RETURN howdah.js_text(howdah.js_merge(howdah.js(target), howdah.js(patch))::json);
END $$;

-- A label of json_object(): only a text may be one.
CREATE OR REPLACE FUNCTION howdah.json_label(x howdah.v) RETURNS text
LANGUAGE plpgsql IMMUTABLE PARALLEL SAFE AS $$
BEGIN
  IF (x).t IS NULL THEN PERFORM howdah.err('json_object() labels must be TEXT'); END IF;
  RETURN to_json((x).t)::text;
END $$;
