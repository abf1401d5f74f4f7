#!/usr/bin/env python3
"""The PostgreSQL wire byte by byte against a howdah of its own: logins, TLS, cancels, limits, clients that misbehave.

  pgwire.py [--binary build/release/howdah]      (default: $HOWDAH_BINARY)

Other arguments are ignored. Prints one line "N passed, N failed"."""
import argparse, os, random, shutil, signal, socket, ssl, struct, subprocess, sys, tempfile, time, traceback, urllib.request

tests = []
binary = ''
workplace = ''


def test(function):
    tests.append(function)
    return function


def free_ports(n):
    sockets = [socket.create_server(('127.0.0.1', 0)) for _ in range(n)]
    ports = [s.getsockname()[1] for s in sockets]
    for s in sockets: s.close()
    return ports


def wait_until(condition, what, seconds=60):
    end = time.monotonic() + seconds
    while time.monotonic() < end:
        value = condition()
        if value: return value
        time.sleep(0.02)
    raise AssertionError(f'not in {seconds} s: {what}')


class Howdah:
    """A howdah with the private PostgreSQL that the tests share one after another."""
    def __init__(self, config=''):
        self.pgwire, lines, self.http = free_ports(3)
        file = os.path.join(workplace, 'howdah.toml')
        with open(file, 'w', encoding='utf-8') as f:
            f.write(f'[listen]\npgwire = ["127.0.0.1:{self.pgwire}"]\nlines = ["127.0.0.1:{lines}"]\nhttp = ["127.0.0.1:{self.http}"]\n' + config)
        self.log = os.path.join(workplace, 'log')
        self.process = subprocess.Popen([binary, 'serve', '--config', file, '--embedded', os.path.join(workplace, 'data')],
                                        stderr=open(self.log, 'w', encoding='utf-8'))
        wait_until(lambda: self.process.poll() is not None or self.is_ready(), 'ready', 120)
        assert self.process.poll() is None, open(self.log, encoding='utf-8', errors='replace').read()

    def is_ready(self):
        try: return urllib.request.urlopen(f'http://127.0.0.1:{self.http}/ready', timeout=5).status == 200
        except OSError: return False

    def resident_mb(self):
        with open(f'/proc/{self.process.pid}/statm', encoding='ascii') as f: return int(f.read().split()[1]) * 4096 / 1e6

    def __enter__(self): return self

    def __exit__(self, *_):
        died = self.process.poll() is not None
        if not died:
            self.process.send_signal(signal.SIGTERM)
            try: self.process.wait(40)
            except subprocess.TimeoutExpired: self.process.kill()
        text = open(self.log, encoding='utf-8', errors='replace').read()
        assert not died and 'Sanitizer' not in text and 'runtime error' not in text, text[-5000:]


def startup(user='postgres', database='wire', **more):
    parameters = {'user': user, 'database': database, **more}
    body = struct.pack('>i', 196608) + b''.join(k.encode() + b'\0' + v.encode() + b'\0' for k, v in parameters.items()) + b'\0'
    return struct.pack('>i', len(body) + 4) + body


def message(kind, body=b''): return kind.encode() + struct.pack('>i', len(body) + 4) + body


def query(sql): return message('Q', sql.encode() + b'\0')


class Client:
    """Speaks the protocol by hand. answer() reads to ReadyForQuery, or one of other types: [(type, body), ...]."""
    def __init__(self, howdah, log_in=True, timeout=30, **parameters):
        self.howdah = howdah
        self.socket = socket.create_connection(('127.0.0.1', howdah.pgwire), timeout=timeout)
        self.buffer = b''
        if log_in:
            self.socket.sendall(startup(**parameters))
            self.welcome = self.answer()
            self.key = next(body for kind, body in self.welcome if kind == 'K')

    def __enter__(self): return self

    def __exit__(self, *_): self.socket.close()

    def bytes(self, n):
        while len(self.buffer) < n:
            got = self.socket.recv(65536)
            if not got: raise EOFError(f'closed after {self.buffer!r}')
            self.buffer += got
        taken, self.buffer = self.buffer[:n], self.buffer[n:]
        return taken

    def message(self):
        kind = self.bytes(1).decode()
        return kind, self.bytes(struct.unpack('>i', self.bytes(4))[0] - 4)

    def answer(self, until='Z'):
        messages = []
        while not messages or messages[-1][0] not in until: messages.append(self.message())
        return messages

    def send(self, data): self.socket.sendall(data)

    def ask(self, sql):
        self.send(query(sql))
        return self.answer()

    def value(self, sql):
        """The first field of the first row, or the error's SQLSTATE."""
        for kind, body in self.ask(sql):
            if kind == 'D': return body[6:6 + struct.unpack('>i', body[2:6])[0]].decode()
            if kind == 'E': return sqlstate(body)
        return None

    def cancel(self, key=None):
        """Has what runs here stopped, or what runs under another key. The server has heard it on return."""
        key = key or self.key
        with Client(self.howdah, log_in=False) as canceller:
            canceller.send(struct.pack('>ii', 8 + len(key), 80877102) + key)
            assert canceller.rest() == b''

    def rest(self):
        """Everything until the server closes."""
        data = self.buffer
        while True:
            try: got = self.socket.recv(65536)
            except ConnectionError: return data
            if not got: return data
            data += got


def sqlstate(body): return next(f[1:].decode() for f in body.split(b'\0') if f[:1] == b'C')


def certificate():
    cert, key = os.path.join(workplace, 'cert.pem'), os.path.join(workplace, 'key.pem')
    if not os.path.exists(cert):
        subprocess.run(['openssl', 'req', '-x509', '-newkey', 'rsa:2048', '-nodes', '-keyout', key, '-out', cert, '-days', '2', '-subj', '/CN=localhost',
                        '-addext', 'subjectAltName=DNS:localhost,IP:127.0.0.1'], check=True, capture_output=True)
    return cert, key


def secure(required=False):
    cert, key = certificate()
    return (f'[tls]\ncertificate = "{cert}"\nkey = "{key}"\nrequired = {str(required).lower()}\n'
            '[auth]\nmethod = "scram-sha-256"\n[auth.users]\nann = "se cret"\n')


def psql(howdah, settings, sql='SELECT 1', password='se cret'):
    done = subprocess.run(['psql', '-X', '-At', f'host=localhost hostaddr=127.0.0.1 port={howdah.pgwire} dbname=wire {settings}', '-c', sql],
                          capture_output=True, text=True, env={**os.environ, 'PGPASSWORD': password})
    return done.stdout.strip() or done.stderr.strip()


@test
def passwords_over_tls_with_channel_binding():
    with Howdah(secure()) as h:
        strict = f'user=ann sslmode=verify-full sslrootcert={certificate()[0]} channel_binding=require'
        assert psql(h, strict) == '1', psql(h, strict)
        assert psql(h, 'user=ann sslmode=disable') == '1'
        wrong, unknown = psql(h, 'user=ann', password='secret'), psql(h, 'user=eve')
        assert 'password authentication failed for user "ann"' in wrong, wrong
        assert wrong.replace('ann', 'eve') == unknown, (wrong, unknown)
        assert psql(h, 'user=ann dbname=nothing', password='x') == wrong
        assert len(psql(h, 'user=ann sslmode=require', 'SELECT hex(zeroblob(3000000))')) == 6000000


@test
def tls_can_be_demanded_and_can_begin_at_once():
    with Howdah(secure(required=True)) as h:
        assert 'accepts only connections with TLS' in psql(h, 'user=ann sslmode=disable')
        assert psql(h, 'user=ann sslmode=require') == '1'
        for protocol, expected in (('postgresql', b'SCRAM-SHA-256-PLUS'), ('h2', None), (None, b'')):
            context = ssl.create_default_context(cafile=certificate()[0])
            if protocol: context.set_alpn_protocols([protocol])
            try:
                with context.wrap_socket(socket.create_connection(('127.0.0.1', h.pgwire), timeout=20), server_hostname='localhost') as s:
                    s.sendall(startup('ann'))
                    got = s.recv(1000)
                assert expected in got if expected else got == b'', (protocol, got)
            except (ssl.SSLError, ConnectionError):
                assert protocol != 'postgresql'
        # Bytes in clear behind SSLRequest are somebody else's.
        with Client(h, log_in=False) as c:
            c.send(struct.pack('>ii', 8, 80877103) + startup('ann'))
            assert c.rest() in (b'', b'S')


@test
def limits_of_time_and_number():
    with Howdah('[limits]\nmax_clients = 3\nlogin_timeout = "400ms"\nidle_timeout = "1s"\nidle_in_transaction_timeout = "1s"\nmax_message_bytes = "64KiB"\n') as h:
        with Client(h, log_in=False) as late:
            late.send(startup()[:9])
            began = time.monotonic()
            assert late.rest() == b'' and 0.3 < time.monotonic() - began < 10
        with Client(h) as idle, Client(h) as busy:
            busy.ask('BEGIN')
            assert sqlstate(idle.message()[1]) == '57P05'
            assert sqlstate(busy.message()[1]) == '25P03'
        with Client(h), Client(h), Client(h), Client(h, log_in=False) as fourth:
            fourth.send(startup())
            assert sqlstate(fourth.message()[1]) == '53300'
        with Client(h) as long:
            long.send(b'Q' + struct.pack('>i', 100_000) + b'x' * 1000)
            assert sqlstate(long.message()[1]) == '08P01' and long.rest() == b''
        with Client(h) as after: assert after.value('SELECT 1') == '1'


@test
def conversations_cut_anywhere_and_noise_harm_nobody():
    generator = random.Random(5)
    bind = message('P', b'\0SELECT ?1\0\0\0') + message('B', b'\0\0\0\0\0\1\0\0\0\1x\0\0') + message('D', b'P\0') + message('E', b'\0\0\0\0\0') + message('S')
    whole = startup() + query('SELECT 1; SELECT 2') + bind
    with Howdah() as h, Client(h) as witness:
        for n in range(0, len(whole), 3):
            with Client(h, log_in=False) as c: c.send(whole[:n])
        for n in range(100):
            with Client(h, log_in=False) as c:
                try: c.send(generator.randbytes(generator.randrange(1, 400)))
                except ConnectionError: pass
            with Client(h) as c:
                try: c.send(generator.choice([b'', bind]) + generator.randbytes(generator.randrange(1, 400)))
                except ConnectionError: pass
        for byte in range(256):
            with Client(h) as c: c.send(bytes([byte]) + struct.pack('>i', generator.choice([4, 5, 8, 100])) + bytes(200))
        assert witness.value('SELECT 42') == '42'


@test
def a_cancel_ends_what_runs_and_nothing_else():
    endless = 'WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n) SELECT count(*) FROM n, t'
    with Howdah() as h, Client(h) as c, Client(h) as other:
        c.ask('DROP TABLE IF EXISTS t')
        c.ask('CREATE TABLE t(a)')
        c.ask('INSERT INTO t VALUES (1)')
        c.send(query(endless))
        time.sleep(0.5)
        c.cancel(c.key[:-1] + bytes([c.key[-1] ^ 1]))
        other.cancel()
        c.socket.settimeout(0.5)
        try:
            assert not c.message(), 'cancelled by a wrong key'
        except TimeoutError:
            pass
        c.socket.settimeout(30)
        began = time.monotonic()
        c.cancel()
        assert [sqlstate(body) for kind, body in c.answer() if kind == 'E'] == ['57014']
        assert time.monotonic() - began < 10
        for _ in range(100):
            c.cancel()
            assert c.value('SELECT 7') in ('7', '57014')
            assert other.value('SELECT count(*) FROM t') == '1'
        assert c.ask("SET statement_timeout = '300ms'")[0][0] == 'C'
        assert c.value(endless) == '57014'


@test
def whoever_has_finished_sending_is_answered():
    with Howdah() as h, Client(h) as c:
        c.send(query('SELECT hex(zeroblob(200000))'))
        c.socket.shutdown(socket.SHUT_WR)
        assert len(c.answer()[1][1]) == 400006 and c.rest() == b''


@test
def as_many_answers_as_syncs():
    with Howdah() as h, Client(h) as c:
        n = 500
        batch = b''
        for i in range(n):
            value = str(i).encode()
            batch += message('P', b'\0SELECT ?1\0\0\0') + message('B', b'\0\0\0\0\0\1' + struct.pack('>i', len(value)) + value + b'\0\0')
            batch += message('E', b'\0\0\0\0\0') + message('S')
        c.send(batch)
        for i in range(n):
            rows = [body[6:] for kind, body in c.answer() if kind == 'D']
            assert rows == [str(i).encode()], (i, rows)
        # An error skips to its Sync and no further.
        c.send(message('P', b'\0SELEC\0\0\0') + message('E', b'\0\0\0\0\0') + message('S') + message('S') + query('SELECT 5'))
        assert [k for k, _ in c.answer()] == ['E', 'Z'] and [k for k, _ in c.answer()] == ['Z']
        assert [k for k, _ in c.answer()] == ['T', 'D', 'C', 'Z']


@test
def a_client_that_does_not_read_costs_little():
    with Howdah() as h, Client(h) as c:
        c.ask('DROP TABLE IF EXISTS big')
        c.ask('CREATE TABLE big(t TEXT)')
        c.ask("WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < 2000) INSERT INTO big SELECT hex(zeroblob(50000)) FROM n")
        before = h.resident_mb()
        with Client(h) as lazy, Client(h) as eager:
            lazy.send(query('SELECT t FROM big'))
            time.sleep(2)
            assert h.resident_mb() - before < 60, (before, h.resident_mb())
            assert eager.value('SELECT count(*) FROM big') == '2000'
            rows = sum(1 for kind, _ in lazy.answer() if kind == 'D')
            assert rows == 2000, rows
        assert c.value('SELECT 1') == '1'


@test
def a_shutdown_waits_for_the_transaction_and_says_goodbye():
    with Howdah() as h:
        idle, busy = Client(h), Client(h)
        busy.ask('BEGIN')
        busy.ask('CREATE TABLE IF NOT EXISTS down(a)')
        h.process.send_signal(signal.SIGTERM)
        assert sqlstate(idle.message()[1]) == '57P01'
        assert busy.ask('INSERT INTO down VALUES (1)')[0][0] == 'C'
        busy.send(query('COMMIT'))
        assert [k for k, _ in busy.answer()] == ['C', 'Z']
        assert sqlstate(busy.message()[1]) == '57P01'
        h.process.wait(40)
        assert h.process.returncode == 0
        h.process = subprocess.Popen(['sleep', '60'])


def main():
    global binary, workplace
    parser = argparse.ArgumentParser()
    parser.add_argument('--binary', default=os.environ.get('HOWDAH_BINARY', 'build/release/howdah'))
    parser.add_argument('--only', default='')
    args, _ = parser.parse_known_args()
    binary = os.path.abspath(args.binary)
    workplace = tempfile.mkdtemp(prefix='howdah-pgwire-')
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
    print(f'pgwire: {passed} passed, {failed} failed')
    return 1 if failed else 0


if __name__ == '__main__':
    sys.exit(main())
