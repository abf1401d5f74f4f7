-- fts5's own functions (https://sqlite.org/fts5.html#_auxiliary_functions_): bm25(), highlight() and snippet() of the rows
-- that 92_full_text.sql finds.

-- ---------------------------------------------------------------------------------------------------- bm25

-- The average length of a document, then the IDF of each phrase, over the whole table.
CREATE OR REPLACE FUNCTION howdah.fts_statistics(t regclass, query jsonb) RETURNS float8[]
LANGUAGE plpgsql STABLE PARALLEL SAFE AS $$
DECLARE
  rows int8;
  tokens int8;
  hits int8;
  phrase jsonb;
  idf float8;
  out float8[];
BEGIN
  IF query IS NULL THEN RETURN '{}'; END IF;
  EXECUTE format('SELECT count(*), coalesce(sum(howdah.fts_size("~doc")), 0) FROM %s', t) INTO rows, tokens;
  out := ARRAY[CASE WHEN rows > 0 THEN tokens::float8 / rows::float8 ELSE 0 END];
  FOR phrase IN SELECT p FROM jsonb_array_elements(query->'phrases') WITH ORDINALITY u(p, o) ORDER BY o LOOP
    EXECUTE format('SELECT count(*) FROM %s WHERE howdah.fts_vector("~doc") @@ $1', t) ||
            CASE WHEN phrase ? 'exact' THEN '' ELSE ' AND cardinality(howdah.fts_phrase("~doc", $2)) > 0' END
      INTO hits USING (phrase->>'candidates')::tsquery, phrase;
    idf := ln((rows - hits + 0.5::float8) / (hits + 0.5::float8));
    out := out || CASE WHEN idf <= 0 THEN 1e-6::float8 ELSE idf END;
  END LOOP;
  RETURN out;
END $$;

-- fts5Bm25Function, operation by operation: the sums of floats are the same.
CREATE OR REPLACE FUNCTION howdah.fts_bm25(doc howdah.fts_doc, query jsonb, statistics float8[], weights float8[]) RETURNS float8
LANGUAGE plpgsql IMMUTABLE PARALLEL SAFE AS $$
DECLARE
  k1 CONSTANT float8 := 1.2;
  b CONSTANT float8 := 0.75;
  one CONSTANT float8 := 1.0;
  hits jsonb := howdah.fts_hits(doc, query->'root', query->'phrases');
  size float8 := cardinality((doc).tokens);
  score float8 := 0.0;
  freq float8;
  place text;
BEGIN
  IF query IS NULL OR NOT statistics[1] > 0 THEN RETURN -one * score; END IF;
  FOR i IN 0 .. cardinality(statistics) - 2 LOOP
    freq := 0;
    FOR place IN SELECT jsonb_array_elements_text(hits->i::text) LOOP
      freq := freq + coalesce(weights[(place::int8 >> 32) + 1], one);
    END LOOP;
    score := score + statistics[i + 2] * ((freq * (k1 + one)) / (freq + k1 * (1 - b + b * size / statistics[1])));
  END LOOP;
  RETURN -one * score;
END $$;

-- The arguments of "bm25(10.0, 5)".
CREATE OR REPLACE FUNCTION howdah.fts_weights(rank text) RETURNS float8[] LANGUAGE plpgsql IMMUTABLE PARALLEL SAFE AS $$
DECLARE
  m text[] := regexp_match(rank, '^\s*([A-Za-z0-9_]+)\s*\(\s*(.*?)\s*\)\s*$');
BEGIN
  IF m IS NULL THEN
    PERFORM howdah.err('parse error in rank function: ' || coalesce(rank, ''), 'HW001');
  ELSIF lower(m[1] COLLATE "C") <> 'bm25' OR m[2] !~ '^([-+0-9.eE]+(\s*,\s*[-+0-9.eE]+)*)?$' THEN
    PERFORM howdah.err('howdah: a rank function other than bm25() of numbers', '0A000');
  END IF;
  RETURN CASE WHEN m[2] = '' THEN '{}'::float8[] ELSE string_to_array(m[2], ',')::float8[] END;
END $$;

-- The rank function that a table was given is kept as its comment: it goes where the table goes.
CREATE OR REPLACE FUNCTION howdah.fts_rank_weights(t regclass) RETURNS float8[] LANGUAGE plpgsql STABLE PARALLEL SAFE AS $$
DECLARE
  rank text := substring(obj_description(t, 'pg_class') FROM '^rank=(.*)$');
BEGIN
  RETURN CASE WHEN rank IS NULL THEN '{}'::float8[] ELSE howdah.fts_weights(rank) END;
END $$;
CREATE OR REPLACE FUNCTION howdah.fts_set_rank(t regclass, rank text) RETURNS int LANGUAGE plpgsql AS $$
BEGIN
  PERFORM howdah.fts_weights(rank);
  EXECUTE format('COMMENT ON TABLE %s IS %L', t, 'rank=' || rank);
  RETURN 1;
END $$;

-- ---------------------------------------------------------------------------------------------------- highlight, snippet

-- Instances of phrases in the order of their places: phrase, column and place of each, one after the other.
CREATE OR REPLACE FUNCTION howdah.fts_instances(hits jsonb) RETURNS int[] LANGUAGE sql IMMUTABLE PARALLEL SAFE AS $$
  SELECT coalesce(array_agg(x ORDER BY at, phrase, k), '{}')
  FROM (SELECT key::int AS phrase, value::int8 AS at FROM jsonb_each(hits) AS h(key, list), LATERAL jsonb_array_elements_text(list) AS l(value)) AS i,
       LATERAL (VALUES (1, phrase), (2, (at >> 32)::int), (3, (at & 4294967295)::int)) AS v(k, x) $$;

CREATE OR REPLACE FUNCTION howdah.fts_phrase_sizes(query jsonb) RETURNS int[] LANGUAGE sql IMMUTABLE PARALLEL SAFE AS $$
  SELECT coalesce(array_agg(jsonb_array_length(p->'terms') ORDER BY o), '{}') FROM jsonb_array_elements(query->'phrases') WITH ORDINALITY u(p, o) $$;

-- First and last tokens of what is highlighted in a column: instances that overlap become one.
CREATE OR REPLACE FUNCTION howdah.fts_ranges(instances int[], sizes int[], c int) RETURNS int[]
LANGUAGE plpgsql IMMUTABLE PARALLEL SAFE AS $$
DECLARE
  out int[] := '{}';
  n int := 0;
  last int;
BEGIN
  FOR i IN 1 .. cardinality(instances) BY 3 LOOP
    CONTINUE WHEN instances[i + 1] <> c;
    last := instances[i + 2] - 1 + sizes[instances[i] + 1];
    IF n > 0 AND instances[i + 2] <= out[n] THEN
      out[n] := greatest(out[n], last);
    ELSE
      out := out || instances[i + 2];
      out := out || last;
      n := n + 2;
    END IF;
  END LOOP;
  RETURN out;
END $$;

-- fts5HighlightCb: the text from `done` on with the ranges marked, up to the last token that matters; `ending` is how far
-- it came. With range_end > 0 only those tokens are looked at.
CREATE OR REPLACE FUNCTION howdah.fts_mark(spec jsonb, x text, ranges int[], opening text, closing text, range_start int, range_end int,
                                           OUT marked text, OUT ending int)
LANGUAGE plpgsql IMMUTABLE PARALLEL SAFE AS $$
DECLARE
  t record;
  k int := 1;
  rest text := x || ''; -- what is behind `ending`: taken from its front, for a place in the whole text is counted from there
  pieces text[] := '{}';
BEGIN
  ending := 0;
  FOR t IN SELECT * FROM howdah.fts_spans(spec, x) LOOP
    IF range_end > 0 THEN
      CONTINUE WHEN t.place < range_start OR t.place > range_end;
      IF range_start > 0 AND t.place = range_start AND t.s > 0 THEN
        rest := right(rest, ending - t.s);
        ending := t.s;
      END IF;
    END IF;
    IF t.place = ranges[k] THEN
      IF t.s < ending THEN
        PERFORM howdah.err('howdah: highlight() of trigrams that touch each other', '0A000');
      ELSIF t.s > ending THEN
        pieces := pieces || left(rest, t.s - ending);
        rest := right(rest, ending - t.s);
        ending := t.s;
      END IF;
      pieces := pieces || opening;
    END IF;
    IF t.place = ranges[k + 1] THEN
      IF range_end <> 0 AND ranges[k] < range_start THEN pieces := pieces || opening; END IF;
      pieces := pieces || left(rest, t.e - ending);
      pieces := pieces || closing;
      rest := right(rest, ending - t.e);
      ending := t.e;
      k := k + 2;
    END IF;
    IF range_end > 0 AND t.place = range_end THEN
      pieces := pieces || left(rest, greatest(t.e - ending, 0));
      ending := t.e;
      IF t.place >= ranges[k] AND t.place < ranges[k + 1] THEN pieces := pieces || closing; END IF;
    END IF;
  END LOOP;
  marked := array_to_string(pieces, '');
END $$;

CREATE OR REPLACE FUNCTION howdah.fts_highlight(doc howdah.fts_doc, query jsonb, spec jsonb, texts text[], c int8, opening text, closing text)
RETURNS text LANGUAGE plpgsql IMMUTABLE PARALLEL SAFE AS $$
DECLARE
  x text := CASE WHEN c BETWEEN 0 AND cardinality(texts) - 1 THEN texts[c + 1] END;
  ranges int[];
  m record;
BEGIN
  IF c < 0 THEN PERFORM howdah.err('howdah: highlight() of a column before the first', '0A000'); END IF;
  IF x IS NULL THEN RETURN NULL; END IF;
  ranges := howdah.fts_ranges(howdah.fts_instances(howdah.fts_hits(doc, query->'root', query->'phrases')), howdah.fts_phrase_sizes(query), c::int);
  SELECT * INTO m FROM howdah.fts_mark(spec, x, ranges, coalesce(opening, ''), coalesce(closing, ''), 0, 0);
  RETURN m.marked || substr(x, m.ending + 1);
END $$;

-- fts5SnippetScore: the score of `tokens` tokens from `start` on, and where they would better begin. The first instance there
-- is the one at `k`.
CREATE OR REPLACE FUNCTION howdah.fts_snippet_score(instances int[], k int, sizes int[], c int, start int, tokens int, doc_size int,
                                                    OUT score int, OUT adjusted int)
LANGUAGE plpgsql IMMUTABLE PARALLEL SAFE AS $$
DECLARE
  seen int[] := '{}';
  first int := -1;
  last int := 0;
BEGIN
  score := 0;
  FOR i IN k .. cardinality(instances) BY 3 LOOP
    EXIT WHEN instances[i + 1] <> c OR instances[i + 2] >= start + tokens;
    score := score + CASE WHEN instances[i] = ANY (seen) THEN 1 ELSE 1000 END;
    seen := seen || instances[i];
    IF first < 0 THEN first := instances[i + 2]; END IF;
    last := instances[i + 2] + sizes[instances[i] + 1];
  END LOOP;
  adjusted := first - (tokens - (last - first)) / 2;
  IF adjusted + tokens > doc_size THEN adjusted := doc_size - tokens; END IF;
  adjusted := greatest(adjusted, 0);
END $$;

-- Tokens that begin a sentence: the first one, and what has nothing but white space between itself and a point or colon.
CREATE OR REPLACE FUNCTION howdah.fts_sentences(spec jsonb, x text) RETURNS int[] LANGUAGE plpgsql IMMUTABLE PARALLEL SAFE AS $$
DECLARE
  points int[]; -- behind each of them, and behind the white space that follows
  spaces int[];
  k int := 0;
  t record;
  out int[] := '{}';
BEGIN
  SELECT array_agg(ended - space ORDER BY o), array_agg(ended ORDER BY o) INTO points, spaces
  FROM (SELECT o, length(m[2]) AS space, sum(length(m[1]) + length(m[2])) OVER (ORDER BY o) AS ended
        FROM regexp_matches(x, '([^.:]*[.:])([ \t\n\r]*)', 'g') WITH ORDINALITY r(m, o)) AS p;
  FOR t IN SELECT * FROM howdah.fts_spans(spec, x) LOOP
    WHILE points[k + 1] <= t.s LOOP k := k + 1; END LOOP;
    IF t.place = 0 OR (t.s > points[k] AND t.s <= spaces[k]) THEN out := out || t.place; END IF;
  END LOOP;
  RETURN out;
END $$;

CREATE OR REPLACE FUNCTION howdah.fts_snippet(doc howdah.fts_doc, query jsonb, spec jsonb, texts text[], c int8, opening text, closing text,
                                              ellipsis text, tokens int8)
RETURNS text LANGUAGE plpgsql IMMUTABLE PARALLEL SAFE AS $$
DECLARE
  instances int[] := howdah.fts_instances(howdah.fts_hits(doc, query->'root', query->'phrases'));
  sizes int[] := howdah.fts_phrase_sizes(query);
  n int := tokens::int;
  best_column int := greatest(c, 0);
  best_start int := 0;
  best_score int := 0;
  column_size int := 0;
  size int;
  firsts int[];
  at int;
  j int; -- the sentence in which `at` is
  low int; -- the first instance at `at`, and the first one of the sentence
  early int;
  s record;
  ranges int[];
  m record;
  x text;
BEGIN
  opening := coalesce(opening, '');
  closing := coalesce(closing, '');
  ellipsis := coalesce(ellipsis, '');
  FOR i IN 0 .. cardinality(texts) - 1 LOOP
    CONTINUE WHEN c >= 0 AND c <> i;
    firsts := howdah.fts_sentences(spec, texts[i + 1]);
    size := (doc).sizes[i + 1];
    j := 1;
    low := 1;
    early := 1;
    FOR k IN 1 .. cardinality(instances) BY 3 LOOP
      CONTINUE WHEN instances[k + 1] <> i;
      at := instances[k + 2];
      WHILE instances[low + 1] < i OR instances[low + 2] < at LOOP low := low + 3; END LOOP;
      SELECT * INTO s FROM howdah.fts_snippet_score(instances, low, sizes, i, at, n, size);
      IF s.score > best_score THEN
        best_score := s.score;
        best_column := i;
        best_start := s.adjusted;
        column_size := size;
      END IF;
      IF cardinality(firsts) > 0 AND size > n THEN
        WHILE j < cardinality(firsts) AND firsts[j + 1] <= at LOOP j := j + 1; END LOOP;
        IF firsts[j] < at THEN
          WHILE instances[early + 1] < i OR instances[early + 2] < firsts[j] LOOP early := early + 3; END LOOP;
          SELECT * INTO s FROM howdah.fts_snippet_score(instances, early, sizes, i, firsts[j], n, size);
          s.score := s.score + CASE WHEN firsts[j] = 0 THEN 120 ELSE 100 END;
          IF s.score > best_score THEN
            best_score := s.score;
            best_column := i;
            best_start := firsts[j];
            column_size := size;
          END IF;
        END IF;
      END IF;
    END LOOP;
  END LOOP;
  x := texts[best_column + 1];
  IF x IS NULL THEN RETURN NULL; END IF;
  -- Without MATCH fts5 has not read the sizes.
  IF column_size = 0 AND query IS NOT NULL THEN column_size := (doc).sizes[best_column + 1]; END IF;
  ranges := howdah.fts_ranges(instances, sizes, best_column);
  j := 1;
  WHILE ranges[j] < best_start LOOP j := j + 2; END LOOP;
  ranges := ranges[j:];
  SELECT * INTO m FROM howdah.fts_mark(spec, x, ranges, opening, closing, best_start, best_start + n - 1);
  RETURN CASE WHEN best_start > 0 THEN ellipsis ELSE '' END || m.marked ||
         CASE WHEN best_start + n - 1 >= column_size - 1 THEN substr(x, m.ending + 1) ELSE ellipsis END;
END $$;
