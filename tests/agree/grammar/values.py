"""Literals for columns: plain ones, edges, and `tame` ones whose sums are exact in any order."""

INTEGERS = ['0', '1', '-1', '2', '3', '7', '10', '100', '-5', '42']
EDGE_INTEGERS = ['9223372036854775807', '-9223372036854775808', '2147483647', '2147483648', '-2147483649', '9007199254740992', '9007199254740993', '-9007199254740993']
REALS = ['0.5', '-1.5', '2.5', '0.25', '3.75', '-0.5']
WHOLE_REALS = ['0.0', '1.0', '2.0', '-5.0', '100.0']
EDGE_REALS = ['0.1', '1e10', '1e-5', '123456.789', '1e15', '999999999999999.5', '9007199254740992.0', '9223372036854775807.0', '1e300', '1e-300', '-1e18', '0.30000000000000004']
TEXTS = ["''", "'a'", "'A'", "'abc'", "'ABC'", "'b'", "'B '", "'abc  '", "'xyz'", "'hello world'"]
HUGE = ['1e400', '-1e400', '9223372036854775808', '-9223372036854775809', '5e-324', '1.7976931348623157e308', '4503599627370497.5', '0x7fffffffffffffff', '0xFFFFFFFFFFFFFFFF', '0xff', '9007199254740993.0', '1e18', '1e19', '-9223372036854775808.0']
SPACED_TEXTS = ["' 12'", "'12 '", "' 1.50 '", "'\t3'", "'3\n'", "' -1e400 '", "'1e'", "'1e+'", "'.'", "'-'", "'+'", "'+.5e-1x'", "'0X1F'", "'inf'", "'nan'", "'Infinity'", "'1e-400'", "'00012'", "'-0.0'", "'1.0000000000000001'", "'9007199254740993'", "'18446744073709551616'", "'1 2'", "'١'"]
NUMERIC_TEXTS = ["'10'", "'9'", "'1.0'", "'1e2'", "' 7 '", "'5x'", "'-3'", "'+5'", "'.5'", "'5.'", "'0x10'", "'1e400'", "'9223372036854775808'", "'-0'", "'1_0'"]
EDGE_TEXTS = ["'é'", "'É'", "'日本'", "'ß'", "'%'", "'_'", "'it''s'", "'[a]'", "'NULL'", "'true'", "'a\tb'", "' '", "'\U0001F600'"]
TIMES = ["'2024-02-29 12:34:56.789'", "'2024-02-29 12:34'", "'2024-03-10T01:02:03Z'", "'2024-03-10 01:02:03+05:30'", "'12:34:56.7'", "'2460000.5'", "'1e3'", "'2023-02-31'", "'9999-12-31 23:59:59.999'", "'0000-01-01'", "'2024-2-3'", "''", "'24:00'", "' 2024-01-01'", "'2024-01-01 '"]
MODIFIERS = ["'+1 day'", "'-1 month'", "'+1 month'", "'start of month'", "'start of year'", "'start of day'", "'+1.5 hours'", "'weekday 0'", "'weekday 6'", "'+1 year'", "'-30 minutes'", "'+90 seconds'", "'-1.25 days'", "'unixepoch'", "'auto'", "'julianday'", "'bogus'", "'+0012:30'", "'-01:30'", "'+00:00:01.5'", "'utc'", "'localtime'", "' +1 day'", "'1 days'", "'+2 weeks'", "'-4 years'", "'START OF YEAR'", "'+1e2 seconds'", "'subsec'", "'weekday 7'", "'+1  day'", "NULL"]
FORMATS = ['%Y-%m-%d', '%H:%M:%S', '%j %w %W', '%s', '%J', '%f', '%d/%m', '%%', '%Y%m%d%H%M%S', '%m', 'x%dY', '%Q', '%', '%H %', '%w', '%j', '%M']
PRINTF = ['%d', '%s', '%.2f', '%5d|', '%-4s|', '%x', '%+d', '%05d', '%q', '%Q', '%e', '%g', '%,d', '%c', '%o', '%10.3f', '%.3s', '%X', '%u', '%i', '%w', '% d', '%#x', '%#o', '%-10d|', '%.0f', '%G', '%E', '%+.3e', '%08.2f', '%!.5g', '%,.2f', '%lld', '%5c|', '%-5.2s|', '%%', 'a%db', '%z', '%#g', '%!s', '%.10d', '%010s', '%5%']
DATES = ["'2024-02-29'", "'2023-12-31 23:59:59'", "'1969-07-20T20:17:40'", "'12:30'", "'2000-01-01 00:00:00.123'", "'now'", "'2024-13-01'", "'-0044-03-15'"]
JSONS = ["'{\"a\":1,\"b\":[1,2,{\"c\":null}]}'", "'[1,2.5,\"x\",null,true]'", "'{}'", "'[]'", "'\"s\"'", "'{\"a\":{\"b\":\"é\"}}'", "'[[1],[2,[3]]]'", "'12'", "'{\"a b\":\"q\\\"\"}'"]
MORE_JSONS = ["'{\"a\":[1,{\"b\":null,\"c\":1e3}],\"d\":\"\\u00e9\\n\"}'", "'[1,[2,[3,[]]],{}]'", "'null'", "'true'", "' [1 , 2 ] '", "'1.50'", "'-0'", "'[1,2,]'", "'{a:1}'", "'{\"\":1,\"x.y\":2}'", "'[9223372036854775807,9223372036854775808,1E5]'", "'\"\"'", "'nul'", "'{\"k\":{\"k\":{\"k\":[0]}}}'"]
PATHS = ["'$.a'", "'$'", "'$[0]'", "'$.b[2].c'", "'$.b[#-1]'", "'$.x'", "'$.a.b'", "'$[1][1][0]'", "'$.\"a b\"'", "'$[#]'", "'$[#-9]'", "'$.a[0]'", "'$.\"x.y\"'", "'$.k.k'", "'$[2].z'"]
ESCAPED = [("'a\\%'", "'\\'"), ("'%x_%'", "'x'"), ("'!_%'", "'!'"), ("'%%'", "'%'"), ("'__'", "'_'"), ("'é_'", "'é'"), ("'abc'", "''"), ("'a%'", "'xy'"), ("'a%'", "NULL"), ("'%!'", "'!'")]
BLOBS = ["x''", "x'61'", "x'00ff'", "x'31'", "x'c3a9'", "x'0000'", "x'616263'", "x'610062'", "x'00'", "x'ff'", "x'3132'", "x'2031'", "x'80ff'"]
PATTERNS = ["'*'", "'a*c'", "'[]a]*'", "'[^]]'", "'[a'", "'[a-'", "'??'", "'%a%b%'", "'%_'", "'_%_'", "'[0-9]*'", "'*[A-C]'", "'%É'", "'a%'", "'%b%'", "'_'", "'A_C'", "'%'", "'[a-c]*'", "'*1*'", "'?'", "'1%'", "'%\\%'", "''", "'é%'", "'[^a]*'", "'ABC'"]
TAME = INTEGERS + REALS + ["'2'", "'0.5'", "'7x'", "'abc'", "NULL"]
ANY = INTEGERS + REALS + WHOLE_REALS[:2] + EDGE_INTEGERS[:3] + EDGE_REALS[:4] + TEXTS + NUMERIC_TEXTS + EDGE_TEXTS[:4] + BLOBS + ['NULL'] * 6


def affinity_of(declared):
    t = declared.upper()
    if 'INT' in t: return 'INTEGER'
    if any(w in t for w in ('CHAR', 'CLOB', 'TEXT')): return 'TEXT'
    if not t or 'BLOB' in t: return 'BLOB'
    if any(w in t for w in ('REAL', 'FLOA', 'DOUB')): return 'REAL'
    return 'NUMERIC'


def stored(rng, affinity, strict, tame, edgy, whole=True):
    """A literal for a column: usually of its class, sometimes any."""
    if rng.random() < 0.12: return 'NULL'
    if strict and affinity: return rng.choice({'INTEGER': INTEGERS, 'REAL': INTEGERS + REALS, 'TEXT': TEXTS + NUMERIC_TEXTS, 'BLOB': BLOBS}.get(affinity, TAME))
    if tame: return rng.choice({'INTEGER': INTEGERS, 'REAL': INTEGERS + REALS, 'TEXT': TEXTS + ["'2'", "'0.5'", "'7'"]}.get(affinity, TAME))
    if not strict and rng.random() < edgy:
        v = rng.choice(ANY)
        return v if whole or v not in WHOLE_REALS else '2.5'
    if affinity == 'INTEGER': return rng.choice(INTEGERS * 2 + EDGE_INTEGERS)
    if affinity == 'REAL': return rng.choice(INTEGERS + REALS * 2 + WHOLE_REALS + EDGE_REALS)
    if affinity == 'TEXT': return rng.choice(TEXTS * 2 + NUMERIC_TEXTS + EDGE_TEXTS + DATES[:4] + JSONS[:3])
    if affinity == 'NUMERIC': return rng.choice(INTEGERS + REALS + EDGE_REALS + WHOLE_REALS)
    if strict: return rng.choice(BLOBS)
    return rng.choice(BLOBS + ['NULL'] + TEXTS[:4] + INTEGERS[:4] + REALS[:2])
