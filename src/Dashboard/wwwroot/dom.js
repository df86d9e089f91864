// The few things this page needs to build and change elements. Text always goes in as text, never as HTML.

const svgTags = new Set(['svg', 'g', 'path', 'line', 'rect', 'circle', 'text', 'title']);

/** An element with properties (attributes; functions become listeners) and children. */
export function h(tag, props = {}, ...children) {
  const element = svgTags.has(tag) ? document.createElementNS('http://www.w3.org/2000/svg', tag) : document.createElement(tag);
  for (const [name, value] of Object.entries(props)) {
    if (typeof value === 'function') element.addEventListener(name, value);
    else if (value === true) element.setAttribute(name, '');
    else if (value !== false && value !== null && value !== undefined) element.setAttribute(name, value);
  }
  element.append(...children.flat().filter((c) => c !== null && c !== undefined));
  return element;
}

/** Sets a text only if it differs, so that a screen reader is not told the same twice and a selection stays. */
export function setText(element, text) {
  if (element.textContent !== text) element.textContent = text;
}

export function setAttribute(element, name, value) {
  if (value === null || value === undefined || value === false) element.removeAttribute(name);
  else if (element.getAttribute(name) !== String(value)) element.setAttribute(name, value);
}

/** Makes an element's children match a list, and keeps the elements of items that stay. */
export function keyed(parent, items, key, create, update) {
  const known = parent.keyedChildren ??= new Map();
  const wanted = new Set(items.map(key));
  for (const [name, entry] of known) {
    if (wanted.has(name)) continue;
    entry.element.remove();
    known.delete(name);
  }
  items.forEach((item, i) => {
    let entry = known.get(key(item));
    if (!entry) known.set(key(item), entry = create(item));
    update(entry, item, i);
    if (parent.children[i] !== entry.element) parent.insertBefore(entry.element, parent.children[i] ?? null);
  });
}
