// Questions to the person, in the platform's own dialog: focus stays inside, Escape answers no.
import { errorBox } from './errors.js';
import { h, setAttribute, setText, show } from './dom.js';

let open = 0;

/** Opens a dialog with a title and content; `close` ends it. Focus goes back to where it was. */
export function dialog({ title, content, testid, onclose }) {
  const heading = h('h2', { id: `dialog-title-${open += 1}` }, title);
  const element = h('dialog', { class: 'dialog', 'aria-labelledby': heading.id, 'data-testid': testid }, heading, content);
  element.addEventListener('close', () => {
    element.remove();
    onclose?.();
  });
  document.body.append(element);
  element.showModal();
  return { element, close: () => element.close() };
}

/**
 * A form in a dialog. `submit(values, { status, signal })` does the work, says in `status` how far it is, and is told by `signal` when the dialog goes; a refusal is shown inside, what is said
 * of a field beside it, and the dialog stays.
 * `fields`: [{ name, label, hint?, required?, pattern?, maxlength?, type?, value? }]; `rows` makes a field a text of several lines, `options`
 * ([{ value, label, checked? }]) a group of boxes to tick, whose answer is a list, `choices` one of several, `check` a box, whose answer is true or false.
 */
export function formDialog({ title, text, fields = [], confirm, danger = false, testid, submit, onclose }) {
  const problem = h('div', { role: 'alert' });
  const status = h('div', { role: 'status' });
  const gone = new AbortController();
  const inputs = fields.map((field) => {
    const { name, label, hint, options, ...attributes } = field;
    const id = `field-${name}`;
    const about = hint ? h('p', { class: 'hint', id: `${id}-hint` }, hint) : null;
    const refusal = h('p', { class: 'refusal', id: `${id}-refusal`, hidden: true, 'data-testid': `refusal-${name}` });
    if (options) {
      const group = boxes(name, label, options, about, refusal);
      return { name, input: null, refusal, described: group, element: group };
    }
    const input = fieldInput({ id, name, 'aria-describedby': hint ? `${id}-hint` : null, 'data-testid': `field-${name}`, ...attributes });
    const labelled = h('label', { for: id }, label);
    return {
      name, input, refusal, described: input,
      element: attributes.check ? h('div', {}, h('p', { class: 'check' }, input, labelled), about, refusal) : h('div', { class: 'field' }, labelled, input, about, refusal),
    };
  });
  const button = h('button', { type: 'submit', class: danger ? 'button danger' : 'button primary', 'data-testid': 'dialog-confirm' }, confirm);
  const form = h('form', { class: 'form' },
    text ? h('p', {}, text) : null,
    inputs.map((entry) => entry.element),
    status, problem,
    h('div', { class: 'dialog-actions' },
      h('button', { type: 'button', class: 'button', 'data-testid': 'dialog-cancel', onclick: () => box.close() }, 'Cancel'),
      button));
  form.addEventListener('submit', async (event) => {
    event.preventDefault();
    button.disabled = true;
    try {
      const data = new FormData(form);
      await submit(Object.fromEntries(fields.map((field) => [field.name, valueOf(field, data)])), { status, signal: gone.signal });
      box.close();
    } catch (error) {
      problem.replaceChildren(errorBox(error, null, fields.map((field) => field.name)));
      for (const entry of inputs) refuse(entry, error.details?.fields?.[entry.name]);
      inputs.find(({ input }) => input?.getAttribute('aria-invalid') === 'true')?.input.focus();
    } finally {
      button.disabled = false;
    }
  });
  const box = dialog({
    title, content: form, testid,
    onclose() {
      gone.abort();
      onclose?.();
    },
  });
  (inputs.find(({ input }) => input)?.input ?? form.querySelector('input'))?.focus();
}

function valueOf({ name, options, check }, data) {
  if (options) return data.getAll(name);
  return check ? data.has(name) : data.get(name);
}

/** Says beside a field why it was refused, or that it was not. */
function refuse({ input, refusal, described }, why) {
  input?.setAttribute('aria-invalid', String(Boolean(why)));
  setText(refusal, [why ?? []].flat().join(' '));
  show(refusal, Boolean(why));
  const others = (described.getAttribute('aria-describedby') ?? '').split(' ').filter((id) => id && id !== refusal.id);
  setAttribute(described, 'aria-describedby', (why ? [...others, refusal.id] : others).join(' ') || null);
}

function fieldInput({ rows, choices, value, check, ...attributes }) {
  if (check) return h('input', { type: 'checkbox', ...attributes });
  if (choices) return h('select', attributes, choices.map((choice) => h('option', { value: choice.value, selected: choice.value === value }, choice.label)));
  const input = h(rows ? 'textarea' : 'input', { autocomplete: 'off', spellcheck: 'false', rows, ...attributes });
  if (value !== undefined && value !== null) input.value = value;
  return input;
}

function boxes(name, label, options, about, refusal) {
  return h('fieldset', { class: 'field boxes', 'data-testid': `field-${name}` }, h('legend', {}, label), about,
    h('div', { class: 'box-list' }, options.map((option, index) => {
      const id = `field-${name}-${index}`;
      const box = h('input', { type: 'checkbox', id, name, value: option.value, checked: option.checked });
      return h('p', {}, box, h('label', { for: id }, option.label));
    })), refusal);
}
