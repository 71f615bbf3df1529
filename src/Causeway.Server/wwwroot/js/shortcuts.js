// Keys for people who leave the mouse alone. Single keys can be switched off (WCAG 2.1.4) in the help.
import { dialog } from './dialog.js';
import { h } from './dom.js';

const KEY = 'causeway.shortcuts';
const places = { o: '#/', r: '#/rooms', c: '#/connections', n: '#/nodes', s: '#/streams', l: '#/loops', j: '#/jobs', w: '#/webhooks', b: '#/backends', t: '#/tester', f: '#/files', u: '#/users', a: '#/account' };
const help = [
  ['?', 'This help'],
  ['g o', 'Go to the overview'],
  ['g r', 'Go to rooms'],
  ['g c', 'Go to connections'],
  ['g n', 'Go to nodes'],
  ['g s', 'Go to streams'],
  ['g b', 'Go to backends'],
  ['g l', 'Go to loops'],
  ['g j', 'Go to jobs'],
  ['g w', 'Go to webhooks'],
  ['g t', 'Go to the tester'],
  ['g f', 'Go to files'],
  ['g u', 'Go to users'],
  ['g a', 'Go to your account'],
  ['/', 'Search or filter on this page'],
  ['Enter', 'Send what you typed'],
  ['Ctrl + Enter', 'Publish the JSON payload'],
  ['Esc', 'Close a dialog, clear a filter'],
];

const enabled = () => {
  try {
    return localStorage.getItem(KEY) !== 'off';
  } catch {
    return true;
  }
};

export function wireShortcuts(helpButton) {
  let going = 0;
  helpButton.addEventListener('click', showHelp);
  document.addEventListener('keydown', (event) => {
    if (event.defaultPrevented || event.ctrlKey || event.metaKey || event.altKey || !enabled()) return;
    if (document.querySelector('dialog[open]') || event.target.closest('input, textarea, select, [contenteditable]')) return;
    if (event.key === '?') {
      event.preventDefault();
      showHelp();
    } else if (event.key === '/') {
      const search = document.querySelector('[data-search]');
      if (!search) return;
      event.preventDefault();
      search.focus();
      search.select();
    } else if (event.key === 'g') {
      going = Date.now();
    } else if (places[event.key] && Date.now() - going < 1500) {
      going = 0;
      location.hash = places[event.key];
    }
  });
}

function showHelp() {
  const box = h('input', { type: 'checkbox', id: 'shortcuts-on', 'data-testid': 'shortcuts-on' });
  box.checked = enabled();
  box.addEventListener('change', () => {
    try {
      localStorage.setItem(KEY, box.checked ? 'on' : 'off');
    } catch {
      // Storage is blocked: the switch lasts as long as the dialog.
    }
  });
  const content = h('div', {},
    h('dl', { class: 'keys' }, help.map(([keys, meaning]) => h('div', {}, h('dt', {}, keys.split(' ').map((key) => (key === '+' ? ' + ' : h('kbd', {}, key)))), h('dd', {}, meaning)))),
    h('p', { class: 'check' }, box, h('label', { for: 'shortcuts-on' }, 'Single-key shortcuts')),
    h('div', { class: 'dialog-actions' }, h('button', { type: 'button', class: 'button primary', onclick: () => shown.close() }, 'Close')));
  const shown = dialog({ title: 'Keyboard shortcuts', content, testid: 'help-dialog' });
}
