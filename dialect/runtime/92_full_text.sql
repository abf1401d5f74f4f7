-- fts5 on PostgreSQL (catalogue 16, dialect/full_text.cpp).
--
-- A row's document is the tokens of its columns, one after the other, and how many each column has. The GIN index is on
-- howdah.fts_vector(doc): lexemes "column:token". A query comes as a tsquery over these and, where positions matter or
-- are reported, as JSON (dialect/full_text_query.cpp):
--   {"root": node, "phrases": [{"terms": [..], "prefix": [..], "columns": [..], "first": true, "candidates": tsquery}]}
--   node: {"op": "and" | "or" | "not" | "near" | "none", "of": [nodes; of near: numbers of phrases], "n": distance}
-- and of fts4 also {"op": "chain", "of": [numbers of phrases], "n": [distances from one to the next]}.
DO $do$
BEGIN
  IF to_regtype('howdah.fts_doc') IS NULL THEN
    CREATE TYPE howdah.fts_doc AS (tokens text[], sizes int[]);
  END IF;
END $do$;

-- What is indexed of a value: its text.
CREATE OR REPLACE FUNCTION howdah.fts_text(x howdah.v) RETURNS text LANGUAGE sql IMMUTABLE PARALLEL SAFE AS $$
  SELECT howdah.v2t(x) $$;

-- ---------------------------------------------------------------------------------------------------- tokenizers

-- Consonants and vowels of a word as "c" and "v"; a byte beyond ASCII counts as a consonant, a y as a vowel behind one.
CREATE OR REPLACE FUNCTION howdah.fts_letters(word text) RETURNS text LANGUAGE plpgsql IMMUTABLE PARALLEL SAFE AS $$
DECLARE
  out text := '';
  c text;
BEGIN
  IF strpos(word, 'y') = 0 THEN
    RETURN regexp_replace(regexp_replace(regexp_replace(word, '[^\u0001-\u007f]', 'cc', 'g'), '[aeiou]', 'V', 'g'), '[^V]', 'c', 'g');
  END IF;
  FOREACH c IN ARRAY string_to_array(word, NULL) LOOP
    out := out || CASE WHEN c IN ('a', 'e', 'i', 'o', 'u') OR (c = 'y' AND right(out, 1) = 'c') THEN 'V'
                       WHEN octet_length(c) > 1 THEN 'cc' ELSE 'c' END;
  END LOOP;
  RETURN out;
END $$;
-- (*o): ends in consonant, vowel, consonant, the last not w, x or y.
CREATE OR REPLACE FUNCTION howdah.fts_ends_cvc(word text) RETURNS boolean LANGUAGE sql IMMUTABLE PARALLEL SAFE AS $$
  SELECT right(word, 1) NOT IN ('w', 'x', 'y') AND howdah.fts_letters(word) ~ 'cVc$' $$;

-- The first suffix of `rules` ("suffix:replacement") that the word ends in, before which something stands, is replaced
-- when the stem has `wanted` sequences of vowels and consonants. Nothing else is tried then.
CREATE OR REPLACE FUNCTION howdah.fts_suffix(word text, wanted int, rules text[]) RETURNS text
LANGUAGE plpgsql IMMUTABLE PARALLEL SAFE AS $$
DECLARE
  rule text;
  suffix text;
  stem text;
BEGIN
  FOREACH rule IN ARRAY rules LOOP
    suffix := split_part(rule, ':', 1);
    CONTINUE WHEN length(word) <= length(suffix) OR right(word, length(suffix)) <> suffix;
    stem := left(word, -length(suffix));
    IF howdah.fts_letters(stem) ~ (CASE wanted WHEN 1 THEN 'Vc' ELSE 'Vc.*Vc' END)
       AND (suffix <> 'ion' OR right(stem, 1) IN ('s', 't')) THEN
      RETURN stem || split_part(rule, ':', 2);
    END IF;
    RETURN word;
  END LOOP;
  RETURN word;
END $$;

-- fts5's Porter stemmer (fts5_tokenize.c), which differs from Porter's paper in a few rules.
CREATE OR REPLACE FUNCTION howdah.fts_porter(word text) RETURNS text LANGUAGE plpgsql IMMUTABLE PARALLEL SAFE AS $$
DECLARE
  stem text;
  n int := octet_length(word);
BEGIN
  IF n < 3 OR n > 64 THEN RETURN word; END IF;
  -- 1a
  IF right(word, 1) = 's' THEN
    IF right(word, 2) = 'es' THEN
      word := left(word, CASE WHEN (n > 4 AND right(word, 4) = 'sses') OR (n > 3 AND right(word, 3) = 'ies') THEN -2 ELSE -1 END);
    ELSIF right(word, 2) <> 'ss' THEN
      word := left(word, -1);
    END IF;
  END IF;
  -- 1b
  stem := NULL;
  IF word ~ '.eed$' THEN
    IF howdah.fts_letters(left(word, -3)) ~ 'Vc' THEN word := left(word, -1); END IF;
  ELSIF word ~ '.ed$' AND left(word, -2) ~ '^[aeiou]|.[aeiouy]' THEN
    stem := left(word, -2);
  ELSIF word ~ '.ing$' AND left(word, -3) ~ '^[aeiou]|.[aeiouy]' THEN
    stem := left(word, -3);
  END IF;
  IF stem IS NOT NULL THEN
    IF stem ~ '.(at|bl|iz)$' THEN
      word := stem || 'e';
    ELSIF right(stem, 1) NOT IN ('a', 'e', 'i', 'o', 'u', 'l', 's', 'z') AND right(stem, 1) = left(right(stem, 2), 1) AND length(stem) > 1 THEN
      word := left(stem, -1);
    ELSIF howdah.fts_letters(stem) ~ 'Vc' AND howdah.fts_letters(stem) !~ 'Vc.*Vc' AND howdah.fts_ends_cvc(stem) THEN
      word := stem || 'e';
    ELSE
      word := stem;
    END IF;
  END IF;
  -- 1c
  IF right(word, 1) = 'y' AND left(word, -1) ~ '^[aeiou]|.[aeiouy]' THEN word := left(word, -1) || 'i'; END IF;
  word := howdah.fts_suffix(word, 1, '{ational:ate,tional:tion,enci:ence,anci:ance,izer:ize,logi:log,bli:ble,alli:al,entli:ent,eli:e,ousli:ous,ization:ize,ation:ate,ator:ate,alism:al,iveness:ive,fulness:ful,ousness:ous,aliti:al,iviti:ive,biliti:ble}');
  word := howdah.fts_suffix(word, 1, '{ical:ic,ness:,icate:ic,iciti:ic,ful:,ative:,alize:al}');
  word := howdah.fts_suffix(word, 2, '{al:,ance:,ence:,er:,ic:,able:,ible:,ant:,ement:,ment:,ent:,ion:,ou:,ism:,ate:,iti:,ous:,ive:,ize:}');
  -- 5
  IF right(word, 1) = 'e' THEN
    stem := left(word, -1);
    IF howdah.fts_letters(stem) ~ 'Vc.*Vc' OR (howdah.fts_letters(stem) ~ 'Vc' AND NOT howdah.fts_ends_cvc(stem)) THEN
      word := stem;
    END IF;
  END IF;
  IF right(word, 2) = 'll' AND howdah.fts_letters(left(word, -1)) ~ 'Vc.*Vc' THEN word := left(word, -1); END IF;
  RETURN word;
END $$;

-- Characters as they stand inside a bracket expression.
CREATE OR REPLACE FUNCTION howdah.fts_escaped(x text) RETURNS text LANGUAGE sql IMMUTABLE PARALLEL SAFE AS $$
  SELECT coalesce(string_agg('\U' || lpad(to_hex(ascii(c)), 8, '0'), ''), '') FROM unnest(string_to_array(x, NULL)) c $$;

-- What lies between tokens, and a token: two regular expressions.
CREATE OR REPLACE FUNCTION howdah.fts_pattern(spec jsonb) RETURNS text[] LANGUAGE plpgsql IMMUTABLE PARALLEL SAFE AS $$
DECLARE
  ascii boolean := spec->>'kind' = 'ascii';
  marks text := CASE WHEN ascii THEN '' ELSE howdah.fts_marks() END;
  separators text := '\u0001-\u002f\u003a-\u0040\u005b-\u0060\u007b-\u007f' ||
    CASE WHEN ascii THEN '' ELSE howdah.fts_separators() END;
  more text := regexp_replace(coalesce(spec->>'tokenchars', ''), CASE WHEN ascii THEN '[^\u0001-\u007f]' ELSE '[' || howdah.fts_marks() || ']' END, '', 'g');
  less text := regexp_replace(coalesce(spec->>'separators', ''), CASE WHEN ascii THEN '[^\u0001-\u007f]' ELSE '[' || howdah.fts_marks() || ']' END, '', 'g');
  gap text;
  beginning text;
  rest text;
BEGIN
  separators := separators || howdah.fts_escaped(less);
  gap := '[' || separators || marks || ']';
  beginning := '[^' || separators || marks || ']';
  rest := '[^' || separators || ']';
  IF more <> '' THEN
    more := '[' || howdah.fts_escaped(more) || ']';
    gap := '(?:(?!' || more || ')' || gap || ')';
    beginning := '(?:' || beginning || '|' || more || ')';
    rest := '(?:' || rest || '|' || more || ')';
  END IF;
  RETURN ARRAY[gap || '*', beginning || rest || '*'];
END $$;

-- A token as it is indexed.
CREATE OR REPLACE FUNCTION howdah.fts_token(spec jsonb, token text) RETURNS text LANGUAGE plpgsql IMMUTABLE PARALLEL SAFE AS $$
BEGIN
  IF spec ? 'porter4' THEN RETURN howdah.fts4_porter(token); END IF;
  token := CASE WHEN spec->>'kind' = 'ascii' THEN lower(token COLLATE "C")
                ELSE howdah.fts_fold(token, (spec->>'diacritics')::int) END;
  RETURN CASE WHEN spec ? 'porter' THEN howdah.fts_porter(token) ELSE token END;
END $$;

CREATE OR REPLACE FUNCTION howdah.fts_trigrams(spec jsonb, x text) RETURNS text[] LANGUAGE plpgsql IMMUTABLE PARALLEL SAFE AS $$
DECLARE
  c text[] := string_to_array(CASE WHEN spec ? 'case_sensitive' THEN x ELSE howdah.fts_fold(x, 0) END, NULL);
BEGIN
  IF spec ? 'porter' THEN
    RETURN ARRAY(SELECT howdah.fts_porter(c[i] || c[i + 1] || c[i + 2]) FROM generate_series(1, cardinality(c) - 2) i ORDER BY i);
  END IF;
  RETURN ARRAY(SELECT c[i] || c[i + 1] || c[i + 2] FROM generate_series(1, cardinality(c) - 2) i ORDER BY i);
END $$;

CREATE OR REPLACE FUNCTION howdah.fts_tokens(spec jsonb, x text) RETURNS text[] LANGUAGE plpgsql IMMUTABLE PARALLEL SAFE AS $$
DECLARE
  plain boolean := octet_length(x) = length(x) AND NOT spec ?| '{tokenchars,separators,porter}';
BEGIN
  IF x IS NULL OR x = '' THEN RETURN '{}'; END IF;
  IF spec->>'kind' = 'trigram' THEN RETURN howdah.fts_trigrams(spec, x); END IF;
  IF plain THEN
    RETURN string_to_array(btrim(regexp_replace(lower(x COLLATE "C"), '[^a-z0-9]+', ' ', 'g'), ' '), ' ');
  END IF;
  RETURN ARRAY(SELECT howdah.fts_token(spec, m[1]) FROM regexp_matches(x, (howdah.fts_pattern(spec))[2], 'g') WITH ORDINALITY r(m, o) ORDER BY o);
END $$;

-- Where each token stands, in characters from 0.
CREATE OR REPLACE FUNCTION howdah.fts_spans(spec jsonb, x text) RETURNS TABLE(place int, s int, e int)
LANGUAGE plpgsql IMMUTABLE PARALLEL SAFE AS $$
DECLARE
  p text[];
BEGIN
  IF spec->>'kind' = 'trigram' THEN
    IF octet_length(x) <> octet_length(howdah.fts_fold(x, 0)) THEN
      PERFORM howdah.err('howdah: highlight() of a trigram index where a letter changes its length with its case', '0A000');
    END IF;
    RETURN QUERY SELECT i, i, i + 3 FROM generate_series(0, length(x) - 3) i ORDER BY i;
    RETURN;
  END IF;
  p := howdah.fts_pattern(spec);
  RETURN QUERY
    SELECT (o - 1)::int, (ended - length(m[2]))::int, ended::int
    FROM (SELECT m, o, sum(length(m[1]) + length(m[2])) OVER (ORDER BY o) AS ended
          FROM regexp_matches(x, '(' || p[1] || ')(' || p[2] || ')', 'g') WITH ORDINALITY r(m, o)) AS t
    ORDER BY o;
END $$;

-- ---------------------------------------------------------------------------------------------------- documents

CREATE OR REPLACE FUNCTION howdah.fts_doc_of(spec jsonb, texts text[]) RETURNS howdah.fts_doc
LANGUAGE plpgsql IMMUTABLE PARALLEL SAFE AS $$
DECLARE
  doc howdah.fts_doc := ROW('{}', '{}');
  found text[];
  x text;
BEGIN
  FOREACH x IN ARRAY texts LOOP
    found := howdah.fts_tokens(spec, x);
    doc.tokens := doc.tokens || found;
    doc.sizes := doc.sizes || cardinality(found);
  END LOOP;
  RETURN doc;
END $$;

-- Cut to what a lexeme can hold; dialect/full_text_query.cpp cuts alike. COST is for the planner: the index is cheaper than
-- a walk along the rowids that makes each row's vector until a LIMIT is reached.
-- Without a query of its own unless a token is long or has a character that hardly any has: each INSERT comes here.
CREATE OR REPLACE FUNCTION howdah.fts_vector(doc howdah.fts_doc) RETURNS tsvector LANGUAGE plpgsql IMMUTABLE PARALLEL SAFE COST 1000 AS $$
DECLARE
  mark CONSTANT text := E'\x01';
  lexemes text[] := '{}';
  upto int := 0;
  c int := 0;
  size int;
  tokens text[];
  joined text;
BEGIN
  FOREACH size IN ARRAY coalesce(doc.sizes, '{}') LOOP
    IF size > 0 THEN
      tokens := doc.tokens[upto + 1 : upto + size];
      joined := array_to_string(tokens, mark);
      IF octet_length(joined) - octet_length(replace(joined, mark, '')) >= size OR
         (octet_length(joined) > 500 AND EXISTS (SELECT FROM unnest(tokens) AS token WHERE length(token) > 500)) THEN
        lexemes := lexemes || ARRAY(SELECT c || ':' || left(token, 500) FROM unnest(tokens) AS token);
      ELSE
        lexemes := lexemes || string_to_array(c || ':' || replace(joined, mark, mark || c || ':'), mark);
      END IF;
    END IF;
    upto := upto + size;
    c := c + 1;
  END LOOP;
  RETURN array_to_tsvector(lexemes);
END $$;

CREATE OR REPLACE FUNCTION howdah.fts_size(doc howdah.fts_doc) RETURNS int8 LANGUAGE sql IMMUTABLE PARALLEL SAFE AS $$
  SELECT cardinality((doc).tokens)::int8 $$;

-- The document of a row whose texts are not kept.
CREATE OR REPLACE FUNCTION howdah.fts_keep_doc() RETURNS trigger LANGUAGE plpgsql AS $$
DECLARE
  doc howdah.fts_doc := NEW."~doc";
BEGIN
  IF doc IS NULL THEN
    EXECUTE 'SELECT (d).tokens, (d).sizes FROM (SELECT ' || TG_ARGV[0] || ' AS d OFFSET 0) AS s' USING NEW INTO doc;
  END IF;
  EXECUTE 'SELECT ' || repeat('NULL::howdah.v, ', cardinality((doc).sizes)) || '$1, $2' USING NEW.rowid, doc INTO NEW;
  RETURN NEW;
END $$;

-- ---------------------------------------------------------------------------------------------------- queries

-- Where a phrase stands in a document: column * 2^32 + place of its first token, ascending.
CREATE OR REPLACE FUNCTION howdah.fts_phrase(doc howdah.fts_doc, phrase jsonb) RETURNS int8[]
LANGUAGE plpgsql IMMUTABLE PARALLEL SAFE AS $$
DECLARE
  terms text[] := ARRAY(SELECT jsonb_array_elements_text(phrase->'terms'));
  prefix boolean[] := ARRAY(SELECT (jsonb_array_elements(phrase->'prefix'))::boolean);
  columns int[] := CASE WHEN phrase ? 'columns' THEN ARRAY(SELECT (jsonb_array_elements(phrase->'columns'))::int) END;
  n int := cardinality(terms);
  starts int[];
  out int8[] := '{}';
  c int := 0;
  below int := 0;
  upto int := coalesce((doc).sizes[1], 0);
  i int;
BEGIN
  IF n = 0 THEN RETURN out; END IF;
  starts := CASE WHEN prefix[1]
    THEN ARRAY(SELECT o FROM unnest((doc).tokens) WITH ORDINALITY u(t, o) WHERE starts_with(t, terms[1]) ORDER BY o)
    ELSE array_positions((doc).tokens, terms[1]) END;
  <<places>>
  FOREACH i IN ARRAY starts LOOP
    WHILE i > upto LOOP
      c := c + 1;
      below := upto;
      upto := upto + (doc).sizes[c + 1];
    END LOOP;
    CONTINUE WHEN i + n - 1 > upto OR (columns IS NOT NULL AND c <> ALL (columns)) OR (phrase ? 'first' AND i > below + 1);
    FOR k IN 2 .. n LOOP
      CONTINUE places WHEN CASE WHEN prefix[k] THEN NOT starts_with((doc).tokens[i + k - 1], terms[k])
                                ELSE (doc).tokens[i + k - 1] <> terms[k] END;
    END LOOP;
    out := out || (c::int8 * 4294967296 + i - below - 1);
  END LOOP;
  RETURN out;
END $$;

-- The places of phrases (an array of arrays) that lie near each other (fts5ExprNearIsMatch); NULL when there are none.
CREATE OR REPLACE FUNCTION howdah.fts_near(lists jsonb, sizes int[], distance int) RETURNS jsonb
LANGUAGE plpgsql IMMUTABLE PARALLEL SAFE AS $$
DECLARE
  ending CONSTANT int8 := 4611686018427387904;
  n int := jsonb_array_length(lists);
  places int8[] := '{}'; -- of each phrase in turn, and `ending`
  at int[] := '{}';
  pos int8[] := '{}';
  ahead int8[] := '{}';
  taken int8[] := array_fill(NULL::int8, ARRAY[n]);
  out_phrases int[] := '{}';
  out_places int8[] := '{}';
  latest int8;
  low int8;
  matched boolean;
  next int;
BEGIN
  FOR i IN 1 .. n LOOP
    IF jsonb_array_length(lists->(i - 1)) = 0 THEN RETURN NULL; END IF;
    at := at || (cardinality(places) + 1);
    places := places || ARRAY(SELECT jsonb_array_elements_text(lists->(i - 1))::int8) || ending;
    pos := pos || places[at[i]];
    ahead := ahead || places[at[i] + 1];
  END LOOP;
  <<search>>
  LOOP
    latest := pos[1];
    LOOP
      matched := true;
      FOR i IN 1 .. n LOOP
        low := latest - sizes[i] - distance;
        IF pos[i] < low OR pos[i] > latest THEN
          matched := false;
          WHILE pos[i] < low LOOP
            at[i] := at[i] + 1;
            pos[i] := ahead[i];
            ahead[i] := places[at[i] + 1];
            EXIT search WHEN pos[i] = ending;
          END LOOP;
          latest := greatest(latest, pos[i]);
        END IF;
      END LOOP;
      EXIT WHEN matched;
    END LOOP;
    FOR i IN 1 .. n LOOP
      IF taken[i] IS DISTINCT FROM pos[i] THEN
        taken[i] := pos[i];
        out_phrases := out_phrases || i;
        out_places := out_places || pos[i];
      END IF;
    END LOOP;
    next := 1;
    FOR i IN 2 .. n LOOP
      IF ahead[i] < ahead[next] THEN next := i; END IF;
    END LOOP;
    at[next] := at[next] + 1;
    pos[next] := ahead[next];
    ahead[next] := places[at[next] + 1];
    EXIT WHEN pos[next] = ending;
  END LOOP;
  RETURN (SELECT jsonb_agg(list ORDER BY i)
          FROM (SELECT i, jsonb_agg(p ORDER BY o) AS list FROM unnest(out_phrases, out_places) WITH ORDINALITY u(i, p, o) GROUP BY i) AS t);
END $$;

-- The places of every phrase of the parts of a query that match a document, by the phrase's number; NULL when the query
-- does not match.
CREATE OR REPLACE FUNCTION howdah.fts_hits(doc howdah.fts_doc, node jsonb, phrases jsonb) RETURNS jsonb
LANGUAGE plpgsql IMMUTABLE PARALLEL SAFE AS $$
DECLARE
  op text := node->>'op';
  out jsonb;
  sizes int[];
  part jsonb;
  child jsonb;
BEGIN
  IF op IN ('near', 'chain') THEN
    IF jsonb_array_length(node->'of') = 1 THEN
      part := to_jsonb(howdah.fts_phrase(doc, phrases->(node->'of'->>0)::int));
      RETURN CASE WHEN jsonb_array_length(part) > 0 THEN jsonb_build_object(node->'of'->>0, part) END;
    END IF;
    out := (SELECT jsonb_agg(to_jsonb(howdah.fts_phrase(doc, phrases->(i::int))) ORDER BY o) FROM jsonb_array_elements_text(node->'of') WITH ORDINALITY u(i, o));
    sizes := ARRAY(SELECT jsonb_array_length(phrases->(i::int)->'terms') FROM jsonb_array_elements_text(node->'of') WITH ORDINALITY u(i, o) ORDER BY o);
    part := CASE op WHEN 'near' THEN howdah.fts_near(out, sizes, (node->>'n')::int)
                    ELSE howdah.fts4_near(out, sizes, ARRAY(SELECT jsonb_array_elements_text(node->'n')::int)) END;
    IF part IS NULL THEN RETURN NULL; END IF;
    RETURN (SELECT jsonb_object_agg(i, part->(o::int - 1)) FROM jsonb_array_elements_text(node->'of') WITH ORDINALITY u(i, o));
  ELSIF op = 'not' THEN
    out := howdah.fts_hits(doc, node->'of'->0, phrases);
    RETURN CASE WHEN out IS NOT NULL AND howdah.fts_hits(doc, node->'of'->1, phrases) IS NULL THEN out END;
  ELSIF op = 'none' THEN
    RETURN NULL;
  END IF;
  FOR child IN SELECT jsonb_array_elements(node->'of') LOOP
    part := howdah.fts_hits(doc, child, phrases);
    IF part IS NULL AND op = 'and' THEN RETURN NULL; END IF;
    out := coalesce(out || part, part, out);
  END LOOP;
  RETURN out;
END $$;

CREATE OR REPLACE FUNCTION howdah.fts_matches(doc howdah.fts_doc, query jsonb) RETURNS boolean
LANGUAGE sql IMMUTABLE PARALLEL SAFE AS $$
  SELECT howdah.fts_hits(doc, query->'root', query->'phrases') IS NOT NULL $$;

-- ---------------------------------------------------------------------------------------------------- commands

-- 'delete' takes out of the index what was put in: fts5 believes what it is told, here it must be true.
CREATE OR REPLACE FUNCTION howdah.fts_same(stored howdah.fts_doc, given howdah.fts_doc) RETURNS boolean LANGUAGE plpgsql VOLATILE AS $$
BEGIN
  IF stored IS DISTINCT FROM given THEN
    PERFORM howdah.err('howdah: ''delete'' of a row of an fts5 table with other values than were indexed', '0A000');
  END IF;
  RETURN true;
END $$;

CREATE OR REPLACE FUNCTION howdah.fts_delete_all(t regclass) RETURNS int LANGUAGE plpgsql AS $$
BEGIN
  EXECUTE format('DELETE FROM %s', t);
  RETURN 1;
END $$;

-- `content`: a query of every row's rowid and document.
CREATE OR REPLACE FUNCTION howdah.fts_rebuild(t regclass, content text) RETURNS int LANGUAGE plpgsql AS $$
BEGIN
  EXECUTE format('DELETE FROM %s', t);
  EXECUTE format('INSERT INTO %s (rowid, "~doc") SELECT c.rowid, c.doc FROM (%s) AS c', t, content);
  RETURN 1;
END $$;

-- `equal`: the condition that what the index has, i."~doc", is what the content says, c.doc.
CREATE OR REPLACE FUNCTION howdah.fts_check(t regclass, content text, equal text) RETURNS int LANGUAGE plpgsql AS $$
DECLARE
  differs boolean;
BEGIN
  EXECUTE format('SELECT EXISTS (SELECT 1 FROM (%s) AS c FULL JOIN %s AS i ON i.rowid = c.rowid WHERE NOT (%s))', content, t, equal)
    INTO differs;
  IF differs THEN PERFORM howdah.err('database disk image is malformed', 'HW011'); END IF;
  RETURN 1;
END $$;
