// All streams: what their files are doing, and who reads them.
import { api } from '../api.js';
import { everyWhileVisible, h } from '../dom.js';
import { errorBox } from '../errors.js';
import { ago, bytes, count, dateTime, joined } from '../format.js';
import { Pages } from '../pages.js';
import { streamLink } from '../router.js';
import { table } from '../table.js';

const REFRESH = 2000;
export const stateWords = { following: 'Following', waiting: 'Waiting for its file', ended: 'Complete', missing: 'No file' };

export function mount(root) {
  const problem = h('div', { role: 'alert' });
  const list = table({
    caption: 'Streams',
    testid: 'streams-table',
    keyOf: (stream) => stream.name,
    columns: [
      { name: 'Stream', row: true, class: 'main-column', build: (stream) => h('a', { href: streamLink(stream.name), 'data-testid': 'stream-link' }, stream.name) },
      { name: 'State', text: (stream) => stateWords[stream.state] ?? stream.state },
      { name: 'Size', class: 'number', text: (stream) => joined(bytes(stream.bytes)) },
      { name: 'Readers', class: 'number', text: (stream) => count(stream.readers) },
      { name: 'Last line', class: 'number wide', text: (stream) => ago(stream.last_event_at), title: (stream) => (stream.last_event_at ? dateTime(stream.last_event_at) : '') },
    ],
    empty: h('p', { 'data-testid': 'streams-none' }, 'No stream is configured. A growing JSONL file under ', h('code', {}, 'Streams:Sources'), ' becomes one.'),
  });
  const pages = new Pages((page) => api.streams(page), load);
  root.append(h('div', { class: 'list-page' },
    h('div', { class: 'page-head' }, h('h1', { tabindex: '-1' }, 'Streams')),
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
