// A client of the live protocol that survives: it comes back with full-jitter back-off, joins its rooms again
// from the last position it saw, and hands on every message exactly once and in order.
//
//   const live = new Live({ url: '/ws', token: () => null });
//   live.addEventListener('message', ({ detail }) => console.log(detail.room_id, detail.type, detail.payload));
//   live.connect();
//   await live.join('lobby', { history: 20 });
//   await live.publish('lobby', 'chat', { text: 'hello' });
import { Backoff } from './backoff.js';
import { meaningOf } from './close-codes.js';

const STABLE_AFTER = 5000;
const ANSWER_WITHIN = 10_000;
const asError = ({ code, message, details }) => Object.assign(new Error(message), { code, details });

/**
 * Events (`detail`): 'state' ({ state, … }), 'frame' ({ direction, text, at }), 'message' (a room message),
 * 'joined' ({ room, ack, resumed }), 'left' ({ room, why }), 'notice' (any other frame of the server),
 * 'round-trip' ({ type, milliseconds }).
 * `state`: stopped, connecting, open, waiting (for the next attempt, at `retryAt`).
 */
export class Live extends EventTarget {
  state = 'stopped';
  why = null;
  retryAt = 0;
  connection = null;
  rooms = new Map();

  #socket = null;
  #timer = 0;
  #pulse = 0;
  #stable = 0;
  #heard = 0;
  #refs = 0;
  #pending = new Map();
  #backoff = new Backoff();
  #reconnectAfter = null;

  constructor({ url, token = () => null }) {
    super();
    this.url = url;
    this.token = token;
    globalThis.addEventListener('online', () => this.#wake());
    document.addEventListener('visibilitychange', () => { if (!document.hidden) this.#wake(); });
  }

  // ── The line ──────────────────────────────────────────────────────────────

  connect() {
    if (this.#socket) return;
    clearTimeout(this.#timer);
    this.#set('connecting');
    const token = this.token();
    const url = new URL(this.url, location.href);
    url.protocol = url.protocol.replace('http', 'ws');
    let socket;
    try {
      socket = new WebSocket(url, token ? ['causeway.v1', `bearer.${token}`] : ['causeway.v1']);
    } catch (error) {
      return this.#set('stopped', { why: { text: `This token cannot travel in a handshake: ${error.message}`, comeBack: false } });
    }
    this.#socket = socket;
    socket.onmessage = ({ data }) => { if (socket === this.#socket) this.#receive(data); };
    socket.onclose = ({ code, reason }) => this.#closed(socket, code, reason);
  }

  /** Goes, and stays away until connect(). */
  disconnect() {
    this.#end(1000);
    this.#set('stopped', { why: { text: 'Disconnected here', comeBack: false } });
  }

  /** Loses the line as a tunnel or a lift would, without leaving any room, and comes back after a while. */
  drop(comeBackAfter = 3000) {
    this.#end(1000);
    this.#wait(comeBackAfter, { code: 1006, text: 'You dropped the line', comeBack: true });
  }

  // ── Rooms and messages ────────────────────────────────────────────────────

  /** Joins now, or as soon as the line is up; joined again after every reconnect until leave(). */
  async join(room, { history = 0 } = {}) {
    const position = this.rooms.get(room) ?? { epoch: null, offset: null, joined: false };
    this.rooms.set(room, Object.assign(position, { history }));
    return this.state === 'open' ? await this.#enter(room, position) : null;
  }

  async leave(room) {
    const joined = this.rooms.get(room)?.joined;
    this.rooms.delete(room);
    this.#emit('left', { room, why: 'left' });
    if (joined && this.state === 'open') await this.request('leave_room', { room_id: room });
  }

  publish(room, type, payload) {
    return this.request(type, { room_id: room, payload });
  }

  ping() {
    return this.request('ping', {});
  }

  /** Sends one message with a ref; the answer's payload, or an error with the server's code. */
  request(type, { room_id, payload } = {}) {
    if (this.state !== 'open') return Promise.reject(asError({ code: 'OFFLINE', message: 'The line is down.' }));
    const ref = String(this.#refs += 1);
    const answer = new Promise((resolve, reject) => {
      const timer = setTimeout(() => this.#settle(ref)?.reject(asError({ code: 'TIMEOUT', message: 'No answer in 10 s.' })), ANSWER_WITHIN);
      this.#pending.set(ref, { type, resolve, reject, timer, sentAt: performance.now() });
    });
    this.sendRaw(JSON.stringify({ v: 1, type, ref, room_id, payload }));
    return answer;
  }

  /** Sends any text as it is. */
  sendRaw(text) {
    if (this.state !== 'open') throw asError({ code: 'OFFLINE', message: 'The line is down.' });
    this.#socket.send(text);
    this.#emit('frame', { direction: 'sent', text, at: Date.now() });
  }

  // ── Inside ────────────────────────────────────────────────────────────────

  #receive(text) {
    this.#heard = performance.now();
    this.#emit('frame', { direction: 'received', text, at: Date.now() });
    const frame = JSON.parse(text);
    switch (frame.type) {
      case 'connected': return this.#opened(frame.payload);
      case 'ack':
      case 'pong':
      case 'error': return this.#answered(frame);
      case 'reconnect': this.#reconnectAfter = frame.payload.after_ms; break;
      case 'room_closed':
      case 'kicked':
        this.rooms.delete(frame.payload.room_id);
        this.#emit('left', { room: frame.payload.room_id, why: frame.type, reason: frame.payload.reason });
        break;
      case 'user_joined':
      case 'user_left':
      case 'dropped': break;
      default: if (frame.room_id) return this.#message(frame);
    }
    this.#emit('notice', frame);
  }

  #opened(connection) {
    this.connection = connection;
    this.#set('open');
    this.#stable = setTimeout(() => this.#backoff.reset(), STABLE_AFTER);
    this.#pulse = setInterval(() => this.#checkPulse(connection), connection.heartbeat_seconds * 1000);
    for (const [room, position] of this.rooms) {
      this.#enter(room, position).catch((error) => {
        if (error.code !== 'OFFLINE') this.#emit('left', { room, why: 'refused', error });
      });
    }
  }

  /** Joins a room: from the last position where there is one, else with the newest messages. */
  async #enter(room, position) {
    const { connection } = this;
    const resumed = position.epoch !== null && position.offset !== null;
    const since = resumed ? { epoch: position.epoch, offset: position.offset } : undefined;
    try {
      const ack = await this.request('join_room', { payload: { room_id: room, since, history: position.history || undefined } });
      this.#emit('joined', { room, ack, resumed });
      return ack;
    } catch (error) {
      if (error.code === 'RATE_LIMITED') {
        await new Promise((resolve) => { setTimeout(resolve, error.details?.retry_after_ms ?? 1000); });
        if (this.connection === connection && this.rooms.has(room)) return await this.#enter(room, position);
      }
      if (error.code !== 'OFFLINE') this.rooms.delete(room);
      throw error;
    }
  }

  #answered(frame) {
    const request = this.#settle(frame.ref);
    if (!request) return this.#emit('notice', frame);
    this.#emit('round-trip', { type: request.type, milliseconds: performance.now() - request.sentAt });
    if (frame.type === 'error') return request.reject(asError(frame.payload));
    if (request.type === 'join_room') this.#place(frame.payload);
    request.resolve(frame.payload);
  }

  /** What is replayed comes next, so the position is the one before it; live messages may be ahead of it already. */
  #place({ room_id: room, epoch, offset, recovered, replayed }) {
    const position = this.rooms.get(room);
    if (!position) return;
    position.joined = true;
    if (!Number.isInteger(offset)) return;
    const before = offset - replayed;
    position.offset = recovered && epoch === position.epoch ? Math.max(position.offset, before) : before;
    position.epoch = epoch;
  }

  #message(frame) {
    const position = this.rooms.get(frame.room_id);
    if (position && Number.isInteger(frame.offset)) {
      if (frame.epoch === position.epoch && frame.offset <= position.offset) return;
      Object.assign(position, { epoch: frame.epoch, offset: frame.offset });
    }
    this.#emit('message', frame);
  }

  /** A page does not see the server's heartbeats, so after a silence it asks. */
  #checkPulse({ heartbeat_seconds: seconds }) {
    if (performance.now() - this.#heard > seconds * 900) this.#probe();
  }

  /** Pings; a line that died without a word is given up when no answer comes. */
  #probe() {
    const { connection } = this;
    this.ping().catch((error) => {
      if (error.code !== 'TIMEOUT' || this.connection !== connection) return;
      this.#end(1000);
      this.#wait(this.#backoff.next(), { code: 1006, ...meaningOf(1006) });
    });
  }

  async #closed(socket, code, reason) {
    if (socket !== this.#socket) return;
    const wasOpen = this.state === 'open';
    this.#end();
    const why = { code, reason, ...meaningOf(code) };
    if (!wasOpen) return await this.#refused(why);
    if (!why.comeBack) return this.#set('stopped', { why });
    const wait = code === 1012 && this.#reconnectAfter !== null ? this.#reconnectAfter : this.#backoff.next();
    this.#wait(wait, why);
  }

  /** The handshake failed; a page cannot see why, so it asks the preflight. */
  async #refused(why) {
    const token = this.token();
    let wait = this.#backoff.next();
    try {
      const response = await fetch(`${this.url}?preflight=1`, { headers: token ? { authorization: `Bearer ${token}` } : {}, cache: 'no-store' });
      if (!response.ok) {
        const { error } = await response.json();
        const comeBack = response.status === 429 || response.status >= 500;
        why = { ...why, text: error.message, code: error.code, status: response.status, requestId: error.request_id, comeBack };
        wait = Math.max(wait, Number(response.headers.get('retry-after') ?? 0) * 1000 * (1 + Math.random() / 4));
      }
    } catch {
      why = { ...why, text: 'The server cannot be reached' };
    }
    if (this.#socket || this.state !== 'connecting') return;
    if (why.comeBack) this.#wait(wait, why);
    else this.#set('stopped', { why });
  }

  #wait(milliseconds, why) {
    this.#reconnectAfter = null;
    this.#timer = setTimeout(() => this.connect(), milliseconds);
    this.#set('waiting', { why, retryAt: Date.now() + milliseconds });
  }

  /** The network is back, or the page: a broken line need not wait any longer, and an old one is not to be trusted. */
  #wake() {
    if (this.state === 'waiting' && (this.why.code === 1006 || Date.now() >= this.retryAt)) this.connect();
    else if (this.state === 'open') this.#probe();
  }

  #end(code) {
    const socket = this.#socket;
    this.#socket = null;
    clearTimeout(this.#timer);
    clearTimeout(this.#stable);
    clearInterval(this.#pulse);
    if (code) socket?.close(code);
    this.connection = null;
    for (const position of this.rooms.values()) position.joined = false;
    for (const ref of [...this.#pending.keys()]) this.#settle(ref).reject(asError({ code: 'OFFLINE', message: 'The line broke before the answer came.' }));
  }

  #settle(ref) {
    const request = this.#pending.get(ref);
    this.#pending.delete(ref);
    clearTimeout(request?.timer);
    return request;
  }

  #set(state, { why = null, retryAt = 0 } = {}) {
    Object.assign(this, { state, why, retryAt });
    this.#emit('state', { state, why, retryAt });
  }

  #emit(type, detail) {
    this.dispatchEvent(new CustomEvent(type, { detail }));
  }
}
