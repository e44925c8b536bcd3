/**
 * How long tests wait for an event that must come, ms. It is far longer than needed on a busy machine, and shorter than the time limit of a
 * test, so that a failure states what did not happen. A test that passes never waits so long.
 */
export const PATIENCE = 60_000;
