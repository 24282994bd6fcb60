// What is told of each answer when it is over: a line of the access log, a span. Both begin with what the request says while it is there.
import type { RequestHead } from '../http/head.ts';
import type { Security } from '../native/tls.ts';
import type { AccessLog } from './log/access.ts';
import type { AccessRecord, Incomplete } from './log/record.ts';
import type { Plan } from './plan.ts';
import type { Trace } from './tracing/trace.ts';

/** Whose request an answer is of. */
export interface Asker {
  readonly address: string;
  readonly security: Security | undefined;
  trace: Trace | undefined;
  /** Of HTTP, where a head was refused. */
  readonly version: '1.1' | '2.0';
}

export class Records {
  readonly #log: AccessLog | undefined;

  /** @param log undefined: spans alone are told. */
  constructor(log: AccessLog | undefined) {
    this.#log = log;
  }

  /**
   * Of an answer that is about to be sent, to whoever is there (`isThere`). Undefined: nothing is told of it.
   * @param request undefined where its head was refused. @param begunMs performance.now() when it was complete.
   */
  of(request: RequestHead | undefined, plan: Plan, asker: Asker, begunMs: number, isThere = true): AccessRecord | undefined {
    const trace = request && asker.trace;
    if (trace) {
      asker.trace = undefined;
      if (trace.isSampled) trace.answered(request, plan, isThere ? asker.address : '', begunMs);
    }
    const log = this.#log;
    if (log) return log.record(request, plan, isThere && log.wantsPeer ? asker.address : '', begunMs, trace, asker.security, asker.version);
    return trace?.isSampled ? spanRecord(plan, begunMs, trace) : undefined;
  }

  write(record: AccessRecord, incomplete: Incomplete): void {
    if (record.trace?.isSampled) record.trace.ended(incomplete, record.bodyBytes, performance.now());
    this.#log?.write(record, incomplete);
  }
}

/** Where no line is written: the span knows the rest. */
function spanRecord({ status, bodyBytes }: Plan, startedMs: number, trace: Trace): AccessRecord {
  return { peer: '', protocol: '', client: '', method: '', target: '', version: '1.1', status, bodyBytes, referrer: '', userAgent: '', startedMs, trace };
}
