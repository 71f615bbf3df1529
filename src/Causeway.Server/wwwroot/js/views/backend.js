// One backend: what its process is doing, its addresses, and what it prints, live.
import { api, backend as address } from '../api.js';
import { everyWhileVisible, h, setText, show } from '../dom.js';
import { errorBox } from '../errors.js';
import { follow } from '../events.js';
import { clock, count, dateTime, duration } from '../format.js';
import { icon } from '../icons.js';
import { paced, stickToEnd } from '../pace.js';
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
  const state = h('span', { class: 'live-mark', 'data-testid': 'backend-live' });
  const pause = h('button', { type: 'button', class: 'icon-button', 'aria-pressed': 'false', 'data-testid': 'backend-pause', onclick: () => setPaused(!paused) });
  const clear = h('button', { type: 'button', class: 'icon-button', 'aria-label': 'Clear the lines', title: 'Clear', onclick: () => { list.replaceChildren(); showNothing(); } }, icon('trash'));
  const tally = h('span', { class: 'tally' });
  const list = h('ol', { class: 'log', 'data-testid': 'backend-lines' });
  const nothing = h('p', { class: 'empty' }, 'It has printed nothing yet.');
  const problem = h('div', { role: 'alert' });
  const scroller = h('div', { class: 'log-scroll', tabindex: '0', role: 'region', 'aria-label': 'Lines of the process' }, nothing, list);
  const element = h('section', { class: 'card panel log-panel', 'aria-labelledby': 'output-title' },
    h('div', { class: 'panel-head' }, h('h2', { id: 'output-title' }, 'Output'), tally, h('span', { class: 'row-actions' }, state, pause, clear)), problem, scroller);
  const end = stickToEnd(scroller);
  const drawing = paced(() => (paused ? showTally() : draw()));
  let paused = false;
  let waiting = [];

  const showNothing = () => show(nothing, list.children.length === 0);
  const showTally = () => setText(tally, paused && waiting.length > 0 ? `Paused, ${count(waiting.length)} more` : '');

  function draw() {
    list.append(...waiting.slice(-KEPT).map(line));
    waiting = [];
    while (list.children.length > KEPT) list.firstElementChild.remove();
    showNothing();
    showTally();
    end.keep();
  }

  function setPaused(next) {
    paused = next;
    pause.setAttribute('aria-pressed', String(paused));
    pause.setAttribute('aria-label', paused ? 'Go on showing lines' : 'Pause the lines');
    pause.title = paused ? 'Go on' : 'Pause';
    pause.replaceChildren(icon(paused ? 'play' : 'pause'));
    if (!paused) draw();
    showTally();
  }

  function start() {
    const controller = new AbortController();
    follow(`${address(id)}/logs/events`, {
      signal: controller.signal,
      onstate(name, error) {
        element.dataset.tail = name;
        setText(state, words[name]);
        problem.replaceChildren(...(error ? [errorBox(error)] : []));
      },
      onevent(event) {
        if (event.type !== 'line') return;
        waiting.push(JSON.parse(event.data));
        if (waiting.length > 2 * KEPT) waiting = waiting.slice(-KEPT);
        drawing.request();
      },
    });
    return () => {
      controller.abort();
      drawing.cancel();
    };
  }

  setPaused(false);
  return { element, start };
}

function line({ time, source, text }) {
  return h('li', { class: 'log-line output-line', 'data-testid': 'backend-line', 'data-source': source },
    h('time', { datetime: time, title: dateTime(time) }, clock(time)),
    source === 'stdout' ? null : h('span', { class: 'tag quiet' }, source),
    h('code', { class: 'log-payload' }, text.replace(escapes, '')));
}
