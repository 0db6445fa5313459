/* A service as a picture: networks as lines, VNFs as boxes that hang on them, servers in the boxes,
 * and who needs parameters of whom as arcs below. The table beside it says the same in words. */
import { h } from './dom.js';
import { plain } from './format.js';
import { stateKind } from './parts.js';
import { t } from './text.js';

const W = 216, GAP = 20, HEAD = 40, LINE = 20, SERVER = 22, PAD = 16, SHOWN = 8;
const cut = (s, n) => (s.length > n ? s.slice(0, n - 1) + '…' : s);

/* vnfs: [{name, status, phase, needs, networks, servers: [{hostname, phase, ip, pop, isLost}]}] */
export function topology(vnfs, networks, width) {
  const columns = Math.max(1, Math.min(vnfs.length || 1, Math.floor((width - 2 * PAD + GAP) / (W + GAP))));
  const top = PAD + networks.length * LINE + 12;
  const place = new Map();
  let y = top, height = 0;
  const out = [];
  for (let from = 0; from < vnfs.length; from += columns) {
    const row = vnfs.slice(from, from + columns);
    const tall = Math.max(...row.map((v) => HEAD + Math.max(1, Math.min(v.servers.length, SHOWN + 1)) * SERVER + 8));
    row.forEach((v, i) => place.set(v.name, { x: PAD + i * (W + GAP), y, h: HEAD + Math.max(1, Math.min(v.servers.length, SHOWN + 1)) * SERVER + 8, row: from }));
    y += tall + (row.some((v) => v.needs?.length) ? 44 : 28);
  }
  height = y;
  const total = Math.max(width, 2 * PAD + columns * W + (columns - 1) * GAP);
  networks.forEach((n, i) => {
    const ly = PAD + i * LINE + 6;
    out.push(h('g', { key: `n${n}` }, h('line', { x1: PAD, x2: total - PAD, y1: ly, y2: ly, class: `net net${i % 6}` }),
      h('text', { x: PAD, y: ly - 4, class: 'net-name' }, cut(plain(n), 60))));
    for (const v of vnfs) {
      const p = place.get(v.name);
      const k = v.networks.indexOf(n);
      if (k < 0) continue;
      const x = p.x + W - 14 - k * 12;
      out.push(h('line', { key: `l${n}${v.name}`, x1: x, x2: x, y1: ly, y2: p.y, class: `net thin net${i % 6}` }), h('circle', { key: `c${n}${v.name}`, cx: x, cy: ly, r: 3, class: `dot net${i % 6}` }));
    }
  });
  for (const v of vnfs) {
    const p = place.get(v.name);
    for (const source of v.needs || []) {
      const s = place.get(source);
      if (!s || s === p) continue;
      const x1 = s.x + W / 2, x2 = p.x + W / 2, y1 = s.y + s.h, y2 = p.y + p.h, bend = Math.max(y1, y2) + 26;
      out.push(h('path', { key: `d${source}>${v.name}`, d: `M${x1} ${y1} C${x1} ${bend} ${x2} ${bend} ${x2} ${y2 + 2}`, class: 'needs', 'marker-end': 'url(#arrow)' }, h('title', {}, t.service.needs(plain(v.name), plain(source)))));
    }
  }
  for (const v of vnfs) {
    const p = place.get(v.name);
    out.push(h('g', { key: `v${v.name}`, class: `vnf ${stateKind(v.status)}` },
      h('rect', { x: p.x, y: p.y, width: W, height: p.h, rx: 6 }),
      h('rect', { x: p.x, y: p.y, width: 4, height: p.h, rx: 2, class: 'edge' }),
      h('text', { x: p.x + 14, y: p.y + 18, class: 'vnf-name' }, cut(plain(v.name), 22)),
      h('text', { x: p.x + 14, y: p.y + 33, class: 'vnf-state' }, cut(`${plain(v.status || '')} · ${plain(v.phase || '')}`, 30)),
      v.servers.slice(0, SHOWN).map((s, i) => server(s, p.x + 10, p.y + HEAD + i * SERVER)),
      v.servers.length > SHOWN ? h('text', { x: p.x + 28, y: p.y + HEAD + SHOWN * SERVER + 15, class: 'ip' }, `+ ${v.servers.length - SHOWN}`) : null));
  }
  const count = vnfs.reduce((k, v) => k + v.servers.length, 0);
  return h('svg', { class: 'topology', viewBox: `0 0 ${total} ${height}`, width: total, height, role: 'img', 'aria-label': t.service.topologyAbout(vnfs.length, count, networks.length) },
    h('defs', {}, h('marker', { id: 'arrow', viewBox: '0 0 8 8', refX: 6, refY: 4, markerWidth: 7, markerHeight: 7, orient: 'auto-start-reverse' }, h('path', { d: 'M0 0 8 4 0 8z', class: 'arrow' }))),
    out);
}

function server(s, x, y) {
  const kind = s.isLost ? 'bad' : stateKind(s.phase);
  return h('g', { key: s.hostname, class: `server ${kind}` },
    h('title', {}, `${plain(s.hostname)} ${plain(s.phase)} ${plain(s.ip || '')} ${plain(s.pop || '')}`),
    h('rect', { x, y: y + 2, width: 10, height: 10, rx: kind === 'ok' ? 5 : 1 }),
    h('text', { x: x + 17, y: y + 12, class: 'host' }, cut(plain(s.hostname || ''), 17)),
    h('text', { x: x + W - 28, y: y + 12, class: 'ip', 'text-anchor': 'end' }, cut(plain(s.ip || s.pop || ''), 13)));
}
