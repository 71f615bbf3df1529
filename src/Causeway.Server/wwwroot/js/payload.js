// A JSON payload as it is typed: always an object, told at once what is wrong and where.
import { h, setText } from './dom.js';

export const TYPE_PATTERN = '[a-z0-9_.:\\-]{1,64}';

/** → { value } or { problem } */
export function readPayload(text) {
  const source = text.trim() || '{}';
  try {
    const value = JSON.parse(source);
    if (value === null || typeof value !== 'object' || Array.isArray(value)) return { problem: 'A payload is an object, as in {"text":"hello"}.' };
    return { value };
  } catch (error) {
    return { problem: explain(error.message, source) };
  }
}

function explain(message, source) {
  const at = Number(/position (\d+)/.exec(message)?.[1] ?? NaN);
  const what = message.replace(/\s*(in JSON)?\s*at position.*$/, '').replace(/^JSON\.parse: /, '').replace(/, ".*$/s, '');
  if (Number.isNaN(at)) return `Not JSON: ${what}.`;
  const before = source.slice(0, at).split('\n');
  return `Not JSON: ${what}, line ${before.length}, column ${before.at(-1).length + 1}.`;
}

/** A labelled JSON field with its verdict: { element, input, read() }; `read` answers null while it is not valid. */
export function payloadField({ id, label = 'Payload', value = '{}', rows = 3, testid }) {
  const verdict = h('p', { class: 'verdict', id: `${id}-verdict`, 'aria-live': 'polite' });
  const input = h('textarea', { id, rows, spellcheck: 'false', autocapitalize: 'off', autocomplete: 'off', 'aria-describedby': verdict.id, 'data-testid': testid });
  input.value = value;
  const check = () => {
    const { problem } = readPayload(input.value);
    setText(verdict, problem ?? 'Valid');
    verdict.toggleAttribute('data-bad', Boolean(problem));
    input.setAttribute('aria-invalid', String(Boolean(problem)));
  };
  input.addEventListener('input', check);
  check();
  return {
    element: h('div', { class: 'field' }, h('label', { for: id }, label), input, verdict),
    input,
    check,
    read: () => readPayload(input.value).value ?? null,
  };
}
