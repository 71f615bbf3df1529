// One backend: what its process is doing, its addresses, and what it prints, live.
import { api, backend as address } from '../api.js';
import { everyWhileVisible, h, setText, show } from '../dom.js';
import { errorBox } from '../errors.js';
import { clock, count, dateTime, duration } from '../format.js';
import { logPanel } from '../log-panel.js';
import { table } from '../table.js';
import { switches } from './backend-switches.js';
import { inFlight, stateOf, uptime } from './backends.js';

const REFRESH = 1000;
const KEPT = 1000;
const words = { connecting: 'Connecting', open: 'Live', waiting: 'Reconnecting', ended: 'Complete', refused: 'Not live' };
const starts = { always: 'with the server', on_demand: 'at the first request' };
// What terminals take as colours and moves; a log shows text.
const escapes = /\u001b(?:\[[0-?]*[ -/]*[@-~]|\][^\u0007\u001b]*(?:\u0007|\u001b\\)|[@-Z\\-_])/g;
const facts = [
  ['process', 'Process', (b) => b.process?.process_id ?? '–'],
  ['uptime', 'Up for', (b) => uptime(b.process)],
  ['starts', 'Starts', (b) => (b.process ? count(b.process.starts) : '–')],
  ['failures', 'Failures in a row', (b) => (b.process ? count(b.process.failures) : '–')],
  ['inflight', 'In flight', (b) => count(inFlight(b))],
  ['when', 'Is started', (b) => starts[b.process?.start] ?? 'by somebody else'],
  ['end', 'Last end', (b) => b.process?.last_end ?? '–'],
  ['next', 'Next start', (b) => (b.process?.next_start_at ? `in ${duration((Date.parse(b.process.next_start_at) - Date.now()) / 1000)}` : '–')],
];

export function mount(root, { params: { id } }) {
  const problem = h('div', { role: 'alert' });
  const state = h('p', { class: 'state-mark', role: 'status', 'data-testid': 'backend-state' });
  const operate = switches(id, load);
  const actions = h('div', { class: 'head-actions', hidden: true }, operate.elements);
  const values = facts.map(([name]) => h('dd', { 'data-testid': `backend-${name}-value` }, '–'));
  const command = h('code', { class: 'subtitle', 'data-testid': 'backend-command' });
  const addresses = table({
    caption: 'Addresses',
    testid: 'backend-addresses',
    keyOf: (entry) => entry.url,
    columns: [
      { name: 'Address', row: true, class: 'main-column mono', text: (entry) => entry.url },
      { name: 'Health', build: () => h('span', { class: 'state-mark' }), refresh: showHealth },
      { name: 'In flight', class: 'number wide', text: (entry) => count(entry.in_flight) },
    ],
    empty: h('p', {}, 'None.'),
  });
  const lines = outputLines(id);
  show(lines.element, false);
  root.append(h('div', { class: 'room-page' },
    h('div', { class: 'page-head' },
      h('div', {},
        h('p', { class: 'eyebrow' }, h('a', { href: '#/backends' }, 'Backends')),
        h('h1', { class: 'mono', tabindex: '-1', 'data-testid': 'backend-title' }, id),
        command),
      actions),
    problem, state,
    h('dl', { class: 'room-facts card' }, facts.map(([, name], index) => h('div', {}, h('dt', {}, name), values[index]))),
    h('div', { class: 'backend-parts' }, addresses.element, lines.element)));

  let stopLines = null;
  async function load() {
    try {
      const backend = await api.backend(id);
      problem.replaceChildren();
      const [tone, word] = stateOf(backend);
      state.dataset.tone = tone;
      setText(state, word);
      facts.forEach(([, , read], index) => setText(values[index], read(backend)));
      addresses.update(backend.addresses);
      show(actions, Boolean(backend.process));
      show(lines.element, Boolean(backend.process));
      if (backend.process) {
        setText(command, backend.process.command.join(' '));
        command.title = command.textContent;
        operate.update(backend.process);
        stopLines ??= lines.start();
      }
    } catch (error) {
      if (error.status !== 401) problem.replaceChildren(errorBox(error, load));
    }
  }

  const stop = everyWhileVisible(REFRESH, load);
  return () => {
    stop();
    stopLines?.();
  };
}

function showHealth(cell, entry) {
  cell.dataset.tone = entry.healthy ? 'good' : 'bad';
  setText(cell, entry.healthy ? 'Up' : 'Down');
}

function outputLines(id) {
  return logPanel({
    testId: 'backend', title: 'Output', region: 'Lines of the process', empty: 'It has printed nothing yet.', kept: KEPT, address: `${address(id)}/logs/events`, words, line,
    take: (event) => (event.type === 'line' ? JSON.parse(event.data) : undefined),
    tally: (waiting) => (waiting > 0 ? `Paused, ${count(waiting)} more` : ''),
  });
}

function line({ time, source, text }) {
  return h('li', { class: 'log-line output-line', 'data-testid': 'backend-line', 'data-source': source },
    h('time', { datetime: time, title: dateTime(time) }, clock(time)),
    source === 'stdout' ? null : h('span', { class: 'tag quiet' }, source),
    h('code', { class: 'log-payload' }, text.replace(escapes, '')));
}
