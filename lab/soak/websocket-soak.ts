/** The soak of WebSockets: thousands that are idle beside some that chat, and what the processes hold while they do. */
import { setTimeout as sleep } from 'node:timers/promises';
import { megabytes } from './flat.js';
import { Member } from './support/member.js';
import { Watching } from './watching.js';
import type { WebSocketLoadAnswers, WebSocketLoadSettings } from './websocket-load.js';
import type { WebSocketServerAnswers } from './websocket-server.js';
import type { WebSocketOutcome, WebSocketPlan } from './websocket-verdict.js';

export async function webSocketSoak(plan: WebSocketPlan, tell: (line: string) => void): Promise<WebSocketOutcome> {
  const { minutes, round, ...rest } = plan;
  const deaths: string[] = [];
  const server = Member.start<WebSocketServerAnswers>('websocket-server', 'the server', {});
  server.onDeath = (how) => deaths.push(how);
  const url = await server.ask('url');
  const settings: WebSocketLoadSettings = { url: url.replace('http:', 'ws:'), ...rest };
  const load = Member.start<WebSocketLoadAnswers>('websocket-load', 'the load', settings);
  load.onDeath = (how) => deaths.push(how);
  try {
    const watchings = [await Watching.begin(server), await Watching.begin(load)];
    const before = await server.ask('holdings');
    await load.ask('open');
    const after = await server.ask('holdings');
    const each = (bytes: number): number => Math.round(bytes / (plan.idle + plan.chatting));
    const idle = {
      held: each(after.heap + after.external - before.heap - before.external),
      rss: each(after.rss - before.rss),
    };
    tell(`${plan.idle} idle, ${plan.chatting} in rooms are open: ${idle.held} bytes each, ${idle.rss} of RSS`);
    const end = performance.now() + minutes * 60_000;
    while (performance.now() < end) {
      await load.ask('chat');
      await sleep(round * 1000);
      await load.ask('pause');
      await load.ask('rest', await server.ask('last'));
      for (const watching of watchings) await watching.look();
      const { open, deliveries } = await server.ask('account');
      tell(
        `${open} open, ${deliveries} deliveries; ${watchings.map(({ name, last }) => `${name} ${megabytes(last.heap + last.external)} MB`).join(', ')}`,
      );
    }
    const [serverAccount, loadAccount] = [await server.ask('account'), await load.ask('account')];
    await load.ask('close');
    await server.ask('stop');
    const watched = [await watchings[0]!.end(), await watchings[1]!.end()];
    const [ended, closed] = [await server.ask('account'), await load.ask('account')];
    const outcome = { ...serverAccount, open: ended.open, unclean: ended.unclean, faults: ended.faults };
    return { plan, watched, idle, server: outcome, load: { ...loadAccount, failures: closed.failures }, deaths };
  } finally {
    await Promise.all([server.leave(), load.leave()]);
  }
}
