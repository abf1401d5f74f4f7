#!/usr/bin/env python3
"""Transactions of concurrent writers that touch single rows by their keys are what SQLite makes of them one after the other.

Clients run random transactions at the same time and keep what they were answered. Then SQLite runs those that were committed, in the
order in which PostgreSQL committed them, and must give the same answers and end with the same rows: whoever locks all that he sees until
he has committed is equal to one who does everything at that moment.

  serial.py [--binary build/release/howdah] [--seconds N] [--seed N] [--wire lines|pgwire]      (default: $HOWDAH_BINARY, 6)

Other arguments are ignored. Runs a PostgreSQL and a howdah of its own. Prints one line "N passed, N failed"."""
import collections, itertools, random, sqlite3, struct, sys, threading, time

import durability, pgwire
from row_transactions import Counts

tests = []
seconds, seed, wire = 6.0, 0, 'lines'
clients = 10

SCHEMA = ['CREATE TABLE journal(k INTEGER PRIMARY KEY)',
          'CREATE TABLE ints(k INTEGER PRIMARY KEY, ver INTEGER NOT NULL, v INTEGER CHECK (v <> 13))',
          'CREATE TABLE texts(k TEXT PRIMARY KEY, ver INTEGER NOT NULL, v INTEGER)',
          'CREATE TABLE folded(k TEXT COLLATE NOCASE PRIMARY KEY, ver INTEGER NOT NULL, v INTEGER)',
          'CREATE TABLE pairs(x INTEGER, y TEXT, ver INTEGER NOT NULL, v INTEGER, PRIMARY KEY(x, y)) WITHOUT ROWID',
          'CREATE TABLE autos(k INTEGER PRIMARY KEY AUTOINCREMENT, ver INTEGER NOT NULL, v INTEGER)',
          "CREATE TABLE named(k INTEGER PRIMARY KEY, u TEXT UNIQUE, ver INTEGER NOT NULL, v INTEGER, w TEXT AS (u || '.') STORED UNIQUE)",
          'CREATE TABLE parents(k INTEGER PRIMARY KEY, ver INTEGER NOT NULL, v INTEGER)',
          'CREATE TABLE kids(k INTEGER PRIMARY KEY, p INTEGER REFERENCES parents, ver INTEGER NOT NULL, v INTEGER)',
          'CREATE TABLE late_kids(k INTEGER PRIMARY KEY, p INTEGER REFERENCES parents DEFERRABLE INITIALLY DEFERRED, ver INTEGER NOT NULL, v INTEGER)',
          'CREATE TABLE folks(k INTEGER PRIMARY KEY, u TEXT COLLATE NOCASE UNIQUE, ver INTEGER NOT NULL, v INTEGER)',
          'CREATE TABLE pets(k INTEGER PRIMARY KEY, p TEXT REFERENCES folks(u), ver INTEGER NOT NULL, v INTEGER)']
TABLES = [sql.split()[2].split('(')[0] for sql in SCHEMA]
KEYS = {'ints': ('k',), 'texts': ('k',), 'folded': ('k',), 'pairs': ('x', 'y'), 'autos': ('k',), 'named': ('k',), 'parents': ('k',), 'kids': ('k',), 'late_kids': ('k',),
        'folks': ('k',), 'pets': ('k',)}
PARENT = {'kids': 'parents', 'late_kids': 'parents', 'pets': 'folks'}
LETTERS = 'abcdefgh'
FOLKS = ('one', 'TWO', 'three', 'Four')


def test(function):
    tests.append(function)
    return function


class Refused(Exception): pass


class LinesClient(durability.Client):
    """told(): the rows, how many rows a write has changed, and last_insert_rowid()."""
    def told(self, sql, params=()):
        self.send({'sql': sql, 'params': list(params)})
        rows = []
        while True:
            message = self.line()
            if isinstance(message, list): rows.append(tuple(message))
            elif 'error' in message: raise Refused(message['error']['message'])
            elif 'rows' in message and not message.get('more'): return rows, message['changes'], message['last_insert_rowid']

    def last_rowid(self): return self.told('SELECT last_insert_rowid()')[0][0][0]


class WireClient(pgwire.Client):
    """The same over the PostgreSQL wire."""
    def __init__(self, howdah, database):
        super().__init__(howdah, user='x', database=database)
        self.changes = self.rowid = 0

    def close(self): self.socket.close()

    def rows(self, sql):
        rows, columns, refusal = [], [], None
        for kind, body in self.ask(sql):
            if kind == 'T':
                columns, at = [], 2
                while at < len(body):
                    at = body.index(0, at) + 1 + 18
                    columns.append(int if struct.unpack('>i', body[at - 12:at - 8])[0] == 20 else str)
            elif kind == 'D':
                row, at = [], 2
                for column in columns:
                    length, = struct.unpack('>i', body[at:at + 4])
                    at += 4 + max(length, 0)
                    row.append(None if length < 0 else column(body[at - length:at].decode()))
                rows.append(tuple(row))
            elif kind == 'C' and body.startswith((b'INSERT', b'UPDATE', b'DELETE')): self.changes = int(body[:-1].split()[-1])
            elif kind == 'E': refusal = Refused(body.decode())
        if refusal: raise refusal
        return rows

    def told(self, sql, params=()):
        values = iter(params)
        rows = self.rows(''.join(literal(next(values)) if c == '?' else c for c in sql))
        if sql.startswith('INSERT'): self.last_rowid()
        return rows, self.changes, self.rowid

    def last_rowid(self):
        self.rowid = self.rows('SELECT last_insert_rowid()')[0][0]
        return self.rowid


def literal(value): return 'NULL' if value is None else f"'{value}'" if isinstance(value, str) else str(value)


class Statement:
    """`kind`: update, delete, insert, upsert or read. `key`: the values by which it finds its row, `by` their columns."""
    def __init__(self, kind, table, by, key, sql, params, draws=False):
        self.kind, self.table, self.by, self.key, self.sql, self.params, self.draws = kind, table, by, key, sql, params, draws
        self.answer, self.rowid_before = None, 0

    def place(self):
        """Transactions that take their rows in one order do not wait for each other in a circle."""
        return TABLES.index(self.table), repr(self.key)

    def __repr__(self): return f'{self.sql} {list(self.params)} -> {self.answer}'


class Choice:
    """Random statements. Which keys are there is only guessed."""
    def __init__(self, pick, there): self.pick, self.there = pick, there

    def key(self, table, present):
        pick = self.pick
        if pick.random() < 0.03: present = not present
        if table in ('texts', 'folded'): keys = [(c,) for c in LETTERS]
        elif table == 'pairs': keys = [(x, y) for x in (1, 2, 3) for y in 'abc']
        elif table in ('parents', 'folks'): keys = [(k,) for k in range(1, 5)]
        elif table == 'autos': keys = [key for key in list(self.there[table]) if present] or [(k,) for k in range(1, 5)]
        else: keys = [(k,) for k in range(1, 9)]
        fitting = [key for key in keys if (key in self.there[table]) == present]
        key = pick.choice(fitting or keys)
        return (pick.choice((key[0], key[0].upper())),) if table == 'folded' else key

    def reference(self, table):
        """What a child refers to."""
        if self.pick.random() < 0.1: return None
        if table == 'pets': return self.pick.choice(FOLKS).title()
        return self.key('parents', True)[0]

    def name(self, key, names):
        """Mostly one of its own, so that rows seldom want the same."""
        if self.pick.random() < 0.1: return None
        name = names[key - 1] if self.pick.random() < 0.85 else self.pick.choice(names)
        return name.swapcase() if names != LETTERS and self.pick.random() < 0.5 else name

    def statement(self):
        pick = self.pick
        table = pick.choice(list(KEYS))
        kind = pick.choices(('update', 'delete', 'insert', 'upsert'), (40, 12, 16, 32))[0]
        key = self.key(table, kind in ('update', 'delete'))
        if kind in ('update', 'delete') and key not in self.there[table] and pick.random() < 0.95: kind = 'upsert'
        if kind == 'insert' and key in self.there[table] and pick.random() < 0.95: kind = 'upsert'
        if table == 'autos' and kind == 'insert' and pick.random() < 0.8:
            return Statement('insert', table, ('k',), None, 'INSERT INTO autos(ver, v) VALUES (0, ?)' + self.returning(table), [pick.randint(20, 99)], draws=True)
        by = KEYS[table]
        if table == 'named' and kind in ('update', 'delete') and pick.random() < 0.4:
            by, key = pick.choice((('u',), ('w',))), (pick.choice(LETTERS),)
            if by == ('w',): key = (key[0] + '.',)
            if pick.random() < 0.6: by, key = ('k',), self.key(table, True)
        where = ' AND '.join(f'{column} = ?' for column in by)
        value = 13 if pick.random() < 0.005 else pick.randint(20, 99)
        if kind == 'delete': return Statement(kind, table, by, key, f'DELETE FROM {table} WHERE {where}' + self.returning(table), key)
        if kind == 'update':
            sets, params = 'ver = ver + 1, v = ?', [value]
            if table in PARENT and pick.random() < 0.3: sets, params = sets + ', p = ?', params + [self.reference(table)]
            if table == 'named' and pick.random() < 0.3: sets, params = sets + ', u = ?', params + [self.name(pick.randint(1, 8), LETTERS)]
            if table == 'folks' and pick.random() < 0.3: sets, params = sets + ', u = ?', params + [self.name(key[0], FOLKS + FOLKS)]
            return Statement(kind, table, by, key, f'UPDATE {table} SET {sets} WHERE {where}' + self.returning(table), params + list(key))
        columns, params = list(KEYS[table]) + ['ver', 'v'], list(key) + [0, value]
        if table in PARENT: columns, params = columns + ['p'], params + [self.reference(table)]
        if table == 'named': columns, params = columns + ['u'], params + [self.name(key[0], LETTERS)]
        if table == 'folks': columns, params = columns + ['u'], params + [self.name(key[0], FOLKS)]
        sql = f'INSERT INTO {table}({", ".join(columns)}) VALUES ({", ".join("?" * len(params))})'
        if kind == 'upsert':
            if table == 'named' and params[-1] is not None and pick.random() < 0.5: by, key = ('u',), (params[-1],)
            sql += f' ON CONFLICT({", ".join(by)}) DO UPDATE SET ver = ver + 1, v = v + excluded.v'
            if table == 'named' and pick.random() < 0.2: sql += ', u = excluded.u'
        return Statement(kind, table, by, key, sql + self.returning(table), params)

    def returning(self, table): return self.pick.choice(('', ' RETURNING *', ' RETURNING ver, ' + ', '.join(KEYS[table])))

    def read(self, statement):
        key = statement.key or (statement.answer[2],)
        return Statement('read', statement.table, statement.by, key, f'SELECT * FROM {statement.table} WHERE ' + ' AND '.join(f'{c} = ?' for c in statement.by), key)


class Worker:
    def __init__(self, howdah, number, shared):
        self.howdah, self.number, self.shared = howdah, number, shared
        self.pick, self.rowid = random.Random(f'{seed} {number}'), 0
        self.choice = Choice(self.pick, shared.there)

    def run(self):
        try:
            client = (WireClient if wire == 'pgwire' else LinesClient)(self.howdah, 'concurrent')
            client.told('PRAGMA foreign_keys = ON')
            while time.monotonic() < self.shared.end: self.transaction(client)
            client.close()
        except Exception as error: self.shared.problems.append(f'{self.number}: {error!r}')

    def transaction(self, client):
        pick, shared = self.pick, self.shared
        shared.begun[self.number] += 1
        name = next(shared.names)
        plan = [self.choice.statement() for _ in range(pick.randint(1, 5))]
        if pick.random() < 0.92: plan.sort(key=Statement.place)
        # Under a name of its own no transaction before it has begun with this statement, nor become ordinary later.
        sql = 'INSERT INTO journal VALUES (?)' + (f' RETURNING k AS k{name}' if pick.random() < 0.9 else '')
        first = Statement('insert', 'journal', ('k',), (name,), sql, [name])
        plan.insert(0 if pick.random() < 0.9 else len(plan), first)
        done, locked, lost = [], [], False
        try:
            client.told('BEGIN')
            for statement in plan:
                for s in [statement] + ([] if pick.random() > 0.35 else [None]):
                    if s is None:
                        if not locked: continue
                        s = self.choice.read(pick.choice(locked))
                    try: s.answer = client.told(s.sql, s.params)
                    except Refused as error:
                        if 'constraint failed' not in str(error): raise
                        self.rowid = client.last_rowid()  # what failed may have moved it
                        if pick.random() < 0.8: raise
                        lost = True
                        continue
                    s.rowid_before, self.rowid = self.rowid, s.answer[2]
                    # What was not found is not locked: others may make it.
                    if s.kind != 'read' and s.answer[1] == 0: continue
                    if s.draws: s.key = (s.answer[2],)
                    done.append(s)
                    if s.kind != 'read' and not (lost and s.kind == 'upsert'): locked.append(s)
            if pick.random() < 0.1:
                client.told('ROLLBACK')
                return
            client.told('COMMIT')
        except Refused as error:
            shared.refused[str(error).split('\n')[0]] += 1
            if all(known not in str(error) for known in ('locked', 'constraint failed', 'serialize')): shared.problems.append(f'{plan}: {error}')
            try: client.told('ROLLBACK')
            except Refused: pass
            return
        shared.committed[name] = done
        for s in done:
            if s.by != KEYS.get(s.table): continue
            key = tuple(k.lower() if s.table == 'folded' else k for k in s.key)
            if s.kind == 'delete': shared.there[s.table].discard(key)
            elif s.kind != 'read': shared.there[s.table].add(key)


class Shared:
    def __init__(self):
        self.end = time.monotonic() + seconds
        self.names = itertools.count(1)
        self.committed, self.problems, self.begun = {}, [], [0] * clients
        self.refused = collections.Counter()
        self.there = collections.defaultdict(set)


def replayed(committed, by_rows):
    """What SQLite answers otherwise, and its tables at the end. What an ordinary transaction reads is that of its beginning."""
    db, problems = sqlite3.connect(':memory:', isolation_level=None), []
    for sql in ['PRAGMA foreign_keys = ON', *SCHEMA]: db.execute(sql)
    db.execute('CREATE TEMP TABLE unset(k INTEGER PRIMARY KEY)')
    last = lambda: db.execute('SELECT last_insert_rowid()').fetchone()[0]
    for name, is_by_rows in by_rows.items():
        db.execute('BEGIN')
        for s in committed[name]:
            if s.kind == 'read' and not is_by_rows: continue
            sql, params = s.sql, list(s.params)
            if s.draws: sql, params = sql.replace('(ver, v) VALUES (', '(k, ver, v) VALUES (?, '), [s.answer[2]] + params
            rows, changes, rowid = s.answer
            try:
                db.execute('REPLACE INTO unset VALUES (-1)')  # what last_insert_rowid() is until there is another
                before = db.total_changes
                mine = db.execute(sql, params).fetchall()
                same = mine == rows and (s.kind == 'read' or db.total_changes - before == changes)
                if s.table not in ('texts', 'folded', 'pairs'): same = same and rowid == (s.rowid_before if last() == -1 else last())
                if not same: problems.append(f'{name} {is_by_rows}: {s}, but SQLite: {mine} {db.total_changes - before}')
            except sqlite3.Error as error: problems.append(f'{name} {is_by_rows}: {s}, but SQLite: {error}')
        try: db.execute('COMMIT')
        except sqlite3.Error as error:
            problems.append(f'{name} {is_by_rows}: {committed[name]}, but SQLite: {error}')
            db.execute('ROLLBACK')
    return problems, db


@test
def what_is_committed_is_what_one_after_the_other_would_have_made(howdah):
    setup = LinesClient(howdah, 'concurrent')
    for sql in SCHEMA: setup.told(sql)
    setup.close()
    howdah.server_asked("ALTER TABLE concurrent.journal ADD isolation text DEFAULT current_setting('transaction_isolation')")
    shared = Shared()
    threads = [threading.Thread(target=Worker(howdah, n, shared).run) for n in range(clients)]
    with Counts(howdah) as counts:
        for thread in threads: thread.start()
        for thread in threads: thread.join()
    committed = shared.committed
    print(f'seed {seed}: {sum(shared.begun)} transactions, {len(committed)} committed with {sum(map(len, committed.values()))} answers, {counts.begun} row by row, {counts.left} '
          f'made ordinary; refused: {dict(shared.refused.most_common(9))}')
    assert not shared.problems, shared.problems[:3]
    journal = howdah.server_asked('SELECT k, isolation FROM concurrent.journal ORDER BY pg_xact_commit_timestamp(xmin)').splitlines()
    by_rows = {int(k): isolation == 'read committed' for k, isolation in (line.split('|') for line in journal)}
    assert sorted(by_rows) == sorted(committed), 'a transaction is missing, or was not told'
    problems, db = replayed(committed, by_rows)
    assert not problems, '\n'.join([f'{len(problems)} problems, such as', *problems[:3]])
    reader = LinesClient(howdah, 'concurrent')
    for name in TABLES:
        rows, expected = set(reader.told(f'SELECT * FROM {name}')[0]), set(db.execute(f'SELECT * FROM {name}'))
        assert rows == expected, (name, rows ^ expected)
    assert reader.told('PRAGMA foreign_key_check')[0] == []
    reader.close()
    assert counts.begun > sum(shared.begun) / 2 and counts.left < counts.begun / 2, vars(counts)


def main():
    global seconds, seed, wire
    args = durability.arguments(seconds=seconds, seed=seed, wire=wire)
    seconds, seed, wire = args.seconds, args.seed, args.wire if args.wire == 'pgwire' else 'lines'
    settings = ['track_commit_timestamp=on', 'deadlock_timeout=50ms']  # which say in what order; and there shall be deadlocks
    return durability.run_on_one_howdah('serial', tests, args, server_settings=settings)


if __name__ == '__main__':
    sys.exit(main())
