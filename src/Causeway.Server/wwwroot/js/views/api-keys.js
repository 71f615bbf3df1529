// API keys: credentials for servers. The secret is shown once, when a key is made.
import { api } from '../api.js';
import { copyButton } from '../copy.js';
import { dialog, formDialog } from '../dialog.js';
import { h, setText } from '../dom.js';
import { ago, dateTime } from '../format.js';
import { icon } from '../icons.js';
import { mountList } from '../list-page.js';
import { toast } from '../toast.js';
import { accessTabs, chosenPermissions, permissionFields, words } from './access-tabs.js';

const lives = [{ value: '30', label: '30 days' }, { value: '90', label: '90 days' }, { value: '365', label: 'a year' }, { value: '', label: 'until it is revoked' }];

export function mount(root, { query }) {
  const list = mountList(root, {
    title: 'API keys', tabs: accessTabs('api-keys'), path: '/api-keys', query, testid: 'keys-table', sort: '-created_at',
    actions: [h('button', { type: 'button', class: 'button primary', 'data-testid': 'key-create', onclick: () => createKey(list.load) }, icon('plus'), 'Create a key')],
    keyOf: (key) => key.id,
    columns: [
      { name: 'Key', sort: 'name', row: true, class: 'main-column', build: (key) => h('span', { class: 'room-name' }, h('strong', {}, key.name), h('code', { class: 'room-title' }, `${key.prefix}…`)) },
      { name: 'May', class: 'wide', text: (key) => words(key.scopes, 2), title: (key) => key.scopes.join('\n') },
      { name: 'State', build: () => h('span', { class: 'state-mark' }), refresh: refreshState },
      { name: 'Last used', sort: 'last_used_at', class: 'number wide', text: (key) => ago(key.last_used_at), title: (key) => (key.last_used_at ? `${dateTime(key.last_used_at)}${key.last_used_address ? ` from ${key.last_used_address}` : ''}` : 'Never') },
      { name: 'Ends', sort: 'expires_at', class: 'number wide', text: (key) => (key.expires_at ? dateTime(key.expires_at) : 'never') },
      { name: 'Actions', hiddenName: true, class: 'actions', build: (key) => actions(key, () => list.load()) },
    ],
    empty: [h('p', {}, h('strong', {}, 'There is no key yet.')), h('p', {}, 'A key lets a server use the API: it is sent as ', h('code', {}, 'Authorization: Bearer cwk_…'), ' and may do what its scopes say, no more than its owner.')],
    fetch: (params) => api.apiKeys(params),
  });
  return list.stop;
}

function refreshState(cell, key) {
  const ended = key.expires_at && Date.parse(key.expires_at) <= Date.now();
  cell.dataset.tone = key.revoked_at ? 'bad' : ended ? 'warn' : 'good';
  setText(cell, key.revoked_at ? 'Revoked' : ended ? 'Expired' : 'Active');
  const button = cell.closest('tr')?.querySelector('[data-testid=key-revoke]');
  if (button) button.disabled = Boolean(key.revoked_at);
}

function actions(key, done) {
  const button = (words, name, testid, action, disabled) => h('button', { type: 'button', class: 'icon-button', 'aria-label': `${words} ${key.name}`, title: words, disabled, 'data-testid': testid, onclick: action }, icon(name));
  return h('span', { class: 'row-actions' },
    button('Revoke', 'stop', 'key-revoke', () => revoke(key, done), Boolean(key.revoked_at)),
    button('Delete', 'trash', 'key-delete', () => remove(key, done)));
}

function createKey(done) {
  formDialog({
    title: 'Create a key', confirm: 'Create', testid: 'key-dialog',
    fields: [
      { name: 'name', label: 'What it is for', required: true, maxlength: 200 },
      { name: 'days', label: 'It stands for', choices: lives, value: '90' },
      ...permissionFields([], 'scopes', 'What it may do'),
    ],
    async submit({ name, days, scopes, others }) {
      const created = await api.createApiKey({
        name: name.trim(),
        scopes: chosenPermissions(scopes, others),
        ...(days ? { expires_at: new Date(Date.now() + Number(days) * 86_400_000).toISOString() } : {}),
      });
      await done();
      setTimeout(() => showSecret(name.trim(), created.secret));
    },
  });
}

function showSecret(name, secret) {
  const shown = dialog({
    title: `The key ${name}`, testid: 'key-secret-dialog',
    content: h('div', { class: 'form' },
      h('p', {}, 'Copy it now: it is shown this once, and the server keeps only its hash.'),
      h('p', { class: 'secret' }, h('code', { tabindex: '0', 'data-testid': 'key-secret' }, secret), copyButton(() => secret, 'Copy the key', { testid: 'key-copy' })),
      h('p', { class: 'hint' }, 'It is sent as ', h('code', {}, 'Authorization: Bearer …'), '.'),
      h('div', { class: 'dialog-actions' }, h('button', { type: 'button', class: 'button primary', 'data-testid': 'key-done', onclick: () => shown.close() }, 'I have it'))),
  });
  shown.element.querySelector('[data-testid=key-copy]').focus();
}

function revoke(key, done) {
  formDialog({
    title: 'Revoke this key?', text: `Whatever uses ${key.name} is refused within a second, and its live connections close. A revoked key does not come back.`, confirm: 'Revoke the key', danger: true, testid: 'key-revoke-dialog',
    async submit() {
      await api.revokeApiKey(key.id);
      toast(`Revoked ${key.name}`);
      await done();
    },
  });
}

function remove(key, done) {
  formDialog({
    title: 'Delete this key?', text: `Whatever uses ${key.name} is refused within a second, and nothing here tells that there was such a key. Revoking keeps it in the list.`, confirm: 'Delete the key', danger: true, testid: 'key-delete-dialog',
    async submit() {
      await api.deleteApiKey(key.id);
      toast(`Deleted ${key.name}`);
      await done();
    },
  });
}
