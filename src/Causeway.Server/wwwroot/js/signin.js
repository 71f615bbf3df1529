// The panel that asks for the admin token when the server says 401.
import { access } from './access.js';
import { readError } from './api.js';
import { h } from './dom.js';
import { errorBox } from './errors.js';

export function signInPanel() {
  const problem = h('div', { role: 'alert', 'data-testid': 'sign-in-problem' });
  if (access.token) problem.append(h('p', { class: 'refused' }, 'The server did not accept the token of this tab.'));
  const input = h('input', { id: 'token', name: 'token', type: 'password', autocomplete: 'current-password', required: true, spellcheck: 'false', 'aria-describedby': 'token-hint', 'data-testid': 'sign-in-token' });
  const button = h('button', { type: 'submit', class: 'button primary', 'data-testid': 'sign-in-submit' }, 'Sign in');
  const form = h('form', { class: 'form', 'data-testid': 'sign-in' },
    h('h1', { tabindex: '-1' }, 'Sign in'),
    h('p', {}, 'This server does not open its console to everybody. Show it your admin token.'),
    h('div', { class: 'field' },
      h('label', { for: 'token' }, 'Admin token'),
      input,
      h('p', { class: 'hint', id: 'token-hint' }, 'On the server, ', h('code', {}, 'causeway token admin --show'), ' prints it. Here it is kept for this tab only.')),
    problem,
    h('div', { class: 'form-actions' }, button));
  form.addEventListener('submit', async (event) => {
    event.preventDefault();
    button.disabled = true;
    try {
      const isAdmin = await tryToken(input.value.trim());
      if (!isAdmin) location.hash = '#/tester';
      access.signIn(input.value);
    } catch (error) {
      problem.replaceChildren(error.status === 401 ? h('p', { class: 'refused' }, 'The server did not accept that token.') : errorBox(error));
      input.select();
    } finally {
      button.disabled = false;
    }
  });
  return h('section', { class: 'sign-in card' }, form);
}

/** Whether the token is an admin's; throws the refusal of one that is no good. A user's token opens the tester only. */
async function tryToken(token) {
  const response = await fetch('/api/v1/overview', { headers: { authorization: `Bearer ${token}` }, cache: 'no-store' });
  if (!response.ok && response.status !== 403) throw await readError(response);
  return response.ok;
}
