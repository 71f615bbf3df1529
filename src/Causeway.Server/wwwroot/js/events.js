// Reads event streams with fetch: unlike EventSource it sends the token, and hears every event type without naming it.
import { access } from './access.js';
import { Backoff } from './backoff.js';
import { readError } from './api.js';

/** Follows rooms; see `follow`. */
export function followRooms(rooms, options) {
  return follow(`/sse?${new URLSearchParams(rooms.map((room) => ['room', room]))}`, options);
}

/**
 * Follows a stream until `signal` aborts or the server says that it is complete; comes back with the last cursor.
 * `onevent({ type, data, id })`, `onstate('connecting' | 'open' | 'waiting' | 'ended' | 'refused', error?)`.
 */
export async function follow(url, { signal, onevent, onstate }) {
  const backoff = new Backoff();
  let cursor = null;
  let told = 0;
  while (!signal.aborted) {
    onstate('connecting');
    try {
      const headers = { ...access.headers(), accept: 'text/event-stream', ...(cursor ? { 'last-event-id': cursor } : {}) };
      const response = await fetch(url, { headers, signal, cache: 'no-store' });
      if (!response.ok) throw await readError(response);
      if (response.status === 204) return onstate('ended');
      onstate('open');
      for await (const event of parse(response.body)) {
        if (event.retry !== undefined) told = event.retry;
        if (event.id !== undefined) cursor = event.id;
        if (event.data === undefined) continue;
        backoff.reset();
        onevent(event);
      }
    } catch (error) {
      if (signal.aborted) return;
      if (error.status >= 400 && error.status < 500 && error.status !== 429) {
        if (error.status === 401) access.refused();
        onstate('refused', error);
        return;
      }
    }
    onstate('waiting');
    await pause(Math.max(told, backoff.next()), signal);
  }
}

/** The events of a stream, by the rules of the HTML standard. */
export async function* parse(body) {
  const reader = body.pipeThrough(new TextDecoderStream()).getReader();
  let rest = '';
  let event = {};
  let data = [];
  for (;;) {
    const { value, done } = await reader.read();
    if (done) return;
    const lines = (rest + value).split(/\r\n|\n|\r(?!$)/);
    rest = lines.pop();
    for (const line of lines) {
      if (line === '') {
        if (data.length > 0) event.data = data.join('\n');
        if (Object.keys(event).length > 0) yield { type: 'message', ...event };
        event = {};
        data = [];
        continue;
      }
      const colon = line.indexOf(':');
      if (colon === 0) continue;
      const name = colon < 0 ? line : line.slice(0, colon);
      const text = colon < 0 ? '' : line.slice(colon + 1).replace(/^ /, '');
      if (name === 'data') data.push(text);
      else if (name === 'event') event.type = text;
      else if (name === 'id') event.id = text;
      else if (name === 'retry' && /^\d+$/.test(text)) event.retry = Number(text);
    }
  }
}

function pause(milliseconds, signal) {
  return new Promise((resolve) => {
    const timer = setTimeout(resolve, milliseconds);
    signal.addEventListener('abort', () => { clearTimeout(timer); resolve(); }, { once: true });
  });
}
