// npm ws, as its README shows a broadcast: forEach client, send. argv: port, directory that has node_modules/ws.
'use strict';
const http = require('node:http');
const path = require('node:path');
const { WebSocketServer } = require(path.join(process.argv[3], 'node_modules', 'ws'));

const members = new Set();
const streams = new Set();

const server = http.createServer((request, response) => {
  response.writeHead(200, { 'Content-Type': 'text/event-stream', 'Cache-Control': 'no-store' });
  response.flushHeaders();
  streams.add(response);
  response.on('close', () => streams.delete(response));
});

const sockets = new WebSocketServer({ server, perMessageDeflate: false });
sockets.on('connection', (socket, request) => {
  socket.on('error', () => {});
  if (request.url === '/sub') {
    members.add(socket);
    socket.on('close', () => members.delete(socket));
  } else if (request.url === '/echo') {
    socket.on('message', (data) => socket.send(data, { binary: false }));
  } else {
    socket.on('message', (data) => {
      for (const member of members) {
        member.send(data, { binary: false });
      }
      if (streams.size > 0) {
        const event = `data: ${data}\n\n`;
        for (const stream of streams) {
          stream.write(event);
        }
      }
    });
  }
});

server.listen({ port: Number(process.argv[2]), host: '127.0.0.1', backlog: 4096 });
