"""Tables of hundreds or thousands of rows: an INSERT … SELECT over a recursive common table for each, whose values
repeat, are NULL, differ in case and are of several classes."""
import re

from grammar.tree import Statement, fixed
from grammar import values

HUGE = re.compile(r'\d{10}|\de[-+]?\d|e400')
PARENTS = {'uid': 'u', 'boss': 'u', 'oid': 'o'}


class Large:
    """Mixed into Grammar, whose `large` says whether schemas are filled."""

    def filled(self, statements):
        """The schema with its tables filled: before its views and triggers, and before foreign keys are looked at."""
        if not self.large: return statements
        keys_on = [s for s in statements if s.sql == 'PRAGMA foreign_keys = ON']
        statements = [s for s in statements if s not in keys_on]
        at = next((i for i, s in enumerate(statements) if re.match('CREATE (VIEW|TRIGGER)', s.sql)), len(statements))
        share = self.rng.choice([0.1, 0.1, 0.3, 1])
        sizes = {t.name: int(self.size(t) * share) for t in self.tables}
        fills = [self.fill(t, sizes) for t in self.tables if sizes[t.name]]
        if keys_on: fills += [self.kept(s) for s in statements if 'REFERENCES' in s.sql]
        return statements[:at] + fills + keys_on + statements[at:]

    def kept(self, created):
        """Takes away what refers to nothing: SQLite counts what is mended together with what is broken."""
        table = re.match(r'CREATE TABLE (\w+)', created.sql)[1]
        links = re.findall(r'FOREIGN KEY \(([\w, ]+)\) REFERENCES (\w+)\(([\w, ]+)\)', created.sql) or [(c, p, 'id') for c, p in re.findall(r'(\w+) INTEGER REFERENCES (\w)\b', created.sql)]
        lost = lambda c, p, k: f'({c}) NOT IN (SELECT {k} FROM {p} WHERE {k.split(",")[0]} IS NOT NULL)'
        s = Statement(f'DELETE FROM {table} WHERE ' + ' OR '.join(lost(*link) for link in links), kind='write') if table != 'u' else Statement('UPDATE u SET boss = NULL WHERE ' + lost(*links[0]), kind='write')
        s.fills = True
        return s

    def size(self, t):
        r = self.rng
        if t.name == 'lg': return r.choice([0, 500])
        if t.name == 'cnt': return 500
        return r.choice([500, 1000, 2000, 3000, 5000] if self.program else [500, 700, 1000, 1500, 3000])

    def fill(self, t, sizes):
        n, columns = sizes[t.name], [c for c in t.writable()]
        keys = {name: list(key) for key in t.uniques for name in key}
        if t.key != ['rowid']: keys.update({name: list(t.key) for name in t.key or ()})
        cells = [self.key_cell(t, c, keys[c.name], n, sizes) if c.name in keys else self.cell(t, c, sizes) for c in columns]
        s = Statement(fixed(f'WITH RECURSIVE s(i) AS (VALUES (1) UNION ALL SELECT i + 1 FROM s WHERE i < {n}) INSERT OR IGNORE INTO {t.name}({", ".join(c.name for c in columns)}) SELECT ' + ', '.join(cells) + ' FROM s'), kind='write')
        s.fills = True
        return s

    def mixed(self):
        """A number that looks chosen by chance, the same one in every run."""
        return f'(i * {self.rng.randrange(1000, 32000) * 2 + 1} % 65537)'

    def key_cell(self, t, c, key, n, sizes):
        r, name = self.rng, c.name
        if len(key) > 1:
            part = 'i / 3' if name == key[0] else 'i % 3'
            if name in PARENTS: part = f'({part}) % {max(sizes[PARENTS[name]], 1)} + 1'
            elif t.name == 'i': part = 'i % 3 + 1'
        else:
            part = r.choice(['i', 'i', f'i * 7919 % {n + 10007 - n % 2}', 'i * 3', f'{n} - i'])
        if name in ('id', *PARENTS) or c.affinity == 'INTEGER':
            if self.program: c.pool = values.INTEGERS[:5] + [str(r.randrange(n)) for _ in range(12)]
            return part
        if c.affinity == 'TEXT': return f"{r.choice(['', 'substr(char(75, 107), i % 2 + 1, 1) || '])}'k' || ({part})"
        if c.affinity == 'REAL': return f'({part}) * 0.5'
        if t.strict and c.affinity == 'BLOB': return f"CAST('k' || ({part}) AS BLOB)"
        return r.choice([part, f"'k' || ({part})", f"CASE i % 3 WHEN 0 THEN {part} WHEN 1 THEN 'k' || ({part}) ELSE CAST('k' || ({part}) AS BLOB) END"])

    def cell(self, t, c, sizes):
        r = self.rng
        if self.program and c.name in PARENTS:
            parents = max(sizes[PARENTS[c.name]], 1)
            c.pool = values.INTEGERS[:5] + [str(r.randrange(parents)) for _ in range(12)]
            return f'CASE {self.mixed()} % 9 WHEN 0 THEN NULL ELSE {self.mixed()} % {r.choice([parents, parents // 10 + 1, parents * 2])} END'
        pool = c.pool or [v for v in (self.value_for(t, c) for _ in range(r.choice([3, 9]))) if not HUGE.search(v)]
        if c.name in ('p', 'q') and (parents := [p for p in self.tables[:self.tables.index(t)] if p.uniques]):
            parent = r.choice(parents)
            return f'CASE i % 5 WHEN 0 THEN NULL ELSE (SELECT {r.choice(parent.uniques)[0]} FROM {parent.name} LIMIT 1 OFFSET i % 37) END'
        rest = {'INTEGER': f'{self.mixed()} % {r.choice([5, 200, 2000])}', 'REAL': f'{self.mixed()} % {r.choice([7, 100])} * 0.5',
                'TEXT': f"substr('vVwW', {self.mixed()} % 4 + 1, 1) || {self.mixed()} % {r.choice([4, 60])}"}.get(c.affinity, f'{self.mixed()} % {r.choice([5, 100])}')
        if t.strict and c.affinity == 'BLOB' or c.name == 'doc' or 'state' == c.name: rest = pool[0] if pool else 'NULL'
        arms = ' '.join(f'WHEN {k} THEN {v}' for k, v in enumerate(pool))
        return f'CASE {self.mixed()} % {max(len(pool) + r.choice([0, 1, 6, 30]), 1)} {arms} ELSE {rest} END' if arms else rest
