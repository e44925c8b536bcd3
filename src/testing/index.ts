/**
 * HTTP in virtual time: tests as marble diagrams, for any test framework.
 *
 * @packageDocumentation
 */
export { h1 } from './h1.js';
export { h2 } from './h2.js';
export type { H2Frame } from './h2-frames.js';
export { type HttpTest, httpTest } from './http-test.js';
export { DiagramMismatch } from './mismatch.js';
export type { Probe } from './probe.js';
export type { Expectation } from './row.js';
export type { Subscribed, SubscriptionExpectation, SubscriptionSpan } from './subscriptions.js';
export { fragment, type FlowTrait, slowPeer, type Take, TestFlow } from './test-flow.js';
export { type TestAlpn, type TestFlows, type TestHandler, TestService, type TestServeOptions } from './test-service.js';
export type { Part } from './values.js';
export type { Timed, Wire } from './wire.js';
