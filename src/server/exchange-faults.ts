/** An error in an exchange is a fault, once. While no response has begun, the fault can be responded to, in place of the handler. */
import type { Body } from '../body/body.js';
import { ProtocolError, toError } from '../errors.js';
import { Fields, type FieldsInit } from '../http/fields.js';
import type { Protocol } from '../http/head.js';
import { ExchangeResponse } from './exchange-response.js';
import {
  Fault,
  type FaultAnswerer,
  faultBody,
  type FaultBody,
  isDisconnect,
  NOWHERE,
  publicReason,
  type ServerFault,
} from './faults.js';
import type { HandlerSubscriber } from './handler-result.js';

/** @internal */
export abstract class ExchangeFaults<Peer> extends ExchangeResponse<Peer> implements FaultAnswerer {
  /** The handler has failed, or a fault has been responded to in its place: its later results are ignored. */
  protected dismissed = false;
  private faulted = false;
  protected fault: Fault<Peer> | undefined = undefined;
  /** Why it failed. */
  protected failure: Error | undefined = undefined;
  protected handling: HandlerSubscriber | undefined = undefined;

  abstract readonly protocol: Protocol;
  abstract readonly peer: Peer;
  /** Whether the handler takes the flow: it is not going to respond. */
  protected abstract readonly tookOver: boolean;
  protected abstract onTakeoverEnded(error: unknown): void;

  protected get isFaulted(): boolean {
    return this.faulted;
  }

  /** The handler failed, or its response did: reports a fault, and ends the response that had begun. */
  fail(error: unknown): void {
    if (!this.over && !this.dismissed) this.giveUp(error);
  }

  /** The response cannot begin, or go on. Other errors that this causes are reported after the fault that caused them. */
  protected giveUp(error: unknown): void {
    const begun = this.answer === 'begun' && !this.tookOver;
    if (this.tookOver) this.onTakeoverEnded(error);
    else if (!begun) this.dismiss();
    this.report(error);
    // A peer that takes nothing is not an error of ours.
    const stalled = error instanceof ProtocolError && error.code === 'write-timeout';
    if (begun && !this.over) this.abort(stalled ? 'CANCEL' : 'INTERNAL_ERROR', undefined);
  }

  /** Nothing that the handler does matters any more. */
  private dismiss(): void {
    this.dismissed = true;
    this.disposeHeld();
    this.answer = 'none';
    this.heldResponse = undefined;
    this.outgoing?.release();
    this.outgoing = undefined;
    this.handling?.unsubscribe();
  }

  get answerable(): boolean {
    // A response that is held after its handler was dismissed is the response to a fault: it stands.
    return (
      !this.over &&
      (this.answer === 'none' || ((this.answer === 'held' || this.answer === 'waiting') && !this.dismissed)) &&
      !this.tookOver
    );
  }

  answerFault(_fault: ServerFault, status: number, headers: FieldsInit | undefined): FaultBody {
    const body = faultBody();
    this.answerInstead({ status, headers: Fields.from(headers), body });
    return body;
  }

  answerByDefault(fault: ServerFault): void {
    const { status } = fault;
    const reason = publicReason(fault);
    this.answerInstead({ status, headers: DEFAULT_ANSWER, body: `${status} ${reason}\n` });
  }

  /** Responds in place of the handler. */
  private answerInstead(response: {
    readonly status: number;
    readonly headers: Fields;
    readonly body: string | Body;
  }): void {
    this.dismiss();
    // A request that did not come whole, and will not be read: the connection cannot go on after it.
    const closes = this.receiving && this.protocol === 'http/1.1';
    this.answerWith(closes ? { ...response, headers: response.headers.with('connection', 'close') } : response);
  }

  /** A fault of this exchange, once: its consequences are not reported again. A client that disconnects is not a fault. */
  protected report(error: unknown): void {
    this.failure ??= toError(error);
    if (this.faulted) return;
    this.faulted = true;
    if (isDisconnect(error)) {
      if (this.answerable) this.answerByDefault(new Fault(error, NOWHERE));
      return;
    }
    this.fault = this.connection.report(error, this);
  }

  /** A fault that has no response, and changes nothing of this exchange: a second response, a teardown that throws. */
  tell(error: unknown): void {
    const { protocol, peer, request, connection } = this;
    connection.runtime.report(error, { protocol, peer, request, answerer: undefined });
  }
}

const DEFAULT_ANSWER = Fields.from({ 'content-type': 'text/plain; charset=utf-8' });
