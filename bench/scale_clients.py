"""The three that bench/at_scale times: SQLite in this process, howdah over the line protocol, PostgreSQL over its own. Each has
`run(sql, params)`, which returns the rows; `once(sql, params)` and `many(sql, rows)`, which return a function that runs the
statement, or runs it for each row of parameters and sends all before it reads the first answer; and `cpu()`, the seconds of
processor time that its processes have used."""
import base64, json, os, socket, sqlite3, struct, time

from servers import threads_cpu


class Failed(Exception): pass


def in_batches(client, requests, size=200):
    """Sends so many before it reads their answers."""
    batches = [b''.join(requests[i:i + size]) for i in range(0, len(requests), size)]
    def ask():
        for i, batch in enumerate(batches):
            client.socket.sendall(batch)
            for _ in range(min(size, len(requests) - i * size)): client.rest()
    return ask


class SQLite:
    name = 'sqlite'

    def __init__(self, file):
        self.db = sqlite3.connect(file, isolation_level=None)
        for pragma in ('journal_mode = WAL', 'synchronous = FULL', 'foreign_keys = ON'): self.db.execute('PRAGMA ' + pragma)

    def run(self, sql, params=()):
        try: return [list(row) for row in self.db.execute(sql, params).fetchall()]
        except sqlite3.Error as error: raise Failed(str(error)) from None

    def once(self, sql, params=()): return lambda: self.run(sql, params)

    def many(self, sql, rows): return lambda: self.db.executemany(sql, rows)

    def cpu(self): return time.thread_time()


class Howdah:
    name = 'howdah'

    def __init__(self, port, limit, processes, database='main'):
        self.processes = processes  # howdah, and the backends that it may use
        self.socket = socket.create_connection(('127.0.0.1', port), limit)
        self.file = self.socket.makefile('rb', 1 << 18)
        self.answer(json.dumps({'hello': {'database': database}}).encode() + b'\n')
        self.run('PRAGMA foreign_keys = ON')

    @staticmethod
    def request(sql, params): return json.dumps({'sql': sql, 'params': list(params)}).encode() + b'\n'

    def answer(self, request):
        """The lines of rows, unread. A line is an array, or the header, or the last."""
        self.socket.sendall(request)
        return self.rest()

    def rest(self):
        rows = []
        while True:
            line = self.file.readline()
            if line[:1] == b'[': rows.append(line)
            elif not line: raise Failed('howdah has closed the connection')
            elif not line.startswith(b'{"columns"'):
                last = json.loads(line)
                if 'error' in last: raise Failed(last['error']['message'])
                if not last.get('more'): return rows

    def run(self, sql, params=()):
        def value(v): return base64.b64decode(v['blob']) if isinstance(v, dict) else v
        return [[value(v) for v in json.loads(row)] for row in self.answer(self.request(sql, params))]

    def once(self, sql, params=()):
        request = self.request(sql, params)
        return lambda: self.answer(request)

    def many(self, sql, rows): return in_batches(self, [self.request(sql, row) for row in rows])

    def cpu(self): return sum(map(threads_cpu, self.processes()))


class PostgreSQL:
    """Prepares each statement once; values travel as text, NULL as such."""
    name = 'hand'

    def __init__(self, server, limit, schema):
        self.socket = socket.create_connection(('127.0.0.1', server.port), limit)
        self.file = self.socket.makefile('rb', 1 << 18)
        self.prepared = {}
        body = struct.pack('>i', 196608) + b'user\0postgres\0database\0postgres\0\0'
        self.socket.sendall(struct.pack('>i', len(body) + 4) + body)
        self.rest()
        self.run(f'SET search_path = {schema}')
        # As howdah sets them: one statement, one core.
        self.backend = int(self.run('SELECT pg_backend_pid()')[0][6:])
        for setting in ('max_parallel_workers_per_gather = 0', 'jit = off'): self.run('SET ' + setting)

    @staticmethod
    def message(kind, body): return kind + struct.pack('>i', len(body) + 4) + body

    def rest(self):
        rows, error = [], None
        while True:
            kind, length = struct.unpack('>ci', self.file.read(5))
            body = self.file.read(length - 4)
            if kind == b'D': rows.append(body)
            elif kind == b'E': error = next(f[1:].decode() for f in body.split(b'\0') if f[:1] == b'M')
            elif kind == b'Z':
                if error: raise Failed(error)
                return rows

    def name_of(self, sql):
        if sql not in self.prepared:
            self.socket.sendall(self.message(b'P', b'h%d\0' % len(self.prepared) + sql.encode() + b'\0\0\0') + self.message(b'S', b''))
            self.rest()
            self.prepared[sql] = b'h%d\0' % len(self.prepared)
        return self.prepared[sql]

    def request(self, sql, params):
        values = b''.join(struct.pack('>i', -1) if v is None else struct.pack('>i', len(t := str(v).encode())) + t for v in params)
        return (self.message(b'B', b'\0' + self.name_of(sql) + struct.pack('>hh', 0, len(params)) + values + struct.pack('>h', 0)) + self.message(b'E', b'\0\0\0\0\0')
                + self.message(b'S', b''))

    def run(self, sql, params=()):
        self.socket.sendall(self.request(sql, params))
        return self.rest()

    def once(self, sql, params=()):
        request = self.request(sql, params)
        def ask():
            self.socket.sendall(request)
            self.rest()
        return ask

    def many(self, sql, rows): return in_batches(self, [self.request(sql, row) for row in rows])

    def cpu(self): return threads_cpu(self.backend)
