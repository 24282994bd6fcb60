/**
 * IP addresses as bytes and as text: what inet_pton(3) takes and inet_ntop(3) gives, without zones.
 *
 *   IPv4address = dec-octet "." dec-octet "." dec-octet "." dec-octet      RFC 3986 §3.2.2; no leading zeros: some read them as octal
 *   IPv6address = groups of 1*4HEXDIG, one "::" for zeros, the last two groups may be an IPv4address      RFC 4291 §2.2
 */

const IPV4_OCTETS = 4;
const IPV6_GROUPS = 8;
/** "0000:0000:0000:0000:0000:ffff:255.255.255.255" */
export const IPV6_CHARACTERS_MAX = 45;
const MAPPED_GROUP = 0xffff;

const octet = /^(?:0|[1-9]\d{0,2})$/;
const group = /^[0-9a-f]{1,4}$/i;

/** Whether it is one, and nothing else. */
export function isIpv4(text: string): boolean {
  const octets = text.split('.', IPV4_OCTETS + 1);
  return octets.length === IPV4_OCTETS && octets.every((part) => octet.test(part) && Number(part) <= 255);
}

/** The address in its shortest form (RFC 5952); undefined: it is none. */
export function canonicalIpv6(text: string): string | undefined {
  if (text.length > IPV6_CHARACTERS_MAX) return undefined;
  const halves = text.split('::', 3);
  if (halves.length > 2) return undefined;
  const [before, after] = [groupsOf(halves[0]!, halves.length === 1), halves.length === 2 ? groupsOf(halves[1]!, true) : []];
  if (before === undefined || after === undefined) return undefined;
  const missing = IPV6_GROUPS - before.length - after.length;
  // "::" stands for one group at least.
  if (halves.length === 1 ? missing !== 0 : missing < 1) return undefined;
  return ipv6Text([...before, ...new Array<number>(missing).fill(0), ...after]);
}

/** bytes[start, start + 4). */
export function ipv4At(bytes: Uint8Array, start: number): string {
  return `${bytes[start]!}.${bytes[start + 1]!}.${bytes[start + 2]!}.${bytes[start + 3]!}`;
}

/** bytes[start, start + 16), in the shortest form. */
export function ipv6At(bytes: Uint8Array, start: number): string {
  return ipv6Text(Array.from({ length: IPV6_GROUPS }, (_, i) => (bytes[start + 2 * i]! << 8) | bytes[start + 2 * i + 1]!));
}

/** @param isLast the text is the end of the address, where an IPv4 address may be. undefined: some group is none. */
function groupsOf(text: string, isLast: boolean): readonly number[] | undefined {
  if (text === '') return [];
  const parts = text.split(':');
  const last = parts.at(-1)!;
  const embedded = isLast && last.includes('.');
  if (embedded) parts.pop();
  if (!parts.every((part) => group.test(part)) || (embedded && !isIpv4(last))) return undefined;
  const groups = parts.map((part) => Number.parseInt(part, 16));
  if (embedded) {
    const [a, b, c, d] = last.split('.').map(Number) as [number, number, number, number];
    groups.push((a << 8) | b, (c << 8) | d);
  }
  return groups;
}

/** RFC 5952 §4: the longest run of zeros, the first of several, is "::", where it is longer than one group. */
function ipv6Text(groups: readonly number[]): string {
  if (groups[5] === MAPPED_GROUP && groups.slice(0, 5).every((value) => value === 0)) {
    return `::ffff:${groups[6]! >> 8}.${groups[6]! & 0xff}.${groups[7]! >> 8}.${groups[7]! & 0xff}`;
  }
  const run = longestZeros(groups);
  const hex = groups.map((value) => value.toString(16));
  if (run.length < 2) return hex.join(':');
  return `${hex.slice(0, run.start).join(':')}::${hex.slice(run.start + run.length).join(':')}`;
}

function longestZeros(groups: readonly number[]): { readonly start: number; readonly length: number } {
  let longest = { start: 0, length: 0 };
  for (let start = 0; start < groups.length; start++) {
    let end = start;
    while (groups[end] === 0) end++;
    if (end - start > longest.length) longest = { start, length: end - start };
    start = Math.max(start, end);
  }
  return longest;
}
