/** What a soak of WebSockets came to: what does not hold, and the report. */
import { growthOf, megabytes } from './flat.js';
import { leaksOf } from './verdict.js';
import type { Watched } from './watching.js';
import type { WebSocketLoadAccount, WebSocketLoadSettings } from './websocket-load.js';
import type { WebSocketAccount } from './websocket-server.js';

export interface WebSocketPlan extends Omit<WebSocketLoadSettings, 'url'> {
  readonly minutes: number;
  /** Seconds between two looks at the memory. */
  readonly round: number;
}

export interface WebSocketOutcome {
  readonly plan: WebSocketPlan;
  readonly watched: readonly Watched[];
  /** Bytes that the server holds for one idle WebSocket: objects and buffers; and resident memory. */
  readonly idle: { readonly held: number; readonly rss: number };
  readonly server: WebSocketAccount;
  readonly load: WebSocketLoadAccount;
  readonly deaths: readonly string[];
}

/** What does not hold, in words: nothing, where all is well. */
export function webSocketFaultsOf({ watched, server, load, deaths, plan }: WebSocketOutcome): string[] {
  return [
    ...deaths,
    ...load.failures,
    ...Object.entries(server.unclean).map(
      ([code, count]) => `${count} sockets ended without a closing handshake: ${code}`,
    ),
    ...Object.entries(server.faults).map(([code, count]) => `${count} faults: ${code}`),
    ...(server.open === 0 ? [] : [`${server.open} sockets are open in the end`]),
    ...(load.received >= load.sent * (plan.members - 1) ? [] : ['messages did not reach the members of their room']),
    ...watched.flatMap(leaksOf),
  ];
}

export function webSocketReportOf(outcome: WebSocketOutcome, faults: readonly string[]): string {
  const { plan, watched, idle, server, load } = outcome;
  const memory = watched.flatMap(({ name, baseline, samples, end, peakRss }) => {
    const all = samples.map(({ heap, external }) => heap + external);
    const { before, after, ratio } = growthOf(all);
    const percent = `${ratio >= 0 ? '+' : ''}${(ratio * 100).toFixed(1)} %`;
    return [
      `  ${name}:`,
      `    heap and buffers, MB: ${megabytes(baseline.heap + baseline.external)} before, ${all.map(megabytes).join(' ')}, ${megabytes(end.heap + end.external)} after`,
      `    median of the last third ${megabytes(after)}, of the second ${megabytes(before)}: ${percent}; peak RSS ${megabytes(peakRss)} MB`,
      `    descriptors ${baseline.descriptors} before, ${end.descriptors} after`,
    ];
  });
  return [
    `WebSockets for ${plan.minutes} min, seed ${plan.seed}: ${plan.idle} idle, ${plan.chatting} in rooms of ${plan.members}, ${plan.rate} messages a second`,
    `  ${server.opened} opened; ${load.sent} messages sent, ${load.received} received; ${load.replaced} members replaced`,
    `  the server holds ${idle.held} bytes for each, ${idle.rss} bytes of RSS`,
    'memory at rest:',
    ...memory,
    faults.length === 0 ? 'all is well' : ['FAULTS:', ...faults.map((fault) => `  ${fault}`)].join('\n'),
  ].join('\n');
}
