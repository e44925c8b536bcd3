// HTTP without a socket: a service on one end of a pair of flows in memory, a client that writes bytes on the other.
//   npm run example memory
import { of } from 'rxjs';
import { type Info, type MemoryFlow, memoryPair, service, text } from 'rxpaf';

/** All that a service has to know of a kind of connection. */
const memoryInfo: Info<MemoryFlow, string> = {
  alpn: () => undefined,
  peer: () => 'this very process',
  injection: (flow) => flow,
};

const [server, client] = memoryPair({ latency: 5, fragment: 7 });

of(server)
  .pipe(service(memoryInfo, { request: ({ path }, { peer }) => text(`${path} for ${peer}\n`) }))
  .subscribe(({ request, status }) => console.error(`served ${request.path} with ${status ?? 'nothing'}`));

client.subscribe({ next: (chunk) => process.stdout.write(chunk), complete: () => client.complete() });
client.next(Buffer.from('GET /hello HTTP/1.1\r\nHost: memory\r\nConnection: close\r\n\r\n'));
