import type { ListenAddress } from 'rxpaf';

/** What there is to try, and the command for it at a base URL; `curl` stands for curl and its options. */
const TRIALS: readonly (readonly [what: string, command: (curl: string, url: string) => string])[] = [
  ['a hello', (curl, url) => `${curl} ${url}/hello`],
  ['a streamed download', (curl, url) => `${curl} -o /dev/null ${url}/download/1000000000`],
  ['a streamed upload, echoed', (curl, url) => `head -c 10000000 /dev/zero | ${curl} -X POST -T - ${url}/echo | wc -c`],
  [
    'a client that reads slowly (see the log below)',
    (curl, url) => `${curl} --limit-rate 1M -o /dev/null ${url}/download/1000000000`,
  ],
  [
    'a handler that reads slowly (see the log below)',
    (curl, url) => `head -c 5000000 /dev/zero | ${curl} -T - ${url}/slow`,
  ],
  ['events without end', (curl, url) => `${curl} -N ${url}/events`],
  ['a broken handler, answered by the error stream', (curl, url) => `${curl} -i ${url}/error`],
];

/** What is printed once all addresses are listened on. */
export function guide(addresses: readonly ListenAddress[]): string {
  const urls = addresses.map(({ url }) => url).sort();
  const blocks = urls.map((url) => {
    const curl = url.startsWith('https') ? 'curl -sS -k' : 'curl -sS';
    return TRIALS.map(([what, command]) => `  # ${what}\n  ${command(curl, url)}`).join('\n');
  });
  const pages = urls.map((url) => `listening on ${url}`).join('\n');
  return `${pages}\n\nOpen one of them in a browser: it draws the traffic of this server as marbles.\nThen try:\n\n${blocks.join('\n\n')}\n`;
}
