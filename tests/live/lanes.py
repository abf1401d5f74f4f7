#!/usr/bin/env python3
"""Very many short statements of many clients on few server connections: every answer must be its asker's, once.

  lanes.py [--lines HOST:PORT] [--pgwire HOST:PORT] [--http HOST:PORT] [--statements N] [--clients 200]
           [--processes 2]

Clients of the PostgreSQL wire, simple and prepared, send up to eight statements at once. Each statement carries a token
that nobody else has, or asks for one of very many rows, and the exact bytes of its answer are known. Among them are
statements that fail when they are compiled or when they run, slow ones, writes, cancels of statements that would run
for hours, and clients that hang up in the middle. Prints how many answers were wrong, lost (none within a minute) or
more than was asked for, what was answered a second, and one line "N passed, N failed". Without --statements it ends
after twenty seconds."""
import argparse, collections, json, multiprocessing, random, selectors, socket, struct, sys, time, urllib.request

DATABASE = 'lanes'
ROWS, MANY = 50, 20_000
HOURS = 'SELECT count(*) FROM lanes a, lanes b, lanes c, lanes d, lanes e, lanes f, lanes g WHERE a.id + b.id * c.id > d.id * e.id - f.id * g.id'
SLOW = 'SELECT {}, count(*) FROM lanes a, lanes b, lanes c WHERE a.id + b.id + c.id >= 0'
PREPARED = {b'one': 'SELECT $1, id, name FROM lanes WHERE id = $2',
            b'fails': 'SELECT $1, abs(low) FROM lanes WHERE id = $2'}


def message(kind, body): return kind + struct.pack('!I', len(body) + 4) + body


def simple(sql): return message(b'Q', sql.encode() + b'\0')


def execute(name, *values):
    bind = b'\0' + name + b'\0\0\0' + struct.pack('!H', len(values))
    for value in values: bind += struct.pack('!I', len(value)) + value
    return message(b'B', bind + b'\0\0') + b'E\0\0\0\x09\0\0\0\0\0S\0\0\0\x04'


def row(*values):
    body = struct.pack('!H', len(values))
    for value in values:
        value = str(value).encode()
        body += struct.pack('!I', len(value)) + value
    return body


class Closed(Exception): pass


class Client:
    """One connection. `expected` holds what must come: rows, or a part of an error, or both where either may."""

    def __init__(self, address, number, random_):
        self.address, self.number, self.random = address, number, random_
        self.count, self.expected, self.cancels = 0, collections.deque(), False
        self.connect()

    def connect(self):
        self.socket = socket.create_connection(self.address, timeout=60)
        self.socket.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        body = struct.pack('!I', 196608) + b'user\0lanes\0database\0' + DATABASE.encode() + b'\0\0'
        out = struct.pack('!I', len(body) + 4) + body
        for name, sql in PREPARED.items():
            out += message(b'P', name + b'\0' + sql.encode() + b'\0' + struct.pack('!HII', 2, 25, 20))
        self.socket.sendall(out + message(b'S', b''))
        self.buffer, self.rows, self.error, self.tag = b'', [], None, b''
        self.expected.clear()
        ready = 0
        while ready < 2:
            for kind, body in self.messages():
                if kind == b'Z': ready += 1
                if kind == b'K': self.key = body
                if kind == b'E': raise Closed(body.decode(errors='replace'))
        self.socket.setblocking(False)

    def close(self):
        self.socket.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack('ii', 1, 0))
        self.socket.close()

    def messages(self):
        data = self.socket.recv(1 << 17)
        if not data: raise Closed('the connection was closed')
        data = self.buffer + data if self.buffer else data
        at, size = 0, len(data)
        while at + 5 <= size:
            end = at + 1 + int.from_bytes(data[at + 1:at + 5], 'big')
            if end > size: break
            yield data[at:at + 1], data[at + 5:end]
            at = end
        self.buffer = data[at:]

    def statement(self):
        """Its bytes; what it must answer goes to `expected`."""
        self.count += 1
        token = f'{self.number}.{self.count}'
        choice, k = self.random.random(), self.random.randrange(1, ROWS)
        if choice < 0.45:
            self.expected.append(([row(token, k, f'name {k}')], None, b'SELECT 1'))
            return execute(b'one', token.encode(), str(k).encode())
        if choice < 0.83: # the literal is lifted, so this has one plan
            k = self.random.randrange(1, MANY + 1)
            self.expected.append(([row(k, f'many {k}')], None, b'SELECT 1'))
            return simple(f"SELECT id, name FROM lanes_many WHERE id = {k}")
        if choice < 0.85: # each has a plan of its own
            self.expected.append(([row(token, k, f'name {k}')], None, b'SELECT 1'))
            return simple(f"SELECT '{token}' AS token, id, name FROM lanes WHERE id = {k}")
        if choice < 0.88:
            self.expected.append(([row(n, token) for n in range(ROWS)], None, b'SELECT %d' % ROWS))
            return simple(f"SELECT id, '{token}' AS token FROM lanes ORDER BY id")
        if choice < 0.92:
            self.expected.append(([row(token, k)], None, b'SELECT 1'))
            return execute(b'fails', token.encode(), str(k).encode())
        if choice < 0.95:
            self.expected.append((None, b'integer overflow', b''))
            return execute(b'fails', token.encode(), b'0')
        if choice < 0.98:
            self.expected.append((None, b'integer overflow', b''))
            return simple('SELECT abs(low) FROM lanes WHERE id = 0')
        if choice < 0.994:
            self.expected.append((None, f'no such column: x{self.number}_{self.count}'.encode(), b''))
            return simple(f'SELECT x{self.number}_{self.count} FROM lanes')
        if choice < 0.998:
            self.expected.append(([], None, b'INSERT 0 1'))
            return simple(f"INSERT INTO lanes_written(token) VALUES ('{token}')")
        self.expected.append(([row(token, ROWS ** 3)], None, b'SELECT 1'))
        return simple(SLOW.format(f"'{token}' AS token"))

    def ask(self):
        """The next statements; how many."""
        if self.random.random() < 0.0003:
            self.expected.append((None, b'57014', b''))
            self.cancels = time.monotonic() + 0.05
            self.socket.setblocking(True)
            self.socket.sendall(simple(HOURS))
            self.socket.setblocking(False)
            return 1
        n = self.random.randrange(1, 9)
        self.socket.setblocking(True)
        self.socket.sendall(b''.join([self.statement() for _ in range(n)]))
        self.socket.setblocking(False)
        return n

    def cancel(self):
        # One that comes before its statement hits nothing.
        self.cancels = time.monotonic() + 1
        with socket.create_connection(self.address, timeout=60) as other:
            other.sendall(struct.pack('!II', 16, 80877102) + self.key)
            while other.recv(100): pass

    def take(self, problem):
        """Reads; the number of answers that were complete."""
        answers = 0
        for kind, body in self.messages():
            if not self.expected:
                problem('extra', f'{self.number}: {kind} {body[:100]} after the last answer')
            elif kind == b'D': self.rows.append(body)
            elif kind == b'E': self.error = body
            elif kind == b'C': self.tag = body[:-1]
            elif kind == b'Z':
                rows, error, tag = self.expected.popleft()
                right = self.error is not None and error in self.error and not self.rows if error else \
                    self.error is None and rows == self.rows and tag == self.tag
                if not right: problem('wrong', f'{self.number}: expected {str(rows)[:100]} {error}, got {str(self.rows)[:100]} {self.tag} {self.error}')
                answers += 1
                self.rows, self.error, self.tag, self.cancels = [], None, b'', False
        return answers


def work(address, first, clients, statements, until, results):
    counts, texts = collections.Counter(), []

    def problem(kind, text):
        counts[kind] += 1
        if len(texts) < 5: texts.append(f'{kind}: {text}')

    try:
        random_ = random.Random(first)
        selector, quiet = selectors.DefaultSelector(), 60
        everyone = [Client(address, first + n, random_) for n in range(clients)]
        heard = {}

        def next_of(client):
            if counts['asked'] < statements and time.monotonic() < until:
                counts['asked'] += client.ask()
                heard[client] = time.monotonic()
                if random_.random() < 0.0002 and not client.cancels:
                    counts['given up'] += len(client.expected)
                    counts['hang-ups'] += 1
                    selector.unregister(client.socket)
                    client.close()
                    client.connect()
                    selector.register(client.socket, selectors.EVENT_READ, client)
                    next_of(client)
            else: heard.pop(client, None)

        for client in everyone: selector.register(client.socket, selectors.EVENT_READ, client)
        for client in everyone: next_of(client)
        looked = time.monotonic()
        while heard:
            for key, _ in selector.select(0.05):
                client = key.data
                try: counts['answered'] += client.take(problem)
                except (OSError, Closed) as e:
                    problem('lost', f'{client.number}: {len(client.expected)} unanswered: {e}')
                    counts['lost'] += len(client.expected) - 1
                    selector.unregister(client.socket)
                    client.connect()
                    selector.register(client.socket, selectors.EVENT_READ, client)
                if not client.expected and client in heard: next_of(client)
                elif client in heard: heard[client] = time.monotonic()
            now = time.monotonic()
            if now - looked > 0.02:
                looked = now
                for client, since in list(heard.items()):
                    if client.cancels and client.cancels < now:
                        counts['cancels'] += 1
                        client.cancel()
                    if now - since > quiet:
                        problem('lost', f'{client.number}: nothing for a minute, {len(client.expected)} unanswered')
                        counts['lost'] += len(client.expected) - 1
                        heard.pop(client)
        time.sleep(0.3)
        for key, _ in selector.select(0): # whatever comes now was not asked for
            if not key.data.expected: key.data.take(problem)
        for client in everyone: client.close()
    except Exception as e:
        problem('broken', repr(e))
    results.put((counts, texts))


def warm(address):
    """Alone first: what is known to be short shares connections from then on."""
    client = Client(address, 1, random.Random(1))
    client.socket.setblocking(True)
    for _ in range(600):
        client.socket.sendall(client.statement())
        while client.expected: client.take(lambda kind, text: print(kind, text))
    client.close()


def one(address, sql):
    client = Client(address, 0, random.Random(0))
    client.socket.setblocking(True)
    client.socket.sendall(simple(sql))
    rows, error = [], None
    while True:
        for kind, body in client.messages():
            if kind == b'D': rows.append(body)
            if kind == b'E': error = body
            if kind == b'Z':
                client.close()
                if error: raise Closed(f'{sql}: {error}')
                return rows


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument('--lines')
    parser.add_argument('--pgwire', default='127.0.0.1:5433')
    parser.add_argument('--http')
    parser.add_argument('--statements', type=int, default=0)
    parser.add_argument('--clients', type=int, default=200)
    parser.add_argument('--processes', type=int, default=2)
    args = parser.parse_args()
    host, port = args.pgwire.rsplit(':', 1)
    address = (host, int(port))
    global PREPARED
    prepared, PREPARED = PREPARED, {}
    for sql in ('DROP TABLE IF EXISTS lanes', 'DROP TABLE IF EXISTS lanes_written', 'DROP TABLE IF EXISTS lanes_many',
                'CREATE TABLE lanes_many(id INTEGER PRIMARY KEY, name TEXT)',
                f"INSERT INTO lanes_many SELECT n, 'many ' || n FROM (WITH RECURSIVE c(n) AS (SELECT 1 UNION ALL SELECT n + 1 FROM c WHERE n < {MANY}) SELECT n FROM c)",
                'CREATE TABLE lanes(id INTEGER PRIMARY KEY, name TEXT, low INTEGER)', 'CREATE TABLE lanes_written(token TEXT)',
                'INSERT INTO lanes VALUES ' + ', '.join(f"({n}, 'name {n}', {n if n else -2**63})" for n in range(ROWS))):
        one(address, sql.replace('-9223372036854775808', '-9223372036854775807 - 1'))
    PREPARED = prepared
    warm(address)
    results, began = multiprocessing.Queue(), time.monotonic()
    until = float('inf') if args.statements else began + 20
    statements = (args.statements or 60_000) // args.processes
    workers = [multiprocessing.Process(target=work, args=(address, 1_000_000 * (n + 1), args.clients // args.processes, statements, until, results))
               for n in range(args.processes)]
    for worker in workers: worker.start()
    counts = collections.Counter()
    for _ in workers:
        more, texts = results.get()
        counts.update(more)
        for text in texts: print(text[:400])
    for worker in workers: worker.join()
    seconds = time.monotonic() - began
    passed, failed = counts['answered'] - counts['wrong'], counts['wrong'] + counts['lost'] + counts['extra'] + counts['broken']

    def check(right, what):
        nonlocal passed, failed
        passed, failed = passed + bool(right), failed + (not right)
        if not right: print(what)

    check(counts['asked'] == counts['answered'] + counts['given up'] + counts['lost'], 'asked and answered do not add up')
    twice = one(address, 'SELECT token FROM lanes_written GROUP BY token HAVING count(*) > 1')
    check(not twice, f'{len(twice)} rows were written more than once')
    if args.http:
        for _ in range(100): # what hung up last may still be running
            pools = json.load(urllib.request.urlopen(f'http://{args.http}/stats', timeout=10))['pools']
            if not any(pool['in_use'] + pool['waiting'] for pool in pools): break
            time.sleep(0.1)
        for pool in pools:
            classes = pool['checkout_classes'] if 'checkout_classes' in pool else {k: pool[k] for k in ('hit', 'handoff', 'miss', 'timeout', 'error', 'abandoned')}
            check(sum(classes.values()) == pool['checkouts'], f'classes {classes} do not add up to {pool["checkouts"]}')
            check(pool['in_use'] == 0, f'{pool["in_use"]} connections are still in use')
        total = {name: sum(pool[name] for pool in pools) for name in ('shared', 'displaced', 'cancels')}
        # With sanitizers nothing may be short enough to share.
        check(total['shared'] > 0 or counts['answered'] < 2000 * seconds, 'nobody shared a connection')
        print(', '.join(f'{n} {name}' for name, n in total.items()))
    print(f'{counts["asked"]} statements in {seconds:.1f} s, {counts["answered"] / seconds:.0f} a second: {counts["wrong"]} wrong, {counts["lost"]} lost, '
          f'{counts["extra"]} too many, {counts["hang-ups"]} hang-ups, {counts["cancels"]} cancels')
    print(f'{passed} passed, {failed} failed')
    sys.exit(failed > 0)


if __name__ == '__main__': main()
