#!/usr/bin/env python3
"""Random statements on the linked SQLite and through howdah, for as long as it is let run.

  random_statements.py [--serve BINARY | --addr HOST:PORT] [--large] [--seconds 60] [--seed N] [--rounds N] [--out DIR] [--counts FILE]

With --serve it runs a howdah of its own, with a private PostgreSQL: started again when it dies (counted, its log kept),
when BINARY is built anew, and with an empty PostgreSQL now and then. Every round makes a random schema (see grammar/),
then queries, writes, transactions and ALTERs on it, some with bound parameters, and compares rows, storage classes,
counters and errors after each. A round depends on the seed and its number alone: `--seed 7 --first 12 --rounds 1`
repeats one. Row order is compared where the statement makes it total, otherwise rows are compared as a multiset.

With --large every table is filled with 50 to 5,000 rows behind its schema, so that PostgreSQL sorts, hashes
and merges, and the rows of every query are compared in SQLite's order. SQLite answers queries first: one that takes it more than a second, or
has more than 50,000 rows, is left out ("skipped"). With --serve PostgreSQL has been told of its tables by ANALYZE in some rounds
(SQLite has not: its own ANALYZE changes its plans), and kinds of plans are forbidden to it in others.

Classes of answers:
  identical   as SQLite's
  refused     howdah answers an error where SQLite answers a result; counted by message, with a shrunk example
  wording     both answer an error, another one
  WRONG       anything else: a finding; shrunk, and written to DIR as a case file that agree.py runs
  slow        howdah did not answer within 20 seconds what SQLite did within one (--large)
  close       a REAL that differs beyond the 12th digit, or an overflow that SQLite finds in a row howdah does not evaluate
  noted       a difference that known_random.txt lists, with the place in docs/dialect.md that tells it
Every minute the counts of this run and of those before it go to the file of --counts. The last line is
"random: N passed, N failed", where failed counts findings."""
import argparse, collections, json, os, random, re, signal, sys, time, traceback

sys.path.insert(0, os.path.dirname(os.path.abspath(__file__)))
import agree, oracle  # noqa: E402
import large_tables  # noqa: E402
from daemon import Daemon  # noqa: E402
from grammar import values  # noqa: E402
from grammar.expressions import Expressions  # noqa: E402
from grammar.large import Large  # noqa: E402
from grammar.programs import Programs  # noqa: E402
from grammar.queries import Queries  # noqa: E402
from grammar.shapes import Shapes  # noqa: E402
from grammar.tree import Statement  # noqa: E402
from grammar.writes import Writes  # noqa: E402

# Errors of a row: which rows are evaluated, and when, is the planner's choice.
ROW_ERRORS = ('integer overflow', 'malformed JSON', 'string or blob too big', 'JSON path error', 'bad JSON path', 'JSON cannot hold BLOB')


EVERY_ORDER = bool(os.environ.get('EVERY_ORDER'))
KNOWN = os.path.join(os.path.dirname(os.path.abspath(__file__)), 'known_random.txt')
BOUND_ANYWHERE = values.INTEGERS + values.REALS + values.TEXTS + values.NUMERIC_TEXTS[:8] + values.BLOBS + ['NULL'] * 6
BOUND = BOUND_ANYWHERE + values.EDGE_INTEGERS + values.EDGE_REALS + values.SPACED_TEXTS + values.EDGE_TEXTS + values.HUGE[:6]


class Grammar(Expressions, Queries, Writes, Programs, Large, Shapes):
    """Every other round has the schema that programs have, and of their statements."""
    def __init__(self, rng, number=0, large=False): self.rng, self.aliases, self.program, self.large = rng, 0, number % 2 == 1, large

    def schema_of(self, number): return self.filled(self.program_schema() if self.program else self.schema(number))
    def any_query(self):
        if self.large and self.rng.random() < 0.6: return self.shaped_query()
        return self.program_query() if self.program and self.rng.random() < 0.75 else self.query()
    def any_write(self):
        if self.large and self.rng.random() < 0.3: return self.shaped_write()
        return self.program_write() if self.program and self.rng.random() < 0.85 else self.write()


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
    if not (statement.ordered() or (EVERY_ORDER or large_tables.compared) and statement.kind == 'query'): e, g = sorted(e, key=repr), sorted(g, key=repr)
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
        at = 0 if len(expected['rows']) < 30 else next((i for i, rows in enumerate(zip(expected['rows'], got['rows'])) if rows[0] != rows[1]), 0)
        if kind: return kind, f'rows {"from " + str(at) + " of " + str(len(expected["rows"])) + " and " + str(len(got["rows"])) + " " if at else ""}{expected["rows"][at:at + 6]} and {got["rows"][at:at + 6]}'
    for k in counters:
        if k in got and expected[k] != got[k]: return 'WRONG', f'{k} {expected[k]} and {got[k]}'
    return 'identical', ''


class Pair:
    """A SQLite and a howdah connection, each with a new database."""
    serial = 0

    def __init__(self, addr):
        Pair.serial += 1
        self.sqlite, self.client = oracle.SqliteConn(), agree.LineConn(addr, f'random_{os.getpid()}_{Pair.serial}')
        self.fold, self.unknown, self.deadline, self.over = False, set(), 0, False
        self.sqlite.c.set_progress_handler(lambda: time.monotonic() > self.deadline, 100000)

    def run(self, statement):
        """howdah goes first: what it refuses leaves both as they were, but for changes(). After an INSERT that failed
        howdah's last_insert_rowid() may be another (docs/dialect.md)."""
        sql = statement.sql
        self.fold = self.fold or re.search('NOCASE|RTRIM', sql) is not None
        if self.unknown and re.search(r'changes\(\)|last_insert_rowid\(\)', sql): return 'identical', ''
        expected = self.answer_first(statement)
        got = self.client.run(sql + ';', statement.params)
        if large_tables.ran_out(got): return self.slow(statement, expected)
        if got['error'] and got['error']['message'].startswith('howdah:'):
            self.unknown |= {'changes', 'last_insert_rowid'}
            return 'refused', got['error']['message']
        if not expected:
            self.deadline = time.monotonic() + 20
            expected = self.sqlite.run(sql, statement.params)
        if expected['error'] and expected['error']['message'] == 'interrupted': raise EndOfRound
        # What SQLite keeps of a statement that STRICT refused in its middle is told in docs/dialect.md.
        self.over = bool(expected['error'] and expected['error']['name'] == 'SQLITE_CONSTRAINT_DATATYPE')
        # The same where a row's expression failed and SQLite had no journal of the statement; which of two errors is told decides about a transaction, too.
        if expected['error'] and statement.kind == 'write' and any(w in expected['error']['message'] for w in ROW_ERRORS): self.over = True
        if expected['error'] and got['error'] and expected['error']['message'] != got['error']['message'] and expected['in_tx'] != got['in_tx']: self.over = True
        # A rowid behind the largest is a random one; a row error may leave rows in that the other never came to.
        if expected['last_insert_rowid'] == 2**63 - 1 or (expected['error'] is None) != (got['error'] is None): self.over = True
        if expected['error']: self.unknown.add('last_insert_rowid')
        for k in ('changes', 'last_insert_rowid'):
            if k in got and got[k] == expected[k] and statement.kind == 'write' and got['changes'] > 0: self.unknown.discard(k)
        return judge(statement, expected, got, self.fold, [k for k in ('in_tx', 'changes', 'last_insert_rowid') if k not in self.unknown])

    def answer_first(self, statement):
        """SQLite's answer to a query of large tables, if it comes soon and is not too long."""
        if not large_tables.compared or statement.kind != 'query': return None
        self.deadline = time.monotonic() + large_tables.SOON
        expected = self.sqlite.run(statement.sql, statement.params)
        if expected['error'] and expected['error']['message'] == 'interrupted' or len(expected['rows']) > large_tables.ROWS: raise Skipped
        return expected

    def slow(self, statement, expected):
        began, self.deadline = time.monotonic(), time.monotonic() + 20
        expected = expected or self.sqlite.run(statement.sql, statement.params)
        self.over = statement.kind != 'query'
        return ('slow' if time.monotonic() - began < large_tables.SOON else 'identical'), 'no answer from howdah'

    def close(self): self.sqlite.close(); self.client.close()


def outcome(addr, statements, stop_at=None):
    """(index, class, text) of the first answer that is neither identical nor harmless."""
    pair = Pair(addr)
    try:
        for i, s in enumerate(statements):
            kind, text = pair.run(s)
            ends = kind == 'refused' and s.kind != 'query' and not text.startswith('howdah:')  # SQLite has done it
            if kind == 'WRONG' or ends or (kind in ('refused', 'wording') and i == len(statements) - 1): return i, kind, text
        return len(statements), 'identical', ''
    except (EOFError, OSError) as e:
        return len(statements) - 1, 'WRONG', f'connection: {e!r}'
    except (EndOfRound, Skipped):
        return -1, 'identical', ''
    finally:
        pair.close()


class EndOfRound(Exception): pass
class Skipped(Exception): pass


def read_known():
    """[(class, pattern)] of differences that the documentation tells, matched against `answer <- statement`."""
    lines = [line.split('  #')[0].strip() for line in open(KNOWN, encoding='utf-8')] if os.path.exists(KNOWN) else []
    return [(line.split(None, 1)[0], re.compile(line.split(None, 1)[1])) for line in lines if line and not line.startswith('#')]


def shape(text): return re.sub(r"'[^']*'|[0-9.]+", 'N', text)[:90]


def shrink(addr, statements, kind, text, seconds=40):
    """Fewer and smaller statements that still end in the same class (and, refused, in the same message)."""
    end = time.time() + seconds
    best = list(statements)
    want = shape(text) if kind != 'WRONG' else None

    def holds(candidate):
        index, k, t = outcome(addr, candidate)
        return k == kind and index == len(candidate) - 1 and (want is None or shape(t) == want)

    if large_tables.compared:
        best = large_tables.without_writes(best, holds)
        best[-1] = large_tables.shrink_last(addr, best, kind, want, end - seconds / 2, Pair, shape)
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


def example(statement):
    """The statement as a case file has it."""
    def value(v): return {'$blob': v.hex()} if isinstance(v, bytes) else v
    bind = '-- bind: ' + json.dumps({k: value(v) for k, v in statement.params.items()}, ensure_ascii=False) + '\n' if statement.params else ''
    return f'{bind}{statement.sql};\n'


class Run:
    def __init__(self, args, daemon):
        self.args, self.daemon, self.known = args, daemon, read_known()
        self.counts, self.kinds, self.refusals, self.wordings, self.slow, self.noted = collections.Counter(), collections.Counter(), {}, {}, {}, collections.Counter()
        self.findings, self.rounds, self.seen, self.shrinking, self.started, self.written = 0, 0, collections.Counter(), 0.0, time.time(), 0.0
        self.before = json.load(open(args.counts, encoding='utf-8')) if args.counts and os.path.exists(args.counts) else None

    def addr(self): return self.daemon.lines if self.daemon else self.args.addr

    def known_as(self, kind, text, statement):
        answer = f'{text} <- {statement.sql}'
        return next((p.pattern for k, p in self.known if k == kind and p.search(answer)), None)

    def report(self, statements, kind, text, name):
        """Writes a finding, shrunk while less than half of the time has gone into shrinking; False when it is one of before."""
        began = time.time()
        small = list(statements)
        if kind != 'slow' and not self.args.no_shrink and self.shrinking < 30 + (began - self.started) / 2: small = shrink(self.addr(), small, kind, text, 120 if self.args.large else 40)
        self.shrinking += time.time() - began
        _, again, small_text = outcome(self.addr(), small) if kind != 'slow' else (0, kind, text)
        listed = self.known_as(kind, small_text, Statement('; '.join(s.sql for s in small))) if again == kind else None
        if listed:
            self.noted[listed] += 1
            return False
        key = kind + ''.join(re.sub(r"x?'[^']*'|-?[0-9.]+(e-?[0-9]+)?|[a-z]+[0-9]+|:p[0-9]+", 'N', s.sql) for s in small[-2:])
        self.seen[key] += 1
        if self.seen[key] > 1: return kind == 'WRONG'
        with open(os.path.join(self.args.out, f'{kind}_{name}.sql'), 'w', encoding='utf-8', errors='surrogateescape') as out: out.write(f'-- case: random/{name}\n' + ''.join(map(example, small)))
        print(f'{kind} {name}{"" if again == kind else " (not repeatable)"}: {small_text or text}'[:600].encode('utf-8', 'replace').decode(), flush=True)
        for s in small[-6:]: print('      ', example(s)[:300].rstrip().encode('utf-8', 'replace').decode(), flush=True)
        return True

    def met(self, table, done, statement, kind, text, name):
        """Counts a refusal or wording by its message, and shows the first of each."""
        key = shape(text)
        if key not in table:
            table[key] = [0, statement.sql]
            self.report(done + [statement], kind, text, name)
        table[key][0] += 1

    def step(self, pair, done, statement, name, after=None):
        """False when the round is over."""
        try:
            kind, text = pair.run(statement)
        except Skipped:
            self.counts['skipped'] += 1
            return True
        except (EOFError, OSError) as e:
            kind, text = 'WRONG', f'connection: {e!r}'
        self.kinds[statement.kind] += 1
        listed = self.known_as(kind, text, statement) if kind != 'identical' else None
        if listed:
            self.counts['noted'] += 1
            self.noted[listed] += 1
            if kind == 'WRONG': return False
            if kind == 'refused': return text.startswith('howdah:') or statement.kind == 'query'
            done.append(statement)
            return not pair.over
        self.counts[kind] += 1
        if kind == 'slow':
            self.met(self.slow, done, statement, kind, f'{text} <- {statement.sql}', name)
            return not pair.over
        if kind == 'refused':
            self.met(self.refusals, done, statement, kind, text, name)
            return text.startswith('howdah:') or statement.kind == 'query'
        done.append(statement)
        if kind == 'wording': self.met(self.wordings, done[:-1], statement, kind, text, name)
        if kind == 'WRONG':
            if self.daemon and self.daemon.died():
                self.daemon.bury()
                with open(os.path.join(self.args.out, f'death_{name}.sql'), 'w', encoding='utf-8', errors='surrogateescape') as out: out.write(f'-- case: random/{name}\n' + ''.join(map(example, done)))
            if self.report(list(done), kind, text, name): self.findings += 1
            else:
                self.counts['WRONG'] -= 1
                self.counts['noted'] += 1
            return False
        if kind == 'identical' and after and not pair.last_failed: after()
        return not pair.over

    def statements_of(self, g, pair):
        """The statements of a round after its schema, each with what an ALTER does to the model."""
        for _ in range(70):
            choice = g.rng.random()
            if choice < 0.62: statement = g.any_query()
            elif choice < 0.9: statement = g.any_write()
            elif choice < 0.97: statement = g.session()
            elif g.program:
                statement = g.program_ddl()
            else:
                statement, after = g.alter()
                yield statement, self.only_if_done(pair, statement, after)
                continue
            if choice < 0.9 and g.rng.random() < 0.2:
                statement = statement.with_parameters(g.rng, 0.6)
                yield statement, None
                if statement.params:
                    for _ in range(g.rng.choice([0, 1, 2])): yield statement.rebound(g.rng, BOUND if statement.kind == 'query' else BOUND_ANYWHERE), None
            else:
                yield statement, None

    def round(self, number):
        g = Grammar(random.Random(f'{self.args.seed}/{number}'), number, self.args.large)
        if self.args.large and self.daemon: large_tables.choose_plans(self.daemon, random.Random(f'{self.args.seed}/{number}/plans'))
        pair, done = Pair(self.addr()), []
        name = f'{self.args.seed}-{number}'
        try:
            for statement in g.schema_of(number):
                if not self.step(pair, done, statement, name): return
            if self.args.large and self.daemon and g.rng.random() < 0.5: large_tables.analyze(self.daemon)
            for statement, after in self.statements_of(g, pair):
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
            name = re.search(r'(?:ADD COLUMN|TO|INDEX|CREATE TABLE) (\w+)', statement.sql)
            if name is None or name[1] in rows: after()
        return apply

    def tend(self):
        """Between rounds: the daemon lives, is the newest build, and its PostgreSQL does not grow without end."""
        if self.daemon:
            if self.daemon.died(): self.daemon.bury()
            elif self.rounds % 300 == 0 or self.daemon.is_outdated(): self.daemon.renew(fresh=self.rounds % 300 == 0)
        if self.args.counts and time.time() - self.written > 60: self.write_counts()

    def totals(self):
        """Counts of this run and of those before it."""
        now = {'seconds': int(time.time() - self.started), 'rounds': self.rounds, 'findings': self.findings, 'deaths': self.daemon.deaths if self.daemon else 0,
               'counts': dict(self.counts), 'kinds': dict(self.kinds), 'refused': {k: v[0] for k, v in self.refusals.items()}, 'wording': {k: v[0] for k, v in self.wordings.items()}, 'noted': dict(self.noted)}
        for key, value in (self.before or {}).items():
            if isinstance(value, dict):
                for k, n in value.items(): now[key][k] = now[key].get(k, 0) + n
            else: now[key] += value
        now['counts']['statements'] = sum(n for k, n in now['counts'].items() if k != 'statements')
        return now

    def write_counts(self):
        self.written = time.time()
        with open(self.args.counts + '.new', 'w', encoding='utf-8') as out: json.dump(self.totals(), out, indent=1, ensure_ascii=False)
        os.replace(self.args.counts + '.new', self.args.counts)

    def summary(self):
        total = sum(self.counts.values())
        print(f'seed {self.args.seed}: {self.rounds} schemas, {total} statements: ' + ', '.join(f'{self.counts[k]} {k}' for k in ('identical', 'close', 'noted', 'wording', 'refused', 'slow', 'skipped', 'WRONG') if self.counts[k] or k not in ('slow', 'skipped')))
        print('kinds: ' + ', '.join(f'{n} {k}' for k, n in sorted(self.kinds.items())))
        for title, table in (('refused', self.refusals), ('wording', self.wordings), ('slow', self.slow)):
            for key, (count, sql) in sorted(table.items(), key=lambda kv: -kv[1][0])[:40]: print(f'  {title} {count:5} {key}   e.g. {sql[:200]}'.encode('utf-8', 'replace').decode())
        if self.args.counts: self.write_counts()
        print(f'random: {total - self.findings} passed, {self.findings} failed')
        return 1 if self.findings else 0


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument('--addr', default='127.0.0.1:7433')
    parser.add_argument('--serve', metavar='BINARY')
    parser.add_argument('--port', type=int, default=0, help='the first of three ports for --serve (default: any free ones)')
    parser.add_argument('--seconds', type=float, default=60)
    parser.add_argument('--rounds', type=int, default=0)
    parser.add_argument('--first', type=int, default=1, help='the number of the first round')
    parser.add_argument('--seed', type=int, default=int(time.time()))
    parser.add_argument('--out', default='.')
    parser.add_argument('--counts', metavar='FILE')
    parser.add_argument('--no-shrink', action='store_true')
    parser.add_argument('--large', action='store_true', help='tables of 50 to 5,000 rows, and the order of every query')
    args = parser.parse_args()
    for number in (signal.SIGINT, signal.SIGTERM): signal.signal(number, signal.default_int_handler)
    os.makedirs(args.out, exist_ok=True)
    large_tables.compared = args.large
    daemon = Daemon(args.serve, args.out, args.port, large_tables.SETTINGS if args.large else '') if args.serve else None
    run, end, number = Run(args, daemon), time.time() + args.seconds, args.first - 1
    try:
        while time.time() < end and (not args.rounds or number < args.first - 1 + args.rounds):
            number += 1
            run.rounds += 1
            try:
                run.round(number)
            except EndOfRound:
                pass
            except Exception:  # whatever it is, the run goes on
                run.counts['broken'] += 1
                print(f'round {number}: {traceback.format_exc()}', flush=True)
                time.sleep(1)
            run.tend()
    except KeyboardInterrupt:
        pass
    finally:
        if daemon: daemon.end()
    return run.summary()


if __name__ == '__main__':
    sys.exit(main())
