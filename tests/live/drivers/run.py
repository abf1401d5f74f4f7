#!/usr/bin/env python3
"""Unmodified PostgreSQL clients against a running howdah: run.py HOST PORT [--database NAME] [client ...]

Each client is a script beside this one. It exits 0 when it has seen what it expected, 77 when it cannot run here
(not installed), anything else when it failed. A client never run is printed as skipped, not as passed.
"""
import argparse
import os
import pathlib
import shutil
import subprocess
import sys
import time

HERE = pathlib.Path(__file__).resolve().parent
JDBC = "/usr/share/java/postgresql.jar"


def node_command():
    if not shutil.which("node"):
        return None
    if not all((HERE / "node" / "node_modules" / name).is_dir() for name in ("pg", "pg-cursor", "postgres")):
        if not shutil.which("npm"):
            return None
        installed = subprocess.run(["npm", "install", "--no-audit", "--no-fund", "--silent"], cwd=HERE / "node")
        if installed.returncode != 0:
            return None
    return ["node", str(HERE / "node" / "client.js")]


def psycopg_command():
    for python in ("/usr/bin/python3", sys.executable):
        if subprocess.run([python, "-c", "import psycopg"], capture_output=True).returncode == 0:
            return [python, str(HERE / "psycopg_client.py")]
    return None


CLIENTS = {
    "psql": lambda: shutil.which("psql") and ["bash", str(HERE / "psql_client.sh")],
    "pgbench": lambda: shutil.which("pgbench") and ["bash", str(HERE / "pgbench_client.sh")],
    "psycopg": psycopg_command,
    "jdbc": lambda: shutil.which("java") and os.path.exists(JDBC) and ["java", "-cp", JDBC, str(HERE / "JdbcClient.java")],
    "node": node_command,
}


def main():
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("host")
    parser.add_argument("port")
    parser.add_argument("--database", default="drivers")
    parser.add_argument("--user", default="postgres")
    parser.add_argument("--timeout", type=int, default=120, help="seconds for each client")
    parser.add_argument("clients", nargs="*", default=[])
    args = parser.parse_intermixed_args()
    environment = dict(os.environ, PGHOST=args.host, PGPORT=args.port, PGUSER=args.user, PGCONNECT_TIMEOUT="10")
    passed = failed = 0
    for name in args.clients or CLIENTS:
        command = CLIENTS[name]()
        if not command:
            print(f"skipped  {name}: not installed here", flush=True)
            continue
        environment["PGDATABASE"] = f"{args.database}_{name}"
        began = time.monotonic()
        try:
            run = subprocess.run(command, env=environment, timeout=args.timeout, text=True, errors="replace",
                                 stdout=subprocess.PIPE, stderr=subprocess.STDOUT)
            code, output = run.returncode, run.stdout
        except subprocess.TimeoutExpired as late:
            code, output = "timeout", late.stdout.decode(errors="replace") if late.stdout else ""
        verdict = "passed" if code == 0 else "skipped" if code == 77 else "FAILED"
        print(f"{verdict:8} {name} ({time.monotonic() - began:.1f} s)", flush=True)
        passed += verdict == "passed"
        if verdict == "FAILED":
            failed += 1
            print(f"  exit {code}\n" + "".join(f"  | {line}\n" for line in output.splitlines()), flush=True)
    print(f"drivers: {passed} passed, {failed} failed")
    return 1 if failed else 0


if __name__ == "__main__":
    sys.exit(main())
