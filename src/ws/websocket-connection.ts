/**
 * Runs a WebSocket engine over a flow: bytes in, bytes out once a turn, "stop reading" as a held delivery, the time limits, and the end.
 *
 * Every call into the engine stands between `enter` and `leave`. The outermost `leave` writes what came of the turn, and looks whether the
 * engine is done.
 */
import { Observable, type Observer, type Subscriber, type Subscription } from 'rxjs';
import { asBuffer, Output } from '../bytes.js';
import { EndSubscriber } from '../demand/end-subscriber.js';
import { type Delivery, type Lease, scope } from '../demand/lease.js';
import { toError, WebSocketError } from '../errors.js';
import type { Flow } from '../flow/flow.js';
import { ABNORMAL, type CloseInfo, NO_STATUS } from './engine/close-codes.js';
import type { Message } from './engine/message-assembly.js';
import { WebSocketEngine, type WebSocketEvents } from './engine/websocket-engine.js';
import type { WebSocketLimits } from './engine/websocket-limits.js';
import { WebSocket, type WebSocketDriver } from './websocket.js';
import type { Phase, WebSocketService, WebSocketSetup } from './websocket-setup.js';
import { WebSocketWatch, type Watched } from './websocket-watch.js';

/** About as many bytes are pulled from the engine before the flow is asked again whether it is ready. */
const PULL_BUDGET = 64 * 1024;

/** One Output is enough for all, but where a write makes another socket write. */
let spareOutput: Output | undefined = new Output();

/** @internal */
export class WebSocketConnection implements WebSocketEvents, WebSocketDriver, Watched, Observer<Uint8Array> {
  /** Among what a service ends gracefully. */
  place = 0;
  readonly socket: WebSocket;
  readonly limits: WebSocketLimits;
  readonly subprotocol: string;
  readonly flow: Flow;
  private readonly engine: WebSocketEngine;
  private readonly watch: WebSocketWatch;
  private readonly isServer: boolean;
  readonly isCompressed: boolean;
  private phase: Phase = 'running';
  private depth = 0;
  private held: Lease[] | undefined = undefined;
  private reader: Subscription | undefined = undefined;
  private drained: Subscription | undefined = undefined;
  /** The peer's Close frame. */
  private closeInfo: CloseInfo | undefined = undefined;
  /** Why the connection failed. */
  private failure: Error | undefined = undefined;
  private peerEnded = false;
  private endSent = false;
  private flushed = false;
  private service: WebSocketService | undefined = undefined;
  /** The subscriber that waits for the end. */
  private owner: Subscriber<WebSocket> | undefined = undefined;

  constructor(setup: WebSocketSetup) {
    this.flow = setup.flow;
    this.limits = setup.limits;
    this.subprotocol = setup.subprotocol;
    this.isServer = setup.role === 'server';
    this.isCompressed = setup.deflate !== undefined;
    this.engine = new WebSocketEngine(setup, this);
    this.watch = new WebSocketWatch(this, setup.clock, setup.limits);
    this.socket = new WebSocket(this);
  }

  /** Runs it while it is subscribed to: emits the socket, and completes when the connection is over. Unsubscribing closes it. */
  run(): Observable<WebSocket> {
    return new Observable((subscriber) => this.runFor(subscriber));
  }

  /** The same for a subscriber that is there, without a closure. `service`: its graceful end closes the socket with 1001. */
  runFor(subscriber: Subscriber<WebSocket>, service?: WebSocketService): void {
    this.owner = subscriber;
    this.service = service;
    service?.register(this);
    subscriber.add(this);
    this.watch.begin();
    subscriber.next(this.socket);
    if (this.phase === 'running') this.reader = this.flow.subscribe(new EndSubscriber<Uint8Array>(this));
  }

  /** Nobody waits for its end any more. A server's flow ends with its exchange; a client closes as it should. */
  unsubscribe(): void {
    this.owner = undefined;
    this.service?.unregister(this);
    if (this.isServer)
      this.abort(new WebSocketError('closed', 'the exchange is over', ABNORMAL, { initiator: 'local' }));
    else this.close(1000, '');
  }

  get state(): 'open' | 'closing' | 'closed' {
    if (this.phase === 'ended') return 'closed';
    return this.engine.state === 'open' && this.phase === 'running' ? 'open' : 'closing';
  }

  get queued(): number {
    return this.engine.queued;
  }

  get ready(): boolean {
    return this.flow.ready && this.engine.queued < this.limits.highWaterMark;
  }

  private enter(): Delivery | undefined {
    const delivery = scope.current;
    scope.current = undefined;
    this.depth++;
    return delivery;
  }

  private leave(delivery: Delivery | undefined): void {
    try {
      if (--this.depth === 0 && this.phase === 'running') this.settle();
    } finally {
      scope.current = delivery;
    }
  }

  // The flow's side.

  next(chunk: Uint8Array): void {
    this.watch.heard();
    if (this.phase !== 'running') return;
    const delivery = this.enter();
    try {
      this.engine.receive(asBuffer(chunk));
    } finally {
      this.leave(delivery);
    }
    if (!this.engine.wantsInput && this.isRunning && delivery !== undefined)
      (this.held ??= []).push(delivery.lease().hold());
  }

  private get isRunning(): boolean {
    return this.phase === 'running';
  }

  /** The peer's FIN. */
  complete(): void {
    this.peerEnded = true;
    if (this.phase === 'running') {
      const delivery = this.enter();
      this.engine.receiveEof();
      this.leave(delivery);
    } else if (this.phase === 'ending') {
      this.sendEnd();
      this.endWhenDone();
    }
  }

  /** The flow broke. */
  error(cause: unknown): void {
    if (this.phase === 'ended') return;
    if (this.phase === 'running' && this.closeInfo === undefined)
      this.failure ??= new WebSocketError('connection-reset', 'the connection broke', ABNORMAL, { cause });
    this.end();
  }

  // The engine's side.

  onMessage(message: Message, size: number): void {
    this.watch.active();
    this.socket.receive(message, size);
    if (this.socket.unacked >= this.limits.window) this.engine.pause(true);
  }

  onMessageBegin(): void {
    // Messages are not streamed.
  }

  onMessageChunk(): void {
    // Messages are not streamed.
  }

  onMessageEnd(): void {
    // Messages are not streamed.
  }

  onPing(): void {
    if (this.engine.queuedPongs >= this.limits.unreadPings / 2) this.flush();
  }

  onPong(): void {
    // Whatever comes is a sign of life.
  }

  onClose(close: CloseInfo): void {
    this.closeInfo = close;
    this.socket.onUnwritable();
    this.socket.onComplete();
  }

  onError(error: WebSocketError): void {
    this.failure ??= error;
    this.socket.onUnwritable();
  }

  // The program's side.

  send(message: Message): void {
    this.watch.active();
    const delivery = this.enter();
    try {
      this.engine.sendMessage(message);
      if (this.depth > 1 && this.engine.queued >= PULL_BUDGET) this.flush();
    } finally {
      this.leave(delivery);
    }
  }

  close(code: number = NO_STATUS, reason = ''): void {
    if (this.phase !== 'running' || this.engine.state !== 'open') return;
    this.socket.onUnwritable();
    this.watch.closing();
    const delivery = this.enter();
    this.engine.close(code, reason);
    this.leave(delivery);
  }

  /** A graceful shutdown of the server: 1001, and the time that a close has. */
  shutdown(): void {
    this.close(1001, '');
  }

  abort(error: unknown): void {
    if (this.phase === 'ended') return;
    this.failure ??= error === undefined ? aborted() : toError(error);
    this.socket.onAborted(error ?? this.failure);
    this.engine.abort();
    this.breakFlow();
  }

  onCredit(): void {
    if (this.engine.wantsInput || this.socket.unacked * 2 > this.limits.window) return;
    this.engine.pause(false);
    if (this.phase !== 'running') return;
    const delivery = this.enter();
    try {
      this.engine.resume();
    } finally {
      this.leave(delivery);
    }
  }

  // Time.

  /** Whether nothing is being read: the peer's sign of life may be among what waits. */
  get isHeld(): boolean {
    return this.held !== undefined || !this.engine.wantsInput;
  }

  sendPing(): void {
    const delivery = this.enter();
    this.engine.ping();
    this.leave(delivery);
  }

  onSilent(): void {
    this.fail('pong-timeout', 'the peer did not respond to a ping');
  }

  onIdle(): void {
    this.close(1001, '');
  }

  /** The peer took nothing for the write timeout. */
  onStalled(): void {
    this.fail('write-timeout', 'the peer takes nothing');
  }

  onCloseTimeout(): void {
    if (this.closeInfo === undefined) this.fail('close-timeout', 'the peer did not complete the closing handshake');
    else this.breakFlow();
  }

  private fail(code: 'pong-timeout' | 'write-timeout' | 'close-timeout', message: string): void {
    this.failure ??= new WebSocketError(code, message, ABNORMAL);
    this.engine.abort();
    this.breakFlow();
  }

  private breakFlow(): void {
    this.flow.error();
    this.end();
  }

  /** A turn is over. */
  private settle(): void {
    this.flush();
    const { engine, held } = this;
    if (held !== undefined && engine.wantsInput) {
      this.held = undefined;
      for (const lease of held) lease.release();
    }
    if (engine.state === 'closing' && !engine.hasOutput && this.isRunning) this.finish();
  }

  /** Writes what the engine has, while the flow takes it. */
  private flush(): void {
    const { engine, flow } = this;
    if (!engine.hasOutput) return;
    this.depth++;
    const output = spareOutput ?? new Output();
    spareOutput = undefined;
    try {
      while (engine.queued > 0 && flow.ready && this.isRunning) {
        engine.pull(output, PULL_BUDGET);
        flow.write(output.pieces);
        output.clear();
      }
    } finally {
      output.clear();
      spareOutput = output;
      this.depth--;
    }
    if (!flow.ready) this.waitForDrain();
    if (this.engine.queued * 2 <= this.limits.highWaterMark && flow.ready) this.socket.onDrained();
  }

  private waitForDrain(): void {
    if (this.phase !== 'running') return;
    this.watch.writing();
    this.drained ??= this.flow.drained.subscribe({
      next: () => {
        this.watch.written();
        this.leave(this.enter());
        if (this.isRunning && this.ready) this.socket.onDrained();
      },
    });
  }

  /** Both sides have sent their Close frames, or this one has failed: the flow ends (RFC 6455 section 7.1.1). */
  private finish(): void {
    this.phase = 'ending';
    this.drained?.unsubscribe();
    this.drained = undefined;
    this.releaseHeld();
    this.watch.ending();
    if (this.closeInfo !== undefined) this.socket.onClosed(this.closed());
    // The server ends it first, so that the client's port is free at once.
    if (this.isServer || this.failure !== undefined || this.peerEnded) this.sendEnd();
    this.endWhenDone();
  }

  private sendEnd(): void {
    if (this.endSent) return;
    this.endSent = true;
    this.flow.complete();
    this.drained = this.flow.drained.subscribe({
      complete: () => {
        this.flushed = true;
        this.endWhenDone();
      },
    });
  }

  private endWhenDone(): void {
    if (this.phase === 'ending' && this.flushed && this.peerEnded) this.end();
  }

  private releaseHeld(): void {
    const { held } = this;
    if (held === undefined) return;
    this.held = undefined;
    for (const lease of held) lease.release();
  }

  private closed() {
    const { closeInfo, failure } = this;
    const { code, reason } = closeInfo ?? { code: closeCodeOf(failure), reason: '' };
    return { code, reason, clean: closeInfo !== undefined, error: closeInfo === undefined ? failure : undefined };
  }

  /** Nothing is left to wait for. */
  private end(): void {
    if (this.phase === 'ended') return;
    this.phase = 'ended';
    this.watch.end();
    this.drained?.unsubscribe();
    this.reader?.unsubscribe();
    this.releaseHeld();
    const { socket, failure, closeInfo, owner } = this;
    const error = closeInfo === undefined ? failure : undefined;
    this.owner = undefined;
    socket.onClosed(this.closed());
    if (error === undefined) socket.onComplete();
    else socket.onFailed(error);
    if (error === undefined) owner?.complete();
    else owner?.error(error);
  }
}

/** The code that the connection failed with: 1006 unless a Close frame reported it. */
function closeCodeOf(failure: Error | undefined): number {
  return failure instanceof WebSocketError ? failure.closeCode : ABNORMAL;
}

function aborted(): WebSocketError {
  return new WebSocketError('closed', 'the WebSocket was aborted by this side', ABNORMAL, { initiator: 'local' });
}
