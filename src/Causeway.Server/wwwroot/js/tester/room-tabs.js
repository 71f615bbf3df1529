// The rooms this line is in, one button each, and a field to join another.
import { h, setAttribute, setText, show } from '../dom.js';
import { icon } from '../icons.js';
import { listen } from '../listen.js';

export function roomTabs(session) {
  const list = h('ul', { class: 'tabs', 'aria-label': 'Rooms' });
  const input = h('input', { id: 'join-room', placeholder: 'Join room', maxlength: 128, pattern: '[A-Za-z0-9_.:\\-]{1,128}', title: '1 to 128 of A-Z a-z 0-9 _ . : -', autocomplete: 'off', autocapitalize: 'off', spellcheck: 'false', 'data-testid': 'join-room' });
  const form = h('form', { class: 'join' },
    h('label', { class: 'visually-hidden', for: 'join-room' }, 'Join a room'), input,
    h('button', { type: 'submit', class: 'icon-button', 'aria-label': 'Join', title: 'Join', 'data-testid': 'join-submit' }, icon('plus')));
  form.addEventListener('submit', (event) => {
    event.preventDefault();
    const name = input.value.trim();
    if (!name) return;
    session.join(name);
    input.value = '';
  });
  const tabs = new Map();

  function build(name) {
    const unread = h('span', { class: 'unread', hidden: true });
    const tab = h('button', { type: 'button', class: 'tab', 'data-room': name, 'data-testid': 'room-tab', onclick: () => session.select(name) }, h('span', { class: 'tab-name' }, name), unread);
    const leave = h('button', { type: 'button', class: 'tab-leave', 'aria-label': `Leave ${name}`, title: 'Leave', 'data-room': name, 'data-testid': 'room-leave', onclick: () => session.leave(name) }, icon('close'));
    return { tab, unread, leave, element: h('li', { class: 'tab-box' }, tab, leave) };
  }

  function update() {
    for (const [name, entry] of tabs) {
      if (session.rooms.has(name)) continue;
      entry.element.remove();
      tabs.delete(name);
    }
    for (const room of session.rooms.values()) {
      let entry = tabs.get(room.name);
      if (!entry) {
        tabs.set(room.name, entry = build(room.name));
        list.append(entry.element);
      }
      const current = session.current === room.name;
      setAttribute(entry.tab, 'aria-current', current ? 'true' : null);
      entry.element.toggleAttribute('data-current', current);
      entry.element.toggleAttribute('data-out', !session.live.rooms.has(room.name));
      show(entry.unread, room.unread > 0);
      setText(entry.unread, room.unread > 99 ? '99+' : room.unread || '');
      setAttribute(entry.tab, 'aria-label', room.unread > 0 ? `${room.name}, ${room.unread} unread` : null);
    }
  }

  const stop = listen([[session, 'rooms', update]]);
  update();
  return { element: h('div', { class: 'talk-head' }, list, form), stop };
}
