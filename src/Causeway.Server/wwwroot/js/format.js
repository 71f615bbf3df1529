// Figures, sizes and times as people read them. Widths stay stable so that live figures do not dance.

const day = new Intl.DateTimeFormat(undefined, { dateStyle: 'medium', timeStyle: 'short' });
const shortDay = new Intl.DateTimeFormat(undefined, { month: 'short', day: 'numeric', hour: '2-digit', minute: '2-digit', hourCycle: 'h23' });
const whole = new Intl.NumberFormat('en', { maximumFractionDigits: 0 });
const none = '–';

/** 1234567 → 1,234,567 */
export const count = (value) => (Number.isFinite(value) ? whole.format(value) : none);

/** A short figure: 0.4, 12, 1,234, 48.2k, 3.1M */
export function short(value) {
  if (!Number.isFinite(value)) return none;
  const size = Math.abs(value);
  if (size >= 1e9) return `${(value / 1e9).toFixed(1)}B`;
  if (size >= 1e6) return `${(value / 1e6).toFixed(1)}M`;
  if (size >= 1e4) return `${(value / 1e3).toFixed(1)}k`;
  if (size >= 10 || Number.isInteger(value)) return whole.format(value);
  return value.toFixed(1);
}

/** Milliseconds: ['0.42', 'ms'], ['1.2', 's'] */
export function milliseconds(value) {
  if (!Number.isFinite(value)) return [none, 'ms'];
  if (value >= 10_000) return [(value / 1000).toFixed(0), 's'];
  if (value >= 1000) return [(value / 1000).toFixed(1), 's'];
  return [value >= 100 ? value.toFixed(0) : value >= 10 ? value.toFixed(1) : value.toFixed(2), 'ms'];
}

/** Bytes: ['92', 'MiB'] */
export function bytes(value) {
  if (!Number.isFinite(value)) return [none, 'B'];
  let size = value;
  for (const unit of ['B', 'KiB', 'MiB', 'GiB']) {
    if (size < 1024 || unit === 'GiB') {
      return [unit === 'B' || size >= 100 ? size.toFixed(0) : size.toFixed(1), unit];
    }
    size /= 1024;
  }
  return [none, 'B'];
}

/** ['92', 'MiB'] → '92 MiB' */
export const joined = ([figure, unit]) => `${figure} ${unit}`;

export const percent = (value) => (Number.isFinite(value) ? (value >= 10 ? value.toFixed(0) : value.toFixed(1)) : none);

/** Seconds: 42 s, 3 min, 3 min 5 s, 2 h 5 min, 4 d 3 h */
export function duration(seconds) {
  if (!Number.isFinite(seconds)) return none;
  const s = Math.max(0, Math.floor(seconds));
  if (s < 60) return `${s} s`;
  if (s < 3600) return `${Math.floor(s / 60)} min${s % 60 ? ` ${s % 60} s` : ''}`;
  if (s < 86_400) return `${Math.floor(s / 3600)} h ${Math.floor((s % 3600) / 60)} min`;
  return `${Math.floor(s / 86_400)} d ${Math.floor((s % 86_400) / 3600)} h`;
}

/** How long ago a moment was: 5 s ago, 3 min ago, 2 h ago, 4 d ago; a dash for none. */
export const ago = (time) => {
  const seconds = time ? (Date.now() - Date.parse(time)) / 1000 : NaN;
  if (!Number.isFinite(seconds)) return none;
  if (seconds < 60) return `${Math.max(0, Math.floor(seconds))} s ago`;
  if (seconds < 3600) return `${Math.floor(seconds / 60)} min ago`;
  return seconds < 86_400 ? `${Math.floor(seconds / 3600)} h ago` : `${Math.floor(seconds / 86_400)} d ago`;
};

const two = (value) => String(value).padStart(2, '0');

/** Local wall clock: 14:03:27, with .123 when precise */
export function clock(time, precise = false) {
  const t = time instanceof Date ? time : new Date(time);
  if (Number.isNaN(t.getTime())) return none;
  const text = `${two(t.getHours())}:${two(t.getMinutes())}:${two(t.getSeconds())}`;
  return precise ? `${text}.${String(t.getMilliseconds()).padStart(3, '0')}` : text;
}

/** Local date and time, for titles and facts. */
export function dateTime(time) {
  const t = new Date(time);
  return Number.isNaN(t.getTime()) ? none : day.format(t);
}

/** The same in a few characters: Nov 21, 23:20 */
export function dayTime(time) {
  const t = new Date(time);
  return Number.isNaN(t.getTime()) ? none : shortDay.format(t);
}

/** The end of an id, which is the part of a UUIDv7 that differs. */
export const shortId = (id) => (id && id.length > 12 ? `…${id.slice(-8)}` : (id ?? none));

/** 1 room, 2 rooms */
export const plural = (value, one, many = `${one}s`) => `${count(value)} ${value === 1 ? one : many}`;

/** Who a message is from, for people: a name, a user, a guest by the end of the connection's id, or the server. */
export function senderOf(from) {
  return from?.name ?? from?.user_id ?? (from?.connection_id ? `Guest ${from.connection_id.slice(-4)}` : 'Server');
}
