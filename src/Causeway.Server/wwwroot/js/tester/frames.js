// The newest raw frames in both directions, with the times they passed.

const KEPT = 1000;
const encoder = new TextEncoder();

/** Emits 'add' (detail: the entry) and 'clear'. */
export class Frames extends EventTarget {
  entries = [];
  total = 0;

  add({ direction, text, at }) {
    const envelope = read(text);
    this.#push({ direction, text, at, type: typeof envelope?.type === 'string' ? envelope.type : 'not an envelope', room: envelope?.room_id ?? envelope?.payload?.room_id ?? null, bytes: encoder.encode(text).length });
  }

  /** Something that happened to the line itself. */
  note(text) {
    this.#push({ direction: 'note', text, at: Date.now(), type: 'line', room: null, bytes: 0 });
  }

  clear() {
    this.entries = [];
    this.dispatchEvent(new Event('clear'));
  }

  #push(entry) {
    entry.number = this.total += 1;
    this.entries.push(entry);
    if (this.entries.length > KEPT) this.entries.shift();
    this.dispatchEvent(new CustomEvent('add', { detail: entry }));
  }
}

function read(text) {
  try {
    return JSON.parse(text);
  } catch {
    return null;
  }
}
