import { h } from '../dom.js';

export function mount(root) {
  root.append(h('section', { class: 'empty-page' },
    h('h1', { tabindex: '-1' }, 'Nothing is here'),
    h('p', {}, 'This address does not lead to a page of the console.'),
    h('p', {}, h('a', { class: 'button', href: '#/' }, 'Go to the overview'))));
  return null;
}
