/** The peer of the WebSocket rows: the package `ws`, used as its documentation shows. */
import { WebSocketServer } from 'ws';
import { HELLO } from '../support/content.js';
import { ready } from '../support/worker.js';

const server = new WebSocketServer({ host: '127.0.0.1', port: 0, perMessageDeflate: false }, () =>
  ready(server.address().port),
);
server.on('connection', (socket) => {
  socket.on('message', (data, binary) => socket.send(data, { binary }));
  socket.send(HELLO);
});
