-- printf() and format(): sqlite3_str_vappendf of SQLite's printf.c, conversion by conversion.

-- Mantissa and exponent of |f| as "%.<p>e" prints them.
CREATE OR REPLACE FUNCTION howdah.r_scientific(f float8, p int, nsd int, OUT m numeric, OUT e int)
LANGUAGE plpgsql IMMUTABLE PARALLEL SAFE AS $$
DECLARE
  q record := howdah.r_digits(f, false, p, nsd);
BEGIN
  m := round(q.digits::numeric * ('1e' || (-p))::numeric, p);
  e := q.e;
END $$;

-- What stands before a number that is not negative: the later of the flags '+' and ' '.
CREATE OR REPLACE FUNCTION howdah.printf_sign(flags text) RETURNS text
LANGUAGE sql IMMUTABLE PARALLEL SAFE AS $$ SELECT coalesce(substring(reverse(flags) from '[+ ]'), '') $$;

-- %d %i %u %x %X %o %p %r
CREATE OR REPLACE FUNCTION howdah.printf_integer(i numeric, conversion text, flags text, width int, places int) RETURNS text
LANGUAGE plpgsql IMMUTABLE STRICT PARALLEL SAFE AS $$
DECLARE
  prefix text := '';
  s text := '';
  rest numeric;
  base int := CASE conversion WHEN 'o' THEN 8 ELSE 16 END;
  alternate text;
BEGIN
  IF conversion IN ('d', 'i', 'r') THEN
    prefix := CASE WHEN i < 0 THEN '-' ELSE howdah.printf_sign(flags) END;
    i := abs(i);
  ELSIF i < 0 THEN
    i := i + 18446744073709551616;
  END IF;
  IF conversion IN ('x', 'X', 'p', 'o') THEN
    rest := i;
    LOOP
      s := substr('0123456789abcdef', mod(rest, base)::int + 1, 1) || s;
      rest := div(rest, base);
      EXIT WHEN rest = 0;
    END LOOP;
    IF conversion IN ('X', 'p') THEN s := upper(s); END IF;
  ELSE
    s := i::text;
  END IF;
  IF conversion = 'r' THEN
    s := s || CASE WHEN mod(div(i, 10), 10) = 1 THEN 'th'
                   WHEN mod(i, 10) = 1 THEN 'st' WHEN mod(i, 10) = 2 THEN 'nd' WHEN mod(i, 10) = 3 THEN 'rd' ELSE 'th' END;
  END IF;
  IF strpos(flags, '0') > 0 THEN places := greatest(places, width - length(prefix)); END IF;
  IF length(s) < places THEN s := lpad(s, places, '0'); END IF;
  IF strpos(flags, ',') > 0 AND conversion IN ('d', 'i', 'u') THEN
    s := reverse(regexp_replace(reverse(s), '(...)(?=.)', '\1,', 'g'));
  END IF;
  IF strpos(flags, '#') > 0 AND i <> 0 THEN
    alternate := CASE conversion WHEN 'x' THEN '0x' WHEN 'X' THEN '0X' WHEN 'p' THEN '0x' WHEN 'o' THEN '0' ELSE '' END;
    prefix := prefix || alternate;
  END IF;
  RETURN prefix || s;
END $$;

-- %f %e %E %g %G
CREATE OR REPLACE FUNCTION howdah.printf_real(f float8, conversion text, flags text, width int, places int) RETURNS text
LANGUAGE plpgsql IMMUTABLE STRICT PARALLEL SAFE AS $$
DECLARE
  alternate boolean := strpos(flags, '#') > 0;
  long_form boolean := strpos(flags, '!') > 0;
  nsd int := CASE WHEN strpos(flags, '!') > 0 THEN 26 ELSE 16 END;
  prefix text := CASE WHEN f < 0 THEN '-' ELSE howdah.printf_sign(flags) END;
  form text := lower(conversion);
  trim_zeros boolean := strpos(flags, '!') > 0;
  point boolean;
  m numeric;
  e int;
  s text;
BEGIN
  IF abs(f) = 'Infinity' THEN RETURN prefix || 'Inf'; END IF;
  IF places < 0 THEN places := 6; END IF;
  IF form = 'g' THEN
    trim_zeros := NOT alternate;
    IF places > 0 THEN places := places - 1; END IF;
    SELECT q.m, q.e INTO m, e FROM howdah.r_scientific(f, places, nsd) q;
    IF e < -4 OR e > places THEN form := 'e';
    ELSE places := places - e; form := 'f'; m := round(m * ('1e' || e)::numeric, places);
    END IF;
  ELSIF form = 'e' THEN
    SELECT q.m, q.e INTO m, e FROM howdah.r_scientific(f, places, nsd) q;
  ELSE
    m := abs(howdah.r_fixed(f, places, nsd));
  END IF;
  point := places > 0 OR alternate OR long_form;
  s := m::text;
  IF point AND strpos(s, '.') = 0 THEN s := s || '.'; END IF;
  IF trim_zeros AND point THEN
    s := rtrim(s, '0');
    IF right(s, 1) = '.' THEN s := CASE WHEN long_form THEN s || '0' ELSE left(s, -1) END; END IF;
  END IF;
  IF form = 'e' THEN
    s := s || CASE WHEN conversion IN ('E', 'G') THEN 'E' ELSE 'e' END || CASE WHEN e < 0 THEN '-' ELSE '+' END
           || lpad(abs(e)::text, greatest(2, length(abs(e)::text)), '0');
  END IF;
  IF strpos(flags, '0') > 0 AND strpos(flags, '-') = 0 THEN
    s := lpad(s, greatest(width - length(prefix), length(s)), '0');
  END IF;
  RETURN prefix || s;
END $$;

-- `size` is what the width is compared with: bytes, or characters under the flag '!'.
CREATE OR REPLACE FUNCTION howdah.printf_pad(s text, size int, flags text, width int) RETURNS text
LANGUAGE sql IMMUTABLE PARALLEL SAFE AS $$
  SELECT CASE WHEN size >= width THEN s
              WHEN strpos(flags, '-') > 0 THEN s || repeat(' ', width - size)
              ELSE repeat(' ', width - size) || s END $$;

-- A precision cuts a text after so many bytes, or characters under '!'.
CREATE OR REPLACE FUNCTION howdah.printf_cut(s text, places int, by_character boolean) RETURNS text
LANGUAGE sql IMMUTABLE PARALLEL SAFE AS $$
  SELECT CASE WHEN places < 0 THEN s
              WHEN by_character THEN left(s, places)
              ELSE howdah.b2t(substr(howdah.t2b(s), 1, places)) END $$;

-- %c %s %z %q %Q %w
CREATE OR REPLACE FUNCTION howdah.printf_text(s text, conversion text, flags text, width int, places int) RETURNS text
LANGUAGE plpgsql IMMUTABLE PARALLEL SAFE AS $$
DECLARE
  by_character boolean := strpos(flags, '!') > 0;
BEGIN
  IF conversion = 'c' THEN
    s := left(coalesce(s, ''), 1);
    IF s = '' THEN PERFORM howdah.err('howdah: printf(): NUL cannot be stored in PostgreSQL text', 'HW0NU'); END IF;
    s := repeat(s, greatest(places, 1));
    RETURN howdah.printf_pad(s, length(s), flags, width);
  END IF;
  IF conversion IN ('q', 'Q', 'w') THEN
    IF s IS NULL THEN
      s := howdah.printf_cut(CASE conversion WHEN 'Q' THEN 'NULL' ELSE '(NULL)' END, places, by_character);
    ELSE
      s := howdah.printf_cut(s, places, by_character);
      s := CASE conversion WHEN 'w' THEN replace(s, '"', '""') ELSE replace(s, '''', '''''') END;
      IF conversion = 'Q' THEN s := '''' || s || ''''; END IF;
    END IF;
  ELSE
    s := howdah.printf_cut(coalesce(s, ''), places, by_character);
  END IF;
  RETURN howdah.printf_pad(s, CASE WHEN by_character THEN length(s) ELSE octet_length(s) END, flags, width);
END $$;

-- An unknown conversion ends the output; a format that prints nothing at all gives NULL.
CREATE OR REPLACE FUNCTION howdah.printf(format text, VARIADIC args howdah.v[]) RETURNS text
LANGUAGE plpgsql IMMUTABLE PARALLEL SAFE AS $$
DECLARE
  rest text := format;
  out text;
  spec text[];
  next_arg int := 1;
  flags text;
  conversion text;
  width int;
  places int;
  x howdah.v;
  s text;
BEGIN
  WHILE rest <> '' LOOP
    IF left(rest, 1) <> '%' THEN
      s := substring(rest from '^[^%]+');
      out := coalesce(out, '') || s;
      rest := substr(rest, length(s) + 1);
      CONTINUE;
    END IF;
    IF rest = '%' THEN RETURN coalesce(out, '') || '%'; END IF;
    -- 1 flags, 2 width, 3 point, 4 precision, 5 conversion
    spec := regexp_match(rest, '^%([-+ #!0,]*)(\*|[0-9]*)(\.(\*|[0-9]*))?l*(.?)');
    rest := substr(rest, length(substring(rest from '^%[-+ #!0,]*(?:\*|[0-9]*)(?:\.(?:\*|[0-9]*))?l*.?')) + 1);
    flags := spec[1];
    conversion := spec[5];
    IF spec[2] = '*' THEN
      width := howdah.low32(coalesce(howdah.v2i(args[next_arg]), 0));
      next_arg := next_arg + 1;
      IF width < 0 THEN flags := flags || '-'; width := -width; END IF;
    ELSE
      width := least(('0' || spec[2])::numeric, 1e9)::int;
    END IF;
    places := -1;
    IF spec[4] = '*' THEN
      places := abs(howdah.low32(coalesce(howdah.v2i(args[next_arg]), 0)));
      next_arg := next_arg + 1;
    ELSIF spec[3] IS NOT NULL THEN
      places := least(('0' || spec[4])::numeric, 1e9)::int;
    END IF;
    IF greatest(width, places) > 16000 THEN
      PERFORM howdah.err('howdah: printf() of more than 16000 places');
    END IF;
    IF conversion = '%' THEN
      out := coalesce(out, '') || howdah.printf_pad('%', 1, flags, width);
      CONTINUE;
    END IF;
    IF conversion = 'n' THEN out := coalesce(out, ''); CONTINUE; END IF;
    IF conversion = '' OR strpos('diuxXopfeEgGscqQwzr', conversion) = 0 THEN RETURN out; END IF;
    x := args[next_arg]; -- NULL past the end
    next_arg := next_arg + 1;
    IF strpos('diuxXopr', conversion) > 0 THEN
      s := howdah.printf_integer(coalesce(howdah.v2i(x), 0), conversion, flags, width, places);
      s := howdah.printf_pad(s, length(s), flags, width);
    ELSIF strpos('feEgG', conversion) > 0 THEN
      s := howdah.printf_real(coalesce(howdah.v2r(x), 0), conversion, flags, width, places);
      s := howdah.printf_pad(s, length(s), flags, width);
    ELSE
      s := howdah.printf_text(howdah.v2c(x), conversion, flags, width, places);
    END IF;
    out := coalesce(out, '') || s;
  END LOOP;
  RETURN out;
END $$;

CREATE OR REPLACE FUNCTION howdah.printf(format text) RETURNS text
LANGUAGE sql IMMUTABLE PARALLEL SAFE AS $$ SELECT howdah.printf(format, VARIADIC '{}'::howdah.v[]) $$;

-- "%.<places>f", the conversion of money. NULL prints as zero.
CREATE OR REPLACE FUNCTION howdah.printf_f(f float8, places int) RETURNS text
LANGUAGE plpgsql IMMUTABLE PARALLEL SAFE AS $$
BEGIN
  IF f IS NULL THEN RETURN round(0::numeric, places)::text; END IF;
  IF abs(f) = 'Infinity' THEN RETURN howdah.r2t(f); END IF;
  RETURN CASE WHEN f < 0 THEN '-' ELSE '' END || abs(howdah.r_fixed(f, places))::text;
END $$;

-- The width of a conversion, in bytes: "%8s", "%-8s", "%08d". An infinity has no zeros before it.
CREATE OR REPLACE FUNCTION howdah.pad_left(s text, width int) RETURNS text
LANGUAGE sql IMMUTABLE PARALLEL SAFE AS $$ SELECT lpad(s, length(s) + greatest(width - octet_length(s), 0)) $$;
CREATE OR REPLACE FUNCTION howdah.pad_right(s text, width int) RETURNS text
LANGUAGE sql IMMUTABLE PARALLEL SAFE AS $$ SELECT rpad(s, length(s) + greatest(width - octet_length(s), 0)) $$;
CREATE OR REPLACE FUNCTION howdah.pad_zeros(s text, width int) RETURNS text
LANGUAGE sql IMMUTABLE PARALLEL SAFE AS $$
  SELECT CASE WHEN right(s, 1) = 'f' AND left(ltrim(s, '-'), 1) = 'I' THEN lpad(s, greatest(width, length(s)))
              WHEN left(s, 1) = '-' THEN '-' || lpad(substr(s, 2), greatest(width, length(s)) - 1, '0')
              ELSE lpad(s, greatest(width, length(s)), '0') END $$;
