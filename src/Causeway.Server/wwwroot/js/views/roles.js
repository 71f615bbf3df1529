// Roles: names for what several accounts may do.
import { api } from '../api.js';
import { formDialog } from '../dialog.js';
import { h } from '../dom.js';
import { icon } from '../icons.js';
import { mountList } from '../list-page.js';
import { toast } from '../toast.js';
import { accessTabs, chosenPermissions, permissionFields, words } from './access-tabs.js';

const builtIn = { admin: 'May do everything. Belongs to the service.', user: 'Whoever registers has it. Belongs to the service.' };

export function mount(root, { query }) {
  const list = mountList(root, {
    title: 'Roles', tabs: accessTabs('roles'), path: '/roles', query, testid: 'roles-table',
    actions: [h('button', { type: 'button', class: 'button primary', 'data-testid': 'role-create', onclick: () => createRole(list.load) }, icon('plus'), 'Create a role')],
    keyOf: (role) => role.name,
    columns: [
      { name: 'Role', row: true, class: 'main-column', build: (role) => h('span', { class: 'room-name' }, h('strong', {}, role.name), h('span', { class: 'room-title' }, role.description ?? builtIn[role.name] ?? '')) },
      { name: 'Permissions', text: (role) => words(role.permissions), title: (role) => role.permissions.join('\n') },
      { name: 'Actions', hiddenName: true, class: 'actions', build: (role) => actions(role, () => list.load()) },
    ],
    empty: h('p', {}, 'There is no role.'),
    fetch: (params) => api.roles(params),
  });
  return list.stop;
}

function actions(role, done) {
  return h('span', { class: 'row-actions' },
    role.name === 'admin' ? null : h('button', { type: 'button', class: 'icon-button', 'aria-label': `Edit ${role.name}`, title: 'Edit', 'data-testid': 'role-edit', onclick: () => editRole(role.name, done) }, icon('edit')),
    builtIn[role.name] ? null : h('button', { type: 'button', class: 'icon-button wide', 'aria-label': `Delete ${role.name}`, title: 'Delete', 'data-testid': 'role-delete', onclick: () => deleteRole(role.name, done) }, icon('trash')));
}

function createRole(done) {
  formDialog({
    title: 'Create a role', confirm: 'Create', testid: 'role-dialog',
    fields: [
      { name: 'name', label: 'Name', required: true, maxlength: 64, pattern: '[a-z][a-z0-9_\\-]*', hint: 'Small letters, digits, _ and -; begins with a letter.' },
      { name: 'description', label: 'What it is for (optional)', maxlength: 200 },
      ...permissionFields([], 'permissions', 'Permissions'),
    ],
    submit: ({ name, description, permissions, others }) => save(name.trim(), description, chosenPermissions(permissions, others), null, done),
  });
}

async function editRole(name, done) {
  const { body: role, tag } = await api.roleTagged(name);
  formDialog({
    title: `Edit ${name}`, confirm: 'Save', testid: 'role-dialog', text: 'What changes here holds for everybody with the role within a second, live connections included.',
    fields: [{ name: 'description', label: 'What it is for (optional)', maxlength: 200, value: role.description ?? '' }, ...permissionFields(role.permissions, 'permissions', 'Permissions')],
    submit: ({ description, permissions, others }) => save(name, description, chosenPermissions(permissions, others), tag, done),
  });
}

async function save(name, description, permissions, tag, done) {
  await api.putRole(name, { permissions, ...(description.trim() ? { description: description.trim() } : {}) }, tag);
  toast(`Saved ${name}`);
  await done();
}

function deleteRole(name, done) {
  formDialog({
    title: 'Delete this role?', text: `Whoever has ${name} loses what it allows, within a second.`, confirm: 'Delete the role', danger: true, testid: 'role-delete-dialog',
    async submit() {
      await api.deleteRole(name);
      toast(`Deleted ${name}`);
      await done();
    },
  });
}
