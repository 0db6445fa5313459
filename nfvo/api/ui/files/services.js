/* The list of services: all of them are kept here, the rows that are seen are drawn. What an event
 * names is read again, all names of a moment in one call. */
import { call, listAll, mayChange, pages, path } from './api.js';
import { h } from './dom.js';
import { plain, timeOf, word } from './format.js';
import { listen } from './live.js';
import { button, empty, failed, loading, pill, problem, since } from './parts.js';
import { here, link, openDialog, redraw, setQuery } from './state.js';
import { t } from './text.js';

const ROW = 36; /* px, as in style.css */
const AHEAD = 12; /* rows drawn above and below what is seen */
const MAX = 20000;
const AT_ONCE = 80; /* ids of one call */
const STATES = ['ACTIVE', 'ERROR', 'NULL', 'INITIALIZED', 'INACTIVE', 'SCALING', 'TERMINATED'];

/* Draws a window of rows of equal height in a box that scrolls. */
function virtual(box, rows, draw) {
  const first = Math.max(0, Math.floor(box.top / ROW) - AHEAD);
  const last = Math.min(rows.length, Math.ceil((box.top + box.height) / ROW) + AHEAD);
  const out = [];
  for (let i = first; i < last; i++) out.push(draw(rows[i], i));
  return { before: first * ROW, rows: out, after: (rows.length - last) * ROW };
}

export function services() {
  const all = new Map();
  const nsds = new Map();
  const chosen = new Set();
  const dirty = new Set();
  const box = { top: 0, height: 800, el: null };
  let version = 0, seen = { version: -1 }, isReading = true, isCapped = false, error = null, status, timer = 0; /* status: undefined until the first reading */
  let abort = new AbortController();

  async function load() {
    abort.abort();
    abort = new AbortController();
    const { signal } = abort;
    const fresh = new Set();
    isReading = true;
    error = null;
    isCapped = false;
    redraw();
    try {
      await pages('/ns-records', { slim: 'true', status: here().query.get('status'), sort: '-created' }, { signal, limit: 100, max: MAX, onPage: (list, isLast, isFull) => {
        for (const s of list) {
          fresh.add(s.id);
          all.set(s.id, s);
        }
        isCapped = isFull;
        version++;
        redraw();
      } });
      for (const id of all.keys()) if (!fresh.has(id)) all.delete(id);
    } catch (e) {
      if (signal.aborted) return;
      error = e;
    }
    isReading = false;
    version++;
    redraw();
  }

  listAll('/ns-descriptors', { slim: 'true' }).then((list) => {
    for (const d of list) nsds.set(d.id, d.name);
    version++;
    redraw();
  }, () => {});

  /* --- live --- */

  async function readDirty() {
    timer = 0;
    const ids = [...dirty].slice(0, AT_ONCE);
    for (const id of ids) dirty.delete(id);
    try {
      const found = await call('GET', '/ns-records', { query: { slim: 'true', id: ids.join(','), status } });
      const there = new Set();
      for (const s of found) {
        there.add(s.id);
        all.set(s.id, s);
      }
      for (const id of ids) if (!there.has(id)) { all.delete(id); chosen.delete(id); }
      version++;
      redraw();
    } catch (e) {
      if (e.isNetwork) for (const id of ids) dirty.add(id);
    }
    if (dirty.size) schedule(dirty.size > AT_ONCE ? 100 : 300);
  }
  function schedule(ms) {
    timer ||= setTimeout(readDirty, ms);
  }
  const stop = listen((event) => {
    dirty.add(event.nsr);
    schedule(200);
  });

  /* --- what is shown --- */

  const nsdOf = (s) => nsds.get(s.descriptor_reference) || '';
  const collator = new Intl.Collator('en', { numeric: true });
  const sorts = {
    name: (a, b) => collator.compare(a.name || '', b.name || ''),
    state: (a, b) => (a.status || '').localeCompare(b.status || '') || sorts.name(a, b),
    nsd: (a, b) => collator.compare(nsdOf(a), nsdOf(b)) || sorts.name(a, b),
    created: (a, b) => timeOf(b.createdAt) - timeOf(a.createdAt),
    instances: (a, b) => b.instances - a.instances,
  };

  function rowsFor(query) {
    const word = (query.get('q') || '').trim().toLowerCase(), sort = query.get('sort') || 'created';
    if (seen.version === version && seen.word === word && seen.sort === sort) return seen.rows;
    let rows = [...all.values()];
    if (word) rows = rows.filter((s) => (s.name || '').toLowerCase().includes(word) || s.id.startsWith(word) || nsdOf(s).toLowerCase().includes(word));
    const isDown = sort.startsWith('-');
    const by = sorts[isDown ? sort.slice(1) : sort] || sorts.created;
    rows.sort(isDown ? (a, b) => by(b, a) : by);
    seen = { version, word, sort, rows };
    return rows;
  }

  function head(name, sort) {
    const isUp = sort === name, isDown = sort === `-${name}`;
    return h('th', { scope: 'col', class: `c-${name}`, 'aria-sort': isUp ? 'ascending' : isDown ? 'descending' : null },
      h('button', { type: 'button', class: 'sort', onclick: () => setQuery({ sort: isUp ? `-${name}` : name }) }, t.services.columns[name], isUp ? ' ↑' : isDown ? ' ↓' : ''));
  }

  function row(s, i) {
    const ok = (s.vnfr || []).filter((v) => v.status === 'ACTIVE').length, of = (s.vnfr || []).length;
    return h('tr', { key: s.id, 'aria-rowindex': i + 2, class: chosen.has(s.id) ? 'chosen' : null },
      h('td', { class: 'c-check' }, mayChange() ? h('input', { type: 'checkbox', 'aria-label': t.services.select(plain(s.name)), checked: chosen.has(s.id), onchange: (e) => { e.target.checked ? chosen.add(s.id) : chosen.delete(s.id); redraw(); } }) : null),
      h('td', { class: 'c-name' }, h('a', { href: link('services', s.id), title: plain(s.name) }, plain(s.name))),
      h('td', { class: 'c-state' }, pill(s.status, s.task ? plain(s.task) : null)),
      h('td', { class: 'c-vnfs num' }, of ? `${ok}/${of}` : ''),
      h('td', { class: 'c-instances num' }, s.instances),
      h('td', { class: 'c-nsd', title: plain(nsdOf(s)) }, plain(nsdOf(s))),
      h('td', { class: 'c-created' }, since(s.createdAt)),
      h('td', { class: 'c-problem', title: plain(s.fault?.message || '') }, plain(s.fault?.message || '')));
  }

  function move(e) {
    const step = { ArrowDown: 1, ArrowUp: -1, PageDown: Math.floor(box.height / ROW), PageUp: -Math.floor(box.height / ROW), Home: -Infinity, End: Infinity }[e.key];
    const tr = e.target.closest('tr');
    if (!step || !tr || e.target.tagName !== 'A') return;
    e.preventDefault();
    const rows = rowsFor(here().query);
    const to = Math.max(0, Math.min(rows.length - 1, Number(tr.getAttribute('aria-rowindex')) - 2 + step));
    const y = to * ROW;
    if (y < box.el.scrollTop) box.el.scrollTop = y;
    else if (y + 2 * ROW > box.el.scrollTop + box.height) box.el.scrollTop = y + 2 * ROW - box.height;
    box.top = box.el.scrollTop;
    redraw();
    requestAnimationFrame(() => requestAnimationFrame(() => box.el.querySelector(`tr[aria-rowindex="${to + 2}"] a`)?.focus({ preventScroll: true })));
  }

  const sizes = new ResizeObserver(([e]) => {
    if (Math.abs(e.contentRect.height - box.height) > 1) {
      box.height = e.contentRect.height;
      redraw();
    }
  });

  function list(query, rows) {
    const sort = query.get('sort') || 'created';
    const isAll = rows.length > 0 && rows.every((s) => chosen.has(s.id));
    const v = virtual(box, rows, row);
    return h('div', { class: 'grid-box', key: 'list', tabindex: '-1', onscroll: (e) => { box.top = e.target.scrollTop; redraw(); }, onkeydown: move, mounted: (el) => { box.el = el; sizes.observe(el); } },
      h('table', { class: 'grid', 'aria-rowcount': rows.length + 1, 'aria-busy': isReading ? 'true' : null },
        h('caption', { class: 'sr' }, t.services.title),
        h('thead', {}, h('tr', { 'aria-rowindex': 1 },
          h('th', { class: 'c-check', scope: 'col' }, mayChange() ? h('input', { type: 'checkbox', checked: isAll, 'aria-label': t.services.selectAll, onchange: () => { for (const s of rows) isAll ? chosen.delete(s.id) : chosen.add(s.id); redraw(); } }) : h('span', { class: 'sr' }, t.services.columns.state)),
          head('name', sort), head('state', sort), h('th', { scope: 'col', class: 'c-vnfs' }, t.services.columns.vnfs), head('instances', sort), head('nsd', sort), head('created', sort),
          h('th', { scope: 'col', class: 'c-problem' }, t.services.columns.problem))),
        h('tbody', {},
          h('tr', { key: 'before', 'aria-hidden': 'true', class: 'gap', style: { height: `${v.before}px` } }), v.rows,
          h('tr', { key: 'after', 'aria-hidden': 'true', class: 'gap', style: { height: `${v.after}px` } }))));
  }

  return {
    title: t.services.title,
    tools: () => (mayChange() ? h('a', { class: 'button primary', href: link('deploy') }, t.services.deploy) : null),
    commands: (at) => [
      { what: t.commands.list, command: `baton nsr list${at.query.get('status') ? ` --status ${word(at.query.get('status'))}` : ''}`, method: 'GET', path: `/ns-records?slim=true&limit=100${at.query.get('status') ? `&status=${encodeURIComponent(at.query.get('status'))}` : ''}` },
      { what: t.commands.watch, command: 'baton event watch', method: 'GET', path: '/baton/events' },
      ...[...chosen].slice(0, 5).map((id) => ({ what: t.commands.delete, command: `baton nsr delete ${word(id)} --wait`, method: 'DELETE', path: path`/ns-records/${id}` }))],
    render(at) {
      const wanted = at.query.get('status');
      if (status !== wanted) {
        status = wanted;
        all.clear();
        load();
      }
      const rows = rowsFor(at.query);
      const picked = [...chosen].filter((id) => all.has(id));
      return h('div', { class: 'fill' },
        h('div', { class: 'toolbar', role: 'search' },
          h('input', { type: 'search', placeholder: t.services.filter, 'aria-label': t.services.filter, value: at.query.get('q') || '', oninput: (e) => { if (box.el) box.el.scrollTop = 0; box.top = 0; setQuery({ q: e.target.value }); } }),
          h('select', { 'aria-label': t.services.state, value: wanted || '', onchange: (e) => setQuery({ status: e.target.value }) }, h('option', { value: '' }, t.services.any), STATES.map((s) => h('option', { key: s, value: s }, s))),
          h('span', { class: 'dim', role: 'status' }, t.services.count(rows.length, all.size, isCapped), isReading && all.size ? `, ${t.services.reading}` : ''),
          h('span', { class: 'grow' }),
          picked.length ? [h('span', { key: 'n' }, t.services.selected(picked.length)),
            button(t.services.resume, () => bulk(t.services.resumeMany(picked.length), t.services.resumeAbout, picked, (id) => ['POST', path`/ns-records/${id}/resume`]), { key: 'r' }),
            button(t.services.release, () => bulk(t.services.releaseMany(picked.length), t.services.releaseAbout, picked, (id) => ['DELETE', path`/ns-records/${id}`], true), { key: 'd', class: 'danger' }),
            button(t.services.unselect, () => { chosen.clear(); redraw(); }, { key: 'u', class: 'quiet' })] : null),
        problem(error, load),
        isCapped ? h('div', { class: 'alert warn' }, t.services.capped(MAX)) : null,
        isReading && !all.size && !error ? loading()
          : !rows.length ? (error ? null : empty(all.size || wanted ? t.services.noneSuch : t.services.none, all.size || wanted ? null : h('a', { class: 'button', href: link('deploy') }, t.services.deploy)))
            : list(at.query, rows));
    },
    close() {
      abort.abort();
      stop();
      clearTimeout(timer);
      sizes.disconnect();
    },
  };

  /* One after the other for some at a time; what is refused stays chosen, and says why. */
  function bulk(title, about, ids, request, isDanger) {
    let done = 0, isRunning = false, isOver = false;
    const refused = [];
    const run = async () => {
      isRunning = true;
      redraw();
      const queue = [...ids];
      const worker = async () => {
        for (let id = queue.shift(); id; id = queue.shift()) {
          const [method, p] = request(id);
          try {
            await call(method, p, { body: method === 'POST' ? {} : undefined });
            chosen.delete(id);
          } catch (e) {
            refused.push([id, e.message]);
          }
          done++;
          redraw();
        }
      };
      await Promise.all(Array.from({ length: 4 }, worker));
      isOver = true;
      redraw();
    };
    const d = openDialog(title, () => h('div', { class: 'form' },
      h('p', {}, about),
      !isRunning ? h('ul', { class: 'names' }, ids.slice(0, 50).map((id) => h('li', { key: id }, plain(all.get(id)?.name || id))), ids.length > 50 ? h('li', {}, `… ${ids.length - 50}`) : null) : null,
      isRunning ? h('div', { role: 'status' }, h('progress', { max: ids.length, value: done, 'aria-label': title }), ' ', isOver ? t.services.bulkDone(ids.length - refused.length, refused.length) : t.services.progress(done, ids.length)) : null,
      refused.length ? h('ul', { class: 'alert bad' }, refused.map(([id, why]) => h('li', { key: id }, plain(all.get(id)?.name || id), ': ', plain(why)))) : null,
      h('div', { class: 'row end' }, button(isOver ? t.close : t.cancel, () => d.close()),
        isRunning ? null : button(title, () => run().catch(failed), { class: isDanger ? 'danger' : 'primary' }))));
  }
}
