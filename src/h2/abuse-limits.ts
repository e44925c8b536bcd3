/**
 * The limits on input that costs this side more than the peer (RFC 9113 section 10.5). Each question is asked when the input arrives;
 * `false` ends the connection with ENHANCE_YOUR_CALM. Nothing here grows.
 */
import type { Limits } from '../limits.js';
import { TokenBucket } from './token-bucket.js';

/** Frames that only cost attention: so many at once, and so many a second, as nghttp2 bounds "glitches". */
const IDLE_TALK_BURST = 10_000;
const IDLE_TALK_RATE = 330;

/** Useless frames that a useful one pays for: a peer may well send two WINDOW_UPDATEs for each DATA that it takes. */
const EARNED = 4;

/**
 * Octets of a WINDOW_UPDATE. Content that goes out in small frames pays for as many as it outweighs. A peer with small windows is lawful,
 * and asks again when they are full. A peer that asks for content by the octet exhausts its tokens (CVE-2019-9511).
 */
const WINDOW_UPDATE_OCTETS = 13;

export class AbuseLimits {
  private readonly limits: Limits;
  private readonly resets: TokenBucket;
  private readonly idleTalk: TokenBucket;
  private emptyInRow: number;
  private answersUnsent: number;

  constructor(limits: Limits) {
    this.limits = limits;
    this.resets = new TokenBucket(limits.resetBurst, limits.resetRate);
    this.idleTalk = new TokenBucket(IDLE_TALK_BURST, IDLE_TALK_RATE);
    this.emptyInRow = 0;
    this.answersUnsent = 0;
  }

  /** A stream was reset by the peer, or by us because of the peer (CVE-2023-44487, CVE-2025-8671). */
  allowsReset(now: number): boolean {
    return this.resets.take(now);
  }

  /** PRIORITY, PRIORITY_UPDATE, WINDOW_UPDATE, PING, SETTINGS: any number over time, but not faster than work is done. */
  allowsIdleTalk(now: number): boolean {
    return this.idleTalk.take(now);
  }

  /** A frame that needs a response (PING, SETTINGS, a reset) while earlier responses wait unsent (CVE-2019-9512, 9515). */
  allowsAnswer(): boolean {
    return ++this.answersUnsent <= this.limits.queuedControlFrames;
  }

  /** A frame that carries nothing, and ends nothing (CVE-2019-9518). */
  allowsEmpty(): boolean {
    return ++this.emptyInRow <= this.limits.emptyFrames;
  }

  /** A message began, or content came or went. */
  worked(): void {
    this.emptyInRow = 0;
    this.idleTalk.earn(EARNED);
  }

  /** A part of a longer content went out, as large as the peer's windows let it be. */
  carried(octets: number): void {
    if (octets >= EARNED * WINDOW_UPDATE_OCTETS) this.worked();
    else this.idleTalk.earn(octets / WINDOW_UPDATE_OCTETS);
  }

  /** All that waited has been handed over. */
  sent(): void {
    this.answersUnsent = 0;
  }
}
