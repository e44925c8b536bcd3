import type { NodePeer, Served } from 'rxpaf';

/** The access log's line for an exchange. */
export function logLine({
  peer,
  request,
  protocol,
  status,
  outcome,
  received,
  sent,
  duration,
}: Served<NodePeer>): string {
  const what = `${request.method} ${request.path} ${protocol}`;
  const bytes = `${received} bytes in, ${sent} out`;
  return `${String(peer)} ${what} -> ${status ?? 'no response'} (${outcome}, ${bytes}, ${duration} ms)`;
}
