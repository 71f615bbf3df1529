// Background loops: what they do, how the last run went, when the next comes; run, pause, resume.
import { api } from '../api.js';
import { everyWhileVisible, h, setText } from '../dom.js';
import { errorBox } from '../errors.js';
import { clock, count, dateTime, duration, joined, milliseconds } from '../format.js';
import { runPauseColumn } from '../run-pause.js';
import { table } from '../table.js';

const REFRESH = 1000;
const words = {
  waiting: 'Waiting', running: 'Running', backing_off: 'Backing off', paused: 'Paused', stuck: 'Stuck', failed: 'Failed', stopped: 'Stopped',
};

export function mount(root) {
  const problem = h('div', { role: 'alert' });
  const list = table({
    caption: 'Background loops',
    testid: 'loops-table',
    keyOf: (loop) => loop.name,
    columns: [
      { name: 'Loop', row: true, class: 'main-column', build: nameCell, refresh: refreshName },
      { name: 'State', text: (loop) => words[loop.state] ?? loop.state, title: (loop) => (loop.left_behind > 0 ? `${count(loop.left_behind)} iterations did not come back and may still be at work` : '') },
      { name: 'Last run', class: 'number wide', text: (loop) => (loop.last_run_at ? clock(loop.last_run_at) : '–'), title: (loop) => (loop.last_run_at ? dateTime(loop.last_run_at) : '') },
      { name: 'Took', class: 'number wide', text: (loop) => (loop.last_duration_seconds === null ? '–' : joined(milliseconds(loop.last_duration_seconds * 1000))) },
      { name: 'Next', class: 'number', text: next, title: (loop) => (loop.next_run_at ? dateTime(loop.next_run_at) : '') },
      { name: 'Failures', class: 'number wide', text: (loop) => count(loop.failures), title: (loop) => (loop.failures_in_row > 0 ? `${count(loop.failures_in_row)} in a row` : '') },
      runPauseColumn({ noun: 'loop', ran: 'Asked for a run of', call: api.operateLoop, load, problem }),
    ],
    empty: h('p', {}, 'This server has no loops.'),
  });
  root.append(h('div', { class: 'list-page' },
    h('div', { class: 'page-head' }, h('h1', { tabindex: '-1' }, 'Loops')),
    problem, list.element));

  async function load() {
    try {
      const { items } = await api.loops();
      problem.replaceChildren();
      list.update(items);
    } catch (error) {
      if (error.status === 401) return;
      problem.replaceChildren(errorBox(error, load));
    }
  }

  return everyWhileVisible(REFRESH, load);
}

function next(loop) {
  if (!loop.next_run_at) return '–';
  const seconds = (Date.parse(loop.next_run_at) - Date.now()) / 1000;
  return seconds < 1 ? 'now' : `in ${duration(seconds)}`;
}

function nameCell(loop) {
  const cell = h('span', { class: 'room-name' },
    h('span', {}, loop.name, loop.critical ? h('span', { class: 'badge', title: 'The process ends when this loop fails too often' }, 'critical') : null),
    h('span', { class: 'room-title' }));
  refreshName(cell, loop);
  return cell;
}

function refreshName(cell, loop) {
  const note = cell.lastElementChild;
  setText(note, loop.last_error ?? `every ${duration(loop.interval_seconds)}`);
  note.title = loop.last_error ?? '';
}
