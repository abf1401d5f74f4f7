"""Random SELECTs. Every source knows a key: columns that make ORDER BY total, so that order and LIMIT can be compared."""
from grammar.tree import Node, NOTHING, Statement, clause, fixed, items
from grammar.expressions import Column


class Source:
    """FROM text with its columns, and the expressions that together name one row (None where none are known)."""
    def __init__(self, tree, columns, key): self.tree, self.columns, self.key = tree, columns, key


class Queries:
    """Mixed into Grammar."""
    def table_source(self, alias=None, table=None):
        t = table or self.rng.choice(self.readable())
        self.aliases += 1
        a = alias or f'a{self.aliases}'
        columns = [Column(f'{a}.{c.name}', c.affinity, c.tame, c.collation) for c in t.columns]
        return Source(fixed(f'{t.name} AS {a}'), columns, [f'{a}.{k}' for k in t.key] if t.key else None)

    def derived_source(self, depth):
        inner = self.plain_select(depth, limit=False)
        self.aliases += 1
        a = f'd{self.aliases}'
        select, names = inner
        return Source(fixed(f'(§) AS {a}', select), [Column(f'{a}.{n}') for n in names], None)

    def source(self, depth=1):
        r = self.rng
        left = self.derived_source(depth - 1) if depth > 0 and r.random() < 0.12 else self.table_source()
        joins = 0
        while r.random() < 0.35 and joins < 2:
            joins += 1
            right = self.table_source() if depth <= 0 or r.random() < 0.85 else self.derived_source(depth - 1)
            both = left.columns + right.columns
            key = left.key + right.key if left.key and right.key else None
            # SQLite 3.40 takes the ON of an inner join beside a RIGHT or FULL JOIN for a WHERE: those come alone.
            how = r.choice(['JOIN', 'LEFT JOIN', 'CROSS JOIN', ',', 'LEFT JOIN', 'INNER JOIN', 'USING'] + (['RIGHT JOIN', 'FULL JOIN'] if joins == 1 else []))
            if how == 'USING':
                common = sorted({c.name for c in left.columns} & {c.name for c in right.columns} - {''})
                if not common or joins > 1: how = 'JOIN'
                else:
                    left = Source(fixed(f'§ {r.choice(["JOIN", "LEFT JOIN"])} § USING ({r.choice(common)})', left.tree, right.tree), both, key)
                    continue
            if how == ',': left = Source(fixed('§, §', left.tree, right.tree), both, key); break
            if how in ('RIGHT JOIN', 'FULL JOIN'): joins = 2
            on = clause(' ON §', self.join_condition(left, right)) if how != 'CROSS JOIN' else NOTHING
            left = Source(fixed(f'§ {how} §§', left.tree, right.tree, on if how in ('JOIN', 'INNER JOIN', 'CROSS JOIN') else Node(on.form, *on.parts, kind='x')), both, key)
        return left

    def join_condition(self, left, right):
        r = self.rng
        if r.random() < 0.6: return Node(f'{r.choice(left.columns).text} {r.choice(["=", "=", "=", "<", "IS"])} {r.choice(right.columns).text}')
        return self.expression(left.columns + right.columns, 2, 'truth')

    def where(self, scope, chance=0.6): return clause(' WHERE §', self.expression(scope, self.rng.choice([1, 2, 2, 3]), self.rng.choice(['truth'] * 9 + [None]))) if self.rng.random() < chance else NOTHING

    def order_term(self, scope):
        r = self.rng
        return fixed(f'§{r.choice(["", "", " DESC", " ASC", " NULLS LAST", " DESC NULLS FIRST", " COLLATE NOCASE"])}', Node(r.choice(scope).text) if r.random() < 0.6 else Node('(§)', self.expression(scope, 1)))

    def limit(self): return clause(self.rng.choice([' LIMIT 3', ' LIMIT 2 OFFSET 1', ' LIMIT -1', ' LIMIT 1, 4', ' LIMIT 0', ' LIMIT 5 OFFSET -1', ' LIMIT 1+1']))

    def total_order(self, source, limit_chance=0.25):
        """ORDER BY of random terms and then the key; None without a key."""
        if not source.key: return None
        terms = [self.order_term(source.columns) for _ in range(self.rng.choice([0, 0, 1, 2]))]
        return clause(' ORDER BY §§§', items(terms) if terms else NOTHING, fixed((', ' if terms else '') + ', '.join(source.key)), self.limit() if self.rng.random() < limit_chance else NOTHING)

    def plain_select(self, depth, limit=True):
        """A SELECT for use inside another: its text tree and its column names."""
        s = self.source(depth)
        n = self.rng.randint(1, 3)
        names = [f'x{i}' for i in range(n)]
        outputs = [fixed(f'§ AS {name}', self.expression(s.columns, self.rng.choice([0, 0, 1, 2]))) for name in names]
        return fixed('SELECT §§ FROM §§', clause('DISTINCT ') if self.rng.random() < 0.1 else NOTHING, fixed(', '.join('§' * n), *outputs), s.tree, self.where(s.columns, 0.5)), names

    def scalar_subquery(self, outer):
        r, s = self.rng, self.table_source()
        scope = s.columns + (outer if r.random() < 0.6 else [])
        if r.random() < 0.5 or not s.key:
            tame = [c for c in s.columns if c.tame] or s.columns[:1]
            call = r.choice(['count(*)', f'count({r.choice(s.columns).text})', f'max({r.choice(s.columns).text})', f'min({r.choice(s.columns).text})'] + ([f'sum({r.choice(tame).text})', f'total({r.choice(tame).text})'] if tame[0].tame else []))
            return Node(f'(SELECT {call} FROM §§)', s.tree, self.where(scope))
        return Node(f'(SELECT § FROM §§ ORDER BY {", ".join(s.key)} LIMIT 1)', self.expression(s.columns, 1), s.tree, self.where(scope))

    def subquery_test(self, outer, depth):
        r, s = self.rng, self.table_source()
        scope = s.columns + (outer if r.random() < 0.6 else [])
        if r.random() < 0.5: return Node(f'{r.choice(["", "NOT "])}EXISTS (SELECT 1 FROM §§)', s.tree, self.where(scope, 1))
        return Node(f'(§ {r.choice(["", "NOT "])}IN (SELECT § FROM §§))', self.leaf(outer), self.expression(s.columns, r.choice([0, 1])), s.tree, self.where(scope))

    # --- whole statements ---

    def query(self):
        r = self.rng
        self.aliases = 0
        return r.choices([self.select, self.distinct, self.grouped, self.aggregate, self.compound, self.windowed, self.with_query, self.recursive, self.concatenated, self.starred],
                         (10, 2, 5, 3, 3, 5, 2, 1, 1, 1))[0]()

    def outputs(self, scope, depth=3): return items([self.expression(scope, self.rng.randint(0, depth)) for _ in range(self.rng.randint(1, 3))])

    def select(self):
        s = self.source()
        order = self.total_order(s) if self.rng.random() < 0.8 else None
        return Statement(fixed('SELECT § FROM §§§', self.outputs(s.columns), s.tree, self.where(s.columns), order or NOTHING), order)

    def starred(self):
        s = self.source()
        order = self.total_order(s)
        return Statement(fixed('SELECT * FROM §§§', s.tree, self.where(s.columns), order or NOTHING), order)

    def distinct(self):
        s = self.source()
        return Statement(fixed('SELECT DISTINCT § FROM §§', self.outputs(s.columns, 2), s.tree, self.where(s.columns)), loose=True)

    def aggregate_call(self, scope):
        r, tame = self.rng, [c for c in scope if c.tame]
        if tame and r.random() < 0.5:
            c = r.choice(tame).text
            call = Node(r.choice(['sum(§)', 'avg(§)', 'total(§)', 'sum(DISTINCT §)', 'avg(§)', 'sum(§ * 2)', 'sum(-§)', 'sum(§ > 1)', 'total(abs(§))']).replace('§', c))
        else:
            call = Node(f'{r.choice(["count(§)", "min(§)", "max(§)", "count(DISTINCT §)", "max(§)", "count(*)", "min(§)"])}', self.expression(scope, r.choice([0, 0, 1])))
            if call.form == 'count(*)': call = Node('count(*)')
        if r.random() < 0.15: call = Node(str(call).replace('§', '') + ' FILTER (WHERE §)', self.expression(scope, 1, 'truth'))
        return call if r.random() < 0.85 else Node(r.choice(['coalesce(§, 0)', '(§ + 1)', 'typeof(§)', '(§ > 1)', "(§ || 'x')"]), call)

    def aggregate(self):
        s = self.source()
        calls = items([self.aggregate_call(s.columns) for _ in range(self.rng.randint(1, 3))])
        having = clause(' HAVING §', Node(f'§ {self.rng.choice([">", "<", "="])} 2', self.aggregate_call(s.columns))) if self.rng.random() < 0.1 else NOTHING
        return Statement(fixed('SELECT § FROM §§§', calls, s.tree, self.where(s.columns), having), loose=True)

    def grouped(self):
        r, s = self.rng, self.source()
        keys = [self.expression(s.columns, r.choice([0, 0, 1, 2])) for _ in range(r.choice([1, 1, 2]))]
        by = ', '.join(str(i + 1) for i in range(len(keys))) if r.random() < 0.5 else None
        calls = [self.aggregate_call(s.columns) for _ in range(r.randint(1, 2))]
        having = clause(' HAVING §', Node(f'§ {r.choice([">", "<=", "IS NOT"])} 1', self.aggregate_call(s.columns))) if r.random() < 0.3 else NOTHING
        group = fixed(by) if by else items([Node('(§)', k) if str(k)[:1] in '-0123456789' else k for k in keys])
        return Statement(fixed(f'SELECT {", ".join("§" * len(keys))}, § FROM §§ GROUP BY §§', *keys, items(calls), s.tree, self.where(s.columns), group, having), loose=True)

    def concatenated(self):
        r, s = self.rng, self.table_source()
        c = r.choice(s.columns).text
        call = r.choice([f'group_concat({c})', f"group_concat({c}, '-')", f'json_group_array({c})', f'count(*), group_concat(quote({c}))'])
        if not s.key: return self.select()
        return Statement(fixed(f'SELECT {call} FROM (SELECT {c} FROM §§ ORDER BY {", ".join(s.key)})'.replace(c, 'v').replace('SELECT v FROM', f'SELECT {c} AS v FROM'), s.tree, self.where(s.columns, 0.3)), loose=False)

    def compound(self):
        r = self.rng
        n, arms = r.randint(1, 2), []
        for _ in range(r.choice([2, 2, 3])):
            s = self.source(0)
            arms.append(fixed(f'SELECT {", ".join("§" * n)} FROM §§', *[self.expression(s.columns, r.choice([0, 0, 1])) for _ in range(n)], s.tree, self.where(s.columns, 0.4)))
        ops = [r.choice(['UNION', 'UNION ALL', 'INTERSECT', 'EXCEPT']) for _ in arms[1:]]
        return Statement(fixed('§' + ''.join(f' {op} §' for op in ops), *arms), loose=any(op != 'UNION ALL' for op in ops))

    def frame(self, total):
        r = self.rng
        if r.random() < 0.4: return ''
        unit = r.choice(['ROWS', 'ROWS', 'GROUPS', 'RANGE'])
        start = r.choice(['UNBOUNDED PRECEDING', 'CURRENT ROW'] + (['1 PRECEDING', '2 PRECEDING', '1 FOLLOWING'] if unit != 'RANGE' else []))
        ends = {'UNBOUNDED PRECEDING': ['CURRENT ROW', 'UNBOUNDED FOLLOWING', '1 FOLLOWING', '1 PRECEDING'], 'CURRENT ROW': ['CURRENT ROW', 'UNBOUNDED FOLLOWING', '1 FOLLOWING'],
                '1 FOLLOWING': ['2 FOLLOWING', 'UNBOUNDED FOLLOWING']}.get(start, ['CURRENT ROW', '1 FOLLOWING', '1 PRECEDING', 'UNBOUNDED FOLLOWING'])
        if unit == 'RANGE': ends = [e for e in ends if '1' not in e]
        exclude = r.choice(['', '', '', ' EXCLUDE NO OTHERS', ' EXCLUDE CURRENT ROW', ' EXCLUDE GROUP', ' EXCLUDE TIES'])
        return f' {unit} BETWEEN {start} AND {r.choice(ends)}{exclude}'

    def windowed(self):
        r, s = self.rng, self.source(0)
        if not s.key: return self.select()
        calls = []
        for _ in range(r.choice([1, 1, 2])):
            c = self.expression(s.columns, r.choice([0, 0, 1]))
            partition = clause('PARTITION BY § ', self.expression(s.columns, r.choice([0, 1]))) if r.random() < 0.5 else NOTHING
            terms = [self.order_term(s.columns)] if r.random() < 0.6 else []
            total = fixed(' ORDER BY §§', items(terms) if terms else NOTHING, fixed((', ' if terms else '') + ', '.join(s.key)))
            tame = [x.text for x in s.columns if x.tame]
            kind = r.randrange(4)
            if kind == 0:
                ties = fixed(' ORDER BY §', items(terms)) if terms else NOTHING
                calls.append(Node(f'{r.choice(["rank()", "dense_rank()", "percent_rank()", "cume_dist()", "count(*)"])} OVER (§§)', partition, ties))
            elif kind == 1:
                call = r.choice(['row_number()', 'ntile(2)', 'ntile(3)', 'lag(§)', 'lead(§)', 'lag(§, 2)', "lead(§, 1, 'none')", 'lag(§, 0)'])
                calls.append(Node(f'{call} OVER (§§)', *([c] if '§' in call else []), partition, total))
            else:
                call = r.choice(['first_value(§)', 'last_value(§)', 'nth_value(§, 2)', 'count(§)', 'max(§)', 'min(§)', 'group_concat(§)', 'count(*)'])
                if tame and r.random() < 0.4: call = f'{r.choice(["sum", "avg", "total"])}({r.choice(tame)})'
                keep = f' FILTER (WHERE §)' if r.random() < 0.15 and 'value' not in call else ''
                parts = ([c] if '§' in call else []) + ([self.expression(s.columns, 1, 'truth')] if keep else [])
                calls.append(Node(f'{call}{keep} OVER (§§§)', *parts, partition, total, clause(self.frame(True))))
        order = clause(f' ORDER BY {", ".join(s.key)}')
        return Statement(fixed('SELECT §, § FROM §§§', self.expression(s.columns, 0), items(calls), s.tree, self.where(s.columns, 0.3), order), order, loose=True)

    def with_query(self):
        r = self.rng
        select, names = self.plain_select(1)
        body = Source(fixed('w'), [Column(f'w.{n}') for n in names], None)
        if r.random() < 0.5:
            other = self.table_source()
            body = Source(fixed('w JOIN §§', other.tree, clause(' ON §', self.join_condition(body, other))), body.columns + other.columns, None)
        hint = r.choice(['', '', '', ' MATERIALIZED', ' NOT MATERIALIZED'])
        return Statement(fixed(f'WITH w AS{hint} (§) SELECT § FROM §§', select, self.outputs(body.columns, 2), body.tree, self.where(body.columns, 0.5)), loose='DISTINCT' in str(select))

    def recursive(self):
        r = self.rng
        kind = r.randrange(3)
        step = [Column('n', 'INTEGER', True)]
        if kind == 0:
            return Statement(fixed(f'WITH RECURSIVE c(n, v) AS (SELECT 1, § {r.choice(["UNION", "UNION ALL"])} SELECT n + 1, § FROM c WHERE n < {r.choice([3, 5, 9])}) SELECT n, v FROM c', self.expression([], 1), self.expression(step + [Column('v')], 1)), loose=True)
        t = r.choice([t for t in self.tables if t.key])
        k = f't.{t.key[0]}'
        other = f't.{r.choice(t.columns).name}'
        if kind == 1: return Statement(fixed(f'WITH RECURSIVE c(n, v) AS (SELECT 0, {k} FROM {t.name} AS t UNION SELECT n + 1, {other} FROM c JOIN {t.name} AS t ON {k} = c.v WHERE n < 3) SELECT n, v FROM c'), loose=True)
        return Statement(fixed(f'WITH RECURSIVE c(n, v) AS (SELECT 1, {other} FROM {t.name} AS t UNION ALL SELECT n + 1, § FROM c WHERE n < 4) SELECT n, count(*), max(v) FROM c GROUP BY n', self.expression(step + [Column('v')], 1)), loose=True)
