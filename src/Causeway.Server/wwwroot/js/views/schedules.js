// Schedules: when each makes its next job, and run, pause, resume.
import { api } from '../api.js';
import { everyWhileVisible, h, setText } from '../dom.js';
import { errorBox } from '../errors.js';
import { ago, dateTime, duration } from '../format.js';
import { runPauseColumn } from '../run-pause.js';
import { table } from '../table.js';
import { jobTabs } from './job-tabs.js';

const REFRESH = 1000;

export function mount(root) {
  const problem = h('div', { role: 'alert' });
  const list = table({
    caption: 'Schedules',
    testid: 'schedules-table',
    keyOf: (schedule) => schedule.name,
    columns: [
      { name: 'Schedule', row: true, class: 'main-column', build: nameCell, refresh: refreshName },
      { name: 'When', class: 'mono wide', text: (schedule) => schedule.cron, title: (schedule) => schedule.time_zone },
      { name: 'Last', class: 'number wide', text: (schedule) => ago(schedule.last_at), title: (schedule) => (schedule.last_at ? dateTime(schedule.last_at) : 'Never') },
      { name: 'Next', class: 'number', text: next, title: (schedule) => (schedule.next_at ? dateTime(schedule.next_at) : '') },
      runPauseColumn({ noun: 'schedule', ran: 'Made a job of', call: api.operateSchedule, load, problem }),
    ],
    empty: [h('p', {}, h('strong', {}, 'This server has no schedules.')), h('p', {}, 'What an application is to do by the clock appears here.')],
  });
  root.append(h('div', { class: 'list-page' },
    h('div', { class: 'page-head' }, h('h1', { tabindex: '-1' }, 'Schedules')),
    jobTabs('schedules'), problem, list.element));

  async function load() {
    try {
      const { items } = await api.schedules();
      problem.replaceChildren();
      list.update(items);
    } catch (error) {
      if (error.status === 401) return;
      problem.replaceChildren(errorBox(error, load));
    }
  }

  return everyWhileVisible(REFRESH, load);
}

function next(schedule) {
  if (schedule.paused) return 'Paused';
  if (!schedule.next_at) return 'Never';
  const seconds = (Date.parse(schedule.next_at) - Date.now()) / 1000;
  return seconds < 1 ? 'now' : `in ${duration(seconds)}`;
}

function nameCell(schedule) {
  const cell = h('span', { class: 'room-name' }, h('strong', {}, schedule.name), h('span', { class: 'room-title' }));
  refreshName(cell, schedule);
  return cell;
}

function refreshName(cell, schedule) {
  setText(cell.lastElementChild, schedule.kind);
}
