import type { NodePeer, ServerFault } from 'rxpaf';

/** Logs a fault, and sends an error response (RFC 9457) where one is still possible. */
export function respondTo(fault: ServerFault<NodePeer>): void {
  console.error(`fault: ${fault.scope} ${fault.code}: ${fault.message}`);
  if (!fault.answerable) return;
  const problem = { type: 'about:blank', status: fault.status, code: fault.code, detail: fault.message };
  fault.respond({ 'content-type': 'application/problem+json' }).end(`${JSON.stringify(problem)}\n`);
}
