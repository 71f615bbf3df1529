// Who you are here: your name, your password, and where you are logged in.
import { access } from '../access.js';
import { api } from '../api.js';
import { formDialog } from '../dialog.js';
import { h, setText } from '../dom.js';
import { errorBox } from '../errors.js';
import { ago, dateTime } from '../format.js';
import { icon } from '../icons.js';
import { table } from '../table.js';
import { toast } from '../toast.js';

export function mount(root) {
  const problem = h('div', { role: 'alert' });
  const content = h('div', { class: 'account', 'data-testid': 'account' });
  root.append(h('div', { class: 'list-page' }, h('div', { class: 'page-head' }, h('h1', { tabindex: '-1' }, 'Account')), problem, content));

  async function load() {
    try {
      const me = await api.me();
      problem.replaceChildren();
      content.replaceChildren(...partsOf(me, load));
    } catch (error) {
      if (error.status !== 401) problem.replaceChildren(errorBox(error, load));
    }
  }

  load();
  return () => {};
}

function partsOf(me, load) {
  const account = me.user ?? (me.id ? me : null);
  if (!account) return [withoutAccount(me)];
  return [profile(account, load), password(), sessions()];
}

/** The admin token and local access are nobody's account. */
function withoutAccount() {
  return h('section', { class: 'card panel' },
    h('h2', {}, 'You have no account here'),
    h('p', {}, access.token
      ? 'This tab uses a token, which may do all that the token may, without being anybody’s account.'
      : 'You are on the machine itself, and the service is local: you are its admin without logging in.'),
    h('p', { class: 'hint' }, 'To be somebody, create a user under ', h('a', { href: '#/users' }, 'Access'), ' and log in as them.'),
    h('div', { class: 'form-actions' }, h('a', { class: 'button', href: '#/login', 'data-testid': 'account-login' }, 'Log in')));
}

function profile(account, load) {
  const name = h('input', { id: 'my-name', name: 'name', maxlength: 200, autocomplete: 'name', 'data-testid': 'my-name' });
  name.value = account.name ?? '';
  const problem = h('div', { role: 'alert' });
  const form = h('form', { class: 'form' },
    h('dl', { class: 'facts' },
      h('div', {}, h('dt', {}, 'E-mail address'), h('dd', { 'data-testid': 'my-email' }, account.email)),
      h('div', {}, h('dt', {}, 'Roles'), h('dd', {}, account.roles?.join(', ') || '–'))),
    h('div', { class: 'field' }, h('label', { for: 'my-name' }, 'Name'), name),
    problem,
    h('div', { class: 'form-actions' }, h('button', { type: 'submit', class: 'button primary', 'data-testid': 'my-save' }, 'Save'),
      h('button', { type: 'button', class: 'button', 'data-testid': 'my-logout', onclick: logOut }, 'Log out')));
  form.addEventListener('submit', async (event) => {
    event.preventDefault();
    try {
      await api.updateMe({ name: name.value.trim() || null });
      problem.replaceChildren();
      toast('Saved');
      await load();
    } catch (error) {
      problem.replaceChildren(errorBox(error));
    }
  });
  return h('section', { class: 'card panel', 'aria-labelledby': 'me-title' }, h('h2', { id: 'me-title' }, 'You'), form);
}

export async function logOut() {
  await api.logOut().catch(() => null);
  location.hash = '#/';
  access.signOut();
  location.reload();
}

function password() {
  const field = (id, label, autocomplete) => {
    const input = h('input', { id, type: 'password', required: true, autocomplete, 'data-testid': id });
    return { input, element: h('div', { class: 'field' }, h('label', { for: id }, label), input) };
  };
  const old = field('old-password', 'Password now', 'current-password');
  const next = field('new-password', 'New password', 'new-password');
  const problem = h('div', { role: 'alert' });
  const form = h('form', { class: 'form' }, old.element, next.element,
    h('p', { class: 'hint' }, 'Long is good: a few words. Everywhere else you are logged out.'), problem,
    h('div', { class: 'form-actions' }, h('button', { type: 'submit', class: 'button primary', 'data-testid': 'password-save' }, 'Change the password')));
  form.addEventListener('submit', async (event) => {
    event.preventDefault();
    try {
      await api.changePassword({ current_password: old.input.value, new_password: next.input.value });
      problem.replaceChildren();
      form.reset();
      toast('The password is changed');
    } catch (error) {
      problem.replaceChildren(errorBox(error));
    }
  });
  return h('section', { class: 'card panel', 'aria-labelledby': 'password-title' }, h('h2', { id: 'password-title' }, 'Password'), form);
}

function sessions() {
  const problem = h('div', { role: 'alert' });
  const list = table({
    caption: 'Where you are logged in',
    testid: 'sessions-table',
    keyOf: (session) => session.id,
    columns: [
      { name: 'Device', row: true, class: 'main-column', build: () => h('span', { class: 'room-name' }, h('span', {}), h('span', { class: 'room-title' })), refresh: refreshDevice },
      { name: 'Last used', class: 'number', text: (session) => ago(session.last_used_at), title: (session) => dateTime(session.last_used_at) },
      { name: 'Actions', hiddenName: true, class: 'actions', build: endButton },
    ],
    empty: h('p', {}, 'Nowhere else.'),
  });

  function endButton(session) {
    if (session.current) return h('span');
    return h('button', { type: 'button', class: 'icon-button small', 'aria-label': `End the session on ${deviceOf(session)}`, title: 'End it', 'data-testid': 'session-end', onclick: () => end(session) }, icon('close'));
  }

  async function end(session) {
    try {
      await api.endSession(session.id);
      toast('The session is ended');
      await load();
    } catch (error) {
      problem.replaceChildren(errorBox(error));
    }
  }

  async function load() {
    try {
      const page = await api.sessions();
      problem.replaceChildren();
      list.update(page.items);
    } catch (error) {
      if (error.status !== 401) problem.replaceChildren(errorBox(error, load));
    }
  }

  load();
  return h('section', { class: 'card panel', 'aria-labelledby': 'sessions-title' },
    h('div', { class: 'panel-head' }, h('h2', { id: 'sessions-title' }, 'Where you are logged in'),
      h('button', { type: 'button', class: 'button', 'data-testid': 'logout-all', onclick: everywhere }, 'Log out everywhere')),
    problem, list.element);
}

function everywhere() {
  formDialog({
    title: 'Log out everywhere?', text: 'Every session ends, this one too, and live connections close.', confirm: 'Log out everywhere', danger: true, testid: 'logout-all-dialog',
    async submit() {
      await api.logOutEverywhere();
      access.signOut();
      location.hash = '#/';
      location.reload();
    },
  });
}

const deviceOf = (session) => session.device ?? 'a device that said nothing';

function refreshDevice(cell, session) {
  const [name, more] = cell.children;
  setText(name, `${session.device ?? 'Unknown device'}${session.current ? ' (this one)' : ''}`);
  setText(more, [session.address, `since ${dateTime(session.created_at)}`].filter(Boolean).join(' · '));
}
