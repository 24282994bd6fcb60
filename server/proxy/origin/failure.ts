/**
 * Why an origin gave no answer, or only a part of one: the closed list. The row carries the status for the client, where nothing was
 * sent to it yet (RFC 9110 §15.6), and the text that it may be shown; the kind is the name in log and metric.
 */

interface Row {
  readonly status: 502 | 503 | 504;
  readonly text: string;
}

export const originFailures = {
  connect: { status: 502, text: 'The origin cannot be reached.' },
  'timeout-connect': { status: 504, text: 'The origin could not be reached in time.' },
  'timeout-head': { status: 504, text: 'The origin did not answer in time.' },
  'timeout-body': { status: 504, text: 'The origin stopped in the middle of its answer.' },
  malformed: { status: 502, text: 'The answer of the origin is not HTTP/1.1.' },
  closed: { status: 502, text: 'The origin closed the connection before its answer was complete.' },
  'too-large': { status: 502, text: 'The head of the origin\'s answer is too large.' },
  'no-origin': { status: 503, text: 'No origin has a connection to spare.' },
  unsendable: { status: 502, text: 'The request cannot be sent to an origin.' },
  cancelled: { status: 503, text: 'The request was given up before it was answered.' },
} as const satisfies Record<string, Row>;

export type OriginFailureKind = keyof typeof originFailures;

export interface OriginFailure {
  readonly kind: OriginFailureKind;
  /** May be shown to a client. */
  readonly text: string;
  /** For the log: which origin, and what it did. */
  readonly detail: string;
  readonly status: 502 | 503 | 504;
  /** Whether no head was reported before it: the client can still be given another answer. */
  readonly beforeHead: boolean;
}

export function originFailure(kind: OriginFailureKind, detail: string, beforeHead: boolean): OriginFailure {
  const { status, text } = originFailures[kind];
  return { kind, text, detail, status, beforeHead };
}

/** A connection that never came to be, so that nothing was sent. */
export class ConnectFault extends Error {
  readonly kind: 'connect' | 'timeout-connect';

  constructor(kind: 'connect' | 'timeout-connect', message: string) {
    super(message);
    this.kind = kind;
  }
}

/** More bytes than a head may have, and still no end of it. */
export class HeadFault extends Error {}

/** The request body failed while it was read: the client is gone, or broke it off. */
export class BodyFault extends Error {}
