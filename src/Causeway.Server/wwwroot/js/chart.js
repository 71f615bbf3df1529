// A small time chart in SVG: the last minutes, right edge now, one or two lines, gaps where nothing was known.
import { clock } from './format.js';
import { h, setText, svg } from './dom.js';

const HEADROOM = 1.12;
let gradients = 0;

// A young page shows a short time, so that its first minute is more than a speck at the right edge.
const spans = [[60, 'last minute'], [120, 'last 2 minutes'], [300, 'last 5 minutes']];

/**
 * chart({ label, series: [{ key, name, tone }], format }) → { element, draw(samples) }
 * `format` writes a value for axis, tooltip and the spoken summary; `floor` is the least top of the axis,
 * `unit` what its round figures are counted in.
 */
export function chart({ label, series, format, floor = 1, unit = 1, size = 'small' }) {
  const id = `chart-fill-${gradients += 1}`;
  const lines = series.map((line) => svg('path', { class: `chart-line tone-${line.tone}` }));
  const area = svg('path', { class: `chart-area tone-${series[0].tone}`, fill: `url(#${id})` });
  const dots = series.map((line) => svg('circle', { class: `chart-dot tone-${line.tone}`, r: 3, visibility: 'hidden' }));
  const grid = [0, 1].map(() => svg('line', { class: 'chart-grid' }));
  const base = svg('line', { class: 'chart-base' });
  const cursor = svg('line', { class: 'chart-cursor', visibility: 'hidden' });
  const picture = svg('svg', { class: 'chart-picture', role: 'img', 'aria-label': label, focusable: 'false' },
    svg('defs', {}, svg('linearGradient', { id, x1: 0, y1: 0, x2: 0, y2: 1 },
      svg('stop', { offset: 0, class: `fill-top tone-${series[0].tone}` }), svg('stop', { offset: 1, class: `fill-bottom tone-${series[0].tone}` }))),
    ...grid, base, area, ...lines.toReversed(), cursor, ...dots);
  const top = h('span', { class: 'chart-top', 'aria-hidden': 'true' });
  const span = h('span', { class: 'chart-span', 'aria-hidden': 'true' });
  const tip = h('div', { class: 'chart-tip', 'aria-hidden': 'true', hidden: true });
  const element = h('div', { class: `chart chart-${size}` }, picture, span, top, tip);

  let samples = [];
  let box = { width: 0, height: 0 };
  let ceiling = floor;
  let seconds = spans[0][0];
  let spoken = 0;

  const xOf = (at, now) => box.width - ((now - at) / (seconds * 1000)) * box.width;
  const yOf = (value) => 1 + (box.height - 2) * (1 - value / ceiling);

  function draw(next) {
    samples = next ?? samples;
    if (box.width === 0 || samples.length === 0) return;
    const now = samples.at(-1).at;
    const age = (now - samples[0].at) / 1000;
    const [length, words] = spans.find(([most]) => age <= most) ?? spans.at(-1);
    seconds = length;
    setText(span, words);
    const most = Math.max(0, ...samples.flatMap((s) => series.map((line) => s[line.key] ?? 0)));
    ceiling = Math.max(floor, niceCeiling((most * HEADROOM) / unit, ceiling / unit) * unit);
    setText(top, format(ceiling));
    series.forEach((line, index) => {
      const runs = runsOf(samples, line.key);
      const path = runs.map((run) => `M${run.map((s) => `${xOf(s.at, now).toFixed(1)},${yOf(s[line.key]).toFixed(1)}`).join('L')}${run.length === 1 ? 'h.1' : ''}`).join('');
      lines[index].setAttribute('d', path);
      if (index === 0) {
        area.setAttribute('d', runs.map((run) => `M${xOf(run[0].at, now).toFixed(1)},${box.height}L${run.map((s) => `${xOf(s.at, now).toFixed(1)},${yOf(s[line.key]).toFixed(1)}`).join('L')}L${xOf(run.at(-1).at, now).toFixed(1)},${box.height}Z`).join(''));
      }
    });
    if (now - spoken > 15_000) {
      spoken = now;
      picture.setAttribute('aria-label', `${label}. ${summary()}`);
    }
  }

  /** What the picture says, in words. */
  function summary() {
    return series.map((line) => {
      const values = samples.map((s) => s[line.key]).filter(Number.isFinite);
      if (values.length === 0) return `${line.name}: nothing yet`;
      return `${line.name}: now ${format(values.at(-1))}, highest ${format(Math.max(...values))}, lowest ${format(Math.min(...values))}`;
    }).join('; ');
  }

  function hover(event) {
    if (samples.length === 0) return;
    const now = samples.at(-1).at;
    const at = now - (1 - event.offsetX / box.width) * seconds * 1000;
    const near = samples.reduce((best, s) => (Math.abs(s.at - at) < Math.abs(best.at - at) ? s : best));
    const x = xOf(near.at, now);
    cursor.setAttribute('x1', x);
    cursor.setAttribute('x2', x);
    cursor.setAttribute('visibility', 'visible');
    series.forEach((line, index) => {
      const known = Number.isFinite(near[line.key]);
      dots[index].setAttribute('visibility', known ? 'visible' : 'hidden');
      if (known) {
        dots[index].setAttribute('cx', x);
        dots[index].setAttribute('cy', yOf(near[line.key]));
      }
    });
    tip.replaceChildren(h('span', { class: 'chart-tip-time' }, clock(near.at)),
      ...series.map((line) => h('span', { class: 'chart-tip-value' }, h('i', { class: `key tone-${line.tone}` }), `${line.name} ${Number.isFinite(near[line.key]) ? format(near[line.key]) : 'unknown'}`)));
    tip.hidden = false;
    const left = x > box.width / 2 ? x - tip.offsetWidth - 10 : x + 10;
    tip.style.transform = `translate(${Math.round(Math.max(0, left))}px, 4px)`;
  }

  function leave() {
    tip.hidden = true;
    [cursor, ...dots].forEach((mark) => mark.setAttribute('visibility', 'hidden'));
  }

  picture.addEventListener('pointermove', hover);
  picture.addEventListener('pointerleave', leave);
  new ResizeObserver(([entry]) => {
    box = { width: entry.contentRect.width, height: entry.contentRect.height };
    picture.setAttribute('viewBox', `0 0 ${box.width} ${box.height}`);
    grid.forEach((line, index) => place(line, 0, box.width, 0.5 + (index * box.height) / 2));
    place(base, 0, box.width, box.height - 0.5);
    cursor.setAttribute('y1', 0);
    cursor.setAttribute('y2', box.height);
    draw();
  }).observe(picture);

  return { element, draw };
}

function place(line, x1, x2, y) {
  for (const [name, value] of Object.entries({ x1, x2, y1: y, y2: y })) line.setAttribute(name, value);
}

/** Unbroken stretches of known values. */
function runsOf(samples, key) {
  const runs = [];
  let run = null;
  for (const s of samples) {
    if (s.gap || !Number.isFinite(s[key])) {
      run = null;
      if (!Number.isFinite(s[key])) continue;
    }
    if (run) run.push(s);
    else runs.push(run = [s]);
  }
  return runs;
}

/** The next round figure above; shrinks only when there is much room, so the scale stays calm. */
function niceCeiling(wanted, current) {
  if (wanted <= 0) return 0;
  if (wanted <= current && wanted > current * 0.4) return current;
  const power = 10 ** Math.floor(Math.log10(wanted));
  const step = [1, 1.5, 2, 3, 4, 5, 6, 8, 10].find((factor) => factor * power >= wanted) ?? 10;
  return step * power;
}
