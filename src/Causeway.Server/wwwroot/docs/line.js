// One live line for the whole page: connect, send what is documented, and see every frame.
import { credential } from './credential.js';
import { h, json } from './dom.js';

const KEPT = 300;

export class LiveLine {
  #socket = null;
  #stream = null;
  #ref = 0;

  constructor(document, examples) {
    this.paths = Object.fromEntries(Object.entries(document.channels).map(([name, channel]) => [name, channel.address]));
    this.codes = new Map((document.channels.live?.['x-close-codes'] ?? []).map((code) => [code.code, code.reason]));
    this.state = h('p', { class: 'verdict', role: 'status', 'data-testid': 'line-state' }, 'Not connected.');
    this.connectButton = h('button', { type: 'button', class: 'button primary', 'data-testid': 'line-connect', onclick: () => this.#toggle() }, 'Connect');
    this.rooms = h('input', { id: 'line-rooms', value: 'lobby', autocomplete: 'off', spellcheck: 'false', 'data-testid': 'line-rooms' });
    this.streamButton = h('button', { type: 'button', class: 'button', 'data-testid': 'line-stream', onclick: () => this.#toggleStream() }, 'Open a stream');
    this.pick = h('select', { id: 'line-pick', 'data-testid': 'line-pick' }, examples.map(({ name }) => h('option', {}, name)));
    this.text = h('textarea', { id: 'line-text', rows: 7, spellcheck: 'false', autocapitalize: 'off', 'data-testid': 'line-text' });
    this.problem = h('p', { class: 'verdict bad', role: 'alert' });
    this.sendButton = h('button', { type: 'submit', class: 'button primary', disabled: true, 'data-testid': 'line-send' }, 'Send');
    this.frames = h('ol', { class: 'frames', 'data-testid': 'line-frames' });
    this.log = h('div', { class: 'frames-box', tabindex: '0', role: 'log', 'aria-label': 'Frames, newest last' }, this.frames);
    this.empty = h('p', { class: 'soft' }, 'Nothing was said yet.');
    const byName = new Map(examples.map(({ name, example }) => [name, example]));
    this.pick.addEventListener('change', () => this.#write(byName.get(this.pick.value)));
    this.#write(examples.find(({ name }) => name === 'join_room')?.example ?? examples[0]?.example ?? {});
    if (byName.has('join_room')) this.pick.value = 'join_room';
    const form = h('form', {},
      h('div', { class: 'field' }, h('label', { for: 'line-pick' }, 'Message'), this.pick),
      h('div', { class: 'field' }, h('label', { for: 'line-text' }, 'As it is sent'), this.text),
      this.problem,
      h('div', { class: 'row' }, this.sendButton, h('button', { type: 'button', class: 'small-button', onclick: () => this.#clear() }, 'Clear frames')));
    form.addEventListener('submit', (event) => {
      event.preventDefault();
      this.#send();
    });
    form.addEventListener('keydown', (event) => {
      if (event.key === 'Enter' && (event.ctrlKey || event.metaKey)) form.requestSubmit();
    });
    this.element = h('section', { class: 'try live-try', 'aria-labelledby': 'line-title' },
      h('h2', { id: 'line-title' }, 'Try it'),
      h('div', { class: 'row' }, this.connectButton, this.state),
      form,
      this.paths.room_events ? h('div', { class: 'field' }, h('label', { for: 'line-rooms' }, 'Rooms of an event stream'), h('div', { class: 'row tight' }, this.rooms, this.streamButton)) : null,
      this.empty, this.log);
    this.log.hidden = true;
  }

  /** The line with this message ready to be sent. */
  elementFor(example) {
    this.#write(example);
    const name = [...this.pick.options].find((option) => option.value === example.type) ?? [...this.pick.options].find((option) => option.value === 'publish');
    if (name) this.pick.value = name.value;
    return this.element;
  }

  #write(example) {
    this.text.value = JSON.stringify(example, null, 2);
    this.problem.textContent = '';
  }

  #toggle() {
    if (this.#socket) {
      this.#socket.close(1000);
      return;
    }
    const url = new URL(this.paths.live, location.href);
    url.protocol = url.protocol === 'https:' ? 'wss:' : 'ws:';
    const protocols = credential.token ? ['causeway.v1', `bearer.${credential.token}`] : ['causeway.v1'];
    this.#say('Connecting…');
    const socket = new WebSocket(url, protocols);
    this.#socket = socket;
    let opened = false;
    this.connectButton.textContent = 'Disconnect';
    socket.addEventListener('open', () => {
      opened = true;
      this.#say('Connected.', 'good');
      this.sendButton.disabled = false;
    });
    socket.addEventListener('message', (event) => this.#add('in', event.data));
    socket.addEventListener('close', (event) => {
      this.#socket = null;
      this.connectButton.textContent = 'Connect';
      this.sendButton.disabled = true;
      if (opened) this.#say(`Closed with ${event.code}${this.codes.get(event.code) ? `: ${this.codes.get(event.code)}` : ''}.`, event.code === 1000 ? '' : 'bad');
      else this.#explain();
    });
  }

  /** A browser does not say why a connection was refused; the same question without an upgrade does. */
  async #explain() {
    this.#say('Refused.', 'bad');
    try {
      const headers = credential.token ? { authorization: `Bearer ${credential.token}` } : {};
      const response = await fetch(`${this.paths.live}?preflight=1`, { headers, cache: 'no-store' });
      if (response.ok) return;
      const { error } = await response.json();
      this.#say(`Refused, ${error.code}: ${error.message}`, 'bad');
    } catch {
      this.#say('The server does not answer.', 'bad');
    }
  }

  #send() {
    let message;
    try {
      message = JSON.parse(this.text.value);
    } catch (error) {
      this.problem.textContent = `Not JSON: ${error.message}`;
      return;
    }
    if (message.ref !== undefined) message.ref = String(this.#ref += 1);
    this.problem.textContent = '';
    const text = JSON.stringify(message);
    this.#socket.send(text);
    this.#add('out', text);
  }

  #toggleStream() {
    if (this.#stream) {
      this.#stream.abort();
      return;
    }
    this.#follow(this.rooms.value.split(/[\s,]+/).filter(Boolean));
  }

  /** Not an EventSource, which can't send a credential; one stream, until it ends. */
  async #follow(rooms) {
    const stopped = new AbortController();
    this.#stream = stopped;
    this.streamButton.textContent = 'Close the stream';
    try {
      const query = rooms.map((room) => `room=${encodeURIComponent(room)}`).join('&');
      const headers = { accept: 'text/event-stream', ...(credential.token ? { authorization: `Bearer ${credential.token}` } : {}) };
      const response = await fetch(`${this.paths.room_events}?${query}`, { headers, signal: stopped.signal, cache: 'no-store' });
      if (!response.ok) {
        const { error } = await response.json();
        this.#add('note', `${response.status} ${error.code}: ${error.message}`);
        return;
      }
      const reader = response.body.pipeThrough(new TextDecoderStream()).getReader();
      let rest = '';
      for (let next = await reader.read(); !next.done; next = await reader.read()) {
        const blocks = (rest + next.value).split('\n\n');
        rest = blocks.pop();
        for (const block of blocks) {
          const data = block.split('\n').filter((line) => line.startsWith('data: ')).map((line) => line.slice(6)).join('\n');
          if (data) this.#add('event', data);
        }
      }
      this.#add('note', 'The stream ended.');
    } catch (error) {
      this.#add('note', error.name === 'AbortError' ? 'The stream was closed.' : `The stream broke: ${error.message}`);
    } finally {
      this.#stream = null;
      this.streamButton.textContent = 'Open a stream';
    }
  }

  #add(kind, text) {
    const words = { in: 'got', out: 'sent', event: 'event', note: 'note' };
    const value = parse(text);
    const time = new Date();
    this.frames.append(h('li', { class: `frame ${kind}`, 'data-kind': kind },
      h('details', {},
        h('summary', {}, h('span', { class: 'frame-kind' }, words[kind]), h('time', { datetime: time.toISOString() }, time.toTimeString().slice(0, 8)), h('code', {}, text)),
        h('pre', {}, h('code', {}, value === undefined ? text : json(value))))));
    while (this.frames.children.length > KEPT) this.frames.firstElementChild.remove();
    this.log.hidden = false;
    this.empty.hidden = true;
    this.log.scrollTop = this.log.scrollHeight;
  }

  #clear() {
    this.frames.replaceChildren();
    this.log.hidden = true;
    this.empty.hidden = false;
  }

  #say(text, tone = '') {
    this.state.textContent = text;
    this.state.className = `verdict ${tone}`;
  }
}

function parse(text) {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}
