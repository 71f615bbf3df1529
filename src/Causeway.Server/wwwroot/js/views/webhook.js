// What was sent to one endpoint and what came of it; one or all that failed are sent again.
import { api } from '../api.js';
import { copyButton } from '../copy.js';
import { dialog, formDialog } from '../dialog.js';
import { h, setText, show } from '../dom.js';
import { ago, clock, count, dateTime } from '../format.js';
import { icon } from '../icons.js';
import { mountList } from '../list-page.js';
import { toast } from '../toast.js';
import { jobTabs } from './job-tabs.js';

const REFRESH = 2000;
const states = { pending: ['warn', 'Under way'], succeeded: ['good', 'Taken'], failed: ['bad', 'Failed'] };

export function mount(root, { params, query }) {
  const list = mountList(root, {
    title: 'Deliveries', tabs: jobTabs('webhooks'), path: `/webhooks/${params.id}`, query, testid: 'deliveries-table', sort: '-created_at', refresh: REFRESH,
    search: { label: 'Events that begin with', placeholder: 'Event', params: (text) => ({ 'event_type.prefix': text }) },
    filters: [{ name: 'state', label: 'State', choices: [{ value: '', label: 'All' }, ...Object.entries(states).map(([value, [, label]]) => ({ value, label }))] }],
    actions: [h('button', { type: 'button', class: 'button', 'data-testid': 'replay-failed', onclick: () => replayFailed(params.id, list.load) }, icon('restart'), 'Send what failed again')],
    keyOf: (delivery) => delivery.id,
    columns: [
      { name: 'Event', row: true, class: 'main-column', build: nameCell, refresh: refreshName },
      { name: 'State', build: () => h('span', { class: 'state-mark' }), refresh: refreshState },
      { name: 'Answer', class: 'number', text: (delivery) => (delivery.status === null ? '–' : String(delivery.status)) },
      { name: 'Took', class: 'number wide', text: (delivery) => (delivery.duration_ms === null ? '–' : `${count(delivery.duration_ms)} ms`) },
      { name: 'Tries', class: 'number wide', text: (delivery) => count(delivery.attempts) },
      { name: 'When', sort: 'created_at', class: 'number wide', text: (delivery) => ago(delivery.created_at), title: (delivery) => dateTime(delivery.created_at) },
      { name: 'Actions', hiddenName: true, class: 'actions', build: (delivery) => actions(params.id, delivery, () => list.load()), refresh: refreshActions },
    ],
    empty: [h('p', {}, h('strong', {}, 'Nothing was sent yet.')), h('p', {}, 'What happens from now on and was asked for appears here.')],
    none: 'No delivery fits.',
    fetch: (asked) => api.deliveries(params.id, asked),
  });
  return list.stop;
}

function nameCell() {
  return h('span', { class: 'room-name' }, h('strong', {}), h('span', { class: 'room-title' }));
}

function refreshName(cell, delivery) {
  setText(cell.firstElementChild, delivery.event_type);
  setText(cell.lastElementChild, delivery.error ?? '');
  cell.title = delivery.event_id;
}

function refreshState(cell, delivery) {
  const [tone, word] = states[delivery.state] ?? ['', delivery.state];
  cell.dataset.tone = tone;
  setText(cell, delivery.state === 'pending' && delivery.attempts > 0 ? 'To be retried' : word);
}

function actions(webhook, delivery, done) {
  const button = (words, name, testid, run) => h('button', { type: 'button', class: 'icon-button', 'aria-label': `${words} ${delivery.event_type}`, title: words, 'data-testid': testid, onclick: run }, icon(name));
  const row = h('span', { class: 'row-actions' },
    button('Details of', 'braces', 'delivery-details', () => showDetails(webhook, delivery.id)),
    button('Send again:', 'restart', 'delivery-replay', async () => {
      try {
        await api.replayDelivery(webhook, delivery.id);
        toast('It is sent again');
      } catch (error) {
        toast(error.message);
      }
      await done();
    }));
  refreshActions(row, delivery);
  return row;
}

function refreshActions(row, delivery) {
  show(row.querySelector('[data-testid=delivery-replay]'), delivery.state !== 'pending');
}

function replayFailed(webhook, done) {
  formDialog({
    title: 'Send what failed again', confirm: 'Send again', testid: 'replay-dialog',
    fields: [{ name: 'hours', label: 'What failed within', choices: [{ value: '1', label: 'the last hour' }, { value: '24', label: 'the last day' }, { value: '168', label: 'the last week' }], value: '24' }],
    async submit({ hours }) {
      const { replayed, has_more: hasMore } = await api.replayFailed(webhook, { since: new Date(Date.now() - Number(hours) * 3_600_000).toISOString() });
      toast(replayed === 0 ? 'Nothing failed' : `${count(replayed)} ${replayed === 1 ? 'delivery is' : 'deliveries are'} sent again${hasMore ? '; there are more' : ''}`);
      await done();
    },
  });
}

async function showDetails(webhook, id) {
  let details;
  try {
    details = await api.delivery(webhook, id);
  } catch (error) {
    toast(error.message);
    return;
  }
  const { delivery, body, tries } = details;
  const shown = dialog({
    title: delivery.event_type, testid: 'delivery-dialog',
    content: h('div', { class: 'form' },
      h('dl', { class: 'facts' }, [['Delivery', delivery.id], ['Event', delivery.event_id], ['Job', delivery.job_id]].filter(([, value]) => value).map(([name, value]) => h('div', {}, h('dt', {}, name), h('dd', {}, value)))),
      h('h3', {}, 'What is sent'),
      h('pre', { class: 'entry-text', tabindex: '0', role: 'region', 'aria-label': 'What is sent' }, JSON.stringify(body, null, 2)),
      tries.length > 0 ? h('h3', {}, 'Tries') : null,
      tries.map((one) => h('details', { class: 'other-way', 'data-testid': 'delivery-try' },
        h('summary', {}, `Try ${one.number}, ${clock(one.at)}: ${one.error ?? `taken with ${one.status}`} (${count(one.duration_ms)} ms)`),
        h('pre', { class: 'entry-text', tabindex: '0', role: 'region', 'aria-label': `Answer to try ${one.number}` }, one.answer ?? 'It said nothing.'))),
      h('div', { class: 'dialog-actions' },
        copyButton(() => JSON.stringify(details, null, 2), 'Copy the delivery', { words: 'Copy' }),
        h('button', { type: 'button', class: 'button primary', onclick: () => shown.close() }, 'Close'))),
  });
  shown.element.classList.add('wide-dialog');
}
