"""The contenders' processes: a private PostgreSQL, PgBouncer and howdah in front of it, each on ports of its own."""
import glob, json, os, random, re, resource, shutil, signal, socket, subprocess, tempfile, time, urllib.request

ROOT = os.path.dirname(os.path.dirname(os.path.abspath(__file__)))
POOL = 10
AS_USER = 'postgres' if os.geteuid() == 0 else None  # neither PostgreSQL nor PgBouncer runs as root


class Ports:
    """Free ports below the range that clients' own ends come from."""
    def __init__(self, first=None): self.next = first or random.randrange(18000, 31000)

    def take(self):
        while True:
            self.next += 1
            with socket.socket() as s:
                s.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
                try: s.bind(('127.0.0.1', self.next))
                except OSError: continue
            return self.next


def wait_until(condition, what, seconds=60):
    end = time.monotonic() + seconds
    while time.monotonic() < end:
        if condition(): return
        time.sleep(0.02)
    raise RuntimeError(f'not within {seconds} s: {what}')


def listens(port):
    with socket.socket() as s: return s.connect_ex(('127.0.0.1', port)) == 0


def threads_cpu(pid):
    """CPU seconds of all threads of a process that still run, to the nanosecond."""
    total = 0
    for path in glob.glob(f'/proc/{pid}/task/*/schedstat'):
        try:
            with open(path) as f: total += int(f.read().split()[0])
        except OSError: pass
    return total / 1e9


def resident(pid, peak=False):
    """Bytes of memory that a process has now, or has had at most."""
    with open(f'/proc/{pid}/status') as f: return int(re.search(('VmHWM' if peak else 'VmRSS') + r':\s*(\d+) kB', f.read())[1]) * 1024


def certificate(folder):
    subprocess.run(['openssl', 'req', '-x509', '-newkey', 'ec', '-pkeyopt', 'ec_paramgen_curve:prime256v1', '-nodes', '-days', '30', '-subj', '/CN=127.0.0.1',
                    '-keyout', f'{folder}/server.key', '-out', f'{folder}/server.crt'], check=True, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    os.chmod(f'{folder}/server.key', 0o600)
    if AS_USER: shutil.chown(f'{folder}/server.key', AS_USER), shutil.chown(f'{folder}/server.crt', AS_USER)


def favour(pid):
    """Gives a process this program's priority where Linux schedules by session first (autogroup). Each backend of
    PostgreSQL is a session of its own, so the other processes are made one too: all compete on the same terms."""
    nice = os.getpriority(os.PRIO_PROCESS, 0)
    if nice == 0: return
    try:
        with open(f'/proc/{pid}/autogroup', 'w') as f: f.write(str(nice))
    except OSError: pass


def disk(flush):
    """The environment of a program that writes to the disk: a flush takes `flush` milliseconds more."""
    return {**os.environ, 'LD_PRELOAD': f'{ROOT}/build/release/bench/libhowdah_slow_flush.so', 'HOWDAH_BENCH_FLUSH_US': str(round(flush * 1000))} if flush else None


class Process:
    """Something that runs until the end of the benchmark."""
    def __init__(self, name, command, log, user=None, cwd=None, env=None):
        self.name, self.log = name, log
        self.process = subprocess.Popen(command, stdout=open(log, 'a'), stderr=subprocess.STDOUT, stdin=subprocess.DEVNULL, user=user,
                                        group=user, extra_groups=[] if user else None, cwd=cwd, preexec_fn=raise_file_limit, start_new_session=True, env=env)
        self.pid = self.process.pid
        favour(self.pid)

    def ready(self, condition, what):
        def state():
            if self.process.poll() is not None: raise RuntimeError(f'{self.name} ended:\n' + open(self.log, errors='replace').read()[-3000:])
            return condition()
        wait_until(state, what)

    def cpu(self): return threads_cpu(self.pid)

    def stop(self, how=signal.SIGTERM):
        if self.process.poll() is None: self.process.send_signal(how)
        try: self.process.wait(20)
        except subprocess.TimeoutExpired: self.process.kill()


def raise_file_limit():
    _, most = resource.getrlimit(resource.RLIMIT_NOFILE)
    resource.setrlimit(resource.RLIMIT_NOFILE, (most, most))


class PostgreSQL(Process):
    settings = {'shared_buffers': '512MB', 'max_connections': 1400, 'fsync': 'on', 'synchronous_commit': 'on', 'autovacuum': 'off', 'ssl': 'on',
                'checkpoint_timeout': '30min', 'max_wal_size': '8GB', 'log_min_messages': 'fatal', 'superuser_reserved_connections': 10}

    def __init__(self, folder, ports, flush=0):
        self.bin = os.environ.get('HOWDAH_PG_BINDIR') or sorted(glob.glob('/usr/lib/postgresql/*/bin'), key=lambda p: float(p.split('/')[4]))[-1]
        self.port, self.socket, data = ports.take(), folder, f'{folder}/data'
        subprocess.run([f'{self.bin}/initdb', '-D', data, '-U', 'postgres', '-A', 'trust', '--locale=C.UTF-8', '-E', 'UTF8', '--no-sync'], check=True,
                       stdout=subprocess.DEVNULL, user=AS_USER, group=AS_USER, extra_groups=[] if AS_USER else None, cwd='/')
        certificate(data)
        given = {**self.settings, 'port': self.port, 'listen_addresses': '127.0.0.1', 'unix_socket_directories': folder}
        super().__init__('PostgreSQL', [f'{self.bin}/postgres', '-D', data, *(a for k, v in given.items() for a in ('-c', f'{k}={v}'))], f'{folder}/postgres.log', AS_USER, '/', disk(flush))
        self.ready(lambda: subprocess.run([f'{self.bin}/pg_isready', '-q', '-h', folder, '-p', str(self.port)]).returncode == 0, 'PostgreSQL accepts connections')
        self.version = self.ask('SHOW server_version')

    def ask(self, sql):
        """What psql prints for statements, without decoration."""
        done = subprocess.run([f'{self.bin}/psql', '-X', '-A', '-t', '-q', '-v', 'ON_ERROR_STOP=1', '-h', self.socket, '-p', str(self.port), '-U', 'postgres', '-d', 'postgres'],
                              input=sql, capture_output=True, text=True)
        if done.returncode: raise RuntimeError(done.stderr)
        return done.stdout.strip()

    def backends(self):
        with open(f'/proc/{self.pid}/task/{self.pid}/children') as f: return f.read().split()

    def stop(self): super().stop(signal.SIGINT)


class PgBouncer(Process):
    def __init__(self, folder, ports, server, tls):
        own = f'{ROOT}/build/pgbouncer/pgbouncer'
        self.binary = os.environ.get('PGBOUNCER') or (own if os.path.exists(own) else shutil.which('pgbouncer', path=os.environ['PATH'] + ':/usr/sbin'))
        if not self.binary: raise RuntimeError('no PgBouncer: set PGBOUNCER')
        self.version = re.search(r'PgBouncer ([\d.]+)', subprocess.run([self.binary, '--version'], capture_output=True, text=True).stdout)[1]
        self.prepares = tuple(int(n) for n in self.version.split('.')[:2]) >= (1, 21)  # prepared statements in transaction mode
        self.port = ports.take()
        given = {'listen_addr': '127.0.0.1', 'listen_port': self.port, 'unix_socket_dir': '', 'auth_type': 'any', 'pool_mode': 'transaction', 'default_pool_size': POOL,
                 'min_pool_size': POOL, 'max_client_conn': 20000, 'listen_backlog': 4096, 'query_wait_timeout': 0, 'log_connections': 0, 'log_disconnections': 0, 'log_stats': 0,
                 'server_tls_sslmode': 'disable' if tls == 'none' else 'require', 'ignore_startup_parameters': 'extra_float_digits'}
        if self.prepares: given['max_prepared_statements'] = 200
        if tls == 'both':
            certificate(folder)
            given |= {'client_tls_sslmode': 'require', 'client_tls_key_file': f'{folder}/server.key', 'client_tls_cert_file': f'{folder}/server.crt'}
        with open(f'{folder}/pgbouncer.ini', 'w') as f:
            f.write(f'[databases]\npostgres = host=127.0.0.1 port={server.port} user=postgres\n[pgbouncer]\n' + ''.join(f'{k} = {v}\n' for k, v in given.items()))
        super().__init__('PgBouncer', [self.binary, f'{folder}/pgbouncer.ini'], f'{folder}/pgbouncer.log', AS_USER, '/')
        self.ready(lambda: listens(self.port), 'PgBouncer listens')


class Howdah(Process):
    def __init__(self, folder, ports, server, tls, binary):
        self.port, self.lines, self.http = ports.take(), ports.take(), ports.take()
        config = f'{folder}/howdah.toml'
        conninfo = f'host=127.0.0.1 port={server.port} user=postgres dbname=postgres sslmode=' + ('disable' if tls == 'none' else 'require')
        with open(config, 'w') as f:
            f.write(f'[listen]\npgwire = ["127.0.0.1:{self.port}"]\nlines = ["127.0.0.1:{self.lines}"]\nhttp = ["127.0.0.1:{self.http}"]\n'
                    f'[databases.main]\npostgres = "{conninfo}"\nschema = "single"\ncreate = true\n'
                    f'[databases.concurrent]\npostgres = "{conninfo}"\nschema = "concurrent"\ncreate = true\nwriters = "concurrent"\n'
                    f'[pool]\nmin = {POOL}\nmax = {POOL}\ncheckout_timeout = "10m"\nmax_waiting = 20000\n[limits]\nmax_clients = 20000\n'
                    f'[log]\nlevel = "warn"\n')
            if tls == 'both':
                certificate(folder)
                f.write(f'[tls]\ncertificate = "{folder}/server.crt"\nkey = "{folder}/server.key"\n')
        super().__init__('howdah', [binary, 'serve', '--config', config], f'{folder}/howdah.log')
        self.ready(self.is_ready, 'howdah is ready')

    def is_ready(self):
        try: return urllib.request.urlopen(f'http://127.0.0.1:{self.http}/ready', timeout=5).status == 200
        except OSError: return False

    def ask(self, sql, database='main'):
        """Runs SQL over the line protocol; the first error ends it."""
        with socket.create_connection(('127.0.0.1', self.lines), 600) as s, s.makefile('rb') as f:
            s.sendall(json.dumps({'hello': {'database': database}}).encode() + b'\n' + json.dumps({'sql': sql}).encode() + b'\n')
            for line in f:
                answer = json.loads(line)
                if isinstance(answer, dict) and 'error' in answer: raise RuntimeError(f'{sql[:200]}: {answer["error"]["message"]}')
                if isinstance(answer, dict) and 'rows' in answer and not answer.get('more'): return


class Workplace:
    """A temporary folder with everything that runs; contenders are started when first asked for."""
    def __init__(self, howdahs, first_port=None, flush=0):
        self.folder = tempfile.mkdtemp(prefix='howdah-bench-', dir=os.environ.get('HOWDAH_BENCH_DIR'))
        if AS_USER: shutil.chown(self.folder, AS_USER)
        os.chmod(self.folder, 0o755)
        self.ports, self.howdahs, self.running, self.server, self.flush = Ports(first_port), howdahs, {}, None, flush

    def __enter__(self):
        self.server = PostgreSQL(self.place('server'), self.ports, self.flush)
        return self

    def __exit__(self, *_):
        for process in reversed(list(self.running.values())): process.stop()
        if self.server: self.server.stop()
        shutil.rmtree(self.folder, ignore_errors=True)

    def place(self, name):
        path = f'{self.folder}/{name}'
        os.mkdir(path)
        if AS_USER: shutil.chown(path, AS_USER)
        return path

    def pgbouncer(self, tls): return self.start(('pgbouncer', tls), lambda place: PgBouncer(place, self.ports, self.server, tls))

    def howdah(self, tls, name='howdah'): return self.start((name, tls), lambda place: Howdah(place, self.ports, self.server, tls, self.howdahs[name]))

    def start(self, key, make):
        if key not in self.running: self.running[key] = make(self.place('-'.join(key)))
        return self.running[key]
