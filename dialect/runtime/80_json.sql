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

-- Malformed text raises 22P02, which the proxy reports as "malformed JSON". There is no white space around the result.
CREATE OR REPLACE FUNCTION howdah.js(x text) RETURNS json
LANGUAGE plpgsql IMMUTABLE STRICT PARALLEL SAFE AS $$
BEGIN
  IF strpos(x, '\') = 0 THEN RETURN btrim(x, E' \t\n\r')::json; END IF;
  PERFORM x::json;
  RETURN howdah.js_raw(btrim(x, E' \t\n\r'))::json;
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

-- Raw JSON without the white space between its tokens. json_strip_nulls() writes every token as it is, and leaves out
-- nulls; a number that does not occur stands for them.
CREATE OR REPLACE FUNCTION howdah.js_squeezed(x text) RETURNS text
LANGUAGE sql IMMUTABLE PARALLEL SAFE AS $$
  SELECT CASE WHEN x COLLATE "C" !~ '[ \t\n\r]' THEN x
              WHEN strpos(x, 'null') = 0 THEN json_strip_nulls(x::json)::text
              WHEN strpos(x, '-7e331') = 0 THEN replace(json_strip_nulls(replace(x, 'null', '-7e331')::json)::text, '-7e331', 'null')
              ELSE regexp_replace(x COLLATE "C", '("[^"]*")|[ \t\n\r]+', '\1', 'g') END $$;

-- JSON as SQLite writes it: without that white space.
CREATE OR REPLACE FUNCTION howdah.js_text(x text) RETURNS text
LANGUAGE plpgsql IMMUTABLE STRICT PARALLEL SAFE AS $$
BEGIN
  RETURN CASE WHEN x COLLATE "C" !~ '[ \t\n\r]' THEN x
              WHEN strpos(x, '\') = 0 THEN howdah.js_squeezed(x)
              ELSE howdah.js_unraw(howdah.js_squeezed(howdah.js_raw(x))) END;
END $$;

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

-- The number that JSON's letters say. Without '.', 'e' and 'E' it is an INTEGER, as far as it is one.
CREATE OR REPLACE FUNCTION howdah.js_number(x text) RETURNS numeric
LANGUAGE sql IMMUTABLE PARALLEL SAFE AS $$
  SELECT CASE WHEN octet_length(x) > 17 OR x COLLATE "C" ~ '[eE]' THEN howdah.t2n(x)
              WHEN strpos(x, '.') = 0 THEN x::numeric
              ELSE howdah.r2n(x::float8) END $$;

-- A piece of JSON, without white space around it, as a value of SQL. 34 is '"', 91 '[', 123 '{', 110 'n', 116 't'.
CREATE OR REPLACE FUNCTION howdah.js_value(x text) RETURNS howdah.v
LANGUAGE sql IMMUTABLE PARALLEL SAFE AS $$
  SELECT CASE ascii(x)
    WHEN 34 THEN ROW(NULL, CASE WHEN strpos(x, '\') = 0 THEN btrim(x, '"') ELSE x::json #>> '{}' END, NULL)::howdah.v
    WHEN 91 THEN ROW(NULL, howdah.js_text(x), NULL)::howdah.v
    WHEN 123 THEN ROW(NULL, howdah.js_text(x), NULL)::howdah.v
    WHEN 110 THEN NULL
    WHEN 116 THEN ROW(1, NULL, NULL)::howdah.v
    WHEN 102 THEN ROW(0, NULL, NULL)::howdah.v
    ELSE CASE WHEN x IS NOT NULL THEN ROW(howdah.js_number(x), NULL, NULL)::howdah.v END END $$;

-- The same of an element of raw JSON.
CREATE OR REPLACE FUNCTION howdah.j2v(j json) RETURNS howdah.v
LANGUAGE plpgsql IMMUTABLE STRICT PARALLEL SAFE AS $$
DECLARE
  x text := j;
BEGIN
  IF strpos(x, U&'\+10FFFE') > 0 THEN x := howdah.js_unraw(x); END IF;
  RETURN howdah.js_value(x);
END $$;

-- The type of a piece of JSON without white space around it.
CREATE OR REPLACE FUNCTION howdah.js_type(x text) RETURNS text
LANGUAGE plpgsql IMMUTABLE STRICT PARALLEL SAFE AS $$
BEGIN
  RETURN CASE ascii(x)
    WHEN 34 THEN 'text' WHEN 91 THEN 'array' WHEN 123 THEN 'object' WHEN 110 THEN 'null' WHEN 116 THEN 'true' WHEN 102 THEN 'false'
    ELSE CASE WHEN x COLLATE "C" ~ '[.eE]' THEN 'real' ELSE 'integer' END END;
END $$;

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

-- Whether what stands under `k` in the object `x`, where PostgreSQL takes the last of several, is `v`, the same as the
-- first: `k` is the only one, or the first one, which stands before any inner object or array, has the same value.
CREATE OR REPLACE FUNCTION howdah.js_is_first(x text, k text, v text) RETURNS boolean
LANGUAGE plpgsql IMMUTABLE PARALLEL SAFE AS $$
DECLARE
  quoted text := '"' || k || '"';
  at int;
  rest text;
BEGIN
  IF split_part(x, quoted, 3) = '' THEN RETURN true; END IF;
  at := strpos(x, quoted);
  IF k COLLATE "C" !~ '^[A-Za-z0-9_]' OR left(x, at - 1) COLLATE "C" !~ '^[ \t\n\r]*\{[^][{}\\]*$' THEN RETURN false; END IF;
  rest := ltrim(substr(x, at + length(quoted)), E': \t\n\r');
  RETURN starts_with(rest, v) AND substr(rest, length(v) + 1, 1) IN (',', '}', ' ', E'\t', E'\n', E'\r');
END $$;

-- The member of an object; of several with one key the first, as SQLite takes it.
CREATE OR REPLACE FUNCTION howdah.js_member(j json, k text) RETURNS json
LANGUAGE plpgsql IMMUTABLE STRICT PARALLEL SAFE AS $$
DECLARE
  v json := j -> k;
BEGIN
  IF v IS NULL OR howdah.js_is_first(j::text, k, v::text) THEN RETURN v; END IF;
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

-- The steps of a whole path for PostgreSQL's own operator #>, where it can go them: keys of ASCII that no escape stands
-- for and that do not look like an index, indices, and indices from the end. Otherwise NULL.
CREATE OR REPLACE FUNCTION howdah.js_steps(path text) RETURNS text[]
LANGUAGE plpgsql IMMUTABLE STRICT PARALLEL SAFE AS $$
DECLARE
  steps text[] := '{}';
  rest text := substr(path, 2);
  step text;
BEGIN
  IF path COLLATE "C" ~ '^\$(?:\.[A-Za-z_][A-Za-z0-9_]*)+$' THEN RETURN string_to_array(substr(path, 3), '.'); END IF;
  IF left(path, 1) <> '$' OR octet_length(path) > length(path) THEN RETURN NULL; END IF;
  WHILE rest <> '' LOOP
    IF left(rest, 1) = '[' THEN
      step := split_part(substr(rest, 2), ']', 1);
      IF step COLLATE "C" !~ '^(?:0|(?:#-)?[1-9][0-9]{0,7})$' OR strpos(rest, ']') = 0 THEN RETURN NULL; END IF;
      rest := substr(rest, length(step) + 3);
      step := ltrim(step, '#');
    ELSE
      step := CASE WHEN left(rest, 2) = '."' THEN split_part(rest, '"', 2) ELSE substring(substr(rest, 2) COLLATE "C" from '^[^.[]+') END;
      IF step IS NULL OR step COLLATE "C" ~ '^(?:$|[0-9 +-])|["\\/[:cntrl:]]' THEN RETURN NULL; END IF;
      IF left(rest, 2) = '."' THEN
        IF substr(rest, length(step) + 3, 1) <> '"' THEN RETURN NULL; END IF;
        rest := substr(rest, length(step) + 4);
      ELSIF left(rest, 1) = '.' THEN
        rest := substr(rest, length(step) + 2);
      ELSE
        RETURN NULL;
      END IF;
    END IF;
    steps := steps || step;
  END LOOP;
  RETURN steps;
END $$;

-- Patterns of the texts in which those steps may lead somewhere else: where a key occurs twice, because PostgreSQL takes
-- the last, and where an index could be a key. An index from the end is one in every text but as the first step:
-- PostgreSQL counts it from the end of the first array as deep as that, wherever it is.
CREATE OR REPLACE FUNCTION howdah.js_traps(steps text[]) RETURNS text[]
LANGUAGE plpgsql IMMUTABLE STRICT PARALLEL SAFE AS $$
DECLARE
  traps text[] := '{}';
  quoted text;
BEGIN
  FOR i IN 1..cardinality(steps) LOOP
    IF i > 1 AND left(steps[i], 1) = '-' THEN RETURN ARRAY['%']; END IF;
    quoted := '"' || replace(replace(steps[i], '_', '\_'), '%', '\%') || '"';
    traps := traps || ('%' || quoted || CASE WHEN quoted COLLATE "C" ~ '^"[-0-9]' THEN '%' ELSE '%' || quoted || '%' END);
  END LOOP;
  RETURN traps;
END $$;

-- Whether PostgreSQL, which decodes every string that it passes, reads each as SQLite does: no ASCII character of a key
-- is escaped as \u, and nothing is escaped that no text can hold.
CREATE OR REPLACE FUNCTION howdah.js_decodes(x text) RETURNS boolean
LANGUAGE sql IMMUTABLE PARALLEL SAFE AS $$
  SELECT strpos(x, '\u') = 0 OR x COLLATE "C" !~ '\\u(?:00[0-7]|[dD][89a-fA-F])' $$;

-- Where a path leads in the text `x`, step by step; `steps` are its js_steps().
CREATE OR REPLACE FUNCTION howdah.js_walked(x text, path text, steps text[]) RETURNS text
LANGUAGE plpgsql IMMUTABLE PARALLEL SAFE AS $$
DECLARE
  is_raw boolean := steps IS NULL OR NOT howdah.js_decodes(x);
  j json := CASE WHEN is_raw THEN howdah.js(x) ELSE btrim(x, E' \t\n\r')::json END;
  step text;
BEGIN
  IF j IS NULL OR path IS NULL THEN RETURN NULL; END IF;
  IF left(path, 1) <> '$' THEN PERFORM howdah.js_path_error(path); END IF;
  IF steps IS NULL THEN
    j := howdah.js_get(j, substr(path, 2));
  ELSE
    FOREACH step IN ARRAY steps LOOP
      j := CASE WHEN step COLLATE "C" ~ '^[-0-9]' THEN j -> step::int ELSE howdah.js_member(j, step) END;
    END LOOP;
  END IF;
  RETURN CASE WHEN is_raw THEN howdah.js_unraw(j::text) ELSE j::text END;
END $$;

-- The piece of the text `x` a path leads to, as it is written there. The steps and traps of a path that is a constant are
-- constants, too.
CREATE OR REPLACE FUNCTION howdah.js_piece(x text, path text, steps text[], traps text[]) RETURNS text
LANGUAGE sql IMMUTABLE PARALLEL SAFE AS $$
  SELECT CASE WHEN NOT howdah.js_decodes(x) OR traps IS NULL OR x LIKE ANY (traps) THEN howdah.js_walked(x, path, steps)
              WHEN cardinality(steps) = 0 THEN btrim(x::json::text, E' \t\n\r')
              ELSE (x::json #> steps)::text END $$;

-- The same as a function of its own.
CREATE OR REPLACE FUNCTION howdah.js_node(x text, path text, steps text[], traps text[]) RETURNS text
LANGUAGE plpgsql IMMUTABLE PARALLEL SAFE AS $$ BEGIN RETURN howdah.js_piece(x, path, steps, traps); END $$;
CREATE OR REPLACE FUNCTION howdah.json_node(x text, path text) RETURNS text
LANGUAGE sql IMMUTABLE PARALLEL SAFE AS $$
  SELECT howdah.js_node(x, path, howdah.js_steps(path), howdah.js_traps(howdah.js_steps(path))) $$;

-- The same for a path that each row has.
CREATE OR REPLACE FUNCTION howdah.json_node_at(x text, path text) RETURNS text
LANGUAGE plpgsql IMMUTABLE PARALLEL SAFE AS $$
DECLARE
  steps text[];
  traps text[];
  k text;
BEGIN
  IF path COLLATE "C" ~ '^\$\.(?:[A-Za-z_][A-Za-z0-9_]*|"[A-Za-z_][A-Za-z0-9_ ]*")$' THEN
    k := btrim(substr(path, 3), '"');
    IF howdah.js_decodes(x) AND split_part(x, '"' || k || '"', 3) = '' THEN RETURN x::json -> k; END IF;
    RETURN howdah.js_walked(x, path, ARRAY[k]);
  END IF;
  steps := howdah.js_steps(path);
  traps := howdah.js_traps(steps);
  RETURN howdah.js_piece(x, path, steps, traps);
END $$;

CREATE OR REPLACE FUNCTION howdah.json(x text) RETURNS text
LANGUAGE plpgsql IMMUTABLE STRICT PARALLEL SAFE AS $$
BEGIN
  PERFORM x::json;
  x := btrim(x, E' \t\n\r');
  RETURN CASE WHEN strpos(x, '\') = 0 THEN howdah.js_squeezed(x) ELSE howdah.js_text(x) END;
END $$;

-- The functions of a path. json_extract(x, path) is for a path that is a constant: the planner puts its query in its place,
-- and computes the steps and traps. json_extract_at(x, path) is for any other. Indexes hold the first.
CREATE OR REPLACE FUNCTION howdah.js_extract(x text, path text, steps text[], traps text[]) RETURNS howdah.v
LANGUAGE plpgsql IMMUTABLE PARALLEL SAFE AS $$
DECLARE
  piece text := howdah.js_piece(x, path, steps, traps);
BEGIN
  RETURN howdah.js_value(piece);
END $$;
CREATE OR REPLACE FUNCTION howdah.json_extract(x text, path text) RETURNS howdah.v
LANGUAGE sql IMMUTABLE PARALLEL SAFE AS $$
  SELECT howdah.js_extract(x, path, howdah.js_steps(path), howdah.js_traps(howdah.js_steps(path))) $$;
CREATE OR REPLACE FUNCTION howdah.json_extract_at(x text, path text) RETURNS howdah.v
LANGUAGE plpgsql IMMUTABLE PARALLEL SAFE AS $$
DECLARE
  piece text := howdah.json_node_at(x, path);
BEGIN
  RETURN howdah.js_value(piece);
END $$;

-- What json_extract() gives as a piece of JSON: an object or an array is one, any other value is written anew.
CREATE OR REPLACE FUNCTION howdah.js_extracted(piece text) RETURNS text
LANGUAGE plpgsql IMMUTABLE PARALLEL SAFE AS $$
BEGIN
  RETURN CASE WHEN ascii(piece) IN (91, 123) THEN howdah.js_text(piece) ELSE howdah.v2j(howdah.js_value(piece)) END;
END $$;
CREATE OR REPLACE FUNCTION howdah.json_extracted(x text, path text) RETURNS text
LANGUAGE sql IMMUTABLE PARALLEL SAFE AS $$ SELECT howdah.js_extracted(howdah.json_node(x, path)) $$;
CREATE OR REPLACE FUNCTION howdah.json_extracted_at(x text, path text) RETURNS text
LANGUAGE sql IMMUTABLE PARALLEL SAFE AS $$ SELECT howdah.js_extracted(howdah.json_node_at(x, path)) $$;

-- json_extract() with several paths: an array.
CREATE OR REPLACE FUNCTION howdah.json_extract_all(x text, VARIADIC paths text[]) RETURNS text
LANGUAGE plpgsql IMMUTABLE PARALLEL SAFE AS $$
DECLARE
  path text;
  out text[] := '{}';
BEGIN
  IF x IS NULL THEN RETURN NULL; END IF;
  FOREACH path IN ARRAY paths LOOP
    out := out || coalesce(howdah.js_text(howdah.json_node_at(x, path)), 'null');
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

CREATE OR REPLACE FUNCTION howdah.js_arrow(piece text) RETURNS text
LANGUAGE plpgsql IMMUTABLE STRICT PARALLEL SAFE AS $$
BEGIN
  RETURN CASE WHEN ascii(piece) IN (91, 123) THEN howdah.js_text(piece) ELSE piece END;
END $$;
CREATE OR REPLACE FUNCTION howdah.json_arrow(x text, k howdah.v) RETURNS text
LANGUAGE sql IMMUTABLE PARALLEL SAFE AS $$ SELECT howdah.js_arrow(howdah.json_node(x, howdah.js_arrow_path(k))) $$;
CREATE OR REPLACE FUNCTION howdah.json_arrow_at(x text, k howdah.v) RETURNS text
LANGUAGE sql IMMUTABLE PARALLEL SAFE AS $$ SELECT howdah.js_arrow(howdah.json_node_at(x, howdah.js_arrow_path(k))) $$;

CREATE OR REPLACE FUNCTION howdah.json_long_arrow(x text, k howdah.v) RETURNS howdah.v
LANGUAGE sql IMMUTABLE PARALLEL SAFE AS $$ SELECT howdah.json_extract(x, howdah.js_arrow_path(k)) $$;
CREATE OR REPLACE FUNCTION howdah.json_long_arrow_at(x text, k howdah.v) RETURNS howdah.v
LANGUAGE sql IMMUTABLE PARALLEL SAFE AS $$ SELECT howdah.json_extract_at(x, howdah.js_arrow_path(k)) $$;

CREATE OR REPLACE FUNCTION howdah.json_type(x text, path text DEFAULT '$') RETURNS text
LANGUAGE sql IMMUTABLE PARALLEL SAFE AS $$ SELECT howdah.js_type(howdah.json_node(x, path)) $$;
CREATE OR REPLACE FUNCTION howdah.json_type_at(x text, path text) RETURNS text
LANGUAGE sql IMMUTABLE PARALLEL SAFE AS $$ SELECT howdah.js_type(howdah.json_node_at(x, path)) $$;

CREATE OR REPLACE FUNCTION howdah.js_length(piece text) RETURNS int8
LANGUAGE plpgsql IMMUTABLE STRICT PARALLEL SAFE AS $$
BEGIN
  RETURN CASE WHEN ascii(piece) = 91 THEN json_array_length(piece::json) ELSE 0 END;
END $$;
CREATE OR REPLACE FUNCTION howdah.json_array_length(x text, path text DEFAULT '$') RETURNS int8
LANGUAGE sql IMMUTABLE PARALLEL SAFE AS $$ SELECT howdah.js_length(howdah.json_node(x, path)) $$;
CREATE OR REPLACE FUNCTION howdah.json_array_length_at(x text, path text) RETURNS int8
LANGUAGE sql IMMUTABLE PARALLEL SAFE AS $$ SELECT howdah.js_length(howdah.json_node_at(x, path)) $$;

-- A label of json_object(): only a text may be one.
CREATE OR REPLACE FUNCTION howdah.json_label(x howdah.v) RETURNS text
LANGUAGE plpgsql IMMUTABLE PARALLEL SAFE AS $$
BEGIN
  IF (x).t IS NULL THEN PERFORM howdah.err('json_object() labels must be TEXT'); END IF;
  RETURN to_json((x).t)::text;
END $$;
