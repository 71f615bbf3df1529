// A panel of lines that come by an event stream: follows the end, can be paused and cleared, keeps the newest.
import { h, setText, show } from './dom.js';
import { errorBox } from './errors.js';
import { follow } from './events.js';
import { icon } from './icons.js';
import { paced, stickToEnd } from './pace.js';

/**
 * @param {object} panel
 * @param {string} panel.testId   what the ids for tests begin with
 * @param {string} panel.title    the panel's heading
 * @param {string} panel.region   what the list is called to those who can't see it
 * @param {string} panel.empty    what stands there before the first line
 * @param {number} panel.kept     how many lines stay
 * @param {string} panel.address  the event stream
 * @param {Object<string, string>} panel.words  the connection's states in words
 * @param {(event: object) => any} panel.take   an event as what is kept of it; undefined for one that is no line
 * @param {(item: any) => Node} panel.line      draws one
 * @param {(waiting: number) => string} panel.tally  the words beside the heading; waiting are those held back by a pause
 */
export function logPanel({ testId, title, region, empty, kept, address, words, take, line, tally: tallyOf }) {
  const state = h('span', { class: 'live-mark', 'data-testid': `${testId}-live` });
  const pause = h('button', { type: 'button', class: 'icon-button', 'aria-pressed': 'false', 'data-testid': `${testId}-pause`, onclick: () => setPaused(!paused) });
  const clear = h('button', { type: 'button', class: 'icon-button', 'aria-label': 'Clear the lines', title: 'Clear', onclick: () => { list.replaceChildren(); showNothing(); } }, icon('trash'));
  const tally = h('span', { class: 'tally', 'data-testid': `${testId}-tally` });
  const list = h('ol', { class: 'log', 'data-testid': `${testId}-lines` });
  const nothing = h('p', { class: 'empty' }, empty);
  const problem = h('div', { role: 'alert' });
  const scroller = h('div', { class: 'log-scroll', tabindex: '0', role: 'region', 'aria-label': region }, nothing, list);
  const element = h('section', { class: 'card panel log-panel', 'aria-labelledby': `${testId}-lines-title` },
    h('div', { class: 'panel-head' }, h('h2', { id: `${testId}-lines-title` }, title), tally, h('span', { class: 'row-actions' }, state, pause, clear)), problem, scroller);
  const end = stickToEnd(scroller);
  const drawing = paced(() => (paused ? showTally() : draw()));
  let paused = false;
  let waiting = [];

  const showNothing = () => show(nothing, list.children.length === 0);
  const showTally = () => setText(tally, tallyOf(paused ? waiting.length : 0));

  function draw() {
    list.append(...waiting.slice(-kept).map(line));
    waiting = [];
    while (list.children.length > kept) list.firstElementChild.remove();
    showNothing();
    showTally();
    end.keep();
  }

  function setPaused(next) {
    paused = next;
    pause.setAttribute('aria-pressed', String(paused));
    pause.setAttribute('aria-label', paused ? 'Go on showing lines' : 'Pause the lines');
    pause.title = paused ? 'Go on' : 'Pause';
    pause.replaceChildren(icon(paused ? 'play' : 'pause'));
    if (!paused) draw();
    showTally();
  }

  function start() {
    const controller = new AbortController();
    follow(address, {
      signal: controller.signal,
      onstate(name, error) {
        element.dataset.tail = name;
        setText(state, words[name]);
        problem.replaceChildren(...(error ? [errorBox(error)] : []));
      },
      onevent(event) {
        const item = take(event);
        if (item === undefined) return;
        waiting.push(item);
        if (waiting.length > 2 * kept) waiting = waiting.slice(-kept);
        drawing.request();
      },
    });
    return () => {
      controller.abort();
      drawing.cancel();
    };
  }

  setPaused(false);
  return { element, start };
}
