/** A response as a handler returns it: the same type for both protocols. */
import type { ObservableInput } from 'rxjs';
import type { FieldsInit } from '../http/fields.js';
import type { Content } from './outgoing-content.js';

/** What a handler returns. `text`, `json` and other builders make one. */
export interface HttpResponse {
  /** 100 to 199: an interim response, another follows (RFC 9110 section 15.2). 200 to 599: the answer. */
  readonly status: number;
  readonly headers?: FieldsInit | undefined;
  readonly body?: Content | undefined;
  /** Subscribed to when the body has ended; its last value is sent (RFC 9110 section 6.5). */
  readonly trailers?: ObservableInput<FieldsInit> | undefined;
}
