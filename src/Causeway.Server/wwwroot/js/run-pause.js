// The column with run, pause and resume that loops and schedules have.
import { h, show } from './dom.js';
import { errorBox } from './errors.js';
import { icon } from './icons.js';
import { toast } from './toast.js';

/**
 * @param {string} noun what a row is, for test ids
 * @param {string} ran what is said of one that was run, before its name
 * @param {(name: string, action: string) => Promise} call does it
 * @param {() => Promise} load reads the rows again
 * @param {HTMLElement} problem where a failure is shown
 */
export function runPauseColumn({ noun, ran, call, load, problem }) {
  async function operate(name, action, done) {
    try {
      await call(name, action);
      toast(`${done} ${name}`);
      await load();
    } catch (error) {
      if (error.status !== 401) problem.replaceChildren(errorBox(error, load));
    }
  }

  function build(item) {
    const { name } = item;
    const button = (action, label, symbol, done) => h('button', {
      type: 'button', class: 'icon-button', 'aria-label': `${label} ${name}`, title: label, 'data-testid': `${noun}-${action}`, 'data-action': action, onclick: () => operate(name, action, done),
    }, icon(symbol));
    const row = h('span', { class: 'row-actions' },
      button('run', 'Run now', 'bolt', ran),
      button('pause', 'Pause', 'pause', 'Paused'),
      button('resume', 'Resume', 'play', 'Resumed'));
    refresh(row, item);
    return row;
  }

  return { name: 'Actions', hiddenName: true, class: 'actions', build, refresh };
}

/** One of the two is shown; a focus on the one that goes moves to the other. */
function refresh(row, item) {
  const [pause, resume] = ['pause', 'resume'].map((action) => row.querySelector(`[data-action=${action}]`));
  const had = document.activeElement;
  show(pause, !item.paused);
  show(resume, item.paused);
  if (had === pause && item.paused) resume.focus();
  if (had === resume && !item.paused) pause.focus();
}
