/* What differs between two texts, line by line: Myers' algorithm is more than is needed, lines that
 * both begin and end with are skipped and the rest is compared by the longest common sequence. */
import { h } from './dom.js';
import { lines } from './format.js';
import { t } from './text.js';

const MAX = 1500; /* lines that are compared in earnest */

function compare(a, b) {
  const w = b.length + 1, best = new Uint16Array((a.length + 1) * w);
  for (let i = a.length - 1; i >= 0; i--)
    for (let j = b.length - 1; j >= 0; j--) best[i * w + j] = a[i] === b[j] ? best[(i + 1) * w + j + 1] + 1 : Math.max(best[(i + 1) * w + j], best[i * w + j + 1]);
  const out = [];
  let i = 0, j = 0;
  while (i < a.length || j < b.length) {
    if (i < a.length && j < b.length && a[i] === b[j]) out.push([' ', a[i++]]), j++;
    else if (j >= b.length || (i < a.length && best[(i + 1) * w + j] >= best[i * w + j + 1])) out.push(['-', a[i++]]);
    else out.push(['+', b[j++]]);
  }
  return out;
}

/* [[' ' | '-' | '+', line]]: of what is the same only three lines around what differs. */
function diff(before, after) {
  const a = before.split('\n'), b = after.split('\n');
  let from = 0, end = 0;
  while (from < a.length && from < b.length && a[from] === b[from]) from++;
  while (end < a.length - from && end < b.length - from && a[a.length - 1 - end] === b[b.length - 1 - end]) end++;
  const x = a.slice(from, a.length - end), y = b.slice(from, b.length - end);
  if (!x.length && !y.length) return [];
  const middle = x.length > MAX || y.length > MAX ? [...x.map((l) => ['-', l]), ...y.map((l) => ['+', l])] : compare(x, y);
  return [...a.slice(Math.max(0, from - 3), from).map((l) => [' ', l]), ...middle, ...a.slice(a.length - end, a.length - end + 3).map((l) => [' ', l])];
}

export function diffView(before, after) {
  const rows = diff(before, after);
  if (!rows.length) return h('p', { class: 'dim' }, t.catalogue.noDiff);
  return h('div', { class: 'diff', tabindex: '0', role: 'region', 'aria-label': t.catalogue.diff }, rows.map(([k, line], i) =>
    h('div', { key: i, class: k === '+' ? 'plus' : k === '-' ? 'minus' : null }, `${k} ${lines(line)}`)));
}
