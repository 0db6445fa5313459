/* Values as people read them. */
import { t } from './text.js';

const two = (n) => String(n).padStart(2, '0');

/* Milliseconds since the epoch out of what the server writes: microseconds, ISO 8601,
 * "2026.12.01 at 11:05:01 UTC", "2026.12.01-11:05:01:123-UTC". NaN: none of these. */
export function timeOf(v) {
  if (typeof v === 'number') return v > 1e14 ? v / 1000 : v;
  if (!v) return NaN;
  const m = /^(\d{4})\.(\d\d)\.(\d\d)(?: at |-)(\d\d):(\d\d):(\d\d)(?::(\d{3}))?/.exec(v);
  return m ? Date.UTC(m[1], m[2] - 1, m[3], m[4], m[5], m[6], m[7] || 0) : Date.parse(v);
}

export function clock(v) {
  const ms = timeOf(v);
  if (!Number.isFinite(ms)) return '';
  const d = new Date(ms), now = new Date();
  const time = `${two(d.getHours())}:${two(d.getMinutes())}:${two(d.getSeconds())}`;
  return d.toDateString() === now.toDateString() ? time : `${d.getFullYear()}-${two(d.getMonth() + 1)}-${two(d.getDate())} ${time}`;
}

export function full(v) {
  const ms = timeOf(v);
  return Number.isFinite(ms) ? new Date(ms).toISOString().replace('T', ' ').replace('Z', ' UTC') : '';
}

export function span(ms) {
  const s = Math.max(0, ms / 1000);
  if (s < 1) return `${Math.round(s * 1000)} ms`;
  if (s < 10) return `${s.toFixed(1)} s`;
  if (s < 120) return `${Math.round(s)} s`;
  if (s < 7200) return `${Math.round(s / 60)} min`;
  if (s < 172800) return `${Math.round(s / 3600)} h`;
  return `${Math.round(s / 86400)} d`;
}

export function ago(v) {
  const ms = timeOf(v);
  return Number.isFinite(ms) ? t.ago(span(Date.now() - ms)) : '';
}

export function bytes(n) {
  if (n < 1024) return `${n} B`;
  if (n < 1 << 20) return `${(n / 1024).toFixed(1)} KiB`;
  return `${(n / (1 << 20)).toFixed(1)} MiB`;
}

/* Where a JSON text is broken, as line and column. */
export function parseJson(text) {
  try {
    return JSON.parse(text);
  } catch (e) {
    const at = /position (\d+)/.exec(e.message);
    const lc = /line (\d+) column (\d+)/.exec(e.message);
    const before = at ? text.slice(0, Number(at[1])).split('\n') : null;
    throw new Error(lc ? t.badJson(lc[1], lc[2], e.message) : before ? t.badJson(before.length, before[before.length - 1].length + 1, e.message) : e.message);
  }
}

/* Control characters and changes of direction are shown, not obeyed. */
export function plain(s) {
  return String(s ?? '').replace(/[\u0000-\u001f\u007f-\u009f\u200e\u200f\u202a-\u202e\u2066-\u2069]/g, (c) =>
    c === '\n' || c === '\t' ? ' ' : `\\u${c.charCodeAt(0).toString(16).padStart(4, '0')}`);
}

/* The same of text of several lines. */
export function lines(s) {
  return String(s ?? '').split('\n').map((l) => l.replace(/\t/g, '    ')).map(plain).join('\n');
}

/* As a word of a shell: what is copied may come out of the address of the page, or out of a name. Bash
 * spells control characters, which a terminal would obey when they are pasted. */
export function word(s) {
  const text = String(s ?? '');
  if (/^[A-Za-z0-9_./:@%+,=-]+$/.test(text)) return text;
  if (!/[\u0000-\u001f\u007f-\u009f]/.test(text)) return `'${text.replace(/'/g, "'\\''")}'`;
  return `$'${text.replace(/[\\']/g, '\\$&').replace(/[\u0000-\u001f\u007f-\u009f]/g, (c) => `\\u${c.charCodeAt(0).toString(16).padStart(4, '0')}`)}'`;
}
