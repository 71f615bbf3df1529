// The message tester: a line, a conversation and the raw frames beside it.
import { h } from '../dom.js';
import { replaceQuery } from '../router.js';
import { composer } from '../tester/composer.js';
import { conversation } from '../tester/conversation.js';
import { frameList } from '../tester/frame-list.js';
import { lineBar } from '../tester/line-bar.js';
import { roomTabs } from '../tester/room-tabs.js';
import { session } from '../tester/session.js';

export function mount(root, { query }) {
  const parts = [lineBar(session), roomTabs(session), conversation(session), composer(session), frameList(session)];
  const [line, tabs, talk, write, frames] = parts;
  root.append(h('div', { class: 'tester' },
    h('div', { class: 'tester-head' }, h('h1', { class: 'visually-hidden', tabindex: '-1' }, 'Message tester'), line.element),
    h('section', { class: 'talk card', 'aria-label': 'Conversation' }, tabs.element, talk.element, write.element),
    frames.element));

  const keepAddress = () => replaceQuery('/tester', { room: session.current });
  session.open(query.get('room'));
  session.addEventListener('rooms', keepAddress);
  keepAddress();
  return () => {
    session.removeEventListener('rooms', keepAddress);
    parts.forEach((part) => part.stop());
  };
}
