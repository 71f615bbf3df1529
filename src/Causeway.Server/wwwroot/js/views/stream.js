// One stream: what its file is doing, and its lines as they come.
import { api, stream as address } from '../api.js';
import { copyButton } from '../copy.js';
import { everyWhileVisible, h, setText } from '../dom.js';
import { errorBox } from '../errors.js';
import { ago, bytes, clock, count, joined } from '../format.js';
import { logPanel } from '../log-panel.js';
import { stateWords } from './streams.js';

const REFRESH = 2000;
const KEPT = 500;
const words = { connecting: 'Connecting', open: 'Live', waiting: 'Reconnecting', ended: 'Complete', refused: 'Not live', paused: 'Paused' };
const notices = {
  waiting: () => 'There is no file yet: waiting for it.',
  following: (at) => (at.offset > 0 ? `Following from byte ${count(at.offset)}.` : 'Following from the start of the file.'),
  rotated: () => 'The file was rotated; this is the new one.',
  truncated: (at) => `The file begins anew.${at.missed_bytes > 0 ? ` ${joined(bytes(at.missed_bytes))} were gone before they got here.` : ''}`,
  reset: (at) => `It could not go on where it was (${at.reason}) and starts over.`,
  skipped: (at) => `A line of ${joined(bytes(at.bytes))} is over the limit.`,
  invalid: (at) => `Not JSON: ${at.text}`,
  timeout: () => 'The file did not come.',
  end: () => 'The source is complete.',
  shutdown: () => 'The server is stopping; the stream comes back by itself.',
};
const facts = [
  ['state', 'State', (stream) => stateWords[stream.state] ?? stream.state],
  ['bytes', 'Size', (stream) => joined(bytes(stream.bytes))],
  ['readers', 'Readers', (stream) => count(stream.readers)],
  ['last', 'Last line', (stream) => ago(stream.last_event_at)],
];

export function mount(root, { params: { id } }) {
  const problem = h('div', { role: 'alert' });
  const values = facts.map(([name]) => h('dd', { 'data-testid': `stream-${name}` }, '–'));
  const lines = streamLines(id);
  root.append(h('div', { class: 'room-page' },
    h('div', { class: 'page-head' },
      h('div', {},
        h('p', { class: 'eyebrow' }, h('a', { href: '#/streams' }, 'Streams')),
        h('h1', { class: 'mono', tabindex: '-1', 'data-testid': 'stream-title' }, id)),
      h('div', { class: 'head-actions' }, copyButton(() => `curl -N '${location.origin}${address(id)}/events'`, 'Copy as a curl command', { words: 'Copy as curl' }))),
    problem,
    h('dl', { class: 'room-facts card' }, facts.map(([, name], index) => h('div', {}, h('dt', {}, name), values[index]))),
    lines.element));

  async function load() {
    try {
      const stream = await api.stream(id);
      problem.replaceChildren();
      facts.forEach(([, , read], index) => setText(values[index], read(stream)));
    } catch (error) {
      if (error.status !== 401) problem.replaceChildren(errorBox(error, load));
    }
  }

  const stopLines = lines.start();
  const stop = everyWhileVisible(REFRESH, load);
  return () => {
    stop();
    stopLines();
  };
}

function streamLines(id) {
  let total = 0;
  return logPanel({
    testId: 'stream', title: 'Lines', region: 'Line list', empty: 'No line yet. What is written to the file shows up here at once.', kept: KEPT, address: `${address(id)}/events`, words, line,
    take(event) {
      total += event.type === 'message' ? 1 : 0;
      return { ...event, at: new Date() };
    },
    tally: (waiting) => (waiting > 0 ? `Paused, ${count(waiting)} more` : `${count(total)} seen`),
  });
}

function line({ type, data, at }) {
  const time = h('time', { datetime: at.toISOString() }, clock(at));
  if (type !== 'message') {
    return h('li', { class: 'log-line stream-note', 'data-testid': 'stream-note', 'data-type': type }, time, h('span', { class: 'tag quiet' }, type), h('span', { class: 'log-payload' }, notices[type]?.(JSON.parse(data)) ?? data));
  }
  return h('li', { class: 'log-line stream-line', 'data-testid': 'stream-line' }, time, h('code', { class: 'log-payload' }, data), copyButton(() => data, 'Copy this line', { small: true }));
}
