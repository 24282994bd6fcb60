// The head of an answer over HTTP/2, as HPACK: the fields of its plan, which are the same each time and kept with it, and behind them what
// HTTP/1.1 has in the tail of a head (server/tail.ts).
import { formatDate } from '../../http/date.ts';
import { encodeBlock } from '../../http/hpack-encoder.ts';
import type { FieldList } from '../../http/response.ts';
import type { Plan } from '../plan.ts';

/** RFC 9113 §8.2.2 */
const OF_A_CONNECTION = new Set(['connection', 'keep-alive', 'proxy-connection', 'transfer-encoding', 'upgrade', 'http2-settings', 'te']);

export class ResponseHeads {
  readonly #blocks = new WeakMap<Plan, Uint8Array>();
  #second = -1;
  #strict = '';
  #tail = encodeBlock([]);
  #datedTail = encodeBlock([]);

  /** Of Strict-Transport-Security; '': it is on no answer. */
  set strict(value: string) {
    this.#strict = value;
    this.#second = -1;
    this.#datedTail = encodeBlock(this.#own());
  }

  of(plan: Plan, nowMs: number): Uint8Array {
    let block = this.#blocks.get(plan);
    if (!block) {
      block = encodeBlock([[':status', String(plan.status)], ...endToEnd(plan.fields)]);
      this.#blocks.set(plan, block);
    }
    return Buffer.concat([block, this.#tailOf(plan.dated, nowMs)]);
  }

  #tailOf(dated: boolean, nowMs: number): Uint8Array {
    const second = Math.floor(nowMs / 1000);
    if (second !== this.#second) {
      this.#second = second;
      this.#tail = encodeBlock([...this.#own(), ['date', formatDate(second * 1000)]]);
    }
    return dated ? this.#datedTail : this.#tail;
  }

  #own(): FieldList {
    return this.#strict === '' ? [] : [['strict-transport-security', this.#strict]];
  }
}

/** Of an interim answer. */
export function interimBlock(status: number, fields: FieldList): Uint8Array {
  return encodeBlock([[':status', String(status)], ...endToEnd(fields)]);
}

export function trailersBlock(fields: FieldList): Uint8Array {
  return encodeBlock(endToEnd(fields));
}

function endToEnd(fields: FieldList): FieldList {
  return fields.map(([name, value]) => [name.toLowerCase(), value] as const).filter(([name]) => !OF_A_CONNECTION.has(name));
}
