#!/usr/bin/env python3
"""Random statements on the linked SQLite and through howdah, for as long as it is let run.

  random_statements.py [--addr HOST:PORT] [--seconds 60] [--seed N] [--rounds N] [--out DIR] [--no-shrink]

Every round makes a random schema (see grammar/), then queries, writes, transactions and ALTERs on it, and compares rows,
storage classes, counters and errors after each. Row order is compared where the statement makes it total, otherwise rows
are compared as a multiset. Classes of answers:
  identical   as SQLite's
  refused     howdah answers an error where SQLite answers a result; counted by message, with a shrunk example
  WRONG       anything else: a finding; shrunk, and written to DIR as a case file that agree.py runs
  close       a REAL that differs beyond the 12th digit, or an overflow that SQLite finds in a row howdah does not evaluate
The last line is "random: N passed, N failed", where failed counts findings."""
import argparse, collections, os, random, re, signal, sys, time

sys.path.insert(0, os.path.dirname(os.path.abspath(__file__)))
import agree, oracle  # noqa: E402
from grammar.expressions import Expressions  # noqa: E402
from grammar.queries import Queries  # noqa: E402
from grammar.writes import Writes  # noqa: E402

# Errors of a row: which rows are evaluated, and when, is the planner's choice.
ROW_ERRORS = ('integer overflow', 'malformed JSON', 'string or blob too big', 'JSON path error', 'bad JSON path', 'JSON cannot hold BLOB')


class Grammar(Expressions, Queries, Writes):
    def __init__(self, rng): self.rng, self.aliases = rng, 0


def loosened(cell, fold):
    kind, value = cell[0], cell[1] if len(cell) > 1 else None
    if kind in ('int', 'real'): return ('number', repr(float(value)) if isinstance(value, str) else value + 0)
    if kind == 'text' and fold: return ('text', re.sub('[A-Z]', lambda m: m[0].lower(), value).rstrip(' '))
    return (kind, value)


def exact(cell): return ('real', 0.0) if cell == ['real', 0.0] else tuple(cell)  # PostgreSQL's numeric knows no -0.0


def close(a, b):
    if a == b: return True
    numeric = all(isinstance(x[1] if len(x) > 1 else None, (int, float)) for x in (a, b))
    return bool(numeric and 'real' in (a[0], b[0]) and abs(a[1] - b[1]) <= 1e-12 * max(abs(a[1]), abs(b[1])))


def compare_rows(statement, expected, got, fold):
    """None when they agree, else 'close' or 'WRONG'."""
    form = (lambda c: loosened(c, fold)) if statement.loose else exact
    e, g = [tuple(map(form, r)) for r in expected], [tuple(map(form, r)) for r in got]
    if not statement.ordered(): e, g = sorted(e, key=repr), sorted(g, key=repr)
    if e == g: return None
    same = len(e) == len(g) and all(len(a) == len(b) and all(map(close, a, b)) for a, b in zip(e, g))
    return 'close' if same else 'WRONG'


def judge(statement, expected, got, fold, counters=('in_tx', 'changes', 'last_insert_rowid')):
    """(class, text) for one statement's two answers."""
    e, g = expected['error'], got['error']
    if g and not e: return 'refused', g['message']
    if e and not g:
        kind = 'close' if any(w in e['message'] for w in ROW_ERRORS) else 'WRONG'
        return kind, f'SQLite answers {e["message"]!r}, howdah {got["rows"][:5]}'
    if e:
        if e['code'] != g['code'] or (e['message'] != g['message'] and 'howdah' not in g['message']): return 'wording', f'{e["name"]} {e["message"]!r} and {g["name"]} {g["message"]!r}'
    else:
        if (expected['columns'] or None) != (got['columns'] or None): return 'WRONG', f'columns {expected["columns"]} and {got["columns"]}'
        kind = compare_rows(statement, expected['rows'], got['rows'], fold)
        if kind: return kind, f'rows {expected["rows"][:6]} and {got["rows"][:6]}'
    for k in counters:
        if k in got and expected[k] != got[k]: return 'WRONG', f'{k} {expected[k]} and {got[k]}'
    return 'identical', ''


class Pair:
    """A SQLite and a howdah connection, each with a new database."""
    serial = 0

    def __init__(self, addr):
        Pair.serial += 1
        self.sqlite, self.client = oracle.SqliteConn(), agree.LineConn(addr, f'random_{os.getpid()}_{Pair.serial}')
        self.fold, self.unknown = False, set()

    def run(self, statement):
        """howdah goes first: what it refuses leaves both as they were, but for changes(). After an INSERT that failed
        howdah's last_insert_rowid() may be another (docs/dialect.md)."""
        sql = statement.sql
        self.fold = self.fold or re.search('NOCASE|RTRIM', sql) is not None
        got = self.client.run(sql + ';')
        if got['error'] and got['error']['message'].startswith('howdah:'):
            self.unknown.add('changes')
            return 'refused', got['error']['message']
        expected = self.sqlite.run(sql)
        if expected['error']: self.unknown.add('last_insert_rowid')
        for k in ('changes', 'last_insert_rowid'):
            if k in got and got[k] == expected[k] and statement.kind == 'write' and got['changes'] > 0: self.unknown.discard(k)
        return judge(statement, expected, got, self.fold, [k for k in ('in_tx', 'changes', 'last_insert_rowid') if k not in self.unknown])

    def close(self): self.sqlite.close(); self.client.close()


def outcome(addr, statements, stop_at=None):
    """(index, class, text) of the first answer that is neither identical nor harmless."""
    pair = Pair(addr)
    try:
        for i, s in enumerate(statements):
            kind, text = pair.run(s)
            if kind == 'WRONG' or (kind in ('refused', 'wording') and i == len(statements) - 1): return i, kind, text
        return len(statements), 'identical', ''
    except (EOFError, OSError) as e:
        return len(statements) - 1, 'WRONG', f'connection: {e!r}'
    finally:
        pair.close()


def shape(text): return re.sub(r"'[^']*'|[0-9.]+", 'N', text)[:90]


def shrink(addr, statements, kind, text, seconds=40):
    """Fewer and smaller statements that still end in the same class (and, refused, in the same message)."""
    end = time.time() + seconds
    best = list(statements)
    want = shape(text) if kind != 'WRONG' else None

    def holds(candidate):
        index, k, t = outcome(addr, candidate)
        return k == kind and index == len(candidate) - 1 and (want is None or shape(t) == want)

    size = max(len(best) // 2, 1)
    while size >= 1 and time.time() < end:
        i = len(best) - 1 - size
        while i > -size and time.time() < end:
            candidate = best[:max(i, 0)] + best[i + size:]
            if len(candidate) < len(best) and candidate and candidate[-1] is best[-1] and holds(candidate): best = candidate
            i -= size
        size //= 2
    changed = True
    while changed and time.time() < end:
        changed = False
        for i in range(len(best) - 1, -1, -1):
            progress = True
            while progress and time.time() < end:
                progress = False
                for smaller in best[i].smaller():
                    if len(smaller.sql) >= len(best[i].sql) or time.time() > end: break
                    if holds(best[:i] + [smaller] + best[i + 1:]):
                        best[i], progress, changed = smaller, True, True
                        break
    return best


class Run:
    def __init__(self, args):
        self.args, self.counts, self.kinds, self.refusals, self.findings, self.wordings = args, collections.Counter(), collections.Counter(), {}, 0, set()

    def report(self, statements, kind, text, name):
        small = statements if self.args.no_shrink else shrink(self.args.addr, statements, kind, text)
        _, again, small_text = outcome(self.args.addr, small)
        path = os.path.join(self.args.out, f'{kind}_{name}.sql')
        with open(path, 'w', encoding='utf-8') as out: out.write(f'-- case: random/{name}\n' + ''.join(s.sql + ';\n' for s in small))
        print(f'{kind} {path}{"" if again == kind else " (not repeatable)"}: {small_text or text}'[:700], flush=True)
        for s in small[-6:]: print('      ', s.sql[:300], flush=True)

    def refused(self, done, statement, text, name):
        key = shape(text)
        if key not in self.refusals:
            self.refusals[key] = [0, statement.sql]
            if not self.args.no_shrink: self.report(done + [statement], 'refused', text, name)
        self.refusals[key][0] += 1

    def step(self, pair, done, statement, name, after=None):
        """False when the round is over."""
        try:
            kind, text = pair.run(statement)
        except (EOFError, OSError) as e:
            kind, text = 'WRONG', f'connection: {e!r}'
        self.counts[kind] += 1
        self.kinds[statement.kind] += 1
        if kind == 'refused':
            self.refused(done, statement, text, name)
            return text.startswith('howdah:') or statement.kind == 'query'
        done.append(statement)
        if kind == 'wording':
            if shape(text) not in self.wordings: self.report(list(done), kind, text, name)
            self.wordings.add(shape(text))
        if kind == 'WRONG':
            self.findings += 1
            self.report(list(done), kind, text, name)
            return False
        if kind == 'identical' and after and not pair.last_failed: after()
        return True

    def round(self, number):
        g = Grammar(random.Random(f'{self.args.seed}/{number}'))
        pair, done = Pair(self.args.addr), []
        name = f'{self.args.seed}-{number}'
        try:
            for statement in g.schema(number):
                if not self.step(pair, done, statement, name): return
            for i in range(70):
                choice = g.rng.random()
                after = None
                if choice < 0.62: statement = g.query()
                elif choice < 0.9: statement = g.write()
                elif choice < 0.97: statement = g.session()
                else: statement, after = g.alter()
                if after: after = self.only_if_done(pair, statement, after)
                if not self.step(pair, done, statement, name, after): return
                if statement.kind in ('write', 'session'):
                    for t in g.tables:
                        check = g.check(t) if g.rng.random() < (0.6 if t.name in statement.sql else 0.2) else None
                        if check and not self.step(pair, done, check, name): return
        finally:
            pair.close()

    def only_if_done(self, pair, statement, after):
        """ALTERs change the model, unless SQLite answered an error or a rollback may take them back."""
        pair.last_failed = False
        def apply():
            if pair.sqlite.c.in_transaction: raise EndOfRound
            rows = pair.sqlite.c.execute('SELECT group_concat(sql) FROM sqlite_schema').fetchone()[0] or ''
            if re.search(r'(ADD COLUMN|TO|INDEX) (\w+)', statement.sql) is None or re.search(r'(?:ADD COLUMN|TO|INDEX) (\w+)', statement.sql)[1] in rows: after()
        return apply

    def summary(self, rounds):
        a = self.args
        total = sum(self.counts.values())
        print(f'seed {a.seed}: {rounds} schemas, {total} statements: ' + ', '.join(f'{self.counts[k]} {k}' for k in ('identical', 'close', 'wording', 'refused', 'WRONG')))
        print('kinds: ' + ', '.join(f'{n} {k}' for k, n in sorted(self.kinds.items())))
        for key, (count, sql) in sorted(self.refusals.items(), key=lambda kv: -kv[1][0])[:40]: print(f'  {count:5} {key}   e.g. {sql[:200]}')
        print(f'random: {total - self.findings} passed, {self.findings} failed')
        return 1 if self.findings else 0


class EndOfRound(Exception): pass


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument('--addr', default='127.0.0.1:7433')
    parser.add_argument('--seconds', type=float, default=60)
    parser.add_argument('--rounds', type=int, default=0)
    parser.add_argument('--first', type=int, default=1, help='the number of the first round')
    parser.add_argument('--seed', type=int, default=int(time.time()))
    parser.add_argument('--out', default='.')
    parser.add_argument('--no-shrink', action='store_true')
    args = parser.parse_args()
    for number in (signal.SIGINT, signal.SIGTERM): signal.signal(number, signal.default_int_handler)
    run, end, number = Run(args), time.time() + args.seconds, args.first - 1
    while time.time() < end and (not args.rounds or number < args.first - 1 + args.rounds):
        number += 1
        try:
            run.round(number)
        except EndOfRound:
            pass
        except KeyboardInterrupt:
            break
        except (OSError, RuntimeError) as e:
            print(f'howdah cannot be used any more: {e!r}')
            break
    return run.summary(number - args.first + 1)


if __name__ == '__main__':
    sys.exit(main())
