/**
 * HTTP in virtual time: tests as marble diagrams, for any test framework.
 *
 * @packageDocumentation
 */
export type { Expectation } from './expectations.js';
export { h1 } from './h1-builders.js';
export { h2 } from './h2-builders.js';
export type { H2Frame } from './h2-frame-reader.js';
export { ws, type WsFrameInit } from './ws-builders.js';
export type { WsFrame } from './ws-frame-reader.js';
export { httpTest, type HttpTestOptions } from './http-test.js';
export { DiagramMismatch } from './mismatch.js';
export type { Probe } from './probe.js';
export * from './recorder/index.js';
export type { Recording, Happening } from './recorded-row.js';
export type { Subscribed, SubscriptionExpectation, SubscriptionSpan } from './subscription-rows.js';
export { TestCall, type TestCallInit, type TestResponse } from './test-call.js';
export { TestChain, type TestChainOptions } from './test-chain.js';
export { type Outcome, TestClient, TestExchange, type TestRequestOptions } from './test-client.js';
export { TestFaults } from './test-faults.js';
export { TestFlow } from './test-flow.js';
export {
  type TestAlpn,
  type TestConnections,
  type TestFlows,
  type TestHandler,
  TestService,
  type TestServeOptions,
} from './test-service.js';
export {
  type Arrival,
  delayed,
  dropAt,
  type FlowTrait,
  fragment,
  halfCloseAt,
  resetAt,
  slowPeer,
  stallAt,
  type Take,
  type Way,
} from './flow-traits.js';
export type { Part } from './value-rows.js';
export { LeftVirtualTime } from './virtual-time.js';
export type { Timed, Wire } from './byte-rows.js';
export { PairFlow, type TestPair, type TestPairOptions } from './test-pair.js';
export type { WiredFlow } from './wired-flow.js';
export type { HttpTest } from './http-test-helpers.js';
