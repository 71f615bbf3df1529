// Cursor paging: forward by the server's cursor, back by the ones already used.
import { h, show } from './dom.js';
import { icon } from './icons.js';

const LIMIT = 50;

export class Pages {
  #fetch;
  #used = [null];
  #next = null;
  #turn = 0;

  /** `fetch({ cursor, limit })` → { items, next_cursor }; `changed()` loads after a step. */
  constructor(fetch, changed) {
    this.#fetch = fetch;
    const step = (move) => () => {
      move();
      changed();
    };
    this.back = h('button', { type: 'button', class: 'button', 'data-testid': 'page-back', onclick: step(() => this.#used.pop()) }, icon('back'), 'Back');
    this.more = h('button', { type: 'button', class: 'button', 'data-testid': 'page-next', onclick: step(() => this.#used.push(this.#next)) }, 'Next', icon('forward'));
    this.element = h('nav', { class: 'pages', 'aria-label': 'Pages', hidden: true }, this.back, this.more);
  }

  reset() {
    this.#used = [null];
  }

  /** The items of the page, or null when a newer question overtook this one. */
  async load() {
    const turn = this.#turn += 1;
    const page = await this.#fetch({ cursor: this.#used.at(-1), limit: LIMIT });
    if (turn !== this.#turn) return null;
    this.#next = page.next_cursor;
    this.back.disabled = this.#used.length === 1;
    this.more.disabled = !page.next_cursor;
    show(this.element, this.#used.length > 1 || Boolean(page.next_cursor));
    return page.items;
  }
}
