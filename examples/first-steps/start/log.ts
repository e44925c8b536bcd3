import type { NodePeer, Served } from 'rxpaf';

/** A line of the access log. */
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
  return `${String(peer)} ${what} -> ${status ?? 'no answer'} (${outcome}, ${bytes}, ${duration} ms)`;
}
