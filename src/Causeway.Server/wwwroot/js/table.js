// A table whose rows are kept by key: a refresh changes texts in place, so focus and selection survive it.
import { h, setAttribute, setText, show } from './dom.js';

/**
 * table({ caption, columns, keyOf, empty }) → { element, update(items) }
 * A column: { name, text(item) | build(item) → node, refresh?(node, item), class?, title?(item) }.
 * The column with `row: true` is the header of its row. One with `sort: 'name'` has a button in its header; `order` is
 * { by, descending, choose(by) }, asked again at every update.
 */
export function table({ caption, columns, keyOf, empty, testid, order = null }) {
  const body = h('tbody');
  const nothing = h('div', { class: 'empty', hidden: true }, ...[empty].flat());
  const grid = h('table', { 'data-testid': testid },
    h('caption', { class: 'visually-hidden' }, caption),
    h('thead', {}, h('tr', {}, columns.map((column) => h('th', { scope: 'col', class: column.class, 'data-sort': order ? column.sort : null }, headOf(column))))),
    body);
  const rows = new Map();

  function headOf(column) {
    if (column.hiddenName) return h('span', { class: 'visually-hidden' }, column.name);
    if (!order || !column.sort) return column.name;
    return h('button', { type: 'button', class: 'sort', onclick: () => order.choose(column.sort) }, column.name, h('span', { class: 'sort-mark', 'aria-hidden': 'true' }));
  }

  /** Says in the headers which order the rows are in. */
  function markOrder() {
    for (const head of grid.querySelectorAll('[data-sort]')) {
      setAttribute(head, 'aria-sort', head.dataset.sort === order.by ? (order.descending ? 'descending' : 'ascending') : null);
    }
  }

  function build(item) {
    const cells = columns.map((column) => {
      const cell = h(column.row ? 'th' : 'td', { scope: column.row ? 'row' : null, class: column.class });
      if (column.build) cell.append(column.build(item));
      return cell;
    });
    const row = { cells, element: h('tr', {}, cells) };
    fill(row, item);
    return row;
  }

  function fill(row, item) {
    columns.forEach((column, index) => {
      const cell = row.cells[index];
      if (column.text) setText(cell, column.text(item));
      else column.refresh?.(cell.firstElementChild, item);
      if (column.title) cell.title = column.title(item);
    });
  }

  function update(items) {
    if (order) markOrder();
    const seen = new Set();
    let at = body.firstElementChild;
    for (const item of items) {
      const key = keyOf(item);
      seen.add(key);
      let row = rows.get(key);
      if (row) fill(row, item);
      else rows.set(key, row = build(item));
      if (row.element === at) at = at.nextElementSibling;
      else body.insertBefore(row.element, at);
    }
    for (const [key, row] of rows) {
      if (seen.has(key)) continue;
      row.element.remove();
      rows.delete(key);
    }
    show(nothing, items.length === 0);
    show(grid, items.length > 0);
  }

  const element = h('div', { class: 'table' }, grid, nothing);
  return { element, update };
}
