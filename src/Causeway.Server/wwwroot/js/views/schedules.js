// Schedules: when each makes its next job, and run, pause, resume.
import { api } from '../api.js';
import { everyWhileVisible, h, setText, show } from '../dom.js';
import { errorBox } from '../errors.js';
import { ago, dateTime, duration } from '../format.js';
import { icon } from '../icons.js';
import { table } from '../table.js';
import { toast } from '../toast.js';
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
      { name: 'Actions', hiddenName: true, class: 'actions', build: actions, refresh: refreshActions },
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

  async function operate(name, action, done) {
    try {
      await api.operateSchedule(name, action);
      toast(`${done} ${name}`);
      await load();
    } catch (error) {
      if (error.status !== 401) problem.replaceChildren(errorBox(error, load));
    }
  }

  function actions(schedule) {
    const { name } = schedule;
    const button = (action, label, symbol, done) => h('button', {
      type: 'button', class: 'icon-button', 'aria-label': `${label} ${name}`, title: label, 'data-testid': `schedule-${action}`, 'data-action': action, onclick: () => operate(name, action, done),
    }, icon(symbol));
    const row = h('span', { class: 'row-actions' },
      button('run', 'Run now', 'bolt', 'Made a job of'),
      button('pause', 'Pause', 'pause', 'Paused'),
      button('resume', 'Resume', 'play', 'Resumed'));
    refreshActions(row, schedule);
    return row;
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

/** One of the two is shown; a focus on the one that goes moves to the other. */
function refreshActions(row, schedule) {
  const [pause, resume] = ['pause', 'resume'].map((action) => row.querySelector(`[data-action=${action}]`));
  const had = document.activeElement;
  show(pause, !schedule.paused);
  show(resume, schedule.paused);
  if (had === pause && schedule.paused) resume.focus();
  if (had === resume && !schedule.paused) pause.focus();
}
