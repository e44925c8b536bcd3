/** The peer of the HTTP/1.1 rows: `node:http`, used as its documentation shows. */
import { createServer } from 'node:http';
import { pipeline } from 'node:stream';
import { bytesAsked, HELLO, readableOf } from '../support/content.js';
import { portOf, ready } from '../support/worker.js';

const ignore = (): void => undefined;

const server = createServer((request, response) => {
  const path = request.url!;
  const size = bytesAsked(path);
  if (path === '/') {
    response.writeHead(200, { 'Content-Type': 'text/plain', 'Content-Length': HELLO.length });
    response.end(HELLO);
  } else if (size !== undefined) {
    response.writeHead(200, { 'Content-Type': 'application/octet-stream', 'Content-Length': size });
    pipeline(readableOf(size), response, ignore);
  } else if (path === '/echo') {
    response.writeHead(200, { 'Content-Type': 'application/octet-stream' });
    pipeline(request, response, ignore);
  } else if (path === '/upload') {
    let count = 0;
    request.on('data', (chunk: Buffer) => (count += chunk.length));
    request.on('end', () => {
      const text = String(count);
      response.writeHead(200, { 'Content-Type': 'text/plain', 'Content-Length': text.length });
      response.end(text);
    });
  } else {
    response.writeHead(404, { 'Content-Length': 0 });
    response.end();
  }
});
// Its default would end the idle connections in the middle of their row; its five minutes for a request, a long upload.
server.keepAliveTimeout = 65_000;
server.requestTimeout = 0;
server.listen(0, '127.0.0.1', () => ready(portOf(server)));
