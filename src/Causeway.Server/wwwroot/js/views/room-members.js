// Who is in a room, and the way to put somebody out.
import { api } from '../api.js';
import { formDialog } from '../dialog.js';
import { h } from '../dom.js';
import { count } from '../format.js';
import { icon } from '../icons.js';
import { table } from '../table.js';
import { toast } from '../toast.js';

const LIMIT = 100;

export function roomMembers(id) {
  const more = h('p', { class: 'hint', hidden: true }, `The first ${LIMIT} are shown.`);
  const list = table({
    caption: 'Members',
    testid: 'room-members',
    keyOf: (member) => member.user_id ?? '',
    columns: [
      { name: 'User', row: true, text: (member) => member.name ?? member.user_id ?? 'Guests', title: (member) => member.user_id ?? 'Everybody without identity' },
      { name: 'Devices', class: 'number', text: (member) => count(member.devices) },
      { name: 'Actions', hiddenName: true, class: 'actions', build: kickButton },
    ],
    empty: h('p', {}, 'Nobody is in the room.'),
  });

  function kickButton(member) {
    if (member.user_id === null) return h('span');
    const who = member.name ?? member.user_id;
    return h('button', { type: 'button', class: 'icon-button small', 'aria-label': `Put ${who} out of the room`, title: 'Put out', 'data-testid': 'member-kick', onclick: () => kick(member.user_id, who) }, icon('close'));
  }

  function kick(userId, who) {
    formDialog({
      title: 'Put out of the room?',
      text: `${who} leaves ${id} on every device. The connections stay.`,
      confirm: 'Put out',
      danger: true,
      testid: 'member-kick-dialog',
      async submit() {
        await api.kick(id, userId);
        toast(`${who} is out`);
        await load();
      },
    });
  }

  async function load() {
    const page = await api.members(id, { limit: LIMIT });
    list.update(page.items);
    more.hidden = !page.has_next;
  }

  return {
    element: h('section', { class: 'card panel', 'aria-labelledby': 'members-title' }, h('h2', { id: 'members-title' }, 'Members'), list.element, more),
    load,
    clear: () => list.update([]),
  };
}
