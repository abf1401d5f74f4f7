#!/usr/bin/env python3
"""What was acknowledged is there: PostgreSQL is killed with all its processes while many clients insert, in both writer modes.

  durability.py [--binary build/release/howdah] [--rounds N]      (default: $HOWDAH_BINARY)

Other arguments are ignored. Runs a PostgreSQL and a howdah of its own. Prints one line "N passed, N failed"."""
import argparse, contextlib, glob, json, os, shutil, signal, socket, subprocess, sys, tempfile, threading, time, traceback, urllib.request

tests = []
binary = ''
workplace = ''
rounds = 2
as_user = 'postgres' if os.geteuid() == 0 else None  # PostgreSQL does not run as root


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


class PostgreSQL:
    """A server of the defaults that matter here, fsync and synchronous_commit are on; with other settings "name=value"."""
    def __init__(self, settings=()):
        self.settings = [word for setting in settings for word in ('-c', setting)]
        self.bin = os.environ.get('HOWDAH_PG_BINDIR') or sorted(glob.glob('/usr/lib/postgresql/*/bin'))[-1]
        self.folder = os.path.join(workplace, 'server')
        os.mkdir(self.folder)
        if as_user: shutil.chown(self.folder, as_user)
        self.port, = free_ports(1)
        self.as_owner(['initdb', '-D', f'{self.folder}/data', '-U', 'postgres', '-A', 'trust', '--locale=C.UTF-8', '-E', 'UTF8', '--no-sync'], subprocess.run, check=True)
        self.start()

    def as_owner(self, command, run, **more):
        return run([f'{self.bin}/{command[0]}', *command[1:]], stdout=open(f'{self.folder}/log', 'a'), stderr=subprocess.STDOUT, stdin=subprocess.DEVNULL,
                   user=as_user, group=as_user, extra_groups=[] if as_user else None, cwd='/', **more)

    def start(self):
        self.process = self.as_owner(['postgres', '-D', f'{self.folder}/data', '-p', str(self.port), '-k', self.folder, '-c', 'listen_addresses=127.0.0.1', *self.settings], subprocess.Popen)
        wait_until(lambda: subprocess.run([f'{self.bin}/pg_isready', '-q', '-h', '127.0.0.1', '-p', str(self.port)]).returncode == 0, 'PostgreSQL accepts connections')

    def kill(self):
        """At one moment: the postmaster is stopped first, so that it cannot tidy up after its children."""
        pid = self.process.pid
        self.process.send_signal(signal.SIGSTOP)
        with open(f'/proc/{pid}/task/{pid}/children', encoding='ascii') as f: children = f.read().split()
        for child in children: os.kill(int(child), signal.SIGKILL)
        self.process.kill()
        self.process.wait()
        wait_until(lambda: not any(os.path.exists(f'/proc/{child}') for child in children), 'its children are gone')

    def stop(self):
        self.process.send_signal(signal.SIGINT)
        self.process.wait(60)


class Howdah:
    def __init__(self, server, databases=None):
        databases = databases or {mode: f'writers = "{mode}"' for mode in ('single', 'concurrent')}
        self.server = server
        self.pgwire, self.lines, self.http = free_ports(3)
        config = os.path.join(workplace, 'howdah.toml')
        postgres = f'postgres = "host=127.0.0.1 port={server.port} user=postgres dbname=postgres sslmode=disable"'
        with open(config, 'w', encoding='utf-8') as f:
            f.write(f'[listen]\npgwire = ["127.0.0.1:{self.pgwire}"]\nlines = ["127.0.0.1:{self.lines}"]\nhttp = ["127.0.0.1:{self.http}"]\n')
            for name, settings in databases.items(): f.write(f'[databases.{name}]\n{postgres}\ncreate = true\n{settings}\n')
            f.write('[pool]\nconnect_timeout = "1s"\n')  # how long clients wait for a server that is gone
        self.log = open(os.path.join(workplace, 'log'), 'w+', encoding='utf-8')
        self.process = subprocess.Popen([binary, 'serve', '--config', config], stderr=self.log)
        wait_until(lambda: self.process.poll() is not None or self.answers(), 'howdah listens')

    def server_asked(self, sql):
        """What PostgreSQL itself says, as text."""
        return subprocess.run(self.psql(sql), capture_output=True, text=True, check=True).stdout.strip()

    def psql(self, sql): return ['psql', '-h', '127.0.0.1', '-p', str(self.server.port), '-U', 'postgres', '-Atqc', sql, 'postgres']

    @contextlib.contextmanager
    def without_a_standby(self):
        """Commits, once they are on disk, wait for a standby that there is not: soon, or from commits_hang() on."""
        self.server_asked("ALTER SYSTEM SET synchronous_standby_names = 'nobody'")
        try: yield
        finally:
            self.server_asked('ALTER SYSTEM RESET synchronous_standby_names')
            self.server_asked('SELECT pg_reload_conf()')

    def commits_hang(self):
        probe = subprocess.Popen(self.psql("DO $$ BEGIN LOOP PERFORM pg_logical_emit_message(true, '', ''); COMMIT; END LOOP; END $$"), stderr=subprocess.DEVNULL)
        self.end_commits()
        probe.wait()

    def end_commits(self):
        """Ends the first connections whose commits wait: their clients are not told of them. How many there were."""
        waiting = "pg_stat_activity WHERE backend_type = 'client backend' AND wait_event = 'SyncRep'"
        said = self.server_asked("SET statement_timeout = '60s'; SELECT pg_reload_conf(); DO $$ DECLARE n integer = 0; BEGIN WHILE n = 0 LOOP "
                                 f'PERFORM pg_sleep(0.001), pg_stat_clear_snapshot(); SELECT count(pg_terminate_backend(pid)) INTO n FROM {waiting}; '
                                 "END LOOP; PERFORM set_config('test.ended', n::text, false); END $$; SELECT current_setting('test.ended')")
        return int(said.split()[-1])

    def stats(self):
        with urllib.request.urlopen(f'http://127.0.0.1:{self.http}/stats', timeout=10) as answer: return json.load(answer)

    def writers_waiting(self): return self.stats()['writers_waiting']

    def answers(self):
        try:
            Client(self, 'single').close()
            return True
        except OSError: return False

    def stop(self):
        self.process.send_signal(signal.SIGTERM)
        assert self.process.wait(40) == 0, 'howdah did not end with status 0'
        self.log.seek(0)
        text = self.log.read()
        assert 'Sanitizer' not in text and 'runtime error' not in text and 'a defect ended' not in text, text[-5000:]


class Client:
    def __init__(self, howdah, database):
        self.socket = socket.create_connection(('127.0.0.1', howdah.lines), 30)
        self.file = self.socket.makefile('rb')
        self.send({'hello': {'database': database}})
        self.line()

    def close(self):
        self.file.close()
        self.socket.close()

    def send(self, request): self.socket.sendall(json.dumps(request).encode() + b'\n')

    def line(self):
        line = self.file.readline()
        if not line: raise EOFError('closed')
        return json.loads(line)

    def ask(self, sql, params=()):
        self.send({'sql': sql, 'params': list(params)})
        rows = []
        while True:
            message = self.line()
            if isinstance(message, list): rows.append(message)
            elif 'error' in message: raise RuntimeError(message['error']['message'])
            elif 'rows' in message and not message.get('more'): return rows


WITHOUT_WAITING = 8


def insert_until_it_fails(howdah, database, client, sequence, acknowledged, begin):
    """Transactions of two rows for odd clients, autocommit for even ones, for every other of them without waiting for an answer before the
    next row. What got an answer goes into `acknowledged`."""
    try:
        c = Client(howdah, database)
        begin.wait()
        while True:
            sequence += 2
            if client % 4 == 2:
                rows = [(client, sequence + n) for n in range(WITHOUT_WAITING)]
                sequence += WITHOUT_WAITING
                c.socket.sendall(b''.join(json.dumps({'sql': 'INSERT INTO journal VALUES (?, ?)', 'params': row}).encode() + b'\n' for row in rows))
                for row in rows:
                    said = c.line()
                    if 'error' not in said: acknowledged.append(row)
                    elif 'database is locked' not in said['error']['message']: return
                continue
            rows = [(client, sequence), (client, sequence + 1)]
            try:
                if client % 2:
                    c.ask('BEGIN IMMEDIATE')
                    for row in rows: c.ask('INSERT INTO journal VALUES (?, ?)', row)
                    c.ask('COMMIT')
                else:
                    for row in rows:
                        c.ask('INSERT INTO journal VALUES (?, ?)', row)
                        acknowledged.append(row)
                    continue
            except RuntimeError as error:
                if 'database is locked' not in str(error): return
                try: c.ask('ROLLBACK')
                except RuntimeError: pass
                continue
            acknowledged.extend(rows)
    except OSError: pass
    except EOFError: pass


def nothing_acknowledged_is_lost(mode):
    server = PostgreSQL()
    howdah = Howdah(server)
    try:
        # Its key is its own, so that no two clients meet.
        Client(howdah, mode).ask('CREATE TABLE journal(client INTEGER, sequence INTEGER, PRIMARY KEY(client, sequence)) WITHOUT ROWID')
        acknowledged = [[] for _ in range(16)]
        for turn in range(rounds):
            already = sum(map(len, acknowledged))
            begin = threading.Barrier(len(acknowledged))
            threads = [threading.Thread(target=insert_until_it_fails, args=(howdah, mode, n, turn * 10_000_000, acknowledged[n], begin)) for n in range(len(acknowledged))]
            for thread in threads: thread.start()
            wait_until(lambda: sum(map(len, acknowledged)) > already + 500, 'five hundred rows are acknowledged')
            server.kill()
            for thread in threads:
                thread.join(60)
                assert not thread.is_alive(), 'a client still waits for its answer'
            server.start()

            def present():
                try: return Client(howdah, mode).ask('SELECT client, sequence FROM journal')
                except RuntimeError: return None
            there = {tuple(row) for row in wait_until(present, 'howdah reaches PostgreSQL again')}
            told = {row for rows in acknowledged for row in rows}
            assert not told - there, f'{len(told - there)} of {len(told)} acknowledged rows are gone, such as {sorted(told - there)[:5]}'
            # What was under way may be there or not; a transaction is there as a whole.
            for client in range(1, len(acknowledged), 2):
                for row in (r for r in there if r[0] == client): assert (client, row[1] ^ 1) in there, f'half a transaction: {row}'
            assert len(there - told) <= WITHOUT_WAITING * len(acknowledged) * (turn + 1), f'{len(there - told)} rows that nobody was told of'
        howdah.stop()
    finally:
        if howdah.process.poll() is None: howdah.process.kill()
        server.stop()
        shutil.rmtree(server.folder)


@test
def with_a_single_writer_nothing_acknowledged_is_lost(): nothing_acknowledged_is_lost('single')


@test
def with_concurrent_writers_nothing_acknowledged_is_lost(): nothing_acknowledged_is_lost('concurrent')


def arguments(**options):
    """Which howdah, which tests, and numbers with these defaults. Other arguments are ignored."""
    parser = argparse.ArgumentParser()
    parser.add_argument('--binary', default=os.environ.get('HOWDAH_BINARY', 'build/release/howdah'))
    parser.add_argument('--only', default='', help='tests with this in their names')
    for name, default in options.items(): parser.add_argument(f'--{name}', type=type(default), default=default)
    return parser.parse_known_args()[0]


def set_up(args):
    global binary, workplace
    binary = os.path.abspath(args.binary)
    workplace = tempfile.mkdtemp(prefix='howdah-live-')
    os.chmod(workplace, 0o755)


def run_all(name, tests, args, *given):
    """The tests whose names contain args.only, and their counts as the last line. The exit status."""
    passed = failed = 0
    for function in tests:
        if args.only not in function.__name__: continue
        try:
            function(*given)
            passed += 1
        except Exception:
            failed += 1
            print(f'FAILED {function.__name__}')
            traceback.print_exc(limit=-3, file=sys.stdout)
    print(f'{name}: {passed} passed, {failed} failed')
    return 1 if failed else 0


def run_on_one_howdah(name, tests, args, databases=None, server_settings=()):
    """The same with a PostgreSQL and a howdah for all of them."""
    set_up(args)
    server, howdah = PostgreSQL(server_settings), None
    try:
        howdah = Howdah(server, databases)
        status = run_all(name, tests, args, howdah)
        howdah.stop()
        return status
    finally:
        if howdah and howdah.process.poll() is None: howdah.process.kill()
        server.stop()
        shutil.rmtree(workplace, ignore_errors=True)


def main():
    global rounds
    args = arguments(rounds=rounds)
    rounds = args.rounds
    set_up(args)
    try: return run_all('durability', tests, args)
    finally: shutil.rmtree(workplace, ignore_errors=True)


if __name__ == '__main__':
    sys.exit(main())
