#!/usr/bin/env python3
"""Autocommit writes of many clients that share transactions: each has its own answer, effect and error, in both writer modes.

  write_groups.py [--binary build/release/howdah] [--clients N] [--rounds N]      (default: $HOWDAH_BINARY)

Other arguments are ignored. Runs a PostgreSQL and a howdah of its own. Prints one line "N passed, N failed"."""
import os, random, signal, sqlite3, sys, threading

import durability
import pgwire

tests = []
clients, rounds = 24, 60
MODES = ('single', 'concurrent')


def in_both_modes(function):
    for mode in MODES:
        def run(howdah, mode=mode): function(howdah, mode)
        run.__name__ = f'{function.__name__}_{mode}'
        tests.append(run)
    return function


class Client(durability.Client):
    """ask() gives the trailer: changes, total_changes, last_insert_rowid."""
    def write(self, sql, params=()):
        self.send({'sql': sql, 'params': list(params)})
        return self.answer()

    def answer(self):
        message = self.line()
        if 'error' in message: raise RuntimeError(message['error']['message'])
        return message


def counted(howdah):
    stats = howdah.stats()
    return stats['write_groups'], stats['grouped_writes']


def at_once(n, work):
    """Runs work(number) for each number on a thread of its own; what went wrong is raised here."""
    problems, begin = [], threading.Barrier(n)

    def run(number):
        try:
            begin.wait()
            work(number)
        except Exception as error: problems.append(f'{number}: {error!r}')
    threads = [threading.Thread(target=run, args=(number,)) for number in range(n)]
    for thread in threads: thread.start()
    for thread in threads: thread.join()
    assert not problems, f'{len(problems)} problems, such as {problems[:3]}'


def refused(client, text, sql, params=()):
    try: client.write(sql, params)
    except RuntimeError as error: assert text in str(error), error
    else: raise AssertionError(f'{sql} {params} was not refused')


@in_both_modes
def everyone_has_what_is_its_own(howdah, mode):
    setup = Client(howdah, mode)
    setup.write('CREATE TABLE items(id INTEGER PRIMARY KEY, token TEXT UNIQUE, n INTEGER NOT NULL CHECK(n < 1000))')
    setup.write('CREATE TABLE hits(k TEXT PRIMARY KEY, n INTEGER)')
    setup.write('CREATE TABLE log(token TEXT, n INTEGER)')
    setup.write("INSERT INTO items VALUES (-1, 'taken', 0)")
    setup.write("INSERT INTO hits VALUES ('all', 0)")
    before = counted(howdah)
    mine = [{} for _ in range(clients)]

    def work(number):
        pick, c, total = random.Random(number), Client(howdah, mode), 0
        last = 0
        for i in range(rounds):
            token = f'{number}.{i}'
            told = c.write('INSERT INTO items(token, n) VALUES (?, ?)', (token, i))
            total += 1
            last = told['last_insert_rowid']
            mine[number][token] = last
            assert (told['changes'], told['total_changes']) == (1, total), told
            kind = pick.random()
            if kind < 0.15: refused(c, 'UNIQUE constraint failed: items.token', 'INSERT INTO items(token, n) VALUES (?, ?)', ('taken', 1))
            elif kind < 0.25: refused(c, 'NOT NULL constraint failed: items.n', 'INSERT INTO items(token, n) VALUES (?, ?)', (token + 'x', None))
            elif kind < 0.35: refused(c, 'CHECK constraint failed', 'INSERT INTO items(token, n) VALUES (?, ?)', (token + 'x', 5000))
            elif kind < 0.5:
                told = c.write('INSERT OR IGNORE INTO items(token, n) VALUES (?, ?)', ('taken', 1))
                assert (told['changes'], told['total_changes'], told['last_insert_rowid']) == (0, total, last), (told, last)
            elif kind < 0.6:
                told = c.write('INSERT INTO log VALUES (?, 1), (?, 2), (?, 3)', (token, token, token))
                total, last = total + 3, told['last_insert_rowid']
                assert told['changes'] == 3 and told['total_changes'] == total, told
            told = c.write("UPDATE hits SET n = n + 1 WHERE k = 'all'")
            total += 1
            assert (told['changes'], told['total_changes'], told['last_insert_rowid']) == (1, total, last), told
            told = c.write('INSERT INTO hits VALUES (?, 1) ON CONFLICT(k) DO UPDATE SET n = n + 1', (f'of {number % 3}',))
            total += 1
            assert (told['changes'], told['total_changes']) == (1, total), told
            last = told['last_insert_rowid'] or last
            told = c.write('DELETE FROM items WHERE token = ?', ('nobody',))
            assert (told['changes'], told['total_changes']) == (0, total), told
        c.close()
    at_once(clients, work)
    rows = dict(setup.ask("SELECT token, id FROM items WHERE token <> 'taken'"))
    assert rows == {token: rowid for each in mine for token, rowid in each.items()}, 'a row is missing, or twice, or has another rowid than was told'
    assert setup.ask("SELECT n FROM hits WHERE k = 'all'") == [[clients * rounds]]
    assert setup.ask("SELECT sum(n) FROM hits WHERE k <> 'all'") == [[clients * rounds]]
    assert setup.ask('SELECT count(*) FROM (SELECT token FROM log GROUP BY token HAVING count(*) <> 3)') == [[0]]
    groups, writes = (after - b for after, b in zip(counted(howdah), before))
    assert writes > groups > 0, (groups, writes)
    print(f'{mode}: {writes} writes in {groups} groups')
    setup.close()

KINDS = (  # what a table is, what is given, and whether its rowid is told
    ('loose(v, t TEXT, r REAL, i INTEGER, x NUMERIC, d DEFAULT (7 + 1), g AS (i + 1))', 'v, t, r, i, x', True),
    ('keyed(id INTEGER PRIMARY KEY, v, t TEXT UNIQUE)', 'v, t', True),
    ('counted(id INTEGER PRIMARY KEY AUTOINCREMENT, v, t TEXT UNIQUE)', 'v, t', True),
    ('given(id INTEGER PRIMARY KEY, v, t TEXT)', 'id, v, t', True),
    ('plain(t TEXT PRIMARY KEY, i INTEGER, v) WITHOUT ROWID', 't, i, v', False))


def value_of(column, token, number, i, pick):
    big = pick.choice([0, -1, 1 << 40, (1 << 63) - 1])
    return {'t': token, 'i': i, 'id': number * 1_000_000 + i + 1, 'r': pick.choice([0.5, -2.25, 3, 1e300]),
            'x': pick.choice([big, 0.25]), 'v': pick.choice([None, big, 1.5, token, 'ä €', '', {'blob': 'AP8='}])}[column]


@in_both_modes
def inserts_that_are_one_statement_are_as_if_each_were_alone(howdah, mode):
    setup, before = Client(howdah, mode), howdah.stats()['joined_writes']
    for table, _, _ in KINDS: setup.write(f'CREATE TABLE {table}')
    given, over = [[] for _ in range(clients)], threading.Event()

    def work(number):
        pick, c, last, i = random.Random(number), Client(howdah, mode), 0, -1
        while not over.is_set():
            i += 1
            if number == 0 and i >= rounds and i % 10 == 0 and (howdah.stats()['joined_writes'] - before > clients or i > 50 * rounds): over.set()
            table, columns, has_rowid = KINDS[i % len(KINDS)]
            name, token = table.split('(')[0], f'{number}.{i}'
            values = [value_of(column, token, number, i, pick) for column in columns.split(', ')]
            sql = f'INSERT INTO {name}({columns}) VALUES ({", ".join("?" * len(values))})'
            told = c.write(sql, values)
            assert told['changes'] == 1 and (has_rowid or told['last_insert_rowid'] == last), told
            last = told['last_insert_rowid']
            given[number].append((name, last, sql, values, token))
            if 'UNIQUE' in table and pick.random() < 0.01: refused(c, 'UNIQUE constraint failed', sql, values)
        c.close()
    at_once(clients, work)
    oracle = sqlite3.connect(':memory:')
    for table, columns, has_rowid in KINDS:
        name = table.split('(')[0]
        oracle.execute(f'CREATE TABLE {table}')
        mine = sorted((rowid, sql, values, token) for each in given for n, rowid, sql, values, token in each if n == name)
        for rowid, sql, values, token in mine:
            plain = [b'\x00\xff' if isinstance(v, dict) else v for v in values]
            if has_rowid and 'id' not in columns.split(', '):
                sql = sql.replace('(', '(rowid, ', 1).replace('VALUES (', 'VALUES (?, ')
                plain.insert(0, rowid)
            oracle.execute(sql, plain)
        told = ', '.join(f'quote({c}), typeof({c})' for c in [*columns.split(', '), *(['d', 'g'] if name == 'loose' else [])])
        ask = f'SELECT {"rowid, " if has_rowid else ""}{told} FROM {name} ORDER BY t'
        assert setup.ask(ask) == [list(row) for row in oracle.execute(ask)], name
        # Without others' transactions in between there is no gap either.
        if has_rowid and 'id' not in columns.split(', ') and mode == 'single' and 'AUTOINCREMENT' not in table:
            assert [rowid for rowid, *_ in mine] == list(range(1, len(mine) + 1)), name
    assert howdah.stats()['joined_writes'] - before > clients, 'nothing was one statement'
    setup.close()


@in_both_modes
def clients_that_go_leave_the_others_alone(howdah, mode):
    setup = Client(howdah, mode)
    setup.write('CREATE TABLE gone(token TEXT, n INTEGER)')
    acknowledged = [set() for _ in range(clients)]

    def work(number):
        pick, c = random.Random(number), Client(howdah, mode)
        for i in range(rounds):
            token = f'{number}.{i}'
            if number % 3 == 0 and pick.random() < 0.3:
                c.send({'sql': 'INSERT INTO gone VALUES (?, 0)', 'params': [token]})
                c.close()
                c = Client(howdah, mode)
            else:
                assert c.write('INSERT INTO gone VALUES (?, 1)', (token,))['changes'] == 1
                acknowledged[number].add(token)
        c.close()
    at_once(clients, work)
    rows = setup.ask('SELECT token, n FROM gone')
    assert len({row[0] for row in rows}) == len(rows), 'a row is there twice'
    assert {row[0] for row in rows if row[1] == 1} == set().union(*acknowledged)
    setup.close()


@in_both_modes
def beside_transactions_that_hold_the_lock_or_rows(howdah, mode):
    setup = Client(howdah, mode)
    setup.write('CREATE TABLE shared(id INTEGER PRIMARY KEY, n INTEGER)')
    for i in range(4): setup.write('INSERT INTO shared VALUES (?, 0)', (i,))

    def work(number):
        pick, c = random.Random(number), Client(howdah, mode)
        if number >= 3:
            for i in range(rounds): assert c.write('UPDATE shared SET n = n + 1 WHERE id = ?', (pick.randrange(4),))['changes'] == 1
        else:
            # One row after the other, as the writes of a group. With concurrent writers it may have to begin again.
            done = 0
            while done < rounds // 4:
                try:
                    c.ask('BEGIN IMMEDIATE')
                    for row in pick.sample(range(4), 4):
                        c.write('UPDATE shared SET n = n + 1 WHERE id = ?', (row,))
                        c.ask('SELECT 1')
                    c.ask('COMMIT')
                    done += 1
                except RuntimeError as error:
                    assert mode == 'concurrent' and 'database is locked' in str(error), error
                    c.ask('ROLLBACK')
        c.close()
    at_once(clients, work)
    assert setup.ask('SELECT sum(n) FROM shared') == [[(clients - 3) * rounds + 3 * (rounds // 4) * 4]]
    setup.close()


@in_both_modes
def who_waits_for_a_long_transaction_is_served_after_it(howdah, mode):
    one, setup = Client(howdah, mode), Client(howdah, mode)
    setup.write('CREATE TABLE held(id INTEGER PRIMARY KEY, n INTEGER)')
    setup.write('INSERT INTO held VALUES (1, 0)')
    warm = 'UPDATE held SET n = n + 1 WHERE id = 1'
    at_once(8, lambda _: [Client(howdah, mode).write(warm) for _ in range(4)])
    one.ask('BEGIN IMMEDIATE')
    one.write(warm)
    others = [Client(howdah, mode) for _ in range(6)]  # fewer than the pool has connections
    for other in others: other.send({'sql': warm})
    durability.wait_until(lambda: howdah.server_asked("SELECT 1 FROM pg_locks WHERE waitstart < now() - interval '0.3 s'") != '', 'one waits for longer than a group does')
    assert setup.ask('SELECT n FROM held') == [[32]]
    one.ask('COMMIT')
    for other in others: assert other.answer()['changes'] == 1
    assert setup.ask('SELECT n FROM held') == [[39]]
    for c in (one, setup, *others): c.close()


@in_both_modes
def who_does_not_want_to_wait_is_told_at_once(howdah, mode):
    one, setup = Client(howdah, mode), Client(howdah, mode)
    setup.write('CREATE TABLE impatient(id INTEGER PRIMARY KEY, n INTEGER)')
    setup.write('INSERT INTO impatient VALUES (1, 0)')
    two = Client(howdah, mode)
    two.ask('PRAGMA busy_timeout = 0')
    two.write('UPDATE impatient SET n = n + 1 WHERE id = 1')
    one.ask('BEGIN IMMEDIATE')
    one.write('UPDATE impatient SET n = n + 10 WHERE id = 1')
    for _ in range(3): refused(two, 'database is locked', 'UPDATE impatient SET n = n + 1 WHERE id = 1')
    one.ask('COMMIT')
    two.write('UPDATE impatient SET n = n + 100 WHERE id = 1')
    assert setup.ask('SELECT n FROM impatient') == [[111]]
    for c in (one, two, setup): c.close()


@in_both_modes
def while_the_schema_changes(howdah, mode):
    setup = Client(howdah, mode)
    setup.write('CREATE TABLE moving(id INTEGER PRIMARY KEY, token TEXT)')
    over = threading.Event()
    acknowledged = [set() for _ in range(8)]

    def work(number):
        c, i = Client(howdah, mode), 0
        if number == 0:
            for i in range(6):
                c.ask(f'ALTER TABLE moving ADD COLUMN c{i} INTEGER DEFAULT {i}')
                c.ask(f'CREATE INDEX moving_{i} ON moving(c{i})')
                enough = sum(map(len, acknowledged)) + 50
                durability.wait_until(lambda: sum(map(len, acknowledged)) > enough, 'others write')
            over.set()
        while not over.is_set():
            token = f'{number}.{i}'
            i += 1
            assert c.write('INSERT INTO moving(token) VALUES (?)', (token,))['changes'] == 1
            acknowledged[number].add(token)
        c.close()
    at_once(8, work)
    rows = [row[0] for row in setup.ask('SELECT token FROM moving')]
    assert sorted(rows) == sorted(set().union(*acknowledged))
    setup.close()


def sqlstates(answer): return [pgwire.sqlstate(body) for kind, body in answer if kind == 'E']


@in_both_modes
def a_cancel_ends_one_write_that_waits_behind_a_lock_and_no_other(howdah, mode):
    holder, setup = Client(howdah, mode), Client(howdah, mode)
    setup.write('CREATE TABLE locked(id INTEGER PRIMARY KEY, n INTEGER)')
    setup.write('INSERT INTO locked VALUES (1, 0)')
    setup.write('UPDATE locked SET n = n + 1 WHERE id = 1')  # its plan is made
    holder.ask('BEGIN IMMEDIATE')
    holder.write('UPDATE locked SET n = 0 WHERE id = 1')
    waiting = [pgwire.Client(howdah, database=mode) for _ in range(8)]
    for n, c in enumerate(waiting): c.send(pgwire.query(f'UPDATE locked SET n = n + {10 ** n} WHERE id = 1'))
    for c in waiting[1::2]: c.cancel()
    for c in waiting[1::2]:
        answer = c.answer()
        assert sqlstates(answer) == ['57014'], answer
    holder.ask('COMMIT')
    for c in waiting[::2]: assert sqlstates(c.answer()) == []
    assert setup.ask('SELECT n FROM locked') == [[1010101]]
    for n, c in enumerate(waiting): assert sqlstates(c.ask(f'UPDATE locked SET n = n + {10 ** n} WHERE id = 1')) == []
    assert setup.ask('SELECT n FROM locked') == [[12121212]]
    for c in (holder, setup, *waiting): c.socket.close()


@in_both_modes
def a_write_that_is_cancelled_is_there_exactly_if_it_was_acknowledged(howdah, mode):
    setup = Client(howdah, mode)
    setup.write('CREATE TABLE cancelled(token TEXT, n INTEGER)')
    acknowledged, interrupted = [set() for _ in range(clients)], [0] * clients

    def work(number):
        pick = random.Random(number)
        with pgwire.Client(howdah, database=mode) as c:
            for i in range(rounds):
                token = f'{number}.{i}'
                c.send(pgwire.query(f"INSERT INTO cancelled VALUES ('{token}', {i})"))
                cancels = number % 3 == 0 and pick.random() < 0.7
                if cancels: c.cancel()
                errors = sqlstates(c.answer())
                assert errors in ([], ['57014'] if cancels else []), errors
                if errors: interrupted[number] += 1
                else: acknowledged[number].add(token)
    before = counted(howdah)
    at_once(clients, work)
    rows = [row[0] for row in setup.ask('SELECT token FROM cancelled')]
    assert len(set(rows)) == len(rows), 'a row is there twice'
    assert set(rows) == set().union(*acknowledged), 'a row is missing, or one is there that was cancelled'
    groups, writes = (after - b for after, b in zip(counted(howdah), before))
    assert writes > groups > 0, (groups, writes)
    print(f'{mode}: {sum(interrupted)} writes cancelled beside {writes} in {groups} groups')
    setup.close()


def while_connections_break(howdah, mode, table, times, strike):
    """Everybody inserts while strike() is called so many times. The rows that are there although nobody was told so, and all errors by token."""
    setup = Client(howdah, mode)
    setup.write(f'CREATE TABLE {table}(token TEXT, n INTEGER)')
    acknowledged, unknown = [set() for _ in range(clients)], [{} for _ in range(clients)]
    over = threading.Event()

    def work(number):
        if number == 0:
            for _ in range(times):
                enough = sum(map(len, acknowledged)) + 100
                durability.wait_until(lambda: sum(map(len, acknowledged)) > enough, 'rows are acknowledged')
                strike()
            return over.set()
        c, i = Client(howdah, mode), 0
        while not over.is_set():
            token = f'{number}.{i}'
            i += 1
            try:
                c.write(f'INSERT INTO {table} VALUES (?, 1)', (token,))
                acknowledged[number].add(token)
            except RuntimeError as error: unknown[number][token] = str(error)
        c.close()
    at_once(clients, work)

    def present():
        try: return [row[0] for row in setup.ask(f'SELECT token FROM {table}')]
        except RuntimeError: return None
    rows = durability.wait_until(present, 'howdah reaches PostgreSQL again')
    assert len(set(rows)) == len(rows), 'a row is there twice'
    told, errors = set().union(*acknowledged), {token: error for each in unknown for token, error in each.items()}
    assert told <= set(rows), f'{len(told - set(rows))} acknowledged rows are gone'
    assert set(rows) - told <= set(errors)
    setup.close()
    return set(rows) - told, errors


BACKENDS = "pg_stat_activity WHERE backend_type = 'client backend' AND pid <> pg_backend_pid() AND query NOT LIKE 'LISTEN%'"


@in_both_modes
def connections_that_break_lose_and_double_nothing(howdah, mode):
    while_connections_break(howdah, mode, 'broken', 8, lambda: howdah.server_asked(f'SELECT count(pg_terminate_backend(pid)) FROM {BACKENDS}'))


@in_both_modes
def when_a_connection_breaks_nobody_in_its_group_knows_what_has_become_of_the_write(howdah, mode):
    """As one alone would not: here all of it has been committed."""
    for turn in range(20):  # until a group was hit
        ended = []

        def strike():
            with howdah.without_a_standby(): ended.append(howdah.end_commits())
        there, errors = while_connections_break(howdah, mode, f'untold{turn}', 4, strike)
        assert all('the connection to PostgreSQL was lost' in error for error in errors.values()), set(errors.values())
        assert there == set(errors)
        if len(errors) > sum(ended): return
    raise AssertionError('there were no groups')


@in_both_modes
def backends_that_are_killed_lose_and_double_nothing(howdah, mode):
    def strike():
        pid = howdah.server_asked(f"SELECT pid FROM {BACKENDS} ORDER BY state = 'idle' LIMIT 1")
        os.kill(int(pid), signal.SIGKILL)  # the server ends all others and recovers
    while_connections_break(howdah, mode, 'killed', 3, strike)


@in_both_modes
def foreign_keys_hold_for_those_who_enforce_them(howdah, mode):
    setup = Client(howdah, mode)
    setup.write('CREATE TABLE owners(id INTEGER PRIMARY KEY, n INTEGER)')
    setup.write('CREATE TABLE things(id INTEGER PRIMARY KEY, owner INTEGER REFERENCES owners, token TEXT)')
    setup.write('CREATE TABLE later(id INTEGER PRIMARY KEY, owner INTEGER REFERENCES owners DEFERRABLE INITIALLY DEFERRED, token TEXT)')
    setup.write('CREATE TABLE apart(id INTEGER PRIMARY KEY, token TEXT)')
    setup.write('INSERT INTO owners VALUES (1, 0), (2, 0)')
    before = counted(howdah)
    stored = [[] for _ in range(clients)]

    def work(number):
        pick, c, enforces = random.Random(number), Client(howdah, mode), number % 3 > 0
        c.write(f'PRAGMA foreign_keys = {"ON" if enforces else "OFF"}')
        for i in range(rounds):
            table, owner, token = pick.choice(('things', 'later')), pick.choice((1, 2, None, 77)), f'{number}.{i}'
            if enforces and owner == 77: refused(c, 'FOREIGN KEY constraint failed', f'INSERT INTO {table}(owner, token) VALUES (?, ?)', (owner, token))
            else:
                assert c.write(f'INSERT INTO {table}(owner, token) VALUES (?, ?)', (owner, token))['changes'] == 1
                stored[number].append((table, owner, token))
            c.write('INSERT INTO apart(token) VALUES (?)', (token,))
            if enforces: refused(c, 'FOREIGN KEY constraint failed', 'DELETE FROM owners WHERE id = 1')
            c.write('UPDATE owners SET n = n + 1 WHERE id = 2')
        c.close()
    setup.write("INSERT INTO things(owner, token) VALUES (1, 'keeps')")
    at_once(clients, work)
    for table in 'things', 'later':
        rows = {tuple(row) for row in setup.ask(f"SELECT owner, token FROM {table} WHERE token <> 'keeps'")}
        assert rows == {(owner, token) for each in stored for t, owner, token in each if t == table}
    assert setup.ask('SELECT count(*) FROM apart') == [[clients * rounds]]
    assert setup.ask('SELECT id, n FROM owners') == [[1, 0], [2, clients * rounds]]
    groups, writes = (after - b for after, b in zip(counted(howdah), before))
    # Concurrent writers wait for each other's rows here; on a slow machine that is too long for groups.
    if mode == 'single': assert writes > groups > 0, (groups, writes)
    print(f'{mode}: {writes} writes with keys in {groups} groups')
    setup.close()


def main():
    global clients, rounds
    args = durability.arguments(clients=clients, rounds=rounds)
    clients, rounds = args.clients, args.rounds
    return durability.run_on_one_howdah('write groups', tests, args)


if __name__ == '__main__':
    sys.exit(main())
