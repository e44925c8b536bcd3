import type { NodePeer, ServerFault } from 'rxpaf';

/** Logs a fault, and answers it where that is still possible (RFC 9457). */
export function answered(fault: ServerFault<NodePeer>): void {
  console.error(`fault: ${fault.scope} ${fault.code}: ${fault.message}`);
  if (!fault.answerable) return;
  const problem = { type: 'about:blank', status: fault.status, code: fault.code, detail: fault.message };
  fault.respond({ 'content-type': 'application/problem+json' }).end(`${JSON.stringify(problem)}\n`);
}
