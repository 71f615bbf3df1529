// All connections: who, how, since when, in which rooms, how far behind; and the door.
import { api } from '../api.js';
import { everyWhileVisible, h, setText } from '../dom.js';
import { formDialog } from '../dialog.js';
import { errorBox } from '../errors.js';
import { bytes, count, dateTime, duration, joined, shortId } from '../format.js';
import { icon } from '../icons.js';
import { Pages } from '../pages.js';
import { replaceQuery, roomLink } from '../router.js';
import { table } from '../table.js';
import { session } from '../tester/session.js';
import { toast } from '../toast.js';
import { connectionTabs } from './connection-tabs.js';

const REFRESH = 2000;
const ROOMS_SHOWN = 3;
const transports = { websocket: 'WebSocket', sse: 'SSE' };

export function mount(root, { query }) {
  const filter = h('input', { type: 'search', id: 'connection-filter', placeholder: 'User, address, room or id', autocomplete: 'off', spellcheck: 'false', 'data-search': '', 'data-testid': 'connections-filter' });
  filter.value = query.get('q') ?? '';
  const problem = h('div', { role: 'alert' });
  const tally = h('p', { class: 'tally', 'data-testid': 'connections-tally' });
  const nothing = h('p', {});
  const list = table({
    caption: 'Connections',
    testid: 'connections-table',
    keyOf: (connection) => connection.connection_id,
    columns: [
      { name: 'Connection', row: true, class: 'main-column', build: nameCell },
      { name: 'Transport', class: 'wide', text: (c) => transports[c.transport] ?? c.transport },
      { name: 'Address', class: 'wide mono', text: (c) => c.remote_address ?? '–' },
      { name: 'Since', class: 'number', text: (c) => duration((Date.now() - Date.parse(c.connected_at)) / 1000), title: (c) => dateTime(c.connected_at) },
      { name: 'Rooms', class: 'wide', build: () => h('span', { class: 'room-links' }), refresh: refreshRooms },
      { name: 'Backlog', class: 'number wide', text: (c) => joined(bytes(c.backlog_bytes)) },
      { name: 'Dropped', class: 'number wide', text: (c) => count(c.dropped) },
      { name: 'Actions', hiddenName: true, class: 'actions', build: actions },
    ],
    empty: nothing,
  });
  const pages = new Pages((page) => api.connections(page), load);
  root.append(h('div', { class: 'list-page' },
    h('div', { class: 'page-head' }, h('h1', { tabindex: '-1' }, 'Connections')),
    connectionTabs('connections'),
    h('div', { class: 'list-tools' },
      h('div', { class: 'search' }, h('label', { class: 'visually-hidden', for: 'connection-filter' }, 'Filter by user, address, room or id'), icon('search'), filter),
      tally),
    problem, list.element, pages.element));

  let items = [];
  filter.addEventListener('input', () => {
    replaceQuery('/connections', { q: filter.value.trim() });
    render();
  });
  filter.addEventListener('keydown', (event) => {
    if (event.key !== 'Escape' || filter.value === '') return;
    filter.value = '';
    filter.dispatchEvent(new Event('input'));
  });

  function render() {
    const words = filter.value.trim().toLowerCase().split(/\s+/).filter(Boolean);
    const found = items.filter((c) => {
      const text = [c.connection_id, c.user_id, c.name, c.transport, c.remote_address, ...c.rooms].join(' ').toLowerCase();
      return words.every((word) => text.includes(word));
    });
    setText(tally, words.length > 0 ? `${count(found.length)} of the ${count(items.length)} on this page` : '');
    setText(nothing, items.length === 0 ? 'Nobody is connected.' : 'None on this page fits the filter.');
    list.update(found);
  }

  async function load() {
    try {
      const loaded = await pages.load();
      if (!loaded) return;
      items = loaded;
      problem.replaceChildren();
      render();
    } catch (error) {
      if (error.status === 401) return;
      problem.replaceChildren(errorBox(error, load));
    }
  }

  function actions(connection) {
    const who = connection.name ?? connection.user_id ?? connection.connection_id;
    return h('span', { class: 'row-actions' },
      h('button', { type: 'button', class: 'icon-button', 'aria-label': `Disconnect ${who}`, title: 'Disconnect', 'data-testid': 'connection-disconnect', onclick: () => disconnect(connection, who, load) }, icon('unplug')));
  }

  return everyWhileVisible(REFRESH, load);
}

function nameCell(connection) {
  const own = session.isOwn(connection.connection_id);
  return h('span', { class: 'room-name' },
    h('span', {}, connection.name ?? connection.user_id ?? 'Guest', own ? h('span', { class: 'badge' }, 'this tab') : null),
    h('code', { class: 'room-title', title: connection.connection_id }, shortId(connection.connection_id)));
}

function refreshRooms(cell, connection) {
  const key = connection.rooms.join(' ');
  if (cell.dataset.rooms === key) return;
  cell.dataset.rooms = key;
  const more = connection.rooms.length - ROOMS_SHOWN;
  cell.replaceChildren(...connection.rooms.slice(0, ROOMS_SHOWN).map((room) => h('a', { href: roomLink(room) }, room)),
    ...(more > 0 ? [h('span', { class: 'muted', title: connection.rooms.slice(ROOMS_SHOWN).join(', ') }, `and ${more} more`)] : []));
  if (connection.rooms.length === 0) cell.replaceChildren('–');
}

function disconnect(connection, who, done) {
  formDialog({
    title: 'Disconnect?',
    text: `${who} is closed with code 4502 and told to stay away.`,
    confirm: 'Disconnect',
    danger: true,
    testid: 'connection-disconnect-dialog',
    async submit() {
      await api.disconnect(connection.connection_id);
      toast(`Disconnected ${who}`);
      await done();
    },
  });
}
