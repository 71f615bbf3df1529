// Hash routes: '#/rooms/a%3Ab?x=1' → { view: 'room', params: { id: 'a:b' }, query }.

const routes = [
  [/^\/?$/, 'overview', []],
  [/^\/rooms\/?$/, 'rooms', []],
  [/^\/rooms\/([^/]+)$/, 'room', ['id']],
  [/^\/connections\/?$/, 'connections', []],
  [/^\/nodes\/?$/, 'nodes', []],
  [/^\/streams\/?$/, 'streams', []],
  [/^\/streams\/([^/]+)$/, 'stream', ['id']],
  [/^\/backends\/?$/, 'backends', []],
  [/^\/backends\/([^/]+)$/, 'backend', ['id']],
  [/^\/loops\/?$/, 'loops', []],
  [/^\/jobs\/?$/, 'jobs', []],
  [/^\/schedules\/?$/, 'schedules', []],
  [/^\/webhooks\/?$/, 'webhooks', []],
  [/^\/webhooks\/([^/]+)$/, 'webhook', ['id']],
  [/^\/files\/?$/, 'files', []],
  [/^\/users\/?$/, 'users', []],
  [/^\/roles\/?$/, 'roles', []],
  [/^\/api-keys\/?$/, 'api-keys', []],
  [/^\/audit\/?$/, 'audit', []],
  [/^\/account\/?$/, 'account', []],
  [/^\/login\/?$/, 'login', []],
  [/^\/tester\/?$/, 'tester', []],
];

export function parse(hash) {
  const [path, search = ''] = hash.replace(/^#/, '').split('?', 2);
  for (const [pattern, view, names] of routes) {
    const match = pattern.exec(path);
    if (!match) continue;
    const params = {};
    try {
      names.forEach((name, index) => { params[name] = decodeURIComponent(match[index + 1]); });
    } catch {
      break;
    }
    return { view, params, query: new URLSearchParams(search) };
  }
  return { view: 'missing', params: {}, query: new URLSearchParams() };
}

export const roomLink = (id) => `#/rooms/${encodeURIComponent(id)}`;
export const streamLink = (name) => `#/streams/${encodeURIComponent(name)}`;
export const backendLink = (name) => `#/backends/${encodeURIComponent(name)}`;
export const testerLink = (id) => `#/tester?room=${encodeURIComponent(id)}`;

/** Keeps what a view shows in the address without a new history entry. */
export function replaceQuery(path, query) {
  const search = new URLSearchParams(Object.entries(query).filter(([, value]) => value));
  history.replaceState(null, '', `#${path}${search.size > 0 ? `?${search}` : ''}`);
}
