// What is said in the current room, as people read it.
import { h, setText, show } from '../dom.js';
import { clock, dateTime, senderOf } from '../format.js';
import { listen } from '../listen.js';
import { paced, stickToEnd } from '../pace.js';

const HUES = 8;

export function conversation(session) {
  const list = h('ol', { class: 'lines', 'data-testid': 'conversation' });
  const typing = h('p', { class: 'typing', 'aria-live': 'off', 'data-testid': 'typing' });
  const place = h('p', { class: 'place', 'data-testid': 'room-state' });
  const empty = h('p', { class: 'empty' });
  const scroller = h('div', { class: 'talk-scroll', tabindex: '0', role: 'region', 'aria-label': 'Messages' }, empty, h('div', { role: 'log', 'aria-label': 'What is said' }, list));
  const end = stickToEnd(scroller);
  const drawing = paced(renderWaiting);
  let waiting = [];
  let shown = null;

  function renderAll() {
    waiting = [];
    const room = session.rooms.get(session.current);
    shown = session.current;
    list.replaceChildren(...(room?.lines ?? []).map(render));
    end.restart();
  }

  function renderWaiting() {
    const kept = session.rooms.get(session.current)?.lines.length ?? 0;
    list.append(...waiting.slice(-kept).map(render));
    waiting = [];
    while (list.children.length > kept) list.firstElementChild.remove();
    end.keep();
    showPlace();
    showTyping();
  }

  function showPlace() {
    const room = session.rooms.get(session.current);
    const position = room && session.live.rooms.get(room.name);
    setText(place, !room ? 'In no room'
      : !room.inside ? (session.live.state === 'open' ? 'Not in this room' : 'Waiting for the line')
      : Number.isInteger(position?.offset) ? `In ${room.name} · position ${position.offset} · epoch ${position.epoch}` : `In ${room.name}`);
    show(empty, list.children.length === 0);
    setText(empty, room ? 'Nothing was said yet. Open a second tab of this page and say hello.' : 'Join a room to talk.');
  }

  function showTyping() {
    const room = session.rooms.get(session.current);
    const names = [...(room?.typing.values() ?? [])].map(({ from }) => senderOf(from));
    setText(typing, names.length === 0 ? '' : names.length === 1 ? `${names[0]} is typing…` : `${names.length} people are typing…`);
  }

  const stop = listen([
    [session, 'line', ({ detail: { room, line } }) => {
      if (room.name !== session.current) return;
      waiting.push(line);
      if (waiting.length > 2000) waiting = waiting.slice(-1000);
      drawing.request();
    }],
    [session, 'rooms', () => {
      if (shown !== session.current) renderAll();
      showPlace();
      showTyping();
    }],
    [session, 'typing', showTyping],
    [document, 'visibilitychange', () => { if (!document.hidden && waiting.length > 0) renderWaiting(); }],
  ]);
  renderAll();
  showPlace();
  showTyping();
  requestAnimationFrame(end.restart);
  return {
    element: h('div', { class: 'talk-body' }, scroller, h('div', { class: 'talk-foot' }, place, typing)),
    stop: () => { stop(); drawing.cancel(); },
  };
}

function render(line) {
  if (line.kind === 'note') {
    return h('li', { class: `note note-${line.tone}`, 'data-testid': 'note' }, h('span', {}, line.text), h('time', { datetime: new Date(line.at).toISOString() }, clock(line.at)));
  }
  const { message, own, replayed } = line;
  const who = own ? 'You' : senderOf(message.from);
  const key = message.from?.user_id ?? message.from?.connection_id ?? 'server';
  const text = message.payload?.text;
  const said = typeof text === 'string'
    ? h('p', { class: 'said' }, text)
    : h('p', { class: 'said' }, h('code', {}, JSON.stringify(message.payload)));
  return h('li', { class: own ? 'line own' : 'line', 'data-testid': 'message', 'data-offset': message.offset ?? null },
    h('span', { class: `avatar hue-${who === 'Server' ? 'server' : hueOf(key)}`, 'aria-hidden': 'true' }, who === 'Server' ? 'S' : own ? 'You' : (message.from?.name ?? message.from?.user_id)?.slice(0, 2) ?? key.slice(-2)),
    h('div', { class: 'line-body' },
      h('p', { class: 'line-meta' }, h('span', { class: 'who' }, who), h('time', { datetime: message.sent_at, title: dateTime(message.sent_at) }, clock(line.at)),
        message.type === 'chat' ? null : h('span', { class: 'tag' }, message.type),
        replayed ? h('span', { class: 'tag quiet', title: 'Came from the history' }, 'replayed') : null),
      said));
}

function hueOf(text) {
  let sum = 0;
  for (const char of text) sum = (sum * 31 + char.codePointAt(0)) % 9973;
  return sum % HUES;
}
