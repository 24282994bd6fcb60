// Parts of what changes, asked for in any way, with purges in between: no answer is of two versions.
import t, { type Test } from 'tap';
import { serve } from '../serving.ts';
import { contentOf, RangesOrigin } from './ranges-origin.ts';
import { converse, type Answered } from './talking.ts';

async function changing(t: Test, seed: number): Promise<void> {
  const sizeOf = (version: number): number => 200_000 + (version % 3) * 1000;
  const origin = await RangesOrigin.listen(sizeOf);
  t.teardown(() => origin.close());
  const serving = await serve(t, { workers: 2, proxy: { urls: [origin.url] }, cache: { rangeFillBytesMax: seed % 2 === 0 ? 0 : 1 << 20 } });
  let state = seed;
  const random = (below: number): number => (state = (state * 1_103_515_245 + 12_345) % 2 ** 31) % below;
  const faults: string[] = [];
  const one = async (): Promise<void> => {
    const from = random(205_000);
    const ranges = [`${from}-${from + random(90_000)}`, `${from}-`, `-${random(90_000)}`, `0-${random(50_000)}`];
    const lines = random(4) === 0 ? [] : [`Range: bytes=${ranges[random(4)]!}`];
    if (random(4) === 0) lines.push(`If-Range: "v${Math.max(1, origin.version - random(2))}"`);
    if (random(8) === 0) lines.push('Cache-Control: no-cache');
    const fault = faultOf(await converse(serving.place, { method: 'GET', target: '/a', lines }), lines, sizeOf);
    if (fault !== undefined) faults.push(`${lines.join('; ')}: ${fault}`);
  };
  for (let round = 0; round < 30; round++) {
    if (random(5) === 0) origin.version += 1;
    await Promise.all([one(), one(), one(), one()]);
    if (random(6) === 0) await serving.server.purge({ by: 'everything' }, { soft: random(2) === 0 });
  }
  t.strictSame(faults, []);
  const statuses = await serving.server.counts();
  t.ok((statuses['stored'] ?? 0) > 10, `${String(statuses['stored'])} answers were stored`);
}

/** An answer is of one version: that of its tag. */
function faultOf({ status, fields, body, complete }: Answered, lines: readonly string[], sizeOf: (version: number) => number): string | undefined {
  if (status === 416) return /^bytes \*\/20[012]000$/.test(fields.get('content-range') ?? '') ? undefined : 'a 416 that says nothing';
  const version = Number(/^"v(\d+)"$/.exec(fields.get('etag') ?? '')?.[1]);
  const content = contentOf(version, sizeOf(version)).toString('latin1');
  if (!complete) return `${status}: it is cut off`;
  const range = /^bytes (\d+)-(\d+)\/(\d+)$/.exec(fields.get('content-range') ?? '');
  if (status === 200) return range === null && body === content ? undefined : '200: not the whole';
  if (status !== 206 || !lines[0]?.startsWith('Range') || range === null) return `${status} with ${String(range)}`;
  const tag = lines.find((line) => line.startsWith('If-Range'))?.slice(10);
  if (tag !== undefined && tag !== fields.get('etag')) return '206 though If-Range does not hold';
  return Number(range[3]) === content.length && body === content.slice(Number(range[1]), Number(range[2]) + 1) ? undefined : '206: not the part it says';
}

for (const seed of [1, 2]) t.test(`while it changes, with any ranges: no answer of two versions, seed ${seed}`, (t) => changing(t, seed));
