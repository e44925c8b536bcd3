/** Ten thousand connections report to one error stream, on which each fault gets its own response. */
import { forkJoin, map, mergeMap, type Observable, Subject, tap } from 'rxjs';
import { Faults, type Info, type MemoryFlow, memoryPair, run, service, type Service } from 'rxpaf';

const CONNECTIONS = 10_000;
const SERVICES = 4;

const failing: Service = ({ path }) => {
  throw new Error(`no row ${path}`);
};

const info: Info<MemoryFlow, number> = {
  alpn: () => undefined,
  peer: () => 0,
  injection: (flow) => flow,
};

/** The text of the response to `path`, over a connection of its own to one of `services`. */
function asked(index: number, services: readonly Subject<MemoryFlow>[]): Observable<string> {
  const [server, client] = memoryPair();
  services[index % SERVICES]!.next(server);
  const alpn = index % 2 === 0 ? 'http/1.1' : 'h2';
  return run(client, { url: `http://localhost/${index}` }, { alpn }).pipe(
    mergeMap((response) => response.body.text().pipe(map((words) => `${response.status} ${words}`))),
  );
}

it(`shares an error stream between ${CONNECTIONS} connections of ${SERVICES} services`, async () => {
  const faults = new Faults<number>();
  let shown = 0;
  faults
    .pipe(
      tap(() => shown++),
      map((fault) => fault.respond({ 'content-type': 'text/plain' }, 503).end(fault.message)),
    )
    .subscribe();
  const services = Array.from({ length: SERVICES }, () => new Subject<MemoryFlow>());
  const running = services.map((sockets) => sockets.pipe(service(info, failing, { faults })).subscribe());
  const indices = Array.from({ length: CONNECTIONS }, (_, index) => index);
  const responses = await new Promise((resolve, reject) =>
    forkJoin(indices.map((index) => asked(index, services))).subscribe({ next: resolve, error: reject }),
  );
  expect(responses).toEqual(indices.map((index) => `503 no row /${index}`));
  expect(shown).toBe(CONNECTIONS);
  for (const subscription of running) subscription.unsubscribe();
  // One subscriber: the services themselves add nothing to the stream.
  expect(faults.observed).toBe(true);
  faults.complete();
});
