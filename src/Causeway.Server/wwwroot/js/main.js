// Starts the console: access, routes, the header's state and the keys.
import { access } from './access.js';
import { feed } from './feed.js';
import { duration } from './format.js';
import { setText } from './dom.js';
import { parse } from './router.js';
import { wireShortcuts } from './shortcuts.js';
import { signInPanel } from './signin.js';
import { session } from './tester/session.js';
import { wireTheme } from './theme.js';

const views = {
  overview: ['Overview', () => import('./views/overview.js')],
  rooms: ['Rooms', () => import('./views/rooms.js')],
  room: ['Room', () => import('./views/room.js')],
  connections: ['Connections', () => import('./views/connections.js')],
  nodes: ['Nodes', () => import('./views/nodes.js')],
  streams: ['Streams', () => import('./views/streams.js')],
  stream: ['Stream', () => import('./views/stream.js')],
  backends: ['Backends', () => import('./views/backends.js')],
  backend: ['Backend', () => import('./views/backend.js')],
  loops: ['Loops', () => import('./views/loops.js')],
  jobs: ['Jobs', () => import('./views/jobs.js')],
  schedules: ['Schedules', () => import('./views/schedules.js')],
  webhooks: ['Webhooks', () => import('./views/webhooks.js')],
  webhook: ['Webhook', () => import('./views/webhook.js')],
  files: ['Files', () => import('./views/files.js')],
  users: ['Users', () => import('./views/users.js')],
  roles: ['Roles', () => import('./views/roles.js')],
  'api-keys': ['API keys', () => import('./views/api-keys.js')],
  audit: ['Audit log', () => import('./views/audit.js')],
  account: ['Account', () => import('./views/account.js')],
  tester: ['Tester', () => import('./views/tester.js')],
  missing: ['Not found', () => import('./views/missing.js')],
};
const words = { waiting: 'Connecting', live: 'Live', gone: 'Reconnecting', refused: 'Signed out', forbidden: 'Not an admin', draining: 'Draining' };

const main = document.getElementById('main');
let leave = null;
let turn = 0;
let shown = false;

/** Shows the view of the address; `main` is emptied by the last one's own leave(). */
async function go() {
  const mine = turn += 1;
  const route = parse(location.hash);
  const [name, load] = views[route.view] ?? [];
  const view = access.isRefused || route.view === 'login' ? null : await load();
  if (mine !== turn) return;
  leave?.();
  leave = null;
  main.replaceChildren();
  main.dataset.view = view ? route.view : 'sign-in';
  document.title = `${view ? (route.params.id ?? name) : 'Sign in'} · Causeway`;
  markNavigation(route.view);
  if (view) leave = view.mount(main, route);
  else main.append(signInPanel(loggedIn));
  if (shown) {
    window.scrollTo(0, 0);
    (main.querySelector('.sign-in input') ?? main.querySelector('h1') ?? main).focus({ preventScroll: true });
  }
  shown = true;
}

/** After a log-in with an account: what was asked for, as whoever it is now. */
function loggedIn() {
  if (location.hash === '#/login') location.hash = '#/account';
  else go();
}

function markNavigation(view) {
  const current = { room: 'rooms', stream: 'streams', backend: 'backends', nodes: 'connections', schedules: 'jobs', webhooks: 'jobs', webhook: 'jobs', roles: 'users', 'api-keys': 'users', audit: 'users' }[view] ?? view;
  for (const link of document.querySelectorAll('[data-nav]')) {
    if (link.dataset.nav === current) {
      link.setAttribute('aria-current', 'page');
      const bar = link.closest('.nav');
      if (bar) bar.scrollLeft = link.offsetLeft - (bar.clientWidth - link.offsetWidth) / 2;
    } else link.removeAttribute('aria-current');
  }
}

function showState() {
  const pulse = document.getElementById('pulse');
  const state = feed.state === 'live' && feed.latest.draining ? 'draining' : feed.state;
  pulse.dataset.state = state;
  setText(document.getElementById('pulse-text'), words[state]);
  const banner = document.getElementById('banner');
  const text = state === 'draining'
    ? 'The server is draining: it takes nobody new and moves everybody on, then stops.'
    : state === 'gone' && Date.now() - feed.goneSince > 1500
      ? 'The server does not answer. Reconnecting… The page goes on by itself when it is back.'
      : '';
  setText(banner, text);
  banner.dataset.state = text ? state : '';
  banner.title = state === 'gone' ? `For ${duration((Date.now() - feed.goneSince) / 1000)}` : '';
}

access.takeFromAddress();
window.addEventListener('hashchange', () => {
  access.takeFromAddress();
  go();
});
let refused = access.isRefused;
access.addEventListener('change', () => {
  document.getElementById('sign-out').hidden = !access.token;
  if (refused !== access.isRefused) {
    refused = access.isRefused;
    go();
  }
});
document.getElementById('sign-out').hidden = !access.token;
document.getElementById('sign-out').addEventListener('click', () => {
  session.live.disconnect();
  access.signOut();
});
document.getElementById('skip').addEventListener('click', (event) => {
  event.preventDefault();
  main.focus();
});
wireTheme(document.getElementById('theme'));
wireShortcuts(document.getElementById('help'));
feed.addEventListener('update', showState);
session.live.addEventListener('state', () => {
  document.querySelector('[data-nav=tester]').toggleAttribute('data-on', session.live.state === 'open');
});
await feed.start();
go();
