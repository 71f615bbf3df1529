// The state of the line, what it costs in time, and the switches: connect, disconnect, drop.
import { h, setAttribute, setText, show } from '../dom.js';
import { joined, milliseconds, shortId } from '../format.js';
import { icon } from '../icons.js';
import { listen } from '../listen.js';

const words = { stopped: 'Not connected', connecting: 'Connecting', open: 'Connected', waiting: 'Coming back' };

export function lineBar(session) {
  const { live, latency } = session;
  const state = h('strong', { class: 'line-state', 'data-testid': 'tester-state' });
  const detail = h('span', { class: 'line-detail', 'data-testid': 'tester-detail' });
  const countdown = h('span', { class: 'line-countdown', 'aria-hidden': 'true' });
  const request = h('span', { class: 'line-detail', hidden: true });
  const connect = h('button', { type: 'button', class: 'button primary', 'data-testid': 'tester-connect', onclick: () => { session.leftByHand = false; live.connect(); } }, icon('plug'), h('span', {}, 'Connect'));
  const drop = h('button', { type: 'button', class: 'button', title: 'Close without leaving, come back after 3 s and resume', 'data-testid': 'tester-drop', onclick: () => live.drop() }, icon('bolt'), 'Drop the line');
  const disconnect = h('button', { type: 'button', class: 'button', 'data-testid': 'tester-disconnect', onclick: () => { session.leftByHand = true; live.disconnect(); } }, icon('unplug'), 'Disconnect');
  const figures = { ack: figure('Ack'), ping: figure('Ping') };
  const element = h('div', { class: 'line-bar card', 'data-testid': 'tester-line' },
    h('div', { class: 'line-now' },
      h('span', { class: 'line-dot', 'aria-hidden': 'true' }),
      h('div', { class: 'line-words' },
        h('p', { role: 'status' }, state, ' ', countdown),
        h('p', { class: 'line-more' }, detail, request))),
    h('dl', { class: 'trips' }, Object.values(figures).map((entry) => entry.element)),
    h('div', { class: 'line-actions' }, connect, drop, disconnect));
  let ticking = 0;

  function showState() {
    element.dataset.state = live.state;
    setText(state, words[live.state]);
    setText(detail, describe(live));
    const id = live.why?.requestId;
    show(request, Boolean(id) && live.state !== 'open');
    setText(request, id ? `Request ${id}` : '');
    detail.title = live.connection?.connection_id ?? detail.textContent;
    const focused = element.contains(document.activeElement) ? document.activeElement : null;
    const down = live.state === 'stopped' || live.state === 'waiting';
    show(connect, down);
    setText(connect.lastElementChild, live.state === 'waiting' ? 'Come back now' : 'Connect');
    show(drop, !down);
    drop.disabled = live.state !== 'open';
    disconnect.disabled = live.state === 'stopped';
    if (focused && (focused.hidden || focused.disabled)) (down ? connect : disconnect).focus();
    clearInterval(ticking);
    setText(countdown, '');
    if (live.state === 'waiting') {
      const tick = () => setText(countdown, `in ${Math.max(0, (live.retryAt - Date.now()) / 1000).toFixed(1)} s`);
      ticking = setInterval(tick, 100);
      tick();
    }
  }

  function showTrips() {
    for (const [kind, entry] of Object.entries(figures)) entry.update(latency.of(kind));
  }

  const stop = listen([[live, 'state', showState], [latency, 'change', showTrips]]);
  showState();
  showTrips();
  return { element, stop: () => { stop(); clearInterval(ticking); } };
}

function describe(live) {
  if (live.state === 'open') return `${shortId(live.connection.connection_id)} on ${live.connection.node}${live.connection.user_id ? ` as ${live.connection.user_id}` : ''}`;
  if (!live.why) return '';
  const { code, text } = live.why;
  return code ? `${text} (${code})` : text;
}

function figure(name) {
  const values = ['last', 'median', 'p95'].map((part) => [part, h('span', { 'data-testid': `trip-${name.toLowerCase()}-${part}` })]);
  return {
    element: h('div', { class: 'trip' }, h('dt', {}, `${name} round trip`), h('dd', {}, values.map(([part, value]) => h('span', { class: 'trip-part' }, h('small', {}, part), value)))),
    update(trips) {
      for (const [part, value] of values) setText(value, joined(milliseconds(trips[part])));
      setAttribute(values[0][1], 'title', `${trips.count} measured`);
    },
  };
}
