/** The contestant of this project: its pooled client, of either protocol (PROTOCOL). */
import { lastValueFrom, map, mergeMap, reduce } from 'rxjs';
import { client, type Protocol } from 'rxpaf';
import { repeating } from '../support/repeating.js';
import { MIB } from '../support/servers.js';
import { ready } from '../support/worker.js';

const protocols = [(process.env['PROTOCOL'] ?? 'http/1.1') as Protocol];
const http = client({ protocols, connections: 64 });

ready(0, (task) => {
  if (task.kind === 'get') {
    return repeating(task, (done, failed) => {
      http
        .get(task.url)
        .pipe(mergeMap((response) => response.body.text()))
        .subscribe({ error: failed, complete: done });
    });
  }
  const begin = performance.now();
  return lastValueFrom(
    http.get(task.url).pipe(
      mergeMap((response) => response.body),
      reduce((size, chunk) => size + chunk.length, 0),
      map((size) => ({ work: size / MIB, seconds: (performance.now() - begin) / 1000 })),
    ),
  );
});
