// The pages about who may do what belong together: one entry in the navigation, tabs between them.
import { h } from '../dom.js';

const tabs = [['users', '#/users', 'Users'], ['roles', '#/roles', 'Roles'], ['api-keys', '#/api-keys', 'API keys'], ['audit', '#/audit', 'Audit log']];

export function accessTabs(current) {
  return h('nav', { class: 'sub-nav', 'aria-label': 'Access' }, tabs.map(([name, href, words]) => h('a', { href, 'aria-current': name === current ? 'page' : null, 'data-testid': `tab-${name}` }, words)));
}

// What the server knows to ask for; rooms and wildcards are typed.
export const PERMISSIONS = [
  'users:read', 'users:write', 'roles:read', 'roles:write', 'api_keys:read', 'api_keys:write', 'rooms:read', 'rooms:write', 'files:read', 'files:write',
  'connections:read', 'connections:write', 'loops:read', 'loops:write', 'jobs:read', 'jobs:write', 'webhooks:read', 'webhooks:write', 'backends:read', 'backends:write', 'streams:read', 'config:read', 'metrics:read', 'audit:read',
];

/** The fields that choose permissions: those the server knows, and any others. */
export function permissionFields(held, name, label) {
  const known = new Set(PERMISSIONS);
  return [
    { name, label, options: PERMISSIONS.map((permission) => ({ value: permission, label: permission, checked: held.includes(permission) })) },
    {
      name: 'others', label: 'Others, one on each line', rows: 3, value: held.filter((permission) => !known.has(permission)).join('\n'),
      hint: 'As in publish:news:* or join:lobby; a * at the end stands for any rest, and alone for everything.',
    },
  ];
}

/** All that was chosen with them. */
export const chosenPermissions = (ticked, others) => [...new Set([...ticked, ...others.split(/\s+/).filter(Boolean)])];

export const words = (list, most = 4) => (list.length === 0 ? '–' : list.length > most ? `${list.slice(0, most).join(', ')} and ${list.length - most} more` : list.join(', '));
