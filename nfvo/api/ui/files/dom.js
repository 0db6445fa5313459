/* Pages as functions of what is known: h() describes an element, patch() makes the document so and
 * touches only what differs, so that focus, selection and scrolling stay where they are. No text of
 * a user ever becomes markup: it goes into text nodes and attributes, and no attribute here is code. */
const SVG = 'http://www.w3.org/2000/svg';

/* children: elements, texts, numbers, lists of them; null, false and undefined are left out.
 * props: attributes; class; style {name: value}; onclick and the like; key: which one it is among
 * its siblings; raw: its children are not ours; mounted(el): once, when it is in the document. */
export function h(tag, props, ...children) {
  const flat = [];
  flatten(children, flat);
  return { tag, props: props || {}, children: flat };
}

function flatten(list, out) {
  for (const c of list) {
    if (Array.isArray(c)) flatten(c, out);
    else if (c === null || c === undefined || c === false || c === true) continue;
    else out.push(typeof c === 'object' ? c : String(c));
  }
}

function handle(event) {
  const on = event.currentTarget.__on[event.type];
  if (on) on(event);
}

function setProp(el, name, value, old) {
  if (name === 'key' || name === 'raw' || name === 'mounted') return;
  if (name.startsWith('on')) {
    el.__on ||= {};
    const type = name.slice(2);
    if (!(type in el.__on)) el.addEventListener(type, handle, type === 'scroll' ? { passive: true } : undefined);
    el.__on[type] = value;
  } else if (name === 'style') {
    for (const k of Object.keys(old || {})) if (!value || !(k in value)) el.style.removeProperty(k);
    for (const [k, v] of Object.entries(value || {})) if (!old || old[k] !== v) el.style.setProperty(k, v);
  } else if ((name === 'value' && el.tagName !== 'PROGRESS' && el.tagName !== 'LI') || name === 'checked' || name === 'indeterminate') {
    const wanted = name === 'value' ? value ?? '' : Boolean(value);
    if (el[name] !== wanted) el[name] = wanted;
  } else if (value === false || value === null || value === undefined) {
    el.removeAttribute(name);
  } else if (value !== old) {
    el.setAttribute(name, value === true ? '' : value);
  }
}

function setProps(el, now) {
  const old = el.__v.props;
  for (const name of Object.keys(old)) if (!(name in now)) setProp(el, name, undefined, old[name]);
  for (const [name, value] of Object.entries(now)) setProp(el, name, value, old[name]);
}

function create(v, isSvg) {
  const svg = isSvg || v.tag === 'svg';
  const el = svg ? document.createElementNS(SVG, v.tag) : document.createElement(v.tag);
  el.__v = { tag: v.tag, props: {} };
  /* The value of a select is one of its options: they come first. */
  if (!v.props.raw) patchChildren(el, v.children, svg);
  setProps(el, v.props);
  el.__v = v;
  if (v.props.mounted) queueMicrotask(() => v.props.mounted(el));
  return el;
}

function update(el, v, isSvg) {
  if (!v.props.raw) patchChildren(el, v.children, isSvg || v.tag === 'svg');
  setProps(el, v.props);
  el.__v = v;
}

function patchChildren(el, list, isSvg) {
  let keyed = null;
  for (let n = el.firstChild; n; n = n.nextSibling) {
    const key = n.__v?.props.key;
    if (key !== undefined) (keyed ||= new Map()).set(key, n);
  }
  let at = el.firstChild;
  for (const v of list) {
    if (typeof v === 'string') {
      if (at && at.nodeType === Node.TEXT_NODE) {
        if (at.data !== v) at.data = v;
        at = at.nextSibling;
      } else {
        el.insertBefore(document.createTextNode(v), at);
      }
      continue;
    }
    const key = v.props.key;
    let found = key !== undefined ? keyed?.get(key) : at;
    if (key !== undefined) keyed?.delete(key);
    if (!found || !found.__v || found.__v.tag !== v.tag || found.__v.props.key !== key) found = null;
    if (found) {
      update(found, v, isSvg);
      if (found === at) at = at.nextSibling;
      else el.insertBefore(found, at);
    } else {
      el.insertBefore(create(v, isSvg), at);
    }
  }
  while (at) {
    const next = at.nextSibling;
    at.remove();
    at = next;
  }
}

export function patch(el, list) {
  const flat = [];
  flatten(list, flat);
  patchChildren(el, flat, false);
}
