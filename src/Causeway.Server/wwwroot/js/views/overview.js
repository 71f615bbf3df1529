// The live overview: what you would leave open on a second display.
import { chart } from '../chart.js';
import { h, setText } from '../dom.js';
import { feed } from '../feed.js';
import { bytes, count, dateTime, duration, joined, milliseconds, percent, plural, short } from '../format.js';
import { firstSteps } from './first-steps.js';

const MEBIBYTE = 1_048_576;
const highest = (key) => feed.samples.reduce((most, s) => Math.max(most, s[key] ?? 0), 0);
const asMilliseconds = (value) => joined(milliseconds(value));
const asBytes = (value) => joined(bytes(value));

/** What each card shows: `figure` → [text, unit], `notes` → small print under it. */
const cards = [
  {
    id: 'deliveries', name: 'Deliveries', size: 'large', series: [{ key: 'deliveries', name: 'Deliveries per second', tone: 'a' }], format: short, floor: 10,
    figure: (o, s) => [short(s.deliveries), 'per second'],
    notes: (o) => [`highest ${short(highest('deliveries'))}`, `${short(o.deliveries)} since the start`],
  },
  {
    id: 'latency', name: 'Publish to send', size: 'large', series: [{ key: 'p50', name: 'p50', tone: 'a' }, { key: 'p99', name: 'p99', tone: 'b' }], format: asMilliseconds, floor: 1,
    figure: (o) => milliseconds(o.latency?.publish_to_send_p99_ms ?? NaN),
    figureNote: 'p99',
    notes: (o) => [`p50 ${asMilliseconds(o.latency?.publish_to_send_p50_ms ?? NaN)}`, `highest p99 ${asMilliseconds(highest('p99') || NaN)}`],
  },
  {
    id: 'connections', name: 'Connections', series: [{ key: 'connections', name: 'Connections', tone: 'a' }], format: short, floor: 10,
    figure: (o, s) => [count(s.connections), ''],
    notes: (o) => [`${count(o.connections.websocket)} WebSocket`, `${count(o.connections.sse)} SSE`],
  },
  {
    id: 'messages', name: 'Messages', series: [{ key: 'messages', name: 'Messages per second', tone: 'a' }], format: short, floor: 10,
    figure: (o, s) => [short(s.messages), 'per second'],
    notes: (o) => [`highest ${short(highest('messages'))}`, `${short(o.messages_published)} in all`],
  },
  {
    id: 'memory', name: 'Memory', series: [{ key: 'memory', name: 'Working set', tone: 'a' }], format: asBytes, floor: 32 * MEBIBYTE, unit: MEBIBYTE,
    figure: (o) => bytes(o.memory?.working_set_bytes ?? NaN),
    notes: (o) => ['working set', `${asBytes(o.memory?.gc_heap_bytes ?? NaN)} heap`],
  },
  {
    id: 'cpu', name: 'CPU', series: [{ key: 'cpu', name: 'CPU', tone: 'a' }], format: (value) => `${percent(value)} %`, floor: 5,
    figure: (o, s) => [percent(s.cpu), '%'],
    notes: (o) => [`of ${plural(o.processors, 'processor')}`, `highest ${percent(highest('cpu'))} %`],
  },
];

const levels = [
  { id: 'rooms', name: 'Rooms', figure: (o) => count(o.rooms), link: '#/rooms' },
  { id: 'dropped', name: 'Dropped messages', figure: (o) => short(o.dropped), bad: () => recentDrops() > 0 },
  { id: 'backlog', name: 'Backlog', figure: (o) => asBytes(o.backlog_bytes), bad: (o) => o.backlog_bytes > MEBIBYTE },
  { id: 'slow-closes', name: 'Slow clients closed', figure: (o) => short(o.slow_closes) },
];

const facts = [
  ['node', 'Node', (o) => o.node],
  ['version', 'Version', (o) => o.version],
  ['environment', 'Environment', (o) => o.environment],
  ['exposure', 'Exposure', (o) => o.exposure],
  ['uptime', 'Up for', (o) => duration(o.uptime_seconds)],
];

function recentDrops() {
  const known = feed.samples.slice(-60);
  return known.reduce((sum, s) => sum + (s.drops ?? 0), 0);
}

export function mount(root) {
  const headline = h('p', { class: 'headline', 'data-testid': 'headline' });
  const story = h('p', { class: 'story', 'data-testid': 'headline-story' });
  const factTexts = facts.map(([id]) => h('dd', { 'data-testid': `fact-${id}` }, '–'));
  const cardViews = cards.map(cardView);
  const levelViews = levels.map(levelView);
  const steps = firstSteps();
  const page = h('div', { class: 'overview' },
    h('div', { class: 'overview-head' },
      h('div', { class: 'overview-say' }, h('h1', { class: 'eyebrow', tabindex: '-1' }, 'Overview'), headline, story),
      h('dl', { class: 'facts' }, facts.map(([, name], index) => h('div', {}, h('dt', {}, name), factTexts[index])))),
    steps.element,
    h('section', { class: 'cards', 'aria-label': 'The last minutes' }, cardViews.map((view) => view.element)),
    h('dl', { class: 'levels', 'aria-label': 'Levels' }, levelViews.map((view) => view.element)));
  root.append(page);

  function update() {
    const { latest } = feed;
    const [title, text, tone] = describe();
    setText(headline, title);
    setText(story, text);
    page.dataset.tone = tone;
    page.toggleAttribute('data-stale', feed.state !== 'live');
    if (!latest) return;
    const newest = feed.samples.findLast((s) => s.connections !== undefined) ?? {};
    facts.forEach(([, , read], index) => setText(factTexts[index], read(latest)));
    factTexts.at(-1).title = `Since ${dateTime(latest.started_at)}`;
    cardViews.forEach((view) => view.update(latest, newest));
    levelViews.forEach((view) => view.update(latest));
    steps.update(latest);
  }

  feed.addEventListener('update', update);
  update();
  return () => feed.removeEventListener('update', update);
}

/** The state of the whole in a sentence: [headline, story, tone]. */
function describe() {
  const o = feed.latest;
  if (feed.state === 'forbidden') return ['Not for this token', 'The overview is for admins. The tester works with any token.', 'warn'];
  if (feed.state === 'gone') {
    const since = duration((Date.now() - feed.goneSince) / 1000);
    if (!feed.error.isUnreachable) return ['Out of order', `${feed.error.message} (${feed.error.code})`, 'bad'];
    return ['Reconnecting…', o ? `No answer for ${since}. What you see is the last that was known.` : `No answer for ${since}.`, 'bad'];
  }
  if (!o) return ['Looking…', 'Asking the server how it is.', 'plain'];
  const connections = o.connections.websocket + o.connections.sse;
  const where = `${plural(connections, 'connection')} in ${plural(o.rooms, 'room')}`;
  if (o.draining) return ['Draining', `${plural(connections, 'connection')} still to move on.`, 'warn'];
  const drops = recentDrops();
  if (drops >= 1) return ['Some clients lag', `${where}; ${plural(Math.round(drops), 'message')} dropped in the last minute.`, 'warn'];
  if (connections === 0) return ['All quiet', 'Nobody is connected right now.', 'good'];
  return ['All is well', `${where}, nothing dropped.`, 'good'];
}

function cardView(card) {
  const figure = h('span', { class: 'figure-value', 'data-testid': `figure-${card.id}` }, '–');
  const unit = h('span', { class: 'figure-unit' });
  const notes = h('p', { class: 'card-notes' }, h('span', {}, '\u00a0'), h('span', {}));
  const picture = chart({ ...card, label: `${card.name}, the last minutes` });
  const keys = card.series.length > 1
    ? h('span', { class: 'legend' }, card.series.map((line) => h('span', {}, h('i', { class: `key tone-${line.tone}` }), line.name)))
    : null;
  const element = h('article', { class: `card metric metric-${card.size ?? 'small'}`, 'data-testid': `card-${card.id}` },
    h('div', { class: 'metric-head' }, h('h2', {}, card.name), keys),
    h('p', { class: 'figure' }, figure, unit),
    picture.element,
    notes);
  return {
    element,
    update(overview, newest) {
      const [value, unitText] = card.figure(overview, newest);
      setText(figure, value);
      setText(unit, [unitText, card.figureNote].filter(Boolean).join(' '));
      card.notes(overview).forEach((text, index) => setText(notes.children[index], text));
      picture.draw(feed.samples);
    },
  };
}

function levelView(level) {
  const value = h('dd', { 'data-testid': `figure-${level.id}` }, '–');
  const element = h('div', { class: 'level' }, h('dt', {}, level.link ? h('a', { href: level.link }, level.name) : level.name), value);
  return {
    element,
    update(overview) {
      setText(value, level.figure(overview));
      element.toggleAttribute('data-bad', Boolean(level.bad?.(overview)));
    },
  };
}
