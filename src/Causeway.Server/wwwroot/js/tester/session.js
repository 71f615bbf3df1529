// The tester's connection and what it has seen. It lives as long as the page, so that looking at another view
// neither ends the connection nor loses the conversation.
import { access } from '../access.js';
import { Live } from '../live.js';
import { Frames } from './frames.js';
import { Latency } from './latency.js';

const KEY = 'causeway.rooms';
const LOBBY = 'lobby';
const KEPT_LINES = 300;
const JOIN_HISTORY = 30;
const TYPING_FOR = 4000;

/** Emits 'rooms' (the list or a room's state changed), 'line' ({ room, line }), 'typing' (room). */
class Session extends EventTarget {
  live = new Live({ url: '/ws', token: () => access.token });
  frames = new Frames();
  latency = new Latency();
  rooms = new Map();
  current = null;
  leftByHand = false;
  #own = new Set();

  constructor() {
    super();
    const { live } = this;
    live.addEventListener('frame', ({ detail }) => this.frames.add(detail));
    live.addEventListener('round-trip', ({ detail }) => this.latency.add(detail));
    live.addEventListener('message', ({ detail }) => this.#message(detail));
    live.addEventListener('joined', ({ detail }) => this.#joined(detail));
    live.addEventListener('left', ({ detail }) => this.#left(detail));
    live.addEventListener('notice', ({ detail }) => this.#notice(detail));
    live.addEventListener('state', ({ detail }) => this.#state(detail));
  }

  /** Called when the tester is shown: connects unless the person disconnected, and opens the room of the address. */
  open(room) {
    if (this.rooms.size === 0) remembered().forEach((name) => this.join(name));
    if (room || this.rooms.size === 0) this.join(room || LOBBY);
    if (this.live.state === 'stopped' && !this.leftByHand) this.live.connect();
  }

  async join(name) {
    const known = this.rooms.get(name);
    if (!known) this.rooms.set(name, { name, lines: [], seen: new Set(), unread: 0, typing: new Map(), inside: false, replaying: 0 });
    this.select(name);
    if (known && this.live.rooms.has(name)) return;
    try {
      await this.live.join(name, { history: JOIN_HISTORY });
    } catch (error) {
      if (error.code !== 'OFFLINE') this.#left({ room: name, why: 'refused', error });
    }
  }

  async leave(name) {
    this.rooms.delete(name);
    if (this.current === name) this.select(this.rooms.keys().next().value ?? null);
    else this.#changed();
    await this.live.leave(name).catch(() => {});
  }

  select(name) {
    this.current = name;
    const room = this.rooms.get(name);
    if (room) room.unread = 0;
    this.#changed();
  }

  /** Resolves once the line is in the room; rejects when it will not be. */
  entered(name) {
    return new Promise((resolve, reject) => {
      const check = () => {
        const inside = this.rooms.get(name)?.inside;
        if (!inside && this.live.rooms.has(name) && /open|connecting/.test(this.live.state)) return;
        this.removeEventListener('rooms', check);
        if (inside) resolve();
        else reject(Object.assign(new Error(`You are not in ${name}.`), { code: 'NOT_IN_ROOM' }));
      };
      this.addEventListener('rooms', check);
      check();
    });
  }

  isOwn(connectionId) {
    return this.#own.has(connectionId);
  }

  #state({ state, why }) {
    if (state === 'open') this.#own.add(this.live.connection.connection_id);
    if (state === 'waiting' || (state === 'stopped' && why)) {
      const text = why.code ? `${why.text} (${why.code})` : why.text;
      this.frames.note(text);
      if (state === 'waiting') for (const room of this.rooms.values()) if (room.inside) this.#note(room, text, 'gap');
    }
    if (state !== 'open') for (const room of this.rooms.values()) room.inside = false;
    this.#changed();
  }

  #joined({ room: name, ack, resumed }) {
    const room = this.rooms.get(name);
    if (!room) return;
    room.inside = true;
    room.replaying = ack.replayed;
    if (!resumed) this.#note(room, `You are in ${name}${company(ack)}`);
    else if (!ack.recovered) this.#note(room, 'Back, but the room no longer has what was missed', 'bad');
    else if (ack.replayed === 0) this.#note(room, 'Back; nothing was missed', 'good');
    else this.#note(room, `Back; ${ack.replayed} missed ${ack.replayed === 1 ? 'message' : 'messages'} recovered`, 'good');
    this.#changed();
  }

  #left({ room: name, why, reason, error }) {
    const room = this.rooms.get(name);
    if (!room || why === 'left') return;
    const text = { room_closed: 'The room was closed', kicked: 'You were put out of the room', refused: 'The room refused the join' }[why];
    room.inside = false;
    this.#note(room, error ? `${text}: ${error.message} (${error.code})` : reason ? `${text}: ${reason}` : text, 'bad');
    this.#changed();
  }

  #message(message) {
    const room = this.rooms.get(message.room_id);
    if (!room) return;
    const from = message.from?.connection_id ?? null;
    if (message.type === 'typing') {
      if (!this.isOwn(from)) this.#typing(room, message);
      return;
    }
    if (message.id && room.seen.has(message.id)) return;
    room.seen.add(message.id);
    room.typing.delete(from);
    const replayed = room.replaying > 0;
    if (replayed) room.replaying -= 1;
    this.#line(room, { kind: 'message', at: Date.parse(message.sent_at) || Date.now(), message, own: this.isOwn(from), replayed });
  }

  #typing(room, { from, payload }) {
    const who = from?.connection_id ?? 'server';
    clearTimeout(room.typing.get(who)?.timer);
    const stop = () => {
      room.typing.delete(who);
      this.dispatchEvent(new CustomEvent('typing', { detail: room }));
    };
    if (payload?.is_typing === false) return stop();
    room.typing.set(who, { from, timer: setTimeout(stop, TYPING_FOR) });
    this.dispatchEvent(new CustomEvent('typing', { detail: room }));
  }

  #notice({ type, payload }) {
    const room = this.rooms.get(payload?.room_id);
    if (!room) return;
    const who = payload.name ?? payload.user_id;
    if (type === 'user_joined') this.#note(room, `${who} joined`);
    if (type === 'user_left') this.#note(room, `${who} left`);
    if (type === 'dropped') this.#note(room, `${payload.count} messages were dropped for this slow client`, 'bad');
  }

  #note(room, text, tone = 'plain') {
    this.#line(room, { kind: 'note', at: Date.now(), text, tone });
  }

  #line(room, line) {
    room.lines.push(line);
    if (room.lines.length > KEPT_LINES) {
      const old = room.lines.shift();
      if (old.message) room.seen.delete(old.message.id);
    }
    this.dispatchEvent(new CustomEvent('line', { detail: { room, line } }));
    if (room.name !== this.current && line.kind === 'message' && !line.replayed) {
      room.unread += 1;
      this.#changed();
    }
  }

  #changed() {
    remember([...this.rooms.keys()]);
    this.dispatchEvent(new Event('rooms'));
  }
}

/** Who else is there, in words: guests are one member, but each of their connections is somebody. */
function company({ members, member_count: count }) {
  if (!members) return '';
  const others = Math.max(count, members.reduce((sum, member) => sum + (member.user_id === null ? member.devices : 1), 0)) - 1;
  return others <= 0 ? '; nobody else is here yet' : others === 1 ? ' with one other' : ` with ${others} others`;
}

/** The rooms of this tab, so that a reload comes back to them. */
function remembered() {
  try {
    return JSON.parse(sessionStorage.getItem(KEY)) ?? [];
  } catch {
    return [];
  }
}

function remember(names) {
  try {
    sessionStorage.setItem(KEY, JSON.stringify(names));
  } catch {
    // Storage is blocked: a reload starts with the lobby.
  }
}

export const session = new Session();
