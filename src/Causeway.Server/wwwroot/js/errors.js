// Shows an error as the server told it: what, why, and the id under which its log has the story.
import { copyButton } from './copy.js';
import { h } from './dom.js';
import { icon } from './icons.js';

// What a person can do about it, where the message alone does not say.
const advice = {
  PRECONDITION_FAILED: () => 'Somebody else changed it meanwhile. Close this and open it again to see how it is now.',
  FORBIDDEN: () => 'Ask whoever runs the server for a role that allows it, or log in as somebody else.',
  RATE_LIMITED: (error) => `Try again${error.retryAfterMs ? ` in ${Math.ceil(error.retryAfterMs / 1000)} s` : ' in a moment'}.`,
  UNAVAILABLE: () => 'Something the server needs is down; /ready says what. Try again in a moment.',
  DRAINING: () => 'The server is stopping. Try again when it is back.',
  UNREACHABLE: () => 'Is the server running, and the network there?',
  INTERNAL_ERROR: () => 'The server’s log has the story under the request id below.',
};

const inWords = (value) => (Array.isArray(value) ? value.map(inWords).join(', ') : value !== null && typeof value === 'object' ? JSON.stringify(value) : String(value));

/** Whether the same request may succeed later. */
export const isPassing = (error) => error.status === 0 || error.status === 408 || error.status === 429 || error.status >= 500;

/** A box that says what was refused and what to do about it; with `again`, by a button. Of the fields named in `beside` the form itself says why. */
export function errorBox(error, again, beside = []) {
  const next = advice[error.code]?.(error);
  const details = error.details && Object.keys(error.details).length > 0 ? error.details : null;
  const fields = typeof details?.fields === 'object' ? details.fields : null;
  const elsewhere = Object.entries(fields ?? {}).filter(([name]) => !beside.includes(name));
  return h('div', { class: 'error-box', 'data-testid': 'error' },
    icon('warn'),
    h('div', { class: 'error-text' },
      h('p', {}, h('strong', { class: 'code', 'data-testid': 'error-code' }, error.code ?? error.name ?? 'ERROR'), ' ', h('span', { 'data-testid': 'error-message' }, error.message)),
      next ? h('p', { 'data-testid': 'error-advice' }, next) : null,
      elsewhere.length > 0 ? h('ul', { class: 'error-fields' }, elsewhere.map(([name, why]) => h('li', {}, h('code', {}, name), ' ', [why].flat().join(' ')))) : null,
      details && !fields ? h('ul', { class: 'error-fields' }, Object.entries(details).map(([name, value]) => h('li', {}, h('code', {}, name), ' ', inWords(value)))) : null,
      error.requestId ? h('p', { class: 'request-id' }, 'Request ', h('code', {}, error.requestId), copyButton(() => error.requestId, 'Copy request id', { small: true })) : null,
      again ? h('button', { type: 'button', class: 'button', onclick: again }, 'Try again') : null));
}
