/* One network service: what it is, what it waits for, what failed, and what may be done. */
import { call, listAll, mayChange, path } from './api.js';
import { h } from './dom.js';
import { clock, lines, plain, span, timeOf, word } from './format.js';
import { listen } from './live.js';
import { action, actions, button, empty, failed, faultCard, faultText, formDialog, id as idOf, jsonView, loading, menu as menuOf, nextButtons, pill, planned, problem, release, section, since, table, tabs, facts, when } from './parts.js';
import { go, link, notice, redraw, setQuery } from './state.js';
import { t } from './text.js';
import { timeline } from './timeline.js';
import { topology } from './topology.js';
import { due, isLimit, nearest, phases, waitText } from './waits.js';

const KEPT = 500; /* lines of history */

export function service(at) {
  const nsr = at.parts[1];
  let ex = null, record = null, ops = null, op = null, opId = null, error = null, timer = 0, isStale = false, isReading = false, nsd = null;
  const abort = new AbortController();
  const logs = { host: null, lines: null, errors: null, error: null, isFollowing: true, timer: 0 };
  const own = path`/ns-records/${nsr}`;

  async function load() {
    if (isReading) {
      isStale = true;
      return;
    }
    isReading = true;
    const get = (p, query) => call('GET', p, { query, signal: abort.signal });
    try {
      const [e, r, o] = await Promise.all([get(path`/baton/explain/${nsr}`, { kind: 'nsr', limit: KEPT }), get(own), get(`${own}/operations`, { limit: 50 })]);
      [ex, record, ops, error] = [e, r, o, null];
      if (opId) op = await get(path`/baton/operations/${opId}`);
    } catch (e) {
      if (e.name === 'AbortError') return;
      error = e;
    }
    isReading = false;
    redraw();
    if (isStale) {
      isStale = false;
      schedule();
    }
  }
  function schedule() {
    timer ||= setTimeout(() => {
      timer = 0;
      load();
    }, 150);
  }
  const stop = listen((event) => event.nsr === nsr && schedule());
  load();

  /* --- what may be asked --- */

  const after = (operation) => {
    if (operation) go('services', nsr, 'operations', { op: operation });
    schedule();
  };
  const vnfPath = (v) => `${own}${path`/vnfrecords/${v.id}`}`;
  const unitPath = (v, u) => `${vnfPath(v)}${path`/vdunits/${u.id}/vnfcinstances`}`;

  /* A form, then the plan, then the button. build(values) -> request */
  function ask(title, fields, build, cli, about) {
    const show = (v) => planned(title, build(v), title, after, { command: cli(v) });
    if (!fields.length) show({});
    else formDialog(title, fields, t.act.plan, async (v) => void queueMicrotask(() => show(v)), { about });
  }

  const pops = async () => (await listAll('/datacenters', { slim: 'true' })).map((p) => [p.name, p.name]);
  const units = (v) => ({ name: 'vdu', label: t.act.vdu, type: 'select', value: v.vdu[0]?.id, options: v.vdu.map((u) => [u.id, u.name || u.id]) });

  async function scaleOut(v) {
    const places = await pops().catch(() => []);
    ask(`${t.act.scaleOut}: ${plain(v.name)}`, [units(v), { name: 'number', label: t.act.number, type: 'number', value: 1, min: 1, max: 100, required: true },
      { name: 'pop', label: t.act.pop, type: 'select', options: [['', t.act.anyPop], ...places] },
      { name: 'onFailure', label: t.act.onFailure, type: 'select', options: [['', t.act.byVdu], ['keep', t.act.keep], ['partial', t.act.partial], ['rollback', t.act.rollback]] },
      { name: 'standby', label: t.act.standby, type: 'checkbox' }],
    (f) => ({ method: 'POST', path: `${unitPath(v, { id: f.vdu })}${f.standby ? '/standby' : ''}`,
      body: { number: f.number, ...(f.pop ? { vimInstanceNames: [f.pop] } : {}), ...(f.onFailure ? { onFailure: f.onFailure } : {}) } }),
    (f) => `baton nsr scale-out ${word(nsr)} ${word(v.name)} --vdu ${word(f.vdu)} --number ${word(f.number)}${f.pop ? ` --pop ${word(f.pop)}` : ''}${f.standby ? ' --standby' : ''} --plan`);
  }

  /* [text, fn] of what needs no form. */
  const simple = (text, of, method, p, cli) => [text, () => ask(`${text}: ${plain(of)}`, [], () => ({ method, path: p, ...(method === 'POST' ? { body: {} } : {}) }), () => `baton nsr ${cli} --plan`)];

  const perVnf = (v) => [
    [t.act.scaleOut, () => scaleOut(v).catch(failed)],
    [t.act.scaleIn, () => ask(`${t.act.scaleIn}: ${plain(v.name)}`, [units(v), { name: 'number', label: t.act.number, type: 'number', value: 1, min: 1, max: 100, required: true }, { name: 'drain', label: t.act.drain, type: 'checkbox' }],
      (f) => ({ method: 'DELETE', path: `${unitPath(v, { id: f.vdu })}`, body: { number: f.number, ...(f.drain ? { drain: true } : {}) } }),
      (f) => `baton nsr scale-in ${word(nsr)} ${word(v.name)} --number ${word(f.number)} --plan`)],
    simple(t.act.start, v.name, 'POST', `${vnfPath(v)}/start`, `start ${word(nsr)} ${word(v.name)}`),
    simple(t.act.stop, v.name, 'POST', `${vnfPath(v)}/stop`, `stop ${word(nsr)} ${word(v.name)}`),
    [t.act.configure, () => configure(v)],
    simple(t.act.update, v.name, 'POST', `${vnfPath(v)}/update`, `update ${word(nsr)} ${word(v.name)}`),
    [t.act.execute, () => ask(`${t.act.execute}: ${plain(v.name)}`, [{ name: 'script', label: t.act.script, type: 'text-area', rows: 10, required: true, value: '#!/bin/sh\n' }],
      (f) => ({ method: 'POST', path: `${vnfPath(v)}/execute-script`, text: f.script }), () => `baton nsr execute ${word(nsr)} ${word(v.name)} FILE --plan`)],
    [t.act.restart, () => ask(`${t.act.restart}: ${plain(v.name)}`, [{ name: 'image', label: t.act.image, hint: t.act.sameImage }],
      (f) => ({ method: 'POST', path: `${vnfPath(v)}/restart`, body: { imageName: f.image } }), (f) => `baton nsr restart ${word(nsr)} ${word(v.name)}${f.image ? ` --image ${word(f.image)}` : ''} --plan`, t.act.restartAbout)],
    [t.act.upgrade, () => upgrade(v).catch(failed)],
    simple(t.act.removeVnf, v.name, 'DELETE', vnfPath(v), `remove-vnf ${word(nsr)} ${word(v.name)}`),
  ];

  async function vnfds() {
    const list = await listAll('/vnf-descriptors', { slim: 'true' });
    return { name: 'vnfd', label: t.act.vnfd, type: 'select', value: list[0]?.id, options: list.map((d) => [d.id, `${plain(d.name)} ${plain(d.version)}`]) };
  }

  async function upgrade(v) {
    ask(`${t.act.upgrade}: ${plain(v.name)}`, [await vnfds(), { name: 'keeps', label: t.act.keepsService, type: 'checkbox' }],
      (f) => ({ method: 'POST', path: `${vnfPath(v)}/upgrade`, body: { vnfdId: f.vnfd, ...(f.keeps ? { restartService: false } : {}) } }), (f) => `baton nsr upgrade ${word(nsr)} ${word(v.name)} ${word(f.vnfd)} --plan`);
  }

  async function addVnf() {
    ask(t.service.addVnf, [await vnfds()],
      (f) => ({ method: 'PUT', path: `${own}${path`/vnfd/${f.vnfd}`}`, body: {} }), (f) => `baton nsr add-vnf ${word(nsr)} ${word(f.vnfd)} --plan`);
  }

  function configure(v) {
    const params = v.configurations?.configurationParameters || [];
    if (!params.length) return notice(t.parameters.none);
    const changed = (f) => params.map((p, i) => ({ confKey: p.confKey, value: f[`p${i}`] })).filter((p, i) => p.value !== (params[i].value ?? ''));
    ask(`${t.act.configure}: ${plain(v.name)}`, [...params.map((p, i) => ({ name: `p${i}`, label: plain(p.confKey), value: p.value ?? '', hint: p.description ? plain(p.description) : null })), { name: 'record', label: t.act.record, type: 'checkbox' }],
      (f) => ({ method: 'PATCH', path: `${vnfPath(v)}/configurations`, body: { configurationParameters: changed(f), ...(f.record ? { apply: 'record' } : {}) } }),
      (f) => `baton nsr configure ${word(nsr)} ${word(v.name)} ${changed(f).map((p) => word(`${p.confKey}=${p.value}`)).join(' ')} --plan`);
  }

  const perServer = (v, u, x) => [
    [t.act.heal, () => ask(`${t.act.heal}: ${plain(x.hostname)}`, [{ name: 'cause', label: t.act.cause, value: '' }],
      (f) => ({ method: 'POST', path: `${unitPath(v, u)}${path`/${x.id}/actions`}`, body: { action: 'HEAL', cause: f.cause } }), () => `baton nsr heal ${word(nsr)} ${word(x.hostname)} --plan`)],
    simple(t.act.start, x.hostname, 'POST', `${unitPath(v, u)}${path`/${x.id}/start`}`, `start ${word(nsr)} ${word(x.hostname)}`),
    simple(t.act.stop, x.hostname, 'POST', `${unitPath(v, u)}${path`/${x.id}/stop`}`, `stop ${word(nsr)} ${word(x.hostname)}`),
    simple(t.act.switch, x.hostname, 'POST', `${unitPath(v, u)}${path`/${x.id}/switchtostandby`}`, `switch ${word(nsr)} ${word(x.hostname)}`),
    simple(t.act.remove, x.hostname, 'DELETE', `${unitPath(v, u)}${path`/${x.id}`}`, `scale-in ${word(nsr)} ${word(x.hostname)}`),
    [t.act.logs, () => go('services', nsr, 'logs', { host: x.hostname })],
  ];

  const menu = (name, rows) => (mayChange() ? menuOf(name, rows) : null);

  /* --- parts of the page --- */

  const vnfrOf = (v) => record?.vnfr?.find((r) => r.id === v.id);
  const serversOf = (v) => (v.instances || []).map((i) => ({ ...i, isLost: Boolean(i.serverGone || i.agentGone), ip: (i.ips || [])[0]?.ip || (i.ips || [])[0]?.address || Object.values(i.ips?.[0] || {})[1] }));

  function picture(width) {
    const vnfs = (ex.vnfrs || []).map((v) => {
      const r = vnfrOf(v);
      const nets = new Set((r?.virtual_link || []).map((l) => l.name));
      for (const u of r?.vdu || []) for (const x of u.vnfc_instance || []) for (const c of x.connection_point || []) nets.add(c.virtual_link_reference);
      return { ...v, networks: [...nets].filter(Boolean), servers: serversOf(v), needs: needsOf(v) };
    });
    const networks = [...new Set([...(record?.vlr || []).map((l) => l.name), ...vnfs.flatMap((v) => v.networks)])].filter(Boolean);
    return topology(vnfs, networks, width);
  }
  const needsOf = (v) => (v.needs || []).map((k) => (ex.vnfrs.find((o) => o.name === k) || ex.vnfrs.find((o) => o.type === k))?.name).filter(Boolean);

  function waitList() {
    const list = nearest(ex.waits || []);
    if (!list.length) return null;
    const item = (w, i) => {
      const [text, isLate] = due(w, ex.now, t.service);
      return h('li', { key: `${w.id}${i}` }, waitText(w, ex.vnfrs?.find((v) => v.name === w.vnfr)?.needs), h('span', { class: isLate ? 'late' : 'dim' }, `, ${t.service.since} ${clock(w.opened)}, ${text}`));
    };
    return section(t.service.waits, null, h('ul', { class: 'plain' }, list.filter((w) => !isLimit(w)).map(item), list.filter(isLimit).map((w, i) => item(w, `l${i}`))));
  }

  function openOperations() {
    return (ex.openOperations || []).map((o) => {
      const title = `${o.kind} ${o.vnfr?.name ? plain(o.vnfr.name) : ''}`;
      const step = o.current;
      return h('section', { class: `box ${o.state === 'FAILED_TEMP' ? 'fault' : ''}`, key: o.id, 'aria-label': title },
        h('div', { class: 'box-head' }, h('h2', {}, h('a', { href: link('services', nsr, 'operations', { op: o.id }) }, title)), pill(o.state), h('span', { class: 'grow' }),
          o.progress?.of ? h('progress', { max: o.progress.of, value: o.progress.done, 'aria-label': title }) : null, h('span', { class: 'dim' }, since(o.askedAt))),
        step ? h('p', {}, `${step.n}. ${plain(step.sentence || step.kind)} `, pill(step.state)) : null,
        o.fault ? faultInline(o.fault) : null,
        h('div', { class: 'row' }, nextButtons(o.next, schedule, nsr)));
    });
  }

  const faultInline = (f) => h('div', {}, faultText(f, [[t.fault.host, f.host ? h('a', { href: link('services', nsr, 'logs', { host: f.host }) }, plain(f.host)) : ''],
    [t.fault.script, plain(f.script || '')], [t.fault.exit, f.exit], [t.fault.component, plain(f.component || '')]]));

  function overview() {
    const n = ex.nsr, isCovered = (ex.openOperations || []).some((o) => o.state === 'FAILED_TEMP');
    const losses = (ex.vnfrs || []).flatMap((v) => (v.instances || []).flatMap((i) => [i.serverGone && [v, i, t.service.serverGone, i.serverGone], i.agentGone && [v, i, t.service.agentGone, i.agentGone]])).filter(Boolean);
    const width = Math.max(280, Math.min(1500, (document.getElementById('main')?.clientWidth || 800) - 66));
    return [
      losses.length ? h('div', { class: 'alert bad', key: 'losses' }, h('ul', {}, losses.map(([, i, what, from]) => h('li', { key: i.id + what }, plain(i.hostname), ': ', what, h('span', { class: 'dim' }, ' ', since(from)))))) : null,
      (ex.notTold || []).length ? h('div', { class: 'alert warn', key: 'untold' }, ex.notTold.map((u) => h('div', { key: u.target + u.source }, t.service.untold(plain(u.target), plain(u.source), (u.what || []).map(plain).join(', ')), nextButtons([u.next], schedule, nsr)))) : null,
      openOperations(),
      n.fault && !isCovered ? h('div', { key: 'fault' }, faultCard(n.fault, t.service.fault, ...nextButtons(ex.next, schedule, nsr), n.fault.host ? h('a', { class: 'button', key: 'logs', href: link('services', nsr, 'logs', { host: n.fault.host }) }, t.act.logs) : null)) : null,
      h('div', { key: 'waits' }, waitList()),
      (ex.refusals || []).length ? h('div', { key: 'refusals' }, section(t.service.refusals, null, h('ul', {}, ex.refusals.map((r, i) => h('li', { key: i }, plain(r.words || r.kind), r.hint ? h('span', { class: 'dim' }, ' ', plain(r.hint)) : null))))) : null,
      h('div', { key: 'topology' }, section(t.service.topology, null, h('div', { class: 'scroll', tabindex: '0', role: 'region', 'aria-label': t.service.topology }, picture(width)))),
      h('div', { key: 'vnfs' }, section(t.service.vnfs, null, vnfTable()))];
  }

  function vnfTable() {
    const rows = (ex.vnfrs || []).flatMap((v) => [{ v }, ...(v.instances || []).map((x) => ({ v, x }))]);
    const unitOf = (v, x) => vnfrOf(v)?.vdu?.find((u) => u.vnfc_instance?.some((i) => i.id === x.id));
    const addresses = (x) => [...(x.ips || []).map((i) => `${plain(i.netName || '')} ${plain(i.ip || '')}`), ...(x.floatingIps || []).map((i) => plain(i.ip || ''))].join(', ');
    return table(t.service.vnfs, [
      { name: t.service.columns.name, cell: (r) => (r.x ? h('span', { class: 'below' }, plain(r.x.hostname)) : h('strong', {}, plain(r.v.name))) },
      { name: t.service.columns.status, cell: (r) => (r.x ? pill(r.x.phase, phases.instance[r.x.phase]) : pill(r.v.status, null)) },
      { name: t.service.columns.phase, class: 'wide-only', cell: (r) => (r.x ? h('span', { class: 'dim' }, plain(r.x.state || '')) : h('span', { class: 'dim', title: r.v.phase }, phases.vnfr[r.v.phase] || r.v.phase)) },
      { name: t.service.columns.addresses, cell: (r) => (r.x ? addresses(r.x) : '') },
      { name: t.service.columns.pop, cell: (r) => (r.x ? plain(r.x.popName || '') : h('span', { class: 'dim' }, `${t.service.columns.vnfm} ${plain(r.v.vnfm)}`)) },
      actions((r) => {
        const full = vnfrOf(r.v);
        if (!full) return null;
        return r.x ? menu(r.x.hostname, perServer(full, unitOf(r.v, r.x) || { id: '' }, r.x)) : menu(r.v.name, perVnf(full));
      })], rows, (r) => r.x?.id || r.v.id, { rowClass: (r) => (r.x ? '' : 'group') });
  }

  function operations(query) {
    const wanted = query.get('op');
    if (wanted !== opId) {
      opId = wanted;
      op = null;
      if (opId) schedule();
    }
    if (opId) return oneOperation();
    if (!ops.length) return empty(t.operation.none);
    return table(t.service.tabs.operations, [
      { name: t.operation.columns.kind, cell: (o) => h('a', { href: link('services', nsr, 'operations', { op: o.id }) }, o.kind) },
      { name: t.operation.columns.state, cell: (o) => pill(o.state) },
      { name: t.operation.columns.subject, cell: (o) => plain(o.instance?.name || o.vnfr?.name || '') },
      { name: t.operation.columns.progress, class: 'num', cell: (o) => (o.progress?.of ? `${o.progress.done}/${o.progress.of}` : '') },
      { name: t.operation.columns.by, cell: (o) => plain(o.askedBy || o.origin || '') },
      { name: t.operation.columns.at, cell: (o) => when(o.askedAt) },
      { name: t.operation.columns.took, class: 'num', cell: (o) => (o.endedAt ? span(timeOf(o.endedAt) - timeOf(o.askedAt)) : '') },
      { name: t.operation.fault, class: 'wide-only', cell: (o) => plain(o.fault?.message || '') }], ops, (o) => o.id);
  }

  function oneOperation() {
    if (!op || op.id !== opId) return error ? null : loading();
    return [
      h('p', { key: 'back' }, h('a', { href: link('services', nsr, 'operations') }, t.operation.back)),
      h('section', { class: 'box', key: 'op' },
        h('div', { class: 'box-head' }, h('h2', {}, `${op.kind} ${op.vnfr?.name ? plain(op.vnfr.name) : ''} ${op.instance?.name ? plain(op.instance.name) : ''}`), pill(op.state), h('span', { class: 'grow' }), idOf(op.id)),
        h('p', { class: 'dim' }, t.operation.asked(plain(op.askedBy || op.origin || ''), clock(op.askedAt)), op.endedAt ? `, ${span(timeOf(op.endedAt) - timeOf(op.askedAt))}` : ''),
        op.parameters && Object.keys(op.parameters).length ? facts(Object.entries(op.parameters).map(([k, v]) => [plain(k), plain(typeof v === 'object' ? JSON.stringify(v) : v)])) : null,
        op.differs?.length ? h('div', { class: 'alert warn' }, t.operation.differs, h('ul', {}, op.differs.map((d) => h('li', {}, plain(d))))) : null,
        h('div', { class: 'row' }, nextButtons(op.next, schedule, nsr))),
      op.fault ? h('div', { key: 'fault' }, faultCard(op.fault, t.operation.fault, op.fault.host ? h('a', { class: 'button', key: 'logs', href: link('services', nsr, 'logs', { host: op.fault.host }) }, t.act.logs) : null)) : null,
      h('section', { class: 'box', key: 'steps' }, h('h2', {}, t.operation.steps), timeline(op))];
  }

  /* --- logs --- */

  const hosts = () => (ex.vnfrs || []).flatMap((v) => (v.instances || []).map((i) => [i.hostname, v.name]));

  async function readLogs() {
    const [host, vnf] = hosts().find(([k]) => k === logs.host) || [];
    if (!host) return;
    try {
      const body = await call('POST', path`/logs/${nsr}/vnfrecord/${vnf}/hostname/${host}`, { body: { lines: 1000 }, signal: abort.signal });
      if (logs.host !== host) return;
      logs.lines = Array.isArray(body) ? body : body?.outputLog || [];
      logs.errors = Array.isArray(body) ? [] : body?.errorLog || [];
      logs.error = null;
    } catch (e) {
      if (e.name === 'AbortError') return;
      logs.error = e;
    }
    redraw();
  }

  function followLogs() {
    clearInterval(logs.timer);
    logs.timer = logs.isFollowing ? setInterval(() => !document.hidden && readLogs(), 2000) : 0;
  }

  function logsView(query) {
    const list = hosts();
    if (!list.length) return empty(t.logs.noHosts);
    const wanted = query.get('host') || list[0][0];
    if (wanted !== logs.host) {
      logs.host = wanted;
      logs.lines = null;
      readLogs();
      followLogs();
    }
    return h('div', { key: 'logs' },
      h('div', { class: 'toolbar' },
        h('label', {}, t.logs.host, ' ', h('select', { value: wanted, onchange: (e) => setQuery({ host: e.target.value }) }, list.map(([k, v]) => h('option', { key: k, value: k }, `${plain(k)} (${plain(v)})`)))),
        h('label', {}, h('input', { type: 'checkbox', checked: logs.isFollowing, onchange: (e) => { logs.isFollowing = e.target.checked; followLogs(); redraw(); } }), ' ', t.logs.follow),
        button(t.refresh, readLogs)),
      problem(logs.error, readLogs),
      logs.lines === null ? (logs.error ? null : loading()) : h('pre', { class: 'log', tabindex: '0', role: 'log', 'aria-label': t.logs.output }, logs.lines.length ? lines(logs.lines.join('\n')) : t.logs.none),
      logs.errors?.length ? h('pre', { class: 'log bad', tabindex: '0', 'aria-label': t.logs.errors }, lines(logs.errors.join('\n'))) : null);
  }

  function parameters() {
    const list = record?.vnfr || [];
    if (!list.length) return empty(t.parameters.none);
    const rows = (v) => [
      ...(v.configurations?.configurationParameters || []).map((p) => [t.parameters.configuration, p.confKey, p.value, p.description]),
      ...(v.provides?.configurationParameters || []).map((p) => [t.parameters.provides, p.confKey, p.value, '']),
      ...(record.vnf_dependency || []).filter((d) => d.target === v.name).flatMap((d) => Object.entries(d.parameters || {}).flatMap(([type, p]) => Object.entries(p.parameters || {}).map(([k, x]) => [`${t.parameters.needs}: ${type}`, k, x, ''])))];
    return list.map((v) => h('div', { key: v.id }, section(plain(v.name), action(t.act.configure, () => configure(v)),
      rows(v).length ? table(plain(v.name), [{ name: t.parameters.source, cell: (r) => plain(r[0]) }, { name: t.parameters.key, cell: (r) => h('code', {}, plain(r[1])) }, { name: t.parameters.value, cell: (r) => h('code', {}, plain(r[2] ?? '')) }, { name: t.parameters.about, cell: (r) => plain(r[3] || '') }],
        rows(v), (r, i) => i) : h('p', { class: 'dim' }, t.parameters.none))));
  }

  function history() {
    const list = [...(ex.history || [])].reverse();
    if (!list.length) return empty(t.history.none);
    const text = (e) => [e.from && e.to ? `${e.from} → ${e.to}` : e.to || '', e.text || '', e.fault?.message || '', e.script ? `${e.script} ${e.exit === undefined ? '' : `exit ${e.exit}`}` : '', e.state && !e.text ? e.state : ''].filter(Boolean).map(plain).join('  ');
    return [list.length >= KEPT ? h('p', { class: 'dim', key: 'cut' }, t.history.earlier) : null,
      h('div', { key: 'table' }, table(t.service.tabs.history, [
        { name: t.history.at, cell: (r) => when(r.at) },
        { name: t.history.of, cell: (r) => plain([r.entry.vnfr, r.entry.host].filter(Boolean).join(' ')) },
        { name: t.history.event, cell: (r) => plain(r.entry.event) },
        { name: t.history.text, cell: (r) => h('span', { class: r.entry.fault ? 'late' : null }, text(r.entry)) }], list, (r) => r.id))];
  }

  const views = { overview, operations, logs: logsView, parameters, history, json: () => jsonView(record, t.service.tabs.json) };

  const page = {
    title: '…',
    crumb: [t.services.title, link('services')],
    badge: () => (ex?.nsr ? pill(ex.nsr.status, phases.nsr[ex.nsr.phase]) : null),
    tools: () => (ex?.nsr ? [action(t.service.addVnf, () => addVnf().catch(failed), { key: 'a' }), action(t.service.release, () => release(nsr, after), { key: 'r', class: 'danger' })] : null),
    commands: () => [
      { what: t.commands.show, command: `baton nsr show ${word(nsr)}`, method: 'GET', path: own },
      { what: t.commands.explain, command: `baton explain ${word(nsr)}`, method: 'GET', path: path`/baton/explain/${nsr}?kind=nsr` },
      { what: t.commands.operations, command: `baton op list ${word(nsr)}`, method: 'GET', path: `${own}/operations` },
      opId ? { what: t.commands.wait, command: `baton op wait ${word(opId)}`, method: 'GET', path: path`/baton/operations/${opId}` } : null,
      { what: t.commands.history, command: `baton nsr history ${word(nsr)}`, method: 'GET', path: `${own}/history` },
      ...(ex ? hosts().slice(0, 3).map(([k, v]) => ({ what: t.commands.logs, command: `baton logs ${word(k)}`, method: 'POST', path: path`/logs/${nsr}/vnfrecord/${v}/hostname/${k}`, body: { lines: 50 } })) : []),
      { what: t.commands.resume, command: `baton nsr resume ${word(nsr)} --wait`, method: 'POST', path: `${own}/resume`, body: {} },
      { what: t.commands.delete, command: `baton nsr delete ${word(nsr)} --wait`, method: 'DELETE', path: own }],
    render(where) {
      const tab = views[where.parts[2]] ? where.parts[2] : 'overview';
      if (tab !== 'logs' && logs.timer) {
        clearInterval(logs.timer);
        logs.timer = 0;
        logs.host = null;
      }
      if (tab !== 'operations') opId = op = null;
      if (!ex) return error ? (error.status === 404 ? empty(t.service.gone, h('a', { class: 'button', href: link('services') }, t.services.title)) : problem(error, load)) : loading();
      if (!ex.nsr) return empty(t.service.gone, h('a', { class: 'button', href: link('services') }, t.services.title));
      page.title = plain(ex.nsr.name);
      if (nsd === null && record?.descriptor_reference) {
        nsd = '';
        call('GET', path`/ns-descriptors/${record.descriptor_reference}`).then((d) => { nsd = d.name; redraw(); }, () => {});
      }
      return [
        h('div', { class: 'head-facts', key: 'facts' }, h('span', {}, phases.nsr[ex.nsr.phase] || ''), h('span', { class: 'dim' }, `${t.service.nsd} ${plain(nsd || '')}`), h('span', { class: 'dim' }, t.service.id, ' ', h('code', {}, nsr)), h('span', { class: 'dim' }, t.service.created, ' ', when(ex.nsr.created))),
        h('div', { key: 'tabs' }, tabs(t.service.parts, tab, Object.keys(views).map((k) => [k, t.service.tabs[k], link('services', nsr, k)]))),
        error ? h('div', { key: 'error' }, problem(error, load)) : null,
        h('div', { key: `tab-${tab}` }, views[tab](where.query))];
    },
    close() {
      abort.abort();
      stop();
      clearTimeout(timer);
      clearInterval(logs.timer);
    },
  };
  return page;
}
