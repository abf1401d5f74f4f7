-- json_each() and json_tree() (https://sqlite.org/json1.html#jeach), with SQLite's ids, which count the nodes of its
-- parse tree: labels of objects too.

CREATE OR REPLACE FUNCTION howdah.js_size(j json) RETURNS int8
LANGUAGE plpgsql IMMUTABLE PARALLEL SAFE AS $$
BEGIN
  CASE json_typeof(j)
    WHEN 'array' THEN RETURN 1 + (SELECT coalesce(sum(howdah.js_size(value)), 0) FROM json_array_elements(j));
    WHEN 'object' THEN RETURN 1 + (SELECT coalesce(sum(1 + howdah.js_size(value)), 0) FROM json_each(j));
    ELSE RETURN 1;
  END CASE;
END $$;

CREATE OR REPLACE FUNCTION howdah.js_decoded(k text) RETURNS text
LANGUAGE sql IMMUTABLE PARALLEL SAFE AS $$
  SELECT CASE WHEN strpos(k, U&'\+10FFFE') = 0 THEN k ELSE howdah.js_unraw('"' || k || '"')::json #>> '{}' END $$;

-- A raw key as a step of a path.
CREATE OR REPLACE FUNCTION howdah.js_label(k text) RETURNS text
LANGUAGE sql IMMUTABLE PARALLEL SAFE AS $$
  SELECT howdah.js_unraw(CASE WHEN k COLLATE "C" ~ '^[A-Za-z][A-Za-z0-9]*$' THEN '.' || k ELSE '."' || k || '"' END) $$;

CREATE OR REPLACE FUNCTION howdah.js_walk(j json, k howdah.v, my_id int8, my_parent int8, my_fullkey text, my_path text)
RETURNS TABLE(key howdah.v, value howdah.v, type text, atom howdah.v, id int8, parent int8, fullkey text, path text)
LANGUAGE plpgsql IMMUTABLE PARALLEL SAFE AS $$
DECLARE
  e record;
  n int8 := my_id;
  i int := 0;
  kind text := json_typeof(j);
BEGIN
  key := k;
  value := howdah.j2v(j);
  type := howdah.js_type(j::text);
  atom := CASE WHEN kind IN ('object', 'array') THEN NULL ELSE value END;
  id := my_id;
  parent := my_parent;
  fullkey := my_fullkey;
  path := my_path;
  RETURN NEXT;
  IF kind = 'object' THEN
    n := n + 1;
    FOR e IN SELECT x.key AS k, x.value AS v FROM json_each(j) WITH ORDINALITY x(key, value, o) ORDER BY x.o LOOP
      RETURN QUERY SELECT * FROM howdah.js_walk(e.v, howdah.t2v(howdah.js_decoded(e.k)), n + 1, my_id,
                                                my_fullkey || howdah.js_label(e.k), my_fullkey);
      n := n + 1 + howdah.js_size(e.v);
    END LOOP;
  ELSIF kind = 'array' THEN
    n := n + 1;
    FOR e IN SELECT x.value AS v FROM json_array_elements(j) WITH ORDINALITY x(value, o) ORDER BY x.o LOOP
      RETURN QUERY SELECT * FROM howdah.js_walk(e.v, howdah.i2v(i), n, my_id, my_fullkey || '[' || i || ']', my_fullkey);
      n := n + howdah.js_size(e.v);
      i := i + 1;
    END LOOP;
  END IF;
END $$;

-- The node a path leads to, its id, its key, and how json_tree() spells its path and its parent's: with 0 for every index
-- on the way, because SQLite has not counted there, and no key in an array for the same reason.
CREATE OR REPLACE FUNCTION howdah.js_locate(j json, p text, OUT node json, OUT id int8, OUT last_key howdah.v,
                                            OUT full_path text, OUT parent_path text)
LANGUAGE plpgsql IMMUTABLE PARALLEL SAFE AS $$
DECLARE
  step record;
  e record;
  i int;
BEGIN
  node := j;
  id := 0;
  full_path := '$';
  parent_path := '$';
  WHILE p <> '' LOOP
    step := howdah.js_step(node, p);
    IF NOT step.leads THEN node := NULL; RETURN; END IF;
    id := id + 1;
    j := NULL;
    i := 0;
    parent_path := full_path;
    full_path := full_path || CASE WHEN step.is_key THEN howdah.js_label(step.key) ELSE '[0]' END;
    last_key := NULL;
    IF step.is_key THEN
      FOR e IN SELECT x.key AS k, x.value AS v FROM json_each(node) WITH ORDINALITY x(key, value, o) ORDER BY x.o LOOP
        id := id + 1;
        IF e.k = step.key THEN j := e.v; EXIT; END IF;
        id := id + howdah.js_size(e.v);
      END LOOP;
      last_key := howdah.t2v(howdah.js_unraw(step.key));
    ELSE
      FOR e IN SELECT x.value AS v FROM json_array_elements(node) WITH ORDINALITY x(value, o) ORDER BY x.o LOOP
        IF i = step.idx THEN j := e.v; EXIT; END IF;
        id := id + howdah.js_size(e.v);
        i := i + 1;
      END LOOP;
    END IF;
    p := step.rest;
    node := j;
    IF node IS NULL THEN RETURN; END IF;
  END LOOP;
END $$;

-- The children of an array or an object, or the value itself. ROWS is for the planner: most lists are short.
CREATE OR REPLACE FUNCTION howdah.json_each_(x text, p text DEFAULT '$')
RETURNS TABLE(key howdah.v, value howdah.v, type text, atom howdah.v, id int8, parent int8, fullkey text, path text)
LANGUAGE plpgsql IMMUTABLE PARALLEL SAFE ROWS 20 AS $$
DECLARE
  node json;
  my_id int8 := 0;
  at record;
BEGIN
  IF x IS NULL THEN RETURN; END IF;
  IF p IS NULL THEN PERFORM x::json; RETURN; END IF;
  IF left(p, 1) <> '$' THEN PERFORM x::json, howdah.js_path_error(p); END IF;
  IF p = '$' THEN
    node := howdah.js(x);
  ELSE
    at := howdah.js_locate(howdah.js(x), substr(p, 2));
    node := at.node;
    my_id := at.id;
  END IF;
  CASE json_typeof(node)
    WHEN 'array' THEN
      RETURN QUERY
        SELECT howdah.i2v(e.o - 1), e.v, howdah.js_type(e.j::text), CASE WHEN e.size IS NULL THEN e.v END,
               my_id + e.o + coalesce(sum(e.size - 1) OVER (ORDER BY e.o ROWS BETWEEN UNBOUNDED PRECEDING AND 1 PRECEDING), 0)::int8,
               NULL::int8, p || '[' || (e.o - 1) || ']', p
          FROM (SELECT a.o, a.j, howdah.j2v(a.j) AS v, CASE WHEN json_typeof(a.j) IN ('array', 'object') THEN howdah.js_size(a.j) END AS size
                  FROM json_array_elements(node) WITH ORDINALITY a(j, o) OFFSET 0) e;
    WHEN 'object' THEN
      RETURN QUERY
        SELECT howdah.t2v(howdah.js_decoded(e.k)), e.v, howdah.js_type(e.j::text), CASE WHEN e.size IS NULL THEN e.v END,
               my_id + 2 * e.o + coalesce(sum(e.size - 1) OVER (ORDER BY e.o ROWS BETWEEN UNBOUNDED PRECEDING AND 1 PRECEDING), 0)::int8,
               NULL::int8, p || howdah.js_label(e.k), p
          FROM (SELECT a.o, a.k, a.j, howdah.j2v(a.j) AS v, CASE WHEN json_typeof(a.j) IN ('array', 'object') THEN howdah.js_size(a.j) END AS size
                  FROM json_each(node) WITH ORDINALITY a(k, j, o) OFFSET 0) e;
    ELSE
      IF node IS NOT NULL THEN
        RETURN QUERY SELECT NULL::howdah.v, howdah.j2v(node), howdah.js_type(node::text), howdah.j2v(node), my_id, NULL::int8, p, p;
      END IF;
  END CASE;
END $$;

-- The rows of json_each() of the `piece` at `p`, for statements that do not show `id`, which counts what is in the elements:
-- it has the order of the rows alone. The planner takes the query in place of the function. OFFSET 0 keeps it from writing
-- an expression wherever its value is read; a column that nothing reads is not computed.
CREATE OR REPLACE FUNCTION howdah.json_elements(piece text, p text)
RETURNS TABLE(key howdah.v, value howdah.v, type text, atom howdah.v, id int8, parent int8, fullkey text, path text)
LANGUAGE sql IMMUTABLE PARALLEL SAFE ROWS 20 AS $$
  SELECT e.key, e.value, e.type, CASE WHEN e.type NOT IN ('array', 'object') THEN e.value END, e.o, NULL::int8, p || e.step, p
    FROM (SELECT howdah.js_raw(t.piece) AS node, ascii(t.piece) AS kind FROM (SELECT json_elements.piece OFFSET 0) t OFFSET 0) n
   CROSS JOIN LATERAL (
     (SELECT CASE n.kind WHEN 91 THEN howdah.i2v(a.o - 1) END AS key, howdah.j2v(a.j) AS value, howdah.js_type(a.j::text) AS type, a.o,
             CASE n.kind WHEN 91 THEN '[' || (a.o - 1) || ']' ELSE '' END AS step
        FROM json_array_elements(CASE n.kind WHEN 91 THEN n.node WHEN 123 THEN NULL ELSE '[' || n.node || ']' END::json) WITH ORDINALITY a(j, o)
      OFFSET 0)
     UNION ALL
     (SELECT howdah.t2v(howdah.js_decoded(a.k)), howdah.j2v(a.j), howdah.js_type(a.j::text), a.o, howdah.js_label(a.k)
        FROM json_each(CASE n.kind WHEN 123 THEN n.node END::json) WITH ORDINALITY a(k, j, o)
      OFFSET 0)) e $$;

CREATE OR REPLACE FUNCTION howdah.json_tree_(x text, p text DEFAULT '$')
RETURNS TABLE(key howdah.v, value howdah.v, type text, atom howdah.v, id int8, parent int8, fullkey text, path text)
LANGUAGE plpgsql IMMUTABLE PARALLEL SAFE AS $$
DECLARE
  at record;
BEGIN
  IF x IS NULL THEN RETURN; END IF;
  IF p IS NULL THEN PERFORM x::json; RETURN; END IF;
  IF left(p, 1) <> '$' THEN PERFORM x::json, howdah.js_path_error(p); END IF;
  at := howdah.js_locate(howdah.js(x), substr(p, 2));
  IF at.node IS NULL THEN RETURN; END IF;
  IF json_typeof(at.node) NOT IN ('object', 'array') THEN at.last_key := NULL; END IF; -- a scalar has no key of its own
  RETURN QUERY SELECT * FROM howdah.js_walk(at.node, at.last_key, at.id, NULL, at.full_path, at.parent_path);
END $$;

-- The rows of json_tree() of the `piece` at the path `p`, of plain names, whose last is `k` and whose others are `around`, for
-- statements that show neither `id` nor `parent`: `id` has the order of the rows alone. As with json_elements() the planner
-- takes the query in place of the function.
CREATE OR REPLACE FUNCTION howdah.json_nodes(piece text, k howdah.v, p text, around text)
RETURNS TABLE(key howdah.v, value howdah.v, type text, atom howdah.v, id int8, parent int8, fullkey text, path text)
LANGUAGE sql IMMUTABLE PARALLEL SAFE ROWS 20 AS $$
  WITH RECURSIVE nodes(key, j, kind, fullkey, path, place) AS (
    SELECT CASE WHEN t.kind IN (91, 123) THEN json_nodes.k END, howdah.js_raw(t.piece)::json, t.kind, json_nodes.p, json_nodes.around, ARRAY[]::int8[]
      FROM (SELECT t.piece, ascii(t.piece) AS kind FROM (SELECT json_nodes.piece OFFSET 0) t OFFSET 0) t
     WHERE t.piece IS NOT NULL
    UNION ALL
    SELECT c.key, c.j, ascii(c.j::text), n.fullkey || c.step, n.fullkey, n.place || c.o
      FROM nodes n
     CROSS JOIN LATERAL (
       SELECT howdah.i2v(a.o - 1) AS key, a.j, '[' || (a.o - 1) || ']' AS step, a.o
         FROM json_array_elements(CASE n.kind WHEN 91 THEN n.j END) WITH ORDINALITY a(j, o)
       UNION ALL
       SELECT howdah.t2v(howdah.js_decoded(a.k)), a.j, howdah.js_label(a.k), a.o
         FROM json_each(CASE n.kind WHEN 123 THEN n.j END) WITH ORDINALITY a(k, j, o)) c
     WHERE n.kind IN (91, 123))
  SELECT n.key, n.value, howdah.js_type(n.j::text), CASE WHEN n.kind NOT IN (91, 123) THEN n.value END, n.place, NULL::int8, n.fullkey, n.path
    FROM (SELECT n.key, n.j, n.kind, n.fullkey, n.path, howdah.j2v(n.j) AS value, row_number() OVER (ORDER BY n.place) AS place FROM nodes n OFFSET 0) n $$;
