/* An operation's steps: a bar each from when it was sent until it was done, and lines from what it
 * waited for. */
import { h } from './dom.js';
import { clock, plain, span, timeOf } from './format.js';
import { faultCard, pill, stateKind } from './parts.js';
import { t } from './text.js';

const ROW = 34;

function bounds(op) {
  const begin = timeOf(op.askedAt);
  const ends = (op.steps || []).map((s) => timeOf(s.doneAt)).filter(Number.isFinite);
  const end = op.endedAt ? timeOf(op.endedAt) : Math.max(...ends, op.state === 'PROCESSING' || op.state === 'STARTING' || op.state === 'ROLLING_BACK' ? Date.now() : timeOf(op.stateAt) || begin, begin + 1);
  return [begin, Math.max(end, begin + 1)];
}

export function timeline(op, now = Date.now()) {
  const steps = op.steps || [];
  if (!steps.length) return h('p', { class: 'dim' }, t.operation.noSteps);
  const [begin, end] = bounds(op);
  const x = (ms) => Math.max(0, Math.min(100, ((ms - begin) / (end - begin)) * 100));
  const at = new Map();
  steps.forEach((s, i) => {
    const done = timeOf(s.doneAt);
    const before = (s.after || []).map((k) => at.get(k)?.to).filter((v) => v !== undefined);
    const sent = timeOf(s.sentAt);
    const isRunning = s.state === 'SENT' || s.state === 'UNDOING';
    const from = Number.isFinite(sent) ? sent : Number.isFinite(done) ? Math.min(done, Math.max(begin, ...before)) : NaN;
    const to = Number.isFinite(done) ? done : isRunning ? now : NaN;
    at.set(s.n, { i, from, to });
  });
  const lines = [];
  for (const s of steps)
    for (const k of s.after || []) {
      const a = at.get(k), b = at.get(s.n);
      if (!a || !Number.isFinite(a.to) || !Number.isFinite(b.from)) continue;
      const ax = x(a.to), bx = x(b.from), ay = a.i * ROW + ROW / 2, by = b.i * ROW + ROW / 2;
      lines.push(h('path', { key: `${k}-${s.n}`, d: `M${ax} ${ay} H${(ax + bx) / 2} V${by} H${bx}`, 'vector-effect': 'non-scaling-stroke' }));
    }
  return h('div', { class: 'timeline', role: 'group', 'aria-label': t.operation.timeline },
    h('div', { class: 'tl-axis', 'aria-hidden': 'true' }, h('span', {}, clock(begin)), h('span', {}, span((end - begin) / 2)), h('span', {}, span(end - begin))),
    h('svg', { class: 'tl-lines', viewBox: `0 0 100 ${steps.length * ROW}`, preserveAspectRatio: 'none', 'aria-hidden': 'true', style: { height: `${steps.length * ROW}px` } }, lines),
    h('ol', {}, steps.map((s) => {
      const p = at.get(s.n);
      const isPlaced = Number.isFinite(p.from) && Number.isFinite(p.to);
      const waits = s.state === 'PLANNED' ? (s.after || []).filter((k) => { const o = steps.find((z) => z.n === k); return o && !['DONE', 'SKIPPED'].includes(o.state); }) : [];
      return h('li', { key: s.n, class: stateKind(s.state), value: s.n },
        h('div', { class: 'tl-name' }, h('span', { class: 'tl-n' }, s.n), pill(s.state), ' ', h('span', { title: plain(s.sentence || s.kind) }, plain(s.sentence || s.kind)), s.instance ? h('span', { class: 'dim' }, ' ', plain(s.instance)) : null,
          s.attempt > 1 ? h('span', { class: 'dim' }, ' ', t.operation.attempt(s.attempt)) : null,
          waits.length ? h('span', { class: 'dim' }, ' ', t.operation.waitsFor(waits.join(', '))) : null),
        h('div', { class: 'tl-bar' }, isPlaced ? h('span', { class: `bar ${stateKind(s.state)}`, style: { left: `${x(p.from)}%`, width: `${Math.max(0.6, x(p.to) - x(p.from))}%` }, title: span(p.to - p.from) }) : null,
          isPlaced ? h('span', { class: 'tl-took', style: x(p.to) > 80 ? { right: `${100 - x(p.from) + 1}%` } : { left: `${x(p.to) + 1}%` } }, span(p.to - p.from)) : null));
    })),
    steps.filter((s) => s.lateFault || (s.fault && s.fault.message !== op.fault?.message)).map((s) => h('div', { key: `f${s.n}` }, faultCard(s.fault || s.lateFault, `${s.n}. ${plain(s.sentence || s.kind)}`))),
    steps.filter((s) => s.note || s.children?.length).map((s) => h('p', { key: `k${s.n}`, class: 'dim' }, `${s.n}. `, plain(s.note || ''), (s.children || []).map((c) => ` ${plain(c.kind)} ${plain(c.name || c.of || '')} ${plain(c.state || '')}`))));
}
