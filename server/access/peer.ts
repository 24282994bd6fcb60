/**
 * Who a peer is to those who count requests: one IPv4 address, or the /64 that one customer gets at least (RFC 6177 §2), where each
 * of 2^64 addresses is as good as the next.
 */

const COLON = 0x3a;
const DOT = 0x2e;
const PERCENT = 0x25;
const GROUPS = 8;
const MAPPED_GROUP = 0xffff;

/** IPv4 addresses as networks of 0000::/8, which is reserved (RFC 4291 §4): no peer comes from there. */
const IPV4_HIGH = 0x0000ffff;

/** A peer on a unix socket has no address: it is on this host, and often stands for many others. */
export function isLocal(address: string): boolean {
  return address === '' || address === 'unix';
}

/** The first 64 bits of an address as two words; IPv4-mapped addresses are IPv4. Reused from address to address. */
export class PeerNetwork {
  readonly #groups = new Uint16Array(GROUPS);
  high = 0;
  low = 0;

  /** Takes an address as inet_ntop(3) or a person would write it; what is no address has some network, too. */
  read(address: string): void {
    const groups = this.#groups.fill(0);
    const family = this.#readGroups(address);
    const isMapped = groups[5] === MAPPED_GROUP && (groups[0]! | groups[1]! | groups[2]! | groups[3]! | groups[4]!) === 0;
    if (family === 4 || isMapped) {
      this.high = IPV4_HIGH;
      this.low = (groups[GROUPS - 2]! << 16) | groups[GROUPS - 1]!;
    } else {
      this.high = (groups[0]! << 16) | groups[1]!;
      this.low = (groups[2]! << 16) | groups[3]!;
    }
  }

  /** Returns the family. An IPv4 address, alone or at the end, is two groups; those behind a `::` lie at the end, as does IPv4. */
  #readGroups(address: string): number {
    const groups = this.#groups;
    let count = 0;
    let gap = -1;
    let hex = 0;
    let decimal = 0;
    let dotted = 0;
    let hasDots = false;
    let before = COLON;
    for (let i = 0; i < address.length; i++) {
      const code = address.charCodeAt(i);
      if (code === PERCENT) break;
      if (code === COLON) {
        if (before !== COLON) groups[count++] = hex;
        else gap = count;
        hex = decimal = 0;
      } else if (code === DOT) {
        hasDots = true;
        dotted = (dotted << 8) | decimal;
        hex = decimal = 0;
      } else {
        hex = (hex << 4) | digitOf(code);
        decimal = decimal * 10 + digitOf(code);
      }
      before = code;
    }
    if (hasDots) {
      dotted = (dotted << 8) | decimal;
      groups[count++] = dotted >>> 16;
      groups[count++] = dotted;
    } else if (before !== COLON) {
      groups[count++] = hex;
    }
    const isIPv4 = hasDots && count === 2 && gap < 0;
    if (isIPv4) this.#spread(0, count);
    else if (gap >= 0 && count < GROUPS) this.#spread(gap, count);
    return isIPv4 ? 4 : 6;
  }

  /** Moves what is behind the gap to the end. */
  #spread(gap: number, count: number): void {
    const start = GROUPS - (count - gap);
    this.#groups.copyWithin(start, gap, count);
    this.#groups.fill(0, gap, start);
  }
}

/** Of '0' to '9', 'a' to 'f' and 'A' to 'F': the low four bits, and 9 more for letters, which have bit 6. */
function digitOf(code: number): number {
  return (code & 0xf) + (code & 0x40 ? 9 : 0);
}
