// Who is connected, and the nodes that carry them: one entry in the navigation, tabs between them.
import { h } from '../dom.js';

const tabs = [['connections', '#/connections', 'Connections'], ['nodes', '#/nodes', 'Nodes']];

export function connectionTabs(current) {
  return h('nav', { class: 'sub-nav', 'aria-label': 'Connections' }, tabs.map(([name, href, words]) => h('a', { href, 'aria-current': name === current ? 'page' : null, 'data-testid': `tab-${name}` }, words)));
}
