/**
 * A TLS server whose handshakes have the time that `HANDSHAKE` says, in ms; each answer tells what became of them, and how many
 * descriptors the process has.
 */
import { readdirSync } from 'node:fs';
import { json, serve } from 'rxpaf';
import { tap } from 'rxjs';
import { selfSigned } from '../certificate.js';
import { failed, here } from '../../../examples/support/here.js';

const handshakeTimeout = Number(process.env['HANDSHAKE']);
const faults = new Map<string, number>();

serve(
  // Those who come faster than they are accepted are to wait, and not to be told to come again.
  { ...here, tls: await selfSigned(), backlog: 4096, limits: { handshakeTimeout } },
  {
    request: () => json({ faults: Object.fromEntries(faults), descriptors: readdirSync('/proc/self/fd').length }),
    error: (all) => all.pipe(tap(({ code }) => faults.set(code, (faults.get(code) ?? 0) + 1))),
  },
).subscribe({ error: failed });
