"""What a table of throughputs does not show: slow statements beside fast ones, thousands of idle clients, a client that
does not read. Each takes (work, program, names of contenders, seconds) and gives a dictionary for each contender."""
import socket, struct, threading, time

import cells
from cells import KEYS, Load
from servers import favour, resident

# About a second of work for the server, over stored rows, in both dialects; the bound is found by trying.
SLOW = 'SELECT count(*) FROM kv a JOIN kv b ON a.v > b.v WHERE a.id <= {} AND b.id <= 1000'


def addresses(work, names, tls='none'):
    """Name, process of the proxy, port, database."""
    for name in names:
        if name == 'direct': yield name, None, work.server.port, 'postgres'
        elif name == 'pgbouncer':
            p = work.pgbouncer(tls)
            yield name, p, p.port, 'postgres'
        elif name in work.howdahs:
            p = work.howdah(tls, name)
            yield name, p, p.port, 'main'


def load(work, program, port, database, clients, *more):
    crowd = Load(program, '--port', port, '--database', database, '--clients', clients, '--keys', KEYS, *more)
    for pid in work.server.backends(): favour(pid)
    return crowd


def tail(work, program, names, seconds):
    """62 clients select by key; then two more run statements of one second beside them."""
    rows, took = 500, 0
    while rows < KEYS and took < 0.5:  # find what takes a second here and now
        if took: rows = int(rows * min(8, 1 / took))
        begin = time.monotonic()
        work.server.ask(SLOW.format(rows))
        took = time.monotonic() - begin
    rows = int(min(KEYS, rows / took))
    kinds = {'busy': SLOW.format(rows), 'sleeping': '/* howdah: postgres */ SELECT pg_sleep(1)'}
    found = {}
    for name, _, port, database in addresses(work, names):
        quick = load(work, program, port, database, 62)
        quick.run(0.5)
        result = {'alone': quick.run(seconds)}
        for kind, sql in kinds.items():
            slow = load(work, program, port, database, 2, '--workload', 'sql', '--mode', 'simple', '--sql', sql)
            slow.start(seconds + 2)
            time.sleep(1)
            result[kind] = quick.run(seconds)
            result[f'{kind}_slow'] = slow.answer()
            slow.close()
        quick.close()
        found[name] = {f'{k}_{f}': result[k][f] for k in ('alone', *kinds) for f in ('p50', 'p99', 'max')} | {
            f'{k}_per_second': round(cells.rate(result[k])) for k in ('alone', *kinds)} | {
            'slow_ms': round(result['busy_slow']['mean'] / 1000), 'errors': sum(r['errors'] for r in result.values())}
    return found


def idle(work, program, names, seconds, clients=10000):
    """Ten thousand clients that have run one statement, a thousand active ones on the pool of ten, and a thousand that have read a thousand rows each and been silent since."""
    found = {}
    for name, process, port, database in addresses(work, names):
        if process is None: continue
        start, cpu = resident(process.pid), process.cpu()
        crowd = load(work, program, port, database, clients, '--mode', 'simple')
        connected, connecting = resident(process.pid), process.cpu() - cpu
        crowd.run(0.01)
        after, cpu = resident(process.pid), process.cpu()
        time.sleep(2)
        resting = (process.cpu() - cpu) / 2
        active = load(work, program, port, database, 1000)
        active.run(0.5)
        busy = active.run(seconds)
        active.close()
        time.sleep(3)
        before = resident(process.pid)
        readers = load(work, program, port, database, clients // 10, '--mode', 'simple', '--workload', 'rows1000')
        readers.run(0.01)
        time.sleep(3)
        large = (resident(process.pid) - before) / (clients // 10)
        readers.close()
        crowd.close()
        found[name] = {'clients': clients, 'connect_per_second': round(clients / crowd.connected['connect_seconds']), 'connect_cpu_us': round(connecting / clients * 1e6, 1),
                       'kib_per_client': round((connected - start) / clients / 1024, 2), 'kib_per_client_after_one_statement': round((after - start) / clients / 1024, 2),
                       'kib_per_client_after_1000_rows': round(large / 1024, 2),
                       'idle_cpu_percent': round(resting * 100, 2), 'active_per_second': round(cells.rate(busy)), 'active_p50': busy['p50'], 'active_p99': busy['p99'],
                       'p99_over_p50': round(busy['p99'] / max(busy['p50'], 1), 2), 'errors': busy['errors'] + busy['wrong']}
    return found


def slow_reader(work, program, names, seconds):
    """One client asks for some 400 MB and reads them at 1 MB/s, beside 16 that select by key."""
    sql = 'SELECT a.id, a.v, b.v FROM kv a CROSS JOIN kv b WHERE b.id <= 20'
    found = {}
    for name, process, port, database in addresses(work, names):
        quick = load(work, program, port, database, 16)
        quick.run(0.5)
        alone = quick.run(seconds)
        before = resident(process.pid) if process else 0
        most, taken, stop = [before], [0], threading.Event()
        reader = socket.create_connection(('127.0.0.1', port), 30)
        reader.sendall(startup(database))
        read_until_ready(reader)
        reader.sendall(b'Q' + struct.pack('>i', len(sql) + 5) + sql.encode() + b'\0')

        def read_slowly():
            while not stop.is_set():
                taken[0] += len(reader.recv(65536))
                if process: most[0] = max(most[0], resident(process.pid))
                time.sleep(0.06)
        thread = threading.Thread(target=read_slowly)
        thread.start()
        time.sleep(0.5)
        beside = quick.run(seconds)
        stop.set()
        thread.join()
        reader.close()
        quick.close()
        if taken[0] < 2**18: raise RuntimeError(f'{name}: the slow reader got {taken[0]} bytes')
        found[name] = {'read_mib': round(taken[0] / 2**20, 1), 'extra_mib': round((most[0] - before) / 2**20, 1), 'alone_p99': alone['p99'], 'beside_p99': beside['p99'], 'alone_per_second': round(cells.rate(alone)),
                       'beside_per_second': round(cells.rate(beside)), 'errors': beside['errors'] + beside['wrong']}
    return found


def startup(database):
    body = struct.pack('>i', 196608) + b'user\0postgres\0database\0' + database.encode() + b'\0\0'
    return struct.pack('>i', len(body) + 4) + body


def read_until_ready(s):
    seen = b''
    while seen[-6:-1] != b'Z\0\0\0\5':
        piece = s.recv(65536)
        if not piece: raise RuntimeError(f'the login failed: {seen!r}')
        seen += piece


ALL = {'tail': tail, 'idle': idle, 'slow-reader': slow_reader}
