/* The frame around all pages: who is logged in, where we are, what is said for a moment. */
import { askTabs, call, chooseProject, login, logout, session, whoAmI } from './api.js';
import { catalogue } from './catalogue.js';
import { clouds } from './clouds.js';
import { deploy } from './deploy.js';
import { h, patch } from './dom.js';
import { live, start as startLive, end as endLive } from './live.js';
import { now } from './now.js';
import { asCommands, button, failed, formDialog, loading, problem } from './parts.js';
import { people } from './people.js';
import { service } from './service.js';
import { services } from './services.js';
import { dialogs, here, link, notice, notices, onDraw, redraw } from './state.js';
import { suite } from './suite.js';
import { t } from './text.js';

/* A page: {title, crumb, badge(at), tools(at), render(at), commands(at), close()}; made for its key, rendered as often as
 * something changes. */
const routes = {
  now: { make: now, key: 'n' },
  services: { make: (at) => (at.parts[1] ? service(at) : services(at)), parts: 2, key: 's' },
  deploy: { make: deploy, parts: 2, key: 'd' },
  catalogue: { make: catalogue, parts: 1, key: 'c' },
  clouds: { make: clouds, parts: 2, key: 'l' },
  suite: { make: suite, key: 'u' },
  people: { make: people, parts: 1, key: 'p' },
};

const app = document.getElementById('app');
let page = null, pageKey = '', isReady = false, hasCommands = false, isMenuOpen = false;
const form = { user: '', password: '', error: null, isBusy: false };

/* --- theme: nothing secret, so it may stay ---------------------------------------------------------- */

const themes = ['auto', 'light', 'dark'];
let theme = themes.includes(localStorage.getItem('baton.theme')) ? localStorage.getItem('baton.theme') : 'auto';
function applyTheme() {
  if (theme === 'auto') delete document.documentElement.dataset.theme;
  else document.documentElement.dataset.theme = theme;
}
function nextTheme() {
  theme = themes[(themes.indexOf(theme) + 1) % themes.length];
  localStorage.setItem('baton.theme', theme);
  applyTheme();
  redraw();
}
applyTheme();

/* --- login --------------------------------------------------------------------------------------------- */

async function tryLogin(e) {
  e.preventDefault();
  if (form.isBusy) return;
  form.isBusy = true;
  form.error = null;
  redraw();
  try {
    await login(form.user, form.password);
    form.password = '';
  } catch (x) {
    form.error = x;
  }
  form.isBusy = false;
  redraw();
  if (!form.error) requestAnimationFrame(() => document.getElementById('main')?.focus());
}

function loginPage(isOver) {
  const wrong = form.error && form.error.status >= 400 && form.error.status < 429;
  return h(isOver ? 'div' : 'main', { class: 'login', key: 'login', role: isOver ? 'dialog' : null, 'aria-modal': isOver ? 'true' : null, 'aria-label': t.login.title },
    h('form', { onsubmit: tryLogin, class: 'form box' },
      h('div', { class: 'brand' }, logo(), h('h1', {}, t.name)),
      session.why ? h('p', { role: 'status' }, t.login[session.why]) : null,
      h('div', { class: 'field' }, h('label', { for: 'login-user' }, t.login.user),
        h('input', { id: 'login-user', name: 'username', autocomplete: 'username', required: true, value: form.user, oninput: (e) => (form.user = e.target.value), mounted: (el) => el.focus() })),
      h('div', { class: 'field' }, h('label', { for: 'login-password' }, t.login.password),
        h('input', { id: 'login-password', name: 'password', type: 'password', autocomplete: 'current-password', required: true, value: form.password, oninput: (e) => (form.password = e.target.value) })),
      wrong ? h('div', { class: 'alert bad', role: 'alert' }, t.login.failed) : problem(form.error),
      h('button', { type: 'submit', class: 'primary', disabled: form.isBusy }, form.isBusy ? t.working : t.login.go),
      h('small', { class: 'dim' }, t.login.memory)));
}

const logo = () => h('svg', { viewBox: '0 0 32 32', class: 'logo', 'aria-hidden': 'true' },
  h('rect', { width: 32, height: 32, rx: 7, fill: 'var(--accent-deep)' }),
  h('path', { d: 'M8 23 24 9', stroke: '#fff', 'stroke-width': 3.4, 'stroke-linecap': 'round' }),
  h('circle', { cx: 9, cy: 22, r: 3.6, fill: '#f2c14e' }), h('circle', { cx: 22, cy: 22, r: 2.2, fill: '#fff' }), h('circle', { cx: 11, cy: 9, r: 2.2, fill: '#fff' }));

/* --- frame ------------------------------------------------------------------------------------------------ */

function changePassword() {
  formDialog(t.shell.password, [
    { name: 'old_pwd', label: t.people.oldPassword, type: 'password', required: true, autocomplete: 'current-password' },
    { name: 'new_pwd', label: t.people.newPassword, type: 'password', required: true, autocomplete: 'new-password' }],
  t.save, (v) => call('PUT', '/users/changepwd', { body: v }).then(() => notice(t.people.changed)));
}

function takeProject(e) {
  chooseProject(e.target.value);
  pageKey = '';
  startLive();
  redraw();
}

function header() {
  return h('header', { class: 'top' },
    h('button', { type: 'button', class: 'quiet menu', 'aria-label': t.nav.label, 'aria-expanded': String(isMenuOpen), onclick: () => { isMenuOpen = !isMenuOpen; redraw(); } }, '☰'),
    h('a', { class: 'brand', href: link('now') }, logo(), h('span', {}, t.name)),
    h('span', { class: 'grow' }),
    h('span', { class: `live ${live.state}`, role: 'status', title: t.shell.live[live.state] }, h('span', { class: 'live-text' }, t.shell.live[live.state])),
    session.projects.length ? h('label', { class: 'project' }, h('span', { class: 'sr' }, t.shell.project),
      h('select', { value: session.project?.id, onchange: takeProject, title: t.shell.project }, session.projects.map((p) => h('option', { key: p.id, value: p.id }, p.name)))) : null,
    h('button', { type: 'button', class: 'quiet', onclick: nextTheme, title: t.shell.theme[theme], 'aria-label': t.shell.theme[theme] }, theme === 'auto' ? '◐' : theme === 'light' ? '☀' : '☾'),
    h('details', { class: 'menu-box user', key: 'user' }, h('summary', {}, session.user?.username || ''),
      h('div', { class: 'menu-list' }, button(t.shell.password, changePassword), button(t.shell.logout, () => logout()))));
}

function nav(first) {
  return h('nav', { class: isMenuOpen ? 'side open' : 'side', 'aria-label': t.nav.label },
    Object.keys(routes).map((r) => h('a', { key: r, href: link(r), 'aria-current': r === first ? 'page' : null, onclick: () => (isMenuOpen = false) }, t.nav[r])),
    h('span', { class: 'grow' }), h('small', { class: 'dim version' }, session.version ? `${t.name} ${session.version}` : '', ' ', h('a', { href: '/doc' }, 'API')));
}

function dialogBox(d) {
  return h('dialog', { key: d.key, class: d.isWide ? 'wide' : null, 'aria-label': d.title, mounted: (el) => el.showModal(),
    oncancel: (e) => { e.preventDefault(); d.close(); } },
  h('div', { class: 'box-head' }, h('h2', {}, d.title), h('span', { class: 'grow' }), h('button', { type: 'button', class: 'quiet', 'aria-label': t.close, onclick: () => d.close() }, '✕')),
  d.render(d.close));
}

function openPage(at) {
  const name = at.parts[0] || 'now';
  const route = routes[name];
  const key = [session.project?.id, name, ...at.parts.slice(1, route?.parts || 1)].join('/');
  if (key === pageKey) return;
  page?.close?.();
  pageKey = key;
  hasCommands = false;
  page = route ? route.make(at) : { title: t.shell.notFound, render: () => h('div', { class: 'empty' }, h('p', {}, t.shell.notFound), h('a', { href: link('now') }, t.shell.toNow)) };
}

function body(at) {
  if (!session.project) return h('div', { class: 'empty' }, h('p', {}, t.shell.noProject));
  try {
    openPage(at);
    const content = page.render(at);
    const commands = page.commands?.(at);
    document.title = `${page.title} · ${t.name}`;
    return [
      h('div', { class: 'page-head', key: 'head' }, page.crumb ? h('a', { href: page.crumb[1], class: 'crumb' }, page.crumb[0], ' /') : null, h('h1', {}, page.title), page.badge?.(at), h('span', { class: 'grow' }), page.tools?.(at),
        commands ? h('button', { type: 'button', class: 'quiet', 'aria-expanded': String(hasCommands), title: t.asCommands, 'aria-label': t.asCommands, onclick: () => { hasCommands = !hasCommands; redraw(); } }, '>_') : null),
      hasCommands && commands ? h('div', { key: 'commands' }, asCommands(commands)) : null,
      h('div', { class: 'page', key: pageKey }, content)];
  } catch (e) {
    console.error(e);
    return h('div', { class: 'alert bad', role: 'alert', key: 'broken' }, h('p', {}, t.shell.broken), h('pre', {}, String(e?.stack || e)), button(t.shell.reload, () => location.reload()));
  }
}

function draw() {
  if (!isReady) return;
  const at = here();
  if (!session.token && !session.user) {
    page?.close?.();
    page = null;
    pageKey = '';
    endLive();
    document.title = `${t.login.title} · ${t.name}`;
    dialogs.length = 0;
    patch(app, [loginPage(false)]);
    return;
  }
  if (!session.user) {
    patch(app, [loading()]);
    return;
  }
  startLive();
  patch(app, [
    h('div', { class: 'shell', key: 'shell', inert: session.token ? null : true },
      h('a', { class: 'skip', href: '#main', onclick: (e) => { e.preventDefault(); document.getElementById('main').focus(); } }, t.skip),
      header(), nav(at.parts[0] || 'now'), h('main', { id: 'main', tabindex: '-1' }, body(at))),
    session.token ? null : loginPage(true),
    h('div', { class: 'notices', key: 'notices', role: 'status', 'aria-live': 'polite' }, notices.map((x) => h('div', { key: x.key, class: `notice ${x.kind}` }, x.text))),
    session.token ? dialogs.map(dialogBox) : null]);
}

/* --- keys ------------------------------------------------------------------------------------------------- */

let gAt = 0; /* when g was pressed */
addEventListener('keydown', (e) => {
  if (e.ctrlKey || e.metaKey || e.altKey || /^(INPUT|TEXTAREA|SELECT)$/.test(e.target.tagName) || dialogs.length || !session.user) return;
  if (Date.now() - gAt < 1200) {
    gAt = 0;
    const r = Object.keys(routes).find((k) => routes[k].key === e.key);
    if (r) location.hash = link(r);
  } else if (e.key === 'g') {
    gAt = Date.now();
  } else if (e.key === '/') {
    const box = document.querySelector('input[type=search]');
    if (box) {
      e.preventDefault();
      box.focus();
    }
  } else if (e.key === '?') {
    notice(t.shell.keys);
  }
});
/* A menu closes when something else is meant. */
addEventListener('click', (e) => {
  for (const m of document.querySelectorAll('details.menu-box[open]')) if (!m.contains(e.target) || e.target.closest('.menu-list')) m.open = false;
});
addEventListener('keydown', (e) => {
  if (e.key !== 'Escape') return;
  for (const m of document.querySelectorAll('details.menu-box[open]')) {
    m.open = false;
    m.querySelector('summary').focus();
  }
});

addEventListener('hashchange', () => {
  isMenuOpen = false;
  const before = pageKey;
  redraw();
  requestAnimationFrame(() => requestAnimationFrame(() => {
    if (before !== pageKey) {
      scrollTo(0, 0);
      document.getElementById('main')?.focus({ preventScroll: true });
    }
  }));
});
addEventListener('unhandledrejection', (e) => failed(e.reason || new Error('?')));
addEventListener('resize', redraw);
/* Ages go on. */
setInterval(() => !document.hidden && session.user && redraw(), 10000);

onDraw(draw);
(async () => {
  if (await askTabs()) await whoAmI().catch(failed);
  isReady = true;
  redraw();
})();
