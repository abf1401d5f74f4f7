"""System calls of a process under load, counted by strace in a run of their own, because strace slows it down."""
import re, shutil, signal, subprocess, tempfile, time


def count(pids, work_on):
    """Calls by name (those that failed with EAGAIN and the like not counted) while work_on() runs, and what it returns."""
    with tempfile.NamedTemporaryFile('r') as table:
        tracer = subprocess.Popen(['strace', '-f', '-c', '-o', table.name, *(a for pid in pids for a in ('-p', str(pid)))], stderr=subprocess.DEVNULL)
        time.sleep(0.3)
        outcome = work_on()
        tracer.send_signal(signal.SIGINT)
        tracer.wait()
        calls = {}
        for line in table.read().splitlines():
            found = re.match(r'\s*[\d.]+\s+[\d.]+\s+\d+\s+(\d+)\s+(\d+)?\s+(\w+)$', line)
            if found and found[3] != 'total': calls[found[3]] = int(found[1]) - int(found[2] or 0)
        return calls, outcome


def available(): return shutil.which('strace') is not None


def of_cell(entered, loads, server, seconds=0.5):
    """For each contender: system calls of the proxy for each query, and how often the server had to wait for input
    for each query: successful reads of its backends, which is what travels between proxy and server."""
    found = {}
    for c in entered:
        if c.name not in loads: continue
        found[c.name] = {}
        if c.proxy:
            calls, outcome = count([c.proxy.pid], lambda: loads[c.name].run(seconds))
            found[c.name]['proxy_calls'] = round(sum(calls.values()) / max(outcome['queries'], 1), 2)
        backends = server.backends()
        if len(backends) < 120:
            calls, outcome = count(backends, lambda: loads[c.name].run(seconds))
            found[c.name]['round_trips'] = round((calls.get('recvfrom', 0) + calls.get('read', 0)) / max(outcome['queries'], 1), 2)
    return found
