/** A purge of everything that has a tag, while hits on something else go on: how long it takes, and what they feel of it. */
import { isHit, type Origin } from './cache-contenders.ts';
import { TAG, TAGGED_RECORD, taggedTarget } from './cache-site.ts';
import { loadNamed } from './fixtures.ts';
import { Connection, requestHead, type Address } from './probe.ts';
import { sleep } from './processes.ts';
import type { Server } from './servers.ts';

export const PURGED_OBJECTS = 100_000;
const FILLERS = 32;
/** Few, so that a hit waits for the server and not for those before it. */
const HITTERS = 4;
/** Hits go on for so long before the purge and after it. */
const AROUND_MS = 1000;
const HOT_TARGET = loadNamed('1k').fixtures[0]!.target;

/** Milliseconds; the slowest hit of those that were under way at any time of the span. */
export interface Purged {
  readonly purgeMs: number;
  readonly slowestBeforeMs: number;
  readonly slowestMeanwhileMs: number;
  readonly slowestAfterMs: number;
}

interface Span {
  readonly from: number;
  readonly to: number;
}

export async function connected<T>(address: Address, work: (connection: Connection) => Promise<T>): Promise<T> {
  const connection = await Connection.open(address);
  try {
    return await work(connection);
  } finally {
    connection.close();
  }
}

/** Asks for all of them once, `from` the first to before `to`. */
export async function fill(address: Address, targetOf: (index: number) => string, from: number, to: number): Promise<void> {
  let next = from;
  const filler = (): Promise<void> =>
    connected(address, async (connection) => {
      while (next < to) {
        const target = targetOf(next);
        next += 1;
        const { status } = await connection.ask(requestHead(address, target));
        if (status !== 200) throw new Error(`${target}: status ${status}`);
      }
    });
  await Promise.all(Array.from({ length: FILLERS }, filler));
}

/** Asks until `until()`, and notes when each hit was under way. Throws at an answer that is no hit. */
function hit(address: Address, until: () => boolean, hits: Span[]): Promise<void> {
  const head = requestHead(address, HOT_TARGET);
  return connected(address, async (connection) => {
    while (!until()) {
      const from = performance.now();
      const { status, fields } = await connection.ask(head);
      hits.push({ from, to: performance.now() });
      if (status === 200 && isHit('proxy', fields)) continue;
      throw new Error(`${HOT_TARGET} is no hit around a purge: ${status}, Cache-Status: ${fields.get('cache-status') ?? 'none'}`);
    }
  });
}

async function purge(address: Address, objects: number): Promise<Span> {
  // The connection is there before the clock starts.
  return connected(address, async (connection) => {
    const head = requestHead(address, '/', [`Cache-Tag: ${TAG}`]).replace(/^GET/, 'PURGE');
    const from = performance.now();
    const { status, body } = await connection.ask(head);
    const to = performance.now();
    const expected = JSON.stringify({ purged: objects });
    const said = body.toString('latin1').trim();
    if (status !== 200 || said !== expected) throw new Error(`PURGE was answered ${status} ${said} instead of ${expected}`);
    return { from, to };
  });
}

function slowest(hits: readonly Span[], during: Span): number {
  let worst = 0;
  for (const { from, to } of hits) if (from <= during.to && to >= during.from) worst = Math.max(worst, to - from);
  if (worst === 0) throw new Error('no hit in the time looked at');
  return worst;
}

/** Throws unless the purge found all objects, hits stayed hits, and what was purged is asked for anew. */
export async function measurePurge(server: Server, origin: Origin, objects = PURGED_OBJECTS): Promise<Purged> {
  const { address } = server;
  await connected(address, (connection) => connection.ask(requestHead(address, HOT_TARGET)));
  await fill(address, taggedTarget, 0, objects);
  const hits: Span[] = [];
  let over = false;
  const hitters = Promise.all(Array.from({ length: HITTERS }, () => hit(address, () => over, hits)));
  // Looked at below; until then a failure of theirs must not end the bench.
  hitters.catch(() => undefined);
  let span: Span;
  try {
    await sleep(AROUND_MS);
    span = await purge(address, objects);
    await sleep(AROUND_MS);
  } finally {
    over = true;
  }
  await hitters;
  const before = (await origin.record(TAGGED_RECORD)).requests;
  await connected(address, (connection) => connection.ask(requestHead(address, taggedTarget(0))));
  const asked = (await origin.record(TAGGED_RECORD)).requests - before;
  if (asked !== 1) throw new Error(`what was purged is asked for ${asked} times`);
  return {
    purgeMs: span.to - span.from,
    slowestBeforeMs: slowest(hits, { from: span.from - AROUND_MS, to: span.from }),
    slowestMeanwhileMs: slowest(hits, span),
    slowestAfterMs: slowest(hits, { from: span.to, to: span.to + AROUND_MS }),
  };
}
