// The panel that asks who you are: an account's e-mail address and password, or the admin token.
import { access } from './access.js';
import { readError } from './api.js';
import { h } from './dom.js';
import { errorBox } from './errors.js';

/** `done()` is called when somebody is logged in. */
export function signInPanel(done) {
  const problem = h('div', { role: 'alert', 'data-testid': 'sign-in-problem' });
  if (access.token && access.isRefused) problem.append(h('p', { class: 'refused' }, 'The server did not accept the token of this tab.'));
  const account = accountForm(problem, done);
  const token = tokenForm(problem);
  return h('section', { class: 'sign-in card', 'data-testid': 'sign-in' },
    h('h1', { tabindex: '-1' }, 'Sign in'),
    h('p', {}, access.isRefused ? 'This server does not open its console to everybody. Log in with your account, or show it the admin token.' : 'Log in with your account: you may then do here what its roles allow.'),
    problem, account, h('details', { class: 'other-way', open: Boolean(access.token) || null }, h('summary', { 'data-testid': 'sign-in-other' }, 'Use the admin token'), token));
}

function accountForm(problem, done) {
  const email = h('input', { id: 'email', name: 'email', type: 'email', autocomplete: 'username', required: true, spellcheck: 'false', 'data-testid': 'sign-in-email' });
  const password = h('input', { id: 'password', name: 'password', type: 'password', autocomplete: 'current-password', required: true, 'data-testid': 'sign-in-password' });
  const button = h('button', { type: 'submit', class: 'button primary', 'data-testid': 'log-in' }, 'Log in');
  const form = h('form', { class: 'form' },
    h('div', { class: 'field' }, h('label', { for: 'email' }, 'E-mail address'), email),
    h('div', { class: 'field' }, h('label', { for: 'password' }, 'Password'), password),
    h('div', { class: 'form-actions' }, button));
  form.addEventListener('submit', async (event) => {
    event.preventDefault();
    button.disabled = true;
    try {
      await logIn({ email: email.value.trim(), password: password.value, device: deviceName(), cookie: true });
      // The session is a cookie that no script can read; a token of this tab would go before it.
      access.signOut();
      done?.();
    } catch (error) {
      problem.replaceChildren(error.status === 401 ? h('p', { class: 'refused' }, 'The address or the password is not right.') : errorBox(error));
      password.select();
    } finally {
      button.disabled = false;
    }
  });
  return form;
}

function tokenForm(problem) {
  const input = h('input', { id: 'token', name: 'token', type: 'password', autocomplete: 'off', required: true, spellcheck: 'false', 'aria-describedby': 'token-hint', 'data-testid': 'sign-in-token' });
  const button = h('button', { type: 'submit', class: 'button', 'data-testid': 'sign-in-submit' }, 'Use the token');
  const form = h('form', { class: 'form' },
    h('div', { class: 'field' },
      h('label', { for: 'token' }, 'Admin token'),
      input,
      h('p', { class: 'hint', id: 'token-hint' }, 'On the server, ', h('code', {}, 'causeway token admin --show'), ' prints it. Here it is kept for this tab only.')),
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
  return form;
}

/** A refusal is about what was typed here, not about who this tab is. */
async function logIn(body) {
  const response = await fetch('/api/v1/auth/login', { method: 'POST', headers: { 'content-type': 'application/json' }, body: JSON.stringify(body), cache: 'no-store' });
  if (!response.ok) throw await readError(response);
}

/** What the list of sessions is to call this one: Firefox on Linux. */
function deviceName() {
  const agent = navigator.userAgent;
  const browser = /Firefox/.test(agent) ? 'Firefox' : /Edg\//.test(agent) ? 'Edge' : /Chrome|Chromium/.test(agent) ? 'Chrome' : /Safari/.test(agent) ? 'Safari' : 'A browser';
  const system = /Android/.test(agent) ? 'Android' : /iPhone|iPad/.test(agent) ? 'iOS' : /Windows/.test(agent) ? 'Windows' : /Mac OS/.test(agent) ? 'macOS' : /Linux/.test(agent) ? 'Linux' : null;
  return system ? `${browser} on ${system}` : browser;
}

/** Whether the token is an admin's; throws the refusal of one that is no good. A user's token opens the tester only. */
async function tryToken(token) {
  const response = await fetch('/api/v1/overview', { headers: { authorization: `Bearer ${token}` }, cache: 'no-store' });
  if (!response.ok && response.status !== 403) throw await readError(response);
  return response.ok;
}
