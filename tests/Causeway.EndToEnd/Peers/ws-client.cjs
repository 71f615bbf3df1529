// A client of the npm package ws, driven by lines on standard input; what happens is told line by line.
// usage: node ws-client.cjs URL [deflate]      input: a message to send, or !ping, !close CODE, !terminate
'use strict';
const { createRequire } = require('node:module');
const readline = require('node:readline');
const WebSocket = createRequire(process.env.CAUSEWAY_TEST_PEERS + '/')('ws');

const [url, compression] = process.argv.slice(2);
const tell = (...words) => process.stdout.write(words.join(' ') + '\n');
const socket = new WebSocket(url, ['causeway.v1'], { perMessageDeflate: compression === 'deflate' });

socket.on('open', () => tell('open', socket.protocol || '-', socket.extensions || '-'));
socket.on('message', (data, binary) => tell(binary ? 'binary' : 'message', data.toString()));
socket.on('ping', () => tell('ping'));
socket.on('pong', data => tell('pong', data.toString()));
socket.on('unexpected-response', (request, response) => { tell('refused', response.statusCode); process.exit(0); });
socket.on('error', error => tell('error', error.message));
socket.on('close', (code, reason) => { tell('close', code, reason.toString()); process.exit(0); });

readline.createInterface({ input: process.stdin }).on('line', line => {
  if (line === '!ping') socket.ping('are you there');
  else if (line.startsWith('!close')) socket.close(Number(line.split(' ')[1] || 1000));
  else if (line === '!terminate') socket.terminate();
  else socket.send(line);
});
