"""Random schemas, writes, transactions and ALTERs."""
from grammar.tree import Node, NOTHING, Statement, clause, fixed, items
from grammar.expressions import Column
from grammar import values

TYPES = ['INTEGER', 'INT', 'REAL', 'TEXT', 'BLOB', 'NUMERIC', '', 'VARCHAR(10)', 'BOOLEAN', 'DOUBLE', 'DATE', 'INTEGER', 'TEXT']
STRICT_TYPES = ['INTEGER', 'INT', 'REAL', 'TEXT', 'BLOB', 'ANY']
PARTIAL = ['IS NOT NULL', '> 1', '= 1', 'IS NULL', "< 'b'", "IN (1, 2, 'a')", "LIKE 'a%'"]
ACTIONS = ['', ' ON DELETE CASCADE', ' ON DELETE SET NULL', ' ON DELETE SET DEFAULT', ' ON DELETE RESTRICT', ' ON DELETE NO ACTION']


class Table:
    def __init__(self, name, columns, key, strict=False, without_rowid=False, uniques=()):
        self.name, self.columns, self.key, self.strict, self.without_rowid, self.uniques = name, columns, key, strict, without_rowid, list(uniques)
        self.generated, self.view, self.events, self.edgy = set(), False, set(), 0

    def writable(self): return [c for c in self.columns if c.name not in self.generated]


class Writes:
    """Mixed into Grammar, which has tables (a list of Table) and views."""
    def create_table(self, name, parents):
        r = self.rng
        strict, without_rowid = r.random() < 0.12, r.random() < 0.12
        columns, definitions, constraints, uniques = [], [], [], []
        key = None
        shape = r.random()
        if shape < 0.55 and not without_rowid:
            definitions.append('id INTEGER PRIMARY KEY' + r.choice(['', '', '', ' AUTOINCREMENT']))
            columns.append(Column('id', 'INTEGER', True)); key = ['id']; uniques.append(['id'])
        edgy = r.choice([0, 0, 0.05, 0.3])
        for i in range(r.randint(2, 4)):
            declared = r.choice(STRICT_TYPES if strict else TYPES)
            affinity = '' if declared == 'ANY' else values.affinity_of(declared)
            collation = r.choice(['NOCASE', 'RTRIM', 'NOCASE', 'BINARY']) if affinity == 'TEXT' and r.random() < 0.3 else ''
            c = Column(f'c{i}', affinity, r.random() < 0.5, collation)
            text = f'c{i} {declared}'.rstrip() + (f' COLLATE {collation}' if collation else '')
            if r.random() < 0.1: text += ' NOT NULL' + r.choice(['', ' ON CONFLICT IGNORE', ' ON CONFLICT REPLACE DEFAULT 7', ' DEFAULT 1'])
            elif r.random() < 0.1: text += f' DEFAULT {r.choice(["5", "1.5", quoted("d"), "NULL", "(1+2)", "-1"])}'
            if r.random() < 0.12: text += ' UNIQUE' + r.choice(['', '', ' ON CONFLICT REPLACE', ' ON CONFLICT IGNORE']); uniques.append([c.name])
            elif r.random() < 0.06 and i: text += f' CHECK ({r.choice([f"{c.name} IS NOT c0", f"length({c.name}) < 20", f"typeof({c.name}) <> {quoted(chr(98) + chr(108) + chr(111) + chr(98))}", f"coalesce({c.name}, 0) <> 3"])})'
            elif r.random() < 0.06: text += f' CHECK ({c.name} {r.choice(["<> 42", "IS NOT 3", "> -1000", "<= 1e18"])})'
            columns.append(c); definitions.append(text)
        if parents and r.random() < 0.4:
            parent, target = r.choice([(p, u) for p in parents for u in p.uniques if len(u) == 1] or [(None, None)])
            if parent:
                definitions.append('p ' + ('INTEGER' if target[0] == 'id' else r.choice(['', 'TEXT'])) if not strict else 'p ANY')
                columns.append(Column('p', '', False))
                constraints.append(f'FOREIGN KEY (p) REFERENCES {parent.name}({target[0]})' + r.choice(ACTIONS) + r.choice(['', '', ' ON UPDATE CASCADE', ' ON UPDATE SET NULL', ' ON UPDATE RESTRICT']) + r.choice(['', '', ' DEFERRABLE INITIALLY DEFERRED']))
        elif r.random() < 0.12 and key:
            definitions.append('p INTEGER' if not strict else 'p ANY')
            columns.append(Column('p', '', False))
            constraints.append(f'FOREIGN KEY (p) REFERENCES {name}(id)' + r.choice(ACTIONS) + r.choice(['', ' ON UPDATE CASCADE', ' DEFERRABLE INITIALLY DEFERRED']))
        elif parents and r.random() < 0.15:
            wide = [(p, u) for p in parents for u in p.uniques if len(u) == 2]
            if wide:
                parent, target = r.choice(wide)
                definitions += [f'p {"ANY" if strict else ""}'.rstrip(), f'q {"ANY" if strict else ""}'.rstrip()]
                columns += [Column('p'), Column('q')]
                constraints.append(f'FOREIGN KEY (p, q) REFERENCES {parent.name}({", ".join(target)})' + r.choice(ACTIONS) + r.choice(['', ' ON UPDATE CASCADE', ' ON UPDATE SET NULL']) + r.choice(['', ' DEFERRABLE INITIALLY DEFERRED']))
        plain = [c.name for c in columns if c.name.startswith('c')]
        if key is None and (without_rowid or r.random() < 0.4):
            key = plain[:r.choice([1, 2])]
            constraints.insert(0, f'PRIMARY KEY ({", ".join(k + r.choice(["", "", "", " DESC", " COLLATE NOCASE"]) for k in key)}){r.choice(["", "", "", " ON CONFLICT IGNORE", " ON CONFLICT REPLACE"])}')
            if 'COLLATE' not in constraints[0]: uniques.append(list(key))
            if not without_rowid: key = ['rowid']
        if r.random() < 0.1: pair = r.sample(plain, 2); constraints.append(f'UNIQUE ({", ".join(pair)})'); uniques.append(pair)
        t = Table(name, columns, key or ['rowid'], strict, without_rowid, uniques)
        t.edgy = edgy
        if r.random() < 0.1:
            base = columns[-1].name
            definitions.append(f'g {r.choice(["TEXT", "INTEGER", ""]) if not strict else "ANY"} {r.choice(["", "GENERATED ALWAYS "])}AS ({r.choice([f"{base} || 1", f"coalesce({base}, 0) + 1", f"typeof({base})", f"substr({base}, 1, 2)", f"CASE WHEN {base} IS NULL THEN 1 ELSE {base} END", f"{base} > 1", f"-{base}", f"{plain[0]}", f"json_array({base})", f"max({base}, {plain[0]})", f"CAST({base} AS TEXT)"])}) {r.choice(["STORED", "VIRTUAL", ""])}'.rstrip())
            columns.append(Column('g')); t.generated.add('g')
        options = [o for o, on in (('STRICT', strict), ('WITHOUT ROWID', without_rowid)) if on]
        return t, Statement(fixed(f'CREATE TABLE {name}(§){" " + ", ".join(options) if options else ""}', items([fixed(d) for d in definitions + constraints])), kind='ddl')

    def create_index(self, t, number):
        r = self.rng
        c = r.choice(t.columns).name
        key = r.choice([c, c, f'{c} DESC', f'{c} COLLATE NOCASE', f'{c}, {r.choice([x.name for x in t.columns if x.name != c] or ["1"])}', f'lower({c})', f'length({c})', f'{c} || {c}', f'{c} COLLATE RTRIM', f'coalesce({c}, 0)', f'typeof({c})', f'{c} DESC, {r.choice([x.name for x in t.columns if x.name != c] or ["1"])} DESC', f'abs({c})', f'substr({c}, 1, 1)', f'{c} IS NULL', f'{c} + 1'])
        unique = r.choice(['', '', '', 'UNIQUE '])
        where = clause(f' WHERE {r.choice(t.columns).name} {r.choice(PARTIAL)}') if r.random() < 0.3 else NOTHING
        if unique and key == c and where is NOTHING: t.uniques.append([c])
        return Statement(fixed(f'CREATE {unique}INDEX ix{number} ON {t.name}({key})§', where), kind='ddl')

    def create_view(self, number):
        self.aliases = 50 * (number + 1) if self.large else 0  # tables of one name may be taken for each other (docs/dialect.md)
        if self.rng.random() < 0.4:
            t = self.rng.choice(self.tables)
            if t.key != ['rowid']:
                v = Table(f'v{number}', t.columns, t.key); v.view, v.base, v.edgy, v.generated = True, t, t.edgy, t.generated
                return v, Statement(fixed(f'CREATE VIEW v{number} AS SELECT * FROM {t.name}§', self.where([Column(c.name, c.affinity) for c in t.columns], 0.5)), kind='ddl')
        if self.rng.random() < 0.2:
            s = self.source(0)
            v = Table(f'v{number}', [Column('k'), Column('n', 'INTEGER')], None); v.view = True
            return v, Statement(fixed(f'CREATE VIEW v{number}(k, n) AS SELECT §, count(*) FROM § GROUP BY 1', Node(self.rng.choice(s.columns).text), s.tree), kind='ddl')
        select, names = self.plain_select(1)
        v = Table(f'v{number}', [Column(n) for n in names], None); v.view = True
        return v, Statement(fixed(f'CREATE VIEW v{number} AS §', select), kind='ddl')

    def create_instead(self, number):
        """A trigger that makes a view writable."""
        r = self.rng
        views = [v for v in self.views if v.key]
        if not views: return self.create_trigger(number)
        v = r.choice(views)
        event = r.choice(['INSERT', 'UPDATE', 'DELETE'])
        rows = {'I': ['NEW'], 'D': ['OLD'], 'U': ['OLD', 'NEW']}[event[0]]
        c = [f'{row}.{c.name}' for row in rows for c in v.columns]
        base = v.base
        body = [f"INSERT INTO lg(what, a, b) VALUES ('{number}', {r.choice(c)}, {r.choice(c)})"]
        same = f'{base.key[0]} = OLD.{base.key[0]}'
        if event == 'UPDATE' and r.random() < 0.7: x = r.choice(base.writable()).name; body.append(f'UPDATE {base.name} SET {x} = NEW.{x} WHERE {same}')
        if event == 'DELETE' and r.random() < 0.7: body.append(f'DELETE FROM {base.name} WHERE {same}')
        if event == 'INSERT' and r.random() < 0.7: names = [x.name for x in base.writable() if x.name != 'id']; body.append(f'INSERT OR IGNORE INTO {base.name}({", ".join(names)}) VALUES ({", ".join("NEW." + n for n in names)})')
        when = clause(' WHEN §', self.expression([Column(x) for x in c], 1, 'truth')) if r.random() < 0.2 else NOTHING
        v.events.add(event)
        return Statement(fixed(f'CREATE TRIGGER tr{number} INSTEAD OF {event} ON {v.name}§ BEGIN {"; ".join(body)}; END', when), kind='ddl')

    def create_trigger(self, number):
        r = self.rng
        t = r.choice([t for t in self.tables if t.name != 'lg'])
        event = r.choice(['INSERT', 'UPDATE', 'DELETE', f'UPDATE OF {t.columns[-1].name}'])
        rows = {'I': ['NEW'], 'D': ['OLD'], 'U': ['OLD', 'NEW']}[event[0]]
        c = [f'{row}.{c.name}' for row in rows for c in t.columns]
        scope = [Column(x) for x in c]
        when = clause(' WHEN §', self.expression(scope, 1, 'truth')) if r.random() < 0.3 else NOTHING
        body = [f"INSERT INTO lg(what, a, b) VALUES ('{number}', {r.choice(c)}, {r.choice(c)})"]
        if r.random() < 0.15: body = [f"INSERT INTO lg(what, a, b) SELECT '{number}', count(*), max({r.choice(t.columns).name}) FROM {t.name} WHERE {r.choice(t.columns).name} IS NOT {r.choice(c)}"]
        if r.random() < 0.08: body.append(f'UPDATE lg SET b = {r.choice(c)} WHERE id = (SELECT max(id) FROM lg)')
        u = r.choice(self.tables)
        if r.random() < 0.3 and u.name != t.name: body.append(f'UPDATE {u.name} SET {r.choice(u.writable()).name} = {r.choice(c)} WHERE {r.choice(u.columns).name} = {r.choice(c)}')
        if r.random() < 0.15 and u.name != t.name: body.append(f'DELETE FROM {u.name} WHERE {r.choice(u.columns).name} = {r.choice(c)}')
        if r.random() < 0.12: body.insert(0, f"SELECT RAISE({r.choice(['IGNORE', 'ABORT, ' + quoted('no'), 'ROLLBACK, ' + quoted('no')])}) WHERE {r.choice(c)} = {r.choice(['1', '7', quoted('a')])}")
        return Statement(fixed(f'CREATE TRIGGER tr{number} {r.choice(["BEFORE", "AFTER", "AFTER"])} {event} ON {t.name}§ BEGIN {"; ".join(body)}; END', when), kind='ddl')

    def schema(self, number):
        r, out = self.rng, []
        self.tables, self.views, self.depth, self.serial = [], [], 0, 0
        if r.random() < 0.5: out.append(Statement('PRAGMA foreign_keys = ON', kind='ddl'))
        if r.random() < 0.05: out.append(Statement('PRAGMA case_sensitive_like = ON', kind='ddl'))
        log = Table('lg', [Column('id', 'INTEGER'), Column('what', 'TEXT'), Column('a'), Column('b')], ['id']); log.edgy = 0.3
        out.append(Statement('CREATE TABLE lg(id INTEGER PRIMARY KEY, what TEXT, a, b)', kind='ddl'))
        for i in range(r.randint(1, 3)):
            t, statement = self.create_table(f't{i}', self.tables)
            self.tables.append(t); out.append(statement)
            for _ in range(r.choice([0, 0, 1, 2])): self.serial += 1; out.append(self.create_index(t, self.serial))
            for _ in range(r.randint(2, 5)): out.append(self.insert(t, plain=True))
        self.tables.append(log)
        for i in range(r.choice([0, 0, 1, 2])):
            v, statement = self.create_view(i)
            self.views.append(v); out.append(statement)
        for i in range(r.choice([0, 0, 0, 1, 2])): out.append(self.create_instead(i) if r.random() < 0.3 else self.create_trigger(i))
        return out

    def readable(self): return [t for t in [t for t in self.tables if t.name != 'lg'] * 4 + self.views + self.tables[-1:] if t.columns]

    def value_for(self, t, c): return self.rng.choice(c.pool) if c.pool else values.stored(self.rng, c.affinity, t.strict and c.affinity != '', c.tame, t.edgy, whole=False)

    def row(self, t, columns, scope=()):
        cells = [self.expression(list(scope), 1) if not c.tame and self.rng.random() < 0.15 else (fixed if c.tame else Node)(self.value_for(t, c)) for c in columns]
        return fixed('(' + ', '.join('§' * len(cells)) + ')', *cells)

    def returning(self, t, chance=0.12):
        if self.rng.random() > chance: return NOTHING
        return clause(' RETURNING §', items([self.expression([Column(c.name, c.affinity) for c in t.columns], self.rng.choice([0, 1])) for _ in range(self.rng.randint(1, 2))] + ([fixed('*')] if self.rng.random() < 0.3 else [])))

    def insert(self, t, plain=False):
        r = self.rng
        columns = [c for c in t.writable() if c.name != 'id' or r.random() < 0.3] or t.writable()
        if r.random() < 0.1 and len(columns) > 1: columns = columns[:-1]
        names = ', '.join(c.name for c in columns)
        if plain or r.random() < 0.65:
            rows = fixed('VALUES §', items([self.row(t, columns) for _ in range(r.choice([1, 2, 3]))]))
        else:
            self.aliases = 0
            s = self.table_source()
            if not s.key: return self.insert(t, True)
            outputs = [self.expression(s.columns, r.choice([0, 1])) if not c.tame else fixed(self.value_for(t, c)) for c in columns]
            rows = fixed(f'SELECT {", ".join("§" * len(outputs))} FROM §§ ORDER BY {", ".join(s.key)}', *outputs, s.tree, self.where(s.columns, 1))
        orr = r.choice(['OR IGNORE '] if plain else ['', '', '', 'OR IGNORE ', 'OR REPLACE ', 'OR ABORT ', 'OR FAIL ', 'OR ROLLBACK '])
        upsert = NOTHING
        if not plain and not orr and t.uniques and r.random() < 0.4: upsert = self.upsert(t)
        verb = 'REPLACE ' if not plain and not orr and upsert is NOTHING and r.random() < 0.1 else f'INSERT {orr}'
        if not plain and r.random() < 0.03 and not t.generated: return Statement(fixed(f'{verb}INTO {t.name} DEFAULT VALUES'), kind='write')
        return Statement(fixed(f'{verb}INTO {t.name}({names}) §§§', rows, upsert, self.returning(t) if not plain else NOTHING), kind='write')

    def upsert(self, t):
        r = self.rng
        target = ', '.join(r.choice(t.uniques))
        if r.random() < 0.25: return self.several_upserts(t)
        if r.random() < 0.4: return clause(f' ON CONFLICT{r.choice(["", f" ({target})"])} DO NOTHING')
        scope = [Column(f'excluded.{c.name}', c.affinity) for c in t.columns] + [Column(c.name, c.affinity) for c in t.columns]
        c = r.choice(t.writable())
        value = self.expression(scope, 1) if not c.tame else Node(f'excluded.{c.name}')
        return clause(f' ON CONFLICT ({target}) DO UPDATE SET {c.name} = §§', value, clause(' WHERE §', self.expression(scope, 1, 'truth')) if r.random() < 0.3 else NOTHING)

    def several_upserts(self, t):
        r = self.rng
        scope = [Column(f'excluded.{c.name}', c.affinity) for c in t.columns] + [Column(c.name, c.affinity) for c in t.columns]
        clauses = []
        for target in r.sample(t.uniques, min(len(t.uniques), 2)):
            c = r.choice(t.writable())
            do = 'NOTHING' if r.random() < 0.4 else f'UPDATE SET {c.name} = {"excluded." + c.name if c.tame or r.random() < 0.5 else self.leaf(scope)}'
            clauses.append(fixed(f' ON CONFLICT ({", ".join(target)}) DO {do}'))
        if r.random() < 0.4: clauses.append(fixed(' ON CONFLICT DO NOTHING'))
        return clause('§' * len(clauses), *clauses)

    def limited(self, t):
        """ORDER BY … LIMIT of an UPDATE or DELETE."""
        if self.rng.random() > 0.06 or not t.key: return NOTHING
        return clause(f' ORDER BY {", ".join(t.key)}{self.rng.choice(["", " DESC"])} LIMIT {self.rng.choice(["1", "2", "0", "3 OFFSET 1", "-1"])}' if len(t.key) == 1 else f' ORDER BY {", ".join(t.key)} LIMIT 2')

    def update(self, t):
        r = self.rng
        if t.view: return self.update_view(t)
        scope = [Column(c.name, c.affinity, c.tame) for c in t.columns]
        def assignment(c, scope):
            return fixed(f'{c.name} = §', fixed(self.value_for(t, c)) if c.tame and r.random() < 0.7 else self.expression(scope, r.choice([0, 1, 2])) if not c.tame else Node(next((x.text for x in scope if x.name == c.name), c.name)))
        chosen = r.sample(t.writable(), min(len(t.writable()), r.choice([1, 1, 2])))
        if r.random() < 0.15:
            self.aliases = 0
            s = self.table_source(alias='f')
            if s.key and t.columns:
                both = [Column(f'{t.name}.{c.name}', c.affinity, c.tame) for c in t.columns] + s.columns
                link = f'{t.name}.{r.choice(t.columns).name} = {s.key[0]}' if len(s.key) == 1 else '0'
                return Statement(fixed(f'UPDATE {t.name} SET § FROM § WHERE {link}§§', items([assignment(c, both) for c in chosen]), s.tree, clause(' AND §', self.expression(both, 1, 'truth')) if r.random() < 0.5 else NOTHING, NOTHING), kind='write')
        if r.random() < 0.08 and len(t.writable()) > 1:
            one, two = r.sample(t.writable(), 2)
            if not one.tame and not two.tame:
                self.aliases = 0
                s = self.table_source(alias='f')
                if s.key:
                    value = Node('(SELECT §, § FROM §§ ORDER BY ' + ', '.join(s.key) + ' LIMIT 1)', self.leaf(s.columns), self.leaf(s.columns), s.tree, self.where(s.columns + [Column(f'{t.name}.{c.name}', c.affinity) for c in t.columns])) if r.random() < 0.6 else fixed('(§, §)', self.leaf(scope), self.leaf(scope))
                    return Statement(fixed(f'UPDATE {t.name} SET ({one.name}, {two.name}) = §§§', value, self.where(scope, 0.6), self.returning(t)), kind='write')
        if r.random() < 0.06 and t.key and len(t.key) == 1:
            self.aliases = 0
            s = self.table_source(alias='f')
            if s.key and len(s.key) == 1:
                q = [Column('q.k'), Column('q.v')]
                return Statement(fixed(f'{r.choice(["", "WITH q2(z) AS (SELECT 1) "])}UPDATE {t.name} SET § FROM (SELECT {s.key[0]} AS k, § AS v FROM §§) AS q WHERE q.k = {t.name}.{t.key[0]}', items([assignment(c, [Column(f'{t.name}.{x.name}', x.affinity, x.tame) for x in t.columns] + q) for c in chosen]), self.expression(s.columns, 1), s.tree, self.where(s.columns, 0.4)), kind='write')
        limited = self.limited(t)
        if limited is not NOTHING: return Statement(fixed(f'UPDATE {t.name} SET §§§', items([assignment(c, scope) for c in chosen]), self.where(scope, 0.85), limited), kind='write')
        orr = r.choice(['', '', '', '', 'OR IGNORE ', 'OR REPLACE ', 'OR ABORT ', 'OR FAIL ', 'OR ROLLBACK '])
        return Statement(fixed(f'UPDATE {orr}{t.name} SET §§§', items([assignment(c, scope) for c in chosen]), self.where(scope, 0.85), self.returning(t)), kind='write')

    def delete(self, t):
        scope = [Column(c.name, c.affinity) for c in t.columns]
        if self.rng.random() < 0.06:
            self.aliases = 0
            select, names = self.plain_select(0)
            return Statement(fixed(f'WITH w AS (§) DELETE FROM {t.name} WHERE {self.rng.choice(t.columns).name} IN (SELECT {names[0]} FROM w)', select), kind='write')
        limited = self.limited(t)
        if limited is not NOTHING: return Statement(fixed(f'DELETE FROM {t.name}§§', self.where(scope, 0.9), limited), kind='write')
        return Statement(fixed(f'DELETE FROM {t.name}§§', self.where(scope, 0.97), self.returning(t)), kind='write')

    def update_view(self, v):
        scope = [Column(c.name, c.affinity) for c in v.columns]
        c = self.rng.choice(v.writable())
        return Statement(fixed(f'UPDATE {v.name} SET {c.name} = §§', fixed(self.value_for(v, c)) if c.tame else self.expression(scope, 1), self.view_row(v)), kind='write')

    def view_row(self, v):
        """One row: INSTEAD OF triggers meet several in no particular order."""
        return fixed(f' WHERE {v.key[0]} = {self.rng.choice(["1", "2", "3", "-5", "7", quoted("a")])}' if len(v.key) == 1 else ' WHERE 0')

    def write_view(self, v):
        """A write that the view's triggers take, or SQLite's error that it has none."""
        r = self.rng
        event = r.choice(sorted(v.events) if r.random() < 0.85 else ['INSERT', 'UPDATE', 'DELETE'])
        if event == 'UPDATE': return self.update_view(v)
        if event == 'DELETE': return Statement(fixed(f'DELETE FROM {v.name}§', self.view_row(v)), kind='write')
        return Statement(fixed(f'INSERT INTO {v.name}({", ".join(c.name for c in v.writable())}) VALUES §', items([self.row(v, v.writable()) for _ in range(r.choice([1, 2]))])), kind='write')

    def write(self):
        r = self.rng
        writable = [v for v in self.views if v.events]
        if writable and r.random() < 0.3: return self.write_view(r.choice(writable))
        t = r.choice([t for t in self.tables if t.name != 'lg' and t.writable()] or self.tables) # a generated column may be the only one left
        return r.choices([self.insert, self.update, self.delete], (5, 5, 2))[0](t)

    def session(self):
        """A transaction statement that fits the state."""
        r = self.rng
        self.serial += 1
        if r.random() < 0.1: return Statement(r.choice(['SAVEPOINT S1', 'SAVEPOINT "a b"', 'RELEASE "a b"', 'ROLLBACK TO "a b"', 'ROLLBACK TRANSACTION TO SAVEPOINT s1', 'RELEASE SAVEPOINT s2', 'PRAGMA defer_foreign_keys = ON', 'BEGIN EXCLUSIVE', 'COMMIT TRANSACTION']), kind='session')
        return Statement(r.choice(['BEGIN', 'COMMIT', 'ROLLBACK', 'SAVEPOINT s1', 'SAVEPOINT s2', 'RELEASE s1', 'ROLLBACK TO s1', 'ROLLBACK TO s2', 'RELEASE s2', 'BEGIN IMMEDIATE', 'END']), kind='session')

    def alter(self):
        """An ALTER, and what it does to the model if it succeeds."""
        r = self.rng
        t = r.choice([t for t in self.tables if t.name != 'lg'])
        self.serial += 1
        n = self.serial
        kind = r.randrange(8)
        if kind == 5:
            self.aliases = 0
            select, names = self.plain_select(0)
            # Its rowids are in the SELECT's own order, so nothing of it has a known one.
            def made(): made_table = Table(f'k{n}', [Column(x) for x in names], None); self.tables.append(made_table)
            return Statement(fixed(f'CREATE TABLE k{n} AS §§', select, NOTHING), kind='ddl'), made
        if kind == 6:
            return Statement(r.choice([f'DROP INDEX IF EXISTS ix{r.randint(1, 4)}', 'DROP TRIGGER IF EXISTS tr0', 'REINDEX', 'ANALYZE', f'DROP INDEX ix{r.randint(1, 4)}']), kind='ddl'), lambda: None
        if kind == 7:
            return self.create_index(t, n), lambda: None
        if kind == 0:
            declared = r.choice(STRICT_TYPES if t.strict else TYPES)
            c = Column(f'n{n}', '' if declared == 'ANY' else values.affinity_of(declared))
            return Statement(f'ALTER TABLE {t.name} ADD COLUMN n{n} {declared}'.rstrip() + r.choice(['', '', ' DEFAULT 5', ' DEFAULT NULL', ' NOT NULL DEFAULT 1']), kind='ddl'), lambda: t.columns.append(c)
        plain = [c for c in t.columns if c.name not in ('id', 'g')]
        if not plain or t.name.startswith('k'): return Statement(f'REINDEX {t.name}', kind='ddl'), lambda: None
        c = r.choice(plain)
        if kind == 1:
            def dropped(): t.columns.remove(c); t.uniques = [u for u in t.uniques if c.name not in u]
            return Statement(f'ALTER TABLE {t.name} DROP COLUMN {c.name}', kind='ddl'), dropped
        if kind == 2:
            old = c.name
            def renamed():
                t.key = [f'r{n}' if k == old else k for k in t.key]; t.uniques = [[f'r{n}' if k == old else k for k in u] for u in t.uniques]
                t.columns[t.columns.index(c)] = Column(f'r{n}', c.affinity, c.tame, c.collation)
            return Statement(f'ALTER TABLE {t.name} RENAME COLUMN {old} TO r{n}', kind='ddl'), renamed
        if kind == 3:
            def moved(): t.name = f'm{n}'
            return Statement(f'ALTER TABLE {t.name} RENAME TO m{n}', kind='ddl'), moved
        return Statement(f'CREATE INDEX ix{n} ON {t.name}({c.name})', kind='ddl'), lambda: None

    def check(self, t):
        """The whole content of a table in its own order."""
        if not t.key: return None
        order = clause(f' ORDER BY {", ".join(t.key)}')
        return Statement(fixed(f'SELECT {"rowid, " if t.key == ["rowid"] else ""}* FROM {t.name}§', order), order)


def quoted(text): return "'" + text + "'"
