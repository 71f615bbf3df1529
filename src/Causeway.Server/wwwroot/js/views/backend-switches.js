// Start, stop and restart of a backend's process, in a row of the list and on its own page.
import { api } from '../api.js';
import { formDialog } from '../dialog.js';
import { h } from '../dom.js';
import { icon } from '../icons.js';
import { toast } from '../toast.js';

const runs = (process) => ['ready', 'starting'].includes(process.state);

/** `done()` loads what changed. → { elements, update(process) } */
export function switches(name, done, { icons = false } = {}) {
  const make = (action, label, symbol, act) => h('button', {
    type: 'button',
    class: icons ? 'icon-button' : 'button',
    'aria-label': icons ? `${label} ${name}` : null,
    title: icons ? label : null,
    'data-testid': `backend-${action}`,
    onclick: act,
  }, icon(symbol), icons ? null : label);
  const order = async (act, told) => {
    await act(name);
    toast(`${told} ${name}`);
    await done();
  };
  const button = async (element, act, told) => {
    element.disabled = true;
    try {
      await order(act, told);
    } catch (error) {
      if (error.status !== 401) toast(error.message);
    } finally {
      element.disabled = false;
    }
  };
  const start = make('start', 'Start', 'play', () => button(start, api.startBackend, 'Starting'));
  const restart = make('restart', 'Restart', 'restart', () => ask('Restart?', `Whoever uses ${name} now is cut off; new requests wait until it is ready again.`, 'Restart', () => order(api.restartBackend, 'Restarting')));
  const stop = make('stop', 'Stop', 'stop', () => ask('Stop?', `Requests to ${name} get 503 until somebody starts it here.`, 'Stop', () => order(api.stopBackend, 'Stopping')));

  function update(process) {
    start.disabled = runs(process);
    restart.disabled = !runs(process);
    stop.disabled = process.stopped_by_operator;
  }

  return { elements: [start, restart, stop], update };
}

function ask(title, text, confirm, submit) {
  formDialog({ title, text, confirm, danger: true, testid: 'backend-dialog', submit });
}
