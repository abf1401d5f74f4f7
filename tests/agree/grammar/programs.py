"""What programs write: a schema of users, orders, items, documents and counters whose keys meet, and the queries, writes
and triggers that go with such a one. Values come from small pools, so that joins, groups and conflicts have rows."""
from grammar.tree import Node, NOTHING, Statement, clause, fixed, items
from grammar.expressions import Column
from grammar.writes import Table, quoted
from grammar import values

NAMES = ["'ann'", "'Ann'", "'bob'", "'BOB '", "'cy'", "'émile'", "'dora'", "'d%'", "''", 'NULL']
DAYS = ["'2024-01-31'", "'2024-02-29'", "'2023-12-31 23:59:59'", "'2024-03-10T08:00:00'", "'2024-02-29 12:00'", "'1999-01-01'", 'NULL', "'n/a'"]
MOMENTS = ['1700000000', '1706659200', '0', '951782400', '-1', 'NULL', '1700000000.5']
DOCS = ["""'{"a":1,"t":["x","y"],"n":{"k":"v"}}'""", """'{"a":"1","t":[]}'""", """'{"a":null,"t":["y"],"n":{"k":2.5}}'""", """'[1,2,{"a":3}]'""", "'{}'", 'NULL', """'{"a":2,"t":["x",1,null,true],"b":"z"}'"""]
STATES = ["'new'", "'paid'", "'Paid'", "'sent'", 'NULL']
SMALL = ['0', '1', '2', '3', '4', '5']
AMOUNTS = ['0', '1', '2.5', '10', '0.25', '-4', '100', 'NULL', '7.75', "'12'", "'n'"]
EXACT = ['0', '1', '2.5', '10', '0.25', '-4', '100', 'NULL', '7.75']
DOC_PATHS = ["'$.a'", "'$.t'", "'$.t[0]'", "'$.n.k'", "'$.n'", "'$.t[#-1]'", "'$[2].a'", "'$.zz'"]


class Programs:
    """Mixed into Grammar, before Queries and Writes, which know nothing of it but `pool` of a column."""

    def program_schema(self):
        r, out = self.rng, []
        self.tables, self.views, self.depth, self.serial = [], [], 0, 20
        pick = lambda *forms: r.choice(forms)
        if r.random() < 0.6: out.append(Statement('PRAGMA foreign_keys = ON', kind='ddl'))
        if r.random() < 0.15: out.append(Statement('PRAGMA recursive_triggers = ON', kind='ddl'))

        def table(name, key, columns, constraints=(), options='', uniques=(), generated=()):
            t = Table(name, [], key, 'STRICT' in options, 'WITHOUT ROWID' in options, uniques)
            for column, declared, pool, tame in columns:
                words = declared.split()
                affinity = values.affinity_of(words[0] if words and words[0].isupper() and words[0] not in ('NOT', 'UNIQUE', 'DEFAULT', 'CHECK', 'AS', 'COLLATE', 'REFERENCES', 'PRIMARY') else '')
                c = Column(column, affinity, tame, 'NOCASE' if 'NOCASE' in declared else '')
                c.pool = pool
                t.columns.append(c)
            t.generated = set(generated)
            t.edgy = 0
            definitions = [f'{c} {declared}'.rstrip() for c, declared, _, _ in columns] + list(constraints)
            out.append(Statement(fixed(f'CREATE TABLE {name}({", ".join(definitions)}) {options}'.rstrip()), kind='ddl'))
            self.tables.append(t)
            return t

        strict = pick('', '', '', 'STRICT')
        one, odd = strict != '', r.random() < 0.3
        table('lg', ['id'], [('id', 'INTEGER PRIMARY KEY', SMALL, True), ('what', 'TEXT', NAMES, False), ('a', '', AMOUNTS, False), ('b', '', AMOUNTS, False)], uniques=[['id']])
        u = table('u', ['id'], [('id', 'INTEGER PRIMARY KEY' + pick('', ' AUTOINCREMENT'), SMALL, True), ('name', 'TEXT' + pick('', ' COLLATE NOCASE', ' COLLATE RTRIM', ' NOT NULL DEFAULT \'none\''), NAMES, False), ('age', 'INTEGER' + pick('', ' CHECK (age < 150)', ' DEFAULT 18'), SMALL + ['NULL', '33'], True),
                                ('mail', 'TEXT' + pick('', ' UNIQUE', ' UNIQUE COLLATE NOCASE', ' UNIQUE ON CONFLICT REPLACE'), NAMES, False), ('born', 'TEXT' if one else pick('TEXT', 'DATE', 'DATETIME'), DAYS, False), ('score', 'REAL' if one else pick('REAL', 'NUMERIC', ''), EXACT if one else pick(AMOUNTS, EXACT), one or not odd),
                                ('boss', 'INTEGER' + pick('', ' REFERENCES u(id)', ' REFERENCES u(id) ON DELETE SET NULL', ' REFERENCES u ON DELETE CASCADE DEFERRABLE INITIALLY DEFERRED'), SMALL + ['NULL', 'NULL'], True)], options=strict, uniques=[['id'], ['mail']])
        u.strict = False
        table('o', ['id'], [('id', 'INTEGER PRIMARY KEY', SMALL + ['6', '7', '8'], True), ('uid', 'INTEGER' + pick('', ' REFERENCES u(id)', ' REFERENCES u(id) ON DELETE CASCADE ON UPDATE CASCADE', ' NOT NULL'), SMALL, True), ('total', pick('NUMERIC', 'REAL', 'DECIMAL(10,2)'), EXACT, True),
                            ('state', "TEXT DEFAULT 'new'" + pick('', " CHECK (state IN ('new', 'paid', 'Paid', 'sent'))", ' COLLATE NOCASE'), STATES, False), ('at', 'INTEGER' if r.random() < 0.5 else 'TEXT', pick(MOMENTS, DAYS), False)] +
              ([('cents', f'{pick("INTEGER", "REAL", "")} {pick("", "GENERATED ALWAYS ")}AS (total * 100) {pick("STORED", "VIRTUAL")}', SMALL, False)] if r.random() < 0.4 else []), uniques=[['id']], generated=['cents'])
        table('i', ['oid', 'pos'], [('oid', 'INTEGER' + pick('', ' REFERENCES o(id) ON DELETE CASCADE'), SMALL, True), ('pos', 'INTEGER', ['1', '2', '3'], True), ('sku', 'TEXT' + pick('', ' COLLATE NOCASE'), NAMES[:5], False), ('qty', 'INT' + pick('', ' NOT NULL DEFAULT 1'), SMALL, True), ('price', 'REAL', ['1', '2.5', '10', '0.25', '-4', '7.75'], True)],
              ['PRIMARY KEY (oid, pos)' + pick('', ' ON CONFLICT REPLACE', ' ON CONFLICT IGNORE')], pick('WITHOUT ROWID', '', 'STRICT', 'STRICT, WITHOUT ROWID'), uniques=[['oid', 'pos']])
        self.tables[-1].strict = False
        d = table('d', ['id'], [('id', 'INTEGER PRIMARY KEY', SMALL, True), ('doc', pick('TEXT', 'JSON', ''), DOCS, False), ('kind', '', STATES + SMALL[:3], False)] + ([('a', f"{pick('', 'TEXT ', 'INTEGER ')}AS (json_extract(doc, '$.a')) {pick('STORED', 'VIRTUAL')}", SMALL, False)] if r.random() < 0.5 else []), uniques=[['id']], generated=['a'])
        table('cnt', ['k'], [('k', pick('TEXT', 'TEXT COLLATE NOCASE', 'NOT NULL') + ' PRIMARY KEY', STATES[:4] + NAMES[:5], False), ('n', 'INTEGER DEFAULT 0', SMALL, True), ('last', '', AMOUNTS, False)], options='WITHOUT ROWID', uniques=[['k']])
        for text in r.sample(['CREATE INDEX iu ON u(name)', 'CREATE INDEX ib ON u(boss)', 'CREATE INDEX io ON o(uid, state)', 'CREATE INDEX ia ON o(at DESC)', 'CREATE INDEX il ON u(lower(name))', "CREATE INDEX ip ON o(total) WHERE state = 'paid'", 'CREATE UNIQUE INDEX ux ON u(name, age)', "CREATE UNIQUE INDEX uq ON o(uid) WHERE state = 'new'", 'CREATE UNIQUE INDEX ue ON d(kind, id % 2)', "CREATE INDEX ij ON d(json_extract(doc, '$.a'))", 'CREATE INDEX iq ON i(sku, qty DESC)', 'CREATE UNIQUE INDEX un ON u(lower(mail))', 'CREATE INDEX is2 ON u(score DESC, id)'], r.choice([0, 1, 2, 3, 4])):
            if text.startswith('CREATE UNIQUE INDEX ux'): u.uniques.append(['name', 'age'])
            out.append(Statement(text, kind='ddl'))
        for t in self.tables:
            for _ in range({'lg': 0, 'cnt': 1}.get(t.name, 3)): out.append(self.insert(t, plain=True))
        for v, key, columns, text in r.sample([('vo', None, [('id', 'INTEGER'), ('name', 'TEXT'), ('total', '')], 'SELECT o.id, u.name, o.total FROM o JOIN u ON u.id = o.uid'), ('vs', None, [('uid', ''), ('n', ''), ('sum', '')], 'SELECT uid, count(*) AS n, sum(total) AS sum FROM o GROUP BY uid'), ('vl', None, [('id', ''), ('name', ''), ('orders', '')], 'SELECT u.id, u.name, count(o.id) AS orders FROM u LEFT JOIN o ON o.uid = u.id GROUP BY u.id'),
                                               ('vr', None, [('id', ''), ('rn', '')], 'SELECT id, row_number() OVER (PARTITION BY uid ORDER BY total DESC, id) AS rn FROM o'), ('vc', None, [('id', ''), ('x', '')], "SELECT id, name AS x FROM u UNION ALL SELECT id, state FROM o"), ('vj', None, [('id', ''), ('tag', '')], "SELECT d.id, j.value AS tag FROM d, json_each(d.doc, '$.t') AS j WHERE json_valid(d.doc)")], r.choice([0, 0, 1, 2])):
            view = Table(v, [Column(n, a) for n, a in columns], key); view.view = True
            self.views.append(view)
            out.append(Statement(f'CREATE VIEW {v} AS {text}', kind='ddl'))
        if any(v.name == 'vo' for v in self.views) and r.random() < 0.6: out += self.join_triggers()
        for number in range(r.choice([0, 0, 1, 2, 3])): out.append(self.program_trigger(number))
        return out

    def join_triggers(self):
        """A view of two tables that can be written to."""
        return [Statement(f'CREATE TRIGGER {name} INSTEAD OF {event} ON vo BEGIN {body}; END', kind='ddl') for name, event, body in (
            ('vi', 'INSERT', "INSERT INTO u(name, age) VALUES (NEW.name, 1); INSERT INTO o(uid, total) VALUES (last_insert_rowid(), NEW.total)"),
            ('vu', 'UPDATE', "UPDATE o SET total = NEW.total WHERE id = OLD.id; UPDATE u SET name = NEW.name WHERE NEW.name IS NOT OLD.name AND id = (SELECT uid FROM o WHERE id = OLD.id)"),
            ('vd', 'DELETE', "DELETE FROM o WHERE id = OLD.id; INSERT INTO lg(what, a, b) SELECT 'vd', OLD.id, count(*) FROM vo"))]

    def written_view(self):
        r = self.rng
        if not any(v.name == 'vo' for v in self.views): return self.inserted()
        return Statement(r.choice([f"INSERT INTO vo(name, total) VALUES ({r.choice(NAMES)}, {r.choice(EXACT)})", f'UPDATE vo SET total = total + 1 WHERE id = {r.choice(SMALL)}', f"UPDATE vo SET name = 'new', total = 3 WHERE id = {r.choice(SMALL)}", f'DELETE FROM vo WHERE id = {r.choice(SMALL)}', "INSERT INTO vo(name, total) SELECT name, 1 FROM u WHERE id = 2"]), kind='write')

    def program_ddl(self):
        """What a program does to its schema while it runs."""
        r = self.rng
        self.serial += 1
        select, names = self.plain_select(0)
        return Statement(r.choice([
            lambda: f'CREATE INDEX IF NOT EXISTS z{r.randint(1, 4)} ON {r.choice(["u(age)", "u(name COLLATE NOCASE)", "o(state, total DESC)", "o(uid)", "i(qty)", "u(boss, id)", "o(total) WHERE total > 0", "d(kind)", "u(score)"])}', lambda: f'DROP INDEX IF EXISTS z{r.randint(1, 4)}', lambda: f'CREATE TEMP TABLE IF NOT EXISTS tt AS {select}', lambda: 'DROP TABLE IF EXISTS tt', lambda: f"CREATE TEMP VIEW IF NOT EXISTS tv AS SELECT id, name FROM u WHERE age > 1", lambda: f'CREATE TEMP TABLE IF NOT EXISTS ids(id INTEGER PRIMARY KEY)',
            lambda: 'ALTER TABLE lg ADD COLUMN ' + f'c{self.serial} DEFAULT 7', lambda: 'CREATE TEMP TRIGGER IF NOT EXISTS tg AFTER INSERT ON o BEGIN INSERT OR IGNORE INTO cnt(k) VALUES (NEW.id); END', lambda: 'PRAGMA user_version = 3', lambda: 'PRAGMA foreign_key_check', lambda: "SELECT name FROM sqlite_schema WHERE type = 'index' AND tbl_name = 'u' AND sql IS NOT NULL", lambda: 'PRAGMA table_info(u)'])(), kind='ddl')

    def temporary(self):
        """TEMP tables beside the others; SQLite's errors where they are not there."""
        r = self.rng
        return Statement(r.choice(['INSERT OR IGNORE INTO ids SELECT uid FROM o', 'INSERT OR IGNORE INTO ids VALUES (1), (3)', 'DELETE FROM ids', 'DELETE FROM o WHERE id IN (SELECT id FROM ids WHERE id > 6)', 'INSERT INTO tt SELECT * FROM tt LIMIT 1', 'UPDATE o SET total = total + 1 WHERE uid IN (SELECT id FROM ids)']), kind='write')

    def of_temporary(self):
        return Statement(self.rng.choice(['SELECT * FROM tt', 'SELECT rowid, * FROM tt ORDER BY rowid', 'SELECT count(*) FROM tt', 'SELECT * FROM tv', 'SELECT tv.name, o.id FROM tv JOIN o ON o.uid = tv.id', 'SELECT u.* FROM u JOIN ids USING (id)', 'SELECT * FROM ids', 'SELECT name FROM sqlite_temp_schema', 'SELECT u.name FROM u LEFT JOIN ids ON ids.id = u.id WHERE ids.id IS NULL']), in_order=True)

    def program_trigger(self, number):
        r = self.rng
        count = lambda k: f'INSERT INTO cnt(k, n) VALUES ({k}, 1) ON CONFLICT (k) DO UPDATE SET n = n + 1'
        log = lambda what, *v: f"INSERT INTO lg(what, a, b) VALUES ('{what}', {v[0]}, {v[1]})"
        bodies = [
            ('AFTER INSERT ON o', [count("coalesce(NEW.state, 'none')")]), ('AFTER DELETE ON o', [log('gone', 'OLD.id', 'OLD.total'), "UPDATE cnt SET n = n - 1 WHERE k = OLD.state"]), ('AFTER UPDATE OF state ON o', [log('moved', 'OLD.state', 'NEW.state')]),
            ('AFTER UPDATE OF state ON o WHEN OLD.state IS NOT NEW.state', [count('NEW.state'), log('s', 'NEW.id', '(SELECT n FROM cnt WHERE k = NEW.state)')]), ('AFTER INSERT ON i', ['UPDATE o SET total = (SELECT sum(qty * price) FROM i WHERE oid = NEW.oid) WHERE id = NEW.oid']),
            ('AFTER UPDATE ON u', ["UPDATE u SET born = '2024-01-01' WHERE id = NEW.id AND born IS NOT '2024-01-01'"]), ('AFTER INSERT ON u', ['UPDATE u SET age = coalesce(age, 0) + 1 WHERE id = NEW.id', log('u', 'NEW.id', 'NEW.age')]), ('BEFORE DELETE ON u', ['DELETE FROM o WHERE uid = OLD.id', log('d', 'OLD.id', 'OLD.name')]),
            ('BEFORE INSERT ON o', ["SELECT CASE WHEN NEW.total < 0 THEN RAISE(ABORT, 'negative') END"]), ('BEFORE UPDATE ON o WHEN NEW.total > 50', [f"SELECT RAISE({r.choice(['IGNORE', 'ABORT, ' + quoted('much')])})"]), ('AFTER INSERT ON lg WHEN NEW.a = 1', [log('again', 'NEW.id', 'NULL')]),
            ('AFTER INSERT ON lg', ['DELETE FROM lg WHERE id < NEW.id - 4']), ('AFTER DELETE ON i', [log('item', 'OLD.oid', 'OLD.pos'), 'DELETE FROM o WHERE id = OLD.oid AND NOT EXISTS (SELECT 1 FROM i WHERE oid = OLD.oid)']), ('AFTER INSERT ON d', ["INSERT INTO cnt(k, n, last) SELECT value, 1, NEW.id FROM json_each(NEW.doc, '$.t') WHERE type = 'text' AND true ON CONFLICT (k) DO UPDATE SET n = n + 1, last = excluded.last"]),
            ('AFTER UPDATE ON cnt', [log('cnt', 'OLD.n', 'NEW.n')]), ('BEFORE INSERT ON cnt WHEN (SELECT count(*) FROM cnt) > 6', ['DELETE FROM cnt WHERE n = (SELECT min(n) FROM cnt)']), ('AFTER UPDATE OF id ON o', [log('id', 'OLD.id', 'NEW.id'), 'UPDATE i SET oid = NEW.id WHERE oid = OLD.id']), ('AFTER INSERT ON u', ['INSERT OR IGNORE INTO cnt(k) VALUES (NEW.name)', log('r', 'last_insert_rowid()', 'changes()')]),
            ('AFTER INSERT ON o WHEN NEW.uid NOT IN (SELECT id FROM u)', ["INSERT INTO u(id, name) VALUES (NEW.uid, 'made')"]), ('AFTER UPDATE ON i', ['INSERT OR REPLACE INTO cnt(k, n) SELECT sku, sum(qty) FROM i WHERE sku IS NOT NULL GROUP BY sku']),
        ]
        head, body = r.choice(bodies)
        return Statement(fixed(f'CREATE TRIGGER p{number} {head} BEGIN §; END', items([fixed(b) for b in body], '; ')), kind='ddl')

    # --- queries ---

    def named(self, name, alias=None):
        return self.table_source(alias=alias or name, table=next(t for t in self.tables if t.name == name))

    def met(self):
        """A join of tables by their keys, two to four of them."""
        r = self.rng
        links = [('u', 'o', 'o.uid = u.id'), ('o', 'i', 'i.oid = o.id'), ('u', 'd', 'd.id = u.id'), ('u', 'cnt', 'cnt.k = u.name'), ('o', 'cnt', 'cnt.k = o.state'), ('u', 'u AS b', 'b.id = u.boss'), ('i', 'cnt', 'cnt.k = i.sku'), ('d', 'o', 'o.id = d.id')]
        start = r.choice(['u', 'o', 'u', 'i', 'd'])
        seen, tree, columns = [start], fixed(self.table_name(start)), list(self.columns_of(start, start))
        for _ in range(r.choice([1, 1, 2, 3])):
            fit = [(a, b, on) for a, b, on in links if (a in seen) != (b.split()[-1] in seen)]
            if not fit: break
            a, b, on = r.choice(fit)
            new = b if a in seen else a
            how = r.choice(['JOIN', 'LEFT JOIN', 'LEFT JOIN', 'INNER JOIN', 'CROSS JOIN', ','])
            alias = new.split()[-1]
            if how == ',' : tree = fixed(f'§ JOIN {new} ON {on}', tree)
            else:
                extra = clause(' AND §', self.expression(self.columns_of(alias, new.split()[0]), 1, 'truth')) if r.random() < 0.2 else NOTHING
                tree = fixed(f'§ {how} {new} ON {on}§', tree, extra)
            seen.append(alias)
            columns += self.columns_of(alias, new.split()[0])
        return tree, columns, seen

    def table_name(self, t): return t

    def columns_of(self, alias, table):
        t = next(t for t in self.tables if t.name == table)
        out = []
        for c in t.columns:
            x = Column(f'{alias}.{c.name}', c.affinity, c.tame, c.collation)
            x.pool = getattr(c, 'pool', None)
            out.append(x)
        return out

    def filter(self, scope, chance=0.6):
        """WHERE as programs write it: columns against what they may hold."""
        r = self.rng
        if r.random() > chance: return NOTHING
        return clause(' WHERE §', self.condition(scope))

    def condition(self, scope):
        r = self.rng
        def one():
            c = r.choice(scope)
            pool = getattr(c, 'pool', None) or SMALL
            v = lambda: r.choice(pool)
            bare = r.random()
            if bare < 0.5:  # with values that may be parameters
                form, n = r.choice([(f'{c.text} = §', 1), (f'{c.text} = §', 1), (f'{c.text} IN (§, §)', 2), (f'{c.text} BETWEEN § AND §', 2), (f'{c.text} > §', 1), (f'{c.text} <= §', 1), (f'{c.text} <> §', 1), (f'{c.text} IS §', 1), (f'{c.text} LIKE §', 1), (f"{c.text} LIKE '%' || § || '%'", 1), (f'§ = {c.text}', 1), (f'coalesce({c.text}, §) = §', 2), (f'(§ IS NULL OR {c.text} = §)', 2), (f'{c.text} = § COLLATE NOCASE', 1), (f'{c.text} < § + 1', 1), (f'lower({c.text}) = lower(§)', 1), (f'{c.text} GLOB §', 1), (f'substr({c.text}, §, 1) = §', 2), (f'{c.text} = CAST(§ AS INTEGER)', 1), (f'instr({c.text}, §)', 1), (f"{c.text} >= date(§)", 1), (f'{c.text} IN (SELECT value FROM json_each(§))', 1)])
                return Node(form, *[Node(v()) for _ in range(n)])
            if r.random() < 0.12: v = lambda: r.choice(["'1'", '2.0', "'2.0'", "'x'", '1.5', "' 3'", "x'31'", '3e0', "'0x1'"])
            return Node(r.choice([f'{c.text} = {v()}', f'{c.text} = {v()}', f'{c.text} IN ({v()}, {v()}, {v()})', f'{c.text} NOT IN ({v()}, {v()})', f'{c.text} BETWEEN {v()} AND {v()}', f'{c.text} > {v()}', f'{c.text} <= {v()}', f'{c.text} IS NULL', f'{c.text} IS NOT NULL', f'{c.text} <> {v()}', f"{c.text} LIKE {r.choice(values.PATTERNS)}", f"{c.text} LIKE '%' || {v()} || '%'", f'{c.text} IS {v()}',
                                  f'{c.text} = {r.choice(scope).text}', f'lower({c.text}) = {v()}', f'{c.text} GLOB {r.choice(values.PATTERNS)}', f'coalesce({c.text}, {v()}) = {v()}', f'+{c.text} = {v()}', f'{c.text} = {v()} COLLATE NOCASE', f'{c.text} IN ()', f'-{c.text} < {v()}', f'NOT {c.text}', c.text, f'{c.text} IN (SELECT {r.choice(["id FROM u", "uid FROM o", "oid FROM i", "k FROM cnt", "boss FROM u", "name FROM u WHERE age > 1"])})',
                                  f'EXISTS (SELECT 1 FROM o AS e WHERE e.uid = {c.text})', f'NOT EXISTS (SELECT 1 FROM i AS e WHERE e.oid = {c.text} AND e.qty > 1)', f'{c.text} = (SELECT max(id) FROM o)', f'{c.text} > (SELECT avg(total) FROM o)']))
        e = one()
        while r.random() < 0.4: e = Node(f'(§ {r.choice(["AND", "AND", "OR"])} §)', e, one())
        return e

    def program_query(self):
        r = self.rng
        self.aliases = 0
        return r.choices([self.joined, self.totals, self.looked_up, self.correlated, self.ranked, self.tree_walk, self.documents, self.days, self.stacked, self.top, self.counters, self.odd_from, self.of_temporary], (5, 5, 4, 4, 4, 2, 3, 2, 3, 3, 0.6, 2, 0.4))[0]()

    def shown(self, scope, most=3):
        r = self.rng
        return items([Node(r.choice(scope).text) if r.random() < 0.6 else self.expression(scope, r.choice([1, 1, 2])) for _ in range(r.randint(1, most))])

    def joined(self):
        tree, scope, seen = self.met()
        r = self.rng
        shown = self.shown(scope) if r.random() < 0.8 else fixed(r.choice(['*', f'{seen[0]}.*', f'{seen[-1]}.*, {seen[0]}.*', f'count(*), {seen[0]}.*']))
        how = r.random()
        order = NOTHING
        if how < 0.5: order = clause(f' ORDER BY §§', items([self.order_term(scope) for _ in range(r.choice([1, 1, 2]))]), self.limit() if r.random() < 0.5 else NOTHING)
        elif how < 0.6: order = clause(' LIMIT 3')
        return Statement(fixed('SELECT §§ FROM §§§', clause('DISTINCT ') if r.random() < 0.15 else NOTHING, shown, tree, self.filter(scope), order), in_order=True)

    def call(self, scope):
        """An aggregate that may depend on the order in which rows are visited."""
        r = self.rng
        c, d = r.choice(scope), r.choice(scope)
        tame = [x.text for x in scope if x.tame] or [c.text]
        t = r.choice(tame)
        form = r.choice([f'sum({t})', f'count({c.text})', 'count(*)', f'avg({t})', f'min({c.text})', f'max({c.text})', f'total({t})', f'group_concat({c.text})', f"group_concat({c.text}, '; ')", f'group_concat(DISTINCT {c.text})', f'json_group_array({c.text})', f'json_group_object({c.text}, {d.text})', f'count(DISTINCT {c.text})', f'sum(DISTINCT {t})', f'sum({c.text} = {d.text})', f'sum(CASE WHEN {c.text} = {r.choice(getattr(c, "pool", None) or SMALL)} THEN 1 ELSE 0 END)',
                         f'max({c.text}) - min({c.text})', f'sum({t}) * 1.0 / count(*)', f'round(avg({t}), 2)', f'coalesce(sum({t}), 0)', f'count({c.text}) > 1', f"group_concat({c.text} || ':' || {d.text})", f'json_group_array(json_object({quoted("k")}, {c.text}))', f'min({c.text} COLLATE NOCASE)', f'max(length({c.text}))', f'group_concat({c.text}, {d.text})', f"printf('%.2f', sum({t}))"])
        if r.random() < 0.15 and form.endswith(')') and form.split('(')[0] in ('sum', 'count', 'avg', 'min', 'max', 'total', 'group_concat', 'json_group_array'): return Node(form + ' FILTER (WHERE §)', self.condition(scope))
        return Node(form)

    def totals(self):
        r = self.rng
        tree, scope, seen = self.met() if r.random() < 0.6 else (fixed(r.choice(['u', 'o', 'i', 'd'])), None, None)
        if scope is None: scope, seen = self.columns_of(str(tree), str(tree)), [str(tree)]
        n = r.choice([0, 1, 1, 1, 2])
        keys = [Node(r.choice(scope).text) if r.random() < 0.7 else self.expression(scope, 1) for _ in range(n)]
        calls = [self.call(scope) for _ in range(r.choice([1, 1, 2]))]
        bare = [Node(r.choice(scope).text)] if r.random() < 0.25 else []
        outputs = [fixed(f'§ AS k{i}', k) for i, k in enumerate(keys)] + calls + bare
        by = clause(' GROUP BY §', items([fixed(r.choice([f'k{i}', str(i + 1), f'k{i} COLLATE NOCASE'])) if r.random() < 0.5 else (Node('(§)', k) if str(k)[:1] in '-0123456789' else k) for i, k in enumerate(keys)])) if n else NOTHING
        having = clause(' HAVING §', r.choice([lambda: Node('count(*) > 1'), lambda: Node(f'{self.call(scope)} > 2' if r.random() < 0.3 else 'sum(1) < 4'), lambda: Node('k0 IS NOT NULL')])()) if n and r.random() < 0.3 else NOTHING
        order = clause(' ORDER BY §§', items([r.choice([lambda: fixed('count(*) DESC'), lambda: fixed('k0' if n else '1'), lambda: fixed('k0 COLLATE NOCASE DESC' if n else '1'), lambda: fixed('§', self.call(scope)), lambda: fixed(f'max({r.choice(scope).text})'), lambda: fixed('2, 1') if n else fixed('1')])() for _ in range(r.choice([1, 2]))]), self.limit() if r.random() < 0.4 else NOTHING) if r.random() < 0.5 else NOTHING
        return Statement(fixed('SELECT § FROM §§§§§', items(outputs), tree, self.filter(scope, 0.4), by, having, order), loose=False, in_order=True)

    def looked_up(self):
        """One table by keys, ranges and odd values, in the order of whatever index serves."""
        r = self.rng
        t = r.choice(self.tables + [v for v in self.views])
        scope = self.columns_of(t.name, t.name) if not t.view else [Column(f'{t.name}.{c.name}', c.affinity) for c in t.columns]
        if t.name in ('u', 'o', 'd'):
            rowid = Column(r.choice(['rowid', '_rowid_', 'oid']) if t.name != 'i' else 'pos', 'INTEGER', True)
            if r.random() < 0.2: scope = scope + [rowid] * 2
        order = NOTHING
        if r.random() < 0.5: order = clause(' ORDER BY §§', items([fixed(f'{r.choice(scope).text}{r.choice(["", " DESC", " NULLS LAST", " COLLATE NOCASE"])}') for _ in range(r.choice([1, 1, 2]))]), r.choice([lambda: clause(' LIMIT §', Node('2')), lambda: clause(' LIMIT § OFFSET §', Node('3'), Node('1')), lambda: clause(r.choice([' LIMIT 1', " LIMIT '2'", ' LIMIT 2.0', ' LIMIT (SELECT 2)', ' LIMIT 10 OFFSET 20']))])() if r.random() < 0.6 else NOTHING)
        hint = r.choice(['', '', '', '', '', ' NOT INDEXED'])
        where = self.filter(scope, 0.85)
        if r.random() < 0.15: where = clause(f' WHERE ({scope[0].text}, {scope[1].text}) {r.choice([">", "<", ">=", "="])} (§, §)', fixed(r.choice(SMALL)), fixed(r.choice(NAMES + SMALL)))
        return Statement(fixed(f'SELECT § FROM {t.name}{hint if not t.view else ""}§§', self.shown(scope), where, order), in_order=True)

    def correlated(self):
        r = self.rng
        outer = r.choice(['u', 'u', 'o'])
        scope = self.columns_of(outer, outer)
        inner, link = {'u': r.choice([('o', 'x.uid = u.id'), ('u', 'x.boss = u.id'), ('d', 'x.id = u.id'), ('o', 'x.uid < u.id')]), 'o': r.choice([('i', 'x.oid = o.id'), ('u', 'x.id = o.uid'), ('cnt', 'x.k = o.state')])}[outer]
        inside = self.columns_of('x', inner)
        both = inside + scope
        c = lambda: r.choice(inside).text
        tame = [x.text for x in inside if x.tame]
        sub = r.choice([
            lambda: Node(f'(SELECT count(*) FROM {inner} AS x WHERE {link}§)', clause(' AND §', self.condition(both))), lambda: Node(f'(SELECT {c()} FROM {inner} AS x WHERE {link})'), lambda: Node(f'(SELECT {c()} FROM {inner} AS x WHERE {link} ORDER BY {c()} DESC LIMIT 1)'), lambda: Node(f'(SELECT § FROM {inner} AS x WHERE {link})', self.call(inside)),
            lambda: Node(f'(SELECT group_concat(y) FROM (SELECT {c()} AS y FROM {inner} AS x WHERE {link} ORDER BY {c()}))'), lambda: Node(f'(SELECT sum({r.choice(tame)}) FROM {inner} AS x WHERE {link} AND {c()} IN (SELECT {c()} FROM {inner} AS x))'), lambda: Node(f'(SELECT max({c()}, {r.choice(scope).text}) FROM {inner} AS x WHERE {link} LIMIT 1)'),
            lambda: Node(f'EXISTS (SELECT 1 FROM {inner} AS x WHERE {link} UNION SELECT {r.choice(scope).text} WHERE §)', self.condition(scope)), lambda: Node(f'(SELECT {c()} FROM {inner} AS x WHERE {link} UNION SELECT {r.choice(scope).text} ORDER BY 1 DESC)'), lambda: Node(f'{r.choice(scope).text} IN (SELECT {c()} FROM {inner} AS x WHERE {link})'), lambda: Node(f'(SELECT json_group_array({c()}) FROM {inner} AS x WHERE {link})'),
            lambda: Node(f'(WITH q AS (SELECT {c()} AS y FROM {inner} AS x WHERE {link}) SELECT count(y) || {quoted("/")} || count(*) FROM q)'), lambda: Node(f'(SELECT row_number() OVER (ORDER BY {c()}) FROM {inner} AS x WHERE {link} LIMIT 1)'), lambda: Node(f'(SELECT {c()} || {r.choice(scope).text} FROM {inner} AS x WHERE {link} GROUP BY {c()} HAVING count(*) >= 1)'),
        ])
        place = r.randrange(4)
        if place < 2: return Statement(fixed(f'SELECT §, § FROM {outer}§§', Node(r.choice(scope).text), sub(), self.filter(scope, 0.4), clause(f' ORDER BY {outer}.id') if r.random() < 0.5 else NOTHING), in_order=True)
        if place == 2: return Statement(fixed(f'SELECT § FROM {outer} WHERE § ORDER BY {outer}.id', self.shown(scope), Node(f'§ {r.choice(["=", ">", "IS NOT", "<="])} {r.choice(SMALL)}', sub())), in_order=True)
        return Statement(fixed(f'SELECT {outer}.id, § AS s FROM {outer} GROUP BY §§ ORDER BY s, {outer}.id', sub(), Node(r.choice(scope).text), clause(f' HAVING § IS NOT NULL', sub()) if r.random() < 0.2 else NOTHING), in_order=True)

    def ranked(self):
        r = self.rng
        t = r.choice(['u', 'o', 'i', 'o'])
        scope = self.columns_of(t, t)
        key = {'u': 'u.id', 'o': 'o.id', 'i': 'i.oid, i.pos'}[t]
        c = lambda: r.choice(scope).text
        tame = r.choice([x.text for x in scope if x.tame])
        window = r.choice([f'PARTITION BY {c()} ORDER BY {c()}', f'ORDER BY {c()}, {key}', f'PARTITION BY {c()}', f'ORDER BY {c()} DESC', '', f'PARTITION BY {c()}, {c()} ORDER BY {key}', f'ORDER BY {c()} COLLATE NOCASE', f'PARTITION BY {c()} COLLATE NOCASE ORDER BY {key} DESC', f'ORDER BY {c()} NULLS LAST, {key}'])
        fn = lambda: r.choice(['row_number()', 'rank()', 'dense_rank()', f'sum({tame})', f'count(*)', f'lag({c()})', f'lead({c()}, 1, {c()})', f'lag({c()}, 1, 0)', f'first_value({c()})', f'last_value({c()})', f'nth_value({c()}, 2)', f'ntile(2)', f'max({tame})', f'group_concat({c()})', f"group_concat({c()}, '-')", f'avg({tame})', f'min({tame})', 'cume_dist()', 'percent_rank()', f'count({c()})', f'total({tame})', f'json_group_array({c()})'])
        kind = r.randrange(7)
        if kind == 0: return Statement(fixed(f'SELECT * FROM (SELECT §, row_number() OVER ({window}) AS rn FROM {t}§) WHERE rn <= 2', self.shown(scope), self.filter(scope, 0.3)), in_order=True)
        if kind == 1: return Statement(fixed(f'SELECT {c()} AS k, count(*), {r.choice(["sum(count(*)) OVER (ORDER BY " + c() + ")", "rank() OVER (ORDER BY count(*) DESC)", "sum(sum(" + tame + ")) OVER ()", "lag(count(*)) OVER (ORDER BY count(*), k)", "count(*) * 100.0 / sum(count(*)) OVER ()", "row_number() OVER (ORDER BY max(" + key.split(",")[0] + "))"])} FROM {t}§ GROUP BY 1§', self.filter(scope, 0.3), clause(' ORDER BY 2 DESC, 1') if r.random() < 0.6 else NOTHING), in_order=True)
        if kind == 2: return Statement(fixed(f'SELECT {key}, {fn()} OVER w, {fn()} OVER w FROM {t}§ WINDOW w AS ({window})§', self.filter(scope, 0.3), clause(f' ORDER BY {key}') if r.random() < 0.5 else NOTHING), in_order=True)
        if kind == 3: return Statement(fixed(f'SELECT {key} FROM {t}§ ORDER BY {fn()} OVER ({window}), {key}', self.filter(scope, 0.3)), in_order=True)
        if kind == 4: return Statement(fixed(f'SELECT {key}, {tame} - {r.choice(["lag", "lead"])}({tame}, 1, 0) OVER ({window}) AS x, {fn()} OVER (ORDER BY {key} DESC) FROM {t}§', self.filter(scope, 0.3)), in_order=True)
        if kind == 5:
            frame = r.choice(['ROWS 1 PRECEDING', 'ROWS BETWEEN 1 PRECEDING AND 1 FOLLOWING', 'ROWS UNBOUNDED PRECEDING', 'GROUPS 1 PRECEDING', 'RANGE UNBOUNDED PRECEDING', 'ROWS BETWEEN CURRENT ROW AND UNBOUNDED FOLLOWING', 'ROWS BETWEEN UNBOUNDED PRECEDING AND UNBOUNDED FOLLOWING EXCLUDE CURRENT ROW', 'GROUPS BETWEEN 1 PRECEDING AND 1 FOLLOWING EXCLUDE TIES', 'ROWS BETWEEN 2 FOLLOWING AND 3 FOLLOWING', 'ROWS BETWEEN 3 PRECEDING AND 2 PRECEDING'])
            call = r.choice([f'sum({tame})', f'count({c()})', f'max({tame})', f'min({tame})', f'avg({tame})', f'first_value({c()})', f'last_value({c()})', f'nth_value({c()}, 2)', f'group_concat({key.split(",")[0]})'])
            return Statement(fixed(f'SELECT {key}, {call} OVER (§ORDER BY {c()}{r.choice(["", " DESC"])}, {key} {frame}) FROM {t}§', clause(f'PARTITION BY {c()} ') if r.random() < 0.5 else NOTHING, self.filter(scope, 0.3)), in_order=True)
        return Statement(fixed(f'WITH r AS (SELECT {key.split(",")[0]} AS k, {fn()} OVER ({window}) AS v FROM {t}) SELECT v, count(*), group_concat(k) FROM r GROUP BY v'), in_order=True)

    def tree_walk(self):
        r = self.rng
        op = r.choice(['UNION ALL', 'UNION'])
        end = r.choice(['', ' ORDER BY 2', ' ORDER BY 2 DESC', ' LIMIT 5', ' ORDER BY 2 DESC, 1', ' LIMIT 4 OFFSET 1'])
        after = r.choice(['SELECT * FROM t', 'SELECT group_concat(id) FROM t', 'SELECT d, count(*), max(p) FROM t GROUP BY d', 'SELECT t.id, u.name, d FROM t JOIN u USING (id) ORDER BY p', 'SELECT * FROM t LIMIT 3', 'SELECT u.id FROM u WHERE u.id NOT IN (SELECT id FROM t) ORDER BY u.id', 'SELECT max(d) FROM t', "SELECT substr('....', 1, d) || id FROM t"])
        start = r.choice(['boss IS NULL', 'id = 1', 'id IN (1, 2)', 'boss = id', 'boss IS NULL OR id = 2'])
        down = r.random() < 0.7
        join = 'u.boss = t.id' if down else 'u.id = (SELECT boss FROM u AS x WHERE x.id = t.id)'
        source = r.choice([f'u JOIN t ON {join}', f't JOIN u ON {join}', f't, u WHERE {join} AND true'])
        glue = ' AND' if 'WHERE' in source else ' WHERE'
        return Statement(fixed(f"WITH RECURSIVE t(id, d, p) AS (SELECT id, 0, '/' || id FROM u WHERE {start} {op} SELECT u.id, d + 1, p || '/' || u.id FROM {source}{glue} d < 4{end}) {after}"), in_order=True)

    def documents(self):
        r = self.rng
        path = lambda: r.choice(DOC_PATHS)
        scope = self.columns_of('d', 'd')
        j = [Column('j.key'), Column('j.value'), Column('j.type', 'TEXT'), Column('j.atom'), Column('j.fullkey', 'TEXT'), Column('j.path', 'TEXT'), Column('j.id', 'INTEGER'), Column('j.parent', 'INTEGER')]
        expr = lambda: r.choice([f'json_extract(d.doc, {path()})', f'd.doc ->> {path()}', f'd.doc -> {path()}', f"d.doc -> 't' ->> 0", f'json_type(d.doc, {path()})', f'json_array_length(d.doc, {path()})', f'json_extract(d.doc, {path()}, {path()})', f"json_set(d.doc, {path()}, d.kind)", f"json_set(d.doc, {path()}, json('[1]'))", f'json_remove(d.doc, {path()})', f"json_insert(d.doc, '$.t[#]', d.id)", f"json_patch(d.doc, json_object('a', d.kind))", f'json_object({quoted("x")}, d.doc ->> {path()}, {quoted("y")}, json(d.doc))', f"json_array(d.id, d.doc -> {path()})", 'json(d.doc)', f"json_replace(d.doc, {path()}, d.doc -> {path()})", f"json_each.value"])
        kind = r.randrange(6)
        e = lambda: expr().replace('json_each.value', 'd.doc')
        if kind == 0: return Statement(fixed(f'SELECT d.id, {e()}, {e()} FROM d§', self.filter(scope, 0.3)), in_order=True)
        if kind == 1: return Statement(fixed(f'SELECT d.id, § FROM d, {r.choice(["json_each", "json_tree"])}(d.doc{r.choice(["", ", " + path()])}) AS j§§', self.shown(j), self.filter(scope + j, 0.4), clause(r.choice([' ORDER BY d.id, j.id', ' ORDER BY j.type, d.id, j.id', ' LIMIT 4'])) if r.random() < 0.5 else NOTHING), in_order=True)
        if kind == 2: return Statement(fixed(f"SELECT {r.choice(['j.value', 'j.type', 'd.kind'])} AS g, count(*), group_concat(d.id), max(j.id) FROM d JOIN json_each(d.doc, '$.t') AS j§ GROUP BY g§", self.filter(scope, 0.3), clause(' ORDER BY 2 DESC, 1') if r.random() < 0.5 else NOTHING), in_order=True)
        if kind == 3: return Statement(fixed(f"SELECT d.id FROM d WHERE § ORDER BY d.id", Node(r.choice([f"{e()} = {r.choice(SMALL + NAMES + STATES)}", f"EXISTS (SELECT 1 FROM json_each(d.doc, '$.t') WHERE value = 'x')", f"'y' IN (SELECT value FROM json_each(d.doc, '$.t'))", f"{e()} IS NULL", f"{e()} > {r.choice(SMALL)}", f"(SELECT count(*) FROM json_tree(d.doc) WHERE atom IS NOT NULL) > 2", f'json_valid(d.doc) AND {e()} LIKE {quoted("%1%")}'])), ), in_order=True)
        if kind == 4: return Statement(fixed(f"SELECT u.id, json_group_array(json_object('o', o.id, 's', o.state)), json_group_object(coalesce(o.state, '-'), o.total) FROM u LEFT JOIN o ON o.uid = u.id§ GROUP BY u.id", self.filter(self.columns_of('u', 'u'), 0.3)), in_order=True)
        return Statement(fixed(f"SELECT d.id, j.value, k.value FROM d LEFT JOIN json_each(d.doc, '$.t') AS j LEFT JOIN json_each(d.doc) AS k ON k.type = j.type§", self.filter(scope, 0.3)), in_order=True)

    def days(self):
        r = self.rng
        t, c = r.choice([('u', 'u.born'), ('o', 'o.at'), ('o', 'o.at')])
        n = {'u': 'u.age', 'o': 'o.uid'}[t]
        unix = r.choice(['', '', ", 'unixepoch'", ", 'auto'"])
        e = lambda: r.choice([f'date({c}{unix})', f'datetime({c}{unix})', f"strftime('%Y-%m', {c}{unix})", f"date({c}, '+' || {n} || ' days')", f"date({c}, {n} || ' months', 'start of month')", f"julianday({c}) - julianday('2024-01-01')", f"CAST(strftime('%s', {c}{unix}) AS INTEGER)", f"strftime('%w', {c}{unix})", f'unixepoch({c}{unix})', f"time({c}, '-' || {n} || ' hours', {n} || ' minutes')", f"date({c}, 'weekday ' || {n})", f"strftime({quoted('%d.%m.%Y %H:%M')}, {c}{unix})", f"strftime('%' || substr('YmdHMSj', {n} + 1, 1), {c}{unix})", f"CAST(julianday({c}{unix}) AS INTEGER)", f"datetime({c}, {quoted('start of year')}, '+' || ({n} * 40) || ' days', '-1 second')", f"strftime('%J', {c}{unix})", f"time({c}{unix}, {quoted('+12:30')})"])
        scope = self.columns_of(t, t)
        kind = r.randrange(3)
        if kind == 0: return Statement(fixed(f'SELECT {t}.id, {e()}, {e()} FROM {t}§', self.filter(scope, 0.3)), in_order=True)
        if kind == 1: return Statement(fixed(f'SELECT {e()} AS day, count(*), sum({n}) FROM {t}§ GROUP BY day ORDER BY day DESC', self.filter(scope, 0.3)), in_order=True)
        return Statement(fixed(f"SELECT {t}.id FROM {t} WHERE {e()} {r.choice(['=', '>', '<', 'IS', 'BETWEEN 0 AND'])} {r.choice(DAYS + [e()])} ORDER BY {c}, {t}.id"), in_order=True)

    def stacked(self):
        """Compound SELECTs of columns with collations and classes of their own, nested and ordered."""
        r = self.rng
        def arm(n):
            t = r.choice(['u', 'o', 'i', 'd', 'cnt'])
            scope = self.columns_of(t, t)
            if r.random() < 0.12: return fixed(f'VALUES {", ".join("(" + ", ".join(r.choice(NAMES + SMALL + AMOUNTS) for _ in range(n)) + ")" for _ in range(r.randint(1, 3)))}')
            outputs = [Node(r.choice(scope).text + r.choice(['', '', '', '', ' COLLATE NOCASE'])) if r.random() < 0.8 else self.expression(scope, 1) for _ in range(n)]
            body = fixed(f'SELECT {", ".join(f"§ AS x{i}" for i in range(n))} FROM {t}§', *outputs, self.filter(scope, 0.5))
            return body if r.random() < 0.85 else fixed(f'SELECT * FROM (§ LIMIT {r.choice("123")})', body)
        n = r.choice([1, 1, 2])
        arms = [arm(n) for _ in range(r.choice([2, 2, 3, 4]))]
        text = '§' + ''.join(f' {r.choice(["UNION", "UNION ALL", "INTERSECT", "EXCEPT", "UNION ALL"])} §' for _ in arms[1:])
        named = 'VALUES' not in str(arms[0])
        order = clause(f' ORDER BY {r.choice(["1", "1 DESC", "x0" if named else "1", "1 COLLATE NOCASE", "x0 COLLATE RTRIM DESC" if named else "1", str(n)])}§', self.limit() if r.random() < 0.5 else NOTHING) if r.random() < 0.6 else NOTHING
        kind = r.randrange(5)
        if kind == 0 and n == 1: return Statement(fixed(f'SELECT id, name FROM u WHERE {r.choice(["id", "name", "age", "mail"])} {r.choice(["", "NOT "])}IN ({text}§)', *arms, order), in_order=True)
        if kind == 1 and named: return Statement(fixed(f'SELECT x0, count(*) FROM ({text}§) GROUP BY x0', *arms, order), in_order=True)
        if kind == 2 and named: return Statement(fixed(f'WITH c AS ({text}§) SELECT a.x0, b.x0 FROM c AS a JOIN c AS b ON a.x0 = b.x0', *arms, order), in_order=True)
        return Statement(fixed(text + '§', *arms, order), in_order=True)

    def top(self):
        """The newest, the largest, the first of each: subqueries in FROM with LIMIT, joined to others."""
        r = self.rng
        kind = r.randrange(7)
        if kind == 0: return Statement(fixed(f'SELECT u.id, u.name, x.* FROM u {r.choice(["JOIN", "LEFT JOIN"])} (SELECT uid, max(total) AS m, id FROM o GROUP BY uid) AS x ON x.uid = u.id§', clause(' ORDER BY u.id')), in_order=True)
        if kind == 1: return Statement(fixed(f'SELECT * FROM (SELECT id, uid, total FROM o ORDER BY {r.choice(["total DESC", "at", "state, id", "uid DESC"])} LIMIT {r.choice("1234")}) AS x {r.choice(["JOIN", "LEFT JOIN"])} u ON u.id = x.uid'), in_order=True)
        if kind == 2: return Statement(fixed(f'SELECT {r.choice(["max", "min"])}({r.choice(["total", "at", "id", "uid"])}), {r.choice(["id", "state", "uid, state", "*"])} FROM o§', clause(r.choice([' GROUP BY uid', ' GROUP BY state', ' WHERE uid = 1', ' WHERE total > 0 GROUP BY uid ORDER BY 1']))), in_order=True)
        if kind == 3: return Statement(fixed(f'SELECT o.* FROM o LEFT JOIN o AS p ON p.uid = o.uid AND {r.choice(["p.total > o.total", "p.id > o.id", "p.at > o.at"])} WHERE p.id IS NULL'), in_order=True)
        if kind == 4: return Statement(fixed(f'SELECT DISTINCT {r.choice(["uid", "state", "uid, state", "o.uid > 1, state", "lower(state)", "total"])} FROM o§{r.choice(["", " ORDER BY uid", " ORDER BY 1 DESC LIMIT 2", " LIMIT 2", " ORDER BY total"])}', self.filter(self.columns_of('o', 'o'), 0.3)), in_order=True)
        if kind == 5: return Statement(fixed(f'SELECT id, total FROM o WHERE total {r.choice(["=", ">=", "<", "IN"])} (SELECT {r.choice(["max(total)", "total", "avg(total)", "min(total)"])} FROM o AS x§) ORDER BY id', clause(r.choice([' WHERE x.uid = o.uid', ' WHERE x.uid = 1', ' WHERE x.id < o.id ORDER BY x.id DESC']))), in_order=True)
        return Statement(fixed(f'SELECT count(*), count(DISTINCT uid), {r.choice(["max(total), state", "min(total), id", "total, id", "group_concat(id), max(at)"])} FROM o§', self.filter(self.columns_of('o', 'o'), 0.3)), in_order=True)

    def odd_from(self):
        r = self.rng
        return Statement(fixed(r.choice([
            'SELECT * FROM u JOIN o USING (id)', 'SELECT id, u.id, o.id FROM u LEFT JOIN o USING (id) ORDER BY id', 'SELECT * FROM (u JOIN o ON o.uid = u.id) LEFT JOIN i ON i.oid = o.id', 'SELECT * FROM u NATURAL JOIN d', 'SELECT a.id, b.id FROM u AS a, u AS b WHERE a.boss = b.boss AND a.id < b.id', 'SELECT u.id, x.column1 FROM u JOIN (VALUES (1), (2), (9)) AS x ON x.column1 = u.id',
            'SELECT * FROM u FULL JOIN o ON o.uid = u.id', 'SELECT u.id, o.id FROM o RIGHT JOIN u ON o.uid = u.id WHERE o.id IS NULL', 'SELECT u.name, (SELECT sum(u.age) FROM o WHERE o.uid = u.id) FROM u', 'SELECT (SELECT sum(u.age) FROM o LIMIT 1) FROM u', 'SELECT count(*) FROM u, o, i', 'SELECT rowid, * FROM u WHERE rowid > 1', 'SELECT u.rowid, o.rowid, o.* FROM u, o WHERE u.rowid = o.uid',
            "SELECT name, CASE age WHEN 1 THEN 'one' WHEN NULL THEN 'null' ELSE age END FROM u", 'SELECT id FROM o WHERE (uid, state) IN (SELECT id, name FROM u UNION SELECT uid, state FROM o)', 'SELECT id, (uid, total) > (1, 2) FROM o', 'SELECT u.id, count(o.id), sum(i.qty * i.price) FROM u LEFT JOIN o ON o.uid = u.id LEFT JOIN i ON i.oid = o.id GROUP BY u.id HAVING count(o.id) > 0 ORDER BY 3 DESC, 1', 'SELECT 1 FROM u WHERE 0', 'SELECT max(id) FROM u WHERE 0', 'SELECT count(*) FROM u GROUP BY 1 HAVING 0',
            'SELECT name FROM u GROUP BY name COLLATE NOCASE', 'SELECT upper(name), count(*) FROM u GROUP BY upper(name) ORDER BY count(*), 1', 'SELECT * FROM cnt ORDER BY n DESC, k LIMIT 3', 'SELECT u.id, u.name, p.total FROM u, (SELECT * FROM o WHERE total > 0 ORDER BY total DESC LIMIT 2) AS p', "SELECT * FROM u WHERE name = \"ann\"", 'SELECT id AS x, x.id FROM u AS x ORDER BY x DESC', 'SELECT total AS id FROM o ORDER BY id', 'SELECT -total AS total FROM o ORDER BY total, id', 'SELECT age AS name FROM u WHERE name IS NOT NULL GROUP BY name',
            'SELECT id, typeof(total), typeof(at), total + 0, at || 1 FROM o', 'SELECT sum(total), typeof(sum(total)), avg(uid), typeof(total(uid)) FROM o', 'SELECT u.id FROM u WHERE u.id = o.id', "SELECT state, sum(total) FILTER (WHERE uid = 1), count(*) FILTER (WHERE total > 1) FROM o GROUP BY state"])), in_order=True)

    def counters(self): return Statement(self.rng.choice(['SELECT changes()', 'SELECT last_insert_rowid()', 'SELECT changes(), last_insert_rowid() FROM u LIMIT 1', 'SELECT count(*) FROM sqlite_sequence', 'SELECT name, seq FROM sqlite_sequence ORDER BY name']), in_order=True)

    # --- writes ---

    def program_write(self):
        r = self.rng
        self.aliases = 0
        return r.choices([self.inserted, self.counted, self.changed, self.moved_rows, self.removed, self.linked, self.insert_any, self.written_view, self.temporary], (4, 3, 5, 2, 3, 1.5, 3, 0.8, 0.4))[0]()

    def insert_any(self): return self.insert(self.rng.choice(self.tables))

    def named_row(self, t, names):
        columns = {c.name: c for c in t.columns}
        return fixed('(' + ', '.join('§' * len(names)) + ')', *[fixed(self.value_for(t, columns[n])) for n in names])

    def inserted(self):
        r = self.rng
        verb = r.choice(['INSERT INTO', 'INSERT INTO', 'INSERT OR IGNORE INTO', 'INSERT OR REPLACE INTO', 'REPLACE INTO'])
        tail = r.choice(['', '', '', ' RETURNING id', ' RETURNING *', ' RETURNING id, (SELECT count(*) FROM o)'])
        return Statement(fixed(r.choice([
            f'{verb} o(uid, total, state) SELECT id, score, name FROM u§§', f'{verb} o(uid, total, state) SELECT uid, total + 1, state FROM o§§', f'{verb} u(name, age, mail) SELECT name, age + 1, mail FROM u§§', f'{verb} d(doc, kind) SELECT json_group_array(id), state FROM o§ GROUP BY state§', f"{verb} o(uid, total) SELECT o.uid, sum(qty * price) FROM o JOIN i ON i.oid = o.id§ GROUP BY 1§",
            f'WITH w AS (SELECT uid, count(*) AS n FROM o GROUP BY uid) {verb} u(name, age) SELECT uid, n FROM w§§'.replace('§§', '§§'), f'{verb} o(uid, total) VALUES (1, 2), (2, NULL), (3, (SELECT max(total) FROM o))§§', f'{verb} o SELECT * FROM (SELECT NULL, id, 1, state, at FROM o WHERE 0)§§', f'{verb} u(id, name) SELECT id + 10, name FROM u§ UNION ALL SELECT id, name FROM u WHERE id = 1§', f'{verb} i(oid, pos, sku, qty, price) SELECT id, 1, state, uid, 2.5 FROM o§§',
            f"{verb} o(uid, total, state) SELECT uid, row_number() OVER (ORDER BY id DESC), 'new' FROM o§§"]),
            self.plain_filter(), clause(tail) if tail and r.random() < 1 else NOTHING), kind='write') if r.random() < 0.9 else Statement(f"{verb} o(uid, total) VALUES (last_insert_rowid(), changes())", kind='write')

    def plain_filter(self):
        """A WHERE of names that most tables have; nothing where the SELECT has none."""
        return clause(self.rng.choice([' WHERE id > 2', ' WHERE id IN (1, 3)', ' WHERE true', ' WHERE id < 3'])) if self.rng.random() < 0.5 else NOTHING

    def counted(self):
        """Upserts."""
        r = self.rng
        k = lambda: r.choice(STATES[:4] + NAMES[:5])
        rows = ', '.join(f'({k()}, {r.choice(SMALL)})' for _ in range(r.choice([1, 1, 2, 3])))
        where = r.choice(['', '', ' WHERE n < 3', ' WHERE excluded.n > n', ' WHERE cnt.n <> 1'])
        tail = clause(r.choice([' RETURNING k, n', ' RETURNING *', ' RETURNING (SELECT sum(n) FROM cnt)'])) if r.random() < 0.3 else NOTHING
        do = r.choice(['SET n = n + 1', 'SET n = n + excluded.n', 'SET n = excluded.n, last = n', 'SET (n, last) = (excluded.n, k)', 'SET n = max(n, excluded.n)', 'SET n = (SELECT count(*) FROM cnt)', "SET k = k || '!'", "SET n = cnt.n * 2 + coalesce(excluded.last, 0)", 'SET last = (SELECT max(id) FROM o WHERE state = excluded.k)', 'SET last = last || excluded.n'])
        kind = r.randrange(6)
        if kind <= 1: return Statement(fixed(f'INSERT INTO cnt(k, n) VALUES {rows} ON CONFLICT (k) DO UPDATE {do}§§', clause(where), tail), kind='write')
        if kind == 2: return Statement(fixed(f'INSERT INTO cnt(k, n) SELECT coalesce(state, {k()}), count(*) FROM o WHERE true GROUP BY 1 ON CONFLICT DO UPDATE {do}§§', clause(where), tail), kind='write')
        if kind == 3: return Statement(fixed(f"INSERT INTO u(id, name, mail) VALUES ({r.choice(SMALL)}, {r.choice(NAMES)}, {r.choice(NAMES)}), (NULL, 'x', {r.choice(NAMES)}) ON CONFLICT (id) DO UPDATE SET name = excluded.name || id, age = age + 1 ON CONFLICT DO {r.choice(['NOTHING', 'UPDATE SET mail = NULL'])}§", clause(' RETURNING id, name, mail') if r.random() < 0.5 else NOTHING), kind='write')
        if kind == 4: return Statement(fixed(f"INSERT INTO o(uid, total, state) VALUES ({r.choice(SMALL)}, {r.choice(SMALL)}, {r.choice(STATES)}), ({r.choice(SMALL)}, 3, 'new') ON CONFLICT (uid) WHERE state = 'new' DO UPDATE SET total = total + excluded.total§", tail if 'cnt' not in str(tail) and 'k' not in str(tail) else NOTHING), kind='write')
        return Statement(fixed(f'INSERT INTO i(oid, pos, sku, qty, price) VALUES ({r.choice(SMALL)}, 1, {r.choice(NAMES)}, 1, 2.5), ({r.choice(SMALL)}, 2, NULL, 2, 1) ON CONFLICT (oid, pos) DO UPDATE SET qty = qty + excluded.qty, price = CASE WHEN excluded.price > i.price THEN excluded.price ELSE i.price END§', clause(' WHERE i.qty < 4') if r.random() < 0.3 else NOTHING), kind='write')

    def changed(self):
        r = self.rng
        t = r.choice(['u', 'o', 'o', 'i', 'd'])
        scope = [Column(c.name, c.affinity, c.tame) for c in next(x for x in self.tables if x.name == t).columns]
        for c, was in zip(scope, next(x for x in self.tables if x.name == t).columns): c.pool = getattr(was, 'pool', None)
        sets = {'u': ['age = age + 1', 'name = upper(name)', 'age = (SELECT count(*) FROM o WHERE o.uid = u.id)', 'boss = NULL', 'boss = id', 'score = score * 2, age = score', 'name = mail, mail = name', 'score = (SELECT sum(total) FROM o WHERE uid = u.id)', 'id = id + 10', "mail = name || id || '@x'", 'boss = (SELECT min(id) FROM u)', "born = date(born, '+1 day')", '(name, age) = (SELECT state, total FROM o WHERE o.uid = u.id ORDER BY o.id LIMIT 1)'],
                'o': ['total = total + 1', "state = 'paid'", "state = CASE state WHEN 'new' THEN 'paid' WHEN 'paid' THEN 'sent' ELSE state END", 'total = (SELECT sum(qty * price) FROM i WHERE oid = o.id)', 'total = round(total * 1.1, 2)', 'uid = uid % 3 + 1', 'id = -id', 'total = NULL, state = NULL', 'at = total', 'total = (SELECT max(total) FROM o)', 'total = (SELECT max(x.total) FROM o AS x WHERE x.uid = o.uid)', 'uid = (SELECT id FROM u ORDER BY score DESC LIMIT 1)'],
                'i': ['qty = qty + 1', 'price = price * qty', 'pos = pos + 1', 'pos = 4 - pos', 'sku = lower(sku)', 'oid = oid + 1', 'qty = (SELECT count(*) FROM i AS x WHERE x.sku = i.sku)', 'price = NULL'], 'd': ["doc = json_set(doc, '$.a', id)", "doc = json_insert(doc, '$.t[#]', 'new')", "doc = json_remove(doc, '$.n')", "kind = doc ->> '$.a'", "doc = json_patch(doc, '{\"z\":1}')", 'doc = json_object(\'id\', id, \'was\', json(doc))', "doc = json_replace(doc, '$.t[0]', json_array(1, id))", "kind = json_type(doc, '$.t')"]}[t]
        orr = r.choice(['', '', '', '', 'OR IGNORE ', 'OR REPLACE '])
        tail = clause(r.choice([' RETURNING *', f' RETURNING {r.choice(scope).name}, {r.choice(scope).text}', f' RETURNING {r.choice(scope).name}, (SELECT count(*) FROM {t})', ' RETURNING (SELECT count(*) FROM lg)', ' RETURNING (SELECT max(n) FROM cnt)'])) if r.random() < 0.25 else NOTHING
        table = next(x for x in self.tables if x.name == t)
        given = [c for c in table.writable() if not c.tame]
        set_to = fixed(f'{(c := r.choice(given)).name} = {r.choice(["§", "§", "coalesce(§, " + c.name + ")", c.name + " || §", "nullif(§, " + c.name + ")"])}', Node(r.choice(c.pool))) if given and r.random() < 0.3 else fixed(r.choice(sets))
        return Statement(fixed(f'UPDATE {orr}{t} SET §§§', items([set_to]), self.filter(scope, 0.8), tail), kind='write')

    def moved_rows(self):
        """UPDATE … FROM, and UPDATE with common tables."""
        r = self.rng
        return Statement(fixed(r.choice([
            'UPDATE u SET score = x.s FROM (SELECT uid, sum(total) AS s FROM o GROUP BY uid) AS x WHERE x.uid = u.id§§', 'UPDATE o SET state = u.name, total = total + u.age FROM u WHERE u.id = o.uid§§', 'UPDATE o SET total = x.s FROM (SELECT oid, sum(qty * price) AS s, count(*) AS n FROM i GROUP BY oid) AS x WHERE o.id = x.oid§§', 'WITH w AS (SELECT id, row_number() OVER (ORDER BY total, id) AS rn FROM o) UPDATE o SET total = w.rn FROM w WHERE w.id = o.id§§', 'WITH w AS (SELECT max(total) AS m FROM o) UPDATE u SET score = (SELECT m FROM w) WHERE true§§',
            "UPDATE u SET name = j.value FROM d, json_each(d.doc, '$.t') AS j WHERE d.id = u.id AND j.type = 'text'§§", 'UPDATE cnt SET n = x.c FROM (SELECT state, count(*) AS c FROM o GROUP BY state) AS x WHERE x.state = cnt.k§§', 'UPDATE u SET age = b.age + 1 FROM u AS b WHERE b.id = u.boss§§', 'UPDATE u SET age = o.total FROM o WHERE o.uid = u.id§§', 'UPDATE o SET total = i.price FROM i JOIN u ON u.id = i.pos WHERE i.oid = o.id§§', 'UPDATE i SET qty = v.q FROM (VALUES (1, 5), (2, 6)) AS v(p, q) WHERE 0§§'.replace('AS v(p, q)', 'AS v').replace('v.q', 'v.column2'), 'UPDATE o SET total = e.n FROM (SELECT 1 AS k, 2 AS n UNION ALL SELECT 2, 3) AS e WHERE e.k = o.uid§§'])
            , clause(self.rng.choice([' AND 1', ' AND coalesce(1, 0)'])) if r.random() < 0.2 else NOTHING, NOTHING), kind='write')

    def removed(self):
        r = self.rng
        t = r.choice(['u', 'o', 'i', 'd', 'cnt', 'lg'])
        scope = [Column(c.name, c.affinity, c.tame) for c in next(x for x in self.tables if x.name == t).columns]
        for c, was in zip(scope, next(x for x in self.tables if x.name == t).columns): c.pool = getattr(was, 'pool', None)
        if r.random() < 0.35: return Statement(fixed(r.choice(['DELETE FROM o WHERE id IN (SELECT id FROM o ORDER BY total DESC LIMIT 1)', 'DELETE FROM o WHERE uid NOT IN (SELECT id FROM u)', 'DELETE FROM u WHERE NOT EXISTS (SELECT 1 FROM o WHERE o.uid = u.id)', 'DELETE FROM o WHERE rowid NOT IN (SELECT min(rowid) FROM o GROUP BY uid, state)', 'DELETE FROM i WHERE (oid, pos) IN (SELECT oid, max(pos) FROM i GROUP BY oid)', 'DELETE FROM u WHERE id = (SELECT max(id) FROM u) RETURNING *', 'WITH w AS (SELECT id FROM o WHERE total > 5) DELETE FROM o WHERE id IN w', 'DELETE FROM o WHERE total < (SELECT avg(total) FROM o) RETURNING id, total', 'DELETE FROM lg', 'DELETE FROM d WHERE doc ->> \'$.a\' = 1', 'DELETE FROM u WHERE id > 4 RETURNING id, (SELECT count(*) FROM o WHERE uid = u.id)', 'DELETE FROM o WHERE id > 5 RETURNING (SELECT count(*) FROM i)'])), kind='write')
        return Statement(fixed(f'DELETE FROM {t} WHERE §§', self.condition(scope), clause(' RETURNING *') if r.random() < 0.2 else NOTHING), kind='write')

    def linked(self): return Statement(self.rng.choice(["INSERT INTO lg(what, a, b) VALUES ('last', last_insert_rowid(), changes())", "INSERT INTO i(oid, pos, sku) VALUES (last_insert_rowid(), 9, 'last')", 'INSERT INTO lg(what, a) SELECT name, count(*) FROM u GROUP BY name', 'INSERT INTO u DEFAULT VALUES', "INSERT INTO d(doc) VALUES ('[' || last_insert_rowid() || ']') RETURNING id", 'INSERT INTO o(id, uid) SELECT max(id) + 1, 1 FROM o', "INSERT INTO lg(a) SELECT total_changes() > 0", 'UPDATE lg SET a = changes() WHERE id = last_insert_rowid()']), kind='write')
