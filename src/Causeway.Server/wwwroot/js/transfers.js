// What moves files: downloads with the credential of this tab, uploads with their progress, imports with their report.
import { access } from './access.js';
import { ApiError, readError } from './api.js';
import { dialog } from './dialog.js';
import { h } from './dom.js';
import { errorBox } from './errors.js';
import { bytes, count, joined, plural } from './format.js';
import { toast } from './toast.js';

/** Saves what is at an address. With a session or local access the browser does it by itself and streams to disk; a token has to be sent by the page. */
export async function download(path, query = {}) {
  const search = new URLSearchParams(Object.entries(query).filter(([, value]) => value !== null && value !== undefined && value !== ''));
  const address = search.size > 0 ? `${path}?${search}` : path;
  if (!access.token) {
    save(address, '');
    return;
  }
  const response = await fetch(address, { headers: access.headers(), cache: 'no-store' });
  if (!response.ok) throw await readError(response);
  const name = nameIn(response.headers.get('content-disposition')) ?? path.split('/').at(-1);
  const url = URL.createObjectURL(await response.blob());
  save(url, name);
  setTimeout(() => URL.revokeObjectURL(url), 60_000);
}

function save(address, name) {
  const link = h('a', { href: address, download: name, hidden: true });
  document.body.append(link);
  link.click();
  link.remove();
}

function nameIn(disposition) {
  const encoded = /filename\*=UTF-8''([^;]+)/i.exec(disposition ?? '')?.[1];
  return encoded ? decodeURIComponent(encoded) : /filename="([^"]+)"/i.exec(disposition ?? '')?.[1];
}

/** A button that downloads, and says it when that is refused. */
export function downloadButton(words, path, query, testid) {
  return h('button', {
    type: 'button', class: 'button', 'data-testid': testid,
    onclick: async () => {
      try {
        await download(path, query?.());
      } catch (error) {
        toast(`Not downloaded: ${error.message}`, 6000);
      }
    },
  }, words);
}

/** Sends a file; `onprogress(sent, total)`. Only this old interface tells how much has been sent. → { done, stop } */
export function upload(method, path, { file, type, query = {}, headers = {}, onprogress }) {
  const request = new XMLHttpRequest();
  const search = new URLSearchParams(query);
  const done = new Promise((resolve, reject) => {
    request.open(method, search.size > 0 ? `${path}?${search}` : path);
    for (const [name, value] of Object.entries({ ...access.headers(), 'content-type': type ?? (file.type || 'application/octet-stream'), ...headers })) request.setRequestHeader(name, value);
    request.responseType = 'text';
    request.upload.addEventListener('progress', (event) => onprogress?.(event.loaded, event.total));
    request.addEventListener('load', () => {
      const body = parse(request.responseText);
      if (request.status >= 200 && request.status < 300) resolve(body);
      else reject(errorOf(request, body));
    });
    request.addEventListener('error', () => reject(new ApiError({ status: 0, code: 'UNREACHABLE', message: 'The line broke while the file was sent. Send it again.' })));
    request.addEventListener('abort', () => reject(new DOMException('Stopped.', 'AbortError')));
    request.send(file);
  });
  return { done, stop: () => request.abort() };
}

function errorOf(request, body) {
  const error = body?.error ?? {};
  if (request.status === 401) access.refused();
  return new ApiError({
    status: request.status,
    code: error.code ?? `HTTP_${request.status}`,
    message: error.message ?? 'The file was refused.',
    details: error.details ?? {},
    requestId: error.request_id ?? request.getResponseHeader('x-request-id'),
  });
}

function parse(text) {
  try {
    return JSON.parse(text);
  } catch {
    return null;
  }
}

/** A progress bar that says in words how far it is. */
export function progressBar(label) {
  const bar = h('progress', { max: 1, value: 0, 'aria-label': label });
  const words = h('span', { class: 'hint' }, '');
  return {
    element: h('div', { class: 'progress' }, bar, words),
    set(sent, total) {
      bar.value = total > 0 ? sent / total : 0;
      words.textContent = `${joined(bytes(sent))} of ${joined(bytes(total))}`;
    },
    say(text) {
      bar.removeAttribute('value');
      words.textContent = text;
    },
  };
}

/** A dialog that imports a CSV file: checks it first, then does it, and shows which lines were refused. */
export function importDialog({ title, text, path, done, testid }) {
  const file = h('input', { type: 'file', id: 'import-file', accept: '.csv,text/csv', required: true, 'data-testid': 'import-file' });
  const dry = h('input', { type: 'checkbox', id: 'import-dry', 'data-testid': 'import-dry' });
  const problem = h('div', { role: 'alert' });
  const report = h('div', { role: 'status', 'data-testid': 'import-report' });
  const button = h('button', { type: 'submit', class: 'button primary', 'data-testid': 'dialog-confirm' }, 'Import');
  const form = h('form', { class: 'form' },
    h('p', {}, text),
    h('div', { class: 'field' }, h('label', { for: 'import-file' }, 'CSV file'), file),
    h('p', { class: 'check' }, dry, h('label', { for: 'import-dry' }, 'Only check it, change nothing')),
    problem, report,
    h('div', { class: 'dialog-actions' }, h('button', { type: 'button', class: 'button', onclick: () => box.close() }, 'Close'), button));
  form.addEventListener('submit', async (event) => {
    event.preventDefault();
    button.disabled = true;
    problem.replaceChildren();
    const bar = progressBar('Sent');
    report.replaceChildren(bar.element);
    try {
      const result = await upload('POST', path, { file: file.files[0], type: 'text/csv', query: dry.checked ? { dry_run: 'true' } : {}, onprogress: bar.set }).done;
      report.replaceChildren(...reportOf(result, dry.checked));
      if (!dry.checked) await done();
    } catch (error) {
      report.replaceChildren();
      problem.replaceChildren(errorBox(error));
    } finally {
      button.disabled = false;
    }
  });
  const box = dialog({ title, content: form, testid });
  file.focus();
}

/** What an import came to, for people. */
export function reportOf(result, isDry) {
  const figures = [['rows', 'read'], ['created', 'created'], ['updated', 'changed'], ['skipped', 'unchanged'], ['failed', 'refused']];
  const parts = [h('p', {}, h('strong', {}, isDry ? 'Checked: ' : 'Imported: '), figures.map(([name, words]) => `${count(result[name] ?? 0)} ${words}`).join(', '), '.')];
  if (result.errors?.length > 0) {
    parts.push(h('div', { class: 'import-errors', tabindex: '0', role: 'region', 'aria-label': 'Refused lines' }, h('table', {},
      h('caption', { class: 'visually-hidden' }, 'Refused lines'),
      h('thead', {}, h('tr', {}, ['Line', 'Column', 'What it should be'].map((name) => h('th', { scope: 'col' }, name)))),
      h('tbody', {}, result.errors.map((error) => h('tr', {}, h('th', { scope: 'row' }, String(error.line)), h('td', {}, error.column ?? '–'), h('td', {}, error.message)))))));
    if (result.errors_truncated) parts.push(h('p', { class: 'hint' }, `The first ${plural(result.errors.length, 'line')} are shown. Correct them in the file and import it again: what is there already stays.`));
  }
  if (result.stopped) parts.push(h('p', { class: 'refused' }, `It ended at line ${result.stopped.line}: ${result.stopped.message}`));
  return parts;
}
