/** An event on its way to a client, as text (HTML standard, section 9.2.5). */
import { checkOptions, integerOf, type OptionCheck, type OptionTable, stringValue } from '../option-checks.js';

/** An event to send. */
export interface ServerEvent {
  /** Any text: each of its lines becomes one of the event. Without it, the client's script sees nothing, but keeps `id` and `retry`. */
  readonly data?: string | undefined;
  /** Its type: `message` unless set. */
  readonly event?: string | undefined;
  /** What a client sends as `Last-Event-ID` when it connects again; '' makes it forget the last one. */
  readonly id?: string | undefined;
  /** ms that the client waits before it connects again. */
  readonly retry?: number | undefined;
  /** For people who read the stream: clients ignore it. */
  readonly comment?: string | undefined;
}

/** A line of text: it has no end of line within. */
const line: OptionCheck = (name, value) => {
  stringValue(name, value);
  if (/[\r\n\0]/.test(value as string)) throw new RangeError(`${name}: expected text without an end of line or a NUL`);
};

const EVENT: OptionTable<ServerEvent> = {
  data: stringValue,
  event: line,
  id: line,
  retry: integerOf(0),
  comment: stringValue,
};

const LINES = /\r\n|\r|\n/;

/**
 * `event` as it is sent.
 *
 * @throws TypeError or RangeError for an event that the format cannot express, or an unknown name.
 */
export function formatEvent(event: string | ServerEvent): string {
  if (typeof event === 'string') return `${lines('data', event)}\n`;
  checkEvent(event);
  const { data, event: type, id, retry, comment } = event;
  let text = comment === undefined ? '' : lines('', comment);
  if (type !== undefined) text += `event: ${type}\n`;
  if (id !== undefined) text += `id: ${id}\n`;
  if (retry !== undefined) text += `retry: ${retry}\n`;
  if (data !== undefined) text += lines('data', data);
  return `${text}\n`;
}

function lines(name: string, text: string): string {
  let result = '';
  for (const one of text.split(LINES)) result += `${name}: ${one}\n`;
  return result;
}

/** @throws TypeError or RangeError for an event that the format cannot express. */
export function checkEvent(event: ServerEvent): void {
  checkOptions('an event', event, EVENT);
}
