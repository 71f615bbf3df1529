// A short word about what was done, said once and gone after a while.
import { h } from './dom.js';

export function toast(text, milliseconds = 3500) {
  const home = document.getElementById('toasts');
  const element = h('p', { class: 'toast', 'data-testid': 'toast' }, text);
  home.append(element);
  while (home.children.length > 3) home.firstElementChild.remove();
  setTimeout(() => element.remove(), milliseconds);
}
