#!/usr/bin/env python3
"""A table that PostgreSQL knows to be small grows within one transaction: its statements, and those of a trigger, go on to
find rows by the index. Counts the rows that the server has read without one.

  growing_tables.py --lines HOST:PORT     [--rows N]

Other arguments are ignored. Prints one line "N passed, N failed"."""
import argparse, os, sys, time

sys.path.insert(0, os.path.dirname(os.path.abspath(__file__)))
from index_plans import Lines  # noqa: E402

SCHEMA = '''
CREATE TABLE item(id INTEGER PRIMARY KEY, name TEXT UNIQUE, seen);
CREATE TABLE audit(what);
CREATE TRIGGER item_new AFTER INSERT ON item BEGIN INSERT INTO audit VALUES(new.name); END;
CREATE TABLE source(id INTEGER PRIMARY KEY);
CREATE TABLE copy(what, CHECK(what > 0));
CREATE TRIGGER copy_new BEFORE INSERT ON copy BEGIN SELECT RAISE(ABORT, 'no') WHERE new.what < 0; END;
'''


def pieces(script):
    piece = ''
    for line in script.strip().splitlines():
        piece += line
        if line.endswith('END;') or line.startswith('CREATE TABLE'):
            yield piece
            piece = ''


def read_without_index(lines, database):
    """By table, since the last call of the server's statistics."""
    time.sleep(1.5)  # the server reports at most once a second
    lines.rows('SELECT 1')
    rows = lines.rows(f"/* howdah: postgres */ SELECT relname::text, seq_tup_read FROM pg_stat_user_tables WHERE schemaname = '{database}'")
    return {name: int(count) for name, count in rows}


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument('--lines', default='127.0.0.1:7433')
    parser.add_argument('--rows', type=int, default=3000)
    args, _ = parser.parse_known_args()
    database = f'growing_tables_{os.getpid()}'
    lines = Lines(args.lines, database)
    for statement in pieces(SCHEMA): lines.rows(statement)
    def step(i):
        name = [f'n{i}']
        assert lines.rows('SELECT id FROM item WHERE name = ?', name) == []
        lines.rows('INSERT INTO item(name) VALUES (?)', name)
        lines.rows('UPDATE item SET seen = 1 WHERE name = ?', name)
    # Plans are kept after some uses, and of three rows none is worth an index.
    for i in range(40): step(-1 - i)
    lines.rows('DELETE FROM item WHERE id > 3')
    lines.rows('DELETE FROM audit WHERE rowid > 3')
    lines.rows('INSERT INTO copy VALUES (1)')
    for table in ('item', 'audit', 'copy'): lines.rows(f'/* howdah: postgres */ VACUUM ANALYZE "{database}"."{table}"')
    lines.rows(f'INSERT INTO source WITH RECURSIVE s(i) AS (VALUES(1) UNION ALL SELECT i + 1 FROM s WHERE i < {args.rows}) SELECT i FROM s')
    before = read_without_index(lines, database)
    lines.rows('BEGIN')
    for i in range(args.rows): step(i)
    lines.rows('INSERT INTO copy SELECT id FROM source')
    lines.rows('COMMIT')
    after = read_without_index(lines, database)
    failed = 0
    # With a plan for three rows that is kept, each of the three statements reads half of n * n rows; PostgreSQL takes the index once it is a few pages long.
    for table, most in (('item', args.rows * args.rows // 6), ('audit', args.rows), ('copy', args.rows)):
        count = after[table] - before[table]
        if count > most:
            failed += 1
            print(f'{table}: {count} rows were read without an index, {most} are expected at most')
    expected = [[str(args.rows + 3)]]
    got = [[str(v) for v in row] for row in lines.rows('SELECT count(*) FROM item')]
    if got != expected:
        failed += 1
        print(f'{got} rows instead of {expected}')
    print(f'{4 - failed} passed, {failed} failed')
    return 1 if failed else 0


if __name__ == '__main__':
    sys.exit(main())
