import { Observable } from 'rxjs';
import { concat } from '../bytes.js';
import { EndSubscriber } from '../demand/end-subscriber.js';
import type { Flow } from '../flow/flow.js';
import type { Protocol } from '../http/head.js';

/** RFC 9113 section 3.4. */
const PREFACE = Buffer.from('PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n');

/**
 * Emits the protocol of a cleartext flow, by its first bytes. It reads no more than it needs, and gives all of it back: the next subscriber
 * of the flow reads from the first byte.
 */
export function sniff(flow: Flow): Observable<Protocol> {
  return new Observable((subscriber) => {
    const parts: Uint8Array[] = [];
    let size = 0;
    /** Leaves the flow as it was found. */
    const giveBack = (): void => {
      reading.unsubscribe();
      if (size > 0) flow.unread(concat(parts, size));
      size = 0;
    };
    const decide = (protocol: Protocol): void => {
      giveBack();
      subscriber.next(protocol);
      subscriber.complete();
    };
    const reading = new EndSubscriber<Uint8Array>({
      next: (chunk) => {
        parts.push(chunk);
        size += chunk.length;
        const begin = concat(parts, size).subarray(0, PREFACE.length);
        if (!PREFACE.subarray(0, begin.length).equals(begin)) decide('http/1.1');
        else if (begin.length === PREFACE.length) decide('h2');
      },
      error: (error: unknown) => subscriber.error(error),
      // The flow ended before the protocol was known: the h1 chain handles that.
      complete: () => decide('http/1.1'),
    });
    subscriber.add(giveBack);
    flow.subscribe(reading);
  });
}
