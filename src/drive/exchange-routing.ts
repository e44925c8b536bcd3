/** A connection's events, each to its exchange: the same in both roles. */
import type { Engine } from '../engine.js';
import type { ProtocolError } from '../errors.js';
import type { Fields } from '../http/fields.js';
import type { RequestHead, ResponseHead } from '../http/head.js';
import { StreamTable } from '../streams.js';
import { Connection } from './connection.js';

/** What an exchange is told by its connection. */
export interface RoutedExchange {
  readonly stream: number;
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

  /** A stream that nobody has was reset. */
  protected abstract onStrayReset(error: ProtocolError): void;

  onData(stream: number, chunk: Uint8Array): void {
    const exchange = this.streams.get(stream);
    if (exchange === undefined) this.engine.credit(stream, chunk.length);
    else exchange.onData(chunk);
  }

  onEnd(stream: number, trailers: Fields): void {
    this.streams.get(stream)?.onEnd(trailers);
  }

  onWritable(stream: number): void {
    this.streams.get(stream)?.onWritable();
  }

  onSent(stream: number): void {
    this.streams.get(stream)?.onSent();
  }

  onReset(stream: number, error: ProtocolError): void {
    const exchange = this.streams.get(stream);
    if (exchange === undefined) this.onStrayReset(error);
    else exchange.onReset(error);
  }

  /** An exchange is over. */
  forget(stream: number): void {
    this.streams.delete(stream);
  }
}
