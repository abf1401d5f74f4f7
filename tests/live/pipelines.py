#!/usr/bin/env python3
"""Statements that a client sends without waiting for answers are answered as if it had waited, in fewer round trips.

  pipelines.py [--binary build/release/howdah] [--seconds N] [--seed N]      (default: $HOWDAH_BINARY, 6, 1)

Random conversations are held twice, one statement at a time and all at once, over both protocols, with a single writer
and with concurrent ones: every byte of the answers is the same. Other arguments are ignored. Runs a PostgreSQL and a
howdah of its own. Prints one line "N passed, N failed"."""
import json, random, struct, sys, threading, time

import durability
from durability import Client
import pgwire
from pgwire import message, query

tests = []
seconds, seed = 6.0, 1
names = [f'{way}_{mode}' for mode in ('single', 'concurrent') for way in ('waits', 'pipes')]


def test(function):
    tests.append(function)
    return function


class Sent:
    """How many statements were sent ahead within."""
    def __init__(self, howdah): self.howdah = howdah
    def __enter__(self):
        self.before = self.howdah.stats()['sent_ahead']
        return self
    def __exit__(self, *_): self.ahead = self.howdah.stats()['sent_ahead'] - self.before


class Queries:
    """How many commands the server was told within."""
    def __init__(self, howdah): self.howdah = howdah
    def asked(self): return sum(pool['queries'] for pool in self.howdah.stats()['pools'])
    def __enter__(self):
        self.before = self.asked()
        return self
    def __exit__(self, *_): self.queries = self.asked() - self.before


# ------------------------------------------------------------------------------------------------------ conversations

schema = ('CREATE TABLE t(id INTEGER PRIMARY KEY, v INTEGER, u TEXT UNIQUE, CHECK (v <> 13))',
          'CREATE TABLE log(id INTEGER PRIMARY KEY, what TEXT)',
          "CREATE TRIGGER logs AFTER DELETE ON t BEGIN INSERT INTO log(what) VALUES (old.u); END",
          'CREATE TABLE parent(id INTEGER PRIMARY KEY)',
          'CREATE TABLE child(id INTEGER PRIMARY KEY, p REFERENCES parent(id) DEFERRABLE INITIALLY DEFERRED)',
          'CREATE TABLE near(id INTEGER PRIMARY KEY, p INTEGER REFERENCES parent(id), v INTEGER)')
statements = {
    'insert': ('INSERT INTO t VALUES (?, ?, ?)', 'ivu'), 'replace': ('INSERT OR REPLACE INTO t VALUES (?, ?, ?)', 'ivu'),
    'ignore': ('INSERT OR IGNORE INTO t VALUES (?, ?, ?)', 'ivu'), 'upsert': ('INSERT INTO t VALUES (?, ?, ?) ON CONFLICT(id) DO UPDATE SET v = v + 1', 'ivu'),
    'update': ('UPDATE t SET v = v + ? WHERE id = ?', 'vi'), 'rename': ('UPDATE t SET u = ? WHERE id = ?', 'ui'), 'delete': ('DELETE FROM t WHERE id = ?', 'i'),
    'all': ('UPDATE t SET v = v + ?', 'v'), 'returning': ('UPDATE t SET v = v + 1 WHERE id = ? RETURNING id, v, u', 'i'),
    'get': ('SELECT id, v, u FROM t WHERE id = ?', 'i'), 'list': ('SELECT id, v, u FROM t ORDER BY id LIMIT ?', 'i'), 'sum': ('SELECT count(*), total(v) FROM t WHERE v > ?', 'v'),
    'changes': ('SELECT changes(), total_changes()', ''), 'rowid': ('INSERT INTO log(what) VALUES (last_insert_rowid())', ''), 'types': ('SELECT typeof(v), v FROM t WHERE id = ?', 'i'),
    'wide': ("SELECT id, u, hex(zeroblob(v * 20000)) FROM t WHERE id = ?", 'i'),
    'child': ('INSERT OR REPLACE INTO child VALUES (?, ?)', 'ii'), 'parent': ('INSERT OR IGNORE INTO parent VALUES (?)', 'i'),
    'near': ('INSERT INTO near VALUES (?, ?, ?) ON CONFLICT(id) DO UPDATE SET p = excluded.p', 'iiv'), 'move': ('UPDATE near SET p = ? WHERE id = ?', 'ii'),
    'apart': ('UPDATE near SET v = ? WHERE id = ?', 'vi'), 'bury': ('DELETE FROM parent WHERE id = ?', 'i'), 'born': ('INSERT INTO parent VALUES (?)', 'i'),
}
of_keys = ('child', 'parent', 'near', 'move', 'apart', 'bury', 'born')
controls = ('BEGIN', 'BEGIN', 'BEGIN IMMEDIATE', 'COMMIT', 'COMMIT', 'COMMIT', 'ROLLBACK', 'SAVEPOINT s', 'RELEASE s', 'ROLLBACK TO s')
others = ('SELECT nonsense', 'INSERT INTO nowhere VALUES (1)', 'PRAGMA user_version', 'SELECT 1', '', "DELETE FROM log WHERE what = 'a'", 'PRAGMA foreign_keys = 1', 'PRAGMA foreign_keys = 0', 'PRAGMA defer_foreign_keys = 1')


def value(pick, kind):
    if kind == 'i': return pick.randint(1, 6)
    if kind == 'v': return pick.choice((0, 1, 2, 3, 13)) if pick.random() < 0.97 else pick.choice(('text', None, 1.5, 9223372036854775807))
    return pick.choice(('a', 'b', 'c', None, 'd' * 300))


def conversation(pick, single):
    """A list of (sql, values): of some statements only, often the same many times in a row."""
    asked, known = [(f'PRAGMA foreign_keys = {pick.randint(0, 1)}', [])], pick.sample(list(statements), 5)
    if asked[0][0].endswith('1'): known += pick.sample(of_keys, 4)
    while len(asked) < 150:
        kind = pick.random()
        if kind < 0.2: asked.append((pick.choice(controls), []))
        elif kind < 0.22: asked.append((pick.choice(others), []))
        else:
            name = pick.choice(known)
            if name == 'rowid' and not single: continue  # where the numbers of rows may have gaps
            sql, kinds = statements[name]
            for _ in range(pick.choice((1, 1, 2, 3, 8))): asked.append((sql, [value(pick, k) for k in kinds]))
    return asked


def in_text(sql, values):
    for v in values: sql = sql.replace('?', 'NULL' if v is None else f"'{v}'" if isinstance(v, str) else str(v), 1)
    return sql


def beginning(fresh):
    """Of a conversation. The tables are mostly those of the one before: what is sent ahead must have run before."""
    names = ('t', 'log', 'child', 'near', 'parent')
    tables = [*(f'DROP TABLE IF EXISTS {t}' for t in names), *schema] if fresh else [f'DELETE FROM {t}' for t in names]
    return ['ROLLBACK', 'PRAGMA foreign_keys = 0', *tables]


def compare(howdah, mode, hold, what):
    """Holds random conversations with waits_MODE and pipes_MODE for a while."""
    clients = [hold(howdah, f'{way}_{mode}') for way in ('waits', 'pipes')]
    rounds, end = 0, time.monotonic() + seconds / 4
    with Sent(howdah) as sent:
        while rounds < 3 or time.monotonic() < end:
            picks = [random.Random(f'{seed} {what} {rounds}') for _ in clients]
            told = [client.converse(conversation(pick, mode == 'single'), pick, waits, rounds == 0) for client, pick, waits in zip(clients, picks, (True, False))]
            for n, (one, other) in enumerate(zip(*told)):
                assert one == other, f'seed {seed}, round {rounds}, answer {n}:\nwaited {one}\npiped  {other}\nbefore {told[0][max(n - 4, 0):n]}'
            assert len(told[0]) == len(told[1])
            rounds += 1
    assert sent.ahead > 5 * rounds, (sent.ahead, rounds)  # of 150 statements at a time


class Lines(Client):
    def converse(self, asked, pick, waits, fresh):
        for sql in beginning(fresh):
            self.request({'sql': sql})
            self.answer()
        requests = []
        for n, (sql, values) in enumerate(asked):
            how = pick.random()
            if how < 0.5: requests.append({'id': n, 'sql': sql, 'params': values})
            elif how < 0.8 or not requests or 'params' in requests[-1] or pick.random() < 0.5: requests.append({'id': n, 'sql': in_text(sql, values)})
            else: requests[-1]['sql'] += '; ' + in_text(sql, values)
        if not waits:
            lines = b''.join(json.dumps(r).encode() + b'\n' for r in requests)
            threading.Thread(target=self.socket.sendall, args=(lines,)).start()
        told = []
        for r in requests:
            if waits: self.request(r)
            told += self.answer()
        return told

    def request(self, r): self.socket.sendall(json.dumps(r).encode() + b'\n')

    def answer(self):
        lines = []
        while True:
            lines.append(self.line())
            last = lines[-1]
            if isinstance(last, dict) and ('error' in last or ('rows' in last and not last.get('more'))): return lines


class Wire(pgwire.Client):
    """Prepared statements and scripts mixed."""
    def __init__(self, howdah, database): super().__init__(howdah, timeout=60, database=database)

    def converse(self, asked, pick, waits, fresh):
        for sql in ('DEALLOCATE ALL', *beginning(fresh)): self.ask(sql)
        for name, (sql, _) in statements.items():
            self.send(message('P', name.encode() + b'\0' + sql.encode() + b'\0\0\0') + message('S'))
            self.answer()
        by_sql = {sql: name for name, (sql, _) in statements.items()}
        steps, in_cycle = [], False  # (bytes, what ends its answer when nothing fails)
        for sql, values in asked:
            if sql in by_sql and pick.random() < 0.8:
                formats = pick.choice((b'\0\0', b'\0\1\0\1')) if sql in (statements['get'][0], statements['list'][0]) else b'\0\0'
                named = pick.random() < 0.7  # or parsed for each run
                name = by_sql[sql].encode() if named else b''
                run = b''.join([b'' if named else message('P', b'\0' + sql.encode() + b'\0\0\0'),
                                message('B', b'\0' + name + b'\0\0\0' + struct.pack('>h', len(values)) + b''.join(field(v) for v in values) + formats),
                                message('D', b'P\0') if pick.random() < 0.5 else b'', message('E', b'\0' + struct.pack('>i', pick.choice((0, 0, 0, 1))))])
                steps.append((run, 'CsI'))
                in_cycle = True
                if pick.random() < 0.3:
                    steps.append((message('S'), 'Z'))
                    in_cycle = False
            else:
                if in_cycle: steps.append((message('S'), 'Z'))
                in_cycle = False
                steps.append((query(in_text(sql, values)), 'Z'))
        steps.append((message('S'), 'Z'))
        told, cycles = [], sum(1 for _, ends in steps if ends == 'Z')
        if not waits:
            threading.Thread(target=self.send, args=(b''.join(b for b, _ in steps),)).start()
            for _ in range(cycles): told += self.answer()
            return told
        skipping = False
        for sent, ends in steps:
            if ends == 'Z':
                self.send(sent)
                told += self.answer()
                skipping = False
            elif skipping:
                self.send(sent)
            else:
                self.send(sent + message('H'))
                told += self.answer(ends + 'E')
                skipping = told[-1][0] == 'E'
        return told


def field(v):
    if v is None: return struct.pack('>i', -1)
    text = str(v).encode()
    return struct.pack('>i', len(text)) + text


@test
def lines_with_a_single_writer(howdah): compare(howdah, 'single', Lines, 'lines single')


@test
def lines_with_concurrent_writers(howdah): compare(howdah, 'concurrent', Lines, 'lines concurrent')


@test
def the_wire_with_a_single_writer(howdah): compare(howdah, 'single', Wire, 'wire single')


@test
def the_wire_with_concurrent_writers(howdah): compare(howdah, 'concurrent', Wire, 'wire concurrent')


# ------------------------------------------------------------------------------------------------------------- counts

def run_of(name, values, limit):
    return message('B', b'\0' + name + b'\0\0\0' + struct.pack('>h', len(values)) + b''.join(field(v) for v in values) + b'\0\0') + message('E', b'\0' + struct.pack('>i', limit))


@test
def a_portal_is_replaced_by_the_next_of_its_name(howdah):
    w = Wire(howdah, 'waits_single')
    for sql in ('DROP TABLE IF EXISTS p', 'CREATE TABLE p(a INTEGER)', 'INSERT INTO p VALUES (1), (2), (3)', 'BEGIN'): w.ask(sql)
    w.socket.sendall(message('P', b'p\0SELECT a FROM p WHERE a >= ?\0\0\0') + message('S'))
    w.answer()
    for first in (1, 2, 1):
        w.socket.sendall(run_of(b'p', [first], 1) + message('S'))
        assert [kind for kind, _ in w.answer()] == ['2', 'D', 's', 'Z'], first


@test
def a_portal_that_has_no_more_rows_is_replaced_too(howdah):
    w = Wire(howdah, 'waits_single')
    for sql in ('DROP TABLE IF EXISTS p', 'CREATE TABLE p(a INTEGER)', 'INSERT INTO p VALUES (1)', 'BEGIN'): w.ask(sql)
    w.socket.sendall(message('P', b'few\0SELECT a FROM p WHERE a >= ?\0\0\0') + message('S'))
    w.answer()
    for first in (2, 1, 2):
        w.socket.sendall(run_of(b'few', [first], 5) + message('S'))
        assert [(kind, body) for kind, body in w.answer() if kind in 'EZ'] == [('Z', b'T')], first


@test
def a_portal_of_a_table_that_was_made_anew_leaves_its_transaction(howdah):
    """The server's statement is stale. What was written before in the transaction is there, and the transaction is open."""
    w = Wire(howdah, 'waits_single')
    w.ask('DROP TABLE IF EXISTS q')
    w.ask('DROP TABLE IF EXISTS other')
    w.ask('CREATE TABLE other(a INTEGER)')
    for round_, column in enumerate(('a INTEGER', 'a TEXT', 'a', 'a REAL') * 3):
        w.ask('DROP TABLE IF EXISTS q')
        w.ask(f'CREATE TABLE q({column})')
        w.ask('INSERT INTO q VALUES (1)')
        for _ in range(2):
            w.ask('BEGIN')
            w.ask(f'INSERT INTO other VALUES ({round_})')
            w.socket.sendall(message('P', b'\0SELECT a FROM q\0\0\0') + run_of(b'', [], 1) + message('S'))
            assert [(kind, body) for kind, body in w.answer() if kind in 'EZ'] == [('Z', b'T')], column
            w.ask('COMMIT')
    w.socket.sendall(query('SELECT count(*) FROM other'))
    assert [body for kind, body in w.answer() if kind == 'D'] == [struct.pack('>hi', 1, 2) + b'24']


@test
def a_packet_of_a_transaction_has_one_guard(howdah):
    """What fails in it is undone alone all the same: what was before it is done once more. Who takes the writer lock keeps a guard for each."""
    for mode in ('single', 'concurrent'):
        c = with_a_table_b(howdah, mode)
        def asked(statements):
            send_at_once(c, statements)
            return errors_of(c, statements)
        def opened(n): assert asked(['BEGIN', f'INSERT INTO b VALUES ({n}, 1)', 'SELECT count(*) FROM b WHERE v = 7']) == [None] * 3
        for start in range(0, 10_000, 100):
            opened(start)
            with Sent(howdah) as sent, Queries(howdah) as told:
                assert asked([f'INSERT INTO b VALUES ({start + i}, 1)' for i in range(1, 41)] + ['COMMIT']) == [None] * 41
            if sent.ahead == 40: break
        if mode == 'single': assert told.queries < 50, told.queries  # 41 and a guard; with a guard each it was 86
        opened(19_999)
        wrong = [f'INSERT INTO b VALUES ({n}, 2)' for n in (*range(20_000, 20_020), 20_003, *range(30_000, 30_020))]
        said = asked([*wrong, 'COMMIT'])
        assert [error is not None for error in said] == [False] * 20 + [True] + [False] * 21, said
        assert c.ask('SELECT count(*), sum(v) FROM b WHERE id >= 19999') == [[41, 81]]


def counted(howdah, mode, prologue, repeated, epilogue, ahead):
    """So many of ten repetitions, and of what follows, travel with a statement before them, in either protocol."""
    c = Client(howdah, f'pipes_{mode}')
    c.ask('DROP TABLE IF EXISTS n')
    c.ask('CREATE TABLE n(id INTEGER PRIMARY KEY, v INTEGER)')
    w = Wire(howdah, f'pipes_{mode}')
    for client in (c, w):
        for round_ in range(50):  # the first ones have the plan made and its time learnt, which a busy machine makes long
            asked = [*prologue, *(repeated.format(10 * round_ + i + (1000 if client is c else 0)) for i in range(10)), *epilogue]
            with Sent(howdah) as sent:
                if client is c:
                    c.socket.sendall(b''.join(json.dumps({'sql': sql}).encode() + b'\n' for sql in asked))
                    for _ in asked: assert 'error' not in Lines.answer(c)[-1]
                else:
                    w.socket.sendall(b''.join(query(sql) for sql in asked))
                    for _ in asked: assert 'E' not in [kind for kind, _ in w.answer()]
            if round_ > 0 and sent.ahead >= ahead: break
        assert sent.ahead == ahead, (client, sent.ahead)


@test
def statements_of_a_transaction_and_its_commit_are_one_packet(howdah):
    # A transaction row by row keeps its COMMIT until it knows that each statement has met its row.
    for mode, ahead in (('single', 10), ('concurrent', 9)): counted(howdah, mode, ['BEGIN'], 'INSERT INTO n VALUES ({}, 1)', ['COMMIT'], ahead)


@test
def a_long_pipeline_is_read_in_large_pieces(howdah):
    """Nine of ten statements of a hundred bytes go with one before them; in pieces of 512 bytes it was three of four."""
    c, w = Client(howdah, 'pipes_single'), Wire(howdah, 'pipes_single')
    c.ask('DROP TABLE IF EXISTS pieces')
    c.ask('CREATE TABLE pieces(v TEXT)')
    asked = ['BEGIN', *([f"INSERT INTO pieces VALUES ('{'long enough, ' * 8}')"] * 400), 'COMMIT']
    lines, messages = b''.join(json.dumps({'sql': sql}).encode() + b'\n' for sql in asked), b''.join(query(sql) for sql in asked)
    for client, sent_at_once in ((c, lines), (w, messages)):
        for _ in range(20):  # the first ones have the plan made and its time learnt
            with Sent(howdah) as sent:
                threading.Thread(target=client.socket.sendall, args=(sent_at_once,)).start()
                for _ in asked: Lines.answer(c) if client is c else w.answer()
            if sent.ahead > 360: break
        assert sent.ahead > 360, (client, sent.ahead)


@test
def what_meets_no_row_of_its_own_is_not_committed_before_it_has_been_looked_at(howdah):
    """In a transaction row by row: it is undone and repeated, which must not happen to what has been committed."""
    c = Client(howdah, 'pipes_concurrent')
    for n in range(5):
        c.ask(f'DROP TABLE IF EXISTS r{n}')
        c.ask(f'CREATE TABLE r{n}(id INTEGER PRIMARY KEY, v INTEGER)')
        c.ask(f'INSERT INTO r{n} VALUES (1, 0), (2, 0)')
        update = f'UPDATE r{n} SET v = v + 1 WHERE id = ?'
        for sql, values in (('BEGIN', []), ('COMMIT', []), *[(update, [2])] * 20): c.ask(sql, values)  # plans are made, and times learnt
        asked = [('BEGIN', []), (update, [1]), (update, [77]), (update, [1]), ('COMMIT', [])]
        c.socket.sendall(b''.join(json.dumps({'sql': sql, 'params': values}).encode() + b'\n' for sql, values in asked))
        for _ in asked: assert 'error' not in Lines.answer(c)[-1]
        assert c.ask(f'SELECT v FROM r{n} WHERE id = 1') == [[2]], n
        assert c.ask('SELECT count(*) FROM r{0} WHERE id = 77'.format(n)) == [[0]]


@test
def writes_that_commit_by_themselves_are_one_packet(howdah):
    for mode in ('single', 'concurrent'): counted(howdah, mode, [], 'INSERT INTO n VALUES ({}, 1)', [], 9)


@test
def queries_are_not_waited_for_one_by_one(howdah):
    for mode in ('single', 'concurrent'): counted(howdah, mode, [], 'SELECT v FROM n WHERE id = {}', [], 9)


# ---------------------------------------------------------------------------------------------- connections that break

def send_at_once(c, asked): c.socket.sendall(b''.join(json.dumps({'sql': sql}).encode() + b'\n' for sql in asked))


def errors_of(c, asked): return [Lines.answer(c)[-1].get('error', {}).get('message') for _ in asked]


def with_a_table_b(howdah, mode):
    c = Client(howdah, f'pipes_{mode}')
    c.ask('DROP TABLE IF EXISTS b')
    c.ask('CREATE TABLE b(id INTEGER PRIMARY KEY, v INTEGER)')
    return c


def broken_at_commit(howdah, c, asked):
    """All are sent at once, and the connection breaks when a first commit is on disk. What was said of each: an error or None."""
    with howdah.without_a_standby():
        howdah.commits_hang()
        send_at_once(c, asked)
        howdah.end_commits()
    said = errors_of(c, asked)
    for error in said: assert error is None or 'the connection to PostgreSQL was lost' in error, said
    return said


@test
def a_connection_that_breaks_leaves_all_of_a_packet_unknown(howdah):
    """Here all of it has been committed."""
    for mode in ('single', 'concurrent'):
        c = with_a_table_b(howdah, mode)
        for round_ in range(50):
            inserts = [f'INSERT INTO b VALUES ({5 * round_ + i}, 1)' for i in range(5)]
            with Sent(howdah) as sent:  # the plan is made, and its time learnt
                send_at_once(c, inserts)
                assert errors_of(c, inserts) == [None] * 5
            if round_ > 10 and sent.ahead == 4: break
        rows = list(range(1000, 1005))
        said = broken_at_commit(howdah, c, [f'INSERT INTO b VALUES ({n}, 1)' for n in rows])
        assert None not in said, said
        assert c.ask('SELECT id FROM b WHERE id >= 1000') == [[n] for n in rows]


@test
def a_transaction_whose_connection_breaks_at_its_commit_is_there_or_not(howdah):
    for mode in ('single', 'concurrent'):
        c = with_a_table_b(howdah, mode)
        for round_ in range(6):
            rows = [5 * round_ + i + 1 for i in range(5)]
            said = broken_at_commit(howdah, c, ['BEGIN', *(f'INSERT INTO b VALUES ({n}, 1)' for n in rows), 'COMMIT'])
            assert said[0] is None and said[-1] is not None, said
            assert c.ask(f'SELECT id FROM b WHERE id BETWEEN {rows[0]} AND {rows[-1]}') == [[n] for n in rows]
            assert c.ask('SELECT 1') == [[1]]
        if mode == 'single': assert None not in said[1:], said  # its COMMIT travels with it


def main():
    global seconds, seed
    args = durability.arguments(seconds=seconds, seed=seed)
    seconds, seed = args.seconds, args.seed
    databases = {name: f'writers = "{name.split("_")[1]}"' for name in names}
    return durability.run_on_one_howdah('pipelines', tests, args, databases)


if __name__ == '__main__': sys.exit(main())
