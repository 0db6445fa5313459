/* Users, projects, services, logins, and who did what. */
import { call, isAdmin, listAll, nextPage, path, session } from './api.js';
import { QUOTA, quotaView } from './deploy.js';
import { h } from './dom.js';
import { plain } from './format.js';
import { actions, button, confirm, empty, failed, field, formDialog, loading, menu, problem, table, tabs, when } from './parts.js';
import { link, notice, openDialog, redraw, setQuery } from './state.js';
import { showSecret } from './suite.js';
import { t } from './text.js';

const p_ = t.people;
const ROLES = ['USER', 'GUEST', 'ADMIN'];
const FILTERS = ['who', 'kind', 'outcome', 'from', 'what', 'object', 'since'];

export function people() {
  const data = {};
  const audit = { rows: null, next: null, key: '' };
  let error = null, seen = '';

  const readers = {
    users: () => listAll('/users'),
    projects: () => listAll('/projects'),
    services: () => listAll('/components/services'),
    sessions: () => listAll('/sessions'),
  };
  async function load(tab) {
    error = null;
    try {
      data[tab] = await readers[tab]();
      if (tab === 'users' && !data.projects) data.projects = await readers.projects();
    } catch (e) {
      error = e;
    }
    redraw();
  }

  /* --- users --- */

  const roleFields = (projects) => [
    { name: 'role', label: p_.role, type: 'select', value: 'USER', options: ROLES.map((r) => [r, p_[r]]) },
    { name: 'project', label: p_.project, type: 'select', value: projects[0]?.name, options: [...projects.map((p) => [p.name, plain(p.name)]), ['*', p_.everywhere]] }];
  const addUser = () => formDialog(p_.add, [{ name: 'username', label: p_.user, required: true }, { name: 'password', label: p_.password, type: 'password', required: true, autocomplete: 'new-password' }, { name: 'email', label: p_.email }, ...roleFields(data.projects || session.projects)], t.create, async (v) => {
    await call('POST', '/users', { body: { username: v.username, password: v.password, enabled: true, ...(v.email ? { email: v.email } : {}), roles: [{ role: v.role, project: v.project }] } });
    load('users');
  });
  const put = async (u) => {
    await call('PUT', path`/users/${u.id}`, { body: u });
    load('users');
  };
  const grant = (u) => formDialog(`${p_.grant}: ${plain(u.username)}`, roleFields(data.projects || session.projects), p_.grant, (v) => put({ ...u, roles: [...u.roles.filter((r) => r.project !== v.project), { role: v.role, project: v.project }] }));
  const revoke = (u, r) => confirm(`${p_.revoke}: ${plain(u.username)}`, `${p_[r.role] || r.role}, ${plain(r.project)}`, p_.revoke, async () => {
    await call('DELETE', path`/users/${u.id}/roles/${r.project}`);
    load('users');
  });
  const password = (u) => formDialog(`${p_.setPassword}: ${plain(u.username)}`, [{ name: 'new_pwd', label: p_.newPassword, type: 'password', required: true, autocomplete: 'new-password' }], t.save, (v) => call('PUT', path`/users/changepwd/${u.username}`, { body: v }).then(() => notice(p_.changed)));
  const removeUser = (u) => confirm(`${t.delete}: ${plain(u.username)}`, p_.removeUser(plain(u.username)), t.delete, async () => {
    await call('DELETE', path`/users/${u.id}`);
    load('users');
  });

  function users(list) {
    return table(p_.tabs.users, [
      { name: p_.user, cell: (u) => h('strong', {}, plain(u.username)) }, { name: p_.email, class: 'wide-only', cell: (u) => plain(u.email || '') },
      { name: p_.roles, cell: (u) => u.roles.map((r) => h('span', { key: r.project, class: 'pill' }, `${r.role} @ ${plain(r.project)}`, isAdmin() ? h('button', { type: 'button', class: 'quiet tiny', 'aria-label': `${p_.revoke} ${r.role} @ ${plain(r.project)}`, onclick: () => revoke(u, r) }, '✕') : null)) },
      { name: p_.enabled, cell: (u) => (u.enabled ? t.yes : h('span', { class: 'late' }, t.no)) },
      actions((u) => (isAdmin() ? menu(u.username, [[p_.grant, () => grant(u)], [u.enabled ? p_.disable : p_.enable, () => put({ ...u, enabled: !u.enabled }).catch(failed)], [p_.setPassword, () => password(u)], u.username === session.user.username ? null : [t.delete, () => removeUser(u)]]) : null))], list, (u) => u.id);
  }

  /* --- projects --- */

  const quotaFields = (q = {}) => QUOTA.map((k) => ({ name: k, label: t.deploy[k], type: 'text', value: q[k] ? String(q[k]) : '', hint: k === 'services' ? p_.emptyIsNone : null }));
  const quotaOf = (v) => Object.fromEntries(QUOTA.filter((k) => String(v[k]).trim()).map((k) => [k, Number(v[k])]));
  const addProject = () => formDialog(p_.addProject, [{ name: 'name', label: p_.name, required: true }, { name: 'description', label: p_.description }, ...quotaFields()], t.create, async (v) => {
    await call('POST', '/projects', { body: { name: v.name, description: v.description, quota: quotaOf(v) } });
    load('projects');
  });
  const editProject = (p) => formDialog(plain(p.name), [{ name: 'description', label: p_.description, value: p.description || '' }, ...quotaFields(p.quota)], t.save, async (v) => {
    await call('PUT', path`/projects/${p.id}`, { body: { ...p, description: v.description, quota: quotaOf(v) } });
    load('projects');
  });
  const removeProject = (p) => confirm(`${t.delete}: ${plain(p.name)}`, p_.removeProject, t.delete, async () => {
    await call('DELETE', path`/projects/${p.id}`);
    load('projects');
  });
  const showUse = async (p) => {
    const use = await call('GET', path`/projects/${p.id}/use`, { project: p.id });
    openDialog(`${p_.use}: ${plain(p.name)}`, (close) => h('div', { class: 'form' }, quotaView(use), h('div', { class: 'row end' }, button(t.close, close))));
  };
  const projects = (list) => table(p_.tabs.projects, [
    { name: p_.project, cell: (p) => h('strong', {}, plain(p.name)) }, { name: p_.description, cell: (p) => plain(p.description || '') },
    { name: p_.quota, cell: (p) => (Object.keys(p.quota || {}).length ? Object.entries(p.quota).map(([k, v]) => `${v} ${t.deploy[k] || k}`).join(', ') : h('span', { class: 'dim' }, p_.noLimit)) },
    actions((p) => [button(p_.use, () => showUse(p).catch(failed), { key: 'u' }), ' ', isAdmin() ? menu(p.name, [[p_.quota, () => editProject(p)], [t.delete, () => removeProject(p)]]) : null])], list, (p) => p.id);

  /* --- services, sessions --- */

  const addService = () => formDialog(p_.addService, [{ name: 'name', label: p_.name, required: true }, { name: 'project', label: p_.forProjects, type: 'select', value: '*', options: [['*', p_.everywhere], ...(data.projects || session.projects).map((p) => [p.name, plain(p.name)])] }], t.create, async (v) => {
    const key = await call('POST', '/components/services/create', { body: { name: v.name, roles: [v.project] } });
    load('services');
    showSecret(plain(v.name), p_.serviceKey, key);
  });
  const services = (list) => table(p_.tabs.services, [
    { name: p_.name, cell: (s) => h('strong', {}, plain(s.name)) }, { name: p_.forProjects, cell: (s) => s.roles.map((r) => plain(r.project)).join(', ') },
    actions((s) => button(t.delete, () => confirm(`${t.delete}: ${plain(s.name)}`, p_.endAbout, t.delete, async () => { await call('DELETE', path`/components/services/${s.id}`); load('services'); }), { class: 'danger' }))], list, (s) => s.id);
  const sessions = (list) => table(p_.tabs.sessions, [
    { name: p_.user, cell: (s) => plain(s.username) }, { name: p_.from, cell: (s) => h('code', {}, plain(s.from)) }, { name: p_.created, cell: (s) => when(s.createdAt) }, { name: p_.expires, cell: (s) => when(s.refreshableUntil || s.expiresAt) },
    actions((s) => button(p_.endSession, () => confirm(p_.endSession, p_.endAbout, p_.endSession, async () => { await call('DELETE', path`/sessions/${s.id}`, { project: null }); load('sessions'); })))], list, (s) => s.id);

  /* --- audit --- */

  async function readAudit(query, isMore) {
    error = null;
    try {
      const filters = Object.fromEntries(FILTERS.map((k) => [k, query.get(k)]).filter(([, v]) => v));
      let next = null;
      const rows = await call('GET', isMore ? audit.next : '/audit', { query: isMore ? {} : { limit: 100, sort: '-created', ...filters }, onHeaders: (x) => (next = nextPage(x)) });
      audit.rows = isMore ? [...audit.rows, ...rows] : rows;
      audit.next = next;
    } catch (e) {
      error = e;
      audit.rows ||= [];
    }
    redraw();
  }

  function auditView(query) {
    const key = FILTERS.map((k) => query.get(k) || '').join('\n');
    if (audit.key !== key || !audit.rows) {
      const isFirst = audit.rows === null && audit.key === '';
      audit.key = key;
      clearTimeout(audit.timer);
      audit.timer = setTimeout(() => readAudit(query), isFirst ? 0 : 300);
      audit.rows ||= [];
    }
    const values = Object.fromEntries(FILTERS.map((k) => [k, query.get(k) || '']));
    return h('div', {},
      h('div', { class: 'toolbar filters' }, FILTERS.map((k) => field('audit', { name: k, label: p_[k], value: '', onchange: (v) => setQuery({ [k]: v }) }, values))),
      audit.rows.length ? table(p_.tabs.audit, [
        { name: p_.when, cell: (a) => when(a.at) }, { name: p_.who, cell: (a) => plain(a.who || '') }, { name: p_.kind, cell: (a) => plain(a.kind) }, { name: p_.what, cell: (a) => plain(a.what || '') },
        { name: p_.outcome, cell: (a) => h('span', { class: a.outcome === 'ok' ? null : 'late' }, plain(a.outcome), a.times > 1 ? ` ${p_.times(a.times)}` : '') }, { name: p_.object, class: 'wide-only', cell: (a) => h('code', {}, plain(a.object || '')) },
        { name: p_.from, class: 'wide-only', cell: (a) => plain(a.from || '') }, { name: p_.detail, class: 'wide-only', cell: (a) => plain(a.detail || '') }], audit.rows, (a) => a.id) : empty(p_.none),
      audit.next ? h('div', { class: 'row' }, button(p_.older, () => readAudit(query, true))) : null);
  }

  const views = { users, projects, services, sessions };
  const all = () => (isAdmin() ? ['users', 'projects', 'services', 'sessions', 'audit'] : ['users', 'projects', 'sessions']);
  const tabOf = (at) => (all().includes(at.parts[1]) ? at.parts[1] : 'users');

  return {
    title: p_.title,
    tools: (at) => (isAdmin() ? { users: button(p_.add, addUser, { class: 'primary', key: 'u' }), projects: button(p_.addProject, addProject, { class: 'primary', key: 'p' }), services: button(p_.addService, addService, { class: 'primary', key: 's' }) }[tabOf(at)] : null),
    commands: (at) => [{
      users: { what: t.commands.list, command: 'baton user list', method: 'GET', path: '/users' }, projects: { what: t.commands.list, command: 'baton project list', method: 'GET', path: '/projects' },
      services: { what: t.commands.list, command: 'baton service list', method: 'GET', path: '/components/services' }, sessions: { what: t.commands.list, command: 'baton session list', method: 'GET', path: '/sessions' },
      audit: { what: t.commands.audit, command: 'baton audit', method: 'GET', path: '/audit?limit=100&sort=-created' } }[tabOf(at)]],
    render(at) {
      const tab = tabOf(at);
      if (seen !== tab) {
        seen = tab;
        if (readers[tab]) load(tab);
      }
      return [
        h('div', { key: 'tabs' }, tabs(p_.title, tab, all().map((k) => [k, p_.tabs[k], link('people', k)]))),
        error ? h('div', { key: 'e' }, problem(error)) : null,
        h('div', { key: `t-${tab}` }, tab === 'audit' ? auditView(at.query) : data[tab] ? (data[tab].length ? views[tab](data[tab]) : empty(p_.none)) : error ? null : loading())];
    },
  };
}
