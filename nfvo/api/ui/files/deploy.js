/* From the catalogue to a service: a form made of the descriptor, its parts and the quota, then the button. */
import { call, listAll, path, session } from './api.js';
import { h } from './dom.js';
import { plain, word } from './format.js';
import { actions, bar, empty, failed, field, filterBox, filtered, loading, pill, planView, problem, section, table } from './parts.js';
import { go, link, notice, redraw } from './state.js';
import { t } from './text.js';

const d_ = t.deploy;

/* Used and limits of the project; what a deployment adds is shown beside it. */
export const QUOTA = ['services', 'instances', 'vcpus', 'ram'];
export function quotaView(use) {
  return QUOTA.map((k) => h('div', { key: k }, bar(use.used?.[k] ?? 0, use.quota?.[k] || 0, d_[k])));
}

export function deploy(at) {
  const id = at.parts[1];
  let list = null, nsd = null, pops = [], keys = [], vnfms = null, use = null, error = null, plan = null, isBusy = false;
  const values = { keys: {}, pops: {}, zones: {}, conf: {} };
  let requestKey = crypto.randomUUID ? crypto.randomUUID() : [...crypto.getRandomValues(new Uint32Array(4))].map((x) => x.toString(16)).join('');

  async function load() {
    error = null;
    try {
      if (!id) {
        list = await listAll('/ns-descriptors', { slim: 'true' });
      } else {
        [nsd, pops, keys, use] = await Promise.all([call('GET', path`/ns-descriptors/${id}`), listAll('/datacenters'), listAll('/keys'), call('GET', path`/projects/${session.project.id}/use`).catch(() => null)]);
        call('GET', '/vnfmanagers').then((x) => { vnfms = x; redraw(); }, () => {});
        for (const v of nsd.vnfd) for (const p of v.configurations?.configurationParameters || []) values.conf[`${v.name} ${p.confKey}`] = p.value ?? '';
      }
    } catch (e) {
      error = e;
    }
    redraw();
  }
  load();

  const unitsOf = () => nsd.vnfd.flatMap((v) => v.vdu.map((u) => ({ v, u })));

  /* Only what differs from the descriptor is sent. */
  function body() {
    const out = {};
    const chosen = Object.keys(values.keys).filter((k) => values.keys[k]);
    if (chosen.length) out.keys = chosen;
    const places = {};
    for (const { u } of unitsOf()) {
      const pop = values.pops[u.name];
      if (pop) places[u.name] = [values.zones[u.name] ? `${pop}:${values.zones[u.name]}` : pop];
    }
    if (Object.keys(places).length) out.vduVimInstances = places;
    const configurations = {};
    for (const v of nsd.vnfd) {
      const changed = (v.configurations?.configurationParameters || []).filter((p) => values.conf[`${v.name} ${p.confKey}`] !== (p.value ?? ''));
      if (changed.length) configurations[v.name] = { name: v.configurations.name || v.name, configurationParameters: changed.map((p) => ({ confKey: p.confKey, value: values.conf[`${v.name} ${p.confKey}`] })) };
    }
    if (Object.keys(configurations).length) out.configurations = configurations;
    return out;
  }

  async function show() {
    plan = error = null;
    isBusy = true;
    redraw();
    try {
      plan = await call('POST', path`/ns-records/${id}`, { body: body(), query: { plan: 'true' } });
    } catch (e) {
      error = e;
    }
    isBusy = false;
    redraw();
  }

  async function run() {
    isBusy = true;
    error = null;
    redraw();
    try {
      const made = await call('POST', path`/ns-records/${id}`, { body: body(), query: { basis: plan?.basis }, headers: { 'Idempotency-Key': requestKey } });
      notice(d_.deployed(plain(made.name)));
      go('services', made.id);
    } catch (e) {
      error = e;
      if (!e.isNetwork) requestKey += 'x'; /* an answer came: another try is another request */
      isBusy = false;
      redraw();
    }
  }

  function parts() {
    const servers = unitsOf().reduce((k, { u }) => k + u.vnfc.length, 0);
    return [h('p', { key: 'adds' }, d_.adds(nsd.vnfd.length, servers)),
      h('div', { key: 'table' }, table(d_.plan, [
        { name: d_.vnf, cell: (r) => plain(r.v.name) }, { name: d_.vdu, cell: (r) => plain(r.u.name) }, { name: d_.servers, class: 'num', cell: (r) => r.u.vnfc.length },
        { name: d_.image, cell: (r) => (r.u.vm_image || []).map(plain).join(', ') }, { name: d_.pops, cell: (r) => plain(values.pops[r.u.name] || (r.u.vimInstanceName || []).join(', ') || d_.anyPop) },
        { name: d_.scripts, class: 'wide-only', cell: (r) => (r.v.lifecycle_event || []).map((e) => `${plain(e.event)}: ${(e.lifecycle_events || []).map(plain).join(', ')}`).join('; ') },
        { name: d_.vnfm, cell: (r) => { const m = vnfms?.find((x) => x.type === r.v.endpoint); return vnfms ? pill(m?.active && m.enabled ? 'active' : 'missing', plain(r.v.endpoint)) : plain(r.v.endpoint); } }], unitsOf(), (r) => r.u.id))];
  }

  function form() {
    const missing = vnfms ? [...new Set(nsd.vnfd.map((v) => v.endpoint))].filter((e) => !vnfms.some((m) => m.type === e && m.active && m.enabled)) : [];
    const popOptions = [['', d_.anyPop], ...pops.map((p) => [p.name, `${plain(p.name)} (${plain(p.type)})`])];
    return h('div', { class: 'form wide-form' },
      missing.map((m) => h('div', { class: 'alert warn', key: m }, d_.vnfmMissing(plain(m)))),
      h('fieldset', { key: 'where' }, h('legend', {}, d_.pops), unitsOf().map(({ v, u }) => {
        const zones = Object.values(pops.find((p) => p.name === values.pops[u.name])?.zones || {});
        return h('div', { class: 'row', key: u.id }, field('pop', { name: u.name, label: `${plain(v.name)}: ${plain(u.name)}`, type: 'select', options: popOptions }, values.pops),
          zones.length ? field('zone', { name: u.name, label: d_.zones, type: 'select', options: [['', t.all], ...zones.map((z) => [z.name, plain(z.name)])] }, values.zones) : null);
      })),
      h('fieldset', { key: 'keys' }, h('legend', {}, d_.keys), keys.length ? keys.map((k) => field('key', { name: k.name, label: plain(k.name), type: 'checkbox' }, values.keys)) : h('p', { class: 'dim' }, d_.noKeys)),
      nsd.vnfd.filter((v) => v.configurations?.configurationParameters?.length).map((v) => h('fieldset', { key: `c${v.id}` }, h('legend', {}, `${d_.configurations}: ${plain(v.name)}`),
        v.configurations.configurationParameters.map((p) => field(`conf-${v.name}`, { name: `${v.name} ${p.confKey}`, label: plain(p.confKey), hint: p.description ? plain(p.description) : null }, values.conf)))),
      use ? h('div', { key: 'quota' }, section(d_.quota, null, quotaView(use))) : null,
      plan ? h('div', { key: 'plan' }, section(d_.plan, null, [parts(), planView(plan)])) : null,
      problem(error),
      h('div', { class: 'row', key: 'go' },
        h('button', { type: 'button', class: plan ? null : 'primary', disabled: isBusy, onclick: () => show().catch(failed) }, d_.plan),
        plan ? h('button', { type: 'button', class: 'primary', disabled: isBusy || Boolean(plan.refused?.length), onclick: () => run().catch(failed) }, isBusy ? t.working : d_.go) : null,
        h('small', { class: 'dim' }, d_.once)));
  }

  const page = {
    title: d_.title,
    crumb: id ? [d_.title, link('deploy')] : null,
    commands: () => (nsd ? [{ what: t.commands.deploy, command: Object.keys(body()).length ? `baton nsr create ${word(id)} --body FILE --wait` : `baton nsr create ${word(id)} --wait`, method: 'POST', path: path`/ns-records/${id}`, body: body() }] : [{ what: t.commands.list, command: 'baton nsd list', method: 'GET', path: '/ns-descriptors?slim=true' }]),
    render(where) {
      if (id) {
        if (!nsd) return error ? problem(error, load) : loading();
        page.title = d_.form(plain(nsd.name));
        return form();
      }
      if (!list) return error ? problem(error, load) : loading();
      if (!list.length) return empty(d_.none, h('a', { class: 'button', href: link('catalogue') }, d_.toCatalogue));
      return [filterBox(where.query),
        h('div', { key: 'l' }, table(d_.choose, [
          { name: t.catalogue.name, cell: (x) => h('a', { href: link('deploy', x.id) }, plain(x.name)) }, { name: t.catalogue.vendor, cell: (x) => plain(x.vendor || '') }, { name: t.catalogue.version, cell: (x) => plain(x.version || '') },
          { name: t.catalogue.vnfs, cell: (x) => (x.vnfd || []).map((v) => plain(v.name)).join(', ') },
          actions((x) => h('a', { class: 'button', href: link('deploy', x.id), 'aria-label': d_.form(plain(x.name)) }, d_.go))],
        filtered(list, where.query), (x) => x.id))];
    },
  };
  return page;
}
