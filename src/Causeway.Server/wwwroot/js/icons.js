// Line icons on a 20 × 20 grid, drawn with the text's colour.
import { svg } from './dom.js';

const paths = {
  sent: 'M10 16V4M5 9l5-5 5 5',
  received: 'M10 4v12M5 11l5 5 5-5',
  note: 'M10 9v5M10 6v.1M10 17.5a7.5 7.5 0 1 0 0-15 7.5 7.5 0 0 0 0 15z',
  close: 'm5 5 10 10M15 5 5 15',
  plus: 'M10 4v12M4 10h12',
  copy: 'M7.5 7.5h8v8h-8zM12.5 7.5v-3h-8v8h3',
  check: 'm4 10.5 4 4 8-9',
  search: 'M8.5 14a5.5 5.5 0 1 0 0-11 5.5 5.5 0 0 0 0 11zM12.5 12.5 17 17',
  pause: 'M7 4.5v11M13 4.5v11',
  play: 'm6 4 10 6-10 6z',
  stop: 'M5.5 5.5h9v9h-9z',
  restart: 'M15.5 10a5.5 5.5 0 1 1-1.7-4M15.5 3v3.5H12',
  trash: 'M3.5 5.5h13M8 5.5V3.5h4v2M5.5 5.5l.7 11h7.6l.7-11M8.5 8.5v5M11.5 8.5v5',
  download: 'M10 3v9.5M5.5 8.5l4.5 4.5 4.5-4.5M4 16.5h12',
  send: 'M3.5 10h13M11 4.5 16.5 10 11 15.5',
  plane: 'M17 3 9 11M17 3l-5 14-3-6-6-3z',
  plug: 'M7 3v4M13 3v4M5 7h10v3a5 5 0 0 1-10 0zM10 15v3',
  unplug: 'M7 3v3M13 3v3M5 7h10v3a5 5 0 0 1-10 0zM10 15v3M3 3l14 14',
  bolt: 'M11 2.5 4.5 11.5H10l-1 6 6.5-9H10z',
  sun: 'M10 13.5a3.5 3.5 0 1 0 0-7 3.5 3.5 0 0 0 0 7zM10 2v1.5M10 16.5V18M2 10h1.5M16.5 10H18M4.3 4.3l1.1 1.1M14.6 14.6l1.1 1.1M4.3 15.7l1.1-1.1M14.6 5.4l1.1-1.1',
  moon: 'M16.5 11.8A7 7 0 0 1 8.2 3.5a7 7 0 1 0 8.3 8.3z',
  system: 'M3 4h14v9.5H3zM7.5 17h5M10 13.5V17',
  out: 'M8 4.5H4.5v11h11V12M11.5 4.5h4v4M15.5 4.5 9 11',
  warn: 'M10 3 2.5 16.5h15zM10 8.5v3.5M10 14.3v.1',
  edit: 'M4 13.5V16h2.5l8-8L12 5.5zM11 6.5 13.5 9',
  back: 'M16 10H4M9 5l-5 5 5 5',
  forward: 'M4 10h12M11 5l5 5-5 5',
  braces: 'M7.5 3.5c-2 0-2 1-2 3s0 3-2 3.5c2 .5 2 1.5 2 3.5s0 3 2 3M12.5 3.5c2 0 2 1 2 3s0 3 2 3.5c-2 .5-2 1.5-2 3.5s0 3-2 3',
};

/** A decorative icon; the text or label beside it says what it means. */
export function icon(name) {
  return svg('svg', { viewBox: '0 0 20 20', class: 'icon', 'aria-hidden': 'true', focusable: 'false' }, svg('path', { d: paths[name] }));
}
