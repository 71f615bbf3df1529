// All rooms, stored or not: search, filter, sort, create, delete, export and import.
import { api } from '../api.js';
import { formDialog } from '../dialog.js';
import { h, setText, show } from '../dom.js';
import { ago, count, dateTime } from '../format.js';
import { icon } from '../icons.js';
import { mountList } from '../list-page.js';
import { roomLink, testerLink } from '../router.js';
import { toast } from '../toast.js';
import { downloadButton, importDialog } from '../transfers.js';
import { createRoom } from './room-form.js';

const REFRESH = 2000;
const DAY = 86_400_000;

export function mount(root, { query }) {
  const list = mountList(root, {
    title: 'Rooms', path: '/rooms', query, testid: 'rooms-table', sort: 'room_id', refresh: REFRESH,
    actions: [
      downloadButton('Export', '/api/v1/rooms/export.csv', () => list.asked(), 'rooms-export'),
      h('button', { type: 'button', class: 'button', 'data-testid': 'rooms-import', onclick: () => importRooms(list.load) }, 'Import'),
      h('button', { type: 'button', class: 'button primary', 'data-testid': 'room-create', onclick: () => createRoom(list.load) }, icon('plus'), 'Create a room'),
    ],
    search: { label: 'Rooms whose name or title contains', placeholder: 'Name or title', params: (text) => ({ q: text }) },
    filters: [
      { name: 'permanent', label: 'Kind', choices: [{ value: '', label: 'All' }, { value: 'true', label: 'Stored' }, { value: 'false', label: 'Not stored' }] },
      { name: 'since', label: 'Created', choices: [{ value: '', label: 'Any time' }, { value: '1', label: 'Last day' }, { value: '7', label: 'Last 7 days' }, { value: '30', label: 'Last 30 days' }], params: (days) => ({ 'created_at.gte': dayBefore(Number(days)) }) },
    ],
    keyOf: (room) => room.room_id,
    columns: [
      { name: 'Room', sort: 'room_id', row: true, class: 'main-column', build: nameCell, refresh: refreshName },
      { name: 'Connections', class: 'number', text: (room) => count(room.connections) },
      { name: 'Members', class: 'number wide', text: (room) => count(room.members) },
      { name: 'Newest', class: 'number wide', text: (room) => (room.offset === null ? '–' : count(room.offset)), title: () => 'Offset of the newest message' },
      { name: 'Dropped', class: 'number wide', text: (room) => count(room.dropped) },
      { name: 'Created', sort: 'created_at', class: 'number wide', text: (room) => ago(room.created_at), title: (room) => dateTime(room.created_at) },
      { name: 'Changed', sort: 'updated_at', class: 'number wide', text: (room) => ago(room.updated_at), title: (room) => dateTime(room.updated_at) },
      { name: 'Actions', hiddenName: true, class: 'actions', build: (room) => actions(room, () => list.load()) },
    ],
    empty: [
      h('p', {}, h('strong', {}, 'No room is here.')),
      h('p', {}, 'A room comes to be when somebody joins it or a message is published to it. Start with ', h('a', { href: testerLink('lobby') }, 'the lobby in the tester'), ', or create one that stays.'),
    ],
    none: 'No room fits.',
    fetch: (params) => api.rooms(params),
  });
  return list.stop;
}

/** A whole day, so that the pages of a list have one and the same condition. */
const dayBefore = (days) => new Date(Date.now() - days * DAY).toISOString().slice(0, 'yyyy-mm-dd'.length);

function nameCell(room) {
  return h('span', { class: 'room-name' },
    h('a', { href: roomLink(room.room_id), 'data-testid': 'room-link' }, room.room_id),
    h('span', { class: 'room-title' }));
}

function refreshName(cell, room) {
  const title = cell.lastElementChild;
  const text = [room.title, room.permanent ? 'stored' : null].filter(Boolean).join(' · ');
  setText(title, text);
  show(title, text !== '');
}

function actions(room, done) {
  return h('span', { class: 'row-actions' },
    h('a', { class: 'icon-button', href: testerLink(room.room_id), 'aria-label': `Open ${room.room_id} in the tester`, title: 'Open in the tester' }, icon('plane')),
    h('button', { type: 'button', class: 'icon-button wide', 'aria-label': `Delete ${room.room_id}`, title: 'Delete', 'data-testid': 'room-delete', onclick: () => deleteRoom(room.room_id, done) }, icon('trash')));
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

function importRooms(done) {
  importDialog({
    title: 'Import rooms', path: '/api/v1/rooms/import', testid: 'rooms-import-dialog', done,
    text: 'A CSV file with a header. The column room_id is needed; an export has the form. Rooms that are there already stay as they are.',
  });
}
