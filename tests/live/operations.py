#!/usr/bin/env python3
"""The daemon's life: start, reload, drain, limits, a PostgreSQL that dies. Each test runs a howdah of its own.

  operations.py [--binary build/release/howdah]      (default: $HOWDAH_BINARY)

Other arguments are ignored. Prints one line "N passed, N failed"."""
import argparse, json, os, re, shutil, signal, socket, subprocess, sys, tempfile, threading, time, traceback, urllib.error, urllib.request

tests = []
binary = ''
workplace = ''


def test(function):
    tests.append(function)
    return function


def wait_until(condition, what, seconds=60):
    end = time.monotonic() + seconds
    while time.monotonic() < end:
        value = condition()
        if value: return value
        time.sleep(0.02)
    raise AssertionError(f'not in {seconds} s: {what}')


def free_ports(n):
    sockets = [socket.create_server(('127.0.0.1', 0)) for _ in range(n)]
    ports = [s.getsockname()[1] for s in sockets]
    for s in sockets: s.close()
    return ports


class Howdah:
    """A howdah on free ports with the private PostgreSQL of `data`, which the tests share one after another."""
    def __init__(self, config='', data='data', env=None, prepare=None, wait=True):
        self.pgwire, self.lines, self.http = free_ports(3)
        self.config = os.path.join(workplace, 'howdah.toml')
        self.listen = f'[listen]\npgwire = ["127.0.0.1:{self.pgwire}"]\nlines = ["127.0.0.1:{self.lines}", "unix:{workplace}/lines.sock"]\nhttp = ["127.0.0.1:{self.http}"]\n'
        self.write(config)
        self.data = os.path.join(workplace, data)
        self.log_path = os.path.join(workplace, 'log')
        self.process = subprocess.Popen([binary, 'serve', '--config', self.config, '--embedded', self.data], env={**os.environ, **(env or {})},
                                        stderr=open(self.log_path, 'w', encoding='utf-8'), preexec_fn=prepare)
        try:
            if wait: wait_until(lambda: self.process.poll() is not None or self.get('/ready')[0] == 200, 'ready', 120)
            assert not wait or self.process.poll() is None, self.log()
        except BaseException:
            self.process.kill()
            raise

    def __enter__(self): return self

    def __exit__(self, kind, *_):
        if self.process.poll() is None:
            self.process.send_signal(signal.SIGTERM)
            try: self.process.wait(40)
            except subprocess.TimeoutExpired: self.process.kill()
        text = self.log()
        if kind: print(text[-3000:])
        assert 'Sanitizer' not in text and 'runtime error' not in text, text[-5000:]

    def write(self, config):
        with open(self.config, 'w', encoding='utf-8') as f: f.write(self.listen + config)

    def log(self): return open(self.log_path, encoding='utf-8', errors='replace').read()

    def get(self, path):
        try:
            with urllib.request.urlopen(f'http://127.0.0.1:{self.http}{path}', timeout=10) as answer: return answer.status, answer.read().decode()
        except urllib.error.HTTPError as error: return error.code, error.read().decode()
        except OSError: return 0, ''

    def stats(self): return json.loads(self.get('/stats')[1])

    def end(self, seconds=40):
        self.process.send_signal(signal.SIGTERM)
        return self.process.wait(seconds)


class Client:
    def __init__(self, howdah, hello=None):
        self.socket = socket.create_connection(('127.0.0.1', howdah.lines), 30)
        self.file = self.socket.makefile('rb')
        if hello: assert 'hello' in self.ask_raw({'hello': hello})

    def close(self):
        self.file.close()
        self.socket.close()

    def ask_raw(self, request):
        self.socket.sendall(json.dumps(request).encode() + b'\n')
        return self.line()

    def line(self):
        line = self.file.readline()
        if not line: raise EOFError('closed')
        return json.loads(line)

    def ask(self, sql):
        self.socket.sendall(json.dumps({'sql': sql}).encode() + b'\n')
        rows = []
        while True:
            message = self.line()
            if isinstance(message, list): rows.append(message)
            elif 'error' in message: raise RuntimeError(message['error']['message'])
            elif 'rows' in message and not message.get('more'): return rows


def same(actual, expected):
    assert actual == expected, f'expected {expected!r}, got {actual!r}'


@test
def everything_answers_and_the_end_is_status_0():
    with Howdah() as h:
        same(Client(h).ask("SELECT 7/2, typeof(1.0)"), [[3, 'real']])
        same(h.get('/live'), (200, 'live\n'))
        same(h.get('/ready')[0], 200)
        assert 'text/html' in urllib.request.urlopen(f'http://127.0.0.1:{h.http}/').headers['Content-Type']
        same(h.get('/nothing')[0], 404)
        with socket.socket(socket.AF_UNIX) as s:
            s.connect(f'{workplace}/lines.sock')
            s.sendall(b'SELECT 1\n')
            same(s.makefile('rb').readline(), b'{"columns":["1"],"decltypes":[null]}\n')
        same(h.end(), 0)
        assert not os.path.exists(f'{workplace}/lines.sock')


@test
def data_outlives_a_restart():
    with Howdah() as h: Client(h).ask('CREATE TABLE IF NOT EXISTS kept(a); DELETE FROM kept; INSERT INTO kept VALUES (42)')
    with Howdah() as h: same(Client(h).ask('SELECT a FROM kept'), [[42]])


def made_by(h): return Client(h).ask("/* howdah: postgres */ SELECT oid::text FROM pg_proc WHERE proname LIKE 'howdah\\_%' AND prorettype = 'trigger'::regtype AND "
                                     "pronamespace <> 'howdah'::regnamespace ORDER BY 1")


@test
def triggers_and_foreign_keys_are_made_anew_for_other_writers():
    configured = '[databases."*"]\ncreate = true\nwriters = "{}"\n'.format
    with Howdah(configured('single'), 'other_writers') as h:
        c = Client(h)
        for sql in ('CREATE TABLE t(id INTEGER PRIMARY KEY, v)', 'CREATE TABLE log(v)', 'CREATE TABLE parents(id INTEGER PRIMARY KEY)',
                    'CREATE TABLE kids(id INTEGER PRIMARY KEY, parent INTEGER REFERENCES parents ON DELETE CASCADE)', 'CREATE VIEW shown AS SELECT v FROM t',
                    'CREATE TRIGGER noted AFTER INSERT ON t BEGIN INSERT INTO log VALUES (NEW.v); END',
                    'CREATE TRIGGER through INSTEAD OF INSERT ON shown BEGIN INSERT INTO t(v) VALUES (NEW.v); END', "INSERT INTO t(v) VALUES ('a')"): c.ask(sql)
        made = made_by(h)
        assert len(made) > 3, made
    with Howdah(configured('single'), 'other_writers') as h: same(made_by(h), made)
    with Howdah(configured('concurrent'), 'other_writers') as h:
        assert not set(map(tuple, made_by(h))) & set(map(tuple, made))
        one, two = Client(h), Client(h)
        for c in one, two: c.ask('BEGIN')
        one.ask("INSERT INTO t(v) VALUES ('b')")
        two.ask("INSERT INTO shown VALUES ('c')")
        for c in one, two: c.ask('COMMIT')
        same(sorted(one.ask('SELECT v FROM log')), [['a'], ['b'], ['c']])
        same(len(one.ask('SELECT DISTINCT rowid FROM log')), 3)
        one.ask('PRAGMA foreign_keys = ON')
        try: one.ask('INSERT INTO kids VALUES (1, 1)')
        except RuntimeError as error: same(str(error), 'FOREIGN KEY constraint failed')
        else: raise AssertionError('foreign keys are gone')
        one.ask('INSERT INTO parents VALUES (1); INSERT INTO kids VALUES (1, 1); DELETE FROM parents')
        same(one.ask('SELECT * FROM kids'), [])
        one.ask('DELETE FROM log; INSERT INTO log(rowid, v) VALUES (41, 0)')
    with Howdah(configured('single'), 'other_writers') as h:
        c = Client(h)
        for _ in range(2): c.ask("BEGIN; INSERT INTO t(v) VALUES ('d'); ROLLBACK")
        c.ask("INSERT INTO t(v) VALUES ('e')")
        same(c.ask('SELECT rowid, v FROM log ORDER BY rowid'), [[41, 0], [42, 'e']])


@test
def what_an_older_howdah_has_installed_is_brought_up_to_date():
    with Howdah(data='older') as h:
        c = Client(h)
        for sql in ('CREATE TABLE t(id INTEGER PRIMARY KEY)', 'CREATE TABLE log(v)', 'CREATE TRIGGER noted AFTER INSERT ON t BEGIN INSERT INTO log VALUES (NEW.id); END'): c.ask(sql)
        made = made_by(h)
        c.ask('/* howdah: postgres */ ALTER TABLE howdah.database DROP COLUMN objects')
        c.ask("/* howdah: postgres */ UPDATE howdah.runtime SET version = 'older'")
    with Howdah(data='older') as h:
        c = Client(h)
        c.ask('INSERT INTO t VALUES (7)')
        same(c.ask('SELECT v FROM log'), [[7]])
        made_anew = made_by(h)
        assert made_anew != made
        # What this howdah would not make: a view for its trigger.
        rows = [('view', 'early', 'CREATE VIEW early AS SELECT id, min(id), max(id) FILTER (WHERE id > 1) FROM t'),
                ('trigger', 'instead', 'CREATE TRIGGER instead INSTEAD OF INSERT ON early BEGIN INSERT INTO log VALUES (NEW.id); END')]
        for n, (type_, name, sql) in enumerate(rows):
            c.ask('/* howdah: postgres */ INSERT INTO howdah.schema (db, seq, type, name, tbl_name, sql) '
                  f"SELECT db, {100 + n}, '{type_}', '{name}', 'early', '{sql}' FROM howdah.database")
        c.ask("/* howdah: postgres */ UPDATE howdah.database SET objects = 'older'")
    with Howdah(data='older') as h:
        c = Client(h)
        c.ask('INSERT INTO t VALUES (8)')
        same(c.ask('SELECT v FROM log'), [[7], [8]])
        same(made_by(h), made_anew)
        assert 'triggers and foreign keys are those of another version' in h.log()


@test
def sigterm_lets_a_transaction_end_and_metrics_answer_meanwhile():
    with Howdah() as h:
        busy, idle = Client(h), Client(h)
        busy.ask('CREATE TABLE IF NOT EXISTS drained(a); BEGIN; INSERT INTO drained VALUES (1)')
        idle.ask('SELECT 1')
        h.process.send_signal(signal.SIGTERM)
        same(idle.file.readline(), b'')
        wait_until(lambda: h.get('/ready')[0] == 503, '/ready is 503')
        assert 'howdah_draining 1' in h.get('/metrics')[1]
        try:
            Client(h)
            raise AssertionError('a new client came in')
        except OSError: pass
        busy.ask('INSERT INTO drained VALUES (2); COMMIT')
        same(busy.file.readline(), b'')
        same(h.process.wait(40), 0)
    with Howdah() as h: same(Client(h).ask('SELECT count(*) FROM drained; DROP TABLE drained'), [[2]])


@test
def the_drain_limit_and_a_second_sigterm_end_the_wait():
    for config, again in (('[limits]\ndrain_timeout = "300ms"\n', False), ('[limits]\ndrain_timeout = "1h"\n', True)):
        with Howdah(config) as h:
            busy = Client(h)
            busy.ask('BEGIN; CREATE TABLE never(a)')
            h.process.send_signal(signal.SIGTERM)
            wait_until(lambda: h.get('/ready')[0] == 503, 'draining')
            if again: h.process.send_signal(signal.SIGTERM)
            same(h.process.wait(40), 0)
    with Howdah() as h: same(Client(h).ask("SELECT count(*) FROM sqlite_schema WHERE name = 'never'"), [[0]])


@test
def who_is_in_the_middle_of_asking_for_a_page_does_not_hold_up_the_end():
    with Howdah() as h:
        half, kept = (socket.create_connection(('127.0.0.1', h.http), 30) for _ in range(2))
        kept.sendall(b'GET /ready HTTP/1.1\r\nHost: here\r\n\r\n')
        assert b'200' in kept.recv(65536)
        half.sendall(b'GET /metr')
        same(h.end(), 0)
        half.close()
        kept.close()


@test
def a_reload_changes_limits_and_addresses_and_keeps_clients():
    with Howdah() as h:
        c = Client(h)
        c.ask('BEGIN')
        (extra,) = free_ports(1)
        h.listen = h.listen.replace('lines = [', f'lines = ["127.0.0.1:{extra}", ')
        h.write('[limits]\nmax_clients = 1\n')
        h.process.send_signal(signal.SIGHUP)
        wait_until(lambda: 'configuration reloaded' in h.log(), 'reloaded')
        c.ask('COMMIT')
        socket.create_connection(('127.0.0.1', extra)).close()
        assert 'too many clients' in json.dumps(Client(h).line())
        same(h.get('/ready')[0], 200)


@test
def a_reload_with_an_error_changes_nothing_and_says_where():
    with Howdah() as h:
        h.write('[limits]\nmax_clinets = 1\n')
        h.process.send_signal(signal.SIGHUP)
        wait_until(lambda: 'the old configuration stays' in h.log(), 'refused')
        assert re.search(r'howdah\.toml:6:1: limits\.max_clinets: unknown key; did you mean "max_clients"\?', h.log()), h.log()
        same(Client(h).ask('SELECT 1'), [[1]])


@test
def clients_over_the_limit_are_told_and_metrics_still_answer():
    with Howdah('[limits]\nmax_clients = 2\n') as h:
        inside = [Client(h), Client(h)]
        for c in inside: c.ask('SELECT 1')
        same(Client(h).line()['error']['sqlstate'], '53300')
        with socket.create_connection(('127.0.0.1', h.pgwire)) as s:
            parameters = b'user\0x\0database\0main\0\0'
            s.sendall((len(parameters) + 8).to_bytes(4, 'big') + (196608).to_bytes(4, 'big') + parameters)
            assert b'C53300\0' in s.makefile('rb').read()
        assert h.stats()['clients_refused'] >= 2
        inside.pop().close()
        wait_until(lambda: h.stats()['clients']['lines'] == 1, 'the place is free')
        same(Client(h).ask('SELECT 1'), [[1]])


@test
def who_says_nothing_or_sleeps_is_closed():
    with Howdah('[limits]\nlogin_timeout = "500ms"\nidle_timeout = "1s"\nidle_in_transaction_timeout = "1s"\n') as h:
        silent, dripping, idle, open_ = (Client(h) for _ in range(4))
        idle.ask('SELECT 1')
        open_.ask('BEGIN; CREATE TABLE sleepy(a)')
        start = time.monotonic()
        try:
            while time.monotonic() - start < 10:
                dripping.socket.sendall(b'S')
                time.sleep(0.1)
            raise AssertionError('a dripping client was let in')
        except OSError: pass
        for client, what in ((silent, 'login_timeout'), (idle, 'idle_timeout'), (open_, 'idle_in_transaction_timeout')):
            assert what in client.line()['error']['message']
            same(client.file.readline(), b'')
        same(Client(h).ask("SELECT count(*) FROM sqlite_schema WHERE name = 'sleepy'"), [[0]])


@test
def passwords_are_asked_for_and_checked():
    with Howdah('[auth]\nmethod = "scram-sha-256"\n[auth.users]\nalice = "wonder\\"land"\n') as h:
        same(Client(h, {'user': 'alice', 'password': 'wonder"land'}).ask('SELECT 1'), [[1]])
        answers = set()
        for hello in ({'user': 'alice', 'password': 'x'}, {'user': 'bob', 'password': 'x'}, {'user': 'alice'}, {}):
            c = Client(h)
            error = c.ask_raw({'hello': hello})['error']
            answers.add((error['code'], error['sqlstate'], error['message'].replace(hello.get('user', ''), '')))
            same(c.file.readline(), b'')
        same(len(answers), 1)
        same(Client(h).ask_raw({'sql': 'SELECT 1'})['error']['name'], 'SQLITE_AUTH')
        assert 'wonder' not in h.log()


@test
def a_long_line_is_refused_with_an_answer():
    with Howdah('[limits]\nmax_line_bytes = "64KiB"\n') as h:
        c = Client(h)
        try: c.socket.sendall(b'x' * 1_000_000)
        except OSError: pass
        same(c.line()['error']['name'], 'SQLITE_TOOBIG')


def postmaster(h): return int(open(os.path.join(h.data, 'data', 'postmaster.pid'), encoding='utf-8').readline())


@test
def a_postgresql_that_dies_is_started_again():
    with Howdah() as h:
        Client(h).ask('CREATE TABLE IF NOT EXISTS survives(a)')
        first = postmaster(h)
        os.kill(first, signal.SIGKILL)
        wait_until(lambda: 'starting it again' in h.log(), 'noticed')

        def answers():
            try: return Client(h).ask('SELECT count(*) FROM survives') == [[0]]
            except RuntimeError: return False
        wait_until(answers, 'recovered')
        assert postmaster(h) != first
        Client(h).ask('DROP TABLE survives')


@test
def when_howdah_is_killed_postgresql_ends_and_the_next_start_recovers():
    with Howdah() as h:
        Client(h).ask('CREATE TABLE IF NOT EXISTS killed(a); DELETE FROM killed; INSERT INTO killed VALUES (7)')
        server = postmaster(h)
        h.process.kill()
        h.process.wait()
        wait_until(lambda: not os.path.exists(f'/proc/{server}'), 'PostgreSQL is gone')
    with Howdah() as h: same(Client(h).ask('SELECT a FROM killed; DROP TABLE killed'), [[7]])


@test
def one_directory_serves_one_howdah():
    with Howdah() as h:
        done = subprocess.run([binary, 'serve', '--embedded', h.data], stderr=subprocess.PIPE, text=True)
        same(done.returncode, 1)
        assert 'another howdah uses' in done.stderr


@test
def a_taken_address_is_named():
    with socket.create_server(('127.0.0.1', 0)) as taken:
        address = f'127.0.0.1:{taken.getsockname()[1]}'
        config = os.path.join(workplace, 'taken.toml')
        with open(config, 'w', encoding='utf-8') as f: f.write(f'[listen]\npgwire = ["{address}"]\n[databases."*"]\npostgres = "host=127.0.0.1 port=1"\n')
        done = subprocess.run([binary, 'serve', '--config', config], stderr=subprocess.PIPE, text=True)
        same(done.returncode, 1)
        assert f'cannot listen on {address}: Address already in use' in done.stderr, done.stderr


@test
def it_starts_while_postgresql_cannot_be_reached():
    ports = free_ports(2)
    config = os.path.join(workplace, 'unreachable.toml')
    with open(config, 'w', encoding='utf-8') as f:
        f.write(f'[listen]\npgwire = []\nlines = ["127.0.0.1:{ports[0]}"]\nhttp = ["127.0.0.1:{ports[1]}"]\n'
                '[databases."*"]\npostgres = "host=127.0.0.1 port=1 user=u password=topsecret"\n')
    process = subprocess.Popen([binary, 'serve', '--config', config], stderr=subprocess.PIPE, text=True)
    try:
        def status(path):
            try: return urllib.request.urlopen(f'http://127.0.0.1:{ports[1]}{path}', timeout=10).status
            except urllib.error.HTTPError as error: return error.code
            except OSError: return 0
        wait_until(lambda: status('/live') == 200, 'live')
        wait_until(lambda: status('/ready') == 503, 'not ready')
        client = socket.create_connection(('127.0.0.1', ports[0]), 30)
        client.sendall(b'CREATE TABLE t(a)\n')
        assert 'error' in json.loads(client.makefile('rb').readline())
    finally:
        process.send_signal(signal.SIGTERM)
        _, log = process.communicate(timeout=40)
    same(process.returncode, 0)
    assert 'topsecret' not in log


@test
def systemd_hears_of_everything():
    path = os.path.join(workplace, 'notify')
    with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as notify:
        notify.bind(path)
        messages = []
        threading.Thread(target=lambda: [messages.append(notify.recv(4096).decode()) for _ in range(10 ** 6)], daemon=True).start()
        with Howdah(env={'NOTIFY_SOCKET': path, 'WATCHDOG_USEC': '300000'}) as h:
            wait_until(lambda: any(m.startswith('READY=1\nSTATUS=') for m in messages), 'READY')
            wait_until(lambda: 'WATCHDOG=1' in messages, 'WATCHDOG')
            messages.clear()
            h.process.send_signal(signal.SIGHUP)
            wait_until(lambda: any(re.match(r'RELOADING=1\nMONOTONIC_USEC=\d+\n', m) for m in messages), 'RELOADING')
            wait_until(lambda: any(m.startswith('READY=1') for m in messages), 'READY again')
            h.end()
            wait_until(lambda: any(m.startswith('STOPPING=1') for m in messages), 'STOPPING')
    os.unlink(path)


@test
def sockets_passed_by_systemd_are_used():
    passed = [socket.create_server(('127.0.0.1', 0)) for _ in range(2)]

    def prepare():
        for i, s in enumerate(passed): os.dup2(s.fileno(), 100 + i)
        for i in range(2): os.dup2(100 + i, 3 + i)
    # LISTEN_PID must be the process's own, so a shell sets it before it becomes howdah.
    names = {'LISTEN_FDS': '2', 'LISTEN_FDNAMES': 'lines:http'}
    config = os.path.join(workplace, 'passed.toml')
    with open(config, 'w', encoding='utf-8') as f: f.write('[listen]\npgwire = []\nlines = ["127.0.0.1:1"]\nhttp = []\n[databases."*"]\npostgres = "host=127.0.0.1 port=1"\n')
    process = subprocess.Popen(['/bin/sh', '-c', f'LISTEN_PID=$$ exec {binary} serve --config {config}'], env={**os.environ, **names}, preexec_fn=prepare,
                               pass_fds=(3, 4), stderr=subprocess.PIPE, text=True)
    try:
        lines, http = (s.getsockname()[1] for s in passed)
        with socket.create_connection(('127.0.0.1', lines), 30) as s:
            s.sendall(b'{\n')
            assert b'not JSON' in s.makefile('rb').readline()
        same(urllib.request.urlopen(f'http://127.0.0.1:{http}/live', timeout=30).status, 200)
    finally:
        process.send_signal(signal.SIGTERM)
        process.communicate(timeout=40)
        for s in passed: s.close()
    same(process.returncode, 0)


@test
def descriptors_running_out_pause_accepting_and_nothing_else():
    import resource
    limit = 64
    with Howdah(prepare=lambda: resource.setrlimit(resource.RLIMIT_NOFILE, (limit, limit))) as h:
        c = Client(h)
        c.ask('SELECT 1')
        crowd = []
        for _ in range(limit):
            crowd.append(socket.create_connection(('127.0.0.1', h.lines), 30))
        same(c.ask('SELECT 2'), [[2]])
        wait_until(lambda: 'accepting a client failed' in h.log(), 'logged')
        for s in crowd: s.close()
        same(wait_until(lambda: Client(h).ask('SELECT 3'), 'accepts again'), [[3]])


@test
def check_explains_what_is_wrong():
    path = os.path.join(workplace, 'wrong.toml')
    with open(path, 'w', encoding='utf-8') as f: f.write('[pool]\nmx = 3\nmin = "x"\n')
    done = subprocess.run([binary, 'check', '--config', path], capture_output=True, text=True)
    same((done.returncode, done.stderr),
         (1, f'{path}:2:1: pool.mx: unknown key; did you mean "max"?\n{path}:3:7: pool.min: must be a whole number, 0 or more\n'))
    same(subprocess.run([binary, 'check', '--config', 'conf/howdah.toml'], capture_output=True, cwd=os.path.join(os.path.dirname(__file__), '..', '..')).returncode, 0)


@test
def the_shell_asks_and_shows():
    with Howdah() as h:
        script = "CREATE TABLE IF NOT EXISTS sh(a, b);\nDELETE FROM sh;\nINSERT INTO sh\nVALUES (1, x'00ff'), (NULL, 2.0);\nSELECT * FROM sh;\n.tables sh\n.quit\n"
        done = subprocess.run([binary, 'shell', '--connect', f'127.0.0.1:{h.lines}'], input=script, capture_output=True, text=True)
        same((done.returncode, done.stdout, done.stderr), (0, "1|x'00ff'\n|2.0\nsh\n", ''))
        done = subprocess.run([binary, 'shell', '--connect', f'127.0.0.1:{h.lines}'], input='SELECT nowhere;', capture_output=True, text=True)
        same((done.returncode, done.stderr), (1, 'Error: no such column: nowhere\n'))


def main():
    global binary, workplace
    parser = argparse.ArgumentParser()
    parser.add_argument('--binary', default=os.environ.get('HOWDAH_BINARY', 'build/release/howdah'))
    parser.add_argument('--only', default='')
    args, _ = parser.parse_known_args()
    binary = os.path.abspath(args.binary)
    workplace = tempfile.mkdtemp(prefix='howdah-operations-')
    os.chmod(workplace, 0o755)
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
    shutil.rmtree(workplace, ignore_errors=True)
    print(f'operations: {passed} passed, {failed} failed')
    return 1 if failed else 0


if __name__ == '__main__':
    sys.exit(main())
