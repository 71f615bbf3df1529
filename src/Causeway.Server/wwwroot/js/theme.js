// The theme: the system's own, or the one chosen here.
import { icon } from './icons.js';

const KEY = 'causeway.theme';
const order = ['system', 'light', 'dark'];
const icons = { system: 'system', light: 'sun', dark: 'moon' };

export function wireTheme(button) {
  let theme = document.documentElement.dataset.theme ?? 'system';

  function apply() {
    const next = order[(order.indexOf(theme) + 1) % order.length];
    button.replaceChildren(icon(icons[theme]));
    button.setAttribute('aria-label', `Theme: ${theme}. Switch to ${next}`);
    button.title = `Theme: ${theme}`;
    if (theme === 'system') delete document.documentElement.dataset.theme;
    else document.documentElement.dataset.theme = theme;
  }

  button.addEventListener('click', () => {
    theme = order[(order.indexOf(theme) + 1) % order.length];
    try {
      if (theme === 'system') localStorage.removeItem(KEY);
      else localStorage.setItem(KEY, theme);
    } catch {
      // Storage is blocked: the choice lasts as long as the page.
    }
    apply();
  });
  apply();
}
