"""circles.py OBJECTS KNOWN: source files that need one another in a circle, by the symbols of their objects.

A circle is a set of files of which each reaches each other. KNOWN lists the files that are in one today; it can only shrink: a
file that is in a circle and not in KNOWN is refused, and so is a line of KNOWN whose file is in no circle any more.
With -v as a third word: all circles, and by which names one file needs the other.
"""
import os
import subprocess
import sys
from collections import defaultdict


def read(root):
    """The files below root whose source is there, and who needs whom by which names."""
    objects = [os.path.join(at, f) for at, _, files in os.walk(root) for f in files if f.endswith('.o')]
    source = {o: os.path.relpath(o, root)[:-2] + '.c' for o in objects}
    objects = sorted(o for o in objects if not source[o].startswith('tests/') and os.path.exists(source[o]))
    makers, wanted = defaultdict(set), defaultdict(set)
    for line in subprocess.run(['nm', '-A', '-g', *objects], capture_output=True, text=True, check=True).stdout.splitlines():
        place, entry = line.split(':', 1)
        words = entry.split()
        if words[0] == 'U':
            wanted[source[place]].add(words[1])
        elif len(words) == 3 and words[1] in 'TDBRVW':
            makers[words[2]].add(source[place])
    needs = defaultdict(lambda: defaultdict(list))
    for user in wanted:
        for name in wanted[user]:
            of = makers[name]
            if len(of) > 1: # programs have a main, options and the like each
                of = {f for f in of if f.split('/')[0] == user.split('/')[0]}
            for f in of - {user}:
                needs[user][f].append(name)
    return sorted(set(source.values())), needs


def circles(files, needs):
    def reached(start):
        seen, todo = set(), [start]
        while todo:
            for f in needs[todo.pop()]:
                if f not in seen:
                    seen.add(f)
                    todo.append(f)
        return seen
    reach = {f: reached(f) for f in files if f in needs}
    return sorted({tuple(sorted(g for g in reach[f] if f in reach.get(g, ()))) for f in reach if f in reach[f]})


def main():
    files, needs = read(sys.argv[1])
    with open(sys.argv[2], encoding='utf-8') as f:
        known = {line.strip() for line in f if line.strip() and not line.startswith('#')}
    found = circles(files, needs)
    inside = {f for circle in found for f in circle}
    for circle in found if '-v' in sys.argv else [c for c in found if set(c) - known]:
        print('circle of', len(circle), 'files:', ' '.join(circle))
        for a in circle:
            for b in circle:
                if b in needs[a] and ('-v' in sys.argv or a not in known or b not in known):
                    print('   ', a, '->', b + ':', ' '.join(sorted(needs[a][b])))
    for f in sorted(known - inside):
        print(f"{f}: is in no circle any more; take it out of {sys.argv[2]}, so that it stays so")
    if inside - known:
        print('hint: move the function that leads back to a file of its own, or hand the value down as an argument')
    return inside != known


sys.exit(main())
