"""A howdah of one's own with a private PostgreSQL in a temporary directory, started again when it dies or is built anew."""
import os, shutil, signal, socket, subprocess, tempfile, time, urllib.request


def free_ports(n):
    sockets = [socket.create_server(('127.0.0.1', 0)) for _ in range(n)]
    ports = [s.getsockname()[1] for s in sockets]
    for s in sockets: s.close()
    return ports


class Daemon:
    """`deaths` counts how often it ended without being told to."""
    def __init__(self, binary, out, port=0, settings=''):
        self.binary, self.out, self.process, self.deaths, self.built = binary, out, None, 0, 0
        self.dir = tempfile.mkdtemp(prefix='howdah-random-')
        os.chmod(self.dir, 0o755)
        ports = [port, port + 1, port + 2] if port else free_ports(3)
        self.pgwire, self.lines, self.http = (f'127.0.0.1:{p}' for p in ports)
        self.config, self.log = os.path.join(self.dir, 'howdah.toml'), os.path.join(self.dir, 'howdah.log')
        with open(self.config, 'w', encoding='utf-8') as f:
            f.write(f'[listen]\npgwire = ["{self.pgwire}"]\nlines = ["{self.lines}"]\nhttp = ["{self.http}"]\n{settings}')
        if not self.start(): self.bury()

    def start(self, fresh=False):
        if fresh: shutil.rmtree(os.path.join(self.dir, 'data'), ignore_errors=True)
        copy = os.path.join(self.dir, 'howdah')
        self.built = os.stat(self.binary).st_mtime
        shutil.copy(self.binary, copy + '.new')
        os.replace(copy + '.new', copy)
        self.process = subprocess.Popen([copy, 'serve', '--config', self.config, '--embedded', os.path.join(self.dir, 'data')], stdout=open(self.log, 'a', encoding='utf-8'),
                                        stderr=subprocess.STDOUT, start_new_session=True)
        end = time.monotonic() + 120
        while time.monotonic() < end and self.process.poll() is None:
            try:
                if urllib.request.urlopen(f'http://{self.http}/ready', timeout=5).status == 200: return True
            except OSError:
                time.sleep(0.2)
        return False

    def psql(self, *commands):
        """Commands to its PostgreSQL, as its owner."""
        told = [a for c in commands for a in ('-c', c)]
        subprocess.run(['psql', '-qX', '-h', os.path.join(self.dir, 'data'), *told], stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL, timeout=120, check=True)

    def died(self): return self.process.poll() is not None

    def is_outdated(self):
        """There is a newer build, and the linker has left it alone for a while."""
        try: return self.built < os.stat(self.binary).st_mtime < time.time() - 5
        except OSError: return False

    def bury(self):
        """Keeps the log of one that died, and starts another."""
        self.deaths += 1
        shutil.copy(self.log, os.path.join(self.out, f'death_{int(time.time())}.log'))
        for attempt in range(20):
            time.sleep(min(attempt, 10))
            if self.start(fresh=attempt > 1): return
        raise RuntimeError('howdah does not start')

    def stop(self):
        self.process.send_signal(signal.SIGTERM)
        try:
            self.process.wait(60)
        except subprocess.TimeoutExpired:
            self.process.kill()
            self.process.wait()

    def renew(self, fresh):
        """The newest build, and where asked for an empty PostgreSQL."""
        self.stop()
        os.truncate(self.log, 0)
        if not self.start(fresh): self.bury()

    def end(self):
        self.stop()
        shutil.rmtree(self.dir, ignore_errors=True)
