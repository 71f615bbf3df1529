// Builds elements. Text always goes in as text, never as markup.

export function h(tag, attributes, ...children) {
  const element = document.createElement(tag);
  for (const [name, value] of Object.entries(attributes ?? {})) {
    if (value === null || value === undefined || value === false) continue;
    if (name.startsWith('on')) element.addEventListener(name.slice(2), value);
    else element.setAttribute(name, value === true ? '' : String(value));
  }
  element.append(...children.flat().filter((child) => child !== null && child !== undefined && child !== false));
  return element;
}

/** Text with `code` in backticks, as descriptions have it. */
export function prose(text) {
  return (text ?? '').split(/`([^`]+)`/).map((part, index) => (index % 2 ? h('code', {}, part) : part));
}

/** JSON to read: the same text, its parts in colours. */
export function json(value) {
  const text = typeof value === 'string' ? value : JSON.stringify(value, null, 2);
  const pattern = /("(?:\\.|[^"\\])*")(\s*:)?|\b(true|false|null)\b|-?\d+(?:\.\d+)?(?:[eE][+-]?\d+)?/g;
  const parts = [];
  let at = 0;
  for (const match of text.matchAll(pattern)) {
    parts.push(text.slice(at, match.index));
    const kind = match[1] ? (match[2] ? 'name' : 'text') : match[3] ? 'word' : 'figure';
    parts.push(h('span', { class: `j-${kind}` }, match[1] ?? match[0]), match[2] ?? '');
    at = match.index + match[0].length;
  }
  parts.push(text.slice(at));
  return parts.filter((part) => part !== '');
}

export function codeBlock(content, label) {
  return h('pre', { tabindex: '0', role: 'region', 'aria-label': label }, h('code', {}, content));
}

/** A button that copies what `text()` answers at that moment. */
export function copyButton(text, words = 'Copy') {
  const button = h('button', { type: 'button', class: 'small-button' }, words);
  button.addEventListener('click', async () => {
    try {
      await copy(text());
      button.textContent = 'Copied';
    } catch {
      button.textContent = 'Not copied';
    }
    setTimeout(() => { button.textContent = words; }, 1500);
  });
  return button;
}

async function copy(text) {
  if (navigator.clipboard && window.isSecureContext) return navigator.clipboard.writeText(text);
  const area = h('textarea', { class: 'hidden-text', readonly: true });
  area.value = text;
  document.body.append(area);
  area.select();
  const done = document.execCommand('copy');
  area.remove();
  if (!done) throw new Error('The browser does not let the page copy.');
}
