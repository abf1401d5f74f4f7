#!/usr/bin/env python3
"""Many clients that insert at once, in both writer modes: nobody is refused, no rowid comes twice, every row is there.

  writers.py [--binary build/release/howdah] [--clients N] [--rounds N]      (default: $HOWDAH_BINARY)

Other arguments are ignored. Runs a PostgreSQL and a howdah of its own. Prints one line "N passed, N failed"."""
import sys, threading

import durability
from durability import Client

tests = []
clients, rounds = 16, 12


def test(function):
    tests.append(function)
    return function


TABLES = {'plain': 'id INTEGER PRIMARY KEY, token TEXT UNIQUE, n INTEGER', 'counted': 'id INTEGER PRIMARY KEY AUTOINCREMENT, token TEXT UNIQUE, n INTEGER', 'hidden': 'token TEXT UNIQUE, n INTEGER'}
# How many rows each brings; {t} is the table, {k} a token of this round alone.
FORMS = [
    (1, "INSERT INTO {t}(token, n) VALUES ('{k}', 1)"),
    (3, "INSERT INTO {t}(token, n) VALUES ('{k}', 1), ('{k}.b', 2), ('{k}.c', 3)"),
    (2, "INSERT INTO {t}(token, n) SELECT '{k}', 1 UNION ALL SELECT '{k}.b', 2"),
    (1, "INSERT OR IGNORE INTO {t}(token, n) VALUES ('{k}', 1)"),
    (1, "REPLACE INTO {t}(token, n) VALUES ('{k}', 1)"),
    (1, "INSERT INTO {t}(token, n) VALUES ('{k}', 1) ON CONFLICT(token) DO UPDATE SET n = n + 1"),
    (1, "INSERT INTO {t}(token, n) VALUES ('{k}', 1) RETURNING rowid"),
]


def insert_all(howdah, database, number, expected, problems, begin):
    try:
        client = Client(howdah, database)
        begin.wait()
        for i in range(rounds):
            for table in TABLES:
                for j, (count, form) in enumerate(FORMS):
                    token = f'{number}.{i}.{j}'
                    rows = client.ask(form.format(t=table, k=token))
                    expected[table].update([token, token + '.b', token + '.c'][:count])
                    if count == 1:
                        mine = client.ask('SELECT last_insert_rowid()')[0][0]
                        stored = client.ask(f"SELECT rowid FROM {table} WHERE token = '{token}'")[0][0]
                        if mine != stored or (rows and rows[0][0] != stored): problems.append(f'{table} {form}: rowid {stored}, told {mine} {rows}')
                while True:
                    try:
                        client.ask('BEGIN IMMEDIATE')
                        client.ask(f"INSERT INTO {table}(token, n) VALUES ('{number}.{i}.x', 1)")
                        client.ask(f"INSERT INTO {table}(token, n) VALUES ('{number}.{i}.y', 1)")
                        client.ask('COMMIT')
                        break
                    except RuntimeError as error:
                        if 'locked' not in str(error): raise
                        try: client.ask('ROLLBACK')
                        except RuntimeError: pass
                expected[table].update([f'{number}.{i}.x', f'{number}.{i}.y'])
        client.close()
    except Exception as error: problems.append(f'client {number}: {error!r}')


def everyone_inserts(howdah, database):
    setup = Client(howdah, database)
    expected = [{table: set() for table in TABLES} for _ in range(clients)]
    problems, begin = [], threading.Barrier(clients)
    threads = [threading.Thread(target=insert_all, args=(howdah, database, n, expected[n], problems, begin)) for n in range(clients)]
    for thread in threads: thread.start()
    for thread in threads: thread.join()
    assert not problems, f'{len(problems)} problems, such as {problems[:3]}'
    for table in TABLES:
        rows = setup.ask(f'SELECT rowid, token FROM {table}')
        assert len({r[0] for r in rows}) == len(rows), f'{table} has a rowid twice'
        there, told = {r[1] for r in rows if r[1] != 'first'}, set().union(*(e[table] for e in expected))
        assert there == told, f'{table}: {len(told - there)} rows are missing, {len(there - told)} nobody inserted'
    last = setup.ask('SELECT max(id) FROM counted')[0][0]
    setup.ask('DELETE FROM counted')
    setup.ask("INSERT INTO counted(token) VALUES ('after')")
    assert setup.ask("SELECT id FROM counted WHERE token = 'after'")[0][0] > last, 'AUTOINCREMENT gave a rowid twice'
    setup.close()


def make_tables(howdah, database):
    setup = Client(howdah, database)
    for table, columns in TABLES.items(): setup.ask(f'CREATE TABLE {table}({columns})')
    setup.close()


@test
def with_a_single_writer_everyone_gets_a_rowid(howdah):
    make_tables(howdah, 'single')
    everyone_inserts(howdah, 'single')


@test
def with_concurrent_writers_everyone_gets_a_rowid(howdah):
    make_tables(howdah, 'concurrent')
    everyone_inserts(howdah, 'concurrent')


@test
def tables_that_were_made_with_a_single_writer_take_concurrent_ones(howdah):
    make_tables(howdah, 'made_single')
    c = Client(howdah, 'made_single')
    c.ask("INSERT INTO plain VALUES (5000, 'first', 1)")
    c.ask("INSERT INTO plain(token) VALUES ('second')")
    c.ask('DELETE FROM plain WHERE id = 5001')
    c.close()
    everyone_inserts(howdah, 'made_concurrent')


@test
def rowids_that_are_given_move_the_others_on(howdah):
    one, two = Client(howdah, 'concurrent'), Client(howdah, 'concurrent')
    one.ask('CREATE TABLE given(id INTEGER PRIMARY KEY, v)')
    one.ask('INSERT INTO given(v) VALUES (1)')
    two.ask('BEGIN')
    assert two.ask('SELECT max(id) FROM given') == [[1]]
    one.ask('INSERT INTO given VALUES (2, 2), (3, 3), (70000, 4)')
    two.ask('INSERT INTO given(v) VALUES (5)')  # its snapshot does not show them
    two.ask('COMMIT')
    one.ask('INSERT INTO given(v) VALUES (6)')
    rows = one.ask('SELECT id, v FROM given ORDER BY id')
    assert [r[0] for r in rows[:4]] == [1, 2, 3, 70000] and sorted(r[1] for r in rows[4:]) == [5, 6], rows
    one.ask('ALTER TABLE given RENAME TO renamed')
    one.ask('INSERT INTO renamed(v) VALUES (7)')
    assert one.ask('SELECT v FROM renamed ORDER BY id DESC LIMIT 1') == [[7]]
    try: one.ask("INSERT INTO renamed VALUES (1, 'twice')")
    except RuntimeError as error: assert 'UNIQUE constraint failed: renamed.id' in str(error)
    else: raise AssertionError('a rowid was taken twice')
    one.close()
    two.close()


@test
def a_transaction_that_has_shown_nothing_begins_again_unseen(howdah):
    one, two = Client(howdah, 'concurrent'), Client(howdah, 'concurrent')
    one.ask('CREATE TABLE hot(id INTEGER PRIMARY KEY, n INTEGER)')
    one.ask('INSERT INTO hot VALUES (1, 0)')
    one.ask('BEGIN')
    one.ask('UPDATE hot SET n = n + 1')
    two.ask('BEGIN')
    waiting = threading.Thread(target=lambda: two.ask('UPDATE hot SET n = n + 10'))
    waiting.start()
    durability.wait_until(lambda: howdah.server_asked("SELECT 1 FROM pg_stat_activity WHERE wait_event_type = 'Lock'"), 'the second one waits')
    one.ask('COMMIT')
    waiting.join()
    two.ask('COMMIT')
    assert one.ask('SELECT n FROM hot') == [[11]]
    one.close()
    two.close()


@test
def those_who_wait_to_write_keep_no_connection_from_those_who_read(howdah):
    holder, reader = Client(howdah, 'single'), Client(howdah, 'single')
    holder.ask('CREATE TABLE queued(id INTEGER PRIMARY KEY, n INTEGER)')
    holder.ask('BEGIN IMMEDIATE')
    holder.ask('INSERT INTO queued VALUES (1, 0)')
    waiting, problems = [Client(howdah, 'single') for _ in range(24)], []

    def write(client, n):
        try:
            client.ask('PRAGMA busy_timeout = 60000')
            if n % 2: client.ask('BEGIN IMMEDIATE')
            client.ask('INSERT INTO queued(n) VALUES (?)', [n])
            if n % 2: client.ask('COMMIT')
        except Exception as error: problems.append(f'{n}: {error!r}')
    threads = [threading.Thread(target=write, args=(client, n + 1)) for n, client in enumerate(waiting)]
    for thread in threads: thread.start()
    at_server = lambda: len(howdah.server_asked("SELECT 1 FROM pg_stat_activity WHERE wait_event_type = 'Lock'").split())
    durability.wait_until(lambda: howdah.writers_waiting() + at_server() == 24, 'all of them wait')
    assert howdah.writers_waiting() >= 12, 'who waits at the server has no more than three quarters of the pool'
    assert reader.ask('SELECT count(*) FROM queued') == [[0]]
    reader.ask('PRAGMA busy_timeout = 50')
    try: reader.ask('INSERT INTO queued(n) VALUES (-1)')
    except RuntimeError as error: assert 'database is locked' in str(error), error
    else: raise AssertionError('the lock was had twice')
    gone = Client(howdah, 'single')
    gone.send({'sql': 'INSERT INTO queued(n) VALUES (-2)'})
    durability.wait_until(lambda: howdah.writers_waiting() + at_server() == 25, 'one more waits')
    gone.close()  # who goes leaves its place to the next
    holder.ask('COMMIT')
    for thread in threads: thread.join()
    assert not problems, problems
    assert reader.ask('SELECT count(*), count(DISTINCT n) FROM queued WHERE n > 0') == [[24, 24]]
    assert howdah.writers_waiting() == 0
    for client in [holder, reader, *waiting]: client.close()


def main():
    global clients, rounds
    args = durability.arguments(clients=clients, rounds=rounds)
    clients, rounds = args.clients, args.rounds
    databases = {'single': 'writers = "single"', 'concurrent': 'writers = "concurrent"', 'made_single': 'schema = "made"\nwriters = "single"', 'made_concurrent': 'schema = "made"\nwriters = "concurrent"'}
    return durability.run_on_one_howdah('writers', tests, args, databases)


if __name__ == '__main__':
    sys.exit(main())
