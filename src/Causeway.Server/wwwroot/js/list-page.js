// A page with one list from the API: search, filters, order, cursor pages, and what went wrong.
import { everyWhileVisible, h } from './dom.js';
import { errorBox } from './errors.js';
import { icon } from './icons.js';
import { Pages } from './pages.js';
import { replaceQuery } from './router.js';
import { table } from './table.js';

const REFRESH = 5000;
const TYPING = 250;

/**
 * Mounts a list. `fetch(params)` gets { cursor, limit, sort, …filters }, all as the API wants them.
 * `search`: { label, params(text) → query }; `filters`: [{ name, label, choices: [{ value, label }], params?(value) → query }]; `sort`: as in `-created_at`.
 * → { load, stop }; what is shown is kept in the address.
 */
export function mountList(root, { title, tabs, actions = [], about, path, query, testid, columns, keyOf, empty, none, search, filters = [], sort, fetch, refresh = REFRESH }) {
  const order = {
    by: null,
    descending: false,
    choose(by) {
      order.descending = order.by === by ? !order.descending : false;
      order.by = by;
      again();
    },
  };
  readOrder(query.get('sort') ?? sort);
  const problem = h('div', { role: 'alert' });
  const list = table({ caption: title, testid, keyOf, columns, order: sort ? order : null, empty: h('div', {}, empty) });
  const field = search
    ? h('input', { type: 'search', id: `${testid}-search`, placeholder: search.placeholder ?? search.label, autocomplete: 'off', spellcheck: 'false', 'data-search': '', 'data-testid': `${testid}-search` })
    : null;
  if (field) field.value = query.get('q') ?? '';
  const chosen = filters.map((filter) => {
    const id = `${testid}-${filter.name}`;
    const select = h('select', { id, 'data-testid': id }, filter.choices.map((choice) => h('option', { value: choice.value }, choice.label)));
    select.value = query.get(filter.name) ?? '';
    if (select.selectedIndex < 0) select.selectedIndex = 0;
    select.addEventListener('change', again);
    return { filter, select, element: h('div', { class: 'filter' }, h('label', { for: id }, filter.label), select) };
  });
  const pages = new Pages((page) => fetch({ ...page, ...asked() }), load);
  root.append(h('div', { class: 'list-page' },
    h('div', { class: 'page-head' }, h('h1', { tabindex: '-1' }, title), h('div', { class: 'head-actions' }, actions)),
    tabs ?? null,
    about ? h('p', { class: 'page-about' }, about) : null,
    field || chosen.length > 0
      ? h('div', { class: 'list-tools' },
        field ? h('div', { class: 'search' }, h('label', { class: 'visually-hidden', for: field.id }, search.label), icon('search'), field) : null,
        chosen.map(({ element }) => element))
      : null,
    problem, list.element, pages.element));

  let timer = 0;
  field?.addEventListener('input', () => {
    clearTimeout(timer);
    timer = setTimeout(again, TYPING);
  });
  field?.addEventListener('keydown', (event) => {
    if (event.key !== 'Escape' || field.value === '') return;
    field.value = '';
    again();
  });

  function readOrder(text) {
    if (!text) return;
    order.descending = text.startsWith('-');
    order.by = text.replace(/^-/, '');
  }

  function asked() {
    const text = field?.value.trim() ?? '';
    return Object.assign(
      sort ? { sort: orderText() } : {},
      text ? search.params(text) : {},
      ...chosen.filter(({ select }) => select.value !== '').map(({ filter, select }) => filter.params?.(select.value) ?? { [filter.name]: select.value }));
  }

  const orderText = () => `${order.descending ? '-' : ''}${order.by}`;

  /** From the first page, as it is asked now. */
  function again() {
    replaceQuery(path, {
      q: field?.value.trim(),
      sort: sort && orderText() !== sort ? orderText() : null,
      ...Object.fromEntries(chosen.map(({ filter, select }) => [filter.name, select.value])),
    });
    pages.reset();
    return load();
  }

  const isNarrowed = () => (field?.value.trim() ?? '') !== '' || chosen.some(({ select }) => select.value !== '');

  async function load() {
    try {
      const items = await pages.load();
      if (!items) return;
      problem.replaceChildren();
      list.element.querySelector('.empty > div').replaceChildren(...[isNarrowed() && none ? h('p', {}, none) : empty].flat());
      list.update(items);
    } catch (error) {
      if (error.status === 401) return;
      problem.replaceChildren(errorBox(error, load));
    }
  }

  const stop = everyWhileVisible(refresh, load);
  return {
    load,
    again,
    asked,
    problem,
    stop() {
      stop();
      clearTimeout(timer);
    },
  };
}
