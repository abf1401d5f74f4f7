#!/usr/bin/env python3
"""Random statements on the linked SQLite and through howdah, for as long as it is let run.

  random_statements.py [--addr HOST:PORT] [--seconds 60] [--seed N] [--out DIR] [--writers]

Every round makes a small typed schema with NULLs and edge values, then queries and writes from a grammar, and compares
rows, storage classes, counters and errors after each. A difference where howdah answers something else than SQLite is a
finding; a refusal is counted and is none. Each finding is shrunk (statements dropped, expressions replaced by their
parts while the difference stays) and written to DIR as a case file that agree.py runs.
Prints one line "N passed, N failed", where failed counts findings."""
import argparse, os, random, re, sys, time

sys.path.insert(0, os.path.dirname(os.path.abspath(__file__)))
import agree, oracle  # noqa: E402

TYPES = ['INTEGER', 'INT', 'REAL', 'TEXT', 'BLOB', 'NUMERIC', '', 'VARCHAR(10)', 'BOOLEAN', 'DOUBLE', 'DATE']
VALUES = ['NULL', '0', '1', '-1', '2', '7', '10', '100', '-5', '9223372036854775807', '-9223372036854775808', '2147483648', '0.0', '1.0', '-1.5', '2.5',
          '0.1', '1e10', '1e-5', '123456.789', "''", "'a'", "'A'", "'abc'", "'ABC'", "'b'", "'10'", "'9'", "'1.0'", "'1e2'", "' 7 '", "'5x'", "'%'", "'_'",
          "'é'", "'2024-02-29'", "'2023-12-31 23:59:59'", "x''", "x'61'", "x'00ff'"]
PATTERNS = ["'a%'", "'%b%'", "'_'", "'A_C'", "'%'", "'[a-c]*'", "'*1*'", "'?'", "'1%'"]


class Node:
    """An expression as text with the parts it was made of, so that a finding can be shrunk to one of them."""
    def __init__(self, form, *parts): self.form, self.parts = form, parts

    def __str__(self): return self.form.format(*self.parts)


class Grammar:
    def __init__(self, rng): self.rng, self.tables = rng, {}

    def leaf(self, columns):
        if columns and self.rng.random() < 0.65: return Node(self.rng.choice(columns))
        return Node(self.rng.choice(VALUES).replace('{', '{{'))

    def expression(self, columns, depth):
        r = self.rng
        if depth <= 0: return self.leaf(columns)
        def sub(d=1): return self.expression(columns, depth - r.randint(d, 2))
        kind = r.randrange(30)
        if kind < 5: return Node('({} ' + r.choice(['+', '-', '*', '/', '%']) + ' {})', sub(), sub())
        if kind < 9: return Node('({} ' + r.choice(['=', '<>', '<', '<=', '>', '>=', 'IS', 'IS NOT']) + ' {})', sub(), sub())
        if kind < 11: return Node('({} ' + r.choice(['AND', 'OR']) + ' {})', sub(), sub())
        if kind == 11: return Node('(' + r.choice(['NOT ', '-', '+', '~']) + '{})', sub())
        if kind == 12: return Node('({} || {})', sub(), sub())
        if kind == 13: return Node('({} ' + r.choice(['IS NULL', 'NOTNULL', 'IS TRUE', 'IS NOT FALSE']) + ')', sub())
        if kind == 14: return Node('({} ' + r.choice(['', 'NOT ']) + 'BETWEEN {} AND {})', sub(), sub(), sub())
        if kind == 15: return Node('({} ' + r.choice(['', 'NOT ']) + 'IN ({}, {}, {}))', sub(), sub(), sub(), sub())
        if kind == 16: return Node('CASE WHEN {} THEN {} ELSE {} END', sub(), sub(), sub())
        if kind == 17: return Node('CASE {} WHEN {} THEN {} END', sub(), sub(), sub())
        if kind == 18: return Node('CAST({} AS ' + r.choice(['INTEGER', 'REAL', 'TEXT', 'NUMERIC', 'BLOB']) + ')', sub())
        if kind == 19: return Node('({} ' + r.choice(['LIKE', 'NOT LIKE', 'GLOB']) + ' ' + r.choice(PATTERNS) + ')', sub())
        if kind == 20: return Node('coalesce({}, {})', sub(), sub())
        if kind == 21: return Node(r.choice(['ifnull', 'nullif', 'max', 'min', 'instr']) + '({}, {})', sub(), sub())
        if kind == 22: return Node(r.choice(['typeof', 'length', 'upper', 'lower', 'hex', 'quote', 'trim', 'unicode', 'sign']) + '({})', sub())
        if kind == 23: return Node('abs({})', sub())
        if kind == 24: return Node('round({}' + r.choice(['', ', 1', ', 2', ', 0']) + ')', sub())
        if kind == 25: return Node('substr({}, ' + r.choice(['1', '2', '-2', '0']) + r.choice(['', ', 1', ', 2', ', -1']) + ')', sub())
        if kind == 26: return Node('replace({}, {}, {})', sub(), sub(), sub())
        if kind == 27: return Node('({} ' + r.choice(['&', '|', '<<', '>>']) + ' {})', sub(), sub())
        if kind == 28: return Node("printf('" + r.choice(['%d', '%s', '%.2f', '%5d|', '%-4s|', '%x']) + "', {})", sub())
        return Node('({} COLLATE ' + r.choice(['NOCASE', 'BINARY', 'RTRIM']) + ' ' + r.choice(['=', '<']) + ' {})', sub(), sub())

    def schema(self, number):
        r, statements = self.rng, []
        self.tables = {}
        for t in range(r.randint(1, 3)):
            name = f'rt{number}_{t}'
            columns, definitions = [], []
            if r.random() < 0.6: columns.append('id'); definitions.append('id INTEGER PRIMARY KEY')
            for c in range(r.randint(2, 4)):
                columns.append(f'c{c}')
                definitions.append(f'c{c} {r.choice(TYPES)}' + r.choice(['', '', '', ' COLLATE NOCASE', ' UNIQUE']))
            self.tables[name] = columns
            statements.append(f'CREATE TABLE {name}({", ".join(definitions)})')
            if r.random() < 0.3: statements.append(f'CREATE INDEX {name}_i ON {name}({r.choice(columns)})')
            for _ in range(r.randint(2, 8)):
                plain = [c for c in columns if c != 'id']
                statements.append(f'INSERT OR IGNORE INTO {name}({", ".join(plain)}) VALUES ({", ".join(r.choice(VALUES) for _ in plain)})')
        return statements

    def query(self):
        r = self.rng
        names = list(self.tables)
        t = r.choice(names)
        columns = [f'a.{c}' for c in self.tables[t]]
        source = f'{t} AS a'
        if len(names) > 1 and r.random() < 0.4:
            u = r.choice(names)
            columns += [f'b.{c}' for c in self.tables[u]]
            source += f' {r.choice(["JOIN", "LEFT JOIN", "CROSS JOIN"])} {u} AS b'
            if 'CROSS' not in source: source += f' ON {self.expression(columns, 1)}'
        where = f' WHERE {self.expression(columns, 2)}' if r.random() < 0.6 else ''
        shape = r.random()
        if shape < 0.2:
            key = self.expression(columns, 1)
            aggregate = r.choice(['count(*)', 'count({})', 'sum({})', 'avg({})', 'min({})', 'max({})', 'total({})', 'count(DISTINCT {})']).format(r.choice(columns))
            return f'SELECT {key}, {aggregate} FROM {source}{where} GROUP BY 1 ORDER BY 1, 2'
        if shape < 0.3:
            column = r.choice(columns)
            return f'SELECT {r.choice(["count(*), sum({0})", "min({0}), max({0})", "avg({0})", "total({0}), count({0})"]).format(column)} FROM {source}{where}'
        outputs = ', '.join(str(self.expression(columns, r.randint(0, 3))) for _ in range(r.randint(1, 3)))
        count = outputs.count(',') and 1
        distinct = 'DISTINCT ' if shape < 0.4 else ''
        if shape > 0.9:
            v = r.choice(names)
            return f'SELECT {r.choice(columns)} FROM {source}{where} {r.choice(["UNION", "UNION ALL", "INTERSECT", "EXCEPT"])} SELECT {r.choice(self.tables[v])} FROM {v}'
        order = f' ORDER BY {", ".join(columns)}, 1' if not distinct else ' ORDER BY 1'
        return f'SELECT {distinct}{outputs} FROM {source}{where}{order}' + (f' LIMIT {r.choice(["3", "2 OFFSET 1", "-1"])}' if not distinct and r.random() < 0.2 else '')

    def write(self):
        r = self.rng
        t = r.choice(list(self.tables))
        columns = self.tables[t]
        plain = [c for c in columns if c != 'id']
        kind = r.randrange(4)
        if kind == 0: return f'INSERT {r.choice(["", "OR IGNORE ", "OR REPLACE "])}INTO {t}({", ".join(plain)}) VALUES ({", ".join(str(self.expression([], 1)) for _ in plain)})'
        if kind == 1: return f'UPDATE {t} SET {r.choice(plain)} = {self.expression(columns, 2)} WHERE {self.expression(columns, 2)}'
        if kind == 2: return f'DELETE FROM {t} WHERE {self.expression(columns, 3)}'
        return f'INSERT INTO {t}({", ".join(plain)}) SELECT {", ".join(str(self.expression(columns, 1)) for _ in plain)} FROM {t} ORDER BY {", ".join(columns)} LIMIT 2'


def run_both(addr, statements, database):
    case = oracle.Case('random/case', 0)
    case.stmts = [(s + ';', (), set()) for s in statements]
    sqlite = oracle.SqliteConn()
    client = agree.LineConn(addr, database)
    try:
        for index, (sql, params, _) in enumerate(case.stmts):
            expected, got = dict(sqlite.run(sql)), dict(client.run(sql))
            expected['sql'] = got['sql'] = sql
            refused = got['error'] and not expected['error']
            if refused: return index, 'refused', got['error']['message']
            difference = oracle.diff_case([expected], [got], messages=False)
            if difference: return index, 'WRONG', difference[0]
        return len(statements), 'identical', ''
    finally:
        sqlite.close(); client.close()


def shrink(addr, statements, fresh):
    """The shortest list found, by dropping statements, that still ends WRONG."""
    best = statements
    changed = True
    while changed:
        changed = False
        for i in range(len(best) - 2, -1, -1):
            candidate = best[:i] + best[i + 1:]
            _, kind, _ = run_both(addr, candidate, fresh())
            if kind == 'WRONG': best, changed = candidate, True
    return best


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument('--addr', default='127.0.0.1:7433')
    parser.add_argument('--seconds', type=float, default=60)
    parser.add_argument('--seed', type=int, default=int(time.time()))
    parser.add_argument('--out', default='.')
    parser.add_argument('--writers', action='store_true', help='mix writes into the queries')
    args = parser.parse_args()
    serial = [0]
    def fresh():
        serial[0] += 1
        return f'random_{os.getpid()}_{args.seed}_{serial[0]}'
    end, statements_run, findings, refusals, round_number = time.time() + args.seconds, 0, 0, {}, 0
    while time.time() < end:
        round_number += 1
        grammar = Grammar(random.Random(f'{args.seed}/{round_number}'))
        setup = grammar.schema(round_number)
        sqlite, client = oracle.SqliteConn(), agree.LineConn(args.addr, fresh())
        done = []
        for step in range(len(setup) + 60):
            sql = setup[step] if step < len(setup) else (grammar.write() if args.writers and grammar.rng.random() < 0.3 else grammar.query())
            expected = dict(sqlite.run(sql))
            if expected['error'] and 'constraint' not in expected['error']['message'] and grammar.rng.random() < 0.9: continue
            got = dict(client.run(sql))
            statements_run += 1
            expected['sql'] = got['sql'] = sql
            if got['error'] and not expected['error']:
                key = re.sub(r'[0-9]+', 'N', got['error']['message'])[:100]
                refusals.setdefault(key, [0, sql])[0] += 1
                if re.match(r'\s*(insert|update|delete|create)', sql, re.I): break
                continue
            done.append(sql)
            difference = oracle.diff_case([expected], [got], messages=False)
            if difference:
                findings += 1
                small = shrink(args.addr, done, fresh)
                index, kind, text = run_both(args.addr, small, fresh())
                path = os.path.join(args.out, f'finding_{args.seed}_{round_number}.sql')
                with open(path, 'w', encoding='utf-8') as out:
                    out.write(f'-- case: random/{args.seed}-{round_number}\n' + ''.join(s + ';\n' for s in small))
                print(f'WRONG {path}: {text[:600]}', flush=True)
                break
        sqlite.close(); client.close()
    print(f'seed {args.seed}: {round_number} schemas, {statements_run} statements, {sum(c for c, _ in refusals.values())} refused')
    for key, (count, sql) in sorted(refusals.items(), key=lambda kv: -kv[1][0])[:15]: print(f'  {count:5} {key}   e.g. {sql[:160]}')
    print(f'random: {statements_run - findings} passed, {findings} failed')
    return 1 if findings else 0


if __name__ == '__main__':
    sys.exit(main())
