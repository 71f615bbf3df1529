// Jobs, what makes them by the clock, and webhooks, which they deliver, belong together: one entry in the navigation, tabs between them.
import { h } from '../dom.js';

const tabs = [['jobs', '#/jobs', 'Jobs'], ['schedules', '#/schedules', 'Schedules'], ['webhooks', '#/webhooks', 'Webhooks']];

export function jobTabs(current) {
  return h('nav', { class: 'sub-nav', 'aria-label': 'Jobs' }, tabs.map(([name, href, words]) => h('a', { href, 'aria-current': name === current ? 'page' : null, 'data-testid': `tab-${name}` }, words)));
}
