// One room: its members, its history and what happens now, and a way to publish to it.
import { api, publishAsCurl } from '../api.js';
import { copyButton } from '../copy.js';
import { everyWhileVisible, h, setText } from '../dom.js';
import { errorBox } from '../errors.js';
import { count, dayTime, plural } from '../format.js';
import { icon } from '../icons.js';
import { payloadField, TYPE_PATTERN } from '../payload.js';
import { testerLink } from '../router.js';
import { toast } from '../toast.js';
import { roomAccess } from './room-access.js';
import { editRoom } from './room-form.js';
import { deleteRoom } from './rooms.js';
import { roomLog } from './room-log.js';
import { roomMembers } from './room-members.js';

const REFRESH = 2000;
const facts = [
  ['connections', 'Connections', (room) => count(room.connections)],
  ['members', 'Members', (room) => count(room.members)],
  ['offset', 'Newest offset', (room) => (room.offset === null ? (room.epoch === null ? 'not open' : 'no history') : count(room.offset))],
  ['history', 'Kept', (room) => plural(room.history_count, 'message')],
  ['dropped', 'Dropped', (room) => count(room.dropped)],
  ['slow-closes', 'Slow closes', (room) => count(room.slow_closes)],
  ['epoch', 'Epoch', (room) => room.epoch ?? '–'],
  ['lifetime', 'Stays', (room) => (room.permanent ? 'for good' : 'while in use')],
  ['created', 'Created', (room) => dayTime(room.created_at)],
];

export function mount(root, { params: { id } }) {
  const subtitle = h('p', { class: 'subtitle' }, '\u00a0');
  const problem = h('div', { role: 'alert' });
  const values = facts.map(([name]) => h('dd', { 'data-testid': `room-${name}` }, '–'));
  const members = roomMembers(id);
  const log = roomLog(id);
  const allowed = roomAccess(id);
  root.append(h('div', { class: 'room-page' },
    h('div', { class: 'page-head' },
      h('div', {},
        h('p', { class: 'eyebrow' }, h('a', { href: '#/rooms' }, 'Rooms')),
        h('h1', { class: 'mono', tabindex: '-1', 'data-testid': 'room-title' }, id),
        subtitle),
      h('div', { class: 'head-actions' },
        h('a', { class: 'button', href: testerLink(id), 'data-testid': 'room-open-tester' }, icon('plane'), 'Open in the tester'),
        h('button', { type: 'button', class: 'button', 'data-testid': 'room-edit', onclick: () => editRoom(id, load) }, icon('edit'), 'Edit'),
        h('button', { type: 'button', class: 'button', 'data-testid': 'room-delete', onclick: () => deleteRoom(id, () => { location.hash = '#/rooms'; }) }, icon('trash'), 'Delete'))),
    problem,
    h('dl', { class: 'room-facts card' }, facts.map(([, name], index) => h('div', {}, h('dt', {}, name), values[index]))),
    h('div', { class: 'room-columns' },
      log.element,
      h('div', { class: 'room-side' }, publishBox(id), members.element, allowed.element))));

  async function load() {
    try {
      const room = await api.room(id);
      problem.replaceChildren();
      setText(subtitle, [room.title, room.allowed_users?.length > 0 ? `${plural(room.allowed_users.length, 'allowed user')}` : null].filter(Boolean).join(' · ') || '\u00a0');
      facts.forEach(([, , read], index) => setText(values[index], read(room)));
      allowed.show(room);
      await members.load();
    } catch (error) {
      if (error.status === 401) return;
      const gone = error.status === 404;
      problem.replaceChildren(gone
        ? h('p', { class: 'notice', 'data-testid': 'room-missing' }, 'There is no such room now. It comes to be when somebody joins it or a message is published to it.')
        : errorBox(error, load));
      if (gone) members.clear();
    }
  }

  const stopLog = log.start();
  const stop = everyWhileVisible(REFRESH, load);
  return () => {
    stop();
    stopLog();
  };
}

function publishBox(id) {
  const type = h('input', { id: 'publish-type', value: 'chat', required: true, maxlength: 64, pattern: TYPE_PATTERN, title: '1 to 64 of a-z 0-9 _ . : -', autocomplete: 'off', autocapitalize: 'off', spellcheck: 'false', 'data-testid': 'publish-type' });
  const payload = payloadField({ id: 'publish-payload', value: '{\n  "text": "hello"\n}', rows: 4, testid: 'publish-payload' });
  const problem = h('div', { role: 'alert' });
  const button = h('button', { type: 'submit', class: 'button primary', 'data-testid': 'publish-submit' }, icon('send'), 'Publish');
  const form = h('form', { class: 'form' },
    h('div', { class: 'field' }, h('label', { for: 'publish-type' }, 'Type'), type),
    payload.element,
    problem,
    h('div', { class: 'form-actions' }, button, copyButton(() => publishAsCurl(id, type.value, payload.read() ?? {}), 'Copy as a curl command', { testid: 'publish-copy-curl', words: 'Copy as curl' })));
  form.addEventListener('keydown', (event) => {
    if (event.key === 'Enter' && (event.ctrlKey || event.metaKey)) form.requestSubmit();
  });
  form.addEventListener('submit', async (event) => {
    event.preventDefault();
    const value = payload.read();
    if (value === null) return payload.input.focus();
    button.disabled = true;
    try {
      const result = await api.publish(id, { type: type.value, payload: value });
      problem.replaceChildren();
      toast(result.offset === null || result.offset === undefined ? 'Published' : `Published at offset ${count(result.offset)}`);
    } catch (error) {
      problem.replaceChildren(errorBox(error));
    } finally {
      button.disabled = false;
    }
  });
  return h('section', { class: 'card panel', 'aria-labelledby': 'publish-title' }, h('h2', { id: 'publish-title' }, 'Publish'), form);
}
