// The raw frames as a list that stays fast: only the newest that fit the filter are in the page.
import { copyButton } from '../copy.js';
import { h, setText, show } from '../dom.js';
import { clock, count } from '../format.js';
import { icon } from '../icons.js';
import { listen } from '../listen.js';
import { paced, stickToEnd } from '../pace.js';

const SHOWN = 200;
const words = { sent: 'Sent', received: 'Received', note: 'Line' };

export function frameList({ frames }) {
  const filter = h('input', { type: 'search', id: 'frame-filter', placeholder: 'Filter', autocomplete: 'off', spellcheck: 'false', 'data-search': '', 'data-testid': 'frames-filter' });
  const direction = h('select', { id: 'frame-direction', 'aria-label': 'Direction', 'data-testid': 'frames-direction' },
    h('option', { value: '' }, 'Both ways'), h('option', { value: 'sent' }, 'Sent'), h('option', { value: 'received' }, 'Received'));
  const pause = h('button', { type: 'button', class: 'icon-button', 'aria-pressed': 'false', 'data-testid': 'frames-pause', onclick: () => setPaused(!paused) });
  const clear = h('button', { type: 'button', class: 'icon-button', 'aria-label': 'Clear the frames', title: 'Clear', 'data-testid': 'frames-clear', onclick: () => frames.clear() }, icon('trash'));
  const copy = copyButton(() => matching().map((entry) => `${new Date(entry.at).toISOString()} ${entry.direction} ${entry.text}`).join('\n'), 'Copy the frames shown', { testid: 'frames-copy' });
  const tally = h('span', { class: 'tally', 'data-testid': 'frames-tally' });
  const list = h('ol', { class: 'frames', 'data-testid': 'frames' });
  const empty = h('p', { class: 'empty' }, 'Frames show up here as they pass.');
  const scroller = h('div', { class: 'frames-scroll', tabindex: '0', role: 'region', 'aria-label': 'Raw frames' }, empty, list);
  let paused = false;
  let waiting = [];
  const end = stickToEnd(scroller);
  const drawing = paced(() => (paused ? showTally() : renderWaiting()));

  const fits = (entry) => (direction.value === '' || entry.direction === direction.value)
    && filter.value.toLowerCase().split(/\s+/).every((word) => entry.text.toLowerCase().includes(word));
  const matching = () => frames.entries.filter(fits);

  function renderAll() {
    waiting = [];
    list.replaceChildren(...matching().slice(-SHOWN).map(render));
    end.restart();
    showTally();
  }

  function renderWaiting() {
    list.append(...waiting.slice(-SHOWN).map(render));
    waiting = [];
    while (list.children.length > SHOWN) list.firstElementChild.remove();
    end.keep();
    showTally();
  }

  function showTally() {
    show(empty, list.children.length === 0);
    setText(tally, paused && waiting.length > 0 ? `Paused, ${count(waiting.length)} more` : `${count(frames.total)} seen`);
  }

  function setPaused(next) {
    paused = next;
    pause.setAttribute('aria-pressed', String(paused));
    pause.setAttribute('aria-label', paused ? 'Go on showing frames' : 'Pause the frames');
    pause.title = paused ? 'Go on' : 'Pause';
    pause.replaceChildren(icon(paused ? 'play' : 'pause'));
    if (!paused) renderWaiting();
    showTally();
  }

  const stop = listen([
    [frames, 'add', ({ detail: entry }) => {
      if (fits(entry)) waiting.push(entry);
      if (waiting.length > SHOWN * 5) waiting.shift();
      drawing.request();
    }],
    [frames, 'clear', renderAll],
    [filter, 'input', renderAll],
    [filter, 'keydown', (event) => {
      if (event.key !== 'Escape') return;
      filter.value = '';
      renderAll();
    }],
    [direction, 'change', renderAll],
  ]);
  setPaused(false);
  renderAll();
  requestAnimationFrame(end.restart);
  return {
    element: h('section', { class: 'wire card', 'aria-labelledby': 'wire-title' },
      h('div', { class: 'wire-head' }, h('h2', { id: 'wire-title' }, 'Frames'), tally,
        h('div', { class: 'wire-tools' }, h('div', { class: 'search' }, h('label', { class: 'visually-hidden', for: 'frame-filter' }, 'Filter frames'), icon('search'), filter), direction, pause, copy, clear)),
      scroller),
    stop: () => { stop(); drawing.cancel(); },
  };
}

function render(entry) {
  const time = h('time', { datetime: new Date(entry.at).toISOString() }, clock(entry.at, true));
  const mark = h('span', { class: `direction direction-${entry.direction}` }, icon(entry.direction), h('span', {}, words[entry.direction]));
  if (entry.direction === 'note') return h('li', { class: 'frame frame-note', 'data-testid': 'frame', 'data-direction': 'note' }, h('p', {}, time, mark, h('span', { class: 'frame-text' }, entry.text)));
  const body = h('div', { class: 'frame-body' });
  const details = h('details', {},
    h('summary', {}, time, mark, h('span', { class: 'tag' }, entry.type), h('code', { class: 'frame-text' }, entry.text)), body);
  details.addEventListener('toggle', () => {
    if (details.open && body.children.length === 0) {
      body.append(h('pre', { tabindex: '0', 'aria-label': 'Frame' }, h('code', {}, pretty(entry.text))),
        h('p', { class: 'frame-facts' }, `${count(entry.bytes)} bytes`, copyButton(() => entry.text, 'Copy this frame', { small: true })));
    }
  });
  return h('li', { class: `frame frame-${entry.direction}`, 'data-testid': 'frame', 'data-direction': entry.direction, 'data-type': entry.type }, details);
}

function pretty(text) {
  try {
    return JSON.stringify(JSON.parse(text), null, 2);
  } catch {
    return text;
  }
}
