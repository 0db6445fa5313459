/* PoPs: what they are, how old our picture of them is, and what they hold. */
import { call, path } from './api.js';
import { h } from './dom.js';
import { parseJson, plain, word } from './format.js';
import { action, actions, bar, button, confirm, empty, facts, failed, faultCard, formDialog, jsonView, loading, pill, problem, section, since, table } from './parts.js';
import { go, link, notice, redraw } from './state.js';
import { watchStatus } from './status.js';
import { t } from './text.js';

const sample = JSON.stringify({ name: 'pop', type: 'test', authUrl: 'http://192.0.2.1/' }, null, 2);

export function clouds(at) {
  const id = at.parts[1];
  const status = watchStatus();
  let pop = null, error = null, tab = 'images', seen = null, seenError = null;

  const load = () => call('GET', path`/datacenters/${id}`).then((p) => { pop = p; error = null; redraw(); }, (e) => { error = e; redraw(); });
  /* What its last listing was against what the suite believes: what differs, and what nobody owns. */
  const look = () => call('GET', path`/baton/pops/${id}/reconcile`).then((x) => { seen = x; seenError = null; redraw(); }, (e) => { seenError = e; redraw(); });
  const compare = () => call('POST', path`/baton/pops/${id}/reconcile`).then(() => { notice(t.clouds.compared); look(); }, failed);
  const collect = (o) => confirm(`${t.clouds.collect}: ${plain(o.host || o.id)}`, t.clouds.collectAbout, t.clouds.collect, async () => {
    await call('POST', path`/baton/pops/${id}/collect`, { body: [o.id] });
    notice(t.asked(t.clouds.collect));
    look();
  });
  if (id) {
    load();
    look();
  }
  const refresh = (p) => call('GET', path`/datacenters/${p}/refresh`).then(() => { notice(t.clouds.refreshed); status.read(); if (id) load(); }, failed);

  const register = () => formDialog(t.clouds.register, [{ name: 'json', label: 'JSON', type: 'text-area', rows: 14, value: sample, required: true }], t.clouds.register,
    async (v) => {
      const made = await call('POST', '/datacenters', { body: parseJson(v.json) });
      status.read();
      go('clouds', made.id);
    }, { about: t.clouds.registerAbout });
  const edit = () => formDialog(t.clouds.edit, [{ name: 'json', label: 'JSON', type: 'text-area', rows: 18, value: JSON.stringify({ ...pop, images: undefined, networks: undefined, flavours: undefined }, null, 2), required: true }], t.save,
    async (v) => {
      await call('PUT', path`/datacenters/${id}`, { body: parseJson(v.json) });
      load();
      status.read();
    }, { about: t.clouds.editAbout });
  const forget = () => confirm(`${t.clouds.forget}: ${plain(pop.name)}`, t.clouds.forgetAbout, t.clouds.forget, async () => {
    await call('DELETE', path`/datacenters/${id}`);
    go('clouds');
  });

  function list() {
    const pops = status.data?.pops || [];
    if (!pops.length) return empty(t.clouds.none);
    return table(t.clouds.title, [
      { name: t.clouds.columns.name, cell: (p) => h('a', { href: link('clouds', p.id) }, plain(p.name)) },
      { name: t.clouds.columns.state, cell: (p) => pill(p.fault ? 'ERROR' : p.active === false ? 'inactive' : p.phase) },
      { name: t.clouds.columns.type, cell: (p) => plain(p.type) },
      { name: t.clouds.columns.driver, class: 'wide-only', cell: (p) => (p.driver ? h('code', {}, plain(p.driver)) : h('span', { class: 'late' }, t.clouds.noDriver)) },
      { name: t.clouds.columns.data, cell: (p) => (p.refreshed ? since(p.refreshed) : t.clouds.never) },
      { name: t.clouds.columns.holds, class: 'wide-only', cell: (p) => t.clouds.holds(p.images, p.networks, p.flavours) },
      { name: t.clouds.columns.servers, class: 'num', cell: (p) => p.servers },
      actions((p) => action(t.clouds.refreshed, () => refresh(p.id)))], pops, (p) => p.id);
  }

  const asOf = (us) => (us ? since(us) : t.clouds.never);

  function servers() {
    if (!seen) return seenError ? problem(seenError, look) : loading();
    return [
      h('div', { class: 'row', key: 'head' }, h('p', { class: 'grow' }, t.clouds.listed(seen.servers ?? 0, seen.expected ?? 0), ' ', h('span', { class: 'dim' }, asOf(seen.lookedAt))), action(t.clouds.compare, compare, { key: 'c' })),
      seen.fault ? h('div', { class: 'alert bad', key: 'fault' }, plain(seen.fault)) : null,
      seen.outageSince ? h('div', { class: 'alert bad', key: 'outage' }, t.clouds.outage, ' ', since(seen.outageSince)) : null,
      h('h3', { key: 'dh' }, t.clouds.drift),
      h('div', { key: 'drift' }, seen.drift.length ? table(t.clouds.drift, [{ name: t.clouds.server, cell: (d) => plain(d.host || d.subject) }, { name: t.clouds.service, cell: (d) => plain(d.nsr || '') }, { name: t.clouds.columns.state, cell: (d) => pill(d.kind) }, { name: t.clouds.note, cell: (d) => plain(d.detail || '') }, { name: t.service.since, cell: (d) => since(d.since) }], seen.drift, (d) => d.subject) : empty(t.clouds.noDrift)),
      h('h3', { key: 'oh' }, t.clouds.orphans),
      h('div', { key: 'orphans' }, seen.orphans.length ? table(t.clouds.orphans, [{ name: t.clouds.server, cell: (o) => plain(o.host || '') }, { name: t.clouds.id, cell: (o) => h('code', {}, plain(o.id)) }, { name: t.clouds.columns.state, cell: (o) => pill(o.status || 'UNKNOWN') }, { name: t.clouds.was, cell: (o) => plain(o.nsr || '') }, { name: t.service.since, cell: (o) => since(o.since) },
        actions((o) => action(t.clouds.collect, () => collect(o), { class: 'danger' }))], seen.orphans, (o) => o.id) : empty(t.clouds.noOrphans))];
  }

  function one() {
    if (!pop) return error ? problem(error, load) : loading();
    const s = (status.data?.pops || []).find((p) => p.id === id) || {};
    page.title = plain(pop.name);
    const quota = [['instances', t.clouds.instances, s.servers], ['cores', t.clouds.cores, null], ['ram', t.clouds.ram, null]].filter(([k]) => s.quota?.[k] > 0);
    const views = {
      images: [t.clouds.images, () => table(t.clouds.images, [{ name: t.clouds.name, cell: (x) => plain(x.name) }, { name: t.clouds.columns.state, cell: (x) => (x.status ? pill(x.status) : '') }, { name: t.clouds.id, cell: (x) => h('code', {}, plain(x.extId || '')) }], pop.images || [], (x) => x.id)],
      networks: [t.clouds.networks, () => table(t.clouds.networks, [{ name: t.clouds.name, cell: (x) => plain(x.name) }, { name: t.clouds.external, cell: (x) => (x.external || x.extShared ? t.yes : '') }, { name: t.clouds.subnets, cell: (x) => (x.subnets || []).map((n) => plain(n.cidr || n.name)).join(', ') }, { name: t.clouds.id, cell: (x) => h('code', {}, plain(x.extId || '')) }], pop.networks || [], (x) => x.id)],
      flavours: [t.clouds.flavours, () => table(t.clouds.flavours, [{ name: t.clouds.name, cell: (x) => plain(x.flavour_key) }, { name: t.clouds.cores, class: 'num', cell: (x) => x.vcpus }, { name: t.clouds.ram, class: 'num', cell: (x) => x.ram }, { name: t.clouds.disk, class: 'num', cell: (x) => x.disk }], pop.flavours || [], (x) => x.id)],
      servers: [t.clouds.serversTab, servers],
      zones: [t.clouds.zones, () => table(t.clouds.zones, [{ name: t.clouds.name, cell: (x) => plain(x.name) }, { name: t.clouds.columns.state, cell: (x) => plain(String(x.available ?? '')) }], Object.values(pop.zones || {}), (x, i) => x.id || i)],
      json: [t.service.tabs.json, () => jsonView(pop)],
    };
    return [
      s.fault ? h('div', { key: 'fault' }, faultCard(s.fault, t.service.fault, action(t.clouds.refreshed, () => refresh(id), { key: 'r' }))) : null,
      status.data && !s.driver ? h('div', { class: 'alert bad', key: 'driver' }, t.now.noDriver(plain(pop.name))) : null,
      s.warning ? h('div', { class: 'alert warn', key: 'warning' }, plain(s.warning)) : null,
      h('div', { class: 'columns', key: 'top' },
        h('section', { class: 'box' }, facts([[t.clouds.columns.type, plain(pop.type)], [t.clouds.address, plain(pop.authUrl || '')], [t.clouds.columns.driver, plain(s.driver || t.clouds.noDriver)], [t.clouds.columns.data, s.refreshed ? since(s.refreshed) : t.clouds.never], [t.clouds.columns.servers, s.servers], [t.clouds.note, plain(s.note || '')]])),
        h('section', { class: 'box' }, h('h2', {}, t.clouds.quota), quota.length ? quota.map(([k, name, used]) => h('div', { key: k }, used === null ? h('div', { class: 'quota' }, h('span', {}, name), h('span', {}), h('span', { class: 'quota-text' }, s.quota[k])) : bar(used, s.quota[k], name))) : h('p', { class: 'dim' }, t.clouds.noQuota))),
      h('div', { class: 'tabs', key: 'tabs', role: 'group', 'aria-label': t.clouds.title }, Object.entries(views).map(([k, [name]]) => button(name, () => { tab = k; redraw(); }, { key: k, class: 'quiet', 'aria-pressed': String(k === tab) }))),
      h('div', { key: `tab-${tab}` }, views[tab][1]())];
  }

  const page = {
    title: t.clouds.title,
    crumb: id ? [t.clouds.title, link('clouds')] : null,
    tools: () => (id ? (pop ? [action(t.clouds.refreshed, () => refresh(id), { key: 'r' }), action(t.clouds.edit, edit, { key: 'e' }), action(t.clouds.forget, forget, { key: 'f', class: 'danger' })] : null) : action(t.clouds.register, register, { class: 'primary' })),
    commands: () => (id ? [{ what: t.commands.show, command: `baton pop show ${word(id)}`, method: 'GET', path: path`/datacenters/${id}` }, { what: t.commands.explain, command: `baton explain ${word(id)}`, method: 'GET', path: path`/baton/explain/${id}?kind=pop` }, { what: t.clouds.compare, command: `baton pop reconcile ${word(id)}`, method: 'POST', path: path`/baton/pops/${id}/reconcile` }, { what: t.clouds.orphans, command: `baton pop orphans ${word(id)}`, method: 'GET', path: path`/baton/pops/${id}/reconcile` }, { what: t.commands.refresh, command: `baton pop refresh ${word(id)}`, method: 'GET', path: path`/datacenters/${id}/refresh` }]
      : [{ what: t.commands.list, command: 'baton pop list', method: 'GET', path: '/datacenters?slim=true' }, { what: t.commands.create, command: 'baton pop create FILE', method: 'POST', path: '/datacenters', body: JSON.parse(sample) }]),
    render() {
      if (id) return one();
      if (!status.data) return status.error ? problem(status.error, status.read) : loading();
      return list();
    },
    close: status.stop,
  };
  return page;
}
