// HTTP without a socket: `memoryPair` makes two connected flows. A service has one end; the other writes the bytes of a request.
//   npm run example memory
import { of } from 'rxjs';
import { type Info, type MemoryFlow, memoryPair, service, text } from 'rxpaf';

/** What a service needs to know about a connection: its ALPN result, its peer, and its flow of bytes. */
const memoryInfo: Info<MemoryFlow, string> = {
  // No ALPN: HTTP/1.1, or HTTP/2 if the first bytes are its preface.
  alpn: () => undefined,
  peer: () => 'this process',
  injection: (flow) => flow,
};

// Bytes arrive after 5 ms, in pieces of 7 bytes.
const [server, client] = memoryPair({ latency: 5, fragment: 7 });

of(server)
  .pipe(service(memoryInfo, { request: ({ path }, { peer }) => text(`${path} for ${peer}\n`) }))
  .subscribe(({ request, status }) => console.error(`served ${request.path} with status ${String(status)}`));

client.subscribe({ next: (chunk) => process.stdout.write(chunk), complete: () => client.complete() });
client.next(Buffer.from('GET /hello HTTP/1.1\r\nHost: memory\r\nConnection: close\r\n\r\n'));
