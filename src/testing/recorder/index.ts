/** The recorder: a connection that was tapped becomes a test that replays it. */
export { type Exchange, type ExpectedExchange, expectationOf, type FieldsTold, tellContent } from './exchange.js';
export { printTest, type PrintOptions } from './test-printer.js';
export {
  record,
  type Recorder,
  type RecordedConnection,
  recordingOf,
  type RecordOptions,
  type TappedConnection,
} from './recording.js';
export { type Redaction, SECRET_FIELDS } from './redaction.js';
export { type ExchangesExpectation, expectExchanges, replay, type ReplayOptions } from './replay.js';
export type { Part as RecordedPart } from './source-code.js';
