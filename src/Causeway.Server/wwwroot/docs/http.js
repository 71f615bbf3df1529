// The HTTP part: operations of /openapi/v1.json, to read and to try.
import { credential } from './credential.js';
import { codeBlock, copyButton, h, json, prose } from './dom.js';
import { Schemas } from './schema.js';

const methods = ['get', 'post', 'put', 'patch', 'delete'];

export class HttpDocs {
  constructor(document) {
    this.document = document;
    this.schemas = new Schemas(document);
    this.operations = Object.entries(document.paths).flatMap(([path, item]) => methods.filter((method) => item[method]).map((method) => ({
      path, method, id: item[method].operationId, ...item[method],
      parameters: [...(item.parameters ?? []), ...(item[method].parameters ?? [])].map((parameter) => this.schemas.resolve(parameter)),
    })));
  }

  /** What stands in the list at the side. */
  groups() {
    const groups = new Map((this.document.tags ?? []).map((tag) => [tag.name, []]));
    for (const operation of this.operations) {
      const tag = operation.tags?.[0] ?? 'Other';
      if (!groups.has(tag)) groups.set(tag, []);
      groups.get(tag).push({
        href: `#/http/${operation.id}`, id: operation.id, mark: operation.method.toUpperCase(), tone: operation.method, text: operation.path.replace('/api/v1', ''),
        words: [operation.path, operation.method, operation.id, operation.summary].join(' '),
      });
    }
    return [...groups].filter(([, entries]) => entries.length > 0);
  }

  start() {
    const { info, tags = [], components = {} } = this.document;
    return h('article', {},
      h('h1', { tabindex: '-1' }, `${info.title} over HTTP`),
      h('p', { class: 'lead' }, ...prose(info.description)),
      h('p', { class: 'facts' }, `Version ${info.version} · OpenAPI ${this.document.openapi} · `, h('a', { href: '/openapi/v1.json' }, 'openapi/v1.json')),
      h('h2', {}, 'Who you are'),
      h('dl', { class: 'fields' }, Object.entries(components.securitySchemes ?? {}).map(([name, scheme]) => h('div', {},
        h('dt', {}, h('code', { class: 'field-name' }, name)), h('dd', {}, h('span', { class: 'type' }, placeOf(scheme)), h('span', { class: 'about' }, ...prose(scheme.description)))))),
      h('h2', {}, 'What is refused'),
      h('p', {}, 'Every refusal has the same shape, whatever refused it. The log has its story under the request id.'),
      codeBlock(json({ error: { code: 'VALIDATION_ERROR', message: 'Some fields are not valid.', details: { fields: { room_id: 'Must be 1 to 128 of A-Z a-z 0-9 _ . : -' } }, request_id: '0199f3a0c1d27e5b' } }), 'An error'),
      h('p', {}, 'Codes are only ever added: ', ...codesOf(this.schemas).flatMap((code) => [h('code', {}, code), ' '])),
      h('h2', {}, 'What there is'),
      h('dl', { class: 'fields' }, tags.map((tag) => h('div', {}, h('dt', {}, tag.name), h('dd', {}, h('span', { class: 'about' }, ...prose(tag.description)))))));
  }

  show(id) {
    const operation = this.operations.find((one) => one.id === id);
    if (!operation) return null;
    const body = operation.requestBody?.content;
    const needed = (operation.security ?? []).flatMap((way) => Object.values(way).flat());
    return h('article', { 'data-testid': 'operation' },
      h('p', { class: 'eyebrow' }, operation.tags?.[0]),
      h('h1', { tabindex: '-1' }, operation.summary ?? operation.id),
      h('p', { class: 'address' }, h('span', { class: `method ${operation.method}` }, operation.method.toUpperCase()), h('code', {}, operation.path)),
      operation.description ? h('p', {}, ...prose(operation.description)) : null,
      h('p', { class: 'facts' }, operation.security?.length ? (needed.length ? ['Needs the permission ', h('code', {}, needed[0])] : 'Needs any valid credential') : 'Open to everybody',
        ' · ', h('code', {}, operation.id)),
      h('div', { class: 'columns' },
        h('div', {},
          operation.parameters.length ? [h('h2', {}, 'Parameters'), this.parameters(operation)] : null,
          body ? this.body(body, operation.requestBody) : null,
          h('h2', {}, 'Answers'),
          Object.entries(operation.responses ?? {}).map(([status, response]) => this.answer(status, this.schemas.resolve(response)))),
        this.tryIt(operation)));
  }

  parameters(operation) {
    return h('dl', { class: 'fields' }, operation.parameters.map((parameter) => h('div', {},
      h('dt', {}, h('code', { class: 'field-name' }, parameter.name), parameter.required ? h('span', { class: 'must' }, 'required') : null),
      h('dd', {}, h('span', { class: 'type' }, `${parameter.in}, ${this.schemas.words(parameter.schema)}`), h('span', { class: 'about' }, ...prose(parameter.description))))));
  }

  body(content, request) {
    return [h('h2', {}, 'Body'), request.description ? h('p', { class: 'soft' }, ...prose(request.description)) : null,
      Object.entries(content).flatMap(([type, media]) => [h('p', { class: 'facts' }, h('code', {}, type)), media.schema ? this.schemas.table(media.schema) : null])].flat();
  }

  answer(status, response) {
    const content = Object.entries(response.content ?? {});
    const headers = Object.entries(response.headers ?? {});
    const links = Object.entries(response.links ?? {});
    const inside = [
      content.map(([type, media]) => [
        h('p', { class: 'facts' }, h('code', {}, type)),
        media.schema ? this.schemas.table(media.schema) : null,
        media.schema && type.endsWith('json') ? codeBlock(json(media.example ?? this.schemas.example(media.schema)), `Example of ${status}`) : null,
      ]),
      headers.length ? h('p', { class: 'soft' }, 'Headers: ', headers.map(([name], index) => [index ? ', ' : '', h('code', {}, name)]).flat()) : null,
      links.length ? h('p', { class: 'soft' }, 'Leads to ', links.map(([name, link], index) => [index ? ', ' : '', h('a', { href: `#/http/${link.operationId}` }, name)]).flat()) : null,
    ].flat(3).filter(Boolean);
    const isGood = Number(status) < 400;
    return h('details', { class: 'answer', open: isGood && content.length > 0 },
      h('summary', {}, h('span', { class: isGood ? 'status good' : 'status' }, status), h('span', {}, ...prose(response.description))),
      h('div', { class: 'answer-body' }, inside.length ? inside : h('p', { class: 'soft' }, 'No body.')));
  }

  tryIt(operation) {
    const media = operation.requestBody?.content?.['application/json'];
    const file = !media && operation.requestBody ? Object.keys(operation.requestBody.content)[0] : null;
    const fields = operation.parameters.map((parameter) => {
      const id = `try-${parameter.name}`;
      const schema = this.schemas.resolve(parameter.schema);
      const input = schema.enum
        ? h('select', { id }, h('option', { value: '' }, ''), schema.enum.map((value) => h('option', {}, value)))
        : h('input', { id, autocomplete: 'off', spellcheck: 'false', required: parameter.required, placeholder: schema.default ?? '' });
      return { parameter, input, element: h('div', { class: 'field' }, h('label', { for: id }, parameter.name, parameter.required ? h('span', { class: 'must' }, 'required') : null), input) };
    });
    const body = media ? h('textarea', { id: 'try-body', rows: 9, spellcheck: 'false', autocapitalize: 'off', 'data-testid': 'try-body' }) : null;
    if (body) body.value = JSON.stringify(media.example ?? this.schemas.example(media.schema), null, 2);
    const picked = file ? h('input', { id: 'try-file', type: 'file' }) : null;
    const status = h('p', { class: 'verdict', role: 'status', 'data-testid': 'try-status' });
    const answer = h('div', { 'data-testid': 'try-answer' });
    const request = () => requestOf(operation, fields, body, picked, file);
    const stop = h('button', { type: 'button', class: 'button', hidden: true }, 'Stop');
    const form = h('form', { class: 'try' },
      h('h2', {}, 'Try it'),
      fields.map((field) => field.element),
      body ? h('div', { class: 'field' }, h('label', { for: 'try-body' }, 'Body'), body) : null,
      picked ? h('div', { class: 'field' }, h('label', { for: 'try-file' }, 'File'), picked) : null,
      h('div', { class: 'row' }, h('button', { type: 'submit', class: 'button primary', 'data-testid': 'try-send' }, 'Send'), stop, copyButton(() => curlOf(request()), 'Copy as curl')),
      status, answer);
    form.addEventListener('keydown', (event) => {
      if (event.key === 'Enter' && (event.ctrlKey || event.metaKey)) form.requestSubmit();
    });
    form.addEventListener('submit', (event) => {
      event.preventDefault();
      send(request(), status, answer, stop);
    });
    return form;
  }
}

const placeOf = (scheme) => (scheme.type === 'http' ? `Authorization: ${scheme.scheme[0].toUpperCase()}${scheme.scheme.slice(1)} …` : `${scheme.in} ${scheme.name}`);

const codesOf = (schemas) => schemas.resolve(schemas.resolve(schemas.document.components?.schemas?.Error)?.properties?.error)?.properties?.code?.examples ?? [];

function requestOf(operation, fields, body, picked, fileType) {
  let url = operation.path;
  const query = new URLSearchParams();
  const headers = { accept: 'application/json' };
  for (const { parameter, input } of fields) {
    if (parameter.in === 'path') url = url.replace(`{${parameter.name}}`, encodeURIComponent(input.value));
    else if (input.value === '') continue;
    else if (parameter.in === 'query') query.append(parameter.name, input.value);
    else if (parameter.in === 'header') headers[parameter.name] = input.value;
  }
  if (credential.token) headers.authorization = `Bearer ${credential.token}`;
  if (body) headers['content-type'] = 'application/json';
  else if (picked?.files[0]) headers['content-type'] = picked.files[0].type || (fileType.includes('*') ? 'application/octet-stream' : fileType);
  return { method: operation.method.toUpperCase(), url: query.size ? `${url}?${query}` : url, headers, body: body?.value ?? picked?.files[0] };
}

async function send(request, status, answer, stop) {
  const started = performance.now();
  const aborted = new AbortController();
  stop.onclick = () => aborted.abort();
  status.className = 'verdict';
  status.textContent = 'Sent…';
  answer.replaceChildren();
  try {
    const response = await fetch(request.url, { method: request.method, headers: request.headers, body: request.body, signal: aborted.signal, cache: 'no-store' });
    const took = Math.round(performance.now() - started);
    status.textContent = `${response.status} ${response.statusText} in ${took} ms`;
    status.classList.add(response.ok ? 'good' : 'bad');
    const headers = [...response.headers].map(([name, value]) => `${name}: ${value}`).join('\n');
    const output = h('code', {});
    const type = response.headers.get('content-type') ?? '';
    answer.append(
      h('pre', { tabindex: '0', role: 'region', 'aria-label': 'Answer' }, output),
      h('details', { class: 'more' }, h('summary', {}, 'Headers'), codeBlock(headers, 'Headers of the answer')));
    if (type.startsWith('text/event-stream')) await follow(response, output, stop);
    else output.append(...shown(await response.text(), type));
    if (output.childNodes.length === 0) output.append(h('span', { class: 'soft' }, 'No body.'));
  } catch (error) {
    if (error.name === 'AbortError') return;
    status.textContent = `No answer: ${error.message}`;
    status.classList.add('bad');
  } finally {
    stop.hidden = true;
  }
}

/** A stream is shown as it comes. */
async function follow(response, output, stop) {
  stop.hidden = false;
  const reader = response.body.pipeThrough(new TextDecoderStream()).getReader();
  for (let next = await reader.read(); !next.done; next = await reader.read()) {
    output.append(next.value);
    while (output.childNodes.length > 500) output.firstChild.remove();
  }
}

function shown(text, type) {
  if (!/json/.test(type)) return text ? [text] : [];
  try {
    return json(JSON.parse(text));
  } catch {
    return [text];
  }
}

/** As a command for a POSIX shell; the credential is named, never copied. */
function curlOf({ method, url, headers, body }) {
  const quote = (text) => `'${String(text).replaceAll("'", `'\\''`)}'`;
  const lines = [`curl -X ${method} ${quote(location.origin + url)}`];
  for (const [name, value] of Object.entries(headers)) {
    if (name === 'accept') continue;
    lines.push(name === 'authorization' ? '-H "authorization: Bearer $CAUSEWAY_TOKEN"' : `-H ${quote(`${name}: ${value}`)}`);
  }
  if (body instanceof File) lines.push(`--data-binary @${quote(body.name)}`);
  else if (body !== undefined) lines.push(`-d ${quote(body)}`);
  return lines.join(' \\\n  ');
}
