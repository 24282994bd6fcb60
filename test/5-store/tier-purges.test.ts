// What is purged is gone, stale or to be validated from then on, wherever it is when the purge comes: now, after memory has forgotten
// it, after a start, and after the scan that forgets the purge. Each object is counted once.
import t from 'tap';
import type { Variant } from '../../cache/store/object.ts';
import { KEY, purgeCases, stateCases } from './tier-purge-cases.ts';
import { TierDesk } from './tier-desk.ts';

const OTHER = 'http://h/b/1';
const effects = ['gone', 'stale', 'invalid'] as const;

function fateOf(variants: readonly Variant[] | undefined): string {
  const [variant] = variants ?? [];
  if (!variant) return 'gone';
  if (variant.invalid) return 'invalid';
  return variant.freshness.lifetimeMs <= Date.now() - variant.responseMs + variant.freshness.initialAgeMs ? 'stale' : 'valid';
}

t.ok(stateCases.length >= 11 && purgeCases.length >= 6, 'cases were read');
for (const { what, reach, unknown } of stateCases) {
  t.test(what, async (t) => {
    for (const { what: by, purge } of purgeCases) {
      for (const effect of effects) {
        if ((effect === 'invalid') !== (purge === undefined)) continue;
        const name = `${by}, ${effect}`;
        const desk = await TierDesk.open(t, { coordinator: { bytesMax: 200_000 } });
        await desk.keep(OTHER);
        await desk.settled();
        const goOn = await reach(desk);
        // Main carries out a purge before it hears of anything else; keys are looked for on disk before.
        const counting = purge === undefined ? desk.invalidate(KEY) : desk.purgeFor(purge, effect === 'stale');
        goOn();
        const counted = await counting;
        if (purge?.by !== 'everything') {
          const isKnown = unknown !== true || purge?.by === 'key';
          t.equal(counted, isKnown ? 1 : 0, `${name}: counted`);
        }
        const expected = (where: string, variants: readonly Variant[] | undefined): void => void t.equal(fateOf(variants), effect, `${name}: ${where}`);
        expected('at once', (await desk.peek(KEY))?.variants);
        await desk.settled();
        expected('when all is written', (await desk.peek(KEY))?.variants);
        expected('on disk', (await desk.onDisk(KEY))?.variants);
        await desk.crowd();
        expected('in memory no more', (await desk.peek(KEY))?.variants);
        await desk.restart({ ...desk.options, unscanned: true });
        expected('after a start', (await desk.peek(KEY))?.variants);
        await desk.scan();
        expected('after the scan', (await desk.peek(KEY))?.variants);
        await desk.restart();
        expected('after another start', (await desk.peek(KEY))?.variants);
        if (effect !== 'gone') t.ok(await desk.isSound(KEY));
        if (purge?.by !== 'everything') t.equal(fateOf((await desk.peek(OTHER))?.variants), 'valid', `${name}: no other`);
        t.strictSame(await desk.litter(), [], `${name}: no litter`);
        t.strictSame(desk.faults, []);
        await desk.close();
      }
    }
  });
}
