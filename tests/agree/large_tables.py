"""What random_statements.py --large needs: bounds, the plans that PostgreSQL may choose, and how to shrink a statement
without filling its tables again."""
import time

compared = False  # whether this run is one of large tables
SOON, ROWS = 1.0, 50000
SETTINGS = '[pool]\nquery_timeout = "20s"\n'
KINDS = ['nestloop', 'hashjoin', 'mergejoin', 'hashagg', 'sort', 'seqscan', 'indexscan', 'bitmapscan', 'material', 'memoize', 'incremental_sort']


def choose_plans(daemon, rng):
    """Kinds of plans that PostgreSQL is not to choose in this round, if any."""
    forbidden = rng.sample(KINDS, rng.choice([0, 0, 1, 2, 3, 4]))
    if rng.random() < 0.2: forbidden = ['nestloop', 'mergejoin', 'sort']
    memory = ["ALTER SYSTEM SET work_mem = '64kB'"] if rng.random() < 0.15 else []
    daemon.psql('ALTER SYSTEM RESET ALL', *[f'ALTER SYSTEM SET enable_{k} = off' for k in forbidden], *memory, 'SELECT pg_reload_conf()')
    time.sleep(0.1)


def analyze(daemon):
    daemon.psql("DO $$ DECLARE t regclass; BEGIN FOR t IN SELECT c.oid FROM pg_class AS c WHERE relkind = 'r' AND relnamespace NOT IN ('pg_catalog'::regnamespace, 'information_schema'::regnamespace)"
                " AND reltuples < 0 ORDER BY oid DESC LIMIT 40 LOOP EXECUTE 'ANALYZE ' || t; END LOOP; END $$")


def ran_out(got): return bool(compared and got['error'] and got['error']['message'] == 'interrupted')


def without_writes(statements, holds):
    """Without what came between the filling of the tables and the last statement, where that does not matter."""
    few = [s for s in statements[:-1] if s.kind == 'ddl' or hasattr(s, 'fills') or s.sql.startswith('INSERT OR IGNORE INTO')] + statements[-1:]
    for kept in (few, [s for s in few if s.kind == 'ddl' or hasattr(s, 'fills') or s is few[-1]]):
        if len(kept) < len(statements) and holds(kept): statements = kept
    return list(statements)


def shrink_last(addr, statements, kind, want, end, pair_of, shape):
    """A smaller last statement, if it is a query: the others run once."""
    best = statements[-1]
    if best.kind != 'query': return best
    pair = pair_of(addr)
    try:
        for s in statements[:-1]: pair.run(s)
        def holds(candidate):
            try: k, text = pair.run(candidate)
            except Exception as e:
                if type(e).__name__ == 'Skipped': return False
                raise
            return k == kind and (want is None or shape(text) == want)
        found = True
        while found and time.time() < end:
            found = False
            for smaller in best.smaller():
                if len(smaller.sql) >= len(best.sql) or time.time() > end: break
                if holds(smaller):
                    best, found = smaller, True
                    break
    except Exception:  # a connection that broke: what there is has to do
        pass
    finally:
        pair.close()
    return best
