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
 * `fields`: [{ name, label, hint?, required?, pattern?, maxlength?, type? }]
 */
export function formDialog({ title, text, fields = [], confirm, danger = false, testid, submit }) {
  const problem = h('div', { role: 'alert' });
  const inputs = fields.map((field) => {
    const { name, label, hint, ...attributes } = field;
    const id = `field-${name}`;
    const input = h('input', { id, name, autocomplete: 'off', spellcheck: 'false', 'aria-describedby': hint ? `${id}-hint` : null, 'data-testid': `field-${name}`, ...attributes });
    return { input, element: h('div', { class: 'field' }, h('label', { for: id }, label), input, hint ? h('p', { class: 'hint', id: `${id}-hint` }, hint) : null) };
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
      await submit(Object.fromEntries(new FormData(form)));
      box.close();
    } catch (error) {
      problem.replaceChildren(errorBox(error));
      for (const { input } of inputs) input.setAttribute('aria-invalid', String(Boolean(error.details?.fields?.[input.name])));
    } finally {
      button.disabled = false;
    }
  });
  const box = dialog({ title, content: form, testid });
  inputs[0]?.input.focus();
}
