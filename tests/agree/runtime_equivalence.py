#!/usr/bin/env python3
"""Evaluates random calls in SQLite and through the runtime functions in PostgreSQL, and compares value and class.

usage: runtime_equivalence.py [--dsn CONNINFO] [--seed N] [--count N] [TOPIC ...]

Topics: real_text round format casts affinity arithmetic substr patterns text dates json math. Default: all.
The runtime is installed from dialect/runtime into the schema howdah of the database first. No driver is needed but libpq.
Exit status 1 when something differs."""
import argparse
import ctypes
import glob
import json
import math
import os
import random
import sqlite3
import struct
import sys

ROOT = os.path.dirname(os.path.dirname(os.path.dirname(os.path.abspath(__file__))))
pq = ctypes.CDLL("libpq.so.5")
for name in ("PQconnectdb", "PQexec"):
    getattr(pq, name).restype = ctypes.c_void_p
for name in ("PQerrorMessage", "PQresultErrorMessage", "PQgetvalue"):
    getattr(pq, name).restype = ctypes.c_char_p
pq.PQexec.argtypes = [ctypes.c_void_p, ctypes.c_char_p]
for name in ("PQstatus", "PQerrorMessage", "PQresultStatus", "PQntuples", "PQclear", "PQresultErrorMessage"):
    getattr(pq, name).argtypes = [ctypes.c_void_p]
for name in ("PQgetvalue", "PQgetisnull"):
    getattr(pq, name).argtypes = [ctypes.c_void_p, ctypes.c_int, ctypes.c_int]


class Server:
    def __init__(self, dsn):
        self.connection = pq.PQconnectdb(dsn.encode())
        if pq.PQstatus(self.connection) != 0:
            raise SystemExit(pq.PQerrorMessage(self.connection).decode())

    def rows(self, sql):
        result = pq.PQexec(self.connection, sql.encode())
        try:
            if pq.PQresultStatus(result) not in (1, 2):
                raise RuntimeError(pq.PQresultErrorMessage(result).decode())
            return [[None if pq.PQgetisnull(result, i, j) else pq.PQgetvalue(result, i, j).decode() for j in range(4)]
                    for i in range(pq.PQntuples(result))]
        finally:
            pq.PQclear(result)

    def run(self, sql):
        result = pq.PQexec(self.connection, sql.encode())
        ok = pq.PQresultStatus(result) in (1, 2)
        message = pq.PQresultErrorMessage(result).decode()
        pq.PQclear(result)
        if not ok:
            raise RuntimeError(message)


def literal(value):
    """A SQLite value as a PostgreSQL expression of its plain type."""
    if value is None:
        return "NULL::text"
    if isinstance(value, int):
        return f"'{value}'::bigint"
    if isinstance(value, float):
        return f"'{'Infinity' if value == math.inf else '-Infinity' if value == -math.inf else repr(value)}'::float8"
    if isinstance(value, bytes):
        return f"'\\x{value.hex()}'::bytea"
    return "'" + value.replace("'", "''") + "'::text"


def dynamic(value):
    kind = {int: "i2v", float: "r2v", str: "t2v", bytes: "b2v"}.get(type(value))
    return f"howdah.{kind}({literal(value)})" if kind else "NULL::howdah.v"


def decoded(row):
    number, scale, text, blob = row
    if number is not None:
        return int(number) if scale == "0" else float(number)
    return text if text is not None else bytes.fromhex(blob) if blob is not None else None


def same(a, b):
    if type(a) is not type(b):
        return False
    if isinstance(a, float):
        return a == b or (math.isnan(a) and math.isnan(b)) or abs(a - b) <= abs(a) * 4e-16
    return a == b


class Judge:
    def __init__(self, server):
        self.server = server
        self.sqlite = sqlite3.connect(":memory:")
        self.calls = self.differences = 0

    def ask_sqlite(self, sql, args):
        try:
            return self.sqlite.execute("SELECT " + sql, args).fetchone()[0]
        except sqlite3.Error as error:
            return error

    def check(self, sqlite_sql, server_sql, cases):
        """server_sql is a howdah.v over {0}, {1}, … plain literals and {v0}, {v1}, … dynamic ones."""
        for start in range(0, len(cases), 100):
            self.check_some(sqlite_sql, server_sql, cases[start:start + 100])

    def check_some(self, sqlite_sql, server_sql, cases):
        expressions = [server_sql.format(*map(literal, args), **{f"v{i}": dynamic(a) for i, a in enumerate(args)})
                       for args in cases]
        body = " UNION ALL ".join(f"SELECT {i} AS i, {e} AS x" for i, e in enumerate(expressions))
        query = f"SELECT (q.x).n, scale((q.x).n), (q.x).t, encode((q.x).b, 'hex') FROM ({body}) q ORDER BY i"
        try:
            answers = [decoded(row) for row in self.server.rows(query)]
        except (RuntimeError, UnicodeDecodeError) as error:
            if len(cases) > 1:
                for case in cases:
                    self.check_some(sqlite_sql, server_sql, [case])
                return
            answers = [error]
        for args, got in zip(cases, answers):
            want = self.ask_sqlite(sqlite_sql, args)
            self.calls += 1
            if isinstance(want, Exception) and (isinstance(got, Exception) or "Could not decode" in str(want)):
                continue
            # A text that PostgreSQL cannot hold is refused.
            if isinstance(got, Exception) and ("encoding" in str(got) or "NUL" in str(got) or "Unicode" in str(got)):
                continue
            if not same(want, got):
                self.differences += 1
                print(f"{sqlite_sql} {args!r}\n  SQLite     {want!r}\n  PostgreSQL {got!r}")


R = random.Random()


def real():
    kind = R.randrange(9)
    if kind == 0:
        return float(R.randrange(-1000, 1000))
    if kind == 1:
        return R.randrange(-10**8, 10**8) / 100
    if kind == 2:
        return R.uniform(-10, 10)
    if kind == 3:
        return sum(R.randrange(1000) / 100 for _ in range(R.randrange(2, 9)))
    if kind == 4:
        return R.choice((0.0, 0.5, 1.5, 2.5, 0.1, 1e15, 999999999999999.5, 1e-4, 9.99999e-5, 1e100, 5e-324, 1.7976931348623157e308,
                         math.inf, -math.inf, 2.0**53, 2.0**63, 0.3, 1.005, 2.675, 1e23))
    if kind == 5:
        value = struct.unpack("<d", struct.pack("<Q", R.getrandbits(64)))[0]
        return value if value == value else 0.0
    if kind == 6:
        return R.uniform(-1, 1) * 10.0 ** R.randrange(-20, 20)
    if kind == 7:
        return (R.randrange(-10**6, 10**6) + 0.5) / 10 ** R.randrange(0, 6)
    return R.getrandbits(53) / 2.0 ** R.randrange(0, 60)


def integer():
    return R.choice((R.randrange(-20, 20), R.randrange(-10**6, 10**6), R.randrange(-2**63, 2**63), 2**63 - 1, -2**63, 0, 63, 64, 65))


def number_text():
    base = R.choice((str(integer()), repr(real()), f"{real():.3f}", f"{R.randrange(100)}e{R.randrange(-400, 400)}", "0x1F", ".5", "5.",
                     "+7", "-", "e5", "1e", "1e+", "--1", "inf", "nan", "1_0", "9223372036854775808", "12 34"))
    return R.choice(("", "", " ", "\t", "\n ", "x")) + base + R.choice(("", "", "", " ", "abc", "e", "\v", "."))


def word(alphabet="abAB%_*?[]^-\\é€ 19'\"", longest=8):
    return "".join(R.choice(alphabet) for _ in range(R.randrange(longest + 1)))


def anything():
    return R.choice((None, integer, real, number_text, word, lambda: word().encode(), lambda: bytes((R.randrange(32, 127),))))


def any_value():
    kind = anything()
    return kind() if kind else None


def cases(count, *makers):
    return [tuple(make() for make in makers) for _ in range(count)]


def real_text(judge, n):
    judge.check("CAST(? AS TEXT)", "howdah.t2v(howdah.r2t({0}))", cases(n * 3, real))
    judge.check("quote(?)", "howdah.t2v(howdah.quote({v0}))", cases(n, real))
    judge.check("quote(?)", "howdah.t2v(howdah.quote({v0}))", cases(n, any_value))


def round_(judge, n):
    judge.check("round(?)", "howdah.r2v(howdah.round_({0}))", cases(n, real))
    judge.check("round(?, ?)", "howdah.r2v(howdah.round_({0}, {1}))", cases(n * 3, real, lambda: R.randrange(-2, 12)))


def format_(judge, n):
    def spec():
        flags = "".join(c for c in "-+ #0!," if R.random() < 0.15)
        width = R.choice(("", "", str(R.randrange(1, 15))))
        places = R.choice(("", "", "." + str(R.randrange(0, 12)), "."))
        return flags + width + places

    judge.check("printf(?, ?)", "howdah.t2v(howdah.printf({0}, {v1}))",
                [(f"[%{spec()}{R.choice('feEgG')}]", real()) for _ in range(n * 2)])
    judge.check("printf(?, ?)", "howdah.t2v(howdah.printf({0}, {v1}))",
                [(f"[%{spec()}{R.choice('diuxXocr')}]", R.choice((integer(), word("ab1é", 3) or "x"))) for _ in range(n)])
    judge.check("printf(?, ?, ?)", "howdah.t2v(howdah.printf({0}, {v1}, {v2}))",
                [(word("ab%") + f"%{spec()}{R.choice('sqQwdfzy')}" + word("%d "), any_value(), any_value()) for _ in range(n)])
    for places in range(0, 5):
        judge.check(f"printf('%.{places}f', ?)", f"howdah.t2v(howdah.printf_f({{0}}, {places}))", cases(n // 2, real))


def casts(judge, n):
    judge.check("CAST(? AS INTEGER)", "howdah.i2v(howdah.v2i({v0}))", cases(n, any_value))
    judge.check("CAST(? AS INTEGER)", "howdah.i2v(howdah.t2i({0}))", cases(n, number_text))
    judge.check("CAST(? AS REAL)", "howdah.r2v(howdah.v2r({v0}))", cases(n, any_value))
    judge.check("CAST(? AS REAL)", "howdah.r2v(howdah.t2r({0}))", cases(n, number_text))
    judge.check("CAST(? AS NUMERIC)", "howdah.n2v(howdah.v2num({v0}))", cases(n, any_value))
    judge.check("CAST(? AS NUMERIC)", "howdah.n2v(howdah.t2num({0}))", cases(n, number_text))
    judge.check("CAST(? AS TEXT)", "howdah.t2v(howdah.v2t({v0}))", cases(n, any_value))
    judge.check("hex(?)", "howdah.t2v(howdah.hex_b(howdah.v2b({v0})))", cases(n, any_value))
    judge.check("(? AND 1)", "howdah.i2v((howdah.truth({v0}))::int::int8)", cases(n, lambda: any_value() or 0))


def affinity(judge, n):
    judge.sqlite.execute("CREATE TABLE IF NOT EXISTS one(i INTEGER, r REAL, t TEXT, n NUMERIC)")
    for column, function in (("i", "aff_num"), ("r", "aff_real"), ("t", "aff_text"), ("n", "aff_num")):
        for args in cases(n // 2, any_value):
            judge.sqlite.execute("DELETE FROM one")
            judge.sqlite.execute(f"INSERT INTO one({column}) VALUES (?)", args)
            judge.check(f"{column} FROM one WHERE ? IS NOT 7e77", f"howdah.{function}({{v0}})", [args])


def arithmetic(judge, n):
    for sign, name in (("+", "n_add"), ("-", "n_sub"), ("*", "n_mul"), ("/", "n_div")):
        judge.check(f"? {sign} ?", f"howdah.n2v(howdah.{name}(howdah.v2n({{v0}}), howdah.v2n({{v1}})))", cases(n, any_value, any_value))
        judge.check(f"? {sign} ?", f"howdah.n2v(howdah.{name}(howdah.v2n({{v0}}), howdah.v2n({{v1}})))", cases(n, real, real))
    judge.check("? % ?", "howdah.n2v(howdah.v_mod({v0}, {v1}))", cases(n, any_value, any_value))
    judge.check("- ?", "howdah.n2v(howdah.n_neg(howdah.v2n({v0})))", cases(n, any_value))
    judge.check("? << ?", "howdah.i2v(howdah.shl({0}, {1}))", cases(n, integer, integer))
    judge.check("? >> ?", "howdah.i2v(howdah.shr({0}, {1}))", cases(n, integer, integer))


def substr(judge, n):
    small = lambda: R.choice((R.randrange(-9, 10), integer()))
    judge.check("substr(?, ?, ?)", "howdah.t2v(howdah.sub_t({0}, {1}, {2}))", cases(n, word, small, small))
    judge.check("substr(?, ?)", "howdah.t2v(howdah.sub_t({0}, {1}))", cases(n, word, small))
    judge.check("substr(?, ?, ?)", "howdah.b2v(howdah.sub_b({0}, {1}, {2}))", cases(n, lambda: word("ab").encode(), small, small))
    judge.check("substr(?, ?, ?)", "howdah.sub_v({v0}, {1}, {2})", cases(n, any_value, small, small))


def patterns(judge, n):
    pattern = lambda: word("abAB%_\\é1")
    judge.check("? LIKE ?", "howdah.i2v((howdah.like_({1}, {0}))::int::int8)", cases(n, lambda: word("abAB%_\\é1"), pattern))
    judge.check("? LIKE ? ESCAPE ?", "howdah.i2v((howdah.like_({1}, {0}, {2}))::int::int8)",
                cases(n, lambda: word("abAB%_\\é"), pattern, lambda: R.choice("\\a%é_")))
    judge.check("? GLOB ?", "howdah.i2v((howdah.glob({1}, {0}))::int::int8)",
                cases(n * 3, lambda: word("abcA*?[]^-é1"), lambda: word("abcA*?[]^-é1", 9)))


def text(judge, n):
    judge.check("instr(?, ?)", "howdah.i2v(howdah.instr_v({v0}, {v1}))", cases(n, any_value, lambda: R.choice((any_value(), word("ab", 2)))))
    judge.check("length(?)", "howdah.i2v(howdah.length_v({v0}))", cases(n, any_value))
    judge.check("soundex(?)", "howdah.t2v(howdah.soundex({0}))", cases(n, lambda: word("abcdlmrtzAéh1- ")))
    judge.check("unicode(?)", "howdah.i2v(howdah.unicode({0}))", cases(n, word))
    judge.check("char(?, ?)", "howdah.t2v(howdah.char_({0}, {1}))", cases(n, lambda: R.choice((65, 233, 8364, 128512, 55300, 1114112, -1, 0)), lambda: R.randrange(1, 70000)))
    judge.check("abs(?)", "howdah.n2v(howdah.abs_v({v0}))", cases(n, any_value))
    judge.check("zeroblob(?)", "howdah.b2v(howdah.zeroblob({0}))", cases(20, lambda: R.randrange(-3, 50)))


def moment():
    kind = R.randrange(9)
    if kind == 0:
        return R.choice((integer(), R.randrange(0, 5373485), R.randrange(0, 2**31)))
    if kind == 1:
        return R.uniform(0, 5373485)
    if kind == 2:
        return word("0123456789-: T")
    date = f"{R.randrange(0, 10000):04}-{R.randrange(0, 14):02}-{R.randrange(0, 33):02}"
    time = f"{R.randrange(0, 25):02}:{R.randrange(0, 61):02}"
    if R.random() < 0.7:
        time += f":{R.randrange(0, 61):02}"
        if R.random() < 0.4:
            time += "." + str(R.randrange(0, 10**R.randrange(1, 7)))
    if R.random() < 0.2:
        time += R.choice(("Z", " z", "+02:00", "-05:30", "+14:59", "+15:00", " +01:00 "))
    return R.choice((date, date, date + " " + time, date + "T" + time, time, "-" + date, str(real()), None))


def modifier():
    sign = R.choice(("+", "-", ""))
    amount = R.choice((str(R.randrange(0, 40)), f"{R.uniform(0, 40):.3f}", str(R.randrange(0, 10**6))))
    unit = R.choice(("days", "day", "hours", "minute", "seconds", "months", "month", "years", "YEAR", "weeks", ""))
    return R.choice((f"{sign}{amount} {unit}", "start of month", "start of year", "start of day", f"weekday {R.randrange(-1, 8)}", "unixepoch",
                     "auto", "julianday", f"{sign}{R.randrange(0, 24):02}:{R.randrange(0, 60):02}", "utc x", f"{sign}{amount}{unit}"))


def dates(judge, n):
    for name, wrap in (("date", "t2v"), ("time", "t2v"), ("datetime", "t2v"), ("julianday", "r2v"), ("unixepoch", "i2v")):
        judge.check(f"{name}(?)", f"howdah.{wrap}(howdah.{name}_i({{v0}}))", cases(n, moment))
        judge.check(f"{name}(?, ?)", f"howdah.{wrap}(howdah.{name}_i({{v0}}, {{1}}))", cases(n, moment, modifier))
        judge.check(f"{name}(?, ?, ?)", f"howdah.{wrap}(howdah.{name}_i({{v0}}, {{1}}, {{2}}))", cases(n, moment, modifier, modifier))
    form = lambda: word(" -:") + "".join("%" + R.choice("dfHjJmMsSwWY%q") for _ in range(R.randrange(1, 4)))
    judge.check("strftime(?, ?)", "howdah.t2v(howdah.strftime_i({0}, {v1}))", cases(n * 2, form, moment))
    judge.check("strftime(?, ?, ?)", "howdah.t2v(howdah.strftime_i({0}, {v1}, {2}))", cases(n, form, moment, modifier))


def document(depth=3):
    kind = R.randrange(8 if depth else 5)
    if kind == 0:
        return R.choice(("null", "true", "false"))
    if kind == 1:
        return R.choice((str(R.randrange(-50, 50)), f"{R.uniform(-5, 5):.3f}", "1e3", "-0", "1.50", "99999999999999999999", "0.0"))
    if kind < 5:
        return json.dumps(word("abé\"\\/\n\t 1"), ensure_ascii=R.random() < 0.5)
    gap = R.choice(("", "", " ", "\n"))
    if kind < 7:
        members = (json.dumps(R.choice(("a", "b", "c", "a b", "x.y", "é", "q\"", "1"))) + gap + ":" + gap + document(depth - 1)
                   for _ in range(R.randrange(4)))
        return "{" + gap + ("," + gap).join(members) + gap + "}"
    return "[" + ",".join(gap + document(depth - 1) for _ in range(R.randrange(4))) + gap + "]"


def path():
    steps = (".a", ".b", ".c", '."a b"', '."x.y"', ".é", "[0]", "[1]", "[#-1]", "[#]", "[2]", ".1", ".q\"", ".", "[", "x", "[-1]", "[#-9]")
    return R.choice(("$", "$", "$", "$", "")) + "".join(R.choice(steps[:12] if R.random() < 0.9 else steps) for _ in range(R.randrange(4)))


def json_(judge, n):
    text_ = lambda: document() if R.random() < 0.95 else word("{}[],:\"a1")
    inner_path = lambda: next(p for p in iter(path, None) if p != "$")
    judge.check("json(?)", "howdah.t2v(howdah.json({0}))", cases(n, text_))
    judge.check("json_valid(?)", "howdah.i2v((howdah.json_valid({0}))::int::int8)", cases(n, text_))
    judge.check("json_extract(?, ?)", "howdah.json_extract({0}, {1})", cases(n * 3, text_, path))
    judge.check("json_extract(?, ?)", "howdah.json_extract_at({0}, {1})", cases(n, text_, path))
    judge.check("json_extract(?, ?, ?)", "howdah.t2v(howdah.json_extract_all({0}, {1}, {2}))", cases(n, text_, path, path))
    judge.check("json_array(json_extract(?, ?))", "howdah.t2v('[' || coalesce(howdah.json_extracted({0}, {1}), 'null') || ']')",
                cases(n, text_, path))
    judge.check("? -> ?", "howdah.t2v(howdah.json_arrow({0}, {v1}))", cases(n, text_, lambda: R.choice((path(), "a", "a b", 0, 1, -1, "[0]", "1"))))
    judge.check("? ->> ?", "howdah.json_long_arrow({0}, {v1})", cases(n, text_, lambda: R.choice((path(), "a", "b", 0, 1, "[0]"))))
    judge.check("json_type(?, ?)", "howdah.t2v(howdah.json_type({0}, {1}))", cases(n, text_, path))
    judge.check("json_array_length(?, ?)", "howdah.i2v(howdah.json_array_length({0}, {1}))", cases(n, text_, path))
    judge.check("json_patch(?, ?)", "howdah.t2v(howdah.json_patch({0}, {1}))", cases(n, lambda: unique(document()), lambda: unique(document())))
    judge.check("json_remove(?, ?, ?)", "howdah.t2v(howdah.json_remove({0}, {1}, {2}))", cases(n, text_, path, path))
    for name in ("set", "insert", "replace"):
        judge.check(f"json_{name}(?, ?, ?, ?, json(?))",
                    f"howdah.t2v(howdah.json_edit('{name[0]}', {{0}}, {{1}}, howdah.v2j({{v2}}), {{3}}, howdah.json({{4}})))",
                    cases(n, text_, inner_path, lambda: R.choice((None, integer(), real(), word())), inner_path, document))
    judge.check("json_quote(?)", "howdah.t2v(howdah.v2j({v0}))", cases(n, any_value))
    for name in ("each", "tree"):
        judge.check(f"(SELECT group_concat(quote(key)||'|'||quote(value)||'|'||type||'|'||quote(atom)||'|'||id||'|'||quote(parent)||'|'||fullkey||'|'||path, ';')"
                    f" FROM json_{name}(?, ?))",
                    f"howdah.t2v((SELECT string_agg(howdah.quote(key)||'|'||howdah.quote(value)||'|'||type||'|'||howdah.quote(atom)||'|'||id||'|'||"
                    f"howdah.quote(howdah.i2v(parent))||'|'||fullkey||'|'||path, ';') FROM howdah.json_{name}_({{0}}, {{1}})))",
                    cases(n, lambda: unique(document()), lambda: R.choice(("$", path()))))
    judge.check("(SELECT group_concat(quote(key)||'|'||quote(value)||'|'||type||'|'||quote(atom)||'|'||fullkey||'|'||path, ';') FROM json_each(?1, ?2))",
                "howdah.t2v((SELECT string_agg(howdah.quote(key)||'|'||howdah.quote(value)||'|'||type||'|'||howdah.quote(atom)||'|'||fullkey||'|'||path, ';')"
                " FROM howdah.json_elements(howdah.json_node({0}, {1}), {1})))",
                cases(n, document, lambda: R.choice(("$", path()))))
    for at, name, around in (("$", "NULL::howdah.v", "$"), ("$.a", "howdah.t2v('a')", "$"), ("$.b.a", "howdah.t2v('a')", "$.b")):
        judge.check("(SELECT group_concat(quote(key)||'|'||quote(value)||'|'||type||'|'||quote(atom)||'|'||fullkey||'|'||path, ';') "
                    f"FROM json_tree(?1, '{at}'))",
                    "howdah.t2v((SELECT string_agg(howdah.quote(key)||'|'||howdah.quote(value)||'|'||type||'|'||howdah.quote(atom)||'|'||fullkey||'|'||path, ';' "
                    f"ORDER BY id) FROM howdah.json_nodes(howdah.json_node({{0}}, '{at}'), {name}, '{at}', '{around}')))",
                    cases(n, lambda: unique(document())))


def unique(text_):
    """Without duplicate keys, about which SQLite's answers are accidents."""
    return json.dumps(json.loads(text_, parse_float=lambda x: 2.5), ensure_ascii=False)


def math_(judge, n):
    for name in ("exp", "ln", "log10", "log2", "sqrt", "acos", "asin", "acosh", "atanh", "sinh", "cosh", "degrees", "radians"):
        judge.check(f"{name}(?)", f"howdah.r2v(howdah.{name}_({{0}}))", cases(n // 4, real))
    for name in ("pow", "log"):
        judge.check(f"{name}(?, ?)", f"howdah.r2v(howdah.{name}_({{0}}, {{1}}))", cases(n, real, real))
    judge.check("mod(?, ?)", "howdah.r2v(howdah.fmod_({0}, {1}))", cases(n, real, real))
    for name in ("ceil", "floor", "trunc"):
        judge.check(f"{name}(?)", f"howdah.n2v(howdah.{name}_n(howdah.v2math({{v0}})))", cases(n // 2, any_value))


TOPICS = {"real_text": real_text, "round": round_, "format": format_, "casts": casts, "affinity": affinity, "arithmetic": arithmetic,
          "substr": substr, "patterns": patterns, "text": text, "dates": dates, "json": json_, "math": math_}


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--dsn", default="dbname=postgres")
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--count", type=int, default=300)
    parser.add_argument("topics", nargs="*", choices=[[], *TOPICS])
    options = parser.parse_args()
    server = Server(options.dsn)
    server.run("SET client_min_messages = error; CREATE SCHEMA IF NOT EXISTS howdah")
    for file in sorted(glob.glob(os.path.join(ROOT, "dialect/runtime/*.sql"))):
        with open(file, encoding="utf-8") as sql:
            server.run(sql.read())
    failed = False
    for topic in options.topics or TOPICS:
        R.seed(f"{topic} {options.seed}")
        judge = Judge(server)
        TOPICS[topic](judge, options.count)
        print(f"{topic}: {judge.calls} calls, {judge.differences} different")
        failed = failed or judge.differences > 0
    sys.exit(failed)


if __name__ == "__main__":
    main()
