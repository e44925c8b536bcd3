/**
 * One HTTP/2 exchange with a large body, in either direction or both, on a connection of its own and at a pace (see ./pace.ts); its
 * bytes are counted, not kept. It gives the largest windows that there are, and keeps to those of the server.
 */
import { PIECE } from '../support/content.js';
import {
  ACK,
  connectionPreface,
  DATA,
  END_HEADERS,
  END_STREAM,
  frame,
  FrameHeads,
  type FrameHead,
  GOAWAY,
  HEADERS,
  PING,
  requestBlock,
  RST_STREAM,
  SETTINGS,
  uint32,
  WINDOW_UPDATE,
} from '../support/h2-frames.js';
import { PacedExchange, type Transfer } from './paced-exchange.js';

const MAX_DATA = 16_384;
const STREAM = 1;
/** Bytes of content after which they are given back to the windows. */
const CREDIT = 2 ** 28;

const DATA_FRAME = frame(DATA, 0, STREAM, PIECE.subarray(0, MAX_DATA));
/** As many full frames as node:http2 writes at once, of a piece. */
const FULL_FRAMES = Buffer.concat([DATA_FRAME, DATA_FRAME, DATA_FRAME, DATA_FRAME]);

class Exchange extends PacedExchange {
  private readonly heads = new FrameHeads((head, payload) => this.onFrame(head, payload));
  private content = 0;
  private uncredited = 0;
  private connectionWindow = 65_535;
  private streamWindow = 65_535;
  private initialWindow = 65_535;

  constructor(transfer: Transfer, resolve: (content: number) => void, reject: (error: Error) => void) {
    super(transfer, resolve, reject);
    const { port, path, upload } = transfer;
    const method = upload === undefined ? 'GET' : 'POST';
    const flags = END_HEADERS | (upload === undefined ? END_STREAM : 0);
    const block = requestBlock(method, path, `127.0.0.1:${port}`);
    this.socket.write(Buffer.concat([connectionPreface, frame(HEADERS, flags, STREAM, block)]));
  }

  protected take(chunk: Buffer): void {
    this.heads.receive(chunk);
    this.sendOn();
  }

  private onFrame({ type, flags, stream, length }: FrameHead, payload: Buffer): void {
    const isAck = (flags & ACK) !== 0;
    if (type === DATA) this.content += length;
    if (type === DATA) this.credit(length);
    if (type === SETTINGS && !isAck) this.onSettings(payload);
    if (type === PING && !isAck) this.socket.write(frame(PING, ACK, 0, payload));
    if (type === WINDOW_UPDATE && stream === 0) this.connectionWindow += payload.readUInt32BE();
    if (type === WINDOW_UPDATE && stream === STREAM) this.streamWindow += payload.readUInt32BE();
    if (type === RST_STREAM || type === GOAWAY)
      this.socket.destroy(new Error(`the server sent a frame of type ${type}`));
    if ((type === DATA || type === HEADERS) && (flags & END_STREAM) !== 0) this.done(this.content);
  }

  private onSettings(payload: Buffer): void {
    for (let at = 0; at < payload.length; at += 6) {
      // SETTINGS_INITIAL_WINDOW_SIZE changes the windows that there are by the difference (RFC 9113 section 6.9.2).
      if (payload.readUInt16BE(at) !== 4) continue;
      this.streamWindow += payload.readUInt32BE(at + 2) - this.initialWindow;
      this.initialWindow = payload.readUInt32BE(at + 2);
    }
    this.socket.write(frame(SETTINGS, ACK, 0, Buffer.alloc(0)));
  }

  private credit(length: number): void {
    this.uncredited += length;
    if (this.uncredited < CREDIT) return;
    const update = uint32(this.uncredited);
    this.uncredited = 0;
    this.socket.write(Buffer.concat([frame(WINDOW_UPDATE, 0, 0, update), frame(WINDOW_UPDATE, 0, STREAM, update)]));
  }

  /** As the server's windows allow. */
  protected sendTo(until: number): void {
    while (this.sent < until && !this.socket.writableNeedDrain) {
      const left = this.transfer.upload! - this.sent;
      const window = Math.min(left, this.connectionWindow, this.streamWindow);
      if (window <= 0) return;
      if (window >= 4 * MAX_DATA && left > 4 * MAX_DATA) this.send(4 * MAX_DATA, FULL_FRAMES);
      else {
        const size = Math.min(window, MAX_DATA);
        this.send(size, frame(DATA, size === left ? END_STREAM : 0, STREAM, PIECE.subarray(0, size)));
      }
    }
  }

  private send(size: number, frames: Buffer): void {
    this.sent += size;
    this.connectionWindow -= size;
    this.streamWindow -= size;
    this.socket.write(frames);
  }
}

/** @returns bytes of content that came back. */
export function transferH2(transfer: Transfer): Promise<number> {
  return new Promise((resolve, reject) => new Exchange(transfer, resolve, reject));
}
