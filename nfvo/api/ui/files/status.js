/* What `baton status` shows, read again when something happens and each 10 s while it is looked at. */
import { call, isAdmin } from './api.js';
import { listen } from './live.js';
import { redraw } from './state.js';

export function watchStatus() {
  const abort = new AbortController();
  let timer = 0, isReading = false, deadAt = 0;
  const s = { data: null, dead: [], alarms: [], error: null, read, readDead, stop };
  async function read() {
    if (isReading) return;
    isReading = true;
    clearTimeout(timer);
    try {
      s.data = await call('GET', '/baton/status', { signal: abort.signal });
      s.alarms = await call('GET', '/baton/alarms', { query: { state: 'open', limit: 50 }, signal: abort.signal });
      if (isAdmin() && Date.now() - deadAt > DEAD_MS) readDead();
      s.error = null;
    } catch (e) {
      if (e.name === 'AbortError') return;
      s.error = e;
    }
    isReading = false;
    timer = setTimeout(read, document.hidden ? 60000 : 10000);
    redraw();
  }
  /* Of all rooms: a question to the broker, so seldom. */
  function readDead() {
    deadAt = Date.now();
    call('GET', '/baton/dead-letters', { signal: abort.signal }).then((list) => {
      s.dead = list;
      redraw();
    }, () => {});
  }
  let soon = 0;
  const end = listen(() => {
    soon ||= setTimeout(() => {
      soon = 0;
      read();
    }, 1000);
  });
  function stop() {
    abort.abort();
    end();
    clearTimeout(timer);
    clearTimeout(soon);
  }
  read();
  return s;
}

/* In microseconds: a process says each 10 s that it is there. */
export const isAway = (p, now) => !p.stopped && now - p.seen > 60e6;
export const DEAD = 'nfvo.dead-letters';
export const deadCount = (list) => (list.length < 20 ? String(list.length) : '20+');
const DEAD_MS = 30000;
