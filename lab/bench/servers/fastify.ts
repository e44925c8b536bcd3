/** A peer of the rows of servers: fastify, used as its documentation shows; HTTP/2 with H2=1. */
import { fastify, type FastifyInstance } from 'fastify';
import { bytesAsked, HELLO, readableOf } from '../support/content.js';
import { portOf, ready } from '../support/worker.js';

/** ms: as long as `node:http` keeps idle connections here. */
const keepAliveTimeout = 65_000;

// One interface for both: no route here uses the parts in which the HTTP/2 types differ.
const app = (process.env['H2'] === '1'
  ? fastify({ http2: true })
  : fastify({ keepAliveTimeout })) as unknown as FastifyInstance;

// Bodies are taken as they come, whatever they are.
app.addContentTypeParser('*', (_request, payload, done) => done(null, payload));

app.get('/', (_request, reply) => reply.type('text/plain').send(HELLO));

app.get('/bytes/:size', (request, reply) => {
  const size = bytesAsked(request.url) ?? 0;
  return reply.type('application/octet-stream').header('content-length', size).send(readableOf(size));
});

app.post('/echo', (request, reply) => reply.type('application/octet-stream').send(request.raw));

app.post('/upload', (request, reply) => {
  let count = 0;
  request.raw.on('data', (chunk: Buffer) => (count += chunk.length));
  request.raw.on('end', () => void reply.type('text/plain').send(String(count)));
  return reply;
});

await app.listen({ port: 0, host: '127.0.0.1' });
ready(portOf(app.server));
