// Talks to /api/v1. Every refusal becomes an ApiError with the server's own code, message and request id.
import { access } from './access.js';

export class ApiError extends Error {
  constructor({ status, code, message, details = {}, requestId = null, retryAfterMs = null }) {
    super(message);
    this.name = 'ApiError';
    Object.assign(this, { status, code, details, requestId, retryAfterMs });
  }

  /** True when no answer came at all: the server is gone or the network is. */
  get isUnreachable() {
    return this.status === 0;
  }
}

/** Reads an error response; a body of another shape (a proxy's page, say) still gives a useful error. */
export async function readError(response) {
  const body = await response.json().catch(() => null);
  const error = body?.error ?? {};
  const seconds = Number(response.headers.get('retry-after'));
  return new ApiError({
    status: response.status,
    code: error.code ?? `HTTP_${response.status}`,
    message: error.message ?? (response.statusText || 'The answer was not in the expected form.'),
    details: error.details ?? {},
    requestId: error.request_id ?? response.headers.get('x-request-id'),
    retryAfterMs: error.details?.retry_after_ms ?? (seconds > 0 ? seconds * 1000 : null),
  });
}

/** One request: `call('GET', '/api/v1/rooms', { query, body, signal })` → the parsed body, or null for 204. */
export const call = async (method, path, options) => (await ask(method, path, options)).body;

/** The same with the tag of the thing's state, for a change that must not overwrite somebody else's: { body, tag }. */
export async function ask(method, path, { query, body, signal, tag } = {}) {
  const headers = access.headers();
  if (tag) headers['if-match'] = tag;
  if (body !== undefined) headers['content-type'] = 'application/json';
  const search = new URLSearchParams(Object.entries(query ?? {}).filter(([, value]) => value !== null && value !== undefined && value !== ''));
  let response;
  try {
    response = await fetch(search.size > 0 ? `${path}?${search}` : path, {
      method,
      headers,
      body: body === undefined ? undefined : JSON.stringify(body),
      signal: signal ?? AbortSignal.timeout(10_000),
      cache: 'no-store',
    });
  } catch (error) {
    if (error.name === 'AbortError') throw error;
    throw new ApiError({ status: 0, code: 'UNREACHABLE', message: error.name === 'TimeoutError' ? 'The server did not answer in 10 s.' : 'The server cannot be reached.' });
  }
  if (!response.ok) {
    const error = await readError(response);
    if (error.status === 401) access.refused();
    throw error;
  }
  access.accepted();
  return { body: response.status === 204 ? null : await response.json().catch(() => null), tag: response.headers.get('etag') };
}

export const backend = (name) => `/api/v1/backends/${encodeURIComponent(name)}`;
export const stream = (name) => `/api/v1/streams/${encodeURIComponent(name)}`;
export const room = (id) => `/api/v1/rooms/${encodeURIComponent(id)}`;
const user = (id) => `/api/v1/users/${encodeURIComponent(id)}`;
const role = (name) => `/api/v1/roles/${encodeURIComponent(name)}`;
const webhook = (id) => `/api/v1/webhooks/${encodeURIComponent(id)}`;
const delivery = (id, one) => `${webhook(id)}/deliveries/${encodeURIComponent(one)}`;
const job = (id) => `/api/v1/jobs/${encodeURIComponent(id)}`;
const apiKey = (id) => `/api/v1/api-keys/${encodeURIComponent(id)}`;
export const file = (id) => `/api/v1/files/${encodeURIComponent(id)}`;

export const api = {
  overview: (signal) => call('GET', '/api/v1/overview', { signal }),

  rooms: (query) => call('GET', '/api/v1/rooms', { query }),
  room: (id) => call('GET', room(id)),
  createRoom: (body) => call('POST', '/api/v1/rooms', { body }),
  roomTagged: (id) => ask('GET', room(id)),
  updateRoom: (id, body, tag) => call('PATCH', room(id), { body, tag }),
  allowedUsers: (id, query) => call('GET', `${room(id)}/allowed-users`, { query }),
  allowUser: (id, userId, role) => call('PUT', `${room(id)}/allowed-users/${encodeURIComponent(userId)}`, { body: { role } }),
  disallowUser: (id, userId) => call('DELETE', `${room(id)}/allowed-users/${encodeURIComponent(userId)}`),
  deleteRoom: (id) => call('DELETE', room(id)),
  members: (id, query) => call('GET', `${room(id)}/members`, { query }),
  kick: (id, userId) => call('DELETE', `${room(id)}/members/${encodeURIComponent(userId)}`),
  messages: (id, query) => call('GET', `${room(id)}/messages`, { query }),
  publish: (id, body) => call('POST', `${room(id)}/messages`, { body }),

  backends: (query) => call('GET', '/api/v1/backends', { query }),
  backend: (name) => call('GET', backend(name)),
  startBackend: (name) => call('POST', `${backend(name)}/start`),
  stopBackend: (name) => call('POST', `${backend(name)}/stop`),
  restartBackend: (name) => call('POST', `${backend(name)}/restart`),

  streams: (query) => call('GET', '/api/v1/streams', { query }),
  stream: (name) => call('GET', stream(name)),

  loops: () => call('GET', '/api/v1/loops'),
  operateLoop: (name, action) => call('POST', `/api/v1/loops/${encodeURIComponent(name)}/${action}`),

  jobs: (query) => call('GET', '/api/v1/jobs', { query }),
  job: (id) => call('GET', job(id)),
  operateJob: (id, action) => call('POST', `${job(id)}/${action}`),
  discardJob: (id) => call('DELETE', job(id)),
  createExport: (body) => call('POST', '/api/v1/exports', { body }),
  createImport: (body) => call('POST', '/api/v1/imports', { body }),
  schedules: () => call('GET', '/api/v1/schedules'),
  operateSchedule: (name, action) => call('POST', `/api/v1/schedules/${encodeURIComponent(name)}/${action}`),

  webhooks: (query) => call('GET', '/api/v1/webhooks', { query }),
  webhook: (id) => call('GET', webhook(id)),
  createWebhook: (body) => call('POST', '/api/v1/webhooks', { body }),
  updateWebhook: (id, body) => call('PATCH', webhook(id), { body }),
  deleteWebhook: (id) => call('DELETE', webhook(id)),
  rotateWebhookSecret: (id, body) => call('POST', `${webhook(id)}/rotate-secret`, { body }),
  testWebhook: (id) => call('POST', `${webhook(id)}/test`),
  replayFailed: (id, body) => call('POST', `${webhook(id)}/replay-failed`, { body }),
  deliveries: (id, query) => call('GET', `${webhook(id)}/deliveries`, { query }),
  delivery: (id, one) => call('GET', delivery(id, one)),
  replayDelivery: (id, one) => call('POST', `${delivery(id, one)}/replay`),

  nodes: () => call('GET', '/api/v1/nodes'),

  connections: (query) => call('GET', '/api/v1/connections', { query }),
  disconnect: (id) => call('DELETE', `/api/v1/connections/${encodeURIComponent(id)}`),

  users: (query) => call('GET', '/api/v1/users', { query }),
  userTagged: (id) => ask('GET', user(id)),
  createUser: (body) => call('POST', '/api/v1/users', { body }),
  updateUser: (id, body, tag) => call('PATCH', user(id), { body, tag }),
  deleteUser: (id) => call('DELETE', user(id)),
  logOutUser: (id) => call('POST', `${user(id)}/logout`),

  roles: (query) => call('GET', '/api/v1/roles', { query }),
  roleTagged: (name) => ask('GET', role(name)),
  putRole: (name, body, tag) => call('PUT', role(name), { body, tag }),
  deleteRole: (name) => call('DELETE', role(name)),

  apiKeys: (query) => call('GET', '/api/v1/api-keys', { query }),
  createApiKey: (body) => call('POST', '/api/v1/api-keys', { body }),
  revokeApiKey: (id) => call('PATCH', apiKey(id), { body: { revoked: true } }),
  deleteApiKey: (id) => call('DELETE', apiKey(id)),

  files: (query) => call('GET', '/api/v1/files', { query }),
  fileTagged: (id) => ask('GET', file(id)),
  fileAsJson: (id) => call('GET', `${file(id)}/content`),
  renameFile: (id, body, tag) => call('PATCH', file(id), { body, tag }),
  deleteFile: (id) => call('DELETE', file(id)),
  postFile: (roomId, body) => call('POST', `${room(roomId)}/files`, { body }),

  audit: (query) => call('GET', '/api/v1/audit', { query }),

  me: () => call('GET', '/api/v1/auth/me'),
  updateMe: (body) => call('PATCH', '/api/v1/auth/me', { body }),
  changePassword: (body) => call('POST', '/api/v1/auth/password', { body }),
  sessions: () => call('GET', '/api/v1/auth/sessions'),
  endSession: (id) => call('DELETE', `/api/v1/auth/sessions/${encodeURIComponent(id)}`),
  logOut: () => call('POST', '/api/v1/auth/logout'),
  logOutEverywhere: () => call('POST', '/api/v1/auth/logout-all'),
};

/** The publish request as a command for a POSIX shell; the token is named, never copied. */
export function publishAsCurl(id, type, payload) {
  const quote = (text) => `'${text.replaceAll("'", `'\\''`)}'`;
  const lines = [`curl -X POST ${quote(location.origin + room(id) + '/messages')}`, `-H 'content-type: application/json'`];
  if (access.token) lines.push('-H "authorization: Bearer $CAUSEWAY_TOKEN"');
  lines.push(`-d ${quote(JSON.stringify({ type, payload }))}`);
  return lines.join(' \\\n  ');
}
