// Shows an error as the server told it: what, why, and the id under which its log has the story.
import { copyButton } from './copy.js';
import { h } from './dom.js';
import { icon } from './icons.js';

export function errorBox(error, again) {
  const details = error.details && Object.keys(error.details).length > 0 ? error.details : null;
  const fields = typeof details?.fields === 'object' ? details.fields : null;
  return h('div', { class: 'error-box', 'data-testid': 'error' },
    icon('warn'),
    h('div', { class: 'error-text' },
      h('p', {}, h('strong', { class: 'code', 'data-testid': 'error-code' }, error.code ?? error.name ?? 'ERROR'), ' ', h('span', { 'data-testid': 'error-message' }, error.message)),
      fields ? h('ul', { class: 'error-fields' }, Object.entries(fields).map(([name, why]) => h('li', {}, h('code', {}, name), ' ', [why].flat().join(' ')))) : null,
      details && !fields ? h('pre', { class: 'error-details' }, JSON.stringify(details, null, 2)) : null,
      error.requestId ? h('p', { class: 'request-id' }, 'Request ', h('code', {}, error.requestId), copyButton(() => error.requestId, 'Copy request id', { small: true })) : null,
      again ? h('button', { type: 'button', class: 'button', onclick: again }, 'Try again') : null));
}
