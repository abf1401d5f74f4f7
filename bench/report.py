"""What the figures look like: a Markdown table, and the machine they were taken on."""
import os, platform, re, subprocess


def machine(work):
    with open('/proc/cpuinfo') as f: model = re.search(r'model name\s*:\s*(.+)', f.read())
    with open('/proc/meminfo') as f: memory = int(re.search(r'MemTotal:\s*(\d+)', f.read())[1]) // 1024
    bouncer = work.running.get(('pgbouncer', 'none')) or work.pgbouncer('none')
    commit = subprocess.run(['git', '-C', os.path.dirname(os.path.abspath(__file__)), 'describe', '--always', '--dirty'], capture_output=True, text=True).stdout.strip()
    return (f'{os.cpu_count()} cores ({model[1] if model else platform.machine()}), {memory} MiB, Linux {platform.release()}, load {os.getloadavg()[0]:.1f}, nice {os.getpriority(os.PRIO_PROCESS, 0)}; '
            f'PostgreSQL {work.server.version}, PgBouncer {bouncer.version}{"" if bouncer.prepares else " (too old for prepared statements: set PGBOUNCER)"}, howdah {commit}'
            + (f'; a flush takes {work.flush:g} ms more' if work.flush else ''))


COLUMNS = ('workload', 'mode', 'TLS', 'clients', 'contender', 'per second', '× direct', '× PgBouncer', 'proxy CPU µs/query', 'p50 µs', 'p99 µs', 'round trips/query', 'proxy syscalls/query', 'notes')


def heading(): return ['| ' + ' | '.join(COLUMNS) + ' |', '|---|---|---|--:|---|' + '--:|' * 8 + '---|']


def rows(cell):
    for name, o in cell['contenders'].items():
        here = [cell['workload'], cell['mode'], cell['tls'], str(cell['clients']), name]
        if 'failed' in o:
            yield '| ' + ' | '.join([*here, *[''] * 8, o['failed'].replace('|', '/')]) + ' |'
            continue
        notes = []
        if o['wrong']: notes.append(f'**{o["wrong"]} wrong**')
        if o['errors']: notes.append(f'{o["errors"]} errors: {o.get("first_error", "")[:80]}'.replace('|', '/'))
        if o['retries']: notes.append(f'{o["retries"] / max(o["transactions"], 1):.2f} conflicts each')
        if 'ratio_to_howdah' in o: notes.append(f'{o["ratio_to_howdah"]:.2f} × howdah')
        show = lambda key, form: form.format(o[key]) if o.get(key) is not None else ''
        yield '| ' + ' | '.join([*here, show('per_second', '{:,.0f}'), show('ratio_to_direct', '{:.2f}'), show('ratio_to_pgbouncer', '{:.2f}'), show('proxy_cpu', '{:.1f}'),
                                 show('p50', '{:,.0f}'), show('p99', '{:,.0f}'), show('round_trips', '{:.2f}'), show('proxy_calls', '{:.1f}'), '; '.join(notes)]) + ' |'


def scenario(name, about, outcome):
    """A table with a column for each contender."""
    keys = list(dict.fromkeys(k for o in outcome.values() for k in o))
    yield from (f'### {name}', '', about, '', '| | ' + ' | '.join(outcome) + ' |', '|---|' + '--:|' * len(outcome))
    for key in keys: yield f'| {key} | ' + ' | '.join(f'{o[key]:,}' if isinstance(o.get(key), (int, float)) else str(o.get(key, '')) for o in outcome.values()) + ' |'
    yield ''


def page(machine, results, seconds, rounds, scenarios=()):
    lines = ['# Results of bench/run', '', machine + '.', '',
             f'{seconds:g} s for each contender of a cell, in {rounds} turns; ratios are medians of neighbouring turns. Latency is that of whole transactions.', '',
             *heading(), *(line for cell in results for line in rows(cell)), '',
             *(['## Scenarios', '', 'Latencies in microseconds.', ''] if scenarios else []), *(line for s in scenarios for line in scenario(*s))]
    return '\n'.join(lines)
