/* What all modules share: asking for a redraw, where we are, what is said for a moment. */
let draw = () => {};
let isAsked = false;

export function onDraw(fn) {
  draw = fn;
}

/* Soon, and once for all who ask until then. Hidden tabs are drawn, too, but seldom. */
export function redraw() {
  if (isAsked) return;
  isAsked = true;
  const run = () => {
    if (!isAsked) return;
    isAsked = false;
    draw();
  };
  if (document.hidden) setTimeout(run, 250);
  else requestAnimationFrame(run);
}

/* --- where: #/services/ID/logs?host=x ------------------------------------------------------------- */

export function here() {
  const [path, query] = location.hash.replace(/^#/, '').split('?', 2);
  const part = (s) => {
    try {
      return decodeURIComponent(s);
    } catch {
      return s;
    }
  };
  return { parts: path.split('/').filter(Boolean).map(part), query: new URLSearchParams(query || '') };
}

/* link('services', id, 'logs', {host}) */
export function link(...parts) {
  const last = parts[parts.length - 1];
  const query = last && typeof last === 'object' ? parts.pop() : null;
  const text = new URLSearchParams();
  for (const [k, v] of Object.entries(query || {})) if (v !== undefined && v !== null && v !== '') text.set(k, v);
  const q = text.toString();
  return '#/' + parts.map((p) => encodeURIComponent(p)).join('/') + (q ? '?' + q : '');
}

export function go(...parts) {
  location.hash = link(...parts);
}

/* The filter of a page is in its address, and does not fill the history. */
export function setQuery(changes) {
  const at = here();
  for (const [k, v] of Object.entries(changes)) {
    if (v === '' || v === null || v === undefined) at.query.delete(k);
    else at.query.set(k, v);
  }
  history.replaceState(null, '', link(...at.parts, Object.fromEntries(at.query)));
  redraw();
}

/* --- said for a moment ------------------------------------------------------------------------------ */

export const notices = [];

export function notice(text, kind = 'ok') {
  const n = { text, kind, key: `${Date.now()}-${Math.random()}` };
  notices.push(n);
  if (notices.length > 4) notices.shift();
  setTimeout(() => {
    const i = notices.indexOf(n);
    if (i >= 0) notices.splice(i, 1);
    redraw();
  }, kind === 'bad' ? 12000 : 5000);
  redraw();
}

/* --- one dialog at a time ---------------------------------------------------------------------------- */

export const dialogs = [];

/* render(close): what is in it. Escape and the button close it. */
export function openDialog(title, render, options = {}) {
  const d = { title, render, ...options, key: `d${Math.random()}`, before: document.activeElement };
  d.close = () => {
    const i = dialogs.indexOf(d);
    if (i < 0) return;
    dialogs.splice(i, 1);
    d.onclose?.();
    redraw();
    requestAnimationFrame(() => d.before?.isConnected && d.before.focus());
  };
  dialogs.push(d);
  redraw();
  return d;
}
