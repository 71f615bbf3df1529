// The audit log: what was done to accounts, keys, rooms and the service, by whom, and what was refused.
import { api } from '../api.js';
import { copyButton } from '../copy.js';
import { dialog } from '../dialog.js';
import { h, setText } from '../dom.js';
import { clock, dateTime, dayTime } from '../format.js';
import { icon } from '../icons.js';
import { mountList } from '../list-page.js';
import { downloadButton } from '../transfers.js';
import { accessTabs } from './access-tabs.js';

const outcomes = { success: ['good', 'Done'], refused: ['warn', 'Refused'], failed: ['bad', 'Failed'] };
const spans = [{ value: '', label: 'Any time' }, { value: '3600', label: 'Last hour' }, { value: '86400', label: 'Last day' }, { value: '604800', label: 'Last week' }];

export function mount(root, { query }) {
  const list = mountList(root, {
    title: 'Audit log', tabs: accessTabs('audit'), path: '/audit', query, testid: 'audit-table',
    actions: [downloadButton('Export', '/api/v1/audit/export.csv', () => list.asked(), 'audit-export')],
    search: { label: 'Acts that begin with', placeholder: 'Act, as in auth.login', params: (text) => ({ 'action.prefix': text }) },
    filters: [
      { name: 'outcome', label: 'Outcome', choices: [{ value: '', label: 'All' }, ...Object.entries(outcomes).map(([value, [, label]]) => ({ value, label }))] },
      { name: 'since', label: 'When', choices: spans, params: (value) => ({ 'at.gte': new Date(Date.now() - Number(value) * 1000).toISOString() }) },
    ],
    keyOf: (entry) => entry.id,
    columns: [
      { name: 'When', text: (entry) => `${dayTime(entry.at).split(',')[0]}, ${clock(entry.at)}`, title: (entry) => dateTime(entry.at) },
      { name: 'Act', row: true, class: 'main-column', build: (entry) => h('span', { class: 'room-name' }, h('code', {}, entry.action), h('span', { class: 'room-title' }, entry.target ?? '')) },
      { name: 'Who', class: 'wide', text: (entry) => entry.user_email ?? entry.actor, title: (entry) => entry.actor },
      { name: 'From', class: 'wide mono', text: (entry) => entry.address ?? '–' },
      { name: 'Outcome', build: () => h('span', { class: 'state-mark' }), refresh: refreshOutcome },
      { name: 'Actions', hiddenName: true, class: 'actions', build: detailsButton },
    ],
    empty: h('p', {}, 'Nothing has been written down yet.'),
    none: 'Nothing fits.',
    fetch: (params) => api.audit(params),
  });
  return list.stop;
}

function refreshOutcome(cell, entry) {
  const [tone, word] = outcomes[entry.outcome] ?? ['', entry.outcome];
  cell.dataset.tone = tone;
  setText(cell, word);
}

function detailsButton(entry) {
  return h('button', { type: 'button', class: 'icon-button', 'aria-label': `Details of ${entry.action}`, title: 'Details', 'data-testid': 'audit-details', onclick: () => showDetails(entry) }, icon('braces'));
}

function showDetails(entry) {
  const text = JSON.stringify(entry, null, 2);
  const shown = dialog({
    title: entry.action, testid: 'audit-dialog',
    content: h('div', { class: 'form' },
      h('pre', { class: 'entry-text', tabindex: '0', role: 'region', 'aria-label': 'The whole entry' }, text),
      h('div', { class: 'dialog-actions' }, copyButton(() => text, 'Copy the entry', { words: 'Copy' }), h('button', { type: 'button', class: 'button primary', onclick: () => shown.close() }, 'Close'))),
  });
  shown.element.classList.add('wide-dialog');
}
