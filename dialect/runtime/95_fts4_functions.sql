-- The functions of fts3 and fts4 (https://sqlite.org/fts3.html#_auxiliary_functions_): offsets(), snippet() and matchinfo()
-- of the rows that a query finds. `settled` is what howdah.fts4_settled() says: true, or an error. fts3_snippet.c is followed where its ways decide the answer.

-- The phrases that are reported: all but those behind a NOT, in their order.
CREATE OR REPLACE FUNCTION howdah.fts4_reported(node jsonb) RETURNS int[] LANGUAGE plpgsql IMMUTABLE PARALLEL SAFE AS $$
DECLARE
  out int[] := '{}';
  child jsonb;
BEGIN
  IF node->>'op' IN ('near', 'chain') THEN RETURN ARRAY(SELECT jsonb_array_elements_text(node->'of')::int); END IF;
  FOR child IN SELECT jsonb_array_elements(node->'of') LOOP
    out := out || howdah.fts4_reported(child);
    EXIT WHEN node->>'op' = 'not';
  END LOOP;
  RETURN out;
END $$;

-- Where each phrase is, whether or not its part of the query is what matches; of those in NEAR, where they are near.
CREATE OR REPLACE FUNCTION howdah.fts4_places(doc howdah.fts_doc, node jsonb, phrases jsonb) RETURNS jsonb
LANGUAGE plpgsql IMMUTABLE PARALLEL SAFE AS $$
DECLARE
  out jsonb := '{}';
  child jsonb;
BEGIN
  IF node->>'op' IN ('near', 'chain') THEN RETURN coalesce(howdah.fts_hits(doc, node, phrases), out); END IF;
  FOR child IN SELECT jsonb_array_elements(node->'of') LOOP
    out := out || howdah.fts4_places(doc, child, phrases);
    EXIT WHEN node->>'op' = 'not';
  END LOOP;
  RETURN out;
END $$;

-- The places of one phrase in one column, ascending; of its first token.
CREATE OR REPLACE FUNCTION howdah.fts4_column(places jsonb, phrase int, c int) RETURNS int[] LANGUAGE sql IMMUTABLE PARALLEL SAFE AS $$
  SELECT coalesce(array_agg((p::int8 & 4294967295)::int ORDER BY p::int8), '{}')
  FROM jsonb_array_elements_text(places->phrase::text) AS p WHERE p::int8 >> 32 = c $$;

-- How many tokens each of these phrases has.
CREATE OR REPLACE FUNCTION howdah.fts4_sizes(query jsonb, numbers int[]) RETURNS int[] LANGUAGE sql IMMUTABLE PARALLEL SAFE AS $$
  SELECT ARRAY(SELECT jsonb_array_length(query->'phrases'->i->'terms') FROM unnest(numbers) WITH ORDINALITY u(i, o) ORDER BY o) $$;

-- ---------------------------------------------------------------------------------------------------- offsets

-- The tokens of a text in bytes: where each begins, and how long it is.
CREATE OR REPLACE FUNCTION howdah.fts4_byte_spans(spec jsonb, x text) RETURNS TABLE(place int, s int, size int)
LANGUAGE plpgsql IMMUTABLE PARALLEL SAFE AS $$
DECLARE
  p text[] := howdah.fts_pattern(spec);
BEGIN
  RETURN QUERY
    SELECT (o - 1)::int, (ended - octet_length(m[2]))::int, octet_length(m[2])
    FROM (SELECT m, o, sum(octet_length(m[1]) + octet_length(m[2])) OVER (ORDER BY o) AS ended
          FROM regexp_matches(x, '(' || p[1] || ')(' || p[2] || ')', 'g') WITH ORDINALITY r(m, o)) AS t
    ORDER BY o;
END $$;

CREATE OR REPLACE FUNCTION howdah.fts4_offsets(doc howdah.fts_doc, query jsonb, settled boolean, spec jsonb, texts text[]) RETURNS text
LANGUAGE plpgsql IMMUTABLE PARALLEL SAFE AS $$
DECLARE
  places jsonb;
  numbers int[];
  out text;
  list text;
BEGIN
  IF query IS NULL THEN RETURN ''; END IF;
  places := howdah.fts4_places(doc, query->'root', query->'phrases');
  numbers := howdah.fts4_reported(query->'root');
  FOR c IN 0 .. cardinality(texts) - 1 LOOP
    CONTINUE WHEN texts[c + 1] IS NULL;
    SELECT string_agg(c || ' ' || f.term || ' ' || t.s || ' ' || t.size, ' ' ORDER BY t.place, f.term)
    INTO list
    FROM (SELECT p + k AS place, s.before + k AS term
          FROM (SELECT n, size, sum(size) OVER (ORDER BY o) - size AS before
                FROM unnest(numbers, howdah.fts4_sizes(query, numbers)) WITH ORDINALITY u(n, size, o)) AS s,
               LATERAL unnest(howdah.fts4_column(places, s.n, c)) AS p, LATERAL generate_series(0, s.size - 1) AS k) AS f
    JOIN howdah.fts4_byte_spans(spec, texts[c + 1]) AS t ON t.place = f.place;
    out := coalesce(out || ' ' || list, list, out);
  END LOOP;
  RETURN out;
END $$;

-- ---------------------------------------------------------------------------------------------------- snippet

-- The best `n` tokens of a column: its score, where it begins, the tokens to mark and the phrases it has. `lists`: the
-- places of the last token of each phrase; `covered`: phrases that need not be shown again.
CREATE OR REPLACE FUNCTION howdah.fts4_best(lists jsonb, sizes int[], n int, covered int[],
                                            OUT score int, OUT start int, OUT marked int[], OUT shown int[], OUT seen int[])
LANGUAGE plpgsql IMMUTABLE PARALLEL SAFE AS $$
DECLARE
  count int := cardinality(sizes);
  heads int[] := array_fill(0, ARRAY[greatest(count, 1)]);
  tails int[] := array_fill(0, ARRAY[greatest(count, 1)]);
  at int := 0;
  ending int;
  points int;
  marks int[];
  shows int[];
  k int;
  place int;
BEGIN
  score := -1;
  start := 0;
  marked := '{}';
  shown := '{}';
  seen := ARRAY(SELECT DISTINCT i % 64 FROM generate_series(0, count - 1) AS i WHERE jsonb_array_length(lists->i) > 0);
  FOR i IN 1 .. count LOOP
    WHILE (lists->(i - 1)->>heads[i])::int < n LOOP heads[i] := heads[i] + 1; END LOOP;
  END LOOP;
  LOOP
    points := 0;
    marks := '{}';
    shows := '{}';
    FOR i IN 1 .. count LOOP
      k := tails[i];
      LOOP
        place := (lists->(i - 1)->>k)::int;
        EXIT WHEN place IS NULL OR place < at OR place >= at + n;
        points := points + CASE WHEN (i - 1) % 64 = ANY (shows || covered) THEN 1 ELSE 1000 END;
        shows := shows || (i - 1) % 64;
        FOR j IN 0 .. least(sizes[i], n) - 1 LOOP
          IF place - j >= at THEN marks := marks || place - j; END IF;
        END LOOP;
        k := k + 1;
      END LOOP;
    END LOOP;
    IF points > score THEN
      score := points;
      start := at;
      marked := marks;
      shown := shows;
    END IF;
    ending := NULL;
    FOR i IN 1 .. count LOOP
      ending := least(ending, (lists->(i - 1)->>heads[i])::int);
    END LOOP;
    EXIT WHEN ending IS NULL;
    at := ending - n + 1;
    FOR i IN 1 .. count LOOP
      WHILE (lists->(i - 1)->>heads[i])::int <= ending LOOP heads[i] := heads[i] + 1; END LOOP;
      WHILE (lists->(i - 1)->>tails[i])::int < at LOOP tails[i] := tails[i] + 1; END LOOP;
    END LOOP;
  END LOOP;
END $$;

-- A fragment's text: as many tokens behind what is marked as before it, where the column has them.
CREATE OR REPLACE FUNCTION howdah.fts4_fragment(spec jsonb, x text, start int, marked int[], n int, is_first boolean, is_last boolean,
                                                opening text, closing text, ellipsis text) RETURNS text
LANGUAGE plpgsql IMMUTABLE PARALLEL SAFE AS $$
DECLARE
  t record;
  count int;
  beginning int;
  wanted int;
  done int := 0;
  out text := '';
BEGIN
  IF x IS NULL THEN RETURN NULL; END IF;
  SELECT count(*), min(s.s) FILTER (WHERE s.place = start) INTO count, beginning FROM howdah.fts_spans(spec, x) AS s;
  IF beginning IS NULL THEN RETURN x; END IF;
  wanted := ((SELECT min(m) FROM unnest(marked) m) - start - (n - 1 - ((SELECT max(m) FROM unnest(marked) m) - start))) / 2;
  IF wanted > 0 THEN start := start + greatest(least(wanted, count - start - n), 0); END IF;
  out := CASE WHEN start > 0 OR NOT is_first THEN ellipsis ELSE left(x, beginning) END;
  FOR t IN SELECT * FROM howdah.fts_spans(spec, x) AS s WHERE s.place >= start ORDER BY s.place LIMIT n LOOP
    IF t.place > start THEN out := out || substr(x, done + 1, t.s - done); END IF;
    out := out || CASE WHEN t.place = ANY (marked) THEN opening || substr(x, t.s + 1, t.e - t.s) || closing
                       ELSE substr(x, t.s + 1, t.e - t.s) END;
    done := t.e;
  END LOOP;
  RETURN out || CASE WHEN start + n >= count THEN substr(x, done + 1) WHEN is_last THEN ellipsis ELSE '' END;
END $$;

CREATE OR REPLACE FUNCTION howdah.fts4_snippet(doc howdah.fts_doc, query jsonb, settled boolean, spec jsonb, texts text[],
                                               opening text, closing text, ellipsis text, c int8, tokens int8) RETURNS text
LANGUAGE plpgsql IMMUTABLE PARALLEL SAFE AS $$
DECLARE
  numbers int[];
  sizes int[];
  places jsonb;
  lists jsonb[] := '{}';
  n int;
  fragments jsonb[];
  covered int[];
  seen int[];
  best int;
  chosen jsonb;
  pick record;
  fragment text;
  out text;
BEGIN
  IF opening IS NULL OR closing IS NULL OR ellipsis IS NULL THEN
    PERFORM howdah.err('howdah: snippet() with NULL for a text, which SQLite calls "out of memory"', '0A000');
  END IF;
  IF query IS NULL OR coalesce(tokens, 0) = 0 THEN RETURN ''; END IF;
  numbers := howdah.fts4_reported(query->'root');
  sizes := howdah.fts4_sizes(query, numbers);
  places := howdah.fts4_places(doc, query->'root', query->'phrases');
  FOR i IN 0 .. cardinality(texts) - 1 LOOP
    lists := lists || (SELECT jsonb_agg(to_jsonb(ARRAY(SELECT p + sizes[o] - 1 FROM unnest(howdah.fts4_column(places, k, i)) p ORDER BY p)) ORDER BY o)
                       FROM unnest(numbers) WITH ORDINALITY u(k, o));
  END LOOP;
  FOR count IN 1 .. 4 LOOP
    covered := '{}';
    seen := '{}';
    fragments := '{}';
    n := CASE WHEN tokens > 0 THEN (least(tokens, 64) + count - 1) / count ELSE least(-tokens, 64) END;
    FOR k IN 1 .. count LOOP
      best := -1;
      chosen := '{"c": 0, "start": 0, "marked": [], "shown": []}';
      FOR i IN 0 .. cardinality(texts) - 1 LOOP
        CONTINUE WHEN c >= 0 AND c <> i;
        pick := howdah.fts4_best(lists[i + 1], sizes, n, covered);
        seen := seen || pick.seen;
        IF pick.score > best THEN
          best := pick.score;
          chosen := jsonb_build_object('c', i, 'start', pick.start, 'marked', pick.marked, 'shown', pick.shown);
        END IF;
      END LOOP;
      covered := covered || ARRAY(SELECT jsonb_array_elements_text(chosen->'shown')::int);
      fragments := fragments || chosen;
    END LOOP;
    EXIT WHEN seen <@ covered;
  END LOOP;
  FOR k IN 1 .. cardinality(fragments) LOOP
    fragment := howdah.fts4_fragment(spec, texts[(fragments[k]->>'c')::int + 1], (fragments[k]->>'start')::int,
                                     ARRAY(SELECT jsonb_array_elements_text(fragments[k]->'marked')::int), n, k = 1,
                                     k = cardinality(fragments), opening, closing, ellipsis);
    out := coalesce(out || fragment, out, fragment);
  END LOOP;
  RETURN out;
END $$;

-- ---------------------------------------------------------------------------------------------------- matchinfo

-- What matchinfo() says of the whole table: the rows, the tokens of each column, and of each reported phrase and column
-- how often it is there and in how many rows.
CREATE OR REPLACE FUNCTION howdah.fts4_statistics(t regclass, columns int, query jsonb, format text) RETURNS int8[]
LANGUAGE plpgsql STABLE PARALLEL SAFE AS $$
DECLARE
  numbers int[];
  chain boolean;
  counts int8[];
  out int8[];
BEGIN
  IF query IS NULL THEN RETURN '{}'; END IF;
  out := array_fill(0::int8, ARRAY[1 + columns]);
  IF format ~ '[na]' THEN
    EXECUTE format('SELECT count(*) || ARRAY(SELECT (SELECT sum((i.doc).sizes[c]) FROM (SELECT "~doc" AS doc FROM %1$s) AS i) FROM generate_series(1, $1) AS c ORDER BY c) FROM %1$s', t)
      INTO out USING columns;
  END IF;
  IF format !~ 'x' THEN RETURN out; END IF;
  numbers := howdah.fts4_reported(query->'root');
  chain := query->'root'->>'op' = 'chain';
  FOR i IN 1 .. cardinality(numbers) LOOP
    EXECUTE format('SELECT coalesce(array_agg(x ORDER BY c, k), ''{}'')
      FROM (SELECT c, count(p) AS times, count(DISTINCT f.r) AS rows
            FROM generate_series(0, $1 - 1) AS c
            LEFT JOIN (SELECT i.r, p FROM (SELECT rowid AS r, "~doc" AS doc FROM %s) AS i, LATERAL unnest(%s) AS p WHERE howdah.fts_vector(i.doc) @@ $2) AS f ON f.p >> 32 = c
            GROUP BY c) AS s, LATERAL (VALUES (1, times), (2, rows)) AS v(k, x)', t,
      CASE WHEN chain THEN 'ARRAY(SELECT jsonb_array_elements_text(howdah.fts_hits(i.doc, $3, $4)->($5::text))::int8)'
           ELSE 'howdah.fts_phrase(i.doc, $4->$5)' END)
      INTO counts USING columns, (query->'phrases'->numbers[i]->>'candidates')::tsquery, query->'root', query->'phrases', numbers[i];
    out := out || counts;
  END LOOP;
  RETURN out;
END $$;

-- The longest run of phrases in each column that stand there as in the query (fts3MatchinfoLcs).
CREATE OR REPLACE FUNCTION howdah.fts4_runs(places jsonb, numbers int[], sizes int[], c int) RETURNS int
LANGUAGE plpgsql IMMUTABLE PARALLEL SAFE AS $$
DECLARE
  lists jsonb := '[]';
  at int[] := array_fill(0, ARRAY[cardinality(numbers)]);
  before int := 0;
  best int := 0;
  run int;
  place int;
  last int;
  lowest int;
  moved int;
BEGIN
  -- Each place less the tokens of the query up to its phrase: those of one run have the same.
  FOR i IN 1 .. cardinality(numbers) LOOP
    before := before + sizes[i];
    lists := lists || jsonb_build_array(to_jsonb(ARRAY(SELECT p + sizes[i] - 1 - before FROM unnest(howdah.fts4_column(places, numbers[i], c)) p ORDER BY p)));
  END LOOP;
  LOOP
    run := 0;
    moved := NULL;
    lowest := NULL;
    last := NULL;
    FOR i IN 1 .. cardinality(numbers) LOOP
      place := (lists->(i - 1)->>at[i])::int;
      IF place IS NULL THEN
        run := 0;
      ELSE
        IF moved IS NULL OR place < lowest THEN
          moved := i;
          lowest := place;
        END IF;
        run := CASE WHEN run = 0 OR place = last THEN run + 1 ELSE 1 END;
        best := greatest(best, run);
      END IF;
      last := place;
    END LOOP;
    EXIT WHEN moved IS NULL;
    at[moved] := at[moved] + 1;
  END LOOP;
  RETURN best;
END $$;

-- Of the parts of a query that have all they need in a document, near or not: where their phrases are (fts3ExprLHitGather).
CREATE OR REPLACE FUNCTION howdah.fts4_gathered(doc howdah.fts_doc, node jsonb, phrases jsonb) RETURNS jsonb
LANGUAGE plpgsql IMMUTABLE PARALLEL SAFE AS $$
DECLARE
  op text := node->>'op';
  out jsonb;
  part jsonb;
  child jsonb;
BEGIN
  IF op = 'not' THEN PERFORM howdah.err('howdah: matchinfo() ''y'' and ''b'' of a query with NOT', '0A000'); END IF;
  IF op = 'near' THEN RETURN howdah.fts_hits(doc, node, phrases); END IF;
  IF op = 'chain' THEN
    IF EXISTS (SELECT FROM jsonb_array_elements_text(node->'of') AS i WHERE cardinality(howdah.fts_phrase(doc, phrases->(i::int))) = 0) THEN RETURN NULL; END IF;
    RETURN coalesce(howdah.fts_hits(doc, node, phrases), '{}');
  END IF;
  FOR child IN SELECT jsonb_array_elements(node->'of') LOOP
    part := howdah.fts4_gathered(doc, child, phrases);
    IF part IS NULL AND op = 'and' THEN RETURN NULL; END IF;
    out := coalesce(out || part, part, out);
  END LOOP;
  RETURN out;
END $$;

CREATE OR REPLACE FUNCTION howdah.fts4_has_chain(node jsonb) RETURNS boolean LANGUAGE sql IMMUTABLE PARALLEL SAFE AS $$
  SELECT jsonb_path_exists(node, '$.**.op ? (@ == "chain")') $$;

-- `letters`: those that the table's kind has.
CREATE OR REPLACE FUNCTION howdah.fts4_matchinfo(doc howdah.fts_doc, query jsonb, settled boolean, statistics int8[], format text, letters text) RETURNS bytea
LANGUAGE plpgsql IMMUTABLE PARALLEL SAFE AS $$
DECLARE
  columns int := cardinality((doc).sizes);
  root jsonb := query->'root';
  numbers int[];
  sizes int[];
  places jsonb;
  gathered jsonb;
  letter text;
  n int;
  values int8[] := '{}';
BEGIN
  IF query IS NULL THEN RETURN ''; END IF;
  FOREACH letter IN ARRAY string_to_array(format, NULL) LOOP
    IF strpos(letters, letter) = 0 THEN PERFORM howdah.err('unrecognized matchinfo request: ' || letter, 'HW001'); END IF;
  END LOOP;
  IF format ~ 'x' AND root->>'op' <> 'chain' AND howdah.fts4_has_chain(root) THEN
    PERFORM howdah.err('howdah: matchinfo() ''x'' of a query in which NEAR is not all', '0A000');
  END IF;
  IF format ~ 'b' AND columns > 31 THEN PERFORM howdah.err('howdah: matchinfo() ''b'' of more than 31 columns', '0A000'); END IF;
  numbers := howdah.fts4_reported(root);
  n := cardinality(numbers);
  sizes := howdah.fts4_sizes(query, numbers);
  places := howdah.fts4_places(doc, root, query->'phrases');
  IF format ~ '[yb]' THEN gathered := howdah.fts4_gathered(doc, root, query->'phrases'); END IF;
  FOREACH letter IN ARRAY string_to_array(format, NULL) LOOP
    values := values || CASE letter
      WHEN 'p' THEN ARRAY[n::int8]
      WHEN 'c' THEN ARRAY[columns::int8]
      WHEN 'n' THEN statistics[1:1]
      WHEN 'a' THEN ARRAY(SELECT (s + statistics[1] / 2) / statistics[1] FROM unnest(statistics[2:columns + 1]) WITH ORDINALITY u(s, o) ORDER BY o)
      WHEN 'l' THEN (doc).sizes::int8[]
      WHEN 's' THEN ARRAY(SELECT howdah.fts4_runs(places, numbers, sizes, c)::int8 FROM generate_series(0, columns - 1) AS c ORDER BY c)
      WHEN 'x' THEN ARRAY(SELECT CASE k WHEN 0 THEN cardinality(howdah.fts4_column(places, numbers[i], c))
                                        ELSE statistics[1 + columns + ((i - 1) * columns + c) * 2 + k] END
                          FROM generate_series(1, n) AS i, generate_series(0, columns - 1) AS c, generate_series(0, 2) AS k ORDER BY i, c, k)
      WHEN 'y' THEN ARRAY(SELECT cardinality(howdah.fts4_column(gathered, numbers[i], c))::int8
                          FROM generate_series(1, n) AS i, generate_series(0, columns - 1) AS c ORDER BY i, c)
      ELSE ARRAY(SELECT coalesce(sum(DISTINCT 1::int8 << c) FILTER (WHERE cardinality(howdah.fts4_column(gathered, numbers[i], c)) > 0), 0)::int8
                 FROM generate_series(1, n) AS i, generate_series(0, columns - 1) AS c GROUP BY i ORDER BY i)
      END;
  END LOOP;
  -- Integers of 32 bits, the lowest byte first.
  RETURN (SELECT coalesce(string_agg(set_byte(set_byte(set_byte(set_byte('\x00000000'::bytea, 0, (v & 255)::int), 1, (v >> 8 & 255)::int), 2, (v >> 16 & 255)::int), 3, (v >> 24 & 255)::int), ''::bytea ORDER BY o), ''::bytea)
          FROM unnest(values) WITH ORDINALITY u(v, o));
END $$;
