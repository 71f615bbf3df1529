// Asks for the overview once a second while the page is visible, and keeps the last minutes as rates and levels.
import { access } from './access.js';
import { api } from './api.js';
import { everyWhileVisible } from './dom.js';

const INTERVAL = 1000;
const KEPT_SECONDS = 300;

/**
 * What the server is and was. Emits 'update' after every question, answered or not.
 * `state`: waiting (not asked yet), live, gone, refused (no or a bad token), forbidden (not an admin's).
 */
class Feed extends EventTarget {
  state = 'waiting';
  latest = null;
  samples = [];
  goneSince = null;
  error = null;
  #forbiddenTo = undefined;

  /** Starts asking; the answer is there when the first question is answered, or after a moment. */
  start() {
    everyWhileVisible(INTERVAL, () => this.#ask());
    access.addEventListener('change', () => {
      this.#forbiddenTo = undefined;
      this.#ask();
    });
    return new Promise((resolve) => {
      this.addEventListener('update', resolve, { once: true });
      setTimeout(resolve, 600);
    });
  }

  async #ask() {
    if (access.isRefused || this.#forbiddenTo === access.token) return;
    try {
      const overview = await api.overview(AbortSignal.timeout(4000));
      this.#take(whole(overview, this.latest));
    } catch (error) {
      this.error = error;
      this.state = { 401: 'refused', 403: 'forbidden' }[error.status] ?? 'gone';
      if (error.status === 403) this.#forbiddenTo = access.token;
      this.goneSince ??= Date.now();
      this.#keep({ at: Date.now(), gap: true });
    }
    this.dispatchEvent(new Event('update'));
  }

  #take(overview) {
    const before = this.latest;
    this.latest = overview;
    this.state = 'live';
    this.error = null;
    this.goneSince = null;
    this.#keep(sample(overview, before));
  }

  #keep(entry) {
    const oldest = entry.at - (KEPT_SECONDS + 2) * 1000;
    while (this.samples.length > 0 && this.samples[0].at < oldest) this.samples.shift();
    this.samples.push(entry);
  }
}

// What stands where a part of the overview could not be had yet.
const UNKNOWN = { connections: { websocket: 0, sse: 0 }, rooms: 0, messages_published: 0, deliveries: 0, dropped: 0, slow_closes: 0, backlog_bytes: 0, cpu_seconds: 0 };

/** The answer with the last known values in place of the parts that could not be had this time. */
function whole(now, before) {
  return Object.fromEntries(Object.entries(now).map(([name, value]) => [name, value ?? before?.[name] ?? UNKNOWN[name] ?? null]));
}

/** One point in time. Rates need the answer before it, from the same run of the server. */
function sample(now, before) {
  const comparable = before && before.started_at === now.started_at && now.messages_published >= before.messages_published;
  const seconds = comparable ? (Date.parse(now.now) - Date.parse(before.now)) / 1000 : 0;
  const rate = (name) => (seconds > 0 ? Math.max(0, now[name] - before[name]) / seconds : null);
  const cpu = rate('cpu_seconds');
  return {
    at: Date.now(),
    gap: before !== null && !comparable,
    webSockets: now.connections.websocket,
    streams: now.connections.sse,
    connections: now.connections.websocket + now.connections.sse,
    messages: rate('messages_published'),
    deliveries: rate('deliveries'),
    drops: rate('dropped'),
    p50: now.latency?.publish_to_send_p50_ms ?? null,
    p99: now.latency?.publish_to_send_p99_ms ?? null,
    memory: now.memory?.working_set_bytes ?? null,
    cpu: cpu === null ? null : (cpu / Math.max(1, now.processors)) * 100,
  };
}

export const feed = new Feed();
