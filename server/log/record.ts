// What the access log tells of one answer. Strings are taken from the request while it is there.
export interface AccessRecord {
  readonly peer: string;
  readonly method: string;
  /** As sent; bytes as latin1. */
  readonly target: string;
  readonly versionMinor: number;
  readonly status: number;
  readonly bodyBytes: number;
  readonly referrer: string;
  readonly userAgent: string;
  /** performance.now() when the request was complete. */
  readonly startedMs: number;
}

/** Why an answer that was begun did not end as planned; '' when it did. */
export type Incomplete = '' | 'aborted' | 'fileShortened' | 'fileChanged' | 'bodyBroken' | 'stalled';
