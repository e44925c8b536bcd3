/** What tests of `fromPull` share: all of what came, and turns to wait for. */
import { setImmediate as turn } from 'node:timers/promises';
import type { Observable } from 'rxjs';
import { Reader } from './bodies.js';

/** All that `observable` emits, as text; its error is thrown. */
export function textOf(observable: Observable<Uint8Array>): Promise<string> {
  return new Promise((resolve, reject) => {
    const reader = new Reader();
    observable.subscribe({ next: reader.next, error: reject, complete: () => resolve(reader.text) });
  });
}

/** Turns of the event loop of Node. */
export async function turns(count: number): Promise<void> {
  for (let index = 0; index < count; index++) await turn();
}
