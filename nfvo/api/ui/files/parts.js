/* What pages are made of. */
import { ApiError, call, mayChange, path, session, urlOf } from './api.js';
import { h } from './dom.js';
import { ago, clock, full, lines, plain, timeOf, word } from './format.js';
import { notice, openDialog, redraw, setQuery } from './state.js';
import { t } from './text.js';

/* --- states ------------------------------------------------------------------------------------------ */

const kinds = {
  ok: ['ACTIVE', 'UP', 'READY', 'DONE', 'COMPLETED', 'active'],
  bad: ['CRITICAL', 'MAJOR', 'ERROR', 'FAILED', 'FAILED_TEMP', 'UNKNOWN', 'UNDO_FAILED', 'DOUBT', 'missing', 'inactive'],
  busy: ['DEPLOYING', 'INSTANTIATING', 'GRANTING', 'GRANTED', 'ALLOCATING', 'ALLOCATED', 'MODIFYING', 'STARTING', 'SCALING', 'RESUMING', 'RELEASING',
    'LAUNCHING', 'DELETING', 'PROCESSING', 'SENT', 'ROLLING_BACK', 'UNDOING', 'REGISTERING', 'STANDBY_SYNC'],
};
const kindOf = new Map(Object.entries(kinds).flatMap(([k, list]) => list.map((w) => [w, k])));
export const stateKind = (s) => kindOf.get(s) || 'idle';

/* A word with its colour and shape: never the colour alone. */
export const pill = (state, title) =>
  h('span', { class: `pill ${stateKind(state)}`, title: title || null }, plain(state || t.unknown));

export const id = (s) => h('code', { class: 'id', title: plain(s) }, plain(s).slice(0, 8));
const moment = (v, say) => (Number.isFinite(timeOf(v)) ? h('time', { title: full(v), datetime: new Date(timeOf(v)).toISOString() }, say(v)) : '');
export const when = (v) => moment(v, clock);
export const since = (v) => moment(v, ago);

export const button = (text, onclick, props = {}) => h('button', { type: 'button', onclick, ...props }, text);
/* What changes something: not shown to who may not. */
export const action = (text, onclick, props = {}) => (mayChange() ? button(text, onclick, props) : null);

export const empty = (text, ...more) => h('div', { class: 'empty' }, h('p', {}, text), ...more);
export const loading = () => h('div', { class: 'empty', role: 'status' }, h('span', { class: 'spin', 'aria-hidden': 'true' }), ' ', t.loading);

export const section = (title, tools, ...body) =>
  h('section', { class: 'box' }, h('div', { class: 'box-head' }, h('h2', {}, title), h('span', { class: 'grow' }), tools), ...body);

export const facts = (rows) =>
  h('dl', { class: 'facts' }, rows.filter((r) => r && r[1] !== null && r[1] !== undefined && r[1] !== '' && r[1] !== false).map(([k, v]) =>
    h('div', { key: k }, h('dt', {}, k), h('dd', {}, v))));

/* rows: [[text, fn]] */
export const menu = (name, rows) => h('details', { class: 'menu-box' }, h('summary', { 'aria-label': t.act.more(plain(name)), title: t.service.actions }, '⋯'),
  h('div', { class: 'menu-list' }, rows.filter(Boolean).map(([text, fn]) => button(text, fn, { key: text }))));

/* The last column of a table: what can be done with its row. */
export const actions = (cell) => ({ name: h('span', { class: 'sr' }, t.service.actions), class: 'end', cell });

/* What a list is filtered by is in the address: ?q= */
export const filterBox = (query) => h('div', { class: 'toolbar', key: 'q' },
  h('input', { type: 'search', placeholder: t.filter, 'aria-label': t.filter, value: query.get('q') || '', oninput: (e) => setQuery({ q: e.target.value }) }));
export const filtered = (list, query) => {
  const wanted = (query.get('q') || '').toLowerCase();
  return list.filter((x) => (x.name || '').toLowerCase().includes(wanted));
};

export const jsonView = (value, label) => h('pre', { class: 'log', tabindex: '0', 'aria-label': label || null }, lines(JSON.stringify(value, null, 2)));

/* columns: [{name, class, cell(row)}] */
export function table(caption, columns, rows, keyOf, props = {}) {
  return h('div', { class: 'scroll', tabindex: '0', role: 'region', 'aria-label': caption }, h('table', { class: 'list', ...props },
    h('caption', { class: 'sr' }, caption),
    h('thead', {}, h('tr', {}, columns.map((c) => h('th', { scope: 'col', class: c.class || null }, c.name)))),
    h('tbody', {}, rows.map((r, i) => h('tr', { key: keyOf ? keyOf(r, i) : i, class: props.rowClass?.(r) || null },
      columns.map((c) => h('td', { class: c.class || null }, c.cell(r, i))))))));
}

export function tabs(label, current, rows) {
  return h('nav', { class: 'tabs', 'aria-label': label }, rows.map(([key, text, href]) =>
    h('a', { key, href, 'aria-current': key === current ? 'page' : null }, text)));
}

export function bar(used, of, label) {
  const part = of > 0 ? Math.min(1, used / of) : 0;
  return h('div', { class: 'quota' },
    h('span', { class: 'quota-name' }, label),
    h('span', { class: `meter ${part > 0.9 ? 'bad' : part > 0.75 ? 'warn' : ''}`, role: 'meter', 'aria-label': label, 'aria-valuenow': used,
      'aria-valuemin': '0', 'aria-valuemax': of > 0 ? of : used }, h('span', { style: { width: `${(part * 100).toFixed(1)}%` } })),
    h('span', { class: 'quota-text' }, of > 0 ? t.usedOf(used, of) : t.usedNoLimit(used)));
}

/* --- errors ------------------------------------------------------------------------------------------ */

export function problem(e, again) {
  if (!e) return null;
  return h('div', { class: 'alert bad', role: 'alert' },
    h('strong', {}, e.isNetwork ? t.noServer : plain(e.message)),
    e.causes?.length ? h('ul', {}, e.causes.map((c) => h('li', {}, plain(c)))) : null,
    e.object ? h('p', {}, t.at(plain(e.object))) : null,
    e.hint ? h('p', {}, h('b', {}, t.next), ' ', plain(e.hint)) : null,
    again ? button(t.again, again) : null);
}

export function failed(e) {
  if (e?.name === 'AbortError') return;
  const text = e instanceof ApiError && e.isNetwork ? t.noServer : plain(e.message);
  notice(e?.hint ? `${text}. ${plain(e.hint)}` : text, 'bad');
}

/* --- a command to copy ------------------------------------------------------------------------------- */

async function copy(text) {
  try {
    await navigator.clipboard.writeText(text);
  } catch { /* no clipboard without TLS: by way of a selection */
    const area = document.createElement('textarea');
    area.value = text;
    (document.querySelector('dialog[open]') || document.body).append(area);
    area.select();
    document.execCommand('copy');
    area.remove();
  }
  notice(t.copied);
}

export const command = (text) => h('div', { class: 'command' }, h('code', {}, text),
  h('button', { type: 'button', class: 'quiet', 'aria-label': t.copy(text), title: t.copyShort, onclick: () => copy(text) }, '⧉'));

/* rows: [{what, command, method, path, body}] */
export function asCommands(rows) {
  const curl = (r) => {
    const parts = ['curl'];
    if (r.method !== 'GET') parts.push('-X', r.method);
    parts.push('-H', '"Authorization: Bearer $TOKEN"');
    if (session.project) parts.push('-H', word(`project-id: ${session.project.id}`));
    if (r.file) parts.push('-F', word(`file=@${r.file}`));
    else if (r.body !== undefined) parts.push('-H', word('Content-Type: application/json'), '-d', word(JSON.stringify(r.body)));
    parts.push(word(location.origin + urlOf(r.path)));
    return parts.join(' ');
  };
  return h('div', { class: 'box commands' },
    h('h2', {}, t.asCommands), h('p', { class: 'dim' }, t.asCommandsHow),
    command(`TOKEN=$(curl -s -u openbatonOSClient:secret -d grant_type=password -d username=${word(session.user?.username || 'USER')} -d password=... ` +
      `${location.origin}/oauth/token | jq -r .access_token)`),
    h('dl', {}, rows.filter(Boolean).map((r) => h('div', { key: r.what + r.command }, h('dt', {}, r.what), h('dd', {}, r.command ? command(r.command) : null, r.path ? command(curl(r)) : null)))));
}

/* --- faults ------------------------------------------------------------------------------------------- */

/* What a fault says; where: rows of facts. */
export const faultText = (f, where) => [
  h('p', { class: 'fault-message' }, plain(f.message)),
  f.causes?.length ? h('ol', { class: 'causes', 'aria-label': t.fault.causes }, f.causes.map((c) => h('li', {}, plain(c)))) : null,
  facts(where),
  f.output_tail ? h('details', { open: true }, h('summary', {}, t.fault.output), h('pre', { class: 'output', tabindex: '0' }, lines(f.output_tail))) : null,
  f.hint ? h('p', {}, h('b', {}, t.next), ' ', plain(f.hint)) : null];

export function faultCard(fault, title, ...verbs) {
  if (!fault) return null;
  const where = [[t.fault.component, fault.component], [t.fault.object, fault.object], [t.fault.host, fault.host], [t.fault.script, fault.script],
    [t.fault.exit, fault.exit]].map(([k, v]) => [k, v === undefined ? '' : plain(v)]);
  return h('section', { class: 'box fault', 'aria-label': title },
    h('div', { class: 'box-head' }, h('h2', {}, title), h('span', { class: 'grow' }), h('code', {}, plain(fault.code))),
    faultText(fault, [...where, [t.fault.time, fault.at ? when(fault.at) : '']]),
    verbs.some(Boolean) ? h('div', { class: 'row' }, verbs) : null);
}

/* --- forms --------------------------------------------------------------------------------------------- */

let fieldCount = 0;
/* A form in a dialog. fields: [{name, label, type, value, options, required, hint, rows}], done(values)
 * is awaited: what it throws is shown, and the form stays. */
export function formDialog(title, fields, verb, done, { about, isDanger } = {}) {
  const values = Object.fromEntries(fields.map((f) => [f.name, f.value ?? (f.type === 'checkbox' ? false : '')]));
  const prefix = `f${++fieldCount}`;
  let error = null, isBusy = false;
  const submit = async (e) => {
    e.preventDefault();
    if (isBusy) return;
    isBusy = true;
    error = null;
    redraw();
    try {
      await done(values);
      d.close();
    } catch (x) {
      error = x;
    }
    isBusy = false;
    redraw();
  };
  const d = openDialog(title, () => h('form', { onsubmit: submit, class: 'form' },
    about ? h('p', {}, about) : null,
    fields.map((f) => field(prefix, f, values)),
    problem(error),
    h('div', { class: 'row end' }, button(t.cancel, () => d.close()),
      h('button', { type: 'submit', class: isDanger ? 'danger' : 'primary', disabled: isBusy }, isBusy ? t.working : verb))));
  return d;
}

export function field(prefix, f, values) {
  const key = `${prefix}-${f.name}`.replace(/\W/g, '_');
  const set = (v) => {
    values[f.name] = v;
    f.onchange?.(v);
    redraw();
  };
  const common = { id: key, name: f.name, required: f.required || null, 'aria-describedby': f.hint ? `${key}-hint` : null };
  let input;
  if (f.type === 'select')
    input = h('select', { ...common, value: values[f.name], onchange: (e) => set(e.target.value) },
      f.options.map(([v, text]) => h('option', { key: v, value: v }, text)));
  else if (f.type === 'checkbox')
    return h('div', { class: 'field check', key }, h('input', { ...common, type: 'checkbox', checked: values[f.name], onchange: (e) => set(e.target.checked) }),
      h('label', { for: key }, f.label), f.hint ? h('small', { id: `${key}-hint` }, f.hint) : null);
  else if (f.type === 'text-area')
    input = h('textarea', { ...common, rows: f.rows || 6, spellcheck: 'false', value: values[f.name], oninput: (e) => set(e.target.value) });
  else if (f.type === 'file')
    input = h('input', { ...common, type: 'file', accept: f.accept || null, onchange: (e) => set(e.target.files[0] || null) });
  else
    input = h('input', { ...common, type: f.type || 'text', min: f.min, max: f.max, autocomplete: f.autocomplete || 'off', spellcheck: 'false', value: values[f.name],
      oninput: (e) => set(f.type === 'number' ? Number(e.target.value) : e.target.value) });
  return h('div', { class: 'field', key }, h('label', { for: key }, f.label), input, f.hint ? h('small', { id: `${key}-hint` }, f.hint) : null);
}

export function confirm(title, text, verb, done, isDanger = true) {
  return formDialog(title, [], verb, done, { about: text, isDanger });
}

/* --- plans ---------------------------------------------------------------------------------------------- */

export function planView(plan) {
  const change = (c) => (c ? `${c.before} → ${c.after}${c.limit > 0 ? ` / ${c.limit}` : ''}` : '');
  return h('div', { class: 'plan' },
    plan.refused?.length ? h('div', { class: 'alert bad' }, h('strong', {}, t.plan.refused), h('ul', {}, plan.refused.map((r) => h('li', {}, plain(r))))) : null,
    plan.warnings?.length ? h('div', { class: 'alert warn' }, h('ul', {}, plan.warnings.map((w) => h('li', {}, plain(w))))) : null,
    h('ol', { class: 'steps' }, (plan.steps || []).map((s) => h('li', { key: s.n, value: s.n },
      h('span', {}, plain(s.sentence || s.kind)), s.instance ? h('span', { class: 'dim' }, ' ', plain(s.instance)) : null,
      s.after?.length ? h('span', { class: 'dim' }, ' ', t.plan.after(s.after.join(', '))) : null,
      s.reason ? h('div', { class: 'dim' }, plain(s.reason)) : null,
      (s.scripts || []).map((c) => h('div', { class: 'dim' }, t.plan.runs((c.names || []).map(plain).join(', '), (c.hosts || []).map(plain).join(', '), c.moreHosts || 0)))))),
    plan.pops?.length ? table(t.plan.pops, [
      { name: t.plan.pop, cell: (p) => plain(p.name) },
      { name: t.plan.servers, cell: (p) => change(p.servers) },
      { name: t.plan.quota, cell: (p) => (p.quota?.length ? p.quota.map((q) => h('div', {}, `${plain(q.what)} ${change(q)}`)) : t.plan.notKnown) },
      { name: t.plan.why, cell: (p) => plain(p.note || '') }], plan.pops, (p) => p.id) : null,
    plan.cannotUndo?.length ? h('div', {}, h('strong', {}, t.plan.cannotUndo), h('ul', {}, plan.cannotUndo.map((c) => h('li', {}, plain(c))))) : null);
}

/* Asks for the plan first, shows it, and does it when it is confirmed and the service is still as
 * it was. request: {method, path, body, text, query} */
export function planned(title, request, verb, then, { command: cli } = {}) {
  let plan = null, error = null, isBusy = false;
  const load = async () => {
    plan = error = null;
    redraw();
    try {
      plan = await call(request.method, request.path, { ...request, query: { ...request.query, plan: 'true' } });
    } catch (e) {
      error = e;
    }
    redraw();
  };
  const run = async (isQueued) => {
    isBusy = true;
    redraw();
    let operation = '';
    try {
      const headers = plan?.basis ? { 'If-Match': `"${plan.basis}"` } : {};
      const query = { ...request.query, ...(isQueued ? { queue: 'true' } : {}) };
      await call(request.method, request.path, { ...request, query, headers, onHeaders: (x) => (operation = x.get('Operation-Id') || '') });
      d.close();
      notice(t.asked(title));
      then?.(operation);
    } catch (e) {
      error = e;
    }
    isBusy = false;
    redraw();
  };
  const d = openDialog(title, () => h('div', { class: 'form' },
    !plan && !error ? loading() : null,
    plan ? planView(plan) : null,
    problem(error),
    cli ? h('details', {}, h('summary', {}, t.asCommands), command(cli)) : null,
    h('div', { class: 'row end' }, button(t.cancel, () => d.close()), error ? button(t.planAgain, load) : null,
      plan?.refused?.length ? button(t.queueIt, () => run(true), { disabled: isBusy }) : null,
      h('button', { type: 'button', class: 'primary', disabled: isBusy || !plan || Boolean(plan.refused?.length), onclick: () => run(false) }, isBusy ? t.working : verb))),
  { isWide: true });
  load();
  return d;
}

/* --- what an operation may be asked now: the server names it as commands ------------------------------- */

/* No word of a user stands in these but at their end: a name must not become an option. */
const verbs = [
  [/^baton op (retry|rollback|cancel|fail|continue) ([0-9a-f-]{36})(.*)$/, (m, after) => operationVerb(m[1], m[2], m[3], after)],
  [/^baton nsr resume /, (m, after, nsr) => nsr && { text: t.verbs.resume, primary: true, run: () => resume(nsr, after) }],
  [/^baton nsr delete /, (m, after, nsr) => nsr && { text: t.service.release, run: () => release(nsr, after) }],
];

const consent = (rest) => (/--repeat/.test(rest) ? { repeat: true } : /--unknown[= ](repeat|done)/.test(rest) ? { unknown: /--unknown[= ](repeat|done)/.exec(rest)[1] } : {});

function operationVerb(verb, op, rest, after) {
  const body = verb === 'cancel' ? { mode: /--forceful/.test(rest) ? 'FORCEFUL' : 'GRACEFUL' } : consent(rest);
  const label = t.verbs[verb] + (body.repeat || body.unknown === 'repeat' ? t.verbs.repeat : body.unknown === 'done' ? t.verbs.done : body.mode === 'FORCEFUL' ? t.verbs.forceful : '');
  const run = async () => {
    await call('POST', path`/baton/operations/${op}/${verb}`, { body });
    notice(t.asked(label));
    after?.();
  };
  const asksFirst = verb !== 'retry' || body.repeat || body.unknown;
  return { text: label, primary: verb === 'retry', run: () => (asksFirst ? confirm(label, t.verbs.sure[verb] || '', label, run, verb !== 'retry' && verb !== 'continue') : run().catch(failed)) };
}

function resume(nsr, after) {
  formDialog(t.verbs.resume, [{ name: 'how', label: t.verbs.scripts, type: 'select', value: '', options: [['', t.verbs.asNeeded], ['repeat', t.verbs.repeatThem], ['done', t.verbs.takeAsDone]] }],
    t.verbs.resume, async ({ how }) => {
      await call('POST', path`/ns-records/${nsr}/resume`, { body: how === 'repeat' ? { repeat: true } : how ? { unknown: how } : {} });
      notice(t.asked(t.verbs.resume));
      after?.();
    }, { about: t.verbs.sure.resume });
}

export function release(nsr, after) {
  planned(t.service.release, { method: 'DELETE', path: path`/ns-records/${nsr}` }, t.service.release, after,
    { command: `baton nsr delete ${word(nsr)} --wait` });
}

/* Buttons of the commands in `next`; what is no button is a command to copy. */
export function nextButtons(next, after, nsr) {
  const seen = new Set();
  return (next || []).map((text) => {
    for (const [re, make] of verbs) {
      const m = re.exec(text);
      const v = m && make(m, after, nsr);
      if (!v) continue;
      if (seen.has(v.text)) return null;
      seen.add(v.text);
      return action(v.text, v.run, { key: text, class: v.primary ? 'primary' : null, title: text });
    }
    return h('div', { key: text, class: 'next-command' }, command(text));
  });
}
