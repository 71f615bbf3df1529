// Questions to the person, in the platform's own dialog: focus stays inside, Escape answers no.
import { errorBox } from './errors.js';
import { h } from './dom.js';

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
 * A form in a dialog. `submit(values)` does the work; a refusal is shown inside and the dialog stays.
 * `fields`: [{ name, label, hint?, required?, pattern?, maxlength?, type?, value? }]; `rows` makes a field a text of several lines, `options`
 * ([{ value, label, checked? }]) a group of boxes to tick, whose answer is a list, `choices` one of several.
 */
export function formDialog({ title, text, fields = [], confirm, danger = false, testid, submit }) {
  const problem = h('div', { role: 'alert' });
  const inputs = fields.map((field) => {
    const { name, label, hint, options, ...attributes } = field;
    const id = `field-${name}`;
    const about = hint ? h('p', { class: 'hint', id: `${id}-hint` }, hint) : null;
    if (options) return { name, input: null, element: boxes(name, label, options, about) };
    const input = fieldInput({ id, name, 'aria-describedby': hint ? `${id}-hint` : null, 'data-testid': `field-${name}`, ...attributes });
    return { name, input, element: h('div', { class: 'field' }, h('label', { for: id }, label), input, about) };
  });
  const button = h('button', { type: 'submit', class: danger ? 'button danger' : 'button primary', 'data-testid': 'dialog-confirm' }, confirm);
  const form = h('form', { class: 'form' },
    text ? h('p', {}, text) : null,
    inputs.map((entry) => entry.element),
    problem,
    h('div', { class: 'dialog-actions' },
      h('button', { type: 'button', class: 'button', 'data-testid': 'dialog-cancel', onclick: () => box.close() }, 'Cancel'),
      button));
  form.addEventListener('submit', async (event) => {
    event.preventDefault();
    button.disabled = true;
    try {
      const data = new FormData(form);
      await submit(Object.fromEntries(fields.map((field) => [field.name, field.options ? data.getAll(field.name) : data.get(field.name)])));
      box.close();
    } catch (error) {
      problem.replaceChildren(errorBox(error));
      for (const { name, input } of inputs) input?.setAttribute('aria-invalid', String(Boolean(error.details?.fields?.[name])));
    } finally {
      button.disabled = false;
    }
  });
  const box = dialog({ title, content: form, testid });
  (inputs.find(({ input }) => input)?.input ?? form.querySelector('input'))?.focus();
}

function fieldInput({ rows, choices, value, ...attributes }) {
  if (choices) return h('select', attributes, choices.map((choice) => h('option', { value: choice.value, selected: choice.value === value }, choice.label)));
  const input = h(rows ? 'textarea' : 'input', { autocomplete: 'off', spellcheck: 'false', rows, ...attributes });
  if (value !== undefined && value !== null) input.value = value;
  return input;
}

function boxes(name, label, options, about) {
  return h('fieldset', { class: 'field boxes', 'data-testid': `field-${name}` }, h('legend', {}, label), about,
    h('div', { class: 'box-list' }, options.map((option, index) => {
      const id = `field-${name}-${index}`;
      const box = h('input', { type: 'checkbox', id, name, value: option.value, checked: option.checked });
      return h('p', {}, box, h('label', { for: id }, option.label));
    })));
}
