/** A proxy that no one here wrote, in a process of its own: it is an ES module, and tests run as CommonJS. */
import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { createInterface } from 'node:readline';

const PROGRAM = `
import { Server } from 'proxy-chain';
const server = new Server({
  port: 0,
  host: '127.0.0.1',
  prepareRequestFunction: ({ username, password, hostname, port }) => {
    console.log('tunnel ' + hostname + ':' + port);
    return { requestAuthentication: username !== 'me' || password !== 'secret' };
  },
});
await server.listen();
console.log('port ' + server.port);
process.stdin.on('end', () => process.exit(0)).resume();
`;

export class ProxyProcess {
  /** Where the tunnels went. */
  readonly tunnels: string[] = [];

  private constructor(
    private readonly child: ChildProcess,
    readonly port: number,
  ) {}

  /** A proxy for the user `me`, whose password is `secret`. */
  static async start(): Promise<ProxyProcess> {
    const child = spawn(process.execPath, ['--input-type=module', '-e', PROGRAM], {
      stdio: ['pipe', 'pipe', 'inherit'],
    });
    const lines = createInterface({ input: child.stdout });
    const [first] = (await once(lines, 'line')) as [string];
    const proxy = new ProxyProcess(child, Number(first.replace('port ', '')));
    lines.on('line', (line) => proxy.tunnels.push(line.replace('tunnel ', '')));
    return proxy;
  }

  /** It ends with its input. */
  async stop(): Promise<void> {
    const gone = once(this.child, 'exit');
    this.child.stdin?.end();
    await gone;
  }
}
