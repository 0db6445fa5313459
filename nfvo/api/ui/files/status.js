/* What `baton status` shows, read again when something happens and each 10 s while it is looked at. */
import { call } from './api.js';
import { listen } from './live.js';
import { redraw } from './state.js';

export function watchStatus() {
  const abort = new AbortController();
  let timer = 0, isReading = false;
  const s = { data: null, error: null, read, stop };
  async function read() {
    if (isReading) return;
    isReading = true;
    clearTimeout(timer);
    try {
      s.data = await call('GET', '/baton/status', { signal: abort.signal });
      s.error = null;
    } catch (e) {
      if (e.name === 'AbortError') return;
      s.error = e;
    }
    isReading = false;
    timer = setTimeout(read, document.hidden ? 60000 : 10000);
    redraw();
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
