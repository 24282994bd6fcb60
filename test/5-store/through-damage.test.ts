// What happens to files of a store behind our back: a miss, or a reset where the head was sent; never a wrong byte, and right again
// with the next request, whichever worker it comes to.
import { execFileSync } from 'node:child_process';
import { closeSync, copyFileSync, linkSync, mkdirSync, openSync, readFileSync, renameSync, rmSync, symlinkSync, truncateSync, unlinkSync, writeFileSync, writeSync } from 'node:fs';
import t from 'tap';
import { Broken } from '../client.ts';
import { until } from '../serving.ts';
import { Storing } from './storing.ts';

const BLOCK_BYTES = 1 << 20;
const WORKERS = 2;

interface Damage {
  readonly what: string;
  /** @param path of a body of `bytes`. @param other of a body of the same length. */
  readonly inflict: (path: string, bytes: number, other: string) => void;
}

function overwrite(path: string, at: number, text: string): void {
  const file = openSync(path, 'r+');
  writeSync(file, text, at);
  closeSync(file);
}

const damages: readonly Damage[] = [
  { what: 'a byte of the first block', inflict: (path) => overwrite(path, 7, '!') },
  { what: 'the last byte', inflict: (path, bytes) => overwrite(path, bytes - 1, '!') },
  { what: 'a checksum', inflict: (path, bytes) => overwrite(path, bytes + 3, '!!!!') },
  { what: 'the footer', inflict: (path, bytes) => overwrite(path, bytes + Math.ceil(bytes / BLOCK_BYTES) * 16 + 20, '!!!!') },
  { what: 'cut', inflict: (path, bytes) => truncateSync(path, bytes - 1) },
  { what: 'emptied', inflict: (path) => truncateSync(path, 0) },
  { what: 'longer', inflict: (path) => writeFileSync(path, 'more', { flag: 'a' }) },
  { what: 'another body, by its bytes', inflict: (path, _, other) => copyFileSync(other, path) },
  { what: 'another body, by its name', inflict: (path, _, other) => {
    unlinkSync(path);
    linkSync(other, path);
  } },
  { what: 'removed', inflict: (path) => unlinkSync(path) },
  { what: 'a link to what it was', inflict: (path) => {
    renameSync(path, `${path}.moved`);
    symlinkSync(`${path}.moved`, path);
  } },
  { what: 'a fifo', inflict: (path) => {
    unlinkSync(path);
    execFileSync('mkfifo', [path]);
  } },
  { what: 'a folder', inflict: (path) => {
    unlinkSync(path);
    mkdirSync(path);
  } },
];

/** In the arena, in private memory or leased, and looked at block by block. */
const SIZES = [1000, 600_000, 2_500_000];
const PRIVATE_BYTES_MAX = 1 << 20;

for (const when of ['before it is opened', 'while it is open'] as const) {
  t.test(when, async (t) => {
    const storing = await Storing.begin(t, { workers: WORKERS, guard: { privateMaxBytes: PRIVATE_BYTES_MAX } });
    const places = new Map<string, string>();
    const known = new Set<string>();
    for (const bytes of SIZES) {
      for (const name of [...damages.keys(), 'other']) {
        const target = `/${name}?bytes=${bytes}`;
        await storing.get(target);
        await storing.settled();
        for (const id of storing.bodies()) {
          if (known.has(id)) continue;
          known.add(id);
          places.set(target, storing.pathOf(id));
        }
      }
    }
    t.equal(places.size, SIZES.length * (damages.length + 1));
    await storing.restart();
    await storing.settled();
    // Each worker opens them; or none does.
    if (when === 'while it is open') for (const target of places.keys()) for (let i = 0; i < 3 * WORKERS; ++i) await storing.get(target);
    let harmed = 0;
    let lost = 0;
    for (const bytes of SIZES) {
      for (const [index, { what, inflict }] of damages.entries()) {
        const target = `/${index}?bytes=${bytes}`;
        inflict(places.get(target)!, bytes, places.get(`/other?bytes=${bytes}`)!);
        // What is in the arena, or was copied, or is another file now, is not harmed by what happens to the path.
        const asked = storing.origin.asked(target);
        for (let i = 0; i < 2 * WORKERS; ++i) {
          const verdict = await storing.get(target).catch((error: unknown) => error);
          if (!(verdict instanceof Error)) continue;
          if (verdict instanceof Broken) harmed += 1;
          else t.fail(`${bytes}, ${what}: ${verdict.message}`);
        }
        await storing.settled();
        t.equal((await storing.get(target)).from, 'hit', `${bytes}, ${what}: right again`);
        const again = storing.origin.asked(target) - asked;
        t.ok(again <= 1, `${bytes}, ${what}: asked for ${again} times`);
        lost += again;
      }
    }
    const counts = await storing.serving.server.counts();
    t.comment(`${harmed} resets, ${lost} fetched again, ${counts['diskLost']!} counted`);
    t.equal(counts['diskLost'], lost);
    if (when === 'before it is opened') t.equal(lost, SIZES.length * damages.length, 'each was found');
    await storing.restart();
    await storing.settled();
    // What nobody has noticed is noticed now.
    for (const target of places.keys()) await storing.get(target);
    await storing.settled();
    for (const target of places.keys()) t.equal((await storing.get(target)).from, 'hit', `${target} after a start`);
    t.ok((await storing.count('diskLost')) + lost <= SIZES.length * damages.length);
  });
}

t.test('heads', async (t) => {
  const storing = await Storing.begin(t);
  const inflictions: readonly ((path: string, other: string) => void)[] = [
    (path) => overwrite(path, 100, 'X'),
    (path) => truncateSync(path, 50),
    (path) => writeFileSync(path, ''),
    (path) => writeFileSync(path, ' ', { flag: 'a' }),
    (path, other) => copyFileSync(other, path),
    (path) => {
      unlinkSync(path);
      symlinkSync('/etc/passwd', path);
    },
    (path) => writeFileSync(path, readFileSync(path, 'latin1').replace('max-age=600', 'max-age=999')),
    (path) => unlinkSync(path),
  ];
  const paths: string[] = [];
  for (const index of [...inflictions.keys(), inflictions.length]) {
    await storing.get(`/head-${index}`);
    await storing.settled();
    paths.push(storing.pathOfHead(storing.heads().find((name) => !paths.some((path) => path.endsWith(name)))!));
  }
  await storing.serving.server.close();
  for (const [index, inflict] of inflictions.entries()) inflict(paths[index]!, paths.at(-1)!);
  await storing.restart();
  await storing.settled(); // one that is looked up while it is scanned is found by both
  for (const index of inflictions.keys()) t.equal((await storing.get(`/head-${index}`)).from, 'uri-miss', `head ${index}`);
  t.equal((await storing.get(`/head-${inflictions.length}`)).from, 'hit');
  await storing.settled();
  t.equal(await storing.count('diskLost'), inflictions.length - 1, 'but for the one that was removed');
  await until(() => storing.bodies().length === storing.heads().length, 'bodies without heads to leave');
  await storing.restart();
  for (const index of inflictions.keys()) t.equal((await storing.get(`/head-${index}`)).from, 'hit', `head ${index}`);
});

t.test('the whole folder', async (t) => {
  const storing = await Storing.begin(t);
  for (const target of ['/a', '/b?bytes=9000000']) await storing.get(target);
  await storing.restart();
  rmSync(storing.folder, { recursive: true });
  for (const target of ['/a', '/b?bytes=9000000', '/c', '/d?bytes=9000000']) {
    for (let i = 0; i < 3; ++i) t.equal((await storing.get(target)).reply.status, 200);
  }
  await storing.settled();
  t.ok((await storing.count('diskRefused')) > 0);
  t.ok(storing.serving.reports.some(({ name }) => name === 'storeFailed'));
  await storing.restart();
  for (const target of ['/a', '/d?bytes=9000000']) {
    t.equal((await storing.get(target)).from, 'uri-miss');
    await storing.settled();
    t.equal((await storing.get(target)).from, 'hit');
  }
});
