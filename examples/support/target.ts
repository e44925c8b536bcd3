/** How the servers that outside tools are pointed at begin: cleartext on 127.0.0.1, or TLS with `TLS=1`. */
import { type Handler, type NodePeer, serve } from 'rxpaf';
import { selfSigned } from '../../test/kits/certificate.js';
import { failed, here } from './here.js';

export async function target(handler: Handler<NodePeer>): Promise<void> {
  const secure = process.env['TLS'] === '1' ? { tls: await selfSigned() } : {};
  serve({ ...here, ...secure }, handler).subscribe({ error: failed });
}

export { selfSigned };
