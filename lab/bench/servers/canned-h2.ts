/**
 * The floor of the HTTP/2 rows: sockets of `node:net`, and frames that were made before. It knows what will be asked, so it
 * reads frame heads and, of the first request on a connection, the path: what is left is what sockets and frames cost.
 */
import { createServer, type Socket } from 'node:net';
import { bytesAsked, HELLO, PIECE } from '../support/content.js';
import { portOf, ready } from '../support/worker.js';
import { HpackDecoder } from '../../../src/h2/hpack/decoder.js';
import {
  ACK,
  DATA,
  END_HEADERS,
  END_STREAM,
  frame,
  type FrameHead,
  FrameHeads,
  HEAD_SIZE,
  HEADERS,
  PING,
  SETTINGS,
  uint32,
  WINDOW_UPDATE,
} from '../support/h2-frames.js';

const PREFACE_SIZE = 24;
const MAX_DATA = 16_384;
/** Full frames that are written at once: 256 KiB, more than any server here collects. */
const FRAMES = 16;
const FRAME_SIZE = HEAD_SIZE + MAX_DATA;
let full = { stream: 0, frames: Buffer.alloc(0) };

const connectionHead = Buffer.concat([
  // SETTINGS_INITIAL_WINDOW_SIZE, and as much again for the connection: the windows of the other servers.
  frame(SETTINGS, 0, 0, Buffer.from([0, 4, 0, 4, 0, 0])),
  frame(WINDOW_UPDATE, 0, 0, uint32(1024 * 1024 - 65_535)),
]);
const settingsAck = frame(SETTINGS, ACK, 0, Buffer.alloc(0));

// `:status: 200` of the static table, then content-type, a literal without indexing (RFC 7541 section 6).
const plain = Buffer.from([0x88, 0x0f, 0x10, 10, ...Buffer.from('text/plain')]);
const hello = (stream: number): Buffer =>
  Buffer.concat([frame(HEADERS, END_HEADERS, stream, plain), frame(DATA, END_STREAM, stream, Buffer.from(HELLO))]);

class Connection {
  private prefaceLeft = PREFACE_SIZE;
  private readonly heads = new FrameHeads((head, payload) => this.onFrame(head, payload));
  private work: 'hello' | 'download' | 'upload' | 'echo' = 'hello';
  private out: Buffer[] = [];
  private connectionWindow = 65_535;
  private initialWindow = 65_535;
  private streamWindow = 65_535;
  /** Bytes of a download. */
  private size = 0;
  private left = 0;
  private stream = 0;
  private received = 0;
  private uncredited = 0;
  private ended = false;

  constructor(private readonly socket: Socket) {
    socket.write(connectionHead);
    socket.on('drain', () => this.fill());
  }

  receive(chunk: Buffer): void {
    const skipped = Math.min(this.prefaceLeft, chunk.length);
    this.prefaceLeft -= skipped;
    this.heads.receive(skipped === 0 ? chunk : chunk.subarray(skipped));
    this.fill();
    this.flush();
  }

  private onFrame({ type, flags, stream, length }: FrameHead, payload: Buffer): void {
    switch (type) {
      case HEADERS:
        return this.onHeaders(stream, (flags & END_STREAM) !== 0, payload);
      case DATA:
        return this.onData(stream, (flags & END_STREAM) !== 0, length);
      case SETTINGS:
        if ((flags & ACK) === 0) this.onSettings(payload);
        return;
      case PING:
        if ((flags & ACK) === 0) this.out.push(frame(PING, ACK, 0, payload));
        return;
      case WINDOW_UPDATE:
        if (stream === 0) this.connectionWindow += payload.readUInt32BE();
        else this.streamWindow += payload.readUInt32BE();
    }
  }

  private onSettings(payload: Buffer): void {
    for (let at = 0; at < payload.length; at += 6) {
      if (payload.readUInt16BE(at) !== 4) continue;
      this.initialWindow = payload.readUInt32BE(at + 2);
      this.streamWindow = this.initialWindow;
    }
    this.out.push(settingsAck);
  }

  private onHeaders(stream: number, end: boolean, block: Buffer): void {
    if (this.stream === 0) this.begin(block);
    this.stream = stream;
    if (this.work === 'hello') return void this.out.push(hello(stream));
    if (this.work === 'upload') return;
    this.out.push(frame(HEADERS, END_HEADERS, stream, plain));
    this.ended = end;
    if (this.work === 'download') this.left = this.size;
  }

  /** All requests of this connection will be like this one. */
  private begin(block: Buffer): void {
    const lines = new HpackDecoder({ headerList: 65_536, headerFields: 128 }).decode(block);
    const path = lines[lines.indexOf(':path') + 1] ?? '';
    const size = bytesAsked(path);
    if (size !== undefined) {
      this.work = 'download';
      this.size = size;
    } else if (path === '/upload') this.work = 'upload';
    else if (path === '/echo') this.work = 'echo';
  }

  /** Its content is about to come: its length is known. */
  private onData(stream: number, end: boolean, length: number): void {
    this.received += length;
    this.credit(stream, length);
    if (this.work === 'echo') {
      this.left += length;
      this.ended = end;
    } else if (end) {
      const count = Buffer.from(String(this.received));
      this.received = 0;
      this.out.push(frame(HEADERS, END_HEADERS, stream, plain), frame(DATA, END_STREAM, stream, count));
    }
  }

  /** Half a stream's window at a time. */
  private credit(stream: number, size: number): void {
    this.uncredited += size;
    if (this.uncredited < 128 * 1024) return;
    const update = uint32(this.uncredited);
    this.out.push(frame(WINDOW_UPDATE, 0, 0, update), frame(WINDOW_UPDATE, 0, stream, update));
    this.uncredited = 0;
  }

  /** Sends content as far as the windows and the socket allow; an echo is as long as the upload. */
  private fill(): void {
    if (this.work !== 'download' && this.work !== 'echo') return;
    while ((this.left > 0 || this.ended) && !this.socket.writableNeedDrain) {
      const size = Math.min(MAX_DATA, this.left, this.connectionWindow, this.streamWindow);
      if (size <= 0 && this.left > 0) return;
      // The last frame is one of its own: it ends the stream.
      const many = Math.floor(Math.min(this.left - 1, this.connectionWindow, this.streamWindow) / MAX_DATA);
      if (many > 0) this.send(size * Math.min(many, FRAMES), fullFrames(this.stream, Math.min(many, FRAMES)), false);
      else {
        const last = this.ended && size === this.left;
        this.send(size, frame(DATA, last ? END_STREAM : 0, this.stream, PIECE.subarray(0, size)), last);
      }
    }
  }

  private send(size: number, frames: Buffer, last: boolean): void {
    this.left -= size;
    this.connectionWindow -= size;
    this.streamWindow -= size;
    if (last) this.ended = false;
    this.flush();
    this.socket.write(frames);
  }

  private flush(): void {
    if (this.out.length === 0) return;
    this.socket.write(this.out.length === 1 ? this.out[0]! : Buffer.concat(this.out));
    this.out = [];
  }
}

/** `count` frames of full size, made once for a stream. */
function fullFrames(stream: number, count: number): Buffer {
  if (full.stream !== stream) {
    const one = frame(DATA, 0, stream, PIECE.subarray(0, MAX_DATA));
    full = { stream, frames: Buffer.concat(Array.from({ length: FRAMES }, () => one)) };
  }
  return full.frames.subarray(0, count * FRAME_SIZE);
}

const server = createServer({ noDelay: true }, (socket) => {
  const connection = new Connection(socket);
  socket.on('error', () => socket.destroy());
  socket.on('data', (chunk: Buffer) => connection.receive(chunk));
});
server.listen(0, '127.0.0.1', () => ready(portOf(server)));
