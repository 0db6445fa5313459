"""english.py FILE...: words that users' texts avoid, in the string literals of C files.

Literals that are a single word or look like SQL, JSON or a name are not looked at: they are no sentences.
"""
import re
import sys

AVOID = re.compile(r'\b(whoever|nobody|bears?|is told|are told|be told|taken for|all the same|mend(?:s|ed|ing)?|whosoever)\b', re.I)
TOKEN = re.compile(r'//[^\n]*|/\*.*?\*/|"(?:\\.|[^"\\\n])*"|\'(?:\\.|[^\'\\\n])*\'', re.S)

bad = 0
for name in sys.argv[1:]:
    with open(name, encoding='utf-8') as f:
        text = f.read()
    for m in TOKEN.finditer(text):
        literal = m.group(0)
        if literal[0] != '"' or ' ' not in literal:
            continue
        hit = AVOID.search(literal)
        if hit:
            line = text.count('\n', 0, m.start()) + 1
            print(f'{name}:{line}: \'{hit.group(0)}\' in {literal}')
            bad += 1
if bad:
    print("hint: say who does what: 'nobody answers' is 'the peer does not answer'")
sys.exit(bad > 0)
