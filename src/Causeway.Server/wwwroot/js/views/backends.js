// All backends: their addresses and health, the process the server runs for them, and its switches.
import { api } from '../api.js';
import { everyWhileVisible, h, setText, show } from '../dom.js';
import { errorBox } from '../errors.js';
import { count, dateTime, duration, plural } from '../format.js';
import { Pages } from '../pages.js';
import { backendLink } from '../router.js';
import { table } from '../table.js';
import { switches } from './backend-switches.js';

const REFRESH = 2000;

export function mount(root) {
  const problem = h('div', { role: 'alert' });
  const list = table({
    caption: 'Backends',
    testid: 'backends-table',
    keyOf: (backend) => backend.name,
    columns: [
      { name: 'Backend', row: true, class: 'main-column', build: nameCell, refresh: refreshName },
      { name: 'State', build: () => h('span', { class: 'state-mark' }), refresh: refreshState },
      { name: 'Up for', class: 'number wide', text: (b) => uptime(b.process), title: (b) => (b.process?.started_at ? dateTime(b.process.started_at) : '') },
      { name: 'Starts', class: 'number wide', text: (b) => (b.process ? count(b.process.starts) : '–') },
      { name: 'In flight', class: 'number wide', text: (b) => count(inFlight(b)) },
      { name: 'Actions', hiddenName: true, class: 'actions', build: (backend) => buttons(backend.name, load), refresh: (cell, backend) => cell.show(backend) },
    ],
    empty: h('p', { 'data-testid': 'backends-none' }, 'No backend is configured. One under ', h('code', {}, 'Relay:Backends'), ' is reached by a route of ', h('code', {}, 'Relay:Routes'), '.'),
  });
  const pages = new Pages((page) => api.backends(page), load);
  root.append(h('div', { class: 'list-page' },
    h('div', { class: 'page-head' }, h('h1', { tabindex: '-1' }, 'Backends')),
    problem, list.element, pages.element));

  async function load() {
    try {
      const items = await pages.load();
      if (!items) return;
      problem.replaceChildren();
      list.update(items);
    } catch (error) {
      if (error.status === 401) return;
      problem.replaceChildren(errorBox(error, load));
    }
  }

  return everyWhileVisible(REFRESH, load);
}

export const stateWords = { stopped: 'Stopped', starting: 'Starting', ready: 'Ready', stopping: 'Stopping', backing_off: 'Backing off', crash_looping: 'Crash loop' };
export const uptime = (process) => (process?.started_at ? duration((Date.now() - Date.parse(process.started_at)) / 1000) : '–');
export const inFlight = (backend) => backend.addresses.reduce((sum, address) => sum + address.in_flight, 0);

/** [what colour, what word]: the process's own state, or how many addresses are up. */
export function stateOf({ process, addresses }) {
  if (process) {
    const word = process.stopped_by_operator ? 'Stopped by an operator' : stateWords[process.state] ?? process.state;
    const tone = { ready: 'good', crash_looping: 'bad', backing_off: 'bad', starting: 'warn', stopping: 'warn' }[process.state] ?? 'none';
    return [tone, word];
  }
  const up = addresses.filter((address) => address.healthy).length;
  if (up === addresses.length) return ['good', 'Up'];
  return [up === 0 ? 'bad' : 'warn', up === 0 ? 'Down' : `${up} of ${plural(addresses.length, 'address', 'addresses')} up`];
}

function nameCell(backend) {
  return h('span', { class: 'room-name' },
    h('a', { href: backendLink(backend.name), 'data-testid': 'backend-link' }, backend.name),
    h('span', { class: 'room-title mono' }));
}

function refreshName(cell, backend) {
  setText(cell.lastElementChild, backend.addresses.map((address) => address.url.replace(/\/$/, '')).join(', '));
}

function refreshState(cell, backend) {
  const [tone, word] = stateOf(backend);
  cell.dataset.tone = tone;
  setText(cell, word);
}

function buttons(name, done) {
  const all = switches(name, done, { icons: true });
  const cell = h('span', { class: 'row-actions' }, all.elements);
  cell.show = (backend) => {
    show(cell, Boolean(backend.process));
    if (backend.process) all.update(backend.process);
  };
  return cell;
}
