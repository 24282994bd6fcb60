// The end of every head: what belongs to the connection and the moment, not to the plan. Date (RFC 9110 §6.6.1) to the
// second, Connection (RFC 9112 §9.3) where persistence is not what the version implies.
import { formatDate } from '../http/date.ts';

const DATED = [Buffer.from('\r\n', 'latin1'), Buffer.from('Connection: keep-alive\r\n\r\n', 'latin1'), Buffer.from('Connection: close\r\n\r\n', 'latin1')] as const;

export class Tail {
  #second = -1;
  #persistent = new Uint8Array(0);
  #persistent10 = new Uint8Array(0);
  #closing = new Uint8Array(0);

  /** `dated`: the head has a Date already. */
  of(nowMs: number, close: boolean, versionMinor: number, dated: boolean): Uint8Array {
    if (dated) return DATED[close ? 2 : versionMinor === 0 ? 1 : 0];
    const second = Math.floor(nowMs / 1000);
    if (second !== this.#second) {
      this.#second = second;
      const date = `Date: ${formatDate(second * 1000)}\r\n`;
      this.#persistent = Buffer.from(`${date}\r\n`, 'latin1');
      this.#persistent10 = Buffer.from(`${date}Connection: keep-alive\r\n\r\n`, 'latin1');
      this.#closing = Buffer.from(`${date}Connection: close\r\n\r\n`, 'latin1');
    }
    if (close) return this.#closing;
    return versionMinor === 0 ? this.#persistent10 : this.#persistent;
  }
}
