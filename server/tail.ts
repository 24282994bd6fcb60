// The end of every head: what belongs to the connection and the moment, not to the plan. Date (RFC 9110 §6.6.1) to the
// second, Connection (RFC 9112 §9.3) where persistence is not what the version implies.
import { formatDate } from '../http/date.ts';

export class Tail {
  #second = -1;
  #strict = '';
  #plain: Tails = tailsOf('', '');
  #secure: Tails = tailsOf('', '');
  #plainDated: Tails = tailsOf('', '');
  #secureDated: Tails = tailsOf('', '');

  /** Of all answers over TLS, or '': Strict-Transport-Security must be on no other (RFC 6797 §7.2). */
  set strict(value: string) {
    const line = value === '' ? '' : `Strict-Transport-Security: ${value}\r\n`;
    this.#strict = line;
    this.#second = -1;
    this.#secureDated = tailsOf('', line);
  }

  /** `dated`: the head has a Date already. */
  of(nowMs: number, close: boolean, versionMinor: number, dated: boolean, secure: boolean): Uint8Array {
    const second = Math.floor(nowMs / 1000);
    if (second !== this.#second) {
      this.#second = second;
      const date = `Date: ${formatDate(second * 1000)}\r\n`;
      this.#plain = tailsOf(date, '');
      this.#secure = this.#strict === '' ? this.#plain : tailsOf(date, this.#strict);
    }
    const tails = dated ? (secure ? this.#secureDated : this.#plainDated) : secure ? this.#secure : this.#plain;
    if (close) return tails.closing;
    return versionMinor === 0 ? tails.persistent10 : tails.persistent;
  }
}

interface Tails {
  readonly persistent: Uint8Array;
  readonly persistent10: Uint8Array;
  readonly closing: Uint8Array;
}

function tailsOf(date: string, strict: string): Tails {
  const bytes = (connection: string): Uint8Array => Buffer.from(`${strict}${date}${connection}\r\n`, 'latin1');
  return { persistent: bytes(''), persistent10: bytes('Connection: keep-alive\r\n'), closing: bytes('Connection: close\r\n') };
}
