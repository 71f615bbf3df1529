// Builds elements. Text always goes in as text, never as markup, so nothing a client sends can become HTML.

const SVG = 'http://www.w3.org/2000/svg';

/** h('button', { class: 'x', onclick: f, 'aria-label': 'y' }, 'text', child, …) */
export function h(tag, attributes, ...children) {
  return fill(document.createElement(tag), attributes, children);
}

/** The same for SVG elements. */
export function svg(tag, attributes, ...children) {
  return fill(document.createElementNS(SVG, tag), attributes, children);
}

function fill(element, attributes, children) {
  for (const [name, value] of Object.entries(attributes ?? {})) {
    if (value === null || value === undefined || value === false) continue;
    if (name.startsWith('on')) element.addEventListener(name.slice(2), value);
    else element.setAttribute(name, value === true ? '' : String(value));
  }
  element.append(...children.flat().filter((child) => child !== null && child !== undefined && child !== false));
  return element;
}

/** Sets an element's text only when it differs, so that unchanged figures cost no layout. */
export function setText(element, text) {
  const value = String(text);
  if (element.textContent !== value) element.textContent = value;
}

/** Sets or removes an attribute, only when it differs. */
export function setAttribute(element, name, value) {
  if (value === null || value === undefined || value === false) {
    if (element.hasAttribute(name)) element.removeAttribute(name);
  } else if (element.getAttribute(name) !== String(value)) {
    element.setAttribute(name, String(value));
  }
}

/** Shows or hides an element, only when that changes it. */
export function show(element, visible) {
  if (element.hidden === visible) element.hidden = !visible;
}

/** Runs `work` every `milliseconds` while the page is visible, once at once; the answer stops it. */
export function everyWhileVisible(milliseconds, work) {
  let timer = 0;
  let stopped = false;
  const turn = async () => {
    clearTimeout(timer);
    if (stopped || document.hidden) return;
    await work();
    clearTimeout(timer);
    if (!stopped && !document.hidden) timer = setTimeout(turn, milliseconds);
  };
  document.addEventListener('visibilitychange', turn);
  turn();
  return () => {
    stopped = true;
    clearTimeout(timer);
    document.removeEventListener('visibilitychange', turn);
  };
}
