#!/usr/bin/env python3
"""The line protocol as a client sees it: framing, ids, parameters, several statements, errors, streaming, half-closed sockets.

  lines.py [--lines HOST:PORT] [--pgwire …] [--http HOST:PORT]

Each test opens connections of its own. Prints one line "N passed, N failed"."""
import argparse, base64, json, random, socket, struct, sys, time, traceback

tests = []


def test(function):
    tests.append(function)
    return function


class Client:
    address = ('127.0.0.1', 7433)
    database = f'lines_{random.randrange(10**9)}'

    def __init__(self, hello=True):
        self.socket = socket.create_connection(self.address, 30)
        self.file = self.socket.makefile('rb')
        if hello:
            self.send(json.dumps({'hello': {'database': self.database}}) + '\n')
            assert self.line()['hello']['database'] == self.database

    def send(self, text):
        self.socket.sendall(text if isinstance(text, bytes) else text.encode())

    def line(self):
        line = self.file.readline()
        if not line: raise EOFError('closed')
        return json.loads(line)

    def rest(self):
        return [json.loads(line) for line in self.file.read().splitlines()]

    def ask(self, sql, params=None, **more):
        """(rows, trailer) of the last statement; raises on an error."""
        self.send(json.dumps({'sql': sql, **({'params': params} if params is not None else {}), **more}) + '\n')
        rows = []
        while True:
            message = self.line()
            if isinstance(message, list): rows.append(message)
            elif 'error' in message: raise RuntimeError(message['error']['message'])
            elif 'rows' in message:
                if not message.get('more'): return rows, message
                rows = []

    def error(self, request):
        self.send(request if isinstance(request, bytes) else (request if request.startswith('{') else json.dumps({'sql': request})) + '\n')
        while True:
            message = self.line()
            if isinstance(message, dict) and 'error' in message: return message
            assert not (isinstance(message, dict) and 'rows' in message and 'more' not in message), f'no error: {message}'

    def close(self):
        self.file.close()
        self.socket.close()


def same(actual, expected):
    assert actual == expected, f'expected {expected!r}, got {actual!r}'


@test
def a_bare_line_is_sql():
    c = Client(hello=False)
    c.send('SELECT 1 AS a, 2.5\r\n')
    same(c.line(), {'columns': ['a', '2.5'], 'decltypes': [None, None]})
    same(c.line(), [1, 2.5])
    same(c.line(), {'rows': 1, 'changes': 0, 'total_changes': 0, 'last_insert_rowid': 0, 'autocommit': True})


@test
def every_line_is_answered_in_order_with_its_id():
    c = Client()
    n = 500
    c.send(''.join(json.dumps({'id': i, 'sql': f'SELECT {i}'}) + '\n' for i in range(n)))
    for i in range(n):
        header, row, trailer = c.line(), c.line(), c.line()
        same((header['id'], row, trailer['id']), (i, [i], i))


@test
def an_id_may_be_any_json():
    c = Client()
    for value in ('x"y', [1, {'a': None}], None, 1.5, True):
        same(c.ask('SELECT 1', id=value)[1]['id'], value)


@test
def values_keep_their_class_both_ways():
    c = Client()
    values = [None, 0, -9223372036854775808, 9223372036854775807, 1.0, 0.1, 1e300, -5e-324, 'é\u0001"\\\U0001F600', '', {'blob': ''},
              {'blob': base64.b64encode(bytes(range(256))).decode()}, {'real': 'inf'}, {'real': '-inf'}]
    classes = ['null', 'integer', 'integer', 'integer', 'real', 'real', 'real', 'real', 'text', 'text', 'blob', 'blob', 'real', 'real']
    for value, kind in zip(values, classes):
        (row,), _ = c.ask('SELECT ?1, typeof(?1)', [value])
        same(row, [value, kind])
        assert type(row[0]) is type(value)
    same(c.ask('SELECT typeof(?), typeof(?), ?', [{'real': 1}, {'integer': '9007199254740993'}, True])[0], [['real', 'integer', 1]])


@test
def names_serve_parameters_with_any_prefix():
    c = Client()
    same(c.ask('SELECT :a, @b, $c, :d', {'a': 1, ':b': 2, '$c': 3})[0], [[1, 2, 3, None]])
    same(c.ask('SELECT ?2, ?1', {'1': 'one', '?2': 'two'})[0], [['two', 'one']])


@test
def a_list_is_consumed_statement_by_statement():
    c = Client()
    c.send(json.dumps({'sql': 'SELECT ?; SELECT ?, ?; SELECT ?', 'params': [1, 2, 3]}) + '\n')
    rows = []
    while True:
        message = c.line()
        if isinstance(message, list): rows.append(message)
        elif 'rows' in message and 'more' not in message: break
    same(rows, [[1], [2, 3], [None]])


@test
def a_value_without_a_parameter_is_an_error():
    c = Client()
    same(c.error('{"sql": "SELECT ?", "params": [1, 2]}')['error'], {'code': 25, 'name': 'SQLITE_RANGE', 'message': 'column index out of range', 'sqlstate': '08P01'})


@test
def an_answer_that_needs_a_second_run_has_one_header():
    c = Client()
    c.ask('CREATE TABLE wide(a INTEGER); INSERT INTO wide VALUES (9223372036854775807), (1)')
    c.send('SELECT a + 1 FROM wide ORDER BY a DESC\n')
    same(c.line()['columns'], ['a + 1'])
    same((c.line(), c.line(), c.line()['rows']), ([9223372036854775808.0], [2], 2))


@test
def several_statements_have_more_in_every_trailer_but_the_last():
    c = Client()
    c.send('SELECT 1; ; /* nothing */ SELECT 2;; -- end\n')
    lines = [c.line() for _ in range(6)]
    same([line.get('more') for line in lines if isinstance(line, dict) and 'rows' in line], [True, None])


@test
def the_first_error_ends_the_request():
    c = Client()
    c.ask('CREATE TABLE e(a INTEGER PRIMARY KEY)')
    error = c.error('INSERT INTO e VALUES (1); INSERT INTO e VALUES (1); INSERT INTO e VALUES (2)')
    same(error['error'], {'code': 1555, 'name': 'SQLITE_CONSTRAINT_PRIMARYKEY', 'message': 'UNIQUE constraint failed: e.a', 'sqlstate': '23505'})
    same(error['autocommit'], True)
    same(c.ask('SELECT a FROM e')[0], [[1]])


@test
def autocommit_is_false_inside_a_transaction_also_in_errors():
    c = Client()
    same(c.ask('BEGIN')[1]['autocommit'], False)
    same(c.error('SELECT nowhere')['autocommit'], False)
    same(c.ask('ROLLBACK')[1]['autocommit'], True)


@test
def counters_are_those_of_the_session():
    c = Client()
    c.ask('CREATE TABLE counters(a)')
    same(c.ask('INSERT INTO counters VALUES (1), (2)')[1], {'rows': 0, 'changes': 2, 'total_changes': 2, 'last_insert_rowid': 2, 'autocommit': True})
    same(Client().ask('SELECT count(*) FROM counters')[1]['total_changes'], 0)
    c.ask('CREATE TRIGGER counters_log AFTER DELETE ON counters BEGIN INSERT INTO counters VALUES (OLD.a + 1), (OLD.a + 2); END')
    trailer = c.ask('DELETE FROM counters WHERE a = 1')[1]
    same((trailer['changes'], trailer['total_changes']), (1, None))
    same(c.ask('SELECT 1')[1]['total_changes'], None)


@test
def what_is_not_a_request_is_an_error_and_the_next_line_is_answered():
    c = Client()
    for line in (b'{\n', b'{"sql":7}\n', b'{"sq":"SELECT 1"}\n', b'SELECT \'\xff\'\n', b'{"sql":"SELECT ?","params":[[]]}\n', b'{"hello":{}}\n', b'\x00\n'):
        c.send(line)
        message = c.line()
        while 'error' not in message and 'rows' not in message: message = c.line()
    same(c.ask('SELECT 1')[0], [[1]])


@test
def an_empty_line_has_an_answer():
    c = Client()
    c.send('\n-- only a comment\n;\n')
    for _ in range(3): same(c.line()['rows'], 0)


@test
def a_client_that_closes_its_sending_half_gets_every_answer():
    c = Client()
    c.send('SELECT 1\nSELECT 2')
    c.socket.shutdown(socket.SHUT_WR)
    same([line for line in c.rest() if isinstance(line, list)], [[1], [2]])


@test
def requests_may_arrive_byte_by_byte():
    c = Client()
    for byte in b'{"id": 1, "sql": "SELECT \'\xc3\xa9\'"}\n': c.send(bytes([byte]))
    c.line()
    same(c.line(), ['é'])


@test
def a_client_that_does_not_read_holds_nobody_up():
    slow, quick = Client(), Client()
    slow.send('WITH RECURSIVE c(x) AS (SELECT 1 UNION ALL SELECT x+1 FROM c WHERE x<200000) SELECT x, hex(zeroblob(100)) FROM c\n')
    for i in range(50): same(quick.ask('SELECT ?', [i])[0], [[i]])
    rows = 0
    while True:
        message = slow.line()
        if isinstance(message, list): rows += 1
        elif 'rows' in message or 'error' in message: break
    same((rows, message.get('rows')), (200000, 200000))


@test
def a_vanished_clients_transaction_is_rolled_back():
    c = Client()
    c.ask('CREATE TABLE gone(a)')
    v = Client()
    v.ask('BEGIN; INSERT INTO gone VALUES (1)')
    v.socket.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack('ii', 1, 0))
    v.close()
    end = time.monotonic() + 20
    while True:
        try:
            c.ask('INSERT INTO gone VALUES (2)')
            break
        except RuntimeError as error:
            assert 'locked' in str(error) and time.monotonic() < end, error
    same(c.ask('SELECT a FROM gone')[0], [[2]])


@test
def hello_comes_first_or_not_at_all():
    c = Client(hello=False)
    same(c.ask('SELECT 1')[0], [[1]])
    same(c.error('{"hello":{"database":"x"}}')['error']['code'], 21)


@test
def databases_are_apart():
    c = Client()
    c.ask('CREATE TABLE apart(a)')
    other = Client(hello=False)
    other.send(json.dumps({'hello': {'database': Client.database + '_other'}}) + '\n')
    other.line()
    assert 'no such table' in other.error('SELECT * FROM apart')['error']['message']


@test
def a_private_database_is_one_sessions_alone():
    one, two = Client(), Client()
    for c, value in ((one, 1), (two, 2)):
        c.ask("ATTACH ':memory:' AS p")
        c.ask('CREATE TABLE p.t(a UNIQUE)')
        c.ask(f'INSERT INTO p.t VALUES ({value})')
    same([c.ask('SELECT * FROM p.t')[0] for c in (one, two)], [[[1]], [[2]]])
    one.close()
    assert 'no such table' in Client().error('SELECT * FROM p.t')['error']['message']
    same(two.ask('SELECT * FROM t')[0], [[2]])


@test
def the_database_named_memory_is_one_sessions_alone():
    def client():
        c = Client(hello=False)
        c.send(json.dumps({'hello': {'database': ':memory:'}}) + '\n')
        c.line()
        return c
    one, two = client(), client()
    one.ask('CREATE TABLE t(a)')
    assert 'no such table' in two.error('SELECT * FROM t')['error']['message']
    two.ask("CREATE TABLE t(b); BEGIN IMMEDIATE; INSERT INTO t VALUES (2); COMMIT")
    one.ask('INSERT INTO t VALUES (1)')
    same([c.ask('SELECT * FROM t')[0] for c in (one, two)], [[[1]], [[2]]])
    one.ask(f"ATTACH '{Client.database}' AS file; CREATE TABLE file.from_memory AS SELECT * FROM t")
    same(Client().ask('SELECT * FROM from_memory')[0], [[1]])


@test
def a_temporary_trigger_fires_for_its_session_alone():
    one, two = Client(), Client()
    one.ask('CREATE TABLE watched(a); CREATE TABLE seen(a)')
    for c in (one, two):
        c.ask('CREATE TEMP TABLE log(a)')
        c.ask('CREATE TEMP TRIGGER watch AFTER INSERT ON watched BEGIN INSERT INTO log VALUES (new.a); INSERT INTO seen VALUES (new.a); END')
    one.ask('INSERT INTO watched VALUES (1)')
    two.ask('INSERT INTO watched VALUES (2)')
    Client().ask('INSERT INTO watched VALUES (3)')
    same([c.ask('SELECT a FROM log')[0] for c in (one, two)], [[[1]], [[2]]])
    same(one.ask('SELECT a FROM seen ORDER BY a')[0], [[1], [2]])
    one.ask('CREATE TRIGGER shared BEFORE INSERT ON watched BEGIN SELECT 1; END')
    two.ask('DROP TRIGGER watch')
    two.ask('INSERT INTO watched VALUES (4)')
    two.ask('ALTER TABLE watched RENAME TO renamed')
    one.close()
    two.ask('INSERT INTO renamed VALUES (5)')
    three = Client()
    three.ask('CREATE TEMP TRIGGER watch AFTER INSERT ON renamed BEGIN INSERT INTO seen VALUES (-new.a); END')
    two.ask('DROP TABLE renamed')
    assert 'no such table' in three.error('INSERT INTO renamed VALUES (6)')['error']['message']
    same(three.ask("SELECT a FROM seen ORDER BY a")[0], [[1], [2]])


@test
def temporary_tables_vanish_with_their_connection():
    c = Client()
    c.ask("CREATE TEMP TABLE vanishing(a); ATTACH ':memory:' AS p; CREATE TABLE p.t(a)")
    for sql in ('/* howdah: postgres */ SELECT pg_terminate_backend(pg_backend_pid())', 'SELECT * FROM vanishing'):
        try: c.ask(sql)  # which of them learns of it is a matter of time
        except RuntimeError: pass
    for table in ('vanishing', 'p.t'):
        message = c.error('SELECT * FROM ' + table)['error']['message']
        assert 'no such table' in message, message
    c.ask('CREATE TEMP TABLE vanishing(a); CREATE TABLE p.t(a)')


@test
def a_long_line_is_read_whole():
    c = Client()
    text = 'x' * 3_000_000
    same(len(c.ask('SELECT ?', [text])[0][0][0]), len(text))
    same(c.ask(f"SELECT length('{text}')")[0], [[len(text)]])


@test
def a_client_that_was_silent_is_answered_as_before():
    c = Client()
    text = 'x' * 300_000
    same(len(c.ask('SELECT ?', [text])[0][0][0]), len(text))
    c.send('SELECT 1')  # no line yet
    time.sleep(2)
    c.send(';\n')
    while 'rows' not in c.line(): pass
    same(c.ask('SELECT ?', [text])[0], [[text]])
    time.sleep(2)
    same(c.ask(f"SELECT length('{text}')")[0], [[len(text)]])


@test
def a_statement_has_more_parameters_than_postgresql_takes():
    c = Client('many_parameters')
    c.ask('CREATE TABLE t(id INTEGER PRIMARY KEY, a TEXT, b, c REAL)')
    rows = [(i, f'n{i}', None if i % 5 == 0 else i if i % 2 else f'b{i}', i / 4) for i in range(20000)]
    c.ask('INSERT INTO t VALUES ' + ', '.join(['(?, ?, ?, ?)'] * len(rows)), [value for row in rows for value in row])
    same(c.ask("SELECT count(*), count(b), sum(typeof(b) = 'text'), sum(c), max(a) FROM t")[0], [[20000, 16000, 8000, 49997500.0, 'n9999']])
    wanted = list(range(-70000, 20000, 2))
    marks = ', '.join(['?'] * 70000)
    values = (wanted + [None, 'x', 2.0, '4'] + wanted)[:70000]
    same(c.ask(f'SELECT count(*), min(id), max(id) FROM t WHERE id IN ({marks})', values)[0], [[10000, 0, 19998]])
    same(c.ask(f'SELECT count(*) FROM t WHERE id NOT IN ({marks})', values)[0], [[0]])
    same(c.ask(f'SELECT count(*) FROM t WHERE a IN ({marks})', [f'n{v}' for v in wanted[:-1]] + values[len(wanted) - 1:])[0], [[9999]])
    c.ask(f'DELETE FROM t WHERE id IN ({marks})', values)
    same(c.ask('SELECT count(*), min(id) FROM t')[0], [[10000, 1]])


def main():
    parser = argparse.ArgumentParser()
    for name, port in (('lines', 7433), ('pgwire', 7432), ('http', 7434)): parser.add_argument('--' + name, default=f'127.0.0.1:{port}')
    parser.add_argument('--only', default='')
    args = parser.parse_args()
    host, port = args.lines.rsplit(':', 1)
    Client.address = (host, int(port))
    passed = failed = 0
    for function in tests:
        if args.only not in function.__name__: continue
        try:
            function()
            passed += 1
        except Exception:
            failed += 1
            print(f'FAILED {function.__name__}')
            traceback.print_exc(limit=-3, file=sys.stdout)
    print(f'lines: {passed} passed, {failed} failed')
    return 1 if failed else 0


if __name__ == '__main__':
    sys.exit(main())
