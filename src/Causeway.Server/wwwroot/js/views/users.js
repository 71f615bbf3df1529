// Accounts: who can log in, what they may do, and the way to invite, change and remove them.
import { api } from '../api.js';
import { h, setText } from '../dom.js';
import { formDialog } from '../dialog.js';
import { ago } from '../format.js';
import { icon } from '../icons.js';
import { mountList } from '../list-page.js';
import { toast } from '../toast.js';
import { downloadButton, importDialog } from '../transfers.js';
import { accessTabs } from './access-tabs.js';

const path = '/users';
const asked = ({ sort, ...filters }) => ({ sort, ...filters });

export function mount(root, { query }) {
  const list = mountList(root, {
    title: 'Users', tabs: accessTabs('users'), path, query, testid: 'users-table', sort: '-created_at',
    actions: [
      downloadButton('Export', '/api/v1/users/export.csv', () => asked(list.asked()), 'users-export'),
      h('button', { type: 'button', class: 'button', 'data-testid': 'users-import', onclick: () => importUsers(list.load) }, 'Import'),
      h('button', { type: 'button', class: 'button primary', 'data-testid': 'user-create', onclick: () => createUser(list.load) }, icon('plus'), 'Create a user'),
    ],
    search: { label: 'Users whose e-mail address or name contains', placeholder: 'E-mail address or name', params: (text) => ({ q: text }) },
    filters: [{ name: 'disabled', label: 'State', choices: [{ value: '', label: 'All' }, { value: 'false', label: 'Active' }, { value: 'true', label: 'Disabled' }] }],
    keyOf: (user) => user.id,
    columns: [
      { name: 'User', sort: 'email', row: true, class: 'main-column', build: nameCell, refresh: refreshName },
      { name: 'Roles', class: 'wide', text: (user) => user.roles.join(', ') || '–' },
      { name: 'State', build: () => h('span', { class: 'state-mark' }), refresh: refreshState },
      { name: 'Last log-in', sort: 'last_login_at', class: 'number wide', text: (user) => ago(user.last_login_at), title: (user) => user.last_login_at ?? 'Never' },
      { name: 'Created', sort: 'created_at', class: 'number wide', text: (user) => ago(user.created_at), title: (user) => user.created_at },
      { name: 'Actions', hiddenName: true, class: 'actions', build: (user) => actions(user, () => list.load()) },
    ],
    empty: [h('p', {}, h('strong', {}, 'Nobody has an account yet.')), h('p', {}, 'Create one, or import a list of them. While the service is local, nobody needs one to use this console.')],
    none: 'No user fits.',
    fetch: (params) => api.users(params),
  });
  return list.stop;
}

function nameCell() {
  return h('span', { class: 'room-name' }, h('strong', {}), h('span', { class: 'room-title' }));
}

function refreshName(cell, user) {
  setText(cell.firstElementChild, user.name ?? user.email);
  setText(cell.lastElementChild, user.name ? user.email : user.id);
}

function refreshState(cell, user) {
  cell.dataset.tone = user.disabled ? 'bad' : user.email_verified_at ? 'good' : 'warn';
  setText(cell, user.disabled ? 'Disabled' : user.email_verified_at ? 'Active' : 'Not verified');
}

function actions(user, done) {
  const who = user.name ?? user.email;
  const button = (words, name, testid, action, wide = false) => h('button', { type: 'button', class: `icon-button${wide ? ' wide' : ''}`, 'aria-label': `${words} ${who}`, title: words, 'data-testid': testid, onclick: action }, icon(name));
  return h('span', { class: 'row-actions' },
    button('Edit', 'edit', 'user-edit', () => editUser(user.id, done)),
    button('Log out everywhere', 'out', 'user-logout', () => logOut(user, who, done), true),
    button('Delete', 'trash', 'user-delete', () => deleteUser(user, who, done), true));
}

async function roleOptions(held) {
  const { items } = await api.roles({ limit: 100 }).catch(() => ({ items: [] }));
  const names = [...new Set([...items.map((role) => role.name), ...held])];
  return names.map((name) => ({ value: name, label: name, checked: held.includes(name) }));
}

async function createUser(done) {
  formDialog({
    title: 'Create a user', confirm: 'Create', testid: 'user-create-dialog',
    text: 'Without a password they get a mail with a link to choose one.',
    fields: [
      { name: 'email', label: 'E-mail address', type: 'email', required: true, maxlength: 254 },
      { name: 'name', label: 'Name (optional)', maxlength: 200 },
      { name: 'password', label: 'Password (optional)', type: 'password', autocomplete: 'new-password', hint: 'Long is good: a few words.' },
      { name: 'roles', label: 'Roles', options: await roleOptions(['user']) },
    ],
    async submit({ email, name, password, roles }) {
      await api.createUser({ email: email.trim(), roles, ...(name.trim() ? { name: name.trim() } : {}), ...(password ? { password } : {}) });
      toast(`Created ${email.trim()}`);
      await done();
    },
  });
}

async function editUser(id, done) {
  const { body: user, tag } = await api.userTagged(id);
  formDialog({
    title: `Edit ${user.email}`, confirm: 'Save', testid: 'user-edit-dialog',
    fields: [
      { name: 'email', label: 'E-mail address', type: 'email', required: true, maxlength: 254, value: user.email, hint: 'Another address has to be verified again.' },
      { name: 'name', label: 'Name (optional)', maxlength: 200, value: user.name ?? '' },
      { name: 'roles', label: 'Roles', options: await roleOptions(user.roles) },
      { name: 'disabled', label: 'State', choices: [{ value: 'false', label: 'Active' }, { value: 'true', label: 'Disabled: can’t log in, and nothing of theirs counts' }], value: String(user.disabled) },
    ],
    async submit({ email, name, roles, disabled }) {
      const changes = {};
      if (email.trim() !== user.email) changes.email = email.trim();
      if ((name.trim() || null) !== (user.name ?? null)) changes.name = name.trim() || null;
      if (roles.toSorted().join() !== user.roles.toSorted().join()) changes.roles = roles;
      if ((disabled === 'true') !== user.disabled) changes.disabled = disabled === 'true';
      if (Object.keys(changes).length > 0) await api.updateUser(id, changes, tag);
      toast(`Saved ${email.trim()}`);
      await done();
    },
  });
}

function logOut(user, who, done) {
  formDialog({
    title: 'Log out everywhere?', text: `Every session of ${who} ends, and their live connections close. API keys stay.`, confirm: 'Log out everywhere', danger: true, testid: 'user-logout-dialog',
    async submit() {
      await api.logOutUser(user.id);
      toast(`${who} is logged out`);
      await done();
    },
  });
}

function deleteUser(user, who, done) {
  formDialog({
    title: 'Delete this user?', text: `${who} can’t log in any more; their sessions, keys and connections end now. To keep the account for later, disable it instead.`, confirm: 'Delete the user', danger: true, testid: 'user-delete-dialog',
    async submit() {
      await api.deleteUser(user.id);
      toast(`Deleted ${who}`);
      await done();
    },
  });
}

function importUsers(done) {
  importDialog({
    title: 'Import users', path: '/api/v1/users/import', testid: 'users-import-dialog', done,
    text: 'A CSV file with a header. The column email is needed; an export has the form.',
  });
}
