-- What fts3 and fts4 do otherwise than fts5: their Porter stemmer, and NEAR between two phrases at a time. Documents,
-- indexes and phrases are those of 92_full_text.sql.

-- ---------------------------------------------------------------------------------------------------- tokens

-- Bytes as a token: the characters that they begin with, and behind U+0001, which no token has, the rest in hexadecimal.
-- dialect/mirror_fts4.cpp does the same with the terms of a query.
CREATE OR REPLACE FUNCTION howdah.fts4_bytes(x bytea) RETURNS text LANGUAGE plpgsql IMMUTABLE PARALLEL SAFE AS $$
DECLARE
  n int := length(x);
  i int := 0;
  size int;
  lead int;
  next int;
BEGIN
  WHILE i < n LOOP
    lead := get_byte(x, i);
    size := CASE WHEN lead < 128 THEN 1 WHEN lead BETWEEN 194 AND 223 THEN 2 WHEN lead BETWEEN 224 AND 239 THEN 3
                 WHEN lead BETWEEN 240 AND 244 THEN 4 END;
    EXIT WHEN size IS NULL OR i + size > n;
    IF size > 1 THEN
      next := get_byte(x, i + 1);
      EXIT WHEN next NOT BETWEEN CASE lead WHEN 224 THEN 160 WHEN 240 THEN 144 ELSE 128 END
                         AND CASE lead WHEN 237 THEN 159 WHEN 244 THEN 143 ELSE 191 END;
      EXIT WHEN size > 2 AND get_byte(x, i + 2) NOT BETWEEN 128 AND 191;
      EXIT WHEN size > 3 AND get_byte(x, i + 3) NOT BETWEEN 128 AND 191;
    END IF;
    i := i + size;
  END LOOP;
  RETURN convert_from(substring(x FROM 1 FOR i), 'UTF8') ||
         CASE WHEN i < n THEN chr(1) || encode(substring(x FROM i + 1), 'hex') ELSE '' END;
END $$;

-- A word that is not stemmed; of a long one 10 bytes from either end are kept, 3 when it has a digit.
CREATE OR REPLACE FUNCTION howdah.fts4_copied(word text) RETURNS text LANGUAGE plpgsql IMMUTABLE PARALLEL SAFE AS $$
DECLARE
  kept int := CASE WHEN word ~ '[0-9]' THEN 3 ELSE 10 END;
  bytes bytea;
BEGIN
  word := lower(word COLLATE "C");
  IF octet_length(word) <= 2 * kept THEN RETURN word; END IF;
  bytes := convert_to(word, 'UTF8');
  RETURN howdah.fts4_bytes(substring(bytes FROM 1 FOR kept) || substring(bytes FROM length(bytes) - kept + 1));
END $$;

-- As howdah.fts_suffix(), but that the suffix may be the whole word.
CREATE OR REPLACE FUNCTION howdah.fts4_suffix(word text, wanted text, rules text[]) RETURNS text
LANGUAGE plpgsql IMMUTABLE PARALLEL SAFE AS $$
DECLARE
  rule text;
  suffix text;
  stem text;
BEGIN
  FOREACH rule IN ARRAY rules LOOP
    suffix := split_part(rule, ':', 1);
    CONTINUE WHEN right(word, length(suffix)) <> suffix;
    stem := left(word, -length(suffix));
    CONTINUE WHEN suffix = 'ion' AND right(stem, 1) NOT IN ('s', 't');
    RETURN CASE WHEN howdah.fts_letters(stem) ~ wanted THEN stem || split_part(rule, ':', 2) ELSE word END;
  END LOOP;
  RETURN word;
END $$;

-- fts3_porter.c, which differs from fts5's in what it leaves alone.
CREATE OR REPLACE FUNCTION howdah.fts4_porter(word text) RETURNS text LANGUAGE plpgsql IMMUTABLE PARALLEL SAFE AS $$
DECLARE
  stem text;
  letters text;
BEGIN
  IF word !~ '^[A-Za-z]{3,20}$' THEN RETURN howdah.fts4_copied(word); END IF;
  word := lower(word COLLATE "C");
  -- 1a
  IF right(word, 1) = 's' THEN
    word := CASE WHEN right(word, 4) = 'sses' OR right(word, 3) = 'ies' THEN left(word, -2)
                 WHEN right(word, 2) = 'ss' THEN word ELSE left(word, -1) END;
  END IF;
  -- 1b
  IF right(word, 3) = 'eed' THEN
    IF howdah.fts_letters(left(word, -3)) ~ 'Vc' THEN word := left(word, -1); END IF;
  ELSE
    stem := CASE WHEN right(word, 3) = 'ing' THEN left(word, -3) WHEN right(word, 2) = 'ed' THEN left(word, -2) END;
    letters := CASE WHEN stem <> '' THEN howdah.fts_letters(stem) END;
    IF letters ~ 'V' THEN
      word := CASE WHEN right(stem, 2) IN ('at', 'bl', 'iz') THEN stem || 'e'
                   WHEN letters ~ 'c$' AND right(stem, 1) = left(right(stem, 2), 1) AND length(stem) > 1
                        AND right(stem, 1) NOT IN ('l', 's', 'z') THEN left(stem, -1)
                   WHEN letters ~ 'Vc' AND letters !~ 'Vc.*Vc' AND howdah.fts_ends_cvc(stem) THEN stem || 'e'
                   ELSE stem END;
    END IF;
  END IF;
  -- 1c
  IF right(word, 1) = 'y' AND howdah.fts_letters(left(word, -1)) ~ 'V' THEN word := left(word, -1) || 'i'; END IF;
  word := howdah.fts4_suffix(word, 'Vc', '{ational:ate,tional:tion,enci:ence,anci:ance,izer:ize,logi:log,bli:ble,alli:al,entli:ent,eli:e,ousli:ous,ization:ize,ation:ate,ator:ate,alism:al,iveness:ive,fulness:ful,ousness:ous,aliti:al,iviti:ive,biliti:ble}');
  word := howdah.fts4_suffix(word, 'Vc', '{icate:ic,ative:,alize:al,iciti:ic,ical:ic,ful:,ness:}');
  word := howdah.fts4_suffix(word, 'Vc.*Vc', '{al:,ance:,ence:,er:,ic:,able:,ible:,ant:,ement:,ment:,ent:,ion:,ou:,ism:,ate:,iti:,ous:,ive:,ize:}');
  -- 5
  IF right(word, 1) = 'e' THEN
    stem := left(word, -1);
    letters := howdah.fts_letters(stem);
    IF letters ~ 'Vc.*Vc' OR (letters ~ 'Vc' AND NOT howdah.fts_ends_cvc(stem)) THEN word := stem; END IF;
  END IF;
  IF right(word, 2) = 'll' AND howdah.fts_letters(word) ~ 'Vc.*Vc' THEN word := left(word, -1); END IF;
  RETURN word;
END $$;

-- ---------------------------------------------------------------------------------------------------- NEAR

-- The places in `mine` with one of `theirs` no more than `distance` tokens before or behind; of phrases of so many tokens.
-- Both in order: of `theirs` only the last one before and the first one behind can be near.
CREATE OR REPLACE FUNCTION howdah.fts4_near_to(mine int8[], size int, theirs int8[], their_size int, distance int) RETURNS int8[]
LANGUAGE plpgsql IMMUTABLE PARALLEL SAFE AS $$
DECLARE
  out int8[] := '{}';
  k int := 1;
  p int8;
  even int8; -- where one of theirs ends with p
BEGIN
  FOREACH p IN ARRAY mine LOOP
    even := p + size - their_size;
    WHILE theirs[k] < even LOOP k := k + 1; END LOOP;
    IF (theirs[k - 1] >> 32 = p >> 32 AND even - theirs[k - 1] <= distance + size)
       OR (CASE theirs[k] WHEN even THEN theirs[k + 1] ELSE theirs[k] END BETWEEN even AND even + distance + their_size
           AND CASE theirs[k] WHEN even THEN theirs[k + 1] ELSE theirs[k] END >> 32 = p >> 32) THEN
      out := out || p;
    END IF;
  END LOOP;
  RETURN out;
END $$;

-- The places of phrases (an array of arrays) each of which is near the one before and the one behind it; NULL when there
-- are none.
CREATE OR REPLACE FUNCTION howdah.fts4_near(lists jsonb, sizes int[], distances int[]) RETURNS jsonb
LANGUAGE plpgsql IMMUTABLE PARALLEL SAFE AS $$
DECLARE
  n int := cardinality(sizes);
  list int8[];
  other int8[];
BEGIN
  FOR i IN 2 .. n LOOP
    other := ARRAY(SELECT jsonb_array_elements_text(lists->(i - 2))::int8);
    list := howdah.fts4_near_to(ARRAY(SELECT jsonb_array_elements_text(lists->(i - 1))::int8), sizes[i], other, sizes[i - 1], distances[i - 1]);
    IF list = '{}' THEN RETURN NULL; END IF;
    lists := jsonb_set(lists, ARRAY[(i - 1)::text], to_jsonb(list));
  END LOOP;
  FOR i IN REVERSE n - 1 .. 1 LOOP
    other := ARRAY(SELECT jsonb_array_elements_text(lists->i)::int8);
    list := howdah.fts4_near_to(ARRAY(SELECT jsonb_array_elements_text(lists->(i - 1))::int8), sizes[i], other, sizes[i + 1], distances[i]);
    IF list = '{}' THEN RETURN NULL; END IF;
    lists := jsonb_set(lists, ARRAY[(i - 1)::text], to_jsonb(list));
  END LOOP;
  RETURN lists;
END $$;

-- ---------------------------------------------------------------------------------------------------- frequent words

-- How many tokens stand together under AND and NEAR: first those around the node, then those below each OR. SQLite weighs
-- them against each other, and nothing that is below a NOT.
CREATE OR REPLACE FUNCTION howdah.fts4_clusters(node jsonb, phrases jsonb) RETURNS int[] LANGUAGE plpgsql IMMUTABLE PARALLEL SAFE AS $$
DECLARE
  op text := node->>'op';
  around int := 0;
  below int[] := '{}';
  part int[];
  child jsonb;
BEGIN
  IF op IN ('near', 'chain') THEN
    RETURN ARRAY[(SELECT sum(jsonb_array_length(phrases->(i::int)->'terms')) FROM jsonb_array_elements_text(node->'of') AS i)::int];
  END IF;
  FOR child IN SELECT jsonb_array_elements(node->'of') LOOP
    EXIT WHEN op = 'not';
    part := howdah.fts4_clusters(child, phrases);
    IF op = 'and' THEN
      around := around + part[1];
      below := below || part[2:];
    ELSE
      below := below || part;
    END IF;
  END LOOP;
  RETURN around || below;
END $$;

-- The bytes that SQLite has for a token and its places.
CREATE OR REPLACE FUNCTION howdah.fts4_bytes_of(t regclass, term text, is_prefix boolean, columns int) RETURNS int8
LANGUAGE plpgsql STABLE PARALLEL SAFE AS $$
DECLARE
  wanted tsquery := (SELECT string_agg('''' || replace(replace(c || ':' || left(term, 500), '\', '\\'), '''', '''''') || '''' ||
                                       CASE WHEN is_prefix THEN ':*' ELSE '' END, ' | ')
                     FROM generate_series(0, columns - 1) AS c)::tsquery;
  out int8;
BEGIN
  EXECUTE format('SELECT sum(CASE WHEN gap < 128 THEN 2 WHEN gap < 16384 THEN 3 WHEN gap < 2097152 THEN 4 ELSE 10 END + 2 * ($1 - 1)
                             + cardinality((doc).tokens) / 126
                             + (SELECT count(*) FROM unnest((doc).tokens) AS x WHERE x = $2 OR ($3 AND starts_with(x, $2))))
                  FROM (SELECT "~doc" AS doc, rowid - lag(rowid) OVER (ORDER BY rowid) AS gap FROM %s WHERE howdah.fts_vector("~doc") @@ $4) AS s', t)
    INTO out USING columns, term, is_prefix, wanted;
  RETURN out;
END $$;

-- An fts4 table leaves a word for later that fills pages, where one beside it is rare: then it is not counted, and in a
-- part of the query below an OR not reported. When it does so hangs on how its index has come to be. `counted`: the whole
-- table's numbers are asked for.
CREATE OR REPLACE FUNCTION howdah.fts4_settled(t regclass, columns int, query jsonb, counted boolean) RETURNS boolean
LANGUAGE plpgsql STABLE PARALLEL SAFE AS $$
DECLARE
  clusters int[];
  token record;
BEGIN
  IF query IS NULL THEN RETURN true; END IF;
  clusters := howdah.fts4_clusters(query->'root', query->'phrases');
  IF NOT counted THEN clusters := clusters[2:]; END IF;
  IF coalesce((SELECT max(n) FROM unnest(clusters) AS n), 0) < 2 THEN RETURN true; END IF;
  FOR token IN SELECT DISTINCT term, (p->'prefix'->>(o::int - 1))::boolean AS is_prefix
               FROM jsonb_array_elements(query->'phrases') AS p, LATERAL jsonb_array_elements_text(p->'terms') WITH ORDINALITY AS u(term, o) LOOP
    IF howdah.fts4_bytes_of(t, token.term, token.is_prefix, columns) >= 4000 THEN
      PERFORM howdah.err('howdah: a function of an fts4 query with a word so frequent that SQLite may leave it aside: ' || token.term, '0A000');
    END IF;
  END LOOP;
  RETURN true;
END $$;

-- ---------------------------------------------------------------------------------------------------- external content

-- A row of the index and what its content says now. One that is not in the index has no tokens there.
CREATE OR REPLACE FUNCTION howdah.fts4_equal(stored howdah.fts_doc, content howdah.fts_doc) RETURNS boolean
LANGUAGE sql IMMUTABLE PARALLEL SAFE AS $$
  SELECT coalesce((stored).tokens, '{}') = coalesce((content).tokens, '{}')
         AND (coalesce((stored).tokens, '{}') = '{}' OR (stored).sizes = (content).sizes) $$;

-- Whether a row may be taken out of the index by what its content says.
CREATE OR REPLACE FUNCTION howdah.fts4_same(stored howdah.fts_doc, content howdah.fts_doc) RETURNS boolean LANGUAGE plpgsql VOLATILE AS $$
BEGIN
  IF stored IS NOT NULL AND stored IS DISTINCT FROM content THEN
    PERFORM howdah.err('howdah: DELETE of a row of an fts4 table whose content is not what was indexed', '0A000');
  END IF;
  RETURN true;
END $$;
