/* What needs somebody, the worst first, each with what can be done about it. */
import { call, path } from './api.js';
import { h } from './dom.js';
import { clock, plain, span } from './format.js';
import { action, button, failed, nextButtons, pill, problem, loading, section, since, stateKind } from './parts.js';
import { link, notice } from './state.js';
import { DEAD, deadCount, isAway, watchStatus } from './status.js';
import { t } from './text.js';
import { phases } from './waits.js';

export function now() {
  const status = watchStatus();
  const again = () => setTimeout(status.read, 400);

  const refresh = (p) => call('GET', path`/datacenters/${p.id}/refresh`).then(() => { notice(t.clouds.refreshed); again(); }, failed);
  const acknowledge = (a) => call('PATCH', path`/baton/alarms/${a.id}`, { body: { ackState: 'ACKNOWLEDGED' } }).then(again, failed);
  const look = (...to) => h('a', { class: 'button', href: link(...to) }, t.now.look);
  const todo = (key, kind, what, ...actions) => h('div', { class: 'todo', key }, pill(kind), h('div', {}, what), actions);

  function items(s) {
    const out = [], add = (...a) => out.push(todo(...a));
    if (!s.ready) add('ready', 'ERROR', h('strong', {}, t.now.notReady, ': ', plain(s.why)), look('suite'));
    for (const m of s.missing || []) add(`m${m.type}`, 'missing', t.now.noVnfm(plain(m.type), m.vnfrs), look('suite'));
    for (const v of s.vnfms || []) if (v.enabled && !v.active) add(`v${v.id}`, 'inactive', t.now.vnfmAway(plain(v.type), v.open), look('suite'));
    for (const p of s.pops || []) {
      if (!p.driver) add(`pd${p.id}`, 'missing', t.now.noDriver(plain(p.name)), look('clouds', p.id));
      else if (p.fault) add(`pf${p.id}`, 'ERROR', t.now.popFault(plain(p.name), plain(p.fault.message || '')), action(t.now.refresh, () => refresh(p)), look('clouds', p.id));
    }
    for (const o of s.openOperations || []) {
      if (o.state !== 'FAILED_TEMP') continue;
      add(`o${o.id}`, o.state, [h('a', { href: link('services', o.nsr?.id || '', 'operations', { op: o.id }) }, h('strong', {}, `${plain(o.nsr?.name || '')}: ${o.kind}`)), ' ', h('span', { class: 'dim' }, since(o.stateAt)), h('div', {}, plain(o.fault?.message || ''))],
        nextButtons((o.next || []).filter((n) => /^baton (op|nsr resume)/.test(n)), again, o.nsr?.id));
    }
    const isTold = new Set((s.openOperations || []).filter((o) => o.state === 'FAILED_TEMP').map((o) => o.nsr?.id));
    for (const f of s.failed || []) if (!isTold.has(f.id)) add(`f${f.id}`, 'ERROR', [h('a', { href: link('services', f.id) }, h('strong', {}, plain(f.name))), h('div', {}, plain(f.fault || ''))], look('services', f.id));
    const isAlarmed = new Set(status.alarms.map((a) => a.host).filter(Boolean));
    for (const a of status.alarms) {
      const to = a.nsrId ? look('services', a.nsrId) : a.popId ? look('clouds', a.popId) : null;
      add(`al${a.id}`, a.perceivedSeverity, [h('strong', {}, plain([a.faultType, a.host, a.nsrName || a.popName].filter(Boolean).join(' '))), ' ', h('span', { class: 'dim' }, since(a.alarmRaisedTime)),
        h('div', {}, (a.faultDetails || []).map(plain).join('; ') || plain(a.probableCause || '')), a.healing ? h('div', { class: 'dim' }, plain(a.healing)) : null],
      a.ackState === 'ACKNOWLEDGED' ? null : action(t.now.acknowledge, () => acknowledge(a)), to);
    }
    for (const x of s.serversGone || []) if (!isAlarmed.has(x.host)) add(`sg${x.host}`, 'missing', `${t.now.onHost(plain(x.host), plain(x.nsrName))}: ${t.service.serverGone}`, h('span', { class: 'dim' }, since(x.since)), look('services', x.nsr));
    for (const x of s.agentsGone || []) add(`ag${x.host}`, 'missing', `${t.now.onHost(plain(x.host), plain(x.nsrName))}: ${t.service.agentGone}`, h('span', { class: 'dim' }, since(x.since)), look('services', x.nsr));
    for (const x of s.inFlight || []) if (x.due && x.due < s.now) add(`od${x.id}`, 'ERROR', [h('a', { href: link('services', x.id) }, h('strong', {}, plain(x.name))), ` ${phases.nsr[x.phase] || x.phase}: `, h('span', { class: 'late' }, t.service.overdue(span((s.now - x.due) / 1000)))], look('services', x.id));
    for (const [i, r] of (s.refusals || []).entries()) add(`r${i}`, 'ERROR', [`${t.now.refusals}: ${plain(r.account || r.subject || '')} `, plain(r.words || r.kind), r.hint ? h('div', { class: 'dim' }, plain(r.hint)) : null], look('suite'));
    for (const [i, e] of (s.events?.failing || []).entries()) add(`e${i}`, 'ERROR', [`${t.now.events}: `, plain(e.endpoint), h('div', { class: 'dim' }, plain(e.fault))], look('suite'));
    for (const u of s.unreadable || []) add(`u${u.id}`, 'ERROR', `${t.now.unreadable}: ${u.kind} ${plain(u.id)}: ${plain(u.message)}`);
    for (const q of s.queues || []) {
      if (q.messages && !q.consumers && q.name !== DEAD && !q.name.includes('reply.')) add(`q${q.name}`, 'missing', t.now.queueWaits(plain(q.name), q.messages), look('suite'));
    }
    if (status.dead.length) add('dead', 'ERROR', t.now.deadLetters(deadCount(status.dead)), look('suite'));
    for (const p of s.processes || []) if (isAway(p, s.now)) add(`p${p.id}`, 'missing', [t.now.processAway(plain(p.host)), h('span', { class: 'dim' }, ' ', since(p.seen))], look('suite'));
    return out;
  }

  function running(s) {
    const rows = [
      ...(s.openOperations || []).filter((o) => o.state !== 'FAILED_TEMP').map((o) => h('div', { class: 'todo', key: o.id }, pill(o.state),
        h('div', {}, h('a', { href: link('services', o.nsr?.id || '', 'operations', { op: o.id }) }, `${plain(o.nsr?.name || '')}: ${o.kind}`), o.current ? h('div', { class: 'dim' }, plain(o.current.sentence || o.current.kind)) : null),
        o.progress?.of ? h('progress', { max: o.progress.of, value: o.progress.done, 'aria-label': o.kind }) : null, h('span', { class: 'dim' }, since(o.askedAt)))),
      ...(s.inFlight || []).filter((x) => !(s.openOperations || []).some((o) => o.nsr?.id === x.id)).map((x) => h('div', { class: 'todo', key: x.id }, pill(x.phase), h('div', {}, h('a', { href: link('services', x.id) }, plain(x.name)), ' ', h('span', { class: 'dim' }, phases.nsr[x.phase] || '')), h('span', { class: 'dim' }, x.due ? t.service.until(clock(x.due), span((x.due - s.now) / 1000)) : since(x.since))))];
    return rows.length ? section(t.now.running, null, rows) : null;
  }

  return {
    title: t.now.title,
    tools: () => button(t.refresh, status.read),
    commands: () => [{ what: t.commands.status, command: 'baton status', method: 'GET', path: '/baton/status' }, { what: t.commands.openOperations, command: 'baton op list state=open', method: 'GET', path: '/baton/operations?state=open' }, { what: t.commands.watch, command: 'baton event watch', method: 'GET', path: '/baton/events' }],
    render() {
      const s = status.data;
      if (!s) return status.error ? problem(status.error, status.read) : loading();
      const todos = items(s);
      return [
        status.error ? h('div', { key: 'error' }, problem(status.error, status.read)) : null,
        h('div', { class: 'tiles', key: 'tiles' },
          Object.entries(s.nsrs || {}).map(([k, v]) => h('a', { class: `tile ${stateKind(k) === 'bad' ? 'bad' : ''}`, key: k, href: link('services', { status: k }) }, h('b', {}, v), k)),
          h('a', { class: 'tile', key: 'open', href: link('suite') }, h('b', {}, s.waiting?.open ?? 0), t.now.open),
          h('a', { class: 'tile', key: 'outbox', href: link('suite') }, h('b', {}, s.outbox?.unsent ?? 0), t.now.outbox)),
        h('section', { class: todos.length ? 'box fault' : 'box', key: 'todo', 'aria-label': t.now.title }, h('div', { class: 'box-head' }, h('h2', {}, todos.length ? t.now.needs(todos.length) : t.now.calm)), todos),
        h('div', { key: 'running' }, running(s))];
    },
    close: status.stop,
  };
}
