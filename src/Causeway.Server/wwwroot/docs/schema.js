// Reads JSON schemas: what they say in words, and an example of what they allow.
import { h, prose } from './dom.js';

const MAX_DEPTH = 5;

export class Schemas {
  constructor(document) {
    this.document = document;
  }

  /** What a reference leads to; the thing itself where it is none. */
  resolve(given) {
    let found = given;
    while (found?.$ref) found = this.follow(found.$ref);
    return found ?? {};
  }

  follow(reference) {
    return reference.split('/').slice(1).reduce((at, step) => at?.[step.replaceAll('~1', '/').replaceAll('~0', '~')], this.document);
  }

  example(given, depth = 0) {
    const schema = this.resolve(given);
    if (schema.example !== undefined) return schema.example;
    if (schema.examples?.length && typeOf(schema) !== 'string') return schema.examples[0];
    if (schema.const !== undefined) return schema.const;
    if (schema.default !== undefined) return schema.default;
    if (schema.enum?.length) return schema.enum[0];
    const choices = schema.oneOf ?? schema.anyOf;
    if (choices) return this.example(choices.find((choice) => choice.type !== 'null') ?? choices[0], depth);
    switch (typeOf(schema)) {
      case 'object':
        return depth > MAX_DEPTH ? {} : Object.fromEntries(Object.entries(schema.properties ?? {}).map(([name, part]) => [name, this.example(part, depth + 1)]));
      case 'array':
        return schema.items && depth <= MAX_DEPTH ? [this.example(schema.items, depth + 1)] : [];
      case 'integer':
      case 'number':
        return schema.minimum ?? 1;
      case 'boolean':
        return true;
      case 'null':
        return null;
      case 'string':
        return { 'date-time': '2026-01-31T08:15:00.000Z', uuid: '0197a2b4-0000-7000-8000-000000000000', email: 'ada@example.com' }[schema.format] ?? schema.examples?.[0] ?? 'text';
      default:
        return {};
    }
  }

  /** A list of what an object is made of; what is deeper opens on demand. */
  table(given, depth = 0) {
    const schema = this.resolve(given);
    const object = this.objectIn(schema);
    if (!object) return h('p', { class: 'soft' }, ...prose(this.words(given)));
    const entries = Object.entries(object.properties ?? {});
    if (entries.length === 0) return h('p', { class: 'soft' }, ...prose(object.description ?? 'Any object.'));
    return h('dl', { class: 'fields' }, entries.map(([name, part]) => this.field(name, part, object.required?.includes(name), depth)));
  }

  field(name, part, isRequired, depth) {
    const inner = this.objectIn(this.resolve(part));
    const hasMore = inner && Object.keys(inner.properties ?? {}).length > 0 && depth < MAX_DEPTH;
    return h('div', {},
      h('dt', {}, h('code', { class: 'field-name' }, name), isRequired ? h('span', { class: 'must' }, 'required') : null),
      h('dd', {},
        h('span', { class: 'type' }, this.words(part)),
        part.description || this.resolve(part).description ? h('span', { class: 'about' }, ...prose(part.description ?? this.resolve(part).description)) : null,
        hasMore ? this.more(inner, depth) : null));
  }

  more(object, depth) {
    const box = h('details', { class: 'more' }, h('summary', {}, 'Its fields'));
    box.addEventListener('toggle', () => {
      if (box.open && box.children.length === 1) box.append(this.table(object, depth + 1));
    });
    return box;
  }

  /** The object that a schema is, or that its items or choices are. */
  objectIn(given) {
    const schema = this.resolve(given);
    if (schema.properties) return schema;
    if (schema.items) return this.objectIn(schema.items);
    const choices = (schema.oneOf ?? schema.anyOf ?? []).map((choice) => this.resolve(choice)).filter((choice) => choice.type !== 'null');
    return choices.length === 1 ? this.objectIn(choices[0]) : null;
  }

  /** The type and its limits, in a few words. */
  words(given) {
    const schema = this.resolve(given);
    const choices = schema.oneOf ?? schema.anyOf;
    if (choices) return choices.map((choice) => this.words(choice)).join(' or ');
    if (schema.const !== undefined) return JSON.stringify(schema.const);
    if (schema.enum) return schema.enum.map((value) => JSON.stringify(value)).join(', ');
    const types = [schema.type ?? (schema.properties ? 'object' : 'any')].flat();
    const names = types.map((type) => (type === 'array' ? `list of ${schema.items ? this.words(schema.items) : 'anything'}` : type === 'string' && schema.format ? schema.format : type));
    return [names.join(' or '), ...limits(schema)].join(', ');
  }
}

function typeOf(schema) {
  const types = [schema.type ?? []].flat();
  return types.find((type) => type !== 'null') ?? types[0] ?? (schema.properties ? 'object' : undefined);
}

function limits(schema) {
  const words = [];
  const range = (least, most, unit) => {
    if (least === undefined && most === undefined) return;
    words.push(most === undefined ? `at least ${least}${unit}` : least === undefined || (least === 0 && unit) ? `at most ${most}${unit}` : `${least} to ${most}${unit}`);
  };
  range(schema.minimum, schema.maximum, '');
  range(schema.minLength, schema.maxLength, ' characters');
  range(schema.minItems, schema.maxItems, ' items');
  if (schema.pattern) words.push(schema.pattern);
  if (schema.default !== undefined) words.push(`${JSON.stringify(schema.default)} when absent`);
  return words;
}
