#!/usr/bin/env python3
"""The differential test: every case on the linked SQLite and through howdah, judged by agree.py.

  run.py [--addr HOST:PORT] [--update] [--also KNOWN.txt] [FILE.sql ...]      (default: every file of this folder)

Rows must come in SQLite's order, also where no ORDER BY asks for one.
known.txt lists the cases that are not identical, one `topic/name class` a line with its reason behind a `#`. The test
fails when a case not listed there differs, when a listed one is wrong in another way, and when a listed one has become
identical (the list must shrink with it). `--also` adds a list, of what one configuration makes differ. `--update`
rewrites the list, or that one, and keeps the reasons."""
import argparse, glob, json, os, subprocess, sys, tempfile

HERE = os.path.dirname(os.path.abspath(__file__))
KNOWN = os.path.join(HERE, 'known.txt')


def read_known(path):
    known, reasons = {}, {}
    if os.path.exists(path):
        for line in open(path, encoding='utf-8'):
            text, _, reason = line.partition('#')
            if text.strip():
                name, kind = text.split()
                known[name], reasons[name] = kind, reason.strip()
    return known, reasons


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument('files', nargs='*')
    parser.add_argument('--addr', default='127.0.0.1:7433')
    parser.add_argument('--update', action='store_true')
    parser.add_argument('--also')
    args = parser.parse_args()
    files = args.files or sorted(glob.glob(os.path.join(HERE, 'cases', '*.sql'))) + [os.path.join(HERE, 'score.sql')]
    with tempfile.NamedTemporaryFile(suffix='.json') as report:
        judge = subprocess.run([sys.executable, os.path.join(HERE, 'agree.py'), '--addr', args.addr, '--order', '--show', '0', '--json', report.name, *files],
                               stdout=subprocess.PIPE, text=True)
        if judge.returncode == 2:
            return 2
        result = json.load(open(report.name, encoding='utf-8'))
    total = sum(result['total'].values())
    differing = {case['case']: case for case in result['cases']}
    known, reasons = read_known(KNOWN)
    also, also_reasons = read_known(args.also) if args.also else ({}, {})
    if args.update:
        with open(args.also or KNOWN, 'w', encoding='utf-8') as out:
            out.write('# Cases whose answer is not SQLite\'s, and why. See run.py.\n')
            reasons = also_reasons if args.also else reasons
            for name in sorted(set(differing) - (set(known) if args.also else set())):
                out.write(f"{name} {differing[name]['class']}  # {reasons.get(name, '')}\n".replace('  # \n', '\n'))
        return 0
    known.update(also)
    failures = []
    for name, case in sorted(differing.items()):
        if known.get(name) != case['class']:
            failures.append(name)
            print(f"{case['class']:9} {name} ({case['file']})")
            for difference in case['diffs'][:3]:
                print('         ', difference)
    if not args.files:
        for name in sorted(set(known) - set(differing)):
            failures.append(name)
            print(f'identical {name}: take it off known.txt')
    counts = ', '.join(f'{result["total"].get(k, 0)} {k}' for k in ('identical', 'wording', 'refused', 'WRONG'))
    print(f'{total} cases: {counts}')
    print(f'agree: {total - len(failures)} passed, {len(failures)} failed')
    return 1 if failures else 0


if __name__ == '__main__':
    sys.exit(main())
