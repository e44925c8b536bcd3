/**
 * Server-sent events (HTML standard, section 9.2), both roles: a response of events with a heartbeat, resumption and a policy for slow clients,
 * and a client that connects again by itself.
 *
 * @packageDocumentation
 */
export { eventText, events, type EventsOptions } from './events.js';
export { EventLog, type EventLogOptions, type LoggedEvent } from './event-log.js';
export { eventSource, type EventSourceOptions } from './event-source.js';
export { parseEvents, type ParseOptions, type ReceivedEvent } from './parse-events.js';
export { formatEvent, type ServerEvent } from './server-event.js';
