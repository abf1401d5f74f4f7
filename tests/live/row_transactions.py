#!/usr/bin/env python3
"""Transactions of concurrent writers that touch rows by their rowids: they wait for each other's rows instead of
conflicting, become ordinary ones when something else is asked, and always show what one after the other would have.

  row_transactions.py [--binary build/release/howdah] [--seconds N]      (default: $HOWDAH_BINARY, 6)

Other arguments are ignored. Runs a PostgreSQL and a howdah of its own. Prints one line "N passed, N failed"."""
import contextlib, random, sys, threading, time

import durability
from durability import Client

tests = []
seconds = 6.0


def test(function):
    tests.append(function)
    return function


def counted(howdah):
    stats = howdah.stats()
    return stats['row_transactions'], stats['row_transactions_left']


class Counts:
    """How many row transactions were begun and left within."""
    def __init__(self, howdah): self.howdah = howdah
    def __enter__(self):
        self.before = counted(self.howdah)
        return self
    def __exit__(self, *_): self.begun, self.left = (after - before for after, before in zip(counted(self.howdah), self.before))


def table(howdah, name, rows=3):
    c = Client(howdah, 'concurrent')
    c.ask(f'CREATE TABLE {name}(id INTEGER PRIMARY KEY, v INTEGER, u TEXT UNIQUE)')
    for i in range(rows): c.ask(f'INSERT INTO {name} VALUES ({i + 1}, {10 * (i + 1)}, NULL)')
    return c


def refused(client, sql):
    try: client.ask(sql)
    except RuntimeError as error: return str(error)
    raise AssertionError(f'{sql} was not refused')


def lock_waits(howdah, n): durability.wait_until(lambda: len(howdah.server_asked("SELECT 1 FROM pg_stat_activity WHERE wait_event_type = 'Lock'").split()) == n, f'{n} wait for a row')


@contextlib.contextmanager
def waiting_for_a_row(howdah, work):
    """`work` has begun on a thread and waits; it is over at the end. A list for what it gives."""
    told = []

    def run():
        try: told.append(work())
        except RuntimeError as error: told.append(error)
    thread = threading.Thread(target=run)
    thread.start()
    lock_waits(howdah, 1)
    yield told
    thread.join()


@test
def who_meets_a_row_of_another_waits_and_goes_on(howdah):
    one, two = table(howdah, 'meets'), Client(howdah, 'concurrent')
    with Counts(howdah) as counts:
        one.ask('BEGIN')
        one.ask('UPDATE meets SET v = v + 1 WHERE id = 1')
        assert one.ask('SELECT v FROM meets WHERE id = 1') == [[11]]
        two.ask('BEGIN')
        two.ask('UPDATE meets SET v = v + 100 WHERE id = 2')
        with waiting_for_a_row(howdah, lambda: two.ask('UPDATE meets SET v = v + 100 WHERE id = 1')) as told:
            one.ask('INSERT INTO meets(v) VALUES (7)')
            one.ask('COMMIT')
        assert told == [[]], told
        assert two.ask('SELECT v FROM meets WHERE id = 1') == [[111]]
        two.ask('DELETE FROM meets WHERE id = 2')
        assert two.ask('SELECT v FROM meets WHERE id = 2') == []
        two.ask('COMMIT')
    assert (counts.begun, counts.left) == (2, 0), vars(counts)
    assert one.ask('SELECT id, v FROM meets ORDER BY id') == [[1, 111], [3, 30], [4, 7]]


@test
def other_statements_make_it_an_ordinary_transaction(howdah):
    others = {'counts': 'SELECT count(*) FROM {}', 'unlocked': 'SELECT v FROM {} WHERE id = 3', 'many': 'UPDATE {} SET v = v + 0', 'by_value': 'UPDATE {} SET v = 5 WHERE v = 30',
              'savepoint': 'SAVEPOINT s', 'ddl': 'CREATE INDEX {0}_i ON {0}(v)', 'or_ignore': "INSERT OR IGNORE INTO {} VALUES (1, 1, 'x')", 'pragma': 'PRAGMA user_version = 3',
              'subquery': 'UPDATE {0} SET v = (SELECT max(v) FROM {0}) WHERE id = 1', 'selects': 'INSERT INTO {0}(v) SELECT max(v) FROM {0}'}
    for name, sql in others.items():
        c = table(howdah, f't_{name}')
        with Counts(howdah) as counts:
            c.ask('BEGIN')
            c.ask(f'UPDATE t_{name} SET v = v + 1 WHERE id = 1')
            c.ask(f"INSERT INTO t_{name}(v, u) VALUES (99, 'new')")
            mine = c.ask('SELECT last_insert_rowid()')
            c.ask(sql.format(f't_{name}'))
            assert c.ask(f"SELECT id FROM t_{name} WHERE u = 'new'") == mine, name
            c.ask('COMMIT')
        assert (counts.begun, counts.left) == (1, 1), (name, vars(counts))
        assert c.ask(f"SELECT id, v FROM t_{name} WHERE u = 'new'") == [[mine[0][0], 99]], name
        assert c.ask(f'SELECT v > 10 FROM t_{name} WHERE id = 1') == [[1]], name
        # Who begins like that is an ordinary transaction for a while (until the schema changes: then it is compiled anew).
        if name == 'ddl': continue
        with Counts(howdah) as counts:
            c.ask('BEGIN')
            c.ask(f'UPDATE t_{name} SET v = v + 1 WHERE id = 1')
            c.ask('ROLLBACK')
        assert (counts.begun, counts.left) == (0, 0), (name, vars(counts))
        c.close()


@test
def what_fails_undoes_itself_and_no_more(howdah):
    c = table(howdah, 'fails')
    with Counts(howdah) as counts:
        c.ask('BEGIN')
        c.ask("UPDATE fails SET u = 'taken' WHERE id = 1")
        assert 'UNIQUE constraint failed: fails.u' in refused(c, "UPDATE fails SET u = 'taken' WHERE id = 2")
        c.ask("UPDATE fails SET v = 0 WHERE id = 2")
        assert 'UNIQUE constraint failed: fails.id' in refused(c, 'INSERT INTO fails VALUES (1, 1, NULL)')
        assert c.ask('SELECT id, v, u FROM fails ORDER BY id') == [[1, 10, 'taken'], [2, 0, None], [3, 30, None]]
        c.ask('COMMIT')
    assert (counts.begun, counts.left) == (1, 1), vars(counts)
    assert c.ask('SELECT id, v, u FROM fails ORDER BY id') == [[1, 10, 'taken'], [2, 0, None], [3, 30, None]]


@test
def a_value_that_needs_a_wider_column_is_stored(howdah):
    c = table(howdah, 'wider')
    c.ask('BEGIN')
    c.ask('UPDATE wider SET v = v + 1 WHERE id = 1')
    c.ask("UPDATE wider SET v = 'text' WHERE id = 2")
    c.ask('UPDATE wider SET v = 9223372036854775807 WHERE id = 3')
    c.ask('UPDATE wider SET v = v + 1 WHERE id = 3')
    c.ask('COMMIT')
    assert c.ask('SELECT id, v, typeof(v) FROM wider ORDER BY id') == [[1, 11, 'integer'], [2, 'text', 'text'], [3, 9223372036854775808.0, 'real']]


@test
def a_row_that_is_not_there_is_not_there_for_the_rest_of_it(howdah):
    one, two = table(howdah, 'absent'), Client(howdah, 'concurrent')
    with Counts(howdah) as counts:
        one.ask('BEGIN')
        one.ask('UPDATE absent SET v = 1 WHERE id = 1')
        one.ask('UPDATE absent SET v = 1 WHERE id = 77')
        assert one.ask('SELECT changes()') == [[0]]
        two.ask('INSERT INTO absent VALUES (77, 0, NULL)')
        assert one.ask('SELECT count(*) FROM absent WHERE id = 77') == [[0]]
        one.ask('COMMIT')
    assert (counts.begun, counts.left) == (1, 1), vars(counts)


def crossed(howdah, name, asked_first):
    """Each wants the other's row. It is the first one that PostgreSQL stops, and the other that gets both rows."""
    one, two = table(howdah, name), Client(howdah, 'concurrent')
    for c in (one, two): c.ask('PRAGMA busy_timeout = 60000')  # a busy machine may be slow to find the circle
    one.ask('BEGIN')
    one.ask(f'UPDATE {name} SET v = v + 1 WHERE id = 1')
    told = one.ask(asked_first) if asked_first else None
    two.ask('BEGIN')
    two.ask(f'UPDATE {name} SET v = v + 100 WHERE id = 2')
    waiting = threading.Thread(target=lambda: two.ask(f'UPDATE {name} SET v = v + 100 WHERE id = 1'))
    waiting.start()
    # By now it has looked for a circle, and will not again.
    durability.wait_until(lambda: howdah.server_asked("SELECT 1 FROM pg_locks WHERE waitstart < now() - interval '1.2 s'") != '', 'the other waits')
    said = []
    def go_on():
        try: said.append(one.ask(f'UPDATE {name} SET v = v + 1 WHERE id = 2'))
        except RuntimeError as error: said.append(str(error))
    going_on = threading.Thread(target=go_on)
    going_on.start()
    waiting.join()
    two.ask('COMMIT')
    going_on.join()
    return one, told, said[0]


@test
def what_was_told_and_is_true_no_more_ends_the_transaction(howdah):
    one, told, said = crossed(howdah, 'untrue', 'SELECT v FROM untrue WHERE id = 1')
    assert told == [[11]] and 'database is locked' in said, (told, said)
    assert 'no transaction is active' in refused(one, 'COMMIT')
    assert one.ask('SELECT v FROM untrue ORDER BY id') == [[110], [120], [30]]


@test
def what_was_told_and_is_still_true_lets_it_go_on(howdah):
    one, _, said = crossed(howdah, 'still', None)
    assert said == [], said
    assert one.ask('SELECT v FROM still ORDER BY id') == [[111], [121], [30]]
    one.ask('COMMIT')
    assert one.ask('SELECT v FROM still ORDER BY id') == [[111], [121], [30]]


@test
def money_is_neither_made_nor_lost(howdah):
    accounts, total = 12, 12_000
    setup = Client(howdah, 'concurrent')
    setup.ask('CREATE TABLE accounts(id INTEGER PRIMARY KEY, v INTEGER)')
    setup.ask('CREATE TABLE moves(id INTEGER PRIMARY KEY, source INTEGER, target INTEGER, amount INTEGER)')
    for i in range(accounts): setup.ask('INSERT INTO accounts VALUES (?, ?)', [i + 1, total // accounts])
    problems, committed, busy, end = [], [], [0], time.monotonic() + seconds
    def has_enough(): return time.monotonic() > end and len(committed) + busy[0] > 500 or time.monotonic() > end + 60

    def move(seed):
        pick, c = random.Random(seed), Client(howdah, 'concurrent')
        try:
            while not has_enough():
                source, target = pick.sample(range(1, accounts + 1), 2)
                if pick.random() < 0.95: source, target = min(source, target), max(source, target)  # the others may wait for each other
                amount, kind = pick.randint(1, 50), pick.random()
                try:
                    c.ask('BEGIN')
                    c.ask('UPDATE accounts SET v = v - ? WHERE id = ?', [amount, source])
                    left = c.ask('SELECT v FROM accounts WHERE id = ?', [source])[0][0]
                    if kind < 0.1 and c.ask('SELECT sum(v) FROM accounts') != [[total - amount]]: problems.append('a sum in the middle')
                    c.ask('UPDATE accounts SET v = v + ? WHERE id = ?', [amount, target])
                    if c.ask('SELECT v FROM accounts WHERE id = ?', [source]) != [[left]]: problems.append('a row that changed under its owner')
                    if kind > 0.9 and c.ask('SELECT sum(v) FROM accounts') != [[total]]: problems.append('a sum at the end')
                    c.ask('INSERT INTO moves(source, target, amount) VALUES (?, ?, ?)', [source, target, amount])
                    mine = c.ask('SELECT last_insert_rowid()')[0][0]
                    if 0.4 < kind < 0.5: c.ask('SELECT count(*) FROM moves')
                    if 0.5 < kind < 0.6: c.ask('ROLLBACK')
                    else:
                        c.ask('COMMIT')
                        committed.append((mine, source, target, amount))
                except RuntimeError as error:
                    if 'locked' not in str(error): raise
                    busy[0] += 1
                    try: c.ask('ROLLBACK')
                    except RuntimeError: pass
        except Exception as error: problems.append(f'{seed}: {error!r}')
        c.close()

    threads = [threading.Thread(target=move, args=(n,)) for n in range(10)]
    with Counts(howdah) as counts:
        for thread in threads: thread.start()
        for thread in threads: thread.join()
    assert not problems, f'{len(problems)} problems, such as {problems[:3]}'
    assert counts.begun > 20 and counts.left > 0, vars(counts)
    rows = setup.ask('SELECT id, source, target, amount FROM moves')
    assert sorted(map(tuple, rows)) == sorted(committed), 'a move is missing, or was not told'
    balance = dict((i + 1, total // accounts) for i in range(accounts))
    for _, source, target, amount in committed:
        balance[source] -= amount
        balance[target] += amount
    assert dict(map(tuple, setup.ask('SELECT id, v FROM accounts'))) == balance
    print(f'{len(committed)} moves, {busy[0]} busy, {counts.begun} row by row, {counts.left} made ordinary')


@test
def rows_are_found_by_other_keys_too_and_shown(howdah):
    one, two = Client(howdah, 'concurrent'), Client(howdah, 'concurrent')
    one.ask('CREATE TABLE texts(k TEXT PRIMARY KEY, n INTEGER)')
    one.ask('CREATE TABLE pairs(x INTEGER, y TEXT, n INTEGER, PRIMARY KEY(x, y)) WITHOUT ROWID')
    one.ask("INSERT INTO texts VALUES ('a', 1), ('b', 2)")
    one.ask("INSERT INTO pairs VALUES (1, 'a', 1), (1, 'b', 2)")
    with Counts(howdah) as counts:
        one.ask('BEGIN')
        assert one.ask('UPDATE texts SET n = n + 1 WHERE k = ? RETURNING n', ['a']) == [[2]]
        one.ask("UPDATE pairs SET n = n + 1 WHERE x = 1 AND y = 'a'")
        two.ask('BEGIN')
        assert two.ask("INSERT INTO pairs VALUES (?, 'a', 9) RETURNING n", [2]) == [[9]]
        assert two.ask("DELETE FROM texts WHERE k = 'b' RETURNING n") == [[2]]
        with waiting_for_a_row(howdah, lambda: two.ask("INSERT INTO texts VALUES ('a', 5) ON CONFLICT(k) DO UPDATE SET n = n + excluded.n RETURNING n")) as told:
            assert one.ask("SELECT n FROM texts WHERE k = 'a'") == [[2]]
            assert one.ask('SELECT n FROM pairs WHERE y = ? AND x = ?', ['a', 1]) == [[2]]
            one.ask("INSERT INTO texts VALUES ('c', 7)")
            assert one.ask("SELECT n FROM texts WHERE k = 'c'") == [[7]]
            one.ask('COMMIT')
        assert told == [[[7]]], told
        assert two.ask("SELECT n FROM texts WHERE k = 'b'") == [] and two.ask("SELECT n FROM texts WHERE k = 'a'") == [[7]]
        two.ask('COMMIT')
    assert (counts.begun, counts.left) == (2, 0), vars(counts)
    assert one.ask('SELECT k, n FROM texts ORDER BY k') == [['a', 7], ['c', 7]]
    assert one.ask('SELECT x, y, n FROM pairs ORDER BY x, y') == [[1, 'a', 2], [1, 'b', 2], [2, 'a', 9]]


@test
def autoincrement_and_foreign_keys_stay_row_by_row(howdah):
    one, two = Client(howdah, 'concurrent'), Client(howdah, 'concurrent')
    one.ask('CREATE TABLE owners(id INTEGER PRIMARY KEY AUTOINCREMENT, name TEXT)')
    one.ask('CREATE TABLE things(id INTEGER PRIMARY KEY AUTOINCREMENT, owner INTEGER NOT NULL REFERENCES owners, n INTEGER)')
    for c in one, two: c.ask('PRAGMA foreign_keys = ON')
    one.ask("INSERT INTO owners(name) VALUES ('first'), ('second')")
    with Counts(howdah) as counts:
        for c in one, two: c.ask('BEGIN')
        ids = [c.ask('INSERT INTO things(owner, n) VALUES (?, 0) RETURNING id', [1])[0][0] for c in (one, two)]
        assert len(set(ids)) == 2
        for c, id in (one, ids[0]), (two, ids[1]):
            c.ask('UPDATE things SET n = n + 1 WHERE id = ?', [id])
            assert c.ask('SELECT owner, n FROM things WHERE id = ?', [id]) == [[1, 1]]
        with waiting_for_a_row(howdah, lambda: refused(two, 'DELETE FROM owners WHERE id = 1')) as told: one.ask('COMMIT')
        assert told == ['FOREIGN KEY constraint failed'], told  # its own row refers to it
        assert two.ask('SELECT n FROM things WHERE id = ?', [ids[1]]) == [[1]]
        two.ask('COMMIT')
    assert (counts.begun, counts.left) == (2, 1), vars(counts)
    assert one.ask('SELECT owner, n FROM things ORDER BY id') == [[1, 1], [1, 1]]
    assert 'FOREIGN KEY constraint failed' in refused(one, 'INSERT INTO things(owner) VALUES (3)')


@test
def who_looks_for_an_owner_waits_for_the_one_that_deletes_it(howdah):
    one, two = Client(howdah, 'concurrent'), Client(howdah, 'concurrent')
    one.ask('CREATE TABLE masters(id INTEGER PRIMARY KEY, name TEXT)')
    one.ask('CREATE TABLE servants(id INTEGER PRIMARY KEY, master INTEGER REFERENCES masters)')
    one.ask("INSERT INTO masters VALUES (1, 'x'), (2, 'y')")
    for c in one, two: c.ask('PRAGMA foreign_keys = ON')
    one.ask('BEGIN')
    one.ask('DELETE FROM masters WHERE id = 1')
    two.ask('BEGIN')
    two.ask("UPDATE masters SET name = 'z' WHERE id = 2")
    with waiting_for_a_row(howdah, lambda: refused(two, 'INSERT INTO servants VALUES (1, 1)')) as told: one.ask('COMMIT')
    assert told == ['FOREIGN KEY constraint failed'], told
    two.ask('INSERT INTO servants VALUES (1, 2)')
    two.ask('COMMIT')
    assert one.ask('SELECT id, master FROM servants') == [[1, 2]]


@test
def an_owner_found_without_case_keeps_its_name(howdah):
    one, two = Client(howdah, 'concurrent'), Client(howdah, 'concurrent')
    one.ask('CREATE TABLE called(id INTEGER PRIMARY KEY, name TEXT COLLATE NOCASE UNIQUE)')
    one.ask('CREATE TABLE callers(id INTEGER PRIMARY KEY, name TEXT REFERENCES called(name))')
    one.ask("INSERT INTO called VALUES (1, 'x')")
    for c in one, two: c.ask('PRAGMA foreign_keys = ON')
    one.ask('BEGIN')
    one.ask("INSERT INTO callers VALUES (1, 'X')")
    with waiting_for_a_row(howdah, lambda: refused(two, "UPDATE called SET name = 'y' WHERE id = 1")) as told: one.ask('COMMIT')
    assert told == ['FOREIGN KEY constraint failed'], told


@test
def an_ordinary_transaction_does_not_leave_children_that_it_did_not_see(howdah):
    one, two = Client(howdah, 'concurrent'), Client(howdah, 'concurrent')
    one.ask('CREATE TABLE trees(id INTEGER PRIMARY KEY, name TEXT COLLATE NOCASE UNIQUE)')
    one.ask('CREATE TABLE fruits(id INTEGER PRIMARY KEY, tree INTEGER REFERENCES trees)')
    one.ask('CREATE TABLE late_fruits(id INTEGER PRIMARY KEY, tree INTEGER REFERENCES trees DEFERRABLE INITIALLY DEFERRED)')
    one.ask('CREATE TABLE leaves(id INTEGER PRIMARY KEY, tree INTEGER REFERENCES trees ON DELETE CASCADE)')
    one.ask('CREATE TABLE nests(id INTEGER PRIMARY KEY, tree TEXT REFERENCES trees(name) ON DELETE SET NULL)')
    for c in one, two: c.ask('PRAGMA foreign_keys = ON')
    children = {'fruits': 7, 'late_fruits': 7, 'leaves': 7, 'nests': "'OAK'"}
    for number, (table, tree) in enumerate(children.items()):
        other = 9 if tree == 7 else "'Elm'"
        for change in 'DELETE FROM trees WHERE id = 7', "UPDATE trees SET id = 8, name = 'ash' WHERE id = 7":
            if 'UPDATE' in change and number > 1: continue
            one.ask("INSERT INTO trees VALUES (7, 'oak')")
            one.ask('BEGIN')
            one.ask('SELECT count(*) FROM trees')
            two.ask(f'INSERT INTO {table} VALUES (1, {tree})')
            one.ask(change)
            for sql in 'SAVEPOINT s', 'DELETE FROM fruits WHERE id = 99', 'ROLLBACK TO s', 'DELETE FROM trees WHERE id = 99', 'RELEASE s': one.ask(sql)
            assert 'locked' in refused(one, 'COMMIT'), (table, change)
            assert 'locked' in refused(one, 'COMMIT'), (table, change)
            one.ask('ROLLBACK')
            assert two.ask('PRAGMA foreign_key_check') == []
            # What it did see, it may delete: with the rows that refer to it, others of which come and go meanwhile.
            two.ask("INSERT INTO trees VALUES (9, 'elm')")
            one.ask('BEGIN')
            one.ask('SELECT count(*) FROM trees')
            two.ask(f"INSERT INTO {table} VALUES (2, {other})")
            one.ask(f'DELETE FROM {table} WHERE id = 1')
            one.ask(change)
            one.ask('COMMIT')
            for name in table, 'trees': two.ask(f'DELETE FROM {name}')


@test
def the_keys_that_a_row_had_are_kept_from_others_too(howdah):
    one = table(howdah, 'kept')
    one.ask("UPDATE kept SET u = 'a' WHERE id = 1")
    with Counts(howdah) as counts:
        one.ask('BEGIN')
        one.ask("UPDATE kept SET u = NULL WHERE u = 'a'")
        one.ask("INSERT INTO kept VALUES (5, 0, 'b')")
        one.ask("UPDATE kept SET u = 'c' WHERE u = 'b'")
        one.ask('DELETE FROM kept WHERE id = 5')
        rows = "(7, 1, 'a')", "(8, 2, 'b')", '(5, 3, NULL)'
        waiting = [threading.Thread(target=lambda other=Client(howdah, 'concurrent'), row=row: other.ask(f'INSERT INTO kept VALUES {row}')) for row in rows]
        for thread in waiting: thread.start()
        lock_waits(howdah, len(waiting))
        for key in "u = 'a'", "u = 'b'", 'id = 5': assert one.ask(f'SELECT v FROM kept WHERE {key}') == [], key
        one.ask('COMMIT')
        for thread in waiting: thread.join()
    assert (counts.begun, counts.left) == (1, 0), vars(counts)
    assert one.ask('SELECT id, u FROM kept WHERE id > 3 ORDER BY id') == [[5, None], [7, 'a'], [8, 'b']]


@test
def an_upsert_locks_the_row_it_met_and_not_that_of_its_other_keys(howdah):
    one, two = table(howdah, 'met'), Client(howdah, 'concurrent')
    one.ask("UPDATE met SET u = 'a' WHERE id = 1")
    with Counts(howdah) as counts:
        one.ask('BEGIN')
        one.ask("INSERT INTO met VALUES (5, 0, 'a') ON CONFLICT(u) DO UPDATE SET v = v + 1")
        assert one.ask('SELECT v FROM met WHERE id = 5') == []
        two.ask("INSERT INTO met VALUES (5, 0, 'b')")
        assert one.ask('SELECT v FROM met WHERE id = 5') == []
        one.ask('COMMIT')
    assert (counts.begun, counts.left) == (1, 1), vars(counts)


@test
def deferred_keys_are_tested_at_commit_in_whichever_transaction(howdah):
    c = Client(howdah, 'concurrent')
    c.ask('CREATE TABLE up(id INTEGER PRIMARY KEY, n INTEGER)')
    c.ask('CREATE TABLE down(id INTEGER PRIMARY KEY, u INTEGER REFERENCES up DEFERRABLE INITIALLY DEFERRED, n INTEGER)')
    c.ask('CREATE TABLE now(id INTEGER PRIMARY KEY, u INTEGER REFERENCES up)')
    c.ask('PRAGMA foreign_keys = ON')
    c.ask('INSERT INTO up VALUES (1, 0)')
    c.ask('INSERT INTO down VALUES (1, 1, 0)')
    for later in 'INSERT INTO down VALUES (2, 5, 0)', 'INSERT INTO now VALUES (2, 5)':
        c.ask('BEGIN')
        c.ask('UPDATE up SET n = n + 1 WHERE id = 1')
        c.ask('UPDATE down SET n = n + 1 WHERE id = 1')
        if 'now' in later: c.ask('PRAGMA defer_foreign_keys = ON')
        c.ask(later)
        assert 'FOREIGN KEY constraint failed' in refused(c, 'COMMIT')
        c.ask('INSERT INTO up VALUES (5, 0)')
        c.ask('COMMIT')
        c.ask('UPDATE down SET u = NULL WHERE u = 5')
        c.ask('DELETE FROM now')
        c.ask('DELETE FROM up WHERE id = 5')
    assert c.ask('SELECT n FROM up') == [[2]] and c.ask('SELECT n FROM down WHERE id = 1') == [[2]]


@test
def a_deferred_key_that_another_makes_good_in_time_is_good(howdah):
    one, two = Client(howdah, 'concurrent'), Client(howdah, 'concurrent')
    one.ask('CREATE TABLE heads(id INTEGER PRIMARY KEY, n INTEGER)')
    one.ask('CREATE TABLE tails(id INTEGER PRIMARY KEY, h INTEGER REFERENCES heads DEFERRABLE INITIALLY DEFERRED)')
    for c in one, two: c.ask('PRAGMA foreign_keys = ON')
    with Counts(howdah) as counts:
        one.ask('BEGIN')
        one.ask('INSERT INTO tails(h) VALUES (1)')
        two.ask('INSERT INTO heads VALUES (1, 0)')
        one.ask('COMMIT')
    assert (counts.begun, counts.left) == (1, 0), vars(counts)
    with Counts(howdah) as counts:
        one.ask('BEGIN')
        one.ask('INSERT INTO tails(h) VALUES (2)')
        assert 'FOREIGN KEY constraint failed' in refused(one, 'COMMIT')  # which has made it ordinary: what is committed now is not seen
        two.ask('INSERT INTO heads VALUES (2, 0)')
        assert 'FOREIGN KEY constraint failed' in refused(one, 'COMMIT')
        one.ask('UPDATE tails SET h = 1 WHERE h = 2')
        one.ask('COMMIT')
    assert (counts.begun, counts.left) == (1, 1), vars(counts)
    assert one.ask('SELECT h FROM tails') == [[1], [1]]


@test
def who_finds_no_second_connection_is_told_soon(howdah):
    setup = Client(howdah, 'concurrent')
    setup.ask('CREATE TABLE mothers(id INTEGER PRIMARY KEY)')
    setup.ask('CREATE TABLE sons(id INTEGER PRIMARY KEY, m INTEGER REFERENCES mothers)')
    pool = howdah.stats()['pools'][0]['max']
    all_of_it = [Client(howdah, 'concurrent') for _ in range(pool)]
    for n, c in enumerate(all_of_it):
        setup.ask('INSERT INTO mothers VALUES (?)', [n])
        c.ask('PRAGMA foreign_keys = ON')
    for n, c in enumerate(all_of_it):  # ordinary transactions, each with a connection of its own
        c.ask('BEGIN')
        c.ask('SELECT count(*) FROM sons')
        c.ask('DELETE FROM mothers WHERE id = ?', [n])
    since, told = time.monotonic(), []
    threads = [threading.Thread(target=lambda c=c: told.append(refused(c, 'COMMIT'))) for c in all_of_it]
    for thread in threads: thread.start()
    for thread in threads: thread.join()
    assert time.monotonic() - since < 10 and all('second connection' in text or 'locked' in text for text in told), told
    all_of_it[0].ask('ROLLBACK')
    for c in all_of_it[1:]: c.ask('COMMIT')
    assert setup.ask('SELECT id FROM mothers') == [[0]]


@test
def counters_kept_by_upserts_count_everything(howdah):
    setup = Client(howdah, 'concurrent')
    setup.ask('CREATE TABLE hits(page TEXT PRIMARY KEY, n INTEGER NOT NULL, last TEXT)')
    problems, end, done = [], time.monotonic() + seconds / 3, [0] * 8

    def count(number):
        pick, c = random.Random(number), Client(howdah, 'concurrent')
        try:
            while time.monotonic() < end:
                pages = sorted(pick.sample('abcdef', 2))
                c.ask('BEGIN')
                for page in pages:
                    n = c.ask('INSERT INTO hits VALUES (?, 1, ?) ON CONFLICT(page) DO UPDATE SET n = n + 1, last = excluded.last RETURNING n', [page, str(number)])
                    if c.ask('SELECT n, last FROM hits WHERE page = ?', [page]) != [[n[0][0], str(number)]]: problems.append('another row than the one that was told')
                c.ask('COMMIT')
                done[number] += len(pages)
        except Exception as error: problems.append(repr(error))
        c.close()

    threads = [threading.Thread(target=count, args=(n,)) for n in range(len(done))]
    with Counts(howdah) as counts:
        for thread in threads: thread.start()
        for thread in threads: thread.join()
    assert not problems, problems[:3]
    assert setup.ask('SELECT sum(n) FROM hits') == [[sum(done)]], sum(done)
    assert counts.begun > 0 and counts.left == 0, vars(counts)


def main():
    global seconds
    args = durability.arguments(seconds=seconds)
    seconds = args.seconds
    return durability.run_on_one_howdah('row transactions', tests, args)


if __name__ == '__main__':
    sys.exit(main())
