/* What is waited for, in the words of the program's own tables (words.js is made of them). */
import { clock, plain, span } from './format.js';
import { limit, near, waits } from './words.js';

export { phases } from './words.js';
export const isLimit = (w) => near[w.kind] === limit;
export const nearest = (list) => [...list].sort((a, b) => (near[b.kind] ?? 7) - (near[a.kind] ?? 7));

export function waitText(w, needs) {
  const text = waits[w.kind];
  const filled = text ? text.replace(/\{(\w+)\}/g, (_, k) => plain(w[k] ?? '')) : `${w.kind} ${plain(w.subject)}`;
  return filled + (w.kind === 'TIMER_SOURCES' && needs?.length ? `: ${needs.map(plain).join(', ')}` : '');
}

/* [text, is it overdue?] */
export function due(w, nowUs, t) {
  const left = (w.due - nowUs) / 1000;
  return left > 0 ? [t.until(clock(w.due), span(left)), false] : [t.overdue(span(-left)), true];
}
