import type { ListenAddress } from 'rxpaf';

/**
 * The commands to try, for a base URL; `curl` is curl with its options. The slow client shows the progress meter of curl. It reads
 * 10 MB a second: the socket buffers of one machine hold about that much, so at a slower pace seconds pass before anything moves.
 */
const COMMANDS: readonly (readonly [title: string, command: (curl: string, url: string) => string])[] = [
  ['a hello', (curl, url) => `${curl} ${url}/hello`],
  ['a streamed download', (curl, url) => `${curl} -o /dev/null ${url}/download/1000000000`],
  ['a streamed upload, echoed', (curl, url) => `head -c 10000000 /dev/zero | ${curl} -X POST -T - ${url}/echo | wc -c`],
  [
    'a client that reads slowly (see the log below)',
    (curl, url) => `${curl.replace(' -sS', '')} --limit-rate 10M -o /dev/null ${url}/download/1000000000`,
  ],
  [
    'a handler that reads slowly (see the log below)',
    (curl, url) => `head -c 5000000 /dev/zero | ${curl} -T - ${url}/slow`,
  ],
  ['server-sent events, until you press Ctrl-C', (curl, url) => `${curl} -N ${url}/events`],
  ['a broken handler: the error stream sends the response', (curl, url) => `${curl} -i ${url}/error`],
  ['a response that fails halfway: it never looks complete', (curl, url) => `${curl} -N ${url}/error/halfway`],
];

/** The text to print when all addresses accept connections. */
export function guide(addresses: readonly ListenAddress[]): string {
  const urls = addresses.map(({ url }) => url).sort();
  const blocks = urls.map((url) => {
    const curl = url.startsWith('https') ? 'curl -sS -k' : 'curl -sS';
    return COMMANDS.map(([title, command]) => `  # ${title}\n  ${command(curl, url)}`).join('\n');
  });
  const pages = urls.map((url) => `listening on ${url}`).join('\n');
  return `${pages}\n\nOpen one of them in a browser: it draws the traffic of this server as marbles.\nThen try:\n\n${blocks.join('\n\n')}\n`;
}
