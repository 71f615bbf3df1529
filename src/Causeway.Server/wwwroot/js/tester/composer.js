// Three ways to write: say something, publish any type with a JSON payload, or send a frame exactly as typed.
import { h, show } from '../dom.js';
import { errorBox } from '../errors.js';
import { icon } from '../icons.js';
import { listen } from '../listen.js';
import { payloadField, TYPE_PATTERN } from '../payload.js';

const TYPING_EVERY = 2500;
const modes = [['say', 'Say'], ['message', 'Message'], ['raw', 'Raw frame']];

export function composer(session) {
  const { live } = session;
  const problem = h('div', { class: 'compose-problem', role: 'alert' });
  const forms = { say: sayForm(), message: messageForm(), raw: rawForm() };
  const choices = modes.map(([mode, name]) => {
    const input = h('input', { type: 'radio', name: 'compose-mode', id: `mode-${mode}`, value: mode, 'data-testid': `mode-${mode}`, onchange: () => choose(mode) });
    input.checked = mode === 'say';
    return h('span', { class: 'choice' }, input, h('label', { for: `mode-${mode}` }, name));
  });
  const quick = [
    ['Ping', 'quick-ping', () => live.ping()],
    ['Presence', 'quick-presence', () => live.request('presence', { room_id: session.current })],
    ['History', 'quick-history', () => live.request('history', { room_id: session.current, payload: { limit: 10 } })],
    ['Typing', 'quick-typing', () => live.publish(session.current, 'typing', { is_typing: true })],
  ].map(([name, testid, work]) => h('button', { type: 'button', class: 'chip', 'data-testid': testid, onclick: () => attempt(work) }, name));
  const element = h('div', { class: 'composer' },
    problem,
    Object.values(forms).map((form) => form.element),
    h('div', { class: 'compose-tools' },
      h('fieldset', { class: 'choices' }, h('legend', { class: 'visually-hidden' }, 'What to send'), choices),
      h('div', { class: 'chips', role: 'group', 'aria-label': 'Send at once' }, quick)));

  function choose(mode) {
    for (const [name, form] of Object.entries(forms)) show(form.element, name === mode);
    problem.replaceChildren();
  }

  /** Does it, and shows a refusal; true when it was taken. */
  async function attempt(work) {
    try {
      await work();
      problem.replaceChildren();
      return true;
    } catch (error) {
      problem.replaceChildren(errorBox(error));
      return false;
    }
  }

  /** What is sent while the join is still on its way goes out right after it. */
  async function publish(type, payload) {
    const room = session.current;
    await session.entered(room);
    await live.publish(room, type, payload);
  }

  function sayForm() {
    const input = h('input', { id: 'say', autocomplete: 'off', maxlength: 4000, 'aria-label': 'Message', 'data-testid': 'say' });
    let told = 0;
    input.addEventListener('input', () => {
      if (!session.rooms.get(session.current)?.inside || Date.now() - told < TYPING_EVERY || input.value === '') return;
      told = Date.now();
      live.publish(session.current, 'typing', { is_typing: true }).catch(() => {});
    });
    const form = h('form', { class: 'say-form' }, input, h('button', { type: 'submit', class: 'button primary', 'aria-label': 'Send', 'data-testid': 'say-send' }, icon('send')));
    form.addEventListener('submit', async (event) => {
      event.preventDefault();
      const text = input.value.trim();
      if (!text) return;
      input.value = '';
      told = 0;
      if (!await attempt(() => publish('chat', { text })) && input.value === '') input.value = text;
    });
    return { element: form, input };
  }

  function messageForm() {
    const type = h('input', { id: 'message-type', value: 'chat', required: true, maxlength: 64, pattern: TYPE_PATTERN, title: '1 to 64 of a-z 0-9 _ . : -', autocomplete: 'off', autocapitalize: 'off', spellcheck: 'false', 'data-testid': 'message-type' });
    const payload = payloadField({ id: 'message-payload', value: '{"text":"hello"}', testid: 'message-payload' });
    const form = h('form', { class: 'form', hidden: true },
      h('div', { class: 'field' }, h('label', { for: 'message-type' }, 'Type'), type), payload.element,
      h('div', { class: 'form-actions' }, h('button', { type: 'submit', class: 'button primary', 'data-testid': 'message-send' }, icon('send'), 'Publish')));
    form.addEventListener('submit', (event) => {
      event.preventDefault();
      const value = payload.read();
      if (value === null) return payload.input.focus();
      attempt(() => publish(type.value, value));
    });
    return { element: withControlEnter(form) };
  }

  function rawForm() {
    const input = h('textarea', { id: 'raw', rows: 4, spellcheck: 'false', autocapitalize: 'off', 'aria-describedby': 'raw-hint', 'data-testid': 'raw' });
    input.value = '{"v":1,"type":"join_room","ref":"a","payload":{"room_id":"lobby"}}';
    const form = h('form', { class: 'form', hidden: true },
      h('div', { class: 'field' }, h('label', { for: 'raw' }, 'Frame'), input, h('p', { class: 'hint', id: 'raw-hint' }, 'Goes out as it is, valid or not: see how the server answers.')),
      h('div', { class: 'form-actions' }, h('button', { type: 'submit', class: 'button primary', 'data-testid': 'raw-send' }, icon('send'), 'Send')));
    form.addEventListener('submit', (event) => {
      event.preventDefault();
      attempt(async () => live.sendRaw(input.value));
    });
    return { element: withControlEnter(form) };
  }

  function update() {
    const inside = Boolean(session.rooms.get(session.current)?.inside);
    const coming = live.rooms.has(session.current) && /open|connecting/.test(live.state);
    forms.say.input.placeholder = session.current ? `Say something in ${session.current}` : 'Join a room first';
    quick.forEach((button, index) => { button.disabled = index === 0 ? live.state !== 'open' : !inside; });
    for (const button of element.querySelectorAll('button[type=submit]')) button.disabled = button.dataset.testid === 'raw-send' ? live.state !== 'open' : !inside && !coming;
  }

  const stop = listen([[session, 'rooms', update], [live, 'state', update]]);
  choose('say');
  update();
  return { element, stop };
}

function withControlEnter(form) {
  form.addEventListener('keydown', (event) => {
    if (event.key === 'Enter' && (event.ctrlKey || event.metaKey)) form.requestSubmit();
  });
  return form;
}
