/* eslint-disable @typescript-eslint/unbound-method -- methods are called with their `this`, in an async context */
/** A connection's events, each to its exchange: the same in both roles. */
import { type AsyncContext, asyncContexts } from '../demand/async-context.js';
import type { Engine } from '../engine.js';
import type { ProtocolError } from '../errors.js';
import type { Fields } from '../http/fields.js';
import type { RequestHead, ResponseHead } from '../http/head.js';
import { StreamTable } from '../streams.js';
import { Connection } from './connection.js';

/** The calls that an exchange gets from its connection. */
export interface RoutedExchange {
  readonly stream: number;
  /** The context of its callbacks, where stores are in use. */
  readonly context: AsyncContext | undefined;
  onData(chunk: Uint8Array): void;
  onEnd(trailers: Fields): void;
  onWritable(): void;
  onSent(): void;
  onReset(error: ProtocolError): void;
}

/** @internal */
export abstract class RoutingConnection<
  E extends Engine<RequestHead> | Engine<ResponseHead>,
  X extends RoutedExchange,
> extends Connection<E> {
  /** The open exchanges. */
  protected readonly streams = new StreamTable<X>();

  /** As the teardown of its subscription: a connection needs no closure to be one. */
  unsubscribe(): void {
    this.abort();
  }

  /** A stream without an exchange was reset. */
  protected abstract onStrayReset(error: ProtocolError): void;

  onData(stream: number, chunk: Uint8Array): void {
    const exchange = this.streams.get(stream);
    if (exchange === undefined) this.engine.credit(stream, chunk.length);
    else if (this.isAtHome(exchange)) exchange.onData(chunk);
    else this.contextOf(exchange).runInAsyncScope(exchange.onData, exchange, chunk);
  }

  onEnd(stream: number, trailers: Fields): void {
    const exchange = this.streams.get(stream);
    if (exchange === undefined) return;
    if (this.isAtHome(exchange)) exchange.onEnd(trailers);
    else this.contextOf(exchange).runInAsyncScope(exchange.onEnd, exchange, trailers);
  }

  onWritable(stream: number): void {
    const exchange = this.streams.get(stream);
    if (exchange === undefined) return;
    if (this.isAtHome(exchange)) exchange.onWritable();
    else this.contextOf(exchange).runInAsyncScope(exchange.onWritable, exchange);
  }

  onSent(stream: number): void {
    const exchange = this.streams.get(stream);
    if (exchange === undefined) return;
    if (this.isAtHome(exchange)) exchange.onSent();
    else this.contextOf(exchange).runInAsyncScope(exchange.onSent, exchange);
  }

  onReset(stream: number, error: ProtocolError): void {
    const exchange = this.streams.get(stream);
    if (exchange === undefined) this.onStrayReset(error);
    else if (this.isAtHome(exchange)) exchange.onReset(error);
    else this.contextOf(exchange).runInAsyncScope(exchange.onReset, exchange, error);
  }

  /**
   * Whether callbacks of `exchange` may run here: in the turn of an event of the flow, whose context belongs to no request. Otherwise, this
   * may be the context of another exchange, whose response let this one go on.
   */
  private isAtHome({ context }: X): boolean {
    return context === undefined && (this.isFlowsTurn || asyncContexts.current === undefined);
  }

  private contextOf({ context }: X): AsyncContext {
    return context ?? asyncContexts.current!.nobody;
  }

  /** An exchange is over. */
  forget(stream: number): void {
    this.streams.delete(stream);
  }
}
