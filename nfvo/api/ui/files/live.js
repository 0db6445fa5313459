/* Lifecycle events as they happen. One tab of a browser reads the stream (a browser opens only a
 * few connections to a server) and tells the others; when it goes, another one takes over. After a
 * lost connection the server replays what was missed: nothing is read twice, nothing is left out. */
import { ask, hear, isOwner, say, session } from './api.js';
import { redraw } from './state.js';

const SILENCE_MS = 25000; /* the server says something each 10 s */
export const live = { state: 'off', since: 0 }; /* off, on, lost */
const listeners = new Set();
let last = null; /* id of the last event */
let reader = null; /* AbortController of our stream */
let heardAt = 0;
let project = null;

/* fn(event) with event = {id, at, nsr, nsrName, entry}. Returns what ends it. */
export function listen(fn) {
  listeners.add(fn);
  return () => listeners.delete(fn);
}

function tell(event) {
  for (const fn of listeners) fn(event);
}

function set(state) {
  if (live.state !== state) {
    live.state = state;
    live.since = Date.now();
    redraw();
  }
}

/* To tabs that follow: the stream stands, and this is how far it came: who takes over goes on there. */
function tick() {
  say('tick', { project, last });
}

function got(id, data) {
  if (id) last = id;
  if (data) tell(data);
}

/* Lines of text/event-stream: a block ends with an empty one. */
async function readStream(body) {
  const lines = body.pipeThrough(new TextDecoderStream()).getReader();
  let rest = '', id = null, data = '';
  for (;;) {
    const { value, done } = await lines.read();
    if (done) return;
    heardAt = Date.now();
    set('on');
    tick();
    rest += value;
    const all = rest.split('\n');
    rest = all.pop();
    for (const line of all) {
      if (line.startsWith('id:')) id = line.slice(3).trim();
      else if (line.startsWith('data:')) data += line.slice(5);
      else if (line === '' || line === '\r') {
        if (data) {
          let event = null;
          try {
            event = JSON.parse(data);
          } catch {
            event = null;
          }
          const isOurs = event && event.id ? event : null;
          got(id, isOurs);
          say('event', { id, data: isOurs, project });
        }
        id = null;
        data = '';
      }
    }
  }
}

const pause = (ms, signal) => new Promise((resolve) => {
  const timer = setTimeout(resolve, ms);
  signal.addEventListener('abort', () => { clearTimeout(timer); resolve(); });
});

async function run(signal) {
  let wait = 500;
  while (!signal.aborted) {
    try {
      const headers = last === null ? {} : { 'Last-Event-ID': last };
      const answer = await ask('GET', '/baton/events', { headers, signal });
      if (!answer.ok) throw new Error(String(answer.status));
      wait = 500;
      await readStream(answer.body);
    } catch {
      if (signal.aborted) return;
      if (session.token) set('lost');
    }
    if (signal.aborted) return;
    await pause(wait * (0.75 + Math.random() / 2), signal);
    wait = Math.min(wait * 2, 10000);
  }
}

function begin() {
  if (reader) return;
  reader = new AbortController();
  heardAt = Date.now();
  run(reader.signal);
}

function stop() {
  reader?.abort();
  reader = null;
}

hear('event', (m) => {
  if (m.project !== project || reader) return;
  got(m.id, m.data);
});
hear('tick', (m) => {
  if (m.project !== project || reader) return;
  heardAt = Date.now();
  last = m.last;
  set('on');
});
hear('follow', (m) => m.project === project && live.state === 'on' && reader && tick());
hear('owner', () => project && begin());

/* Of the project that is looked at; again when that changes. */
export function start() {
  const wanted = session.project?.id || null;
  if (wanted === project) return;
  stop();
  project = wanted;
  last = null;
  heardAt = 0;
  if (!project) return;
  if (isOwner()) begin();
  else {
    say('follow', { project });
    setTimeout(() => !heardAt && begin(), 2000);
  }
}

export function end() {
  stop();
  project = null;
  heardAt = 0;
  set('off');
}

/* Whose tab that read for us is gone without a word, reads on its own; a connection that stands
 * still is opened again. */
setInterval(() => {
  if (!project || !session.token || !heardAt || Date.now() - heardAt < SILENCE_MS) return;
  set('lost');
  stop();
  begin();
}, 5000);
addEventListener('offline', () => project && set('lost'));
addEventListener('online', () => project && reader && (stop(), begin()));
