// A worker's access log: lines are gathered and handed on in blocks; who writes them is main (log/files.ts).
import type { RequestHead } from '../../http/head.ts';
import { FIELD_REFERER, FIELD_USER_AGENT } from '../../http/head.ts';
import type { Plan } from '../plan.ts';
import { formatters, type Formatter, type LogFormat } from './format.ts';
import type { AccessRecord, Incomplete } from './record.ts';

const BLOCK_CHARACTERS = 16_384;
const BLOCK_AFTER_MS = 100;

export class AccessLog {
  readonly wantsPeer: boolean;
  readonly #format: Formatter;
  readonly #wantsFields: boolean;
  readonly #hand: (block: string) => void;
  #block = '';
  #timer: NodeJS.Timeout | undefined;

  constructor(format: LogFormat, hand: (block: string) => void) {
    this.#format = formatters[format];
    this.wantsPeer = this.#wantsFields = format !== 'pretty';
    this.#hand = hand;
  }

  /** Takes what a line needs from the request while it is there; `request` is undefined where the head was refused. */
  record(request: RequestHead | undefined, plan: Plan, peer: string): AccessRecord {
    return {
      peer,
      method: request?.methodText ?? '',
      target: request?.target ?? '',
      versionMinor: request?.versionMinor ?? 1,
      status: plan.status,
      bodyBytes: plan.bodyBytes,
      referrer: this.#wantsFields ? (request?.field(FIELD_REFERER) ?? '') : '',
      userAgent: this.#wantsFields ? (request?.field(FIELD_USER_AGENT) ?? '') : '',
      startedMs: performance.now(),
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
