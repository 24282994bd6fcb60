// What a loop is made with, and what of it may become another while it runs.
import type { Areas, Engine } from '../native/index.ts';
import type { ProxySenders } from './access/proxy-senders.ts';
import type { LoopLimits } from './limits.ts';
import type { LagMeter } from './metrics/lag.ts';
import type { RequestMetrics } from './metrics/request-metrics.ts';
import type { Opener } from './opener.ts';
import type { Records } from './records.ts';
import type { Report } from './report.ts';
import type { Answering } from './requests.ts';
import type { Service } from './services.ts';
import type { Tracer } from './tracing/tracer.ts';

/** What may become another while the loop runs. */
export interface Adopted {
  readonly answering: Answering;
  /** `connectionsMax` stays what it was. */
  readonly limits: LoopLimits;
  /** Who says by the PROXY protocol for whom it connects; undefined: nobody. */
  readonly senders: ProxySenders | undefined;
  /** Strict-Transport-Security of all answers over TLS, or ''. */
  readonly strict: string;
}

export interface LoopParts {
  readonly engine: Engine;
  readonly areas: Areas;
  readonly adopted: Adopted;
  readonly opener: Opener;
  /** What is spoken on a listener, by the engine's number; absent: all are plain. */
  readonly serviceOf?: ((listener: number) => Service) | undefined;
  readonly report: Report;
  /** Called behind each receive() that has brought something in, before that is looked at: adopt() may be called then. */
  readonly onReceived?: () => void;
  /** Undefined: neither an access log nor spans, and nothing is gathered for them. */
  readonly records: Records | undefined;
  /** Undefined: requests are not traced. */
  readonly tracer?: Tracer | undefined;
  /** Of answers; undefined: nobody will ask. */
  readonly metrics?: RequestMetrics | undefined;
  /** Runs while there are connections. */
  readonly lag?: LagMeter | undefined;
  /** A writer came for a file record; `answers` of it are under way. */
  readonly onLeaseBroken?: (file: number, answers: number) => void;
  /** Called when a drain has closed the last connection. */
  readonly onDrained: () => void;
}
