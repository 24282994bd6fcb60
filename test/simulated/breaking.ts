// What the cases about writers have in common: a file on its way to a peer, somebody who opens it, and the judgement.
import type { Test } from 'tap';
import { contentOf } from './content.ts';
import type { Peer } from './peer.ts';
import { get } from './request.ts';
import type { Connecting, Site, SiteOptions } from './site.ts';
import type { Nearness } from './world.ts';
import type { Writer } from './writer.ts';

/** Too large for the arena; in `LARGE` also for a private copy. */
export const BYTES = 600_000;
export const OLD = contentOf(1, BYTES);
export const NEW = contentOf(2, BYTES);
export const LARGE: SiteOptions = { hashBytesMax: 1000, arenaFileBytesMax: 1000 };
/** Private memory comes in these (native/private_memory.h), but for files that are larger, and near the budget. */
export const SLAB_BYTES = 2 << 20;
/** The writer of a case about limits is let in within the limit, and what engines and the pool take. */
export const PATIENCE_MS = 50;

export const NEARNESSES: readonly Nearness[] = ['network', 'unknown', 'host'];
/** Of what was sent, a part has arrived; all of it is unread. */
export const SLOW: Connecting = { sendBytesMax: 100_000, windowBytes: 40_000 };
/** All of it fits on its way. */
export const ROOMY: Connecting = { sendBytesMax: 1 << 20, windowBytes: 1 << 20 };

/** The file is there, older than any doubt, and known to be worth its probe. */
export async function serve(site: Site, name = 'a'): Promise<void> {
  site.put('warm', 99, 70_000);
  const warm = site.connect({ ...ROOMY })!;
  warm.say(get('/warm'));
  await site.settle(true);
  warm.reset();
  await site.dropEntries();
  site.world.put(`/site/${name}`, OLD, -1);
  site.world.sync(`/site/${name}`);
  site.advance(3000); // its ETag is strong by now
  await site.settle();
}

/** A peer that has asked for the file, and got as much as there is room for. */
export async function ask(site: Site, how: Connecting, path = '/a'): Promise<Peer> {
  const peer = site.connect(how)!;
  peer.say(get(path));
  await site.settle();
  return peer;
}

/** Milliseconds until the writer is let in; more than `maxMs`: he was not. */
export async function untilIn(site: Site, writer: Writer, maxMs = 2000, read = false): Promise<number> {
  for (let ms = 0; ms <= maxMs; ++ms) {
    await site.settle(read);
    if (writer.is('INSIDE')) return ms;
    site.advance(1);
  }
  return maxMs + 1;
}

/** Everybody reads to the end, with time for what waits for time. */
export async function readOn(site: Site): Promise<void> {
  await site.settle(true);
  await site.pass(20, true);
}

/** Complete answers, in order, are of exactly these versions; what follows them is cut off by a reset, or nothing. */
export function heard(t: Test, peer: Peer, versions: readonly Buffer[], what: string): void {
  const { responses, rest, fault } = peer.parse(versions.map(() => 'GET').concat('GET', 'GET'));
  t.equal(fault, undefined, `${what}: responses, and nothing else`);
  t.same(responses.map(({ body }) => nameOf(body)), versions.map(nameOf), `${what}: whole, in order, of one version each`);
  for (const { fields, body } of responses) t.equal(Number(fields.get('content-length')), body.length, `${what}: as long as it says`);
  if (rest > 0) t.ok(peer.is('RESET'), `${what}: the rest is cut off where it shows`);
}

const known = new Map([[OLD, 'old'], [NEW, 'new']]);

export function nameOf(body: Buffer): string {
  for (const [content, name] of known) if (content.equals(body)) return name;
  let at = 0;
  while (at < body.length && body[at] === OLD[at]) ++at;
  return `${body.length} bytes of neither, old as far as ${at}, then ${body.subarray(at).equals(NEW.subarray(at)) ? 'new' : body.subarray(at).every((byte) => byte === 0) ? 'zeroes' : 'mixed'}`;
}
