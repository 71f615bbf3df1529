// Full-jitter exponential back-off: after an outage nobody comes back in step with anybody else.

export class Backoff {
  #attempt = 0;

  constructor({ base = 500, cap = 30_000 } = {}) {
    this.base = base;
    this.cap = cap;
  }

  get attempt() {
    return this.#attempt;
  }

  /** Milliseconds to wait before the next attempt: anything from 0 to a bound that doubles. */
  next() {
    const bound = Math.min(this.cap, this.base * 2 ** this.#attempt);
    this.#attempt += 1;
    return Math.random() * bound;
  }

  reset() {
    this.#attempt = 0;
  }
}
