"""Random expressions over the columns in scope."""
from grammar.tree import Node, fixed, items, clause
from grammar import values


class Column:
    """What an expression may name: its text, affinity, and whether sums over it are exact."""
    def __init__(self, text, affinity='', tame=False, collation='', name=None):
        self.text, self.affinity, self.tame, self.collation, self.name = text, affinity, tame, collation, name or text.split('.')[-1]
        self.pool = None  # the literals that it holds, where they are few


def quote(text): return "'" + text + "'"


class Expressions:
    """Mixed into Grammar, which has rng and subquery()."""
    def constant(self):
        r = self.rng.random()
        if r < 0.35: pool = values.INTEGERS
        elif r < 0.45: pool = values.REALS + values.WHOLE_REALS
        elif r < 0.6: pool = values.TEXTS
        elif r < 0.68: pool = values.NUMERIC_TEXTS
        elif r < 0.71: pool = values.SPACED_TEXTS
        elif r < 0.75: pool = values.EDGE_TEXTS
        elif r < 0.8: pool = values.BLOBS
        elif r < 0.815: pool = values.HUGE
        elif r < 0.86: pool = values.EDGE_INTEGERS + values.EDGE_REALS
        else: pool = ['NULL']
        return Node(self.rng.choice(pool))

    def leaf(self, scope, want=None):
        r = self.rng
        if scope and r.random() < 0.72:
            fit = [c for c in scope if want is None or (c.affinity in ('INTEGER', 'REAL', 'NUMERIC')) == (want == 'number')]
            return Node(r.choice(fit if fit and r.random() < 0.8 else scope).text)
        if want == 'number' and r.random() < 0.8: return Node(r.choice(values.INTEGERS + values.REALS))
        if want == 'text' and r.random() < 0.8: return Node(r.choice(values.TEXTS + values.NUMERIC_TEXTS))
        return self.constant()

    def expression(self, scope, depth, want=None):
        r = self.rng
        if depth <= 0: return self.leaf(scope, want)
        kinds = {'number': (self.arithmetic, self.numeric_call, self.bits, self.choose), 'text': (self.text_call, self.text_call, self.concat, self.choose),
                 'truth': (self.comparison, self.comparison, self.logic, self.test, self.member, self.pattern)}
        if want is None: want = r.choices(['number', 'text', 'truth', 'any'], (4, 3, 3, 3))[0]
        if want == 'any': return r.choice((self.choose, self.cast, self.odd_call, self.nested, self.leaf_of, self.collate_anywhere))(scope, depth)
        return r.choice(kinds[want])(scope, depth)

    def sub(self, scope, depth, want=None): return self.expression(scope, depth - self.rng.randint(1, 2), want)
    def leaf_of(self, scope, depth): return self.leaf(scope)

    def arithmetic(self, s, d): return Node(f'(§ {self.rng.choice("+-*/%")} §)', self.sub(s, d, 'number'), self.sub(s, d, 'number'))

    def collate_anywhere(self, s, d): return Node(f'(§ COLLATE {self.rng.choice(["NOCASE", "BINARY", "RTRIM"])})', self.sub(s, d))

    def bits(self, s, d):
        if self.rng.random() < 0.5: return Node(f'({self.rng.choice("-+~")} §)', self.sub(s, d, 'number'))
        return Node(f'(§ {self.rng.choice(["&", "|", "<<", ">>"])} §)', self.sub(s, d, 'number'), self.sub(s, d, 'number'))

    def numeric_call(self, s, d):
        r = self.rng
        a = self.sub(s, d, 'number')
        form = r.choice(['abs(§)', 'round(§)', 'round(§, 1)', 'round(§, 2)', 'sign(§)', 'max(§, ¤)', 'min(§, ¤)', 'ceil(§)', 'floor(§)', 'trunc(§)', 'mod(§, ¤)', 'round(§, ¤)', 'pow(§, 2)', 'exp(§ % 5)', 'ln(abs(§) + 1)', 'log10(abs(§) + 1)', 'log(2, abs(§) + 1)', 'atan2(§, ¤)', 'degrees(§)', 'ceiling(§)', 'length(§) - ¤', 'instr(§, ¤)', 'unicode(§)'])
        return Node(form.replace('¤', '§'), a, self.sub(s, d, 'number')) if '¤' in form else Node(form, a)

    def concat(self, s, d): return Node('(§ || §)', self.sub(s, d), self.sub(s, d, 'text'))

    def text_call(self, s, d):
        r = self.rng
        a = self.sub(s, d, r.choice(['text', 'text', None]))
        kind = r.randrange(19)
        if kind < 7: return Node(r.choice(['length', 'upper', 'lower', 'hex', 'quote', 'trim', 'typeof', 'unicode', 'ltrim', 'rtrim']) + '(§)', a)
        if kind == 7: return Node('replace(§, §, §)', a, self.sub(s, d, 'text'), self.sub(s, d, 'text'))
        if kind == 8: return Node(f'substr(§, {r.choice(["1", "2", "-2", "0", "-9", "3"])}{r.choice(["", ", 1", ", 2", ", -1", ", 0"])})', a)
        if kind == 9: return Node('substr(§, §, §)', a, self.leaf(s, 'number'), self.leaf(s, 'number'))
        if kind == 10: return Node('instr(§, §)', a, self.sub(s, d, 'text'))
        if kind == 11: return Node(f"printf('{r.choice(values.PRINTF)}', §)", a)
        if kind == 12: return Node(f"{r.choice(['date', 'time', 'datetime', 'julianday', 'unixepoch'])}(§{self.modifiers()})", self.date_value(s))
        if kind == 13: return Node(f"strftime('{r.choice(values.FORMATS)}', §{self.modifiers()})", self.date_value(s))
        if kind == 16: return Node(f"printf('{r.choice(values.PRINTF)}{r.choice(values.PRINTF)}', §, §)", a, self.leaf(s))
        if kind == 17: return Node(r.choice(["printf('%*d|', §, §)", "printf('%.*f|', §, §)", 'printf(§, §)', "format('%s-%s', §, §)"]), self.leaf(s, 'number'), self.leaf(s))
        if kind == 18: return Node(r.choice(['quote(§)', 'char(unicode(§), 65)', 'soundex(§)', 'hex(CAST(§ AS BLOB))', 'substring(§, 2)', "replace(§, 'a', '')", "rtrim(§, 'c ')", 'typeof(§ + 0)', "(§ || x'')", 'typeof(-§)', 'nullif(§, §)'.replace('§', str(self.leaf(s))) + ' || §']), a)
        if kind == 14: return self.json_call(s)
        return Node('trim(§, §)', a, self.leaf(s, 'text'))

    def modifiers(self): return ''.join(', ' + self.rng.choice(values.MODIFIERS) for _ in range(self.rng.choice([0, 0, 1, 1, 2, 3])))

    def date_value(self, s):
        if s and self.rng.random() < 0.3: return self.leaf(s)
        return Node(self.rng.choice([d for d in values.DATES if d != "'now'"] + values.TIMES + ['0', '1700000000', '2460000.5', 'NULL', '-1', '5373484.49', '1e12', '-62167219200', '0.5']))

    def json_call(self, s):
        r = self.rng
        doc = Node(r.choice(values.JSONS * 2 + values.MORE_JSONS)) if not s or r.random() < 0.7 else Node(r.choice(['json_array(§)', "json_object('a', §)", '§', 'json_quote(§)', "json_array(§, '[1]', json('{\"a\":2}'))"]), self.leaf(s, 'text'))
        path = r.choice(values.PATHS)
        value = self.leaf(s)
        return r.choice([Node(f'json_extract(§, {path})', doc), Node(f'json_type(§, {path})', doc), Node('json_valid(§)', doc), Node(f'json_array_length(§, {path})', doc),
                         Node(f'json_set(§, {path}, §)', doc, value), Node(f'json_insert(§, {path}, §)', doc, value), Node(f'json_replace(§, {path}, §)', doc, value), Node(f'json_remove(§, {path})', doc),
                         Node('json_array(§, §)', value, self.leaf(s)), Node("json_object('k', §, 'l', §)", value, self.leaf(s)), Node('json(§)', doc),
                         Node(f'(§ -> {path})', doc), Node(f'(§ ->> {path})', doc), Node('json_quote(§)', value), Node("json_patch(§, '{\"a\":9,\"z\":null}')", doc), Node(f'json_extract(§, {path}, {r.choice(values.PATHS)})', doc),
                         Node(f"(§ {r.choice(['->', '->>'])} {r.choice(['0', '1', quote('a'), quote('b'), '-1', quote('0'), quote('a.b')])})", doc), Node('json_type(§)', doc), Node('json_array_length(§)', doc), Node(f'json_set(§, {path}, json(§))', doc, Node(r.choice(values.JSONS))),
                         Node('(SELECT group_concat(key) FROM json_each(§))', doc), Node('(SELECT count(*) FROM json_tree(§))', doc), Node('(SELECT group_concat(type) FROM json_tree(§))', doc), Node(f'(SELECT group_concat(atom) FROM json_tree(§, {path}))', doc),
                         Node('(SELECT group_concat(fullkey) FROM json_tree(§) WHERE atom IS NOT NULL)', doc), Node('EXISTS (SELECT 1 FROM json_each(§) WHERE value = §)', doc, value)])

    def choose(self, s, d):
        r = self.rng
        kind = r.randrange(8)
        if kind == 6: return Node('CASE WHEN § THEN § END', self.sub(s, d, 'truth'), self.sub(s, d))
        if kind == 7: return Node('CASE § WHEN § THEN § END', self.collated(self.sub(s, d)), self.leaf(s), self.sub(s, d))
        if kind == 0: return Node('CASE WHEN § THEN § ELSE § END', self.sub(s, d, 'truth'), self.sub(s, d), self.sub(s, d))
        if kind == 1: return Node('CASE § WHEN § THEN § WHEN § THEN § END', self.sub(s, d), self.leaf(s), self.sub(s, d), self.leaf(s), self.leaf(s))
        if kind == 2: return Node('coalesce(§, §)', self.sub(s, d), self.sub(s, d))
        if kind == 3: return Node('iif(§, §, §)', self.sub(s, d, 'truth'), self.sub(s, d), self.sub(s, d))
        return Node(r.choice(['ifnull', 'nullif', 'max', 'min']) + '(§, §)', self.sub(s, d), self.sub(s, d))

    def cast(self, s, d): return Node(f'CAST(§ AS {self.rng.choice(["INTEGER", "REAL", "TEXT", "NUMERIC", "BLOB", "VARCHAR(3)", "DATE", "BIGINT", "DOUBLE PRECISION", "BOOLEAN"])})', self.sub(s, d))

    def odd_call(self, s, d):
        r = self.rng
        return r.choice([lambda: Node('typeof(§)', self.sub(s, d)), lambda: Node('max(§, §, §)', self.leaf(s), self.leaf(s), self.sub(s, d)), lambda: Node('coalesce(§, §, §)', self.leaf(s), self.leaf(s), self.sub(s, d)),
                         lambda: Node('zeroblob(2)'), lambda: Node('char(§, 66)', Node(r.choice(['65', '233', '8364']))), lambda: Node('likely(§)', self.sub(s, d)), lambda: Node('quote(§)', self.sub(s, d)),
                         lambda: Node('sqrt(§)', Node(r.choice(['4', '0', '16', '-1', 'NULL'])))])()

    def nested(self, s, d): return self.scalar_subquery(s) if self.rng.random() < 0.7 else self.sub(s, d)

    def collated(self, e):
        return Node(f'§ COLLATE {self.rng.choice(["NOCASE", "BINARY", "RTRIM"])}', e) if self.rng.random() < 0.08 else e

    def comparison(self, s, d):
        r = self.rng
        want = r.choice(['number', 'text', None])
        if r.random() < 0.05:
            two = [self.leaf(s) for _ in range(2)]
            return r.choice([lambda: Node('((§, §) BETWEEN (§, §) AND (§, §))', *two, *(self.leaf(s) for _ in range(4))), lambda: Node(f'((§, §) {r.choice(["IN", "NOT IN"])} (VALUES (§, §), (§, §)))', *two, *(self.leaf(s) for _ in range(4))),
                             lambda: self.row_subquery(s, two), lambda: Node('((§, §, §) > (§, §, §))', *(self.leaf(s) for _ in range(6)))])()
        if r.random() < 0.06: return Node(f'((§, §) {r.choice(["=", "<", ">=", "<>", "IS"])} (§, §))', *(self.leaf(s) for _ in range(4)))
        return Node(f'(§ {r.choice(["=", "<>", "<", "<=", ">", ">=", "IS", "IS NOT", "==", "!=", "IS DISTINCT FROM", "IS NOT DISTINCT FROM"])} §)', self.collated(self.sub(s, d, want)), self.sub(s, d, r.choice([want, want, None])))

    def logic(self, s, d):
        if self.rng.random() < 0.2: return Node('(NOT §)', self.sub(s, d, self.rng.choice(['truth', None])))
        return Node(f'(§ {self.rng.choice(["AND", "OR"])} §)', self.sub(s, d, 'truth'), self.sub(s, d, self.rng.choice(['truth', 'truth', None])))

    def test(self, s, d):
        r = self.rng
        if r.random() < 0.4: return Node(f'(§ {r.choice(["", "NOT "])}BETWEEN § AND §)', self.collated(self.sub(s, d)), self.collated(self.sub(s, d)) if r.random() < 0.2 else self.leaf(s), self.leaf(s))
        return Node(f'(§ {r.choice(["IS NULL", "NOTNULL", "IS TRUE", "IS NOT FALSE", "IS NOT NULL", "IS FALSE", "ISNULL", "IS NOT TRUE"])})', self.sub(s, d))

    def member(self, s, d):
        r = self.rng
        if r.random() < 0.3: return self.subquery_test(s, d)
        return Node(f'(§ {r.choice(["", "NOT "])}IN (§))', self.collated(self.sub(s, d)), items([self.leaf(s) for _ in range(r.randint(1, 4))]))

    def pattern(self, s, d):
        r = self.rng
        if r.random() < 0.12:
            pattern, escape = r.choice(values.ESCAPED)
            return Node(r.choice([f'(§ LIKE {pattern} ESCAPE {escape})', f'(§ NOT LIKE {pattern} ESCAPE {escape})', f'like({pattern}, §, {escape})', f'like({pattern}, §)', f"glob({r.choice(values.PATTERNS)}, §)"]), self.sub(s, d, 'text'))
        op = r.choice(['LIKE', 'NOT LIKE', 'GLOB', 'LIKE', 'NOT GLOB'])
        pattern = Node(r.choice(values.PATTERNS)) if r.random() < 0.85 else self.leaf(s, 'text')
        escape = " ESCAPE '\\'" if 'LIKE' in op and r.random() < 0.15 else ''
        return Node(f'(§ {op} §{escape})', self.sub(s, d, 'text'), pattern)
