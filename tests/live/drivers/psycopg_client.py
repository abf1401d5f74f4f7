"""psycopg 3: parameters of every kind in both formats, transactions, prepared statements, pipelines, errors."""
import datetime
import decimal

import psycopg
from psycopg import errors

connection = psycopg.connect("", autocommit=True)
execute = connection.execute

execute("DROP TABLE IF EXISTS t")
execute("CREATE TABLE t(id INTEGER PRIMARY KEY, name TEXT, r REAL, b BLOB, any)")

# Parameters and results, text and binary.
row = (1, "ä''\\", 1.5, b"\x00\xff", None)
execute("INSERT INTO t VALUES (%s, %s, %s, %s, %s)", row)
assert execute("SELECT * FROM t").fetchone() == row
assert connection.cursor(binary=True).execute("SELECT id, name, r, b FROM t").fetchone() == row[:4]
execute("INSERT INTO t(id, name, r, b) VALUES (%b, %b, %b, %b)", (2, "two", 2.5, b"2"))
assert execute("SELECT name, r, b FROM t WHERE id = %b", (2,)).fetchone() == ("two", 2.5, b"2")
big = 2**63 - 1
assert execute("SELECT %s, %s, %s", (big, -big, 7)).fetchone() == (big, -big, 7)
assert execute("SELECT typeof(%s), typeof(%s), typeof(%s), typeof(%s), typeof(%s)",
               (1, 1.5, "x", b"x", None)).fetchone() == ("integer", "real", "text", "blob", "null")
assert execute("SELECT typeof(%b), typeof(%b), typeof(%b)", (True, decimal.Decimal("1.5"), decimal.Decimal(3))
               ).fetchone() == ("integer", "real", "integer")
when = datetime.datetime(2024, 2, 29, 12, 30, 45)
assert execute("SELECT %s, date(%s)", (when, when)).fetchone() == ("2024-02-29 12:30:45", "2024-02-29")
assert execute("SELECT %b", (when,)).fetchone() == ("2024-02-29 12:30:45",)
assert execute("SELECT %s = 2, %s", (2, True)).fetchone() == (1, 1)
assert execute("SELECT 0.1 + 0.2").fetchone() == (0.1 + 0.2,)

# Counts, columns, RETURNING, executemany.
cursor = connection.cursor()
cursor.executemany("INSERT INTO t(id, name) VALUES (%s, %s)", [(i, f"n{i}") for i in range(10, 20)])
assert cursor.rowcount == 10, cursor.rowcount
cursor.execute("UPDATE t SET name = upper(name) WHERE id >= %s", (15,))
assert cursor.rowcount == 5
cursor.execute("INSERT INTO t(name) VALUES (%s) RETURNING id, name", ("new",))
assert cursor.fetchone() == (20, "new")
cursor.execute("SELECT id AS a, name b FROM t LIMIT 0")
assert [c.name for c in cursor.description] == ["a", "b"] and cursor.fetchall() == []

# Errors have SQLSTATEs and SQLite's words; the transaction goes on after one.
for statement, error, message in [
    ("SELECT * FROM nope", psycopg.DatabaseError, "no such table: nope"),
    ("SELEC 1", psycopg.DatabaseError, "syntax error"),
    ("INSERT INTO t(id) VALUES (1)", errors.UniqueViolation, "UNIQUE constraint failed: t.id"),
]:
    try:
        execute(statement)
    except error as e:
        assert message in str(e), str(e)
    else:
        raise AssertionError(f"no error: {statement}")

with psycopg.connect("") as other:
    other.execute("INSERT INTO t(id, name) VALUES (100, 'in transaction')")
    try:
        with other.transaction():
            other.execute("INSERT INTO t(id, name) VALUES (101, 'x')")
            raise psycopg.Rollback
    except psycopg.Rollback:
        pass
    assert other.execute("SELECT count(*) FROM t WHERE id >= 100").fetchone() == (1,)
    other.rollback()
assert execute("SELECT count(*) FROM t WHERE id >= 100").fetchone() == (0,)
with psycopg.connect("") as other:
    other.isolation_level = psycopg.IsolationLevel.REPEATABLE_READ
    other.execute("INSERT INTO t(id) VALUES (102)")
assert execute("SELECT id FROM t WHERE id = 102").fetchone() == (102,)

# Prepared on the server after the fifth time, and dropped again.
for i in range(20):
    assert execute("SELECT %s + id FROM t WHERE id = %s", (i, 1), prepare=True).fetchone() == (i + 1,)
connection.prepared_max = 1
for i in range(5):
    execute(f"SELECT {i}", prepare=True)

# A pipeline: one round trip, answers in order; an error skips to its end.
with connection.pipeline() as pipeline:
    cursors = [connection.execute("SELECT %s", (i,)) for i in range(50)]
    pipeline.sync()
    assert [c.fetchone() for c in cursors] == [(i,) for i in range(50)]
try:
    with connection.pipeline():
        connection.execute("SELECT 1")
        connection.execute("SELECT * FROM nope")
        connection.execute("INSERT INTO t(id) VALUES (200)")
except psycopg.DatabaseError:
    pass
assert execute("SELECT 1").fetchone() == (1,)

# Rows one by one, and a large value.
assert sum(r[0] for r in connection.cursor().stream(
    "WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < 10000) SELECT i FROM n")) == 50005000
text = "x" * 1_000_000
assert execute("SELECT %s", (text,)).fetchone() == (text,)

# What psycopg knows of the server.
assert connection.info.server_version == 150020, connection.info.server_version
assert connection.info.encoding == "utf-8"
assert execute("SHOW TRANSACTION ISOLATION LEVEL").fetchone() == ("serializable",)
execute("SET application_name TO 'driver test'")
assert connection.info.parameter_status("application_name") == "driver test"

# A cancelled statement ends with 57014 and the connection stays.
import threading
import time

timer = threading.Timer(0.5, connection.cancel)
timer.start()
began = time.monotonic()
try:
    execute("WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n) SELECT count(*) FROM n, t")
except errors.QueryCanceled:
    pass
assert time.monotonic() - began < 30
assert execute("SELECT 1").fetchone() == (1,)
connection.close()
