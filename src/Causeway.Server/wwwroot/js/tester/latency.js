// Round trips of requests and their answers: the last, the median and the 95th percentile of the newest hundred.

const KEPT = 100;

export class Latency extends EventTarget {
  #trips = { ack: [], ping: [] };

  add({ type, milliseconds }) {
    const trips = this.#trips[type === 'ping' ? 'ping' : 'ack'];
    trips.push(milliseconds);
    if (trips.length > KEPT) trips.shift();
    this.dispatchEvent(new Event('change'));
  }

  /** → { count, last, median, p95 }; NaN where nothing was measured. */
  of(kind) {
    const trips = this.#trips[kind];
    const sorted = trips.toSorted((a, b) => a - b);
    const rank = (share) => sorted[Math.max(0, Math.ceil(sorted.length * share) - 1)] ?? NaN;
    return { count: trips.length, last: trips.at(-1) ?? NaN, median: rank(0.5), p95: rank(0.95) };
  }
}
