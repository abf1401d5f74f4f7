"""SELECTs in which the order of rows is seen at every level: bare columns, group_concat(), DISTINCT and GROUP BY that
choose one of equal values, ties, windows, LIMIT without ORDER BY; over joins, views, common tables, compounds and one another."""
from grammar.tree import Node, NOTHING, Statement, clause, fixed, items
from grammar.expressions import Column


class Shapes:
    """Mixed into Grammar."""

    def shaped_query(self):
        self.aliases, self.common = 0, []
        r = self.rng
        if r.random() < 0.25:
            for name in r.choice([['w1'], ['w1', 'w2']]):
                select, columns = self.shape(1)
                self.common.append((name, select, columns))
        select, _ = self.shape(r.choice([0, 1, 1, 2, 2]))
        hint = r.choice(['', '', ' MATERIALIZED', ' NOT MATERIALIZED'])
        head = fixed('WITH ' + ', '.join(f'{name}({", ".join(c.name for c in columns)}) AS{hint} (§)' for name, _, columns in self.common) + ' ', *[s for _, s, _ in self.common]) if self.common else NOTHING
        return Statement(fixed('§§', head, select), in_order=True)

    def shaped_write(self):
        """What a SELECT gives, in its order, to a table that numbers its rows, or to rows that take one of several values."""
        r = self.rng
        self.aliases, self.common = 0, []
        select, columns = self.shape(r.choice([0, 1, 1, 2]))
        first, last = columns[0].name, columns[-1].name
        t = r.choice([t for t in self.tables if not t.view])
        c = r.choice([c for c in t.writable() if c.name not in (t.key or []) and c.name not in ('p', 'q')] or t.writable()).name
        k = r.choice(t.columns).name
        kind = r.randrange(4)
        if kind < 2: return Statement(fixed(f'INSERT INTO lg(what, a, b) SELECT \'s\', {first}, {last} FROM (§){r.choice(["", " RETURNING id, a"])}', select), kind='write')
        if kind == 2: return Statement(fixed(f'UPDATE OR IGNORE {t.name} SET {c} = q.{last} FROM (§) AS q WHERE q.{first} = {t.name}.{k}', select), kind='write')
        return Statement(fixed(f'UPDATE OR IGNORE {t.name} SET {c} = (SELECT q.{last} FROM (§) AS q WHERE q.{first} IS NOT {t.name}.{k} LIMIT 1)', select), kind='write')

    def shape(self, depth):
        """A SELECT and its columns, which go by x0, x1, …"""
        if self.rng.random() < 0.15: return self.shaped_compound(depth)
        return self.shaped_core(depth)

    def shaped_compound(self, depth):
        r = self.rng
        n = r.choice([1, 2])
        arms = [self.shaped_core(depth - 1, n, ended=False) for _ in range(r.choice([2, 2, 3]))]
        text = '§' + ''.join(f' {r.choice(["UNION ALL", "UNION ALL", "UNION", "EXCEPT", "INTERSECT"])} §' for _ in arms[1:])
        order = clause(f' ORDER BY {r.choice(["1", "1 DESC", str(n), "x0 COLLATE NOCASE"])}') if r.random() < 0.4 else NOTHING
        limit = clause(f' LIMIT {r.choice([5, 50, 300])}{r.choice(["", " OFFSET 7"])}') if r.random() < 0.3 else NOTHING
        return fixed(text + '§§', *[a for a, _ in arms], order, limit), arms[0][1]

    def one_source(self, depth):
        r = self.rng
        self.aliases += 1
        a = f'a{self.aliases}'
        if depth > 0 and r.random() < 0.35:
            select, columns = self.shape(depth - 1)
            return fixed(f'(§) AS {a}', select), [self.under(a, c) for c in columns]
        if self.common and r.random() < 0.5:
            name, _, columns = r.choice(self.common)
            return fixed(f'{name} AS {a}'), [self.under(a, c) for c in columns]
        t = r.choice(self.readable())
        return fixed(f'{t.name} AS {a}'), [self.under(a, c) for c in t.columns]

    def under(self, alias, c):
        out = Column(f'{alias}.{c.name}', c.affinity, c.tame, c.collation)
        out.pool = c.pool
        return out

    def link(self, left, right):
        """Columns of two sources that may meet: of one name or one affinity before others."""
        r = self.rng
        pairs = [(a, b) for a in left for b in right]
        like = [(a, b) for a, b in pairs if {a.name, b.name} & {'id', 'k', 'oid', 'uid', 'boss'} and a.affinity == b.affinity] or [(a, b) for a, b in pairs if a.affinity == b.affinity] or pairs
        a, b = r.choice(like if r.random() < 0.8 else pairs)
        return Node(f'{a.text} {r.choice(["=", "=", "=", "=", "IS"])} {b.text}')

    def shaped_from(self, depth):
        r = self.rng
        tree, columns = self.one_source(depth)
        joins = r.choice([0, 0, 0, 1, 1, 2])
        for number in range(joins):
            right, more = self.one_source(depth - 1)
            how = r.choice(['JOIN', 'JOIN', 'LEFT JOIN', 'CROSS JOIN', ','] + (['RIGHT JOIN', 'FULL JOIN'] if joins == 1 else []))
            on = self.link(columns, more)
            if how == ',': tree = fixed('§ JOIN § ON §', tree, right, on)
            else: tree = fixed(f'§ {how} § ON §§', tree, right, on, clause(' AND §', self.test_of(more)) if r.random() < 0.2 else NOTHING)
            columns = columns + more
        return tree, columns

    def test_of(self, scope):
        r = self.rng
        c = r.choice(scope)
        v = lambda: r.choice(c.pool or {'INTEGER': ['1', '3', '7', '42', '100'], 'REAL': ['0.5', '2.5', '10'], 'TEXT': ["'a'", "'v1'", "'W2'", "'k30'", "''"]}.get(c.affinity, ['1', "'a'", '2.5', "'k7'"]))
        kind = r.randrange(12)
        if kind == 0: return Node(f'({self.test_of(scope)} OR {self.test_of(scope)})')
        if kind == 1: return Node(f'{c.text} IN (SELECT {(x := r.choice([t for t in self.tables if t.columns])).columns[0].name} FROM {x.name})')
        if kind == 2: return Node(f'{r.choice(["", "NOT "])}EXISTS (SELECT 1 FROM {(x := r.choice([t for t in self.tables if t.columns])).name} AS e WHERE e.{r.choice(x.columns).name} = {c.text})')
        return Node(r.choice([f'{c.text} = {v()}', f'{c.text} IN ({v()}, {v()}, {v()})', f'{c.text} > {v()}', f'{c.text} <= {v()}', f'{c.text} BETWEEN {v()} AND {v()}', f'{c.text} IS NOT NULL', f'{c.text} IS NULL', f"{c.text} LIKE 'v%'", f'{c.text} <> {v()}', f'+{c.text} = {v()}', f'{c.text} >= {v()}', f'{c.text} IS NOT {v()}']))

    def inner_value(self, scope):
        """A subquery that takes one of many rows."""
        r = self.rng
        t = r.choice([t for t in self.tables if t.columns])
        inner = [self.under('s', c) for c in t.columns]
        c, on = r.choice(inner).text, self.link(inner, scope)
        end = r.choice(['', ' LIMIT 1', ' LIMIT 1 OFFSET 2', f' ORDER BY {r.choice(inner).text} LIMIT 1', f' ORDER BY {r.choice(inner).text} DESC LIMIT 1'])
        if r.random() < 0.3: return Node(f'(SELECT {r.choice(["group_concat", "json_group_array"])}({c}) FROM {t.name} AS s WHERE §)', on)
        if r.random() < 0.2: return Node(f'(SELECT {c} FROM {t.name} AS s WHERE § GROUP BY {r.choice(inner).text} LIMIT 1)', on)
        if r.random() < 0.2: return Node(f'(SELECT group_concat(y) FROM (SELECT {r.choice(["", "DISTINCT "])}{c} AS y FROM {t.name} AS s WHERE §{r.choice(["", " ORDER BY 1", " LIMIT 3"])}))', on)
        return Node(f'(SELECT {c} FROM {t.name} AS s WHERE §{end})', on)

    def shaped_core(self, depth, width=None, ended=True):
        r = self.rng
        tree, scope = self.shaped_from(depth)
        plain = lambda: r.choice(scope)
        where = clause(' WHERE §', items([self.test_of(scope) for _ in range(r.choice([1, 1, 2]))], ' AND ')) if r.random() < 0.45 else NOTHING
        n = width or r.choice([1, 2, 2, 3])
        kind = r.choices(['rows', 'distinct', 'groups', 'whole', 'window'], (5, 2, 4, 1, 2))[0]
        group, having, outputs, columns = NOTHING, NOTHING, [], []
        def add(node, c=None):
            name = f'x{len(outputs)}'
            outputs.append(fixed(f'§ AS {name}', node))
            x = Column(name, c.affinity if c else '', c.tame if c else False, c.collation if c else '', name)
            x.pool = c.pool if c else None
            columns.append(x)
        def add_column():
            c = plain()
            add(Node(c.text), c)
        if kind == 'groups':
            keys = [plain() for _ in range(r.choice([1, 1, 2]))]
            group = clause(' GROUP BY ' + ', '.join(k.text + r.choice(['', '', '', ' COLLATE NOCASE']) for k in keys))
            if r.random() < 0.2: having = clause(r.choice([' HAVING count(*) > 1', f' HAVING max({plain().text}) IS NOT NULL', f' HAVING {plain().text} IS NOT NULL']))
            for k in keys[:n]: add(Node(k.text), k)
        while len(outputs) < n:
            if kind in ('groups', 'whole'):
                c, d = plain(), plain()
                form = r.choice([c.text, f'group_concat({c.text})', f'count(*)', f'max({c.text})', f'min({c.text})', f'group_concat(DISTINCT {c.text})', f'json_group_array({c.text})', f'count(DISTINCT {c.text})', c.text, f"group_concat({c.text}, '/') FILTER (WHERE {d.text} IS NOT NULL)"])
                add(Node(form), c if form == c.text else None)
            elif kind == 'window' and not outputs:
                c = plain().text
                window = r.choice([f'PARTITION BY {plain().text}', f'ORDER BY {plain().text}', f'PARTITION BY {plain().text} ORDER BY {plain().text} DESC', '', f'ORDER BY {plain().text} COLLATE NOCASE'])
                add(Node(f'{r.choice(["row_number()", f"lag({c})", f"first_value({c})", f"last_value({c})", "rank()", f"group_concat({c})" if r.random() < 0.2 else "ntile(3)", f"count({c})", f"nth_value({c}, 2)", f"max({c})" if "id" in c else "count(*)"])} OVER ({window})'))
            elif r.random() < 0.08 and kind == 'rows': add(self.inner_value(scope))
            else: add_column()
        order = limit = NOTHING
        if ended and r.random() < 0.4: order = clause(' ORDER BY §', items([fixed(r.choice([plain().text, 'x0', str(n), 'x0 DESC', plain().text + ' DESC', 'x0 COLLATE NOCASE', plain().text + ' NULLS LAST'])) for _ in range(r.choice([1, 1, 2]))]))
        if ended and r.random() < 0.3: limit = clause(f' LIMIT {r.choice([1, 5, 20, 100, 400])}{r.choice(["", "", " OFFSET 3", " OFFSET 40"])}')
        return fixed('SELECT §§ FROM §§§§§§', clause('DISTINCT ') if kind == 'distinct' else NOTHING, items(outputs) if width is None and depth >= 2 else fixed(', '.join('§' * len(outputs)), *outputs), tree, where, group, having, order, limit), columns
