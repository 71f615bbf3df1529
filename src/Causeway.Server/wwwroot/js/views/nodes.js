// The nodes that share their rooms: how many clients each has, and when it was last heard of.
import { api } from '../api.js';
import { everyWhileVisible, h, setText, show } from '../dom.js';
import { errorBox } from '../errors.js';
import { ago, count, dateTime, duration, shortId } from '../format.js';
import { table } from '../table.js';
import { connectionTabs } from './connection-tabs.js';

const REFRESH = 2000;

export function mount(root) {
  const problem = h('div', { role: 'alert' });
  const alone = h('section', { class: 'card panel under', hidden: true, 'aria-label': 'More than one node', 'data-testid': 'nodes-alone' },
    h('h2', {}, 'This server is on its own'),
    h('p', {}, 'Several nodes that share a PostgreSQL database are one service: a client may come to any of them, and when one dies the others go on.'),
    h('p', {}, 'On each node set ', h('code', {}, 'Database:Provider'), ' to ', h('code', {}, 'postgres'), ', and ', h('code', {}, 'Realtime:Backplane'), ' to ', h('code', {}, 'postgres'), ' or ', h('code', {}, 'rabbitmq'),
      '. See ', h('code', {}, 'docs/scaling.md'), '.'));
  const list = table({
    caption: 'Nodes',
    testid: 'nodes-table',
    keyOf: (node) => node.id ?? node.name,
    columns: [
      { name: 'Node', row: true, class: 'main-column', build: nameCell, refresh: refreshName },
      { name: 'Connections', class: 'number', text: (node) => count(node.connections) },
      { name: 'Up for', class: 'number wide', text: (node) => duration((Date.now() - Date.parse(node.joined_at)) / 1000), title: (node) => `Since ${dateTime(node.joined_at)}` },
      { name: 'Last heard', class: 'number', text: (node) => ago(node.seen_at), title: (node) => dateTime(node.seen_at) },
      { name: 'Lease', class: 'number wide', text: lease, title: (node) => (node.lease_until ? 'When it is over, the others take the node out' : '') },
    ],
    empty: [h('p', {}, h('strong', {}, 'No node is alive.')), h('p', {}, 'The one that answers is just coming, or was silent for too long and comes back.')],
  });
  root.append(h('div', { class: 'list-page' },
    h('div', { class: 'page-head' }, h('h1', { tabindex: '-1' }, 'Nodes')),
    connectionTabs('nodes'), problem, list.element, alone));

  async function load() {
    try {
      const { items } = await api.nodes();
      problem.replaceChildren();
      list.update(items);
      show(alone, items.length > 0 && items.every((node) => node.id === null));
    } catch (error) {
      if (error.status === 401) return;
      problem.replaceChildren(errorBox(error, load));
    }
  }

  return everyWhileVisible(REFRESH, load);
}

function lease(node) {
  if (!node.lease_until) return '–';
  const seconds = (Date.parse(node.lease_until) - Date.now()) / 1000;
  return `${duration(seconds)} left`;
}

function nameCell() {
  return h('span', { class: 'room-name' }, h('span', {}, h('span', {}), h('span', { class: 'badge' }, 'this node')), h('code', { class: 'room-title' }));
}

function refreshName(cell, node) {
  const [name, self] = cell.firstElementChild.children;
  setText(name, node.name);
  show(self, node.self);
  setText(cell.lastElementChild, node.id ? shortId(node.id) : '');
  cell.title = node.id ?? '';
}
