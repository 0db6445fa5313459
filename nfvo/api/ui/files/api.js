/* The REST calls, and the login they need. Tokens are in the memory of the tabs and nowhere else:
 * one tab owns the login and renews it, others of the same browser ask it for the access token
 * (BroadcastChannel, same origin only), and it hands the login on when it is closed. A refresh token
 * that is used twice ends its session, so only its owner ever has it. */
import { redraw } from './state.js';

const CLIENT = 'Basic ' + btoa('openbatonOSClient:secret'); /* names the client, proves nothing */
const V1 = '/api/v1';
const tab = crypto.getRandomValues(new Uint32Array(2)).join('-');

export const session = {
  token: null,
  refresh: null, /* of the owner only */
  expires: 0,
  user: null, /* {username, roles} */
  projects: [],
  project: null, /* {id, name} */
  version: '',
  why: '', /* why there is none: shown on the login page */
};

export class ApiError extends Error {
  constructor(status, body, method, path) {
    const fault = body && typeof body === 'object' ? body.fault : null;
    super((body && (body.message || body.error_description)) || (typeof body === 'string' && body.slice(0, 300)) || `${method} ${path}: ${status}`);
    this.status = status;
    this.fault = fault || null;
    this.hint = fault?.hint || '';
    this.object = fault?.object || '';
    this.causes = fault?.causes || [];
    this.isNetwork = status === 0;
  }
}

export const isAdmin = () => (session.user?.roles || []).some((r) => r.role === 'ADMIN');
export const mayChange = () => {
  const roles = session.user?.roles || [];
  const own = roles.find((r) => r.project === session.project?.name);
  return isAdmin() || (own ? own.role !== 'GUEST' : roles.some((r) => r.project === '*' && r.role !== 'GUEST'));
};

/* --- tabs -------------------------------------------------------------------------------------------- */

const channel = new BroadcastChannel('baton');
const followers = new Set();
const heard = new Map(); /* type -> listeners: live.js */
let waiting = null; /* for an answer of the owner */

export const isOwner = () => Boolean(session.refresh);
export function say(type, data) {
  channel.postMessage({ type, from: tab, ...data });
}
export function hear(type, fn) {
  heard.set(type, fn);
}

function share(to) {
  say('token', { to, token: session.token, expires: session.expires });
}

channel.onmessage = ({ data: m }) => {
  if (m.from === tab || (m.to && m.to !== tab)) return;
  if (m.type === 'hello' && isOwner()) {
    followers.add(m.from);
    if (m.isStale) renew().then(() => share(m.from), () => {});
    else share(m.from);
  } else if (m.type === 'token') {
    if (!isOwner()) {
      session.token = m.token;
      session.expires = m.expires;
    }
    waiting?.(true);
  } else if (m.type === 'handover') {
    session.token = m.token;
    session.refresh = m.refresh;
    session.expires = m.expires;
    for (const f of m.followers) if (f !== tab) followers.add(f);
    planRenewal();
    heard.get('owner')?.();
  } else if (m.type === 'logout') {
    end('');
  } else if (m.type === 'bye') {
    followers.delete(m.from);
  }
  heard.get(m.type)?.(m);
};

addEventListener('pagehide', () => {
  if (isOwner() && followers.size > 0) {
    const [to] = followers;
    say('handover', { to, token: session.token, refresh: session.refresh, expires: session.expires, followers: [...followers] });
    session.refresh = null;
  } else if (!isOwner()) {
    say('bye', {});
  }
});
/* A page that comes back out of the browser's cache has given its login away. */
addEventListener('pageshow', (e) => e.persisted && location.reload());

/* Another tab may be logged in. Once for all who ask at a time. */
let asking = null;
export function askTabs(isStale = false) {
  asking ||= new Promise((resolve) => {
    const timer = setTimeout(() => waiting(false), isStale ? 4000 : 250);
    waiting = (is) => {
      clearTimeout(timer);
      waiting = asking = null;
      resolve(is);
    };
    say('hello', { isStale });
  });
  return asking;
}

/* --- login --------------------------------------------------------------------------------------------- */

let renewing = null;
let renewal = 0;

async function askToken(fields) {
  const answer = await send('POST', '/oauth/token', {
    headers: { Authorization: CLIENT, 'Content-Type': 'application/x-www-form-urlencoded' },
    body: new URLSearchParams(fields),
  });
  const body = await answer.json().catch(() => ({}));
  if (!answer.ok) throw new ApiError(answer.status, body, 'POST', '/oauth/token');
  session.token = body.access_token || body.value;
  session.refresh = body.refresh_token;
  session.expires = Date.now() + (body.expires_in || 300) * 1000;
  planRenewal();
  for (const f of followers) share(f);
}

function planRenewal() {
  clearTimeout(renewal);
  /* Before it ends, by a quarter: a tab in the background is called late. */
  renewal = setTimeout(() => renew().catch(() => {}), Math.max(5000, Math.min((session.expires - Date.now()) * 0.75, 2 ** 31 - 1)));
}

function renew() {
  renewing ||= askToken({ grant_type: 'refresh_token', refresh_token: session.refresh })
    .catch((e) => {
      if (e.status >= 400 && e.status < 500 && e.status !== 429) session.refresh = null;
      throw e;
    })
    .finally(() => (renewing = null));
  return renewing;
}

export async function login(username, password) {
  await askToken({ grant_type: 'password', username, password });
  session.why = '';
  await whoAmI();
  for (const go of relogins.splice(0)) go();
}

export async function whoAmI() {
  session.user = await call('GET', '/users/current', { project: null });
  session.projects = await call('GET', '/projects', { project: null });
  const wanted = localStorage.getItem('baton.project');
  session.project = session.projects.find((p) => p.id === wanted) || session.projects[0] || null;
  call('GET', '/main/version', { project: null }).then((v) => { session.version = v; redraw(); }, () => {});
}

export function chooseProject(id) {
  session.project = session.projects.find((p) => p.id === id) || session.project;
  localStorage.setItem('baton.project', session.project.id);
}

export async function logout() {
  const token = session.refresh || session.token;
  say('logout', {});
  if (token)
    await send('POST', '/oauth/revoke', {
      headers: { Authorization: CLIENT, 'Content-Type': 'application/x-www-form-urlencoded' },
      body: new URLSearchParams({ token }),
    }).catch(() => {});
  end('');
}

const relogins = [];
function end(why) {
  clearTimeout(renewal);
  session.token = session.refresh = null;
  session.why = why;
  if (!why) session.user = null;
  redraw();
}

/* The page stays as it is behind the login, and goes on after it. */
function loginAgain() {
  end('expired');
  return new Promise((resolve) => relogins.push(resolve));
}

async function freshToken(stale) {
  if (session.token && session.token !== stale) return;
  if (isOwner()) {
    try {
      return await renew();
    } catch (e) {
      if (e.isNetwork || session.refresh) throw e;
    }
  } else {
    await askTabs(true);
    if (session.token && session.token !== stale) return; /* by that tab, or by a login meanwhile */
  }
  await loginAgain();
}

/* --- calls ------------------------------------------------------------------------------------------------ */

async function send(method, url, options) {
  try {
    return await fetch(url, { method, cache: 'no-store', credentials: 'omit', ...options });
  } catch (e) {
    if (e.name === 'AbortError') throw e;
    throw new ApiError(0, { message: e.message }, method, url);
  }
}

export const path = (parts, ...values) => parts.reduce((out, p, i) => out + encodeURIComponent(values[i - 1]) + p);

export function urlOf(p, query) {
  const q = new URLSearchParams();
  for (const [k, v] of Object.entries(query || {})) if (v !== undefined && v !== null && v !== '') q.set(k, v);
  const text = q.toString();
  return (p.startsWith('/oauth') || p.startsWith('/api') ? '' : V1) + p + (text ? (p.includes('?') ? '&' : '?') + text : '');
}

/* The raw answer, with a login that is good. */
export async function ask(method, p, { query, body, text, file, headers, signal, project } = {}) {
  for (let round = 0; ; round++) {
    if (!session.token && !session.user) throw new DOMException('logged out', 'AbortError');
    if (!session.token) await freshToken(null);
    const token = session.token;
    const id = project === undefined ? session.project?.id : project;
    const h = { Authorization: `Bearer ${token}`, ...headers };
    if (id) h['project-id'] = id;
    let payload;
    if (file) {
      payload = new FormData();
      payload.append('file', file);
    } else if (text !== undefined) {
      h['Content-Type'] = 'text/plain';
      payload = text;
    } else if (body !== undefined) {
      h['Content-Type'] = 'application/json';
      payload = JSON.stringify(body);
    }
    const answer = await send(method, urlOf(p, query), { headers: h, body: payload, signal });
    if (answer.status !== 401 || round === 3) return answer;
    await freshToken(token);
  }
}

async function read(answer) {
  const text = await answer.text();
  if (!/^application\/([a-z.]*\+)?json/.test(answer.headers.get('Content-Type') || '')) return text;
  return text ? JSON.parse(text) : null;
}

/* The answer's body: JSON, or text. Throws ApiError. */
export async function call(method, p, options = {}) {
  const answer = await ask(method, p, options);
  const body = await read(answer);
  if (!answer.ok) throw new ApiError(answer.status, body, method, p);
  options.onHeaders?.(answer.headers);
  return body;
}

/* Where a list goes on; null: nowhere. */
export const nextPage = (headers) => /<([^>]*)>;\s*rel="next"/.exec(headers.get('Link') || '')?.[1] || null;

/* A list in pages: onPage(elements, isLast) for each; ends after max elements. */
export async function pages(p, query, { limit = 100, further = 1000, max = 20000, signal, onPage }) {
  let next = urlOf(p, { ...query, limit });
  let n = 0;
  while (next) {
    let more = null;
    const body = await call('GET', next, { signal, onHeaders: (x) => (more = nextPage(x)) });
    next = more?.replace(/([?&]limit=)\d+/, `$1${further}`);
    n += body.length;
    const isFull = n >= max;
    onPage(body, !next, isFull && Boolean(next));
    if (isFull) return;
  }
}

export const listAll = async (p, query = {}, max = 2000) => {
  const all = [];
  await pages(p, query, { limit: 1000, max, onPage: (list) => all.push(...list) });
  return all;
};
