// Copies text; also over plain HTTP from another machine, where the clipboard API is not to be had.
import { h } from './dom.js';
import { icon } from './icons.js';
import { toast } from './toast.js';

export async function copyText(text) {
  if (navigator.clipboard && window.isSecureContext) {
    await navigator.clipboard.writeText(text);
    return;
  }
  const area = h('textarea', { class: 'visually-hidden', readonly: true });
  area.value = text;
  (document.querySelector('dialog[open]') ?? document.body).append(area);
  area.select();
  const done = document.execCommand('copy');
  area.remove();
  if (!done) throw new Error('The browser does not let the page copy.');
}

/** A button that copies what `text()` answers at that moment. */
export function copyButton(text, label = 'Copy', { small = false, testid = null, words = null } = {}) {
  const button = h('button', { type: 'button', class: small ? 'icon-button small' : words ? 'button' : 'icon-button', 'aria-label': words ? null : label, title: label, 'data-testid': testid }, icon('copy'), words);
  button.addEventListener('click', async () => {
    const focused = document.activeElement;
    try {
      await copyText(text());
      button.firstElementChild.replaceWith(icon('check'));
      setTimeout(() => button.firstElementChild.replaceWith(icon('copy')), 1500);
      toast('Copied');
    } catch (error) {
      toast(`Not copied: ${error.message}`);
    }
    focused?.focus?.();
  });
  return button;
}
