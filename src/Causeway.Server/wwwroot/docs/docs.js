// The page that reads and tries both descriptions. No dependency, no network but this server.
import { wireCredential } from './credential.js';
import { h } from './dom.js';
import { HttpDocs } from './http.js';
import { LiveDocs } from './live.js';

const parts = { http: ['HTTP', '/openapi/v1.json', HttpDocs], live: ['Live', '/asyncapi.json', LiveDocs] };
const loaded = new Map();
const main = document.getElementById('main');
const list = document.getElementById('list');
const filter = document.getElementById('filter');
const side = document.getElementById('side');
const wide = matchMedia('(min-width: 60rem)');
let shownPart = null;
let isFirst = true;

async function docsOf(part) {
  if (!loaded.has(part)) {
    const [, address, Docs] = parts[part];
    const response = await fetch(address);
    if (!response.ok) throw new Error(`${address} answered ${response.status}`);
    loaded.set(part, new Docs(await response.json()));
  }
  return loaded.get(part);
}

/** `#/http/createRoom`; a bare `#createRoom` is an operation of HTTP. */
function route() {
  const hash = decodeURIComponent(location.hash.slice(1));
  if (!hash.startsWith('/')) return { part: 'http', id: hash };
  const [, part, ...rest] = hash.split('/');
  return { part: parts[part] ? part : 'http', id: rest.join('/') };
}

async function go() {
  const { part, id } = route();
  try {
    const docs = await docsOf(part);
    if (shownPart !== part) showList(docs);
    shownPart = part;
    const view = (id ? docs.show(id) : null) ?? docs.start();
    main.replaceChildren(view);
    document.title = `${view.querySelector('h1').textContent} · Causeway API`;
    mark(part, id);
    if (!isFirst) {
      window.scrollTo(0, 0);
      main.querySelector('h1').focus({ preventScroll: true });
      side.open = wide.matches;
    }
  } catch (error) {
    main.replaceChildren(h('h1', { tabindex: '-1' }, 'The description can’t be read'), h('p', { class: 'verdict bad', role: 'alert' }, `${error.message}.`),
      h('p', {}, 'Is the server running? ', h('button', { type: 'button', class: 'button', onclick: go }, 'Try again')));
  }
  isFirst = false;
}

function showList(docs) {
  list.replaceChildren(...docs.groups().map(([name, entries]) => h('section', { 'data-group': '' },
    h('h2', {}, name),
    h('ul', {}, entries.map((entry) => h('li', { 'data-words': entry.words.toLowerCase() },
      h('a', { href: entry.href, 'data-id': entry.id }, h('span', { class: `method ${entry.tone}` }, entry.mark), h('span', { class: 'entry' }, ...breakable(entry.text)))))))));
  narrow();
}

/** A path may break behind its slashes, a name behind its underscores. */
const breakable = (text) => text.split(/(?<=[/_])/).flatMap((part, index) => (index ? [document.createElement('wbr'), part] : [part]));

function mark(part, id) {
  for (const link of document.querySelectorAll('[data-part]')) current(link, link.dataset.part === part);
  for (const link of list.querySelectorAll('a')) current(link, link.dataset.id === id);
  list.querySelector('[aria-current]')?.scrollIntoView({ block: 'nearest' });
}

function current(link, is) {
  if (is) link.setAttribute('aria-current', 'page');
  else link.removeAttribute('aria-current');
}

function narrow() {
  const words = filter.value.toLowerCase().split(/\s+/).filter(Boolean);
  for (const group of list.querySelectorAll('[data-group]')) {
    let shown = 0;
    for (const entry of group.querySelectorAll('li')) {
      entry.hidden = !words.every((word) => entry.dataset.words.includes(word));
      shown += entry.hidden ? 0 : 1;
    }
    group.hidden = shown === 0;
  }
}

function wireTheme(button) {
  const order = ['system', 'light', 'dark'];
  let theme = document.documentElement.dataset.theme ?? 'system';
  const apply = () => {
    button.textContent = { system: '◐', light: '☀', dark: '☾' }[theme];
    button.setAttribute('aria-label', `Theme: ${theme}. Switch to ${order[(order.indexOf(theme) + 1) % 3]}`);
    if (theme === 'system') delete document.documentElement.dataset.theme;
    else document.documentElement.dataset.theme = theme;
  };
  button.addEventListener('click', () => {
    theme = order[(order.indexOf(theme) + 1) % 3];
    try {
      if (theme === 'system') localStorage.removeItem('causeway.theme');
      else localStorage.setItem('causeway.theme', theme);
    } catch {
      // Storage is blocked: the choice lasts as long as the page.
    }
    apply();
  });
  apply();
}

wireTheme(document.getElementById('theme'));
wireCredential(document.getElementById('token'), document.getElementById('access'));
side.open = wide.matches;
wide.addEventListener('change', () => { side.open = wide.matches; });
filter.addEventListener('input', narrow);
filter.addEventListener('keydown', (event) => {
  if (event.key === 'Enter') list.querySelector('li:not([hidden]) a')?.click();
});
document.addEventListener('keydown', (event) => {
  if (event.key !== '/' || event.target.closest('input, textarea, select')) return;
  event.preventDefault();
  side.open = true;
  filter.focus();
});
document.getElementById('skip').addEventListener('click', (event) => {
  event.preventDefault();
  main.focus();
});
window.addEventListener('hashchange', go);
go();
