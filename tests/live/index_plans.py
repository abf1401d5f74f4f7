#!/usr/bin/env python3
"""What SQLite finds by an index, PostgreSQL finds by one too: each query's lowered form is EXPLAINed on a table with enough
rows, and its answer is compared with the linked SQLite's.

  index_plans.py --lines HOST:PORT [--binary build/release/howdah] [--verbose]     (default: $HOWDAH_BINARY)

Other arguments are ignored. Prints one line "N passed, N failed"."""
import argparse, base64, json, os, re, socket, sqlite3, subprocess, sys, tempfile

SCHEMA = '''
CREATE TABLE t(id INTEGER PRIMARY KEY, i INTEGER, r REAL, s TEXT, n TEXT COLLATE NOCASE, q TEXT COLLATE RTRIM, v, b BLOB, u NUMERIC, w INTEGER NOT NULL, d DATETIME);
CREATE INDEX t_i ON t(i);
CREATE INDEX t_r ON t(r);
CREATE INDEX t_s ON t(s);
CREATE INDEX t_n ON t(n);
CREATE INDEX t_q ON t(q);
CREATE INDEX t_v ON t(v);
CREATE INDEX t_b ON t(b);
CREATE INDEX t_u ON t(u);
CREATE INDEX t_d ON t(d);
CREATE INDEX t_ws ON t(w, s DESC);
CREATE INDEX t_upper ON t(upper(s));
CREATE INDEX t_day ON t(date(d));
CREATE INDEX t_hour ON t(strftime('%Y-%m-%d %H', d));
CREATE INDEX t_sum ON t(i + w);
CREATE INDEX t_part ON t(w) WHERE i > 19990;
CREATE INDEX t_sn ON t(s COLLATE NOCASE);
CREATE TABLE c(k TEXT PRIMARY KEY, t_id INTEGER REFERENCES t, x);
CREATE INDEX c_t ON c(t_id);
CREATE TABLE o(a INTEGER, b TEXT, z, PRIMARY KEY(a, b)) WITHOUT ROWID;
CREATE TABLE h(word TEXT UNIQUE, c);
CREATE TABLE m(id INTEGER PRIMARY KEY, n TEXT NOT NULL COLLATE NOCASE);
CREATE INDEX m_n ON m(n);
CREATE TABLE g(id INTEGER PRIMARY KEY, k TEXT UNIQUE, n TEXT COLLATE NOCASE, v, w INTEGER);
CREATE INDEX g_n ON g(n);
CREATE INDEX g_v ON g(v);
CREATE UNIQUE INDEX g_wn ON g(w, n);
'''
ROWS = 20000
NUMBERS = f'WITH RECURSIVE g(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM g WHERE i < {ROWS}) '
FILL = [
    f"INSERT INTO t {NUMBERS} SELECT i, i, i / 4.0, 'Key' || i, 'Name' || i, 'pad' || i || '  ', CASE i % 3 WHEN 0 THEN i WHEN 1 THEN 't' || i ELSE i + 0.5 END, "
    "CAST('b' || i AS BLOB), CASE i % 2 WHEN 0 THEN i ELSE i + 0.25 END, i % 1000, datetime('2024-01-01', i || ' minutes') FROM g",
    f"INSERT INTO c {NUMBERS} SELECT 'k' || i, i, i % 7 FROM g",
    f"INSERT INTO o {NUMBERS} SELECT i % 500, 'b' || i, i FROM g",
    f"INSERT INTO h {NUMBERS} SELECT 'w' || i, i FROM g",
    f"INSERT INTO m {NUMBERS} SELECT i, 'Name' || i FROM g",
    # One that is too long for PostgreSQL's indexes, whatever they compress.
    f"INSERT INTO g {NUMBERS} SELECT i, 'k' || i, 'Name' || i, i, i FROM g",
    f"WITH RECURSIVE h(i, x) AS (SELECT 1, 1 UNION ALL SELECT i + 1, (x * 48271) % 2147483647 FROM h WHERE i < 2000), l(x) AS (SELECT group_concat(printf('%x', x), '') FROM h) "
    "INSERT INTO g SELECT 0, x, x, x, 0 FROM l",
]

# A query, its parameters, the index it must use ('-': a primary key's or UNIQUE constraint's own; a|b: one of them), and
# whether its order comes from that index; rows that are equal under it may still have to be sorted.
PLANS = [
    # Rowids, whatever they are called and whatever they are compared with.
    ('SELECT s FROM t WHERE id = ?', [77], '-'),
    ('SELECT s FROM t WHERE rowid = ?', [77], '-'),
    ('SELECT s FROM t WHERE rowid = ?', ['77'], '-'),
    ('SELECT s FROM t WHERE id = ?', [77.0], '-'),
    ('SELECT s FROM t WHERE id = 77', [], '-'),
    ("SELECT s FROM t WHERE id = '77'", [], '-'),
    ('SELECT s FROM t WHERE id IN (1, 2, 3)', [], '-'),
    ('SELECT s FROM t WHERE id IN (?, ?, ?)', [1, '2', 3.0], '-'),
    ('SELECT s FROM t WHERE id BETWEEN ? AND ?', [5, 9], '-'),
    ('SELECT s FROM t WHERE id > ? ORDER BY id LIMIT 3', [19000], '-', 'ordered'),
    ('SELECT s FROM t WHERE id < ? ORDER BY id DESC LIMIT 3', [19000], '-', 'ordered'),
    ('SELECT c FROM h WHERE rowid = ?', [5], '-'),
    ('SELECT max(id) FROM t', [], '-'),
    ('SELECT min(rowid) FROM h', [], '-'),
    ('SELECT max(n) FROM m', [], 'm_n'),
    ('SELECT min(n) FROM m', [], 'm_n'),
    ('SELECT max(n) FROM t', [], 't_n'),
    ('UPDATE t SET r = r WHERE id = ?', [3], '-'),
    ('DELETE FROM t WHERE id = ?', [-3], '-'),
    # INTEGER columns and parameters of each class.
    ('SELECT id FROM t WHERE i = ?', [500], 't_i'),
    ('SELECT id FROM t WHERE i = ?', ['500'], 't_i'),
    ('SELECT id FROM t WHERE i = ?', [500.0], 't_i'),
    ('SELECT id FROM t WHERE i > ?', [19990.5], 't_i'),
    ('SELECT id FROM t WHERE i >= ? AND i < ?', ['19990', 19995.5], 't_i'),
    ('SELECT id FROM t WHERE i < 5', [], 't_i'),
    ('SELECT id FROM t WHERE i < 5.5', [], 't_i'),
    ('SELECT id FROM t WHERE ? = i', [500], 't_i'),
    ('SELECT id FROM t WHERE i IN (1, 5, 9)', [], 't_i'),
    ("SELECT id FROM t WHERE i IN ('1', 5.0, ?)", [9], 't_i'),
    ('SELECT id FROM t WHERE i BETWEEN ? AND ?', [10, 12], 't_i'),
    ("SELECT id FROM t WHERE i BETWEEN '10' AND 12.5", [], 't_i'),
    ('SELECT id FROM t WHERE i IS ?', [7], 't_i'),
    ('SELECT id FROM t WHERE i IS NULL', [], 't_i'),
    ('SELECT id FROM t WHERE i = 3 OR i = 4', [], 't_i'),
    ('SELECT max(i) FROM t', [], 't_i'),
    ('SELECT min(i) FROM t', [], 't_i'),
    ('SELECT id FROM t ORDER BY i LIMIT 4', [], 't_i', 'ordered'),
    ('SELECT id FROM t ORDER BY i DESC LIMIT 4', [], 't_i', 'ordered'),
    ('SELECT id FROM t WHERE i > ? ORDER BY i LIMIT 4', [100], 't_i', 'ordered'),
    ('SELECT id FROM t ORDER BY w, s DESC LIMIT 4', [], 't_ws', 'ordered'),
    ('SELECT id FROM t ORDER BY w DESC, s LIMIT 4', [], 't_ws', 'ordered'),
    # REAL columns.
    ('SELECT id FROM t WHERE r = ?', [2.5], 't_r'),
    ('SELECT id FROM t WHERE r = ?', [2], 't_r'),
    ('SELECT id FROM t WHERE r = ?', ['2.5'], 't_r'),
    ('SELECT id FROM t WHERE r = 2', [], 't_r'),
    ('SELECT id FROM t WHERE r BETWEEN ? AND ?', [1, 1.5], 't_r'),
    ('SELECT id FROM t WHERE r > ?', [4999], 't_r'),
    ('SELECT id FROM t WHERE r IN (1, 2.5)', [], 't_r'),
    ('SELECT id FROM t ORDER BY r DESC LIMIT 4', [], 't_r', 'ordered'),
    # TEXT columns.
    ('SELECT id FROM t WHERE s = ?', ['Key500'], 't_s'),
    ('SELECT id FROM t WHERE s = ?', [500], 't_s'),
    ('SELECT id FROM t WHERE s = ?', [2.5], 't_s'),
    ("SELECT id FROM t WHERE s = 'Key7'", [], 't_s'),
    ("SELECT id FROM t WHERE s IN ('Key7', ?)", ['Key8'], 't_s'),
    ("SELECT id FROM t WHERE s BETWEEN 'Key199' AND 'Key1991'", [], 't_s'),
    ('SELECT id FROM t WHERE s > ?', ['Key9998'], 't_s'),
    ("SELECT id FROM t WHERE s GLOB 'Key1999*'", [], 't_s'),
    ('SELECT id FROM t WHERE s GLOB ?', ['Key1999*'], 't_s'),
    ('SELECT id FROM t ORDER BY s LIMIT 4', [], 't_s', 'ordered'),
    ('SELECT id FROM t ORDER BY s DESC LIMIT 4', [], 't_s', 'ordered'),
    # NOCASE and RTRIM.
    ('SELECT id FROM t WHERE n = ?', ['nAME500'], 't_n'),
    ("SELECT id FROM t WHERE n = 'name500'", [], 't_n'),
    ("SELECT id FROM t WHERE n LIKE 'NAME1999%'", [], 't_n'),
    ('SELECT id FROM t WHERE n LIKE ?', ['name1999%'], 't_n'),
    ("SELECT id FROM t WHERE n IN ('NAME1', 'name2')", [], 't_n'),
    ("SELECT id FROM t WHERE n BETWEEN 'NAME199' AND 'name1991'", [], 't_n'),
    ('SELECT id FROM t ORDER BY n LIMIT 4', [], 't_n', 'ordered'),
    ('SELECT id FROM t ORDER BY n DESC LIMIT 4', [], 't_n', 'ordered'),
    ('SELECT id FROM t WHERE s = ? COLLATE NOCASE', ['KEY500'], 't_sn'),
    ("SELECT id FROM t WHERE s LIKE 'KEY1999%'", [], 't_sn'),
    ('SELECT id FROM t ORDER BY s COLLATE NOCASE LIMIT 4', [], 't_sn', 'ordered'),
    ('SELECT id FROM t WHERE q = ?', ['pad500'], 't_q'),
    ("SELECT id FROM t WHERE q = 'pad500    '", [], 't_q'),
    # Columns of any class, BLOB and NUMERIC columns.
    ('SELECT id FROM t WHERE v = ?', [600], 't_v'),
    ('SELECT id FROM t WHERE v = ?', ['t700'], 't_v'),
    ('SELECT id FROM t WHERE v = ?', [800.5], 't_v'),
    ('SELECT id FROM t WHERE v = 600', [], 't_v'),
    ("SELECT id FROM t WHERE v IN (600, 't700')", [], 't_v'),
    ('SELECT id FROM t WHERE v BETWEEN ? AND ?', [600, 610], 't_v'),
    ("SELECT id FROM t WHERE v > 't9998'", [], 't_v'),
    ('SELECT id FROM t ORDER BY v LIMIT 4', [], 't_v', 'ordered'),
    ('SELECT id FROM t ORDER BY v DESC LIMIT 4', [], 't_v', 'ordered'),
    ('SELECT max(u) FROM t', [], 't_u'),
    ('SELECT max(v) FROM t', [], 't_v'),
    ('SELECT min(v) FROM t', [], 't_v'),
    ('SELECT max(n) FROM t', [], 't_n'),
    ('SELECT min(n) FROM t', [], 't_n'),
    ('SELECT max(q) FROM t', [], 't_q'),
    ('SELECT min(b) FROM t', [], 't_b'),
    ('SELECT max(s) FROM t', [], 't_s'),
    ("SELECT id FROM t WHERE b = x'62373030'", [], 't_b'),
    ('SELECT id FROM t WHERE u = ?', [600], 't_u'),
    ('SELECT id FROM t WHERE u = ?', [601.25], 't_u'),
    ('SELECT id FROM t WHERE u = ?', ['601.25'], 't_u'),
    ('SELECT id FROM t WHERE u BETWEEN 600 AND 601.5', [], 't_u'),
    ('SELECT id FROM t ORDER BY u LIMIT 4', [], 't_u', 'ordered'),
    ("SELECT id FROM t WHERE d >= '2024-01-14 21:00:00'", [], 't_d'),
    ("SELECT id FROM t WHERE d >= datetime('2024-01-14', '+21 hours')", [], 't_d'),
    # Several columns, expressions, parts.
    ('SELECT id FROM t WHERE w = ? AND s = ?', [500, 'Key500'], 't_ws|t_s'),
    ('SELECT id FROM t WHERE w = ? ORDER BY s DESC', [500], 't_ws'),
    ('SELECT id FROM t WHERE upper(s) = ?', ['KEY500'], 't_upper'),
    ("SELECT id FROM t WHERE date(d) = ?", ['2024-01-05'], 't_day'),
    ("SELECT id FROM t WHERE strftime('%Y-%m-%d %H', d) = '2024-01-05 07'", [], 't_hour'),
    ('SELECT id FROM t WHERE i + w = ?', [4], 't_sum'),
    ('SELECT id FROM t ORDER BY i + w LIMIT 3', [], 't_sum', 'ordered'),
    ('SELECT id FROM t WHERE i > 19990 AND w = 995', [], 't_part|t_i|t_ws'),
    ('SELECT id FROM t WHERE i > 19990 AND w > 0 ORDER BY w', [], 't_part|t_i'),
    ('SELECT z FROM o WHERE a = ? AND b = ?', [499, 'b499'], '-'),
    ('SELECT z FROM o WHERE a = ? ORDER BY b LIMIT 5', [7], '-', 'ordered'),
    ('SELECT z FROM o WHERE (a, b) = (?, ?)', [499, 'b499'], '-'),
    ('SELECT z FROM o WHERE (a, b) > (?, ?) ORDER BY a, b LIMIT 3', [250, 'b1'], '-', 'ordered'),
    ('SELECT c FROM h WHERE word = ?', ['w5'], '-'),
    # Joins, subqueries.
    ('SELECT t.s FROM c JOIN t ON t.id = c.t_id WHERE c.k = ?', ['k9'], '-'),
    ('SELECT c.k FROM t JOIN c ON c.t_id = t.id WHERE t.s = ?', ['Key9'], 't_s'),
    ('SELECT c.k FROM t JOIN c ON c.t_id = t.id WHERE t.s = ?', ['Key9'], 'c_t'),
    ('SELECT c.k FROM t LEFT JOIN c ON c.t_id = t.i WHERE t.id = 9', [], 'c_t'),
    ('SELECT c.k FROM t, h, c WHERE h.word = ? AND t.i = h.rowid AND c.t_id = t.id', ['w3'], 't_i'),
    ("SELECT c.k FROM h JOIN t ON t.v = h.c JOIN c ON c.t_id = t.id WHERE h.word = 'w600'", [], 't_v'),
    ('SELECT s FROM t WHERE id IN (SELECT t_id FROM c WHERE k = ?)', ['k5'], '-'),
    ('SELECT s FROM t WHERE i = (SELECT t_id FROM c WHERE k = ?)', ['k5'], 't_i'),
    ('SELECT c.k FROM h JOIN c ON c.t_id = h.c WHERE h.word = ?', ['w5'], 'c_t'),
    ('SELECT t.id FROM h JOIN t ON h.c = t.id WHERE h.word = ?', ['w5'], '-'),
    ('SELECT s FROM t WHERE id IN (SELECT value FROM json_each(?))', ['[5, 9]'], '-'),
    ('SELECT id FROM t WHERE s IN (SELECT value FROM json_each(?))', ['["Key5", "Key77"]'], 't_s'),
    ('SELECT s FROM t WHERE id < 3 AND EXISTS (SELECT 1 FROM c WHERE c.t_id = t.id)', [], 'c_t'),
    ('SELECT (SELECT k FROM c WHERE t_id = t.id) FROM t WHERE id = ?', [9], 'c_t'),
    ('SELECT s FROM t WHERE n = ? AND i > 0 ORDER BY id', ['name4'], 't_n'),
    ('UPDATE t SET w = w WHERE s = ?', ['Key6'], 't_s'),
    ('DELETE FROM c WHERE t_id = ?', [-1], 'c_t'),
    # Where some values are too long for an index, the others are found all the same.
    ('SELECT v FROM g WHERE k = ?', ['k77'], '-'),
    ('SELECT v FROM g WHERE k IN (?, ?)', ['k77', 'k78'], '-'),
    ('SELECT k FROM g WHERE n = ?', ['NAME77'], 'g_n'),
    ('SELECT k FROM g WHERE v = ?', [77], 'g_v'),
    ('SELECT k FROM g WHERE w = ? AND n = ?', [77, 'NAME77'], 'g_wn|g_n'),
    ('SELECT k FROM g WHERE w > ? ORDER BY w LIMIT 3', [100], 'g_wn', 'ordered'),
]


class Lines:
    def __init__(self, address, database):
        host, port = address.rsplit(':', 1)
        self.socket = socket.create_connection((host, int(port)), 60)
        self.file = self.socket.makefile('rb')
        self.socket.sendall(json.dumps({'hello': {'database': database}}).encode() + b'\n')
        assert 'hello' in json.loads(self.file.readline())

    def rows(self, sql, params=()):
        self.socket.sendall(json.dumps({'sql': sql, 'params': params}).encode() + b'\n')
        rows = []
        while True:
            message = json.loads(self.file.readline())
            if isinstance(message, list): rows.append(message)
            elif 'error' in message: raise RuntimeError(f"{message['error']['message']} in {sql}")
            elif 'columns' not in message and not message.get('more'): return rows


def literal(value):
    if value is None: return 'NULL'
    return "'" + value.replace("'", "''") + "'" if isinstance(value, str) else repr(value)


def lowered(binary, schema, database, sql, params):
    """The statement that PostgreSQL gets, with its slots' values in it."""
    given = [word for value in params for word in ('--param', literal(value))]
    text = subprocess.run([binary, 'explain', '--schema', schema, *given, sql], stdout=subprocess.PIPE, text=True, check=True).stdout
    # A write may take several statements; the first that names a table is the one that looks for rows.
    part = text[text.index('\nPostgreSQL\n') + 12:].split('\ncolumns')[0].split('\n')
    statement = next(line.strip() for line in part if re.match(r'\s+(WITH|SELECT|UPDATE|DELETE)', line) and ('"main".' in line))
    slots = {name: (slot, kind) for name, slot, kind in re.findall(r'^\s+(\$\d+): (.*), sent as (\w+)', '\n'.join(part), re.M)}
    def value(match):
        slot, kind = slots[match[0]]
        parameter, of = re.match(r'parameter \?(\d+)', slot), re.match(r"SQLite's value of (.*?)(?:, with \w+ affinity)?$", slot)
        expression = f'?{parameter[1]}' if parameter else of[1]
        count = max([int(n) for n in re.findall(r'\?(\d+)', expression)], default=0)
        found = sqlite3.connect(':memory:').execute(f'SELECT {expression}', params[:count]).fetchone()[0]
        if kind == 'bigint': found = int(float(found))
        return "'" + str(found).replace("'", "''") + "'"
    return re.sub(r'\$\d+', value, statement.rstrip(';')).replace('"main".', f'"{database}".')


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument('--lines', default='127.0.0.1:7433')
    parser.add_argument('--binary', default=os.environ.get('HOWDAH_BINARY', 'build/release/howdah'))
    parser.add_argument('--verbose', action='store_true')
    args, _ = parser.parse_known_args()
    database = f'index_plans_{os.getpid()}'
    lines, sqlite = Lines(args.lines, database), sqlite3.connect(':memory:', isolation_level=None)
    sqlite.executescript(SCHEMA)
    for statement in SCHEMA.split(';')[:-1]: lines.rows(statement)
    for statement in FILL:
        sqlite.execute(statement)
        lines.rows(statement)
    for table in 'tcohmg': lines.rows(f'/* howdah: postgres */ ANALYZE "{database}"."{table}"')
    failed = 0
    with tempfile.NamedTemporaryFile('w', suffix='.sql') as schema:
        schema.write(SCHEMA)
        schema.flush()
        for sql, params, index, *order in PLANS:
            problems = []
            try:
                text = lowered(args.binary, schema.name, database, sql, params)
                plan = '\n'.join(row[0] for row in lines.rows('/* howdah: postgres */ EXPLAIN (COSTS OFF) ' + text))
                names = re.findall(r'Index (?:Only )?Scan (?:Backward )?using (\S+)|Bitmap Index Scan on (\S+)', plan)
                names = {(a or b).strip('"') for a, b in names}
                wanted = set(index.split('|'))
                if index != '-' and not names & wanted: problems.append(f'does not use {index}')
                if index == '-' and not any(name.startswith('sqlite_') or name.endswith('_pkey') for name in names): problems.append('does not use the key')
                if 'Seq Scan' in plan: problems.append('reads a whole table')
                if order and re.search(r'(?<!Incremental )Sort', plan.replace('Sort Key', '')): problems.append('sorts')
                expected = [[{'blob': base64.b64encode(v).decode()} if isinstance(v, bytes) else v for v in row] for row in sqlite.execute(sql, params)]
                got = lines.rows(sql, params)
                if sorted(map(str, got)) != sorted(map(str, expected)): problems.append(f'answers {got[:5]} instead of {expected[:5]}')
            except (RuntimeError, StopIteration, ValueError, KeyError) as error:
                problems, plan, text = [repr(error)], '', ''
            if problems or args.verbose: print(f"{sql} {params}: {', '.join(problems) or 'good'}\n  {text[:700]}\n  " + plan.replace('\n', '\n  '))
            failed += bool(problems)
    print(f'{len(PLANS) - failed} passed, {failed} failed')
    return 1 if failed else 0


if __name__ == '__main__':
    sys.exit(main())
