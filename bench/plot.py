"""Throughput against clients, a panel for each workload and mode, drawn by gnuplot without TLS."""
import shutil, subprocess, sys


def draw(results, path):
    if not shutil.which('gnuplot'): return print('bench: no gnuplot, no plot', file=sys.stderr)
    panels = {}
    for cell in results:
        if cell['tls'] != 'none': continue
        for name, o in cell['contenders'].items():
            if 'per_second' in o: panels.setdefault((cell['workload'], cell['mode']), {}).setdefault(name, []).append((cell['clients'], o['per_second'], o.get('proxy_cpu')))
    if not panels: return
    columns = min(3, len(panels))
    lines = (len(panels) + columns - 1) // columns
    script = [f'set terminal svg size {columns * 420},{lines * 300} font "sans,11" background "white"', f'set output "{path}"', f'set multiplot layout {lines},{columns}',
              'set logscale x', 'set xrange [0.8:1300]', 'set xlabel "clients"', 'set ylabel "transactions/s"', 'set yrange [0:*]', 'set key bottom right', 'set xtics (1, 16, 64, 200, 1000)', 'set grid']
    for (workload, mode), series in panels.items():
        for i, (name, points) in enumerate(series.items()): script += [f'$d{i} << E', *(f'{x} {y}' for x, y, _ in sorted(points)), 'E']
        script += [f'set title "{workload}, {mode}"', 'plot ' + ', '.join(f'$d{i} using 1:2 with linespoints lw 2 title "{name}"' for i, name in enumerate(series))]
    subprocess.run(['gnuplot'], input='\n'.join([*script, 'unset multiplot']) + '\n', text=True, check=True)
