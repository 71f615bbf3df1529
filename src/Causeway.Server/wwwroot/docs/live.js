// The live part: messages of /asyncapi.json, and a line to try them on.
import { codeBlock, h, json, prose } from './dom.js';
import { LiveLine } from './line.js';
import { Schemas } from './schema.js';

export class LiveDocs {
  constructor(document) {
    this.document = document;
    this.schemas = new Schemas(document);
    this.messages = Object.entries(document.channels).flatMap(([name, channel]) => Object.entries(channel.messages).map(([key, given]) => ({ channel: name, key, ...this.schemas.resolve(given) })));
    this.operations = Object.entries(document.operations).map(([id, operation]) => ({
      id, ...operation, channel: last(operation.channel.$ref), keys: operation.messages.map((message) => last(message.$ref)),
      replies: (operation.reply?.messages ?? []).map((message) => last(message.$ref)),
    }));
    this.line = new LiveLine(document, this.received().map((operation) => ({ name: operation.id, example: this.exampleOf(this.messageOf(operation.keys[0])) })));
  }

  received() {
    return this.operations.filter((operation) => operation.action === 'receive');
  }

  groups() {
    const live = this.messages.filter((message) => message.channel === 'live');
    const events = this.messages.filter((message) => message.channel === 'room_events');
    const entry = (message, mark, tone) => ({
      href: `#/live/${message.channel}/${message.key}`, id: `${message.channel}/${message.key}`, mark, tone, text: titleOf(message), words: [message.key, message.name, message.title, message.summary].join(' '),
    });
    return [
      ['You send', live.filter((message) => message.key.startsWith('send_')).map((message) => entry(message, 'SEND', 'post'))],
      ['You get', live.filter((message) => !message.key.startsWith('send_')).map((message) => entry(message, 'GET', 'get'))],
      ['Events of a stream', events.map((message) => entry(message, 'EVENT', 'patch'))],
    ].filter(([, entries]) => entries.length > 0);
  }

  start() {
    const { info, channels, components } = this.document;
    const codes = Object.values(channels).find((channel) => channel['x-close-codes'])?.['x-close-codes'] ?? [];
    return h('article', {},
      h('h1', { tabindex: '-1' }, `${info.title} live`),
      h('p', { class: 'lead' }, ...prose(info.description)),
      h('p', { class: 'facts' }, `Version ${info.version} · AsyncAPI ${this.document.asyncapi} · `, h('a', { href: '/asyncapi.json' }, 'asyncapi.json')),
      this.line.element,
      h('h2', {}, 'Where'),
      h('dl', { class: 'fields' }, Object.values(channels).map((channel) => h('div', {},
        h('dt', {}, h('code', { class: 'field-name' }, channel.address)), h('dd', {}, h('span', { class: 'about' }, ...prose(channel.description)))))),
      h('h2', {}, 'Who you are'),
      h('dl', { class: 'fields' }, Object.entries(components.securitySchemes ?? {}).map(([name, scheme]) => h('div', {},
        h('dt', {}, h('code', { class: 'field-name' }, name)), h('dd', {}, h('span', { class: 'about' }, ...prose(scheme.description)))))),
      h('h2', {}, 'How a connection ends'),
      h('div', { class: 'scroll', tabindex: '0', role: 'region', 'aria-label': 'Close codes' }, h('table', {},
        h('thead', {}, h('tr', {}, ['Code', 'Why', 'The client'].map((name) => h('th', { scope: 'col' }, name)))),
        h('tbody', {}, codes.map((code) => h('tr', {}, h('th', { scope: 'row' }, h('code', {}, code.code)), h('td', {}, code.reason || 'closed as asked'), h('td', {}, code.come_back ? 'comes back' : 'stays away')))))),
      h('h2', {}, 'What is refused'),
      h('p', {}, 'An ', h('code', {}, 'error'), ' answers; the connection lives on. The codes are those of HTTP: ', ...(components.schemas.error_code?.examples ?? []).flatMap((code) => [h('code', {}, code), ' '])));
  }

  show(id) {
    const [channel, key] = id.split('/');
    const message = this.messages.find((one) => one.channel === channel && one.key === key);
    if (!message) return null;
    const operation = this.operations.find((one) => one.channel === channel && one.keys.includes(key));
    const isSent = key.startsWith('send_');
    return h('article', { 'data-testid': 'operation' },
      h('p', { class: 'eyebrow' }, isSent ? 'You send' : channel === 'live' ? 'You get' : 'Events of a stream'),
      h('h1', { tabindex: '-1' }, titleOf(message)),
      h('p', {}, ...prose(message.summary)),
      operation?.replies.length ? h('p', { class: 'facts' }, 'Answered by ', operation.replies.map((reply, index) => [index ? ' or ' : '', h('a', { href: `#/live/${channel}/${reply}` }, reply)]).flat()) : null,
      h('div', { class: 'columns' },
        h('div', {},
          h('h2', {}, 'Message'), this.schemas.table(message.payload),
          h('h2', {}, 'Example'), codeBlock(json(this.exampleOf(message)), 'An example')),
        isSent ? this.line.elementFor(this.exampleOf(message)) : this.line.element));
  }

  messageOf(key) {
    return this.messages.find((message) => message.key === key);
  }

  exampleOf(message) {
    return message.examples?.[0]?.payload ?? this.schemas.example(message.payload);
  }
}

const titleOf = (message) => (message.key.startsWith('send_') ? message.key.slice(5) : message.key);

const last = (reference) => reference.split('/').at(-1);
