// Webhooks: who is told of what, how it stands with each endpoint, and its keys, which are shown once.
import { api } from '../api.js';
import { copyButton } from '../copy.js';
import { dialog, formDialog } from '../dialog.js';
import { h, setAttribute, setText } from '../dom.js';
import { ago, count, dateTime } from '../format.js';
import { icon } from '../icons.js';
import { mountList } from '../list-page.js';
import { toast } from '../toast.js';
import { words } from './access-tabs.js';
import { jobTabs } from './job-tabs.js';

const EVENTS = [
  'connection.connected', 'connection.disconnected', 'room.joined', 'room.left', 'room.published', 'room.created', 'room.updated', 'room.deleted',
  'user.created', 'user.updated', 'user.deleted', 'node.started', 'node.lost',
];

export function mount(root, { query }) {
  const list = mountList(root, {
    title: 'Webhooks', tabs: jobTabs('webhooks'), path: '/webhooks', query, testid: 'webhooks-table', sort: '-created_at',
    search: { label: 'Addresses that contain', placeholder: 'Address', params: (text) => ({ 'url.contains': text }) },
    filters: [{ name: 'active', label: 'State', choices: [{ value: '', label: 'All' }, { value: 'true', label: 'On' }, { value: 'false', label: 'Off' }] }],
    actions: [h('button', { type: 'button', class: 'button primary', 'data-testid': 'webhook-create', onclick: () => create(list.load) }, icon('plus'), 'Create a webhook')],
    keyOf: (webhook) => webhook.id,
    columns: [
      { name: 'Endpoint', row: true, class: 'main-column', build: nameCell, refresh: refreshName },
      { name: 'Events', class: 'wide', text: (webhook) => words(webhook.events, 2), title: (webhook) => [...webhook.events, ...(webhook.rooms ?? []).map((room) => `in ${room}`)].join('\n') },
      { name: 'State', build: () => h('span', { class: 'state-mark' }), refresh: refreshState },
      { name: 'Took one', class: 'number wide', text: (webhook) => ago(webhook.last_success_at), title: (webhook) => (webhook.last_success_at ? dateTime(webhook.last_success_at) : 'Never') },
      { name: 'Made', sort: 'created_at', class: 'number wide', text: (webhook) => ago(webhook.created_at), title: (webhook) => dateTime(webhook.created_at) },
      { name: 'Actions', hiddenName: true, class: 'actions', build: (webhook) => actions(webhook, () => list.load()), refresh: refreshActions },
    ],
    empty: [h('p', {}, h('strong', {}, 'Nobody is told of anything yet.')), h('p', {}, 'A webhook posts what happens to an address of yours: signed, tried again until it is taken, and kept for a week.')],
    none: 'No webhook fits.',
    fetch: (params) => api.webhooks(params),
  });
  return list.stop;
}

function nameCell(webhook) {
  return h('span', { class: 'room-name' }, h('a', { href: `#/webhooks/${webhook.id}`, 'data-testid': 'webhook-link' }, webhook.url), h('span', { class: 'room-title' }));
}

function refreshName(cell, webhook) {
  setText(cell.firstElementChild, webhook.url);
  setText(cell.lastElementChild, webhook.circuit.failures_in_row > 0 ? webhook.last_error ?? '' : webhook.description ?? '');
}

function refreshState(cell, webhook) {
  const [tone, word] = stateOf(webhook);
  cell.dataset.tone = tone;
  setText(cell, word);
  cell.title = webhook.circuit.failures_in_row > 0 ? `${count(webhook.circuit.failures_in_row)} failures in a row` : '';
}

export function stateOf(webhook) {
  if (!webhook.active) return ['', 'Off'];
  if (webhook.circuit.state === 'open') return ['bad', 'Left alone'];
  if (webhook.circuit.state === 'half_open') return ['warn', 'To be tried'];
  return webhook.circuit.failures_in_row > 0 ? ['warn', 'Failing'] : ['good', 'On'];
}

function actions(webhook, done) {
  const button = (words, name, testid, run) => h('button', { type: 'button', class: 'icon-button', 'aria-label': `${words} ${webhook.url}`, title: words, 'data-testid': testid, onclick: run }, icon(name));
  let active = webhook.active;
  const row = h('span', { class: 'row-actions' },
    button('Send a test to', 'send', 'webhook-test', () => attempt(() => api.testWebhook(webhook.id), 'A test event is on its way', done)),
    button('Switch off', 'pause', 'webhook-switch', () => attempt(() => api.updateWebhook(webhook.id, { active: !active }), active ? 'It is told of nothing more' : 'It is told again', done)),
    button('Another key for', 'restart', 'webhook-rotate', () => rotate(webhook, done)),
    button('Delete', 'trash', 'webhook-delete', () => remove(webhook, done)));
  row.follow = (now) => {
    active = now.active;
    const words = active ? 'Switch off' : 'Switch on';
    const button = row.querySelector('[data-testid=webhook-switch]');
    setAttribute(button, 'aria-label', `${words} ${now.url}`);
    setAttribute(button, 'title', words);
    button.replaceChildren(icon(active ? 'pause' : 'play'));
  };
  return row;
}

function refreshActions(row, webhook) {
  row.follow(webhook);
}

async function attempt(run, word, done) {
  try {
    await run();
    toast(word);
  } catch (error) {
    toast(error.message);
  }
  await done();
}

const lines = (text) => text.split(/\s+/).filter(Boolean);

function create(done) {
  formDialog({
    title: 'Create a webhook', confirm: 'Create', testid: 'webhook-dialog',
    fields: [
      { name: 'url', label: 'Address', required: true, maxlength: 2000, type: 'url', hint: 'Events are posted there.' },
      { name: 'description', label: 'What it is for', maxlength: 500 },
      { name: 'events', label: 'Events', options: EVENTS.map((event) => ({ value: event, label: event })) },
      { name: 'rooms', label: 'Only these rooms, one on each line', rows: 3, hint: 'As in lobby or orders:*; all where nothing stands here.' },
    ],
    async submit({ url, description, events, rooms }) {
      const created = await api.createWebhook({
        url: url.trim(),
        events,
        ...(description.trim() ? { description: description.trim() } : {}),
        ...(lines(rooms).length > 0 ? { rooms: lines(rooms) } : {}),
      });
      await done();
      setTimeout(() => showSecret(created));
    },
  });
}

function rotate(webhook, done) {
  formDialog({
    title: 'Another key?', text: `What is sent to ${webhook.url} is signed with both keys until the one so far ends.`, confirm: 'Make a key', testid: 'webhook-rotate-dialog',
    fields: [{ name: 'hours', label: 'The key so far signs for', choices: [{ value: '24', label: 'a day' }, { value: '168', label: 'a week' }, { value: '0', label: 'no longer: it is void at once' }], value: '24' }],
    async submit({ hours }) {
      const rotated = await api.rotateWebhookSecret(webhook.id, { overlap_hours: Number(hours) });
      await done();
      setTimeout(() => showSecret(rotated));
    },
  });
}

function showSecret(webhook) {
  const shown = dialog({
    title: 'The key that signs', testid: 'webhook-secret-dialog',
    content: h('div', { class: 'form' },
      h('p', {}, 'Copy it now: it is shown this once.'),
      h('p', { class: 'secret' }, h('code', { tabindex: '0', 'data-testid': 'webhook-secret' }, webhook.secret), copyButton(() => webhook.secret, 'Copy the key', { testid: 'webhook-copy' })),
      h('p', { class: 'hint' }, 'Requests carry ', h('code', {}, 'Causeway-Signature'), ': check it, or anybody can tell your backend anything.'),
      h('div', { class: 'dialog-actions' }, h('button', { type: 'button', class: 'button primary', onclick: () => shown.close() }, 'I have it'))),
  });
  shown.element.querySelector('[data-testid=webhook-copy]').focus();
}

function remove(webhook, done) {
  formDialog({
    title: 'Delete this webhook?', text: `${webhook.url} is told of nothing more; what waits to be sent, and what is known of what was, is gone.`, confirm: 'Delete the webhook', danger: true, testid: 'webhook-delete-dialog',
    async submit() {
      await api.deleteWebhook(webhook.id);
      toast('The webhook is gone');
      await done();
    },
  });
}
