// A worker's access log: lines are gathered and handed on in blocks; who writes them is main (log/files.ts).
import type { RequestHead } from '../../http/head.ts';
import { FIELD_REFERER, FIELD_USER_AGENT } from '../../http/head.ts';
import type { Security } from '../../native/tls.ts';
import type { Plan } from '../plan.ts';
import type { Trace } from '../tracing/trace.ts';
import { formatters, type Formatter, type LogFormat } from './format.ts';
import type { AccessRecord, Incomplete } from './record.ts';

/** Each costs main some tens of microseconds. */
const BLOCK_CHARACTERS = 65_536;
const BLOCK_AFTER_MS = 100;

export class AccessLog {
  wantsPeer = false;
  #format: Formatter = formatters.json;
  #wantsFields = false;
  readonly #hand: (block: string) => void;
  #block = '';
  #timer: NodeJS.Timeout | undefined;

  constructor(format: LogFormat, hand: (block: string) => void) {
    this.#hand = hand;
    this.become(format);
  }

  /** From the next line on. */
  become(format: LogFormat): void {
    this.#format = formatters[format];
    this.wantsPeer = this.#wantsFields = format !== 'pretty';
  }

  /** Takes what a line needs from the request while it is there; `request` is undefined where the head was refused, of this version. */
  record(request: RequestHead | undefined, plan: Plan, peer: string, startedMs: number, trace?: Trace, security?: Security, refusedVersion = '1.1'): AccessRecord {
    return {
      peer,
      protocol: security?.protocol ?? '',
      client: security?.subject ?? '',
      method: request?.methodText ?? '',
      target: request?.target ?? '',
      version: request === undefined ? refusedVersion : loggedVersion(request),
      status: plan.status,
      bodyBytes: plan.bodyBytes,
      referrer: this.#wantsFields ? (request?.field(FIELD_REFERER) ?? '') : '',
      userAgent: this.#wantsFields ? (request?.field(FIELD_USER_AGENT) ?? '') : '',
      startedMs,
      trace,
    };
  }

  write(record: AccessRecord, incomplete: Incomplete): void {
    this.#block += this.#format(record, incomplete, Date.now(), performance.now() - record.startedMs);
    if (this.#block.length >= BLOCK_CHARACTERS) this.flush();
    else this.#timer ??= setTimeout(() => this.flush(), BLOCK_AFTER_MS);
  }

  flush(): void {
    clearTimeout(this.#timer);
    this.#timer = undefined;
    if (this.#block === '') return;
    const block = this.#block;
    this.#block = '';
    this.#hand(block);
  }
}

/** As it is written in logs since there is HTTP/2. */
function loggedVersion({ version }: RequestHead): string {
  return version === '2' ? '2.0' : version;
}
