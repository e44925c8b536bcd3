/** A recorded connection of HTTP/1.1: the requests, the responses, and the builders of it. */
import { h1 } from '../h1-builders.js';
import { Draft, toldFields } from './exchange-draft.js';
import { contentAt, type H1Head, headAt, valueOf } from './h1-messages.js';
import type { Redactor } from './redaction.js';
import type { Piece, Side } from './direction.js';
import { built, literal, type Part } from './source-code.js';

/** The result of reading a connection. */
export interface Reading {
  readonly pieces: readonly Piece[];
  readonly drafts: readonly Draft[];
  /** Where both sides go on with HTTP/2 (RFC 7540 section 3.2). */
  readonly upgraded?: { readonly received: number; readonly sent: number };
}

export function readH1(received: Side, sent: Side, redactor: Redactor): Reading {
  const pieces: Piece[] = [];
  const drafts: Draft[] = [];
  const responses = new Responses(sent, redactor);
  const { bytes } = received;
  let at = 0;
  while (at < bytes.length) {
    // Empty lines before a request (RFC 9112 section 2.2).
    if (bytes[at] === 0x0d && bytes[at + 1] === 0x0a) {
      pieces.push({ start: at, end: at + 2 });
      at += 2;
      continue;
    }
    const head = headAt(bytes, at);
    if (head === undefined || head === 'malformed') {
      const part = literal(Buffer.from(redactor.text(bytes.toString('latin1', at)), 'latin1'));
      pieces.push({ start: at, end: bytes.length, part });
      if (head === 'malformed') responses.answer(drafts, new Draft(drafts.length + 1, received.timeOf(bytes.length)));
      break;
    }
    const draft = new Draft(drafts.length + 1, received.timeOf(head.end));
    const [method, target] = head.start;
    const content = contentAt(bytes, head, 'none');
    draft.method = method;
    draft.target = redactor.target(target);
    draft.requestHeaders = toldFields(head.lines, redactor);
    draft.content.push(...content.parts);
    draft.whole = content.complete;
    pieces.push({ start: at, end: head.end, ...headParts(head, content.complete, redactor) });
    if (content.end > head.end) pieces.push({ start: head.end, end: content.end });
    at = content.end;
    const switched = responses.answer(drafts, draft);
    if (switched === undefined) continue;
    if (switched.to === 'h2c') return { pieces, drafts, upgraded: { received: at, sent: switched.at } };
    // A tunnel: its bytes are not read here.
    if (at < bytes.length) pieces.push({ start: at, end: bytes.length });
    break;
  }
  return { pieces, drafts };
}

/** The responses, in the order of the requests. */
class Responses {
  private at = 0;

  constructor(
    private readonly sent: Side,
    private readonly redactor: Redactor,
  ) {}

  /** @returns the protocol that the connection switched to, and the offset of the switch in the sent bytes. */
  answer(drafts: Draft[], draft: Draft): { to: string; at: number } | undefined {
    drafts.push(draft);
    const { sent } = this;
    let head = headAt(sent.bytes, this.at);
    while (typeof head === 'object' && Number(head.start[1]) < 200 && head.start[1] !== '101') {
      this.at = head.end;
      head = headAt(sent.bytes, this.at);
    }
    if (typeof head !== 'object') return undefined;
    const status = Number(head.start[1]);
    const { method } = draft;
    draft.answer(status, head.lines, this.redactor);
    const tunnel = method === 'CONNECT' && status < 300;
    if (status === 101 || tunnel) {
      draft.answered = true;
      draft.ended = sent.timeOf(head.end);
      this.at = head.end;
      return { to: tunnel ? 'tunnel' : (valueOf(head, 'upgrade') ?? '').toLowerCase(), at: head.end };
    }
    const bare = method === 'HEAD' || status === 204 || status === 304;
    const content = bare ? { parts: [], end: head.end, complete: true } : contentAt(sent.bytes, head, 'rest');
    draft.body.push(...content.parts);
    // Content without a length is whole if the connection ended well.
    draft.answered =
      content.complete || (valueOf(head, 'content-length') === undefined && isDelimitedByEnd(head, sent));
    if (draft.answered) draft.ended = sent.timeOf(content.end);
    this.at = content.end;
    return undefined;
  }
}

function isDelimitedByEnd(head: H1Head, sent: Side): boolean {
  return valueOf(head, 'transfer-encoding') === undefined && sent.end?.kind === 'fin';
}

/** A head as a builder makes it, if one does: the same except for the case of the names, which has no meaning. */
function headParts(
  head: H1Head,
  whole: boolean,
  redactor: Redactor,
): { part: Part; withBody?: (body: Uint8Array) => Part } {
  const [method, given, version] = head.start;
  const target = redactor.target(given);
  const lines: [string, string][] = [];
  for (let at = 0; at < head.lines.length; at += 2) {
    const name = head.lines[at]!;
    lines.push([name, redactor.value(name.toLowerCase(), head.lines[at + 1]!)]);
  }
  const fields = Object.fromEntries(lines.map(([name, value]) => [name.toLowerCase(), value]));
  const plain =
    version === 'HTTP/1.1' &&
    'host' in fields &&
    Object.keys(fields).length === lines.length &&
    lines.every(([name, value]) => !/^(\d+|__proto__)$/i.test(name) && !/[^\t\x20-\x7e]/.test(value)) &&
    !/[^\x21-\x7e]/.test(target);
  if (!plain) {
    const text = lines.map(([name, value]) => `${name}: ${value}\r\n`).join('');
    return { part: literal(Buffer.from(`${method} ${target} ${version}\r\n${text}\r\n`, 'latin1')) };
  }
  if (method === 'GET') return { part: built('h1.get', h1.get, target, fields) };
  if (method === 'HEAD') return { part: built('h1.head', h1.head, target, fields) };
  const part = built('h1.requestHead', h1.requestHead, method, target, fields);
  const { 'content-length': length, ...others } = fields;
  if (method !== 'POST' || length === undefined || !whole) return { part };
  return { part, withBody: (body) => built('h1.post', h1.post, target, body, others) };
}
