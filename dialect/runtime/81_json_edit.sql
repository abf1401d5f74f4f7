-- Editing JSON: json_set() and its like, json_patch().

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

-- The raw and squeezed `j` with `value` set ('s'), inserted ('i') or replaced ('r') at `path`, or with what is there
-- removed ('d'). NULL: the whole is removed. Where the path begins with a plain key, and it is known where its member
-- stands, the letters around that stay as they are.
CREATE OR REPLACE FUNCTION howdah.js_edit(j text, path text, value text, mode text) RETURNS text
LANGUAGE plpgsql IMMUTABLE PARALLEL SAFE AS $$
DECLARE
  step record;
  e record;
  parts text[] := '{}';
  hit boolean := false;
  i int := 0;
  c text;
  k text;
  rest text;
  before text;
  after text;
BEGIN
  IF path = '' THEN RETURN CASE mode WHEN 'd' THEN NULL WHEN 'i' THEN j ELSE value END; END IF;
  IF left(j, 1) = '{' THEN
    k := substring(path COLLATE "C" from '^\."?([A-Za-z_][A-Za-z0-9_]*)');
    rest := CASE WHEN left(path, 2) <> '."' THEN substr(path, length(k) + 2)
                 WHEN substr(path, length(k) + 3, 1) = '"' THEN substr(path, length(k) + 4) END;
    IF left(rest, 1) IN ('', '.', '[') THEN
      c := j::json -> k;
      IF c IS NULL THEN
        IF mode NOT IN ('s', 'i') THEN RETURN j; END IF;
        c := CASE WHEN rest = '' THEN value ELSE howdah.js_made(rest, value) END;
        RETURN CASE WHEN c IS NULL THEN j ELSE left(j, -1) || CASE WHEN j = '{}' THEN '"' ELSE ',"' END || k || '":' || c || '}' END;
      ELSIF howdah.js_is_first(j, k, c) THEN
        before := left(j, strpos(j, '"' || k || '":') + length(k) + 2);
        after := substr(j, length(before) + length(c) + 1);
        c := howdah.js_edit(c, rest, value, mode);
        IF c IS NOT NULL THEN RETURN before || c || after; END IF;
        before := left(before, -3 - length(k));
        RETURN CASE WHEN right(before, 1) = ',' THEN left(before, -1) || after ELSE before || ltrim(after, ',') END;
      END IF;
    END IF;
  ELSIF left(path, 3) = '[#]' AND left(j, 1) = '[' THEN
    c := CASE WHEN mode IN ('s', 'i') THEN howdah.js_made(substr(path, 4), value) END;
    RETURN CASE WHEN c IS NULL THEN j ELSE left(j, -1) || CASE WHEN j = '[]' THEN '' ELSE ',' END || c || ']' END;
  END IF;
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
-- the edits after it, so each of several stands as a string of its own until the end.
CREATE OR REPLACE FUNCTION howdah.json_edit(mode text, x text, VARIADIC edits text[]) RETURNS text
LANGUAGE plpgsql IMMUTABLE PARALLEL SAFE AS $$
DECLARE
  j text;
  marker text;
  single boolean := cardinality(edits) = 2;
BEGIN
  IF x IS NULL THEN RETURN NULL; END IF;
  j := howdah.js(x);
  j := howdah.js_squeezed(j);
  FOR i IN 1..cardinality(edits) / 2 LOOP
    CONTINUE WHEN edits[2 * i - 1] IS NULL;
    IF left(edits[2 * i - 1], 1) <> '$' THEN PERFORM howdah.js_path_error(edits[2 * i - 1]); END IF;
    -- SQLite answers with the value itself, of its own class.
    IF edits[2 * i - 1] = '$' AND mode <> 'i' THEN
      PERFORM howdah.err('howdah: a JSON function that replaces the whole document cannot be run');
    END IF;
    marker := CASE WHEN single THEN coalesce(edits[2], 'null') ELSE U&'"\+10FFFD' || i || U&'\+10FFFD"' END;
    j := howdah.js_edit(j, substr(edits[2 * i - 1], 2), marker, mode);
  END LOOP;
  IF strpos(j, U&'\+10FFFE') > 0 THEN j := howdah.js_unraw(j); END IF;
  IF single THEN RETURN j; END IF;
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
  j := howdah.js(x);
  j := howdah.js_squeezed(j);
  FOREACH path IN ARRAY paths LOOP
    IF left(path, 1) <> '$' THEN PERFORM howdah.js_path_error(path); END IF;
  END LOOP;
  FOREACH path IN ARRAY paths LOOP
    IF path IS NULL THEN RETURN NULL; END IF;
    j := howdah.js_edit(j, substr(path, 2), NULL, 'd');
    IF j IS NULL THEN RETURN NULL; END IF;
  END LOOP;
  RETURN CASE WHEN strpos(j, U&'\+10FFFE') > 0 THEN howdah.js_unraw(j) ELSE j END;
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
  RETURN howdah.js_unraw(howdah.js_squeezed(howdah.js_merge(howdah.js(target), howdah.js(patch))));
END $$;
