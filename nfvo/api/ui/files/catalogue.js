/* Descriptors, packages and keys: put in with their faults named, compared with what is there, and
 * where each is used. */
import { call, listAll, path } from './api.js';
import { diffView } from './diff.js';
import { h } from './dom.js';
import { parseJson, plain } from './format.js';
import { action, actions, button, confirm, empty, failed, filterBox, filtered, formDialog, jsonView, loading, problem, table, tabs } from './parts.js';
import { link, notice, openDialog, redraw } from './state.js';
import { showSecret } from './suite.js';
import { t } from './text.js';

const c_ = t.catalogue;
const kinds = { nsd: '/ns-descriptors', vnfd: '/vnf-descriptors', package: '/vnf-packages', key: '/keys' };

/* Without what the server adds, for a comparison that says something. */
function bare(x) {
  if (Array.isArray(x)) return x.map(bare);
  if (x === null || typeof x !== 'object') return x;
  const skip = new Set(['id', 'hbVersion', 'projectId', 'shared', 'createdAt', 'updatedAt', 'metadata', 'vnfPackageLocation', 'warnings']);
  return Object.fromEntries(Object.keys(x).sort().filter((k) => !skip.has(k) && !(Array.isArray(x[k]) && !x[k].length) && x[k] !== null).map((k) => [k, bare(x[k])]));
}
const text = (x) => JSON.stringify(bare(x), null, 2);

export function catalogue() {
  let lists = {}, error = null, uses = null, seen = '';

  const load = async (kind) => {
    error = null;
    try {
      lists[kind] = await listAll(kinds[kind], kind === 'key' ? {} : { slim: 'true' });
    } catch (e) {
      error = e;
    }
    redraw();
  };
  /* How many services each descriptor has. */
  listAll('/ns-records', { slim: 'true' }, 20000).then((all) => {
    uses = new Map();
    for (const s of all) uses.set(s.descriptor_reference, (uses.get(s.descriptor_reference) || 0) + 1);
    redraw();
  }, () => {});

  const said = (made) => {
    if (made?.warnings?.length)
      openDialog(c_.warnings, (close) => h('div', { class: 'form' }, h('ul', { class: 'alert warn' }, made.warnings.map((w, i) => h('li', { key: i }, h('code', {}, plain(w.path)), ' ', plain(w.message)))), h('div', { class: 'row end' }, button(t.close, close))));
    else notice(c_.uploaded(plain(made?.name || '')));
  };

  async function uploadNsd() {
    let error2 = null, isBusy = false, old = null, compared = '';
    const v = { json: '' };
    const take = async () => {
      isBusy = true;
      error2 = null;
      redraw();
      try {
        const nsd = parseJson(v.json);
        const same = (lists.nsd || []).find((x) => x.name === nsd.name);
        if (same && compared !== v.json) {
          old = await call('GET', path`/ns-descriptors/${same.id}`);
          compared = v.json;
        } else {
          const made = await call('POST', '/ns-descriptors', { body: nsd });
          d.close();
          said(made);
          load('nsd');
        }
      } catch (e) {
        error2 = e;
      }
      isBusy = false;
      redraw();
    };
    const d = openDialog(c_.uploadNsd, () => h('form', { class: 'form', onsubmit: (e) => { e.preventDefault(); if (!isBusy) take(); } },
      h('p', { class: 'dim' }, c_.check),
      h('div', { class: 'field' }, h('label', { for: 'nsd-file' }, c_.file), h('input', { id: 'nsd-file', type: 'file', accept: '.json,application/json', onchange: async (e) => { v.json = (await e.target.files[0]?.text()) || ''; redraw(); } })),
      h('div', { class: 'field' }, h('label', { for: 'nsd-json' }, c_.json), h('textarea', { id: 'nsd-json', rows: 16, spellcheck: 'false', required: true, value: v.json, oninput: (e) => { v.json = e.target.value; } })),
      old ? h('div', {}, h('h3', {}, c_.differs), diffView(text({ ...old }), (() => { try { return text(JSON.parse(v.json)); } catch { return v.json; } })())) : null,
      problem(error2),
      h('div', { class: 'row end' }, button(t.cancel, () => d.close()), h('button', { type: 'submit', class: 'primary', disabled: isBusy }, isBusy ? t.working : old ? c_.replace : c_.upload))), { isWide: true });
  }

  const uploadPackage = () => formDialog(c_.uploadPackage, [{ name: 'file', label: c_.tar, type: 'file', accept: '.tar', required: true }], c_.upload, async (v) => {
    const made = await call('POST', '/vnf-packages', { file: v.file });
    said(made);
    load('package');
  }, { about: c_.check });

  const generate = () => formDialog(c_.generate, [{ name: 'name', label: c_.name, required: true }], c_.generate, async (v) => {
    const key = await call('POST', '/keys/generate', { text: v.name });
    load('key');
    showSecret(plain(v.name), c_.private, key);
  });
  const importKey = () => formDialog(c_.import, [{ name: 'name', label: c_.name, required: true }, { name: 'publicKey', label: c_.public, type: 'text-area', rows: 4, required: true }], c_.import, async (v) => {
    await call('POST', '/keys', { body: { name: v.name, publicKey: v.publicKey.trim() } });
    load('key');
  });
  const remove = (kind, x) => confirm(`${t.delete}: ${plain(x.name)}`, c_.removeAbout(plain(x.name)), t.delete, async () => {
    await call('DELETE', `${kinds[kind]}${path`/${x.id}`}`);
    load(kind);
  });

  async function show(kind, x) {
    const whole = await call('GET', `${kinds[kind]}${path`/${x.id}`}`);
    openDialog(plain(x.name), (close) => h('div', { class: 'form' }, jsonView(whole), h('div', { class: 'row end' }, button(t.close, close))), { isWide: true });
  }

  /* --- scripts: read, changed, what that does, done --- */

  async function editScript(pkg, s) {
    const before = await call('GET', path`/vnf-packages/${pkg.id}/scripts/${s.id}`);
    const v = { text: before };
    let plan = null, error2 = null, isBusy = false;
    const send = async (isPlan) => {
      isBusy = true;
      error2 = null;
      redraw();
      try {
        const out = await call('PUT', path`/vnf-packages/${pkg.id}/scripts/${s.id}`, { text: v.text, query: isPlan ? { plan: 'true' } : {} });
        if (isPlan) plan = Array.isArray(out) ? out : [];
        else {
          d.close();
          notice(t.asked(c_.put));
          load('package');
        }
      } catch (e) {
        error2 = e;
      }
      isBusy = false;
      redraw();
    };
    const d = openDialog(`${plain(pkg.name)}: ${plain(s.name)}`, () => h('div', { class: 'form' },
      h('p', { class: 'dim' }, c_.putAbout),
      h('label', { class: 'sr', for: 'script-text' }, plain(s.name)),
      h('textarea', { id: 'script-text', rows: 18, spellcheck: 'false', value: v.text, oninput: (e) => { v.text = e.target.value; plan = null; redraw(); } }),
      h('h3', {}, c_.diff), diffView(before, v.text),
      plan ? h('div', { class: 'alert ok' }, c_.planned, ' ', plan.length ? h('ul', {}, plan.map((p, i) => h('li', { key: i }, plain(p.nsr?.name || p.nsrName || ''), ' ', plain(p.vnfr?.name || ''), (p.refused || []).map((r) => h('span', { class: 'late' }, ' ', plain(r)))))) : c_.unused) : null,
      problem(error2),
      h('div', { class: 'row end' }, button(t.cancel, () => d.close()), button(c_.putPlan, () => send(true), { disabled: isBusy || v.text === before }),
        h('button', { type: 'button', class: 'primary', disabled: isBusy || !plan || v.text === before, onclick: () => send(false) }, c_.put))), { isWide: true });
  }

  const hidden = (kind) => actions((x) => [
    kind === 'nsd' ? h('a', { key: 'd', class: 'button', href: link('deploy', x.id), 'aria-label': t.deploy.form(plain(x.name)) }, c_.deploy) : null, ' ',
    kind === 'key' ? null : button(c_.show, () => show(kind, x).catch(failed), { key: 's', 'aria-label': `${c_.show} ${plain(x.name)}` }), ' ',
    action(t.delete, () => remove(kind, x), { key: 'r', class: 'danger', 'aria-label': `${t.delete} ${plain(x.name)}` })]);
  const name = { name: c_.name, cell: (x) => h('strong', {}, plain(x.name)) };
  const tables = {
    nsd: (l) => table(c_.tabs.nsd, [name, { name: c_.vendor, class: 'wide-only', cell: (x) => plain(x.vendor || '') }, { name: c_.version, cell: (x) => plain(x.version || '') }, { name: c_.vnfs, cell: (x) => (x.vnfd || []).map((v) => plain(v.name)).join(', ') },
      { name: c_.used, cell: (x) => (uses?.get(x.id) ? h('a', { href: link('services', { q: x.name }) }, c_.usedBy(uses.get(x.id))) : h('span', { class: 'dim' }, uses ? c_.unused : '')) }, hidden('nsd')], l, (x) => x.id),
    vnfd: (l) => table(c_.tabs.vnfd, [name, { name: c_.vendor, class: 'wide-only', cell: (x) => plain(x.vendor || '') }, { name: c_.version, cell: (x) => plain(x.version || '') }, { name: c_.type, cell: (x) => plain(x.type || '') }, { name: c_.endpoint, cell: (x) => plain(x.endpoint || '') }, hidden('vnfd')], l, (x) => x.id),
    package: (l) => table(c_.tabs.package, [name, { name: c_.version, cell: (x) => plain(x.vnfPackageVersion || '') }, { name: c_.vimTypes, class: 'wide-only', cell: (x) => (x.vimTypes || []).map(plain).join(', ') },
      { name: c_.scripts, cell: (x) => (x.scripts || []).map((s) => h('button', { type: 'button', key: s.id, class: 'quiet', onclick: () => editScript(x, s).catch(failed), 'aria-label': `${c_.editScript} ${plain(s.name)}` }, plain(s.name))) }, hidden('package')], l, (x) => x.id),
    key: (l) => table(c_.tabs.key, [name, { name: c_.fingerprint, cell: (x) => h('code', {}, plain(x.fingerprint || '')) }, hidden('key')], l, (x) => x.id),
  };
  const tabOf = (at) => (tables[at.parts[1]] ? at.parts[1] : 'nsd');

  return {
    title: c_.title,
    tools: (at) => ({ nsd: action(c_.uploadNsd, uploadNsd, { key: 'n', class: 'primary' }), package: action(c_.uploadPackage, uploadPackage, { key: 'p', class: 'primary' }), vnfd: null, key: [action(c_.generate, generate, { key: 'g' }), action(c_.import, importKey, { key: 'i', class: 'primary' })] })[tabOf(at)],
    commands: (at) => ({
      nsd: [{ what: t.commands.list, command: 'baton nsd list', method: 'GET', path: '/ns-descriptors?slim=true' }, { what: t.commands.upload, command: 'baton nsd create FILE', method: 'POST', path: '/ns-descriptors', body: {} }],
      vnfd: [{ what: t.commands.list, command: 'baton vnfd list', method: 'GET', path: '/vnf-descriptors?slim=true' }],
      package: [{ what: t.commands.list, command: 'baton package list', method: 'GET', path: '/vnf-packages?slim=true' }, { what: t.commands.upload, command: 'baton package upload DIR', method: 'POST', path: '/vnf-packages', file: 'package.tar' }],
      key: [{ what: t.commands.list, command: 'baton key list', method: 'GET', path: '/keys' }, { what: c_.generate, command: 'baton key generate NAME', method: 'POST', path: '/keys/generate' }],
    })[tabOf(at)],
    render(at) {
      const tab = tabOf(at);
      if (seen !== tab) {
        seen = tab;
        load(tab);
      }
      const list = lists[tab];
      return [
        h('div', { key: 'tabs' }, tabs(c_.title, tab, Object.keys(tables).map((k) => [k, c_.tabs[k], link('catalogue', k)]))),
        filterBox(at.query),
        error ? h('div', { key: 'e' }, problem(error, () => load(tab))) : null,
        h('div', { key: `t-${tab}` }, !list ? (error ? null : loading()) : list.length ? tables[tab](filtered(list, at.query)) : empty(c_.none))];
    },
  };
}
