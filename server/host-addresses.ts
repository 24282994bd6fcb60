// Addresses of a host by its name: what dns.lookup() finds, on a thread that nobody waits for. A lookup cannot be given up (getaddrinfo(3)),
// and libuv's threads are joined before a process ends: where name servers say nothing, a process that has just asked would take ten seconds
// to end, and a worker as long.
import type { LookupAddress } from 'node:dns';
import { isIPv6, Socket } from 'node:net';
import { getSystemErrorName } from 'node:util';
import { native } from '../native/index.ts';

/** By what dns.lookup() calls them; netdb.h. */
const CODES: Readonly<Record<string, string>> = { '-2': 'ENOTFOUND', '-3': 'EAI_AGAIN', '-4': 'EAI_FAIL', '-5': 'ENOTFOUND', '-10': 'EAI_MEMORY', '-11': 'EAI_SYSTEM' };

/** In the order in which they are to be tried. Keeps no process that has nothing else to do. @throws what dns.lookup() gives, with a `code`. */
export async function addressesOf(name: string): Promise<readonly LookupAddress[]> {
  const ends = new Int32Array(2);
  const unconnected = native.socketPair(ends);
  if (unconnected < 0) throw lookupError(name, getSystemErrorName(unconnected));
  const reader = new Socket({ fd: ends[0]!, readable: true, writable: false }).setEncoding('latin1').unref();
  try {
    const unbegun = native.findAddresses(name, ends[1]!);
    if (unbegun < 0) throw lookupError(name, getSystemErrorName(unbegun));
    let text = '';
    for await (const piece of reader as AsyncIterable<string>) text += piece;
    return addressesIn(text, name);
  } finally {
    reader.destroy();
  }
}

function addressesIn(text: string, name: string): LookupAddress[] {
  const [, number, reason] = /^!(-?\d+) (.*)\n$/.exec(text) ?? [];
  if (number !== undefined) throw lookupError(name, CODES[number] ?? `EAI${number}`, reason);
  const addresses = text.split('\n').filter((line) => line !== '');
  if (addresses.length === 0) throw lookupError(name, 'ENOTFOUND');
  return addresses.map((address) => ({ address, family: isIPv6(address) ? 6 : 4 }));
}

function lookupError(name: string, code: string, reason = code): NodeJS.ErrnoException {
  return Object.assign(new Error(`the address of ${name} cannot be found: ${reason === code ? code : `${reason} (${code})`}`), { code, hostname: name, syscall: 'getaddrinfo' });
}
