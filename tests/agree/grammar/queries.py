"""Random SELECTs. Every source knows a key: columns that make ORDER BY total, so that order and LIMIT can be compared."""
from grammar.tree import Node, NOTHING, Statement, clause, fixed, items
from grammar.expressions import Column
from grammar import values


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
        left = self.derived_source(depth - 1) if depth > 0 and r.random() < 0.12 else self.elements() if depth > 0 and r.random() < 0.05 else self.rows_given() if depth > 0 and r.random() < 0.04 else self.table_source()
        joins = 0
        while r.random() < 0.35 and joins < 2:
            joins += 1
            right = self.table_source() if depth <= 0 or r.random() < 0.85 else self.derived_source(depth - 1)
            both = left.columns + right.columns
            key = left.key + right.key if left.key and right.key else None
            # SQLite 3.40 takes the ON of an inner join beside a RIGHT or FULL JOIN for a WHERE: those come alone.
            how = r.choice(['JOIN', 'LEFT JOIN', 'CROSS JOIN', ',', 'LEFT JOIN', 'INNER JOIN', 'USING', 'NATURAL', 'NESTED'] + (['RIGHT JOIN', 'FULL JOIN'] if joins == 1 else []))
            if how == 'NATURAL':
                common = sorted({c.name for c in left.columns} & {c.name for c in right.columns} - {''})
                if not common or joins > 1: how = 'JOIN'
                else: return self.united(left, right, f'NATURAL {r.choice(["JOIN", "LEFT JOIN", "RIGHT JOIN", "FULL JOIN", "INNER JOIN"])}', '', common)
            if how == 'NESTED':
                inner = self.table_source()
                nested = fixed('(§ JOIN §§)', right.tree, inner.tree, clause(' ON §', self.join_condition(right, inner)))
                right = Source(nested, right.columns + inner.columns, right.key + inner.key if right.key and inner.key and '.rowid' not in f'{right.key}{inner.key}' else None)
                return Source(fixed('§ LEFT JOIN § ON §', left.tree, right.tree, self.join_condition(left, right)), left.columns + right.columns, left.key + right.key if left.key and right.key else None)
            if how == 'USING':
                common = sorted({c.name for c in left.columns} & {c.name for c in right.columns} - {''})
                if not common or joins > 1: how = 'JOIN'
                else:
                    shared = r.sample(common, min(len(common), r.choice([1, 1, 2])))
                    return self.united(left, right, r.choice(['JOIN', 'LEFT JOIN', 'RIGHT JOIN', 'FULL JOIN', 'LEFT JOIN']), f' USING ({", ".join(shared)})', shared)
            if how == ',': left = Source(fixed('§, §', left.tree, right.tree), both, key); break
            if how in ('RIGHT JOIN', 'FULL JOIN'): joins = 2
            on = clause(' ON §', self.join_condition(left, right)) if how != 'CROSS JOIN' else NOTHING
            left = Source(fixed(f'§ {how} §§', left.tree, right.tree, on if how in ('JOIN', 'INNER JOIN', 'CROSS JOIN') else Node(on.form, *on.parts, kind='x')), both, key)
        return left

    def united(self, left, right, how, using, shared):
        """A join whose common columns may be named without their table."""
        return Source(fixed(f'§ {how} §{using}', left.tree, right.tree), left.columns + right.columns + [Column(name) for name in shared], left.key + right.key if left.key and right.key else None)

    def elements(self):
        """The rows of json_each or json_tree over a constant, or over a column of a table."""
        r = self.rng
        self.aliases += 1
        j, call = f'j{self.aliases}', r.choice(['json_each', 'json_tree'])
        columns = [Column(f'{j}.key'), Column(f'{j}.value'), Column(f'{j}.type', 'TEXT'), Column(f'{j}.atom'), Column(f'{j}.fullkey', 'TEXT'), Column(f'{j}.path', 'TEXT')]
        path = f', {r.choice(values.PATHS)}' if r.random() < 0.3 else ''
        if r.random() < 0.3: return Source(fixed(f'{call}({r.choice(values.JSONS + values.MORE_JSONS[:3])}{path}) AS {j}'), columns, [f'{j}.fullkey'])
        t = self.table_source()
        c = r.choice(t.columns).text
        doc = r.choice([f'json_array({c}, 1)', f"json_object('a', {c})", f"CASE WHEN json_valid({c}) THEN {c} END", r.choice(values.JSONS), f"json_array(json_array({c}), {r.choice(t.columns).text})"])
        joined = fixed(r.choice([f'§, {call}({doc}{path}) AS {j}', f'§ JOIN {call}({doc}{path}) AS {j}', f'§ LEFT JOIN {call}({doc}{path}) AS {j}']), t.tree)
        return Source(joined, t.columns + columns, t.key + [f'{j}.fullkey'] if t.key else None)

    def rows_given(self):
        """VALUES in FROM."""
        r = self.rng
        self.aliases += 1
        a, n = f'y{self.aliases}', r.randint(1, 2)
        rows = items([fixed(f'({", ".join("§" * n)})', *[self.constant() for _ in range(n)]) for _ in range(r.randint(1, 4))])
        return Source(fixed(f'(VALUES §) AS {a}', rows), [Column(f'{a}.column{i + 1}') for i in range(n)], None)

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

    def row_subquery(self, outer, two):
        r, s = self.rng, self.table_source()
        if r.random() < 0.6 or not s.key: return Node('((§, §) IN (SELECT §, § FROM §§))', *two, self.leaf(s.columns), self.leaf(s.columns), s.tree, self.where(s.columns + outer))
        return Node(f'((§, §) {r.choice(["=", "<", "IS"])} (SELECT §, § FROM §§ ORDER BY {", ".join(s.key)} LIMIT 1))', *two, self.leaf(s.columns), self.leaf(s.columns), s.tree, self.where(s.columns + outer))

    def subquery_test(self, outer, depth):
        r, s = self.rng, self.table_source()
        scope = s.columns + (outer if r.random() < 0.6 else [])
        if r.random() < 0.5: return Node(f'{r.choice(["", "NOT "])}EXISTS (SELECT 1 FROM §§)', s.tree, self.where(scope, 1))
        return Node(f'(§ {r.choice(["", "NOT "])}IN (SELECT § FROM §§))', self.leaf(outer), self.expression(s.columns, r.choice([0, 1])), s.tree, self.where(scope))

    # --- whole statements ---

    def query(self):
        r = self.rng
        self.aliases = 0
        return r.choices([self.select, self.distinct, self.grouped, self.aggregate, self.compound, self.windowed, self.with_query, self.recursive, self.concatenated, self.starred,
                          self.bare, self.ranged, self.ordered_recursion, self.catalog_query, self.several_tables, self.in_table],
                         (10, 2, 5, 3, 4, 5, 2, 1, 1, 1, 2, 2, 1, 1, 1, 0.4))[0]()

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
        outputs = self.outputs(s.columns, 2)
        order = clause(f' ORDER BY {", ".join(str(i + 1) + self.rng.choice(["", " DESC", " NULLS LAST"]) for i in range(len(outputs.parts)))}§', self.limit() if self.rng.random() < 0.4 else NOTHING) if self.rng.random() < 0.4 else None
        return Statement(fixed('SELECT DISTINCT § FROM §§§', outputs, s.tree, self.where(s.columns), order or NOTHING), order, loose=True)

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
        order = clause(f' ORDER BY {", ".join(str(i + 1) + r.choice(["", " DESC", " NULLS LAST"]) for i in range(len(keys)))}§', self.limit() if r.random() < 0.4 else NOTHING) if r.random() < 0.4 else None
        return Statement(fixed(f'SELECT {", ".join("§" * len(keys))}, § FROM §§ GROUP BY §§§', *keys, items(calls), s.tree, self.where(s.columns), group, having, order or NOTHING), order, loose=True)

    def bare(self):
        """Columns beside one max() or min() of a key: SQLite takes them from the row that has it."""
        r, s = self.rng, self.table_source()
        if not s.key or len(s.key) > 1: return self.grouped()
        key = self.expression(s.columns, r.choice([0, 1]))
        where = self.where(s.columns, 0.4)
        if r.random() < 0.4: return Statement(fixed(f'SELECT {r.choice(["max", "min"])}({s.key[0]}), § FROM §§', self.outputs(s.columns, 1), s.tree, where), loose=True)
        return Statement(fixed(f'SELECT {r.choice(["max", "min"])}({s.key[0]}), § FROM §§ GROUP BY §', self.outputs(s.columns, 1), s.tree, where, Node('(§)', key)), loose=True)

    def catalog_query(self):
        """Questions about the schema."""
        r = self.rng
        t = r.choice([t for t in self.tables if t.name != 'lg'] or self.tables).name
        return Statement(fixed(r.choice([f"SELECT name, type, \"notnull\", dflt_value, pk FROM pragma_table_info('{t}')", f'PRAGMA table_info({t})', f'PRAGMA table_xinfo({t})', f'PRAGMA index_list({t})', f'PRAGMA foreign_key_list({t})', f"SELECT x.name, i.name FROM pragma_index_list('{t}') AS x, pragma_index_info(x.name) AS i",
                                         'SELECT type, name, tbl_name, sql FROM sqlite_schema', "SELECT m.name, p.name FROM sqlite_master AS m JOIN pragma_table_xinfo(m.name) AS p WHERE m.type = 'table'", f"SELECT count(*), (SELECT count(*) FROM {t}) FROM sqlite_schema WHERE tbl_name = '{t}'",
                                         'PRAGMA foreign_key_check', f'PRAGMA foreign_key_check({t})', 'PRAGMA integrity_check', 'PRAGMA foreign_keys', 'SELECT changes() >= 0, total_changes() >= 0', f'SELECT count(*), typeof(last_insert_rowid()) FROM {t}', f"SELECT p.name, (SELECT count(*) FROM {t}) FROM pragma_table_info('{t}') AS p", 'PRAGMA user_version', f'PRAGMA user_version = {r.randint(1, 9)}'])))

    def several_tables(self):
        """Common tables that use one another, or that are used twice."""
        r = self.rng
        (a, names), (b, others) = self.plain_select(0), self.plain_select(0)
        one, two = [Column(f'w1.{n}') for n in names], [Column(f'w2.{n}') for n in others]
        kind = r.randrange(4)
        if kind == 0: return Statement(fixed('WITH w1 AS (§), w2 AS (§) SELECT § FROM w1 LEFT JOIN w2 ON §§', a, b, self.outputs(one + two, 1), Node(f'{r.choice(one).text} = {r.choice(two).text}'), self.where(one + two, 0.3)), loose=True)
        if kind == 1: return Statement(fixed('WITH w1 AS (§) SELECT § FROM w1 JOIN w1 AS w2 ON §', a, self.outputs(one, 1), Node(f'{r.choice(one).text} = w2.{r.choice(names)}')), loose=True)
        if kind == 2: return Statement(fixed('WITH w1 AS (§), w3(k, n) AS (SELECT §, count(*) FROM w1 GROUP BY 1) SELECT k, n FROM w3 WHERE n >= (SELECT min(n) FROM w3)', a, Node(r.choice(one).text)), loose=True)
        return Statement(fixed('WITH w1 AS (WITH w2 AS (§) SELECT § AS y FROM w2) SELECT y, count(*) FROM w1 GROUP BY y', b, self.expression(two, 1)), loose=True)

    def in_table(self):
        one = [t for t in self.tables if len(t.columns) == 1 and not t.view]
        s = self.table_source()
        if not one: return Statement(fixed('SELECT § FROM § WHERE § IN (SELECT § FROM §)', self.outputs(s.columns, 1), s.tree, self.leaf(s.columns), self.leaf(s.columns), s.tree), loose=False)
        return Statement(fixed(f'SELECT § FROM § WHERE § IN {one[0].name}', self.outputs(s.columns, 1), s.tree, self.leaf(s.columns)))

    def ranged(self):
        """Windows of RANGE with offsets over exact numbers, and named windows."""
        r, s = self.rng, self.table_source()
        numbers = [c for c in s.columns if c.tame and c.affinity in ('INTEGER', 'REAL')]
        if not numbers or not s.key: return self.windowed()
        by, tame = r.choice(numbers).text, r.choice(numbers).text
        low = r.choice(['UNBOUNDED PRECEDING', '1 PRECEDING', '2.5 PRECEDING', 'CURRENT ROW', '0 PRECEDING', '1 FOLLOWING'])
        high = {'1 FOLLOWING': ['3 FOLLOWING', 'UNBOUNDED FOLLOWING']}.get(low, ['CURRENT ROW', '1 FOLLOWING', '2 FOLLOWING', 'UNBOUNDED FOLLOWING', '0.5 FOLLOWING'] if low != 'CURRENT ROW' else ['CURRENT ROW', '2 FOLLOWING', 'UNBOUNDED FOLLOWING'])
        unit = r.choice(['RANGE', 'RANGE', 'GROUPS', 'ROWS'])
        if unit != 'RANGE': low, high = low.replace('2.5', '2'), [h.replace('0.5', '1') for h in high]
        if unit == 'ROWS': by = f'{by}, {", ".join(s.key)}'
        frame = f'{unit} BETWEEN {low} AND {r.choice(high)}{r.choice(["", "", " EXCLUDE CURRENT ROW", " EXCLUDE GROUP", " EXCLUDE TIES"])}'
        partition = clause('PARTITION BY § ', self.expression(s.columns, r.choice([0, 1]))) if r.random() < 0.4 else NOTHING
        desc = r.choice(['', ' DESC', ' NULLS LAST', ' DESC NULLS FIRST']) if ',' not in by else ''
        call = lambda: r.choice([f'sum({tame})', f'count({tame})', 'count(*)', f'avg({tame})', f'min({tame})', f'max({tame})', f'total({tame}) FILTER (WHERE {tame} > 1)'])
        order = clause(f' ORDER BY {", ".join(s.key)}')
        if r.random() < 0.5: return Statement(fixed(f'SELECT {s.key[0]}, {call()} OVER (§ORDER BY {by}{desc} {frame}) FROM §§§', partition, s.tree, self.where(s.columns, 0.3), order), order, loose=True)
        if r.random() < 0.5: return Statement(fixed(f'SELECT {s.key[0]}, {call()} OVER w, {call()} OVER (w {frame}) FROM §§ WINDOW w AS (§ORDER BY {by}{desc})§', s.tree, self.where(s.columns, 0.3), partition, order), order, loose=True)
        return Statement(fixed(f'SELECT {s.key[0]}, {call()} OVER w2, {call()} OVER w FROM §§ WINDOW w AS (§ORDER BY {by}{desc} {frame}), w2 AS (ORDER BY {", ".join(s.key)} DESC)§', s.tree, self.where(s.columns, 0.3), partition, order), order, loose=True)

    def ordered_recursion(self):
        r = self.rng
        keyed = [t for t in self.tables if t.key and len(t.key) == 1]
        kind = r.randrange(4)
        if kind == 0 or not keyed: return Statement(fixed(f'WITH RECURSIVE c(n, v) AS (SELECT 1, § UNION ALL SELECT n + 1, § FROM c LIMIT {r.choice([1, 4, 7])}{r.choice(["", " OFFSET 2"])}) SELECT n, v FROM c', self.expression([], 1), self.expression([Column('n', 'INTEGER', True), Column('v')], 1)), loose=True)
        if kind == 1: return Statement(fixed(f'WITH RECURSIVE c(d, p) AS (SELECT 0, 1 UNION ALL SELECT d + 1, p * 2 + x.i FROM c, (SELECT 0 AS i UNION ALL SELECT 1) AS x WHERE d < 3 ORDER BY {r.choice(["1", "1 DESC", "d, p", "d DESC, p", "p"])}) SELECT d, p FROM c'))
        t = r.choice(keyed)
        k, other = f't.{t.key[0]}', f't.{r.choice(t.columns).name}'
        if kind == 2: return Statement(fixed(f'WITH RECURSIVE c(n, v) AS (SELECT 0, {k} FROM {t.name} AS t WHERE § UNION ALL SELECT n + 1, {k} FROM c JOIN {t.name} AS t ON {other} = c.v WHERE n < 2) SELECT n, count(*), sum(n) FROM c GROUP BY n', self.expression([Column(f't.{c.name}', c.affinity) for c in t.columns], 1, 'truth')), loose=True)
        return Statement(fixed(f'SELECT {k}, (WITH RECURSIVE c(n) AS (VALUES (1) UNION ALL SELECT n + 1 FROM c WHERE n < 4) SELECT group_concat(n) FROM c WHERE § ) FROM {t.name} AS t', self.expression([Column('n', 'INTEGER'), Column(other)], 1, 'truth')))

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
        if r.random() < 0.1: arms[r.randrange(len(arms) - 1)] = fixed(f'VALUES ({", ".join("§" * n)})', *[self.constant() for _ in range(n)])
        order = clause(f' ORDER BY {", ".join(str(i + 1) + r.choice(["", " DESC", " NULLS LAST", " COLLATE NOCASE"][:3]) for i in range(n))}§', self.limit() if r.random() < 0.5 else NOTHING) if r.random() < 0.5 else None
        tree = fixed('§' + ''.join(f' {op} §' for op in ops) + '§', *arms, order or NOTHING)
        if r.random() < 0.15: return Statement(fixed('SELECT count(*), max(x1) FROM (SELECT * FROM (§) AS u) AS u, (SELECT 1 AS x1) AS z', fixed('§' + ''.join(f' {op} §' for op in ops), *arms)), loose=True)
        return Statement(tree, order, loose=order is not None or any(op != 'UNION ALL' for op in ops))

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
