/* The suite itself: its processes, peers and queues. */
import { call, isAdmin, listAll, path } from './api.js';
import { h } from './dom.js';
import { bytes, lines, plain } from './format.js';
import { action, actions, button, confirm, empty, facts, failed, formDialog, loading, menu, pill, problem, section, since, table, command } from './parts.js';
import { notice, openDialog, redraw } from './state.js';
import { deadCount, isAway, watchStatus } from './status.js';
import { t } from './text.js';

const s_ = t.suite;

/* A password is shown once, and is nowhere when the dialog is closed. */
export function showSecret(title, text, secret) {
  openDialog(title, (close) => h('div', { class: 'form' }, h('p', {}, text), command(secret), h('div', { class: 'row end' }, button(t.close, close, { class: 'primary' }))));
}

export function suite() {
  const status = watchStatus();
  let accounts = null, subscriptions = null, isAll = false, events = [], timer = 0, isClosed = false;
  const lists = () => {
    clearTimeout(timer);
    if (isAdmin())
      call('GET', '/baton/managers').then((x) => {
        accounts = x;
        /* Made and ended behind the call: looked at again until it is done. */
        if (!isClosed && x.some((a) => a.state !== 'ready')) timer = setTimeout(lists, 1500);
        redraw();
      }, failed);
    listAll('/events').then((x) => { subscriptions = x; redraw(); }, failed);
  };
  lists();

  const enrol = () => formDialog(s_.enrol, [
    { name: 'name', label: s_.name, required: true },
    { name: 'kind', label: s_.kind, type: 'select', value: 'vnfm', options: [['vnfm', 'vnfm'], ['driver', 'driver'], ['listener', 'listener']] },
    { name: 'type', label: s_.type, required: true },
    { name: 'sdk', label: s_.sdk, type: 'select', options: [['', ''], ['c', 'c'], ['java', 'java'], ['python', 'python'], ['go', 'go']] }],
  s_.enrol, async (v) => {
    const made = await call('POST', '/baton/managers', { body: Object.fromEntries(Object.entries(v).filter(([, x]) => x)) });
    lists();
    showSecret(plain(v.name), s_.password, made.password || '');
  }, { about: s_.enrolAbout });
  const rotate = (a) => confirm(`${s_.rotate}: ${plain(a.name)}`, s_.rotateAbout, s_.rotate, async () => {
    const made = await call('POST', path`/baton/managers/${a.name}/rotate`);
    showSecret(plain(a.name), s_.password, made.password || '');
  });
  const remove = (a) => confirm(`${t.delete}: ${plain(a.name)}`, s_.deleteAbout, t.delete, async () => {
    await call('DELETE', path`/baton/managers/${a.name}`);
    lists();
  });
  const subscribe = async () => formDialog(s_.subscribe, [
    { name: 'name', label: s_.name, required: true },
    { name: 'event', label: s_.events, type: 'select', value: (events = events.length ? events : await call('GET', '/events/actions'))[0], options: events.map((e) => [e, e]) },
    { name: 'type', label: s_.endpointType, type: 'select', value: 'REST', options: [['REST', 'REST'], ['RABBIT', 'RABBIT']] },
    { name: 'endpoint', label: s_.url, required: true }],
  s_.subscribe, async (v) => {
    await call('POST', '/events', { body: v });
    lists();
  });
  const unsubscribe = (e) => confirm(`${s_.unsubscribe}: ${plain(e.name)}`, '', s_.unsubscribe, async () => {
    await call('DELETE', path`/events/${e.id}`);
    lists();
  });
  const forget = (v) => confirm(`${s_.forget}: ${plain(v.type)}`, '', s_.forget, async () => {
    await call('DELETE', path`/vnfmanagers/${v.id}`);
    status.read();
  });

  function lookAtDead() {
    const letters = status.dead;
    openDialog(s_.dead, (close) => h('div', { class: 'form' }, h('p', { class: 'dim' }, s_.deadAbout),
      letters.length ? letters.map((l, i) => h('section', { class: 'box', key: i }, h('p', { class: 'fault-message' }, plain(l.reason || s_.noReason)),
        facts([[s_.from, plain(l.queue || '')], [s_.room, plain(l.room || '')], [t.fault.object, plain(l.where || '')], [s_.size, bytes(Number(l.bodyBytes || l.bytes))], [t.fault.time, l.at ? since(l.at) : ''], [s_.correlation, plain(l.correlation || '')]]),
        h('pre', { class: 'output', tabindex: '0' }, lines(l.body)))) : h('p', {}, s_.noDead),
      h('div', { class: 'row end' }, button(t.close, close))), { isWide: true });
  }
  const dropDead = () => confirm(s_.dropDead, s_.dropDeadAbout, s_.dropDead, async () => {
    await call('DELETE', '/baton/dead-letters');
    status.dead = [];
    setTimeout(status.readDead, 6000); /* the broker counts each 5 s */
  });

  const words = (c) => (c ? plain(c) : h('span', { class: 'dim' }, s_.reference));

  function body(s) {
    const queues = (s.queues || []).filter((q) => isAll || q.messages || q.consumers);
    const failing = s.events?.failing || [];
    return h('div', { class: 'columns' },
      section(s_.processes, null, table(s_.processes, [
        { name: s_.host, cell: (p) => plain(p.host) }, { name: s_.pid, class: 'num', cell: (p) => p.pid }, { name: s_.version, cell: (p) => plain(p.version) },
        { name: s_.state, cell: (p) => (p.stopped ? pill('INACTIVE', s_.stopped) : isAway(p, s.now) ? pill('missing', s_.away) : pill('active', s_.runs)) },
        { name: s_.started, cell: (p) => since(p.started) }], (s.processes || []).filter((p) => !p.stopped || s.now - p.seen < 3600e6), (p) => p.id),
      facts([[t.now.open, s.waiting?.open], [t.now.outbox, s.outbox?.unsent], [s_.broker, s.ready ? s_.ready : `${s_.notReady}: ${plain(s.why)}`]])),
      section(s_.vnfms, null, table(s_.vnfms, [
        { name: s_.type, cell: (v) => [plain(v.type), v.endpoint !== v.type ? h('div', {}, h('code', { class: 'dim' }, plain(v.endpoint))) : null] }, { name: s_.state, cell: (v) => pill(v.active && v.enabled ? 'active' : 'inactive') },
        { name: s_.capabilities, class: 'wide-only', cell: (v) => words(v.capabilities) }, { name: s_.vnfs, class: 'num', cell: (v) => v.vnfrs }, { name: s_.open, class: 'num', cell: (v) => v.open },
        actions((v) => (isAdmin() && !v.active ? button(s_.forget, () => forget(v)) : null))], s.vnfms || [], (v) => v.id)),
      section(s_.drivers, null, table(s_.drivers, [
        { name: s_.type, cell: (d) => [plain(d.type), h('div', {}, h('code', { class: 'dim' }, plain(d.queue)))] }, { name: s_.state, cell: (d) => pill(d.active ? 'active' : 'inactive') },
        { name: s_.capabilities, class: 'wide-only', cell: (d) => words(d.capabilities) }, { name: s_.pops, class: 'num', cell: (d) => d.pops }], s.drivers || [], (d) => d.queue)),
      section(s_.queues, button(isAll ? s_.idle : s_.all, () => { isAll = !isAll; redraw(); }, { 'aria-pressed': String(isAll) }), s.queues ? table(s_.queues, [
        { name: s_.name, cell: (q) => h('code', {}, plain(q.name)) }, { name: s_.consumers, class: 'num', cell: (q) => q.consumers }, { name: s_.messages, class: 'num', cell: (q) => h('span', { class: q.messages && !q.consumers ? 'late' : null }, q.messages) },
        { name: s_.size, class: 'num', cell: (q) => bytes(q.bytes) }], queues, (q) => q.name) : h('p', { class: 'late' }, s_.noQueues, ' ', plain(s.queuesFault || ''))),
      isAdmin() ? section(s_.dead, status.dead.length ? [button(t.now.look, lookAtDead, { key: 'l' }), button(t.delete, dropDead, { key: 'd', class: 'danger' })] : null,
        h('p', { class: status.dead.length ? 'late' : 'dim' }, status.dead.length ? t.now.deadLetters(deadCount(status.dead)) : s_.noDead)) : null,
      section(s_.subscriptions, action(s_.subscribe, () => subscribe().catch(failed)), subscriptions?.length ? table(s_.subscriptions, [
        { name: s_.name, cell: (e) => plain(e.name) }, { name: s_.event, cell: (e) => plain(e.event) }, { name: s_.target, cell: (e) => h('code', {}, plain(e.endpoint)) },
        { name: s_.delivery, cell: (e) => { const f = failing.find((x) => x.endpoint === e.endpoint); return f ? h('span', { class: 'late', title: plain(f.fault) }, plain(f.fault)) : h('span', { class: 'dim' }, s_.delivered); } },
        actions((e) => action(s_.unsubscribe, () => unsubscribe(e)))], subscriptions, (e) => e.id) : h('p', { class: 'dim' }, s_.noSubscriptions)),
      isAdmin() ? section(s_.accounts, button(s_.enrol, enrol), accounts?.length ? table(s_.accounts, [
        { name: s_.name, cell: (a) => plain(a.name) }, { name: s_.kind, cell: (a) => plain(a.kind) }, { name: s_.room, class: 'wide-only', cell: (a) => h('code', {}, plain(a.room || '')) }, { name: s_.state, cell: (a) => [pill(a.active ? 'active' : plain(a.state)), a.fault ? h('div', { class: 'late' }, plain(a.fault)) : null] },
        actions((a) => menu(a.name, [[s_.rotate, () => rotate(a)], [t.delete, () => remove(a)]]))], accounts, (a) => a.name) : empty(t.none)) : null,
      s.refusals?.length ? section(s_.refusals, null, h('ul', {}, s.refusals.map((r, i) => h('li', { key: i }, plain(r.account || r.subject || ''), ': ', plain(r.words || r.kind), r.hint ? h('div', { class: 'dim' }, plain(r.hint)) : null)))) : null);
  }

  return {
    title: s_.title,
    tools: () => button(t.refresh, () => { status.read(); if (isAdmin()) status.readDead(); lists(); notice(t.everything); }),
    commands: () => [{ what: t.commands.status, command: 'baton status', method: 'GET', path: '/baton/status' }, { what: t.commands.managers, command: 'baton manager list', method: 'GET', path: '/baton/managers' }, { what: t.commands.drivers, command: 'baton driver list', method: 'GET', path: '/plugins' },
      isAdmin() ? { what: s_.dead, method: 'GET', path: '/baton/dead-letters' } : null,
      { what: s_.subscriptions, command: 'baton event list', method: 'GET', path: '/events' }, { what: s_.enrol, command: 'baton manager enrol NAME --kind vnfm --type TYPE', method: 'POST', path: '/baton/managers', body: { name: 'NAME', kind: 'vnfm', type: 'TYPE' } }],
    render() {
      if (!status.data) return status.error ? problem(status.error, status.read) : loading();
      return [status.error ? h('div', { key: 'e' }, problem(status.error, status.read)) : null, h('div', { key: 'b' }, body(status.data))];
    },
    close() {
      isClosed = true;
      clearTimeout(timer);
      status.stop();
    },
  };
}
