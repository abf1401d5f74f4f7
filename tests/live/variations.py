#!/usr/bin/env python3
"""The differential test once more for each thing an operator may choose: concurrent writers, refused mismatches, an ICU
collation, a role without rights beyond its own database, another version of PostgreSQL.

  variations.py [--binary build/release/howdah]      (default: $HOWDAH_BINARY)

Runs on a PostgreSQL of its own, made with the programs of $HOWDAH_PG_BINDIR or the newest installed ones; a daemon for
each variation. Other arguments are ignored. Prints one line "N passed, N failed"."""
import argparse, glob, os, pwd, re, shutil, signal, socket, subprocess, sys, tempfile, time, urllib.request

ROOT = os.path.dirname(os.path.dirname(os.path.dirname(os.path.abspath(__file__))))
OWNER = 'variations_owner'
# name, how its database is made, the role that connects, howdah's configuration, what more is known to differ
VARIATIONS = [
    ('concurrent writers', '', None, 'writers = "concurrent"', 'known_concurrent.txt'),
    ('refused mismatches', '', None, 'mismatch = "reject"', 'known_reject.txt'),
    ('an ICU collation', "TEMPLATE template0 LOCALE_PROVIDER icu ICU_LOCALE 'en-US'", None, '', None),
    ('a role that owns its database and no more', f'OWNER {OWNER}', OWNER, '', None),
]


def free_ports(n):
    sockets = [socket.create_server(('127.0.0.1', 0)) for _ in range(n)]
    ports = [s.getsockname()[1] for s in sockets]
    for s in sockets: s.close()
    return ports


def programs():
    given = os.environ.get('HOWDAH_PG_BINDIR')
    if given: return given
    found = glob.glob('/usr/lib/postgresql/*/bin') + glob.glob('/usr/pgsql-*/bin')
    return max(found, key=lambda path: int(re.search(r'(\d+)/bin', path)[1]))


class Postgres:
    """Trusts every local client; runs as `postgres` where this runs as root, which PostgreSQL refuses."""
    def __init__(self, directory):
        self.port, self.data = free_ports(1)[0], os.path.join(directory, 'cluster')
        self.user = pwd.getpwnam('postgres') if os.geteuid() == 0 else None
        if self.user: os.chown(directory, self.user.pw_uid, self.user.pw_gid)
        self.run(['initdb', '-D', self.data, '-U', 'postgres', '-E', 'UTF8', '--locale=C.UTF-8', '--auth=trust', '--no-sync'])
        self.server = subprocess.Popen([os.path.join(programs(), 'postgres'), '-D', self.data, '-p', str(self.port), '-k', self.data, '-c', 'fsync=off',
                                        '-c', 'listen_addresses=127.0.0.1'], stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL, preexec_fn=self.become)

    def become(self):
        if self.user:
            os.setgid(self.user.pw_gid)
            os.setuid(self.user.pw_uid)

    def run(self, command):
        subprocess.run([os.path.join(programs(), command[0]), *command[1:]], check=True, stdout=subprocess.DEVNULL, preexec_fn=self.become, cwd='/')

    def sql(self, text):
        return subprocess.run(['psql', '-h', '127.0.0.1', '-p', str(self.port), '-U', 'postgres', '-Atqc', text], stdout=subprocess.PIPE, stderr=subprocess.PIPE).returncode == 0

    def ready(self):
        end = time.monotonic() + 60
        while time.monotonic() < end and self.server.poll() is None:
            if self.sql('SELECT 1'): return True
            time.sleep(0.05)
        return False

    def stop(self):
        self.server.send_signal(signal.SIGINT)
        self.server.wait(60)


def judge(binary, directory, postgres, number, role, settings, also):
    """What run.py says, and whether the daemon ended well."""
    pgwire, lines, http = free_ports(3)
    config = os.path.join(directory, f'{number}.toml')
    with open(config, 'w', encoding='utf-8') as f:
        f.write(f'[listen]\npgwire = ["127.0.0.1:{pgwire}"]\nlines = ["127.0.0.1:{lines}"]\nhttp = ["127.0.0.1:{http}"]\n[databases."*"]\ncreate = true\n'
                f'postgres = "host=127.0.0.1 port={postgres.port} dbname=variation_{number} user={role or "postgres"} sslmode=disable"\n{settings}\n')
    with open(os.path.join(directory, f'{number}.log'), 'w+', encoding='utf-8', errors='replace') as log:
        howdah = subprocess.Popen([binary, 'serve', '--config', config], stdout=log, stderr=subprocess.STDOUT)
        for _ in range(600):
            try:
                if urllib.request.urlopen(f'http://127.0.0.1:{http}/ready', timeout=5).status == 200: break
            except OSError:
                time.sleep(0.05)
        extra = ['--also', os.path.join(ROOT, 'tests/agree', also)] if also else []
        done = subprocess.run([sys.executable, os.path.join(ROOT, 'tests/agree/run.py'), '--addr', f'127.0.0.1:{lines}', *extra], stdout=subprocess.PIPE, text=True)
        howdah.send_signal(signal.SIGTERM)
        status = howdah.wait(60)
        log.seek(0)
        return done.stdout, status == 0 and 'Sanitizer' not in log.read()


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument('--binary', default=os.environ.get('HOWDAH_BINARY', os.path.join(ROOT, 'build/release/howdah')))
    args, _ = parser.parse_known_args()
    directory = tempfile.mkdtemp(prefix='howdah-variations-')
    os.chmod(directory, 0o755)
    passed, failed = 0, 0
    postgres = Postgres(directory)
    try:
        assert postgres.ready(), 'PostgreSQL does not start'
        assert postgres.sql(f'CREATE ROLE {OWNER} LOGIN')
        for number, (name, made, role, settings, also) in enumerate(VARIATIONS):
            assert postgres.sql(f'CREATE DATABASE variation_{number} {made}'), f'no database for {name}'
            output, clean = judge(args.binary, directory, postgres, number, role, settings, also)
            found = re.findall(r'agree: (\d+) passed, (\d+) failed', output)
            good, bad = (int(n) for n in found[-1]) if found else (0, 1)
            bad += 0 if clean else 1
            print(f'{name}: {good} passed, {bad} failed')
            if bad: print(output[-6000:])
            passed, failed = passed + good, failed + bad
    finally:
        postgres.stop()
        shutil.rmtree(directory, ignore_errors=True)
    print(f'{passed} passed, {failed} failed')
    return 1 if failed else 0


if __name__ == '__main__':
    sys.exit(main())
