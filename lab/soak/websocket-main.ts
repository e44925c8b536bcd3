/** npm run soak -- websockets: many idle WebSockets, and some that chat, for the configured time. */
import { parseArgs } from 'node:util';
import { webSocketSoak } from './websocket-soak.js';
import { webSocketFaultsOf, webSocketReportOf } from './websocket-verdict.js';

const USAGE = `usage: npm run soak -- websockets [options]

  --minutes N   how long (10)
  --idle N      WebSockets that are idle (10000)
  --chatting N  WebSockets that chat (1000)
  --members N   of each room (10)
  --rate N      messages a second, of all rooms (200)
  --round N     seconds between two looks at the memory (15)
  --seed N      what the load is drawn from (1)
`;

const DEFAULTS = { minutes: 10, idle: 10_000, chatting: 1000, members: 10, rate: 200, round: 15, seed: 1 };
type Name = keyof typeof DEFAULTS;

const { values } = parseArgs({
  args: process.argv.slice(3),
  options: {
    ...(Object.fromEntries(Object.keys(DEFAULTS).map((name) => [name, { type: 'string' }])) as Record<
      Name,
      { readonly type: 'string' }
    >),
    help: { type: 'boolean', default: false },
  },
});

function numberOf(name: Name): number {
  const value = Number(values[name] ?? DEFAULTS[name]);
  if (value > 0 && Number.isFinite(value)) return value;
  console.error(`--${name}: expected a number above zero, got ${values[name]}\n\n${USAGE}`);
  process.exit(2);
}

if (values.help) console.log(USAGE);
else {
  const names = Object.keys(DEFAULTS) as Name[];
  const plan = Object.fromEntries(names.map((name) => [name, numberOf(name)])) as typeof DEFAULTS;
  const outcome = await webSocketSoak(plan, (line) => console.error(line));
  const faults = webSocketFaultsOf(outcome);
  console.log(webSocketReportOf(outcome, faults));
  process.exitCode = faults.length === 0 ? 0 : 1;
}
