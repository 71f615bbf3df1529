// Durable jobs: what waits, runs and failed, how far each is, and what may be done about it.
import { api } from '../api.js';
import { copyButton } from '../copy.js';
import { dialog, formDialog } from '../dialog.js';
import { h, setAttribute, setText, show } from '../dom.js';
import { ago, clock, count, dateTime, duration } from '../format.js';
import { icon } from '../icons.js';
import { mountList } from '../list-page.js';
import { toast } from '../toast.js';
import { jobTabs } from './job-tabs.js';
import { exportList, importFile, results } from './transfers.js';

const REFRESH = 1000;
const states = {
  waiting: ['', 'Waiting'], running: ['good', 'Running'], scheduled: ['warn', 'Scheduled'], succeeded: ['good', 'Succeeded'], dead: ['bad', 'Dead'], cancelled: ['', 'Cancelled'],
};
const reasons = { failed: 'Failed', timed_out: 'Took too long', lost: 'Its worker stopped answering', undecodable: 'Could not be read' };

export function mount(root, { query }) {
  const list = mountList(root, {
    title: 'Jobs', tabs: jobTabs('jobs'), path: '/jobs', query, testid: 'jobs-table', sort: '-created_at', refresh: REFRESH,
    actions: [
      h('button', { type: 'button', class: 'button', 'data-testid': 'export-create', onclick: () => exportList(list.load) }, 'Export a list'),
      h('button', { type: 'button', class: 'button', 'data-testid': 'import-create', onclick: () => importFile(list.load) }, 'Import a file'),
    ],
    search: { label: 'Kinds of jobs that begin with', placeholder: 'Kind', params: (text) => ({ 'kind.prefix': text }) },
    filters: [{ name: 'state', label: 'State', choices: [{ value: '', label: 'All' }, ...Object.entries(states).map(([value, [, label]]) => ({ value, label }))] }],
    keyOf: (job) => job.id,
    columns: [
      { name: 'Job', row: true, class: 'main-column', build: nameCell, refresh: refreshName },
      { name: 'State', build: () => h('span', { class: 'state-mark' }), refresh: refreshState },
      { name: 'Progress', class: 'wide job-progress', build: progressCell, refresh: refreshProgress },
      { name: 'Tries', class: 'number wide', text: (job) => `${count(job.attempts)} of ${count(job.max_attempts)}` },
      { name: 'When', sort: 'created_at', class: 'number wide', text: when, title: (job) => dateTime(job.finished_at ?? job.started_at ?? job.due_at) },
      { name: 'Actions', hiddenName: true, class: 'actions', build: (job) => actions(job, () => list.load()), refresh: refreshActions },
    ],
    empty: [h('p', {}, h('strong', {}, 'There are no jobs.')), h('p', {}, 'What the service has to do later, or again until it is done, appears here.')],
    none: 'No job fits.',
    fetch: (params) => api.jobs(params),
  });
  return list.stop;
}

function nameCell() {
  return h('span', { class: 'room-name' }, h('strong', {}), h('span', { class: 'room-title' }));
}

function refreshName(cell, job) {
  setText(cell.firstElementChild, job.kind);
  setText(cell.lastElementChild, job.last_error && job.state !== 'succeeded' ? job.last_error : `${job.queue}${job.schedule ? ` · ${job.schedule}` : ''}`);
  cell.title = job.id;
}

function refreshState(cell, job) {
  const [tone, word] = states[job.state] ?? ['', job.state];
  cell.dataset.tone = tone;
  setText(cell, job.cancel_asked_at ? 'Cancelling' : job.state === 'scheduled' && job.attempts > 0 ? 'To be retried' : word);
  cell.title = job.worker ? `On ${job.worker}` : '';
}

function progressCell() {
  return h('span', { class: 'progress' }, h('progress', {}), h('span', { class: 'hint' }));
}

/** A bar while it runs, or what it came to; a job that tells nothing shows nothing. */
function refreshProgress(cell, job) {
  const [bar, words] = cell.children;
  const { done, total, note } = job.progress ?? {};
  show(cell, job.progress !== null);
  show(bar, job.progress !== null && (total ?? 0) > 0);
  if (job.progress === null) return;
  setAttribute(bar, 'max', total ?? null);
  setAttribute(bar, 'value', total ? Math.min(done, total) : null);
  setAttribute(bar, 'aria-label', `Progress of ${job.kind}`);
  setText(words, [total ? `${count(done)} of ${count(total)}` : count(done), note].filter(Boolean).join(' · '));
}

function when(job) {
  if (job.finished_at) return ago(job.finished_at);
  if (job.state === 'running') return `for ${duration((Date.now() - Date.parse(job.started_at)) / 1000)}`;
  const seconds = (Date.parse(job.due_at) - Date.now()) / 1000;
  return seconds < 1 ? 'now' : `in ${duration(seconds)}`;
}

const isOver = (job) => ['succeeded', 'dead', 'cancelled'].includes(job.state);

function actions(job, done) {
  const button = (action, words, name, run) => h('button', {
    type: 'button', class: 'icon-button', 'aria-label': `${words} ${job.kind}`, title: words, 'data-testid': `job-${action}`, 'data-action': action, onclick: run,
  }, icon(name));
  const operate = (action, word) => async () => {
    try {
      await api.operateJob(job.id, action);
      toast(word);
    } catch (error) {
      toast(error.message);
    }
    await done();
  };
  const [resultOf] = results[job.kind] ?? [];
  const row = h('span', { class: 'row-actions' },
    resultOf ? button('result', resultOf, job.kind === 'export.file' ? 'download' : 'note', () => showResult(job)) : null,
    button('details', 'Details of', 'braces', () => showDetails(job.id)),
    button('retry', 'Begin now:', 'bolt', operate('retry', 'The job is begun now')),
    button('replay', 'Replay', 'restart', operate('replay', 'The job is begun anew')),
    button('cancel', 'Cancel', 'close', operate('cancel', 'The job is cancelled')),
    button('discard', 'Discard', 'trash', () => discard(job, done)));
  refreshActions(row, job);
  return row;
}

function refreshActions(row, job) {
  const hasResult = job.state === 'succeeded' && job.kind in results;
  const shown = { retry: job.state === 'scheduled', replay: isOver(job) && !hasResult, cancel: !isOver(job) && !job.cancel_asked_at, discard: isOver(job), result: hasResult };
  for (const [action, visible] of Object.entries(shown)) {
    const button = row.querySelector(`[data-action=${action}]`);
    if (button) show(button, visible);
  }
}

async function showResult({ id, kind }) {
  const [, open] = results[kind];
  try {
    await open(JSON.parse((await api.job(id)).args));
  } catch (error) {
    toast(error.status === 404 ? 'It is gone, or somebody else’s' : error.message, 6000);
  }
}

function discard(job, done) {
  formDialog({
    title: 'Discard the job', text: `${job.kind} and all that is known of it is deleted.`, confirm: 'Discard', danger: true, testid: 'job-discard-dialog',
    async submit() {
      await api.discardJob(job.id);
      toast('The job is gone');
      await done();
    },
  });
}

async function showDetails(id) {
  let details;
  try {
    details = await api.job(id);
  } catch (error) {
    toast(error.message);
    return;
  }
  const { job, args, failures } = details;
  const facts = [
    ['Id', job.id], ['Queue', job.queue], ['Priority', String(job.priority)], ['Enqueued', dateTime(job.created_at)], ['Due', dateTime(job.due_at)],
    ['Worker', job.worker], ['Schedule', job.schedule], ['Unique key', details.unique_key],
  ].filter(([, value]) => value);
  const shown = dialog({
    title: job.kind, testid: 'job-dialog',
    content: h('div', { class: 'form' },
      h('dl', { class: 'facts' }, facts.map(([name, value]) => h('div', {}, h('dt', {}, name), h('dd', {}, value)))),
      h('h3', {}, 'Arguments'),
      h('pre', { class: 'entry-text', tabindex: '0', role: 'region', 'aria-label': 'Arguments' }, pretty(args)),
      failures.length > 0 ? h('h3', {}, 'What went wrong') : null,
      failures.map((failure) => h('details', { class: 'other-way', 'data-testid': 'job-failure' },
        h('summary', {}, `Try ${failure.attempt}, ${clock(failure.at)}: ${reasons[failure.reason] ?? failure.reason}`),
        h('pre', { class: 'entry-text', tabindex: '0', role: 'region', 'aria-label': `Error of try ${failure.attempt}` }, failure.stack ?? failure.message))),
      h('div', { class: 'dialog-actions' },
        copyButton(() => JSON.stringify(details, null, 2), 'Copy the job', { words: 'Copy' }),
        h('button', { type: 'button', class: 'button primary', onclick: () => shown.close() }, 'Close'))),
  });
  shown.element.classList.add('wide-dialog');
}

/** Arguments that can't be read are shown as they are. */
function pretty(text) {
  try {
    return JSON.stringify(JSON.parse(text), null, 2);
  } catch {
    return text;
  }
}
