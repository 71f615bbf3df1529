// A room's messages: the newest of the history, older ones on demand, and live ones as they come.
import { api } from '../api.js';
import { copyButton } from '../copy.js';
import { h, setText, show } from '../dom.js';
import { errorBox } from '../errors.js';
import { followRooms } from '../events.js';
import { clock, dateTime, senderOf } from '../format.js';
import { paced, stickToEnd } from '../pace.js';

const PAGE = 50;
const KEPT = 500;
const REMEMBERED = 5000;
const words = { connecting: 'Connecting', open: 'Live', waiting: 'Reconnecting', refused: 'Not live', paused: 'Paused' };

export function roomLog(id) {
  const seen = new Set();
  const state = h('span', { class: 'live-mark', 'data-testid': 'tail-state' });
  const older = h('button', { type: 'button', class: 'button', 'data-testid': 'history-older', hidden: true }, 'Older messages');
  const list = h('ol', { class: 'log', 'data-testid': 'room-log' });
  const nothing = h('p', { class: 'empty' }, 'No message yet. What is published shows up here at once.');
  const problem = h('div', { role: 'alert' });
  const scroller = h('div', { class: 'log-scroll', tabindex: '0', role: 'region', 'aria-label': 'Message list' }, h('p', { class: 'log-older' }, older), nothing, list);
  const element = h('section', { class: 'card panel log-panel', 'aria-labelledby': 'log-title' },
    h('div', { class: 'panel-head' }, h('h2', { id: 'log-title' }, 'Messages'), state), problem, scroller);
  const end = stickToEnd(scroller);
  let oldest = null;

  older.addEventListener('click', async () => {
    older.disabled = true;
    try {
      const page = await api.messages(id, { before: oldest, limit: PAGE });
      const height = scroller.scrollHeight;
      list.prepend(...page.items.filter(isNew).map(line));
      scroller.scrollTop += scroller.scrollHeight - height;
      oldest = page.items[0]?.offset ?? oldest;
      show(older, page.items.length === PAGE && oldest > 1);
      problem.replaceChildren();
    } catch (error) {
      problem.replaceChildren(errorBox(error));
    } finally {
      older.disabled = false;
    }
  });

  /** Loads the newest page; the tail is open by then, so nothing falls between the two. */
  async function load() {
    try {
      const page = await api.messages(id, { limit: PAGE });
      oldest ??= page.items[0]?.offset ?? null;
      add(page.items, false);
      show(older, page.items.length === PAGE && oldest > 1);
      end.restart();
    } catch (error) {
      if (error.status !== 404 && error.status !== 401) problem.replaceChildren(errorBox(error, load));
    }
  }

  const isNew = (message) => {
    const key = message.id ?? `${message.epoch}/${message.offset}`;
    if (seen.has(key)) return false;
    seen.add(key);
    if (seen.size > REMEMBERED) seen.delete(seen.values().next().value);
    return true;
  };

  function add(messages, live) {
    for (const message of messages.filter(isNew)) {
      const row = line(message, live);
      if (live) list.append(row);
      else insert(row, message.offset);
    }
    while (list.children.length > KEPT && live) list.firstElementChild.remove();
    show(nothing, list.children.length === 0);
    end.keep();
  }

  /** Puts a message of the history before what came live meanwhile. */
  function insert(row, offset) {
    const after = [...list.children].findLast((other) => Number(other.dataset.offset) < offset);
    if (after) after.after(row);
    else list.prepend(row);
  }

  function setState(name, error) {
    element.dataset.tail = name;
    setText(state, words[name]);
    if (error) problem.replaceChildren(errorBox(error));
  }

  /** Follows while the page is visible. */
  function start() {
    let controller = null;
    let waiting = [];
    const drawing = paced(() => {
      add(waiting.slice(-KEPT), true);
      waiting = [];
    });
    const follow = () => {
      controller?.abort();
      controller = null;
      if (document.hidden) return setState('paused');
      controller = new AbortController();
      followRooms([id], {
        signal: controller.signal,
        onstate(name, error) {
          setState(name, error);
          if (name === 'open') load();
        },
        onevent({ type, data }) {
          if (type === 'connected' || type === 'reset' || type === 'shutdown') return;
          const message = JSON.parse(data);
          if (message.room_id !== id || message.type === 'typing') return;
          waiting.push(message);
          if (waiting.length > 2 * KEPT) waiting = waiting.slice(-KEPT);
          drawing.request();
        },
      });
    };
    document.addEventListener('visibilitychange', follow);
    follow();
    return () => {
      document.removeEventListener('visibilitychange', follow);
      controller?.abort();
      drawing.cancel();
    };
  }

  return { element, start };
}

function line(message, live = false) {
  const who = senderOf(message.from);
  return h('li', { class: live ? 'log-line fresh' : 'log-line', 'data-offset': message.offset ?? null },
    h('span', { class: 'log-offset' }, message.offset ?? '–'),
    h('time', { datetime: message.sent_at, title: dateTime(message.sent_at) }, clock(message.sent_at)),
    h('span', { class: 'log-who' }, who),
    h('span', { class: 'tag' }, message.type),
    h('code', { class: 'log-payload' }, JSON.stringify(message.payload)),
    copyButton(() => JSON.stringify(message, null, 2), `Copy message ${message.offset ?? ''}`, { small: true }));
}
