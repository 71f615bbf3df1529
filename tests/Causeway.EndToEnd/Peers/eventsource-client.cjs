// A client of the npm package eventsource; what happens is told line by line.
// usage: node eventsource-client.cjs URL TYPE…
'use strict';
const { createRequire } = require('node:module');
const { EventSource } = createRequire(process.env.CAUSEWAY_TEST_PEERS + '/')('eventsource');

const [url, ...types] = process.argv.slice(2);
const tell = (...words) => process.stdout.write(words.join(' ') + '\n');
const source = new EventSource(url);
source.addEventListener('open', () => tell('open'));
source.addEventListener('error', event => tell('error', event.code ?? '-', source.readyState));
for (const type of types) {
  source.addEventListener(type, event => tell('event', event.type, event.lastEventId || '-', event.data));
}
