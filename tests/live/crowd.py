#!/usr/bin/env python3
"""Many clients of both protocols at once, on a small pool: every answer must belong to its asker.

  crowd.py [--lines HOST:PORT] [--pgwire HOST:PORT] [--http HOST:PORT] [--clients 200] [--rounds 20] [--kill 0.02]

Each client mixes reads and transactions. Every query carries a token that nobody else has and must get it back; every
committed row must be there at the end, no rolled-back one may be; a part of the clients is cut off in the middle of a
transaction, which must leave nothing. At the end the pool's checkout classes must add up to its checkouts.
Prints one line "N passed, N failed"."""
import argparse, asyncio, json, random, struct, sys, time, urllib.request

DATABASE = 'crowd'


class Lines:
    def __init__(self, reader, writer): self.reader, self.writer = reader, writer

    @classmethod
    async def connect(cls, host, port):
        client = cls(*await asyncio.open_connection(host, port, limit=1 << 24))
        client.writer.write(json.dumps({'hello': {'database': DATABASE}}).encode() + b'\n')
        assert 'hello' in json.loads(await client.reader.readline())
        return client

    async def run(self, sql):
        self.writer.write(json.dumps({'sql': sql}).encode() + b'\n')
        rows = []
        while True:
            line = await self.reader.readline()
            if not line: raise ConnectionError('closed')
            message = json.loads(line)
            if isinstance(message, list): rows.append(message)
            elif 'error' in message: return None, message['error']['message']
            elif 'rows' in message: return rows, None

    def cut(self): self.writer.transport.abort()


class Wire:
    def __init__(self, reader, writer): self.reader, self.writer = reader, writer

    @classmethod
    async def connect(cls, host, port):
        client = cls(*await asyncio.open_connection(host, port))
        body = struct.pack('!I', 196608) + b'user\0crowd\0database\0' + DATABASE.encode() + b'\0\0'
        client.writer.write(struct.pack('!I', len(body) + 4) + body)
        while (await client.message())[0] != b'Z': pass
        return client

    async def message(self):
        head = await self.reader.readexactly(5)
        return head[:1], await self.reader.readexactly(struct.unpack('!I', head[1:])[0] - 4)

    async def run(self, sql):
        body = sql.encode() + b'\0'
        self.writer.write(b'Q' + struct.pack('!I', len(body) + 4) + body)
        rows, error = [], None
        while True:
            kind, data = await self.message()
            if kind == b'D':
                row, at = [], 2
                for _ in range(struct.unpack('!H', data[:2])[0]):
                    size = struct.unpack('!i', data[at:at + 4])[0]
                    at += 4
                    row.append(None if size < 0 else data[at:at + size].decode())
                    at += max(size, 0)
                rows.append(row)
            elif kind == b'E': error = data.decode(errors='replace')
            elif kind == b'Z': return (None, error) if error else (rows, None)

    def cut(self): self.writer.transport.abort()


class Crowd:
    def __init__(self, args): self.args, self.problems, self.queries, self.committed, self.rolled_back, self.unknown = args, [], 0, set(), set(), set()

    def check(self, right, what):
        if not right and len(self.problems) < 1000: self.problems.append(what)

    async def ask(self, client, sql, token, busy=True):
        """A query that must return its token; SQLITE_BUSY is the one error allowed."""
        self.queries += 1
        rows, error = await client.run(sql)
        if error is not None:
            self.check('locked' in error, f'{sql}: {error}')
            return None
        self.check(len(rows) >= 1 and str(rows[0][0]) == str(token), f'{sql}: asked for {token}, got {rows[:1]}')
        return rows

    async def statement(self, client, sql):
        self.queries += 1
        _, error = await client.run(sql)
        self.check(error is None or 'locked' in error, f'{sql}: {error}')
        return error is None

    async def client(self, kind, address, number):
        randomness = random.Random(number)
        host, port = address.rsplit(':', 1)
        client = await kind.connect(host, int(port))
        for round_number in range(self.args.rounds):
            token = number * 1_000_000 + round_number
            choice = randomness.random()
            if choice < 0.6:
                await self.ask(client, f"SELECT {token}, count(*) FROM crowd WHERE id > {token}", token)
            elif choice < 0.7:
                await self.ask(client, f"SELECT 't{token}' || '', name FROM crowd WHERE id = 1", f't{token}')
            elif choice < 0.8:
                self.queries += 1
                _, error = await client.run(f"SELECT nosuch{token} FROM crowd")
                self.check(error is not None and f'nosuch{token}' in error, f'the error of {token} is another one: {error}')
            elif choice < 0.9:
                if await self.statement(client, f"INSERT INTO crowd(id, name) VALUES ({token}, 'auto')"): self.committed.add(token)
            else:
                await self.transaction(client, token, randomness)
                if client.writer.transport.is_closing(): client = await kind.connect(host, int(port))
        client.writer.close()

    async def transaction(self, client, token, randomness):
        if not await self.statement(client, 'BEGIN'): return
        await self.ask(client, f"SELECT {token} FROM crowd LIMIT 1", token)
        wrote = await self.statement(client, f"INSERT INTO crowd(id, name) VALUES ({token}, 'tx')")
        if randomness.random() < self.args.kill:
            self.rolled_back.add(token)
            client.cut()
            return
        if randomness.random() < 0.3:
            if await self.statement(client, 'ROLLBACK'): self.rolled_back.add(token)
            return
        ok = await self.statement(client, 'COMMIT')
        if ok and wrote: self.committed.add(token)
        elif ok: self.rolled_back.add(token)
        else:
            self.unknown.add(token)
            await self.statement(client, 'ROLLBACK')

    async def main(self):
        host, port = self.args.lines.rsplit(':', 1)
        first = await Lines.connect(host, int(port))
        await first.run('DROP TABLE IF EXISTS crowd')
        await first.run('CREATE TABLE crowd(id INTEGER PRIMARY KEY, name TEXT)')
        await first.run("INSERT INTO crowd VALUES (1, 'one')")
        started = time.time()
        work = [self.client(Lines, self.args.lines, 1000 + n) for n in range(self.args.clients)]
        work += [self.client(Wire, self.args.pgwire, 5000 + n) for n in range(self.args.clients)]
        for result in await asyncio.gather(*work, return_exceptions=True):
            if isinstance(result, BaseException): self.problems.append(f'a client ended with {result!r}')
        seconds = time.time() - started
        rows, error = await first.run('SELECT id FROM crowd')
        self.check(error is None, f'reading back: {error}')
        there = {row[0] for row in rows or []} - {1}
        self.check(not (self.committed - there), f'committed and lost: {sorted(self.committed - there)[:5]}')
        self.check(not (self.rolled_back & there), f'rolled back and there: {sorted(self.rolled_back & there)[:5]}')
        self.check(not (there - self.committed - self.unknown), f'there and never committed: {sorted(there - self.committed)[:5]}')
        for pool in json.load(urllib.request.urlopen(f'http://{self.args.http}/stats'))['pools']:
            classes = pool['checkout_classes'] if 'checkout_classes' in pool else {k: pool[k] for k in ('hit', 'handoff', 'miss', 'timeout', 'error', 'abandoned')}
            self.check(sum(classes.values()) + pool.get('waiting', 0) == pool['checkouts'], f'classes {classes} do not add up to {pool["checkouts"]}')
        for problem in self.problems[:20]: print(problem)
        print(f'{self.args.clients} clients of each protocol, {self.queries} queries in {seconds:.1f} s, {len(self.committed)} rows committed, {len(self.rolled_back)} undone')
        print(f'crowd: {self.queries - len(self.problems)} passed, {len(self.problems)} failed')
        return 1 if self.problems else 0


if __name__ == '__main__':
    parser = argparse.ArgumentParser()
    for name, default in (('lines', '127.0.0.1:7433'), ('pgwire', '127.0.0.1:7432'), ('http', '127.0.0.1:7434')): parser.add_argument('--' + name, default=default)
    parser.add_argument('--clients', type=int, default=200)
    parser.add_argument('--rounds', type=int, default=20)
    parser.add_argument('--kill', type=float, default=0.1)
    sys.exit(asyncio.run(Crowd(parser.parse_args()).main()))
