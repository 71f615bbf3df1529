// Who has a role in a stored room: owners and moderators run it, members and readers may join where its rule is members.
import { api } from '../api.js';
import { formDialog } from '../dialog.js';
import { h } from '../dom.js';
import { errorBox } from '../errors.js';
import { icon } from '../icons.js';
import { Pages } from '../pages.js';
import { table } from '../table.js';
import { toast } from '../toast.js';

const roles = [
  { value: 'member', label: 'Member: joins and publishes' },
  { value: 'reader', label: 'Reader: joins and reads' },
  { value: 'moderator', label: 'Moderator: lets in and puts out' },
  { value: 'owner', label: 'Owner: changes and deletes the room' },
];
const names = { member: 'Member', reader: 'Reader', moderator: 'Moderator', owner: 'Owner' };

export function roomAccess(id) {
  const problem = h('div', { role: 'alert' });
  const list = table({
    caption: 'Allowed users',
    testid: 'room-allowed',
    keyOf: (user) => user.user_id,
    columns: [
      { name: 'User', row: true, text: (user) => user.user_id },
      { name: 'Role', text: (user) => names[user.role] ?? user.role },
      { name: 'Actions', hiddenName: true, class: 'actions', build: actions },
    ],
    empty: h('p', {}, 'Nobody has a role of their own here.'),
  });
  const pages = new Pages((page) => api.allowedUsers(id, page), load);
  const element = h('section', { class: 'card panel', 'aria-labelledby': 'allowed-title', hidden: true },
    h('div', { class: 'panel-head' }, h('h2', { id: 'allowed-title' }, 'Allowed users'),
      h('button', { type: 'button', class: 'button', 'data-testid': 'allow-user', onclick: () => allow('', 'member') }, icon('plus'), 'Allow')),
    problem, list.element, pages.element);

  function actions(user) {
    const button = (words, name, testid, action) => h('button', { type: 'button', class: 'icon-button small', 'aria-label': `${words} ${user.user_id}`, title: words, 'data-testid': testid, onclick: action }, icon(name));
    return h('span', { class: 'row-actions' }, button('Change the role of', 'edit', 'allowed-edit', () => allow(user.user_id, user.role)), button('Remove', 'close', 'allowed-remove', () => remove(user.user_id)));
  }

  function allow(userId, role) {
    formDialog({
      title: userId ? `The role of ${userId}` : 'Allow a user', confirm: 'Save', testid: 'allow-dialog',
      fields: [
        ...(userId ? [] : [{ name: 'user', label: 'User id', required: true, maxlength: 128, hint: 'As connected and the users’ page have it.' }]),
        { name: 'role', label: 'Role', choices: roles, value: role },
      ],
      async submit(values) {
        await api.allowUser(id, userId || values.user.trim(), values.role);
        toast('Saved');
        await load();
      },
    });
  }

  function remove(userId) {
    formDialog({
      title: 'Take the role away?', text: `${userId} is out of the room within a second where it takes a role to be in.`, confirm: 'Take it away', danger: true, testid: 'disallow-dialog',
      async submit() {
        await api.disallowUser(id, userId);
        toast('Taken away');
        await load();
      },
    });
  }

  async function load() {
    try {
      const items = await pages.load();
      problem.replaceChildren();
      if (items) list.update(items);
    } catch (error) {
      if (error.status !== 401) problem.replaceChildren(errorBox(error, load));
    }
  }

  return {
    element,
    /** Only a stored room has such users. */
    show(room) {
      if (room.permanent && element.hidden) {
        element.hidden = false;
        load();
      } else if (!room.permanent) element.hidden = true;
    },
  };
}
