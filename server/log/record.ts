// What is told of one answer when it is over: by the access log, and by its span. Strings are taken from the request while it is there.
import type { Trace } from '../tracing/trace.ts';

export interface AccessRecord {
  readonly peer: string;
  /** `TLSv1.3` or the like; '' without TLS. */
  readonly protocol: string;
  /** Of the client's certificate (RFC 2253); '' without one. */
  readonly client: string;
  readonly method: string;
  /** As sent; bytes as latin1. */
  readonly target: string;
  /** Of HTTP: `1.0`, `1.1` or `2.0`. */
  readonly version: string;
  readonly status: number;
  /** Of a source and of a tunnel they are known when it is over; -1 where they were not counted. */
  bodyBytes: number;
  readonly referrer: string;
  readonly userAgent: string;
  /** performance.now() when the request was complete. */
  readonly startedMs: number;
  /** Undefined: nothing is traced. */
  readonly trace: Trace | undefined;
}

/** Why an answer that was begun did not end as planned; '' when it did. */
export type Incomplete = '' | 'aborted' | 'fileShortened' | 'fileChanged' | 'bodyBroken' | 'stalled';
