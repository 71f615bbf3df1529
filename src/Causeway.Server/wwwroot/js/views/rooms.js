// All rooms: search by prefix, page by page, create and delete.
import { api } from '../api.js';
import { everyWhileVisible, h, setText, show } from '../dom.js';
import { formDialog } from '../dialog.js';
import { errorBox } from '../errors.js';
import { count } from '../format.js';
import { icon } from '../icons.js';
import { Pages } from '../pages.js';
import { replaceQuery, roomLink, testerLink } from '../router.js';
import { table } from '../table.js';
import { toast } from '../toast.js';
import { createRoom } from './room-form.js';

const REFRESH = 2000;

export function mount(root, { query }) {
  const search = h('input', { type: 'search', id: 'room-search', placeholder: 'Starts with…', autocomplete: 'off', spellcheck: 'false', 'data-search': '', 'data-testid': 'rooms-search' });
  search.value = query.get('prefix') ?? '';
  const problem = h('div', { role: 'alert' });
  const list = table({
    caption: 'Rooms',
    testid: 'rooms-table',
    keyOf: (room) => room.room_id,
    columns: [
      { name: 'Room', row: true, class: 'main-column', build: nameCell, refresh: refreshName },
      { name: 'Connections', class: 'number', text: (room) => count(room.connections) },
      { name: 'Members', class: 'number wide', text: (room) => count(room.members) },
      { name: 'Newest', class: 'number wide', text: (room) => (room.offset === null ? '–' : count(room.offset)), title: () => 'Offset of the newest message' },
      { name: 'Kept', class: 'number wide', text: (room) => count(room.history_count), title: () => 'Messages the history holds' },
      { name: 'Dropped', class: 'number wide', text: (room) => count(room.dropped) },
      { name: 'Actions', hiddenName: true, class: 'actions', build: actions },
    ],
    empty: emptyState(),
  });
  const pages = new Pages((page) => api.rooms({ prefix: search.value.trim(), ...page }), load);
  const view = h('div', { class: 'list-page' },
    h('div', { class: 'page-head' },
      h('h1', { tabindex: '-1' }, 'Rooms'),
      h('button', { type: 'button', class: 'button primary', 'data-testid': 'room-create', onclick: () => createRoom(load) }, icon('plus'), 'Create a room')),
    h('div', { class: 'list-tools' },
      h('div', { class: 'search' }, h('label', { class: 'visually-hidden', for: 'room-search' }, 'Rooms whose name starts with'), icon('search'), search)),
    problem, list.element, pages.element);
  root.append(view);

  let timer = 0;
  search.addEventListener('input', () => {
    clearTimeout(timer);
    timer = setTimeout(() => {
      replaceQuery('/rooms', { prefix: search.value.trim() });
      pages.reset();
      load();
    }, 200);
  });
  search.addEventListener('keydown', (event) => {
    if (event.key !== 'Escape' || search.value === '') return;
    search.value = '';
    search.dispatchEvent(new Event('input'));
  });

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

  function actions(room) {
    return h('span', { class: 'row-actions' },
      h('a', { class: 'icon-button', href: testerLink(room.room_id), 'aria-label': `Open ${room.room_id} in the tester`, title: 'Open in the tester' }, icon('plane')),
      h('button', { type: 'button', class: 'icon-button wide', 'aria-label': `Delete ${room.room_id}`, title: 'Delete', 'data-testid': 'room-delete', onclick: () => deleteRoom(room.room_id, load) }, icon('trash')));
  }

  const stop = everyWhileVisible(REFRESH, load);
  return () => {
    stop();
    clearTimeout(timer);
  };
}

function nameCell(room) {
  return h('span', { class: 'room-name' },
    h('a', { href: roomLink(room.room_id), 'data-testid': 'room-link' }, room.room_id),
    h('span', { class: 'room-title' }));
}

function refreshName(cell, room) {
  const title = cell.lastElementChild;
  const text = [room.title, room.permanent ? 'permanent' : null].filter(Boolean).join(' · ');
  setText(title, text);
  show(title, text !== '');
}

function emptyState() {
  return [
    h('p', {}, h('strong', {}, 'No room is here.')),
    h('p', {}, 'A room comes to be when somebody joins it or a message is published to it. Start with ', h('a', { href: testerLink('lobby') }, 'the lobby in the tester'), ', or create one that stays.'),
  ];
}

export function deleteRoom(id, done) {
  formDialog({
    title: 'Delete this room?',
    text: `Everybody is put out of ${id}, and its history is gone for good.`,
    confirm: 'Delete the room',
    danger: true,
    testid: 'room-delete-dialog',
    async submit() {
      await api.deleteRoom(id);
      toast(`Deleted ${id}`);
      await done();
    },
  });
}
