// What to do with a server nobody has used yet; each step is ticked as it happens.
import { api, publishAsCurl } from '../api.js';
import { copyButton } from '../copy.js';
import { h, show } from '../dom.js';
import { feed } from '../feed.js';
import { icon } from '../icons.js';
import { testerLink } from '../router.js';

const KEY = 'causeway.first-steps';
const ROOM = 'lobby';
let wanted = null;
let checked = 0;

export function firstSteps() {
  const command = () => publishAsCurl(ROOM, 'chat', { text: 'hello from the terminal' });
  const steps = [
    step('Open two tabs of the tester', h('p', {}, 'They meet in the room ', h('code', {}, ROOM), '. Say something in one, and see it in the other.'),
      h('p', { class: 'step-actions' },
        h('a', { class: 'button primary', href: testerLink(ROOM), target: '_blank', 'data-testid': 'first-open-tester' }, 'Open a tester tab', icon('out')))),
    step('Publish from a terminal', h('p', {}, 'Any backend in any language can do the same over HTTP.'),
      h('div', { class: 'command' }, h('pre', { tabindex: '0', 'aria-label': 'Command' }, h('code', { 'data-testid': 'first-curl' }, command())), copyButton(command, 'Copy the command', { testid: 'first-copy-curl' }))),
    step('Watch', h('p', {}, 'This page follows along, second by second. Rooms shows members and history; Connections shows who is slow.')),
  ];
  const element = h('section', { class: 'first-steps card', 'aria-labelledby': 'first-steps-title', 'data-testid': 'first-steps', hidden: true },
    h('div', { class: 'first-steps-head' },
      h('h2', { id: 'first-steps-title' }, 'Say hello in a minute'),
      h('button', { type: 'button', class: 'icon-button small', 'aria-label': 'Hide these steps', title: 'Hide', 'data-testid': 'first-hide', onclick: hide }, icon('close'))),
    h('ol', {}, steps.map((entry) => entry.element)));

  /** A message without a connection came over HTTP. */
  async function lookForPublish(published) {
    checked = published;
    const page = published > 0 ? await api.messages(ROOM, { limit: 10 }).catch(() => null) : null;
    steps[1].tick(page?.items.some((message) => !message.from?.connection_id));
  }

  function hide() {
    wanted = false;
    try {
      localStorage.setItem(KEY, 'hidden');
    } catch {
      // Storage is blocked: they come back with the next load.
    }
    show(element, false);
  }

  return {
    element,
    /** Whether they are shown is decided once, at the first answer: a page that moves by itself is no calm page. */
    update(overview) {
      wanted ??= overview.messages_published === 0 && !isHidden();
      show(element, wanted);
      if (!wanted) return;
      steps[0].tick(overview.connections.websocket > 1);
      if (overview.messages_published !== checked) lookForPublish(overview.messages_published);
      steps[2].tick(feed.samples.some((s) => s.messages > 0));
    },
  };
}

function isHidden() {
  try {
    return localStorage.getItem(KEY) === 'hidden';
  } catch {
    return false;
  }
}

function step(title, ...content) {
  const state = h('span', { class: 'visually-hidden' });
  const element = h('li', {}, h('span', { class: 'step-mark' }, icon('check')), h('div', { class: 'step-body' }, h('h3', {}, title, state), content));
  let done = false;
  return {
    element,
    tick(now) {
      if (done || !now) return;
      done = true;
      element.dataset.done = '';
      state.textContent = ' (done)';
    },
  };
}
