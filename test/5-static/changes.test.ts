// A change on disk is seen: CHANGE_SEEN_MS after the last writer's close every answer is of the new state. Each is
// asked for before, so that the old state is known and hot.
import { randomBytes } from 'node:crypto';
import { appendFileSync, chmodSync, closeSync, linkSync, mkdirSync, openSync, renameSync, rmSync, truncateSync, writeFileSync, writeSync } from 'node:fs';
import { join } from 'node:path';
import t from 'tap';
import { CHANGE_SEEN_MS } from '../../server/static/lookup.ts';
import { Client, requestText, type Reply } from '../client.ts';
import { pause, serve, type Serving } from '../serving.ts';

t.equal(CHANGE_SEEN_MS, 100, 'what the documentation promises');

const LARGE = [randomBytes(300_000).toString('hex'), randomBytes(300_000).toString('hex')] as const; // 600 kB, not in the arena
type Step = (root: string) => void;

interface Change {
  readonly name: string;
  readonly before: Step;
  readonly after: Step;
  readonly target: string;
  /** Status and body, before and after, and what may be seen in between. */
  readonly seen: readonly [before: string, after: string, between?: string];
}

const write = (name: string, text: string): Step => (root) => writeFileSync(join(root, name), text);
const folder = (name: string): Step => (root) => mkdirSync(join(root, name));
const remove = (name: string): Step => (root) => rmSync(join(root, name), { recursive: true });
const move = (from: string, to: string): Step => (root) => renameSync(join(root, from), join(root, to));
const cut = (name: string, length: number): Step => (root) => truncateSync(join(root, name), length);
const append = (name: string, text: string): Step => (root) => appendFileSync(join(root, name), text);
const link = (from: string, to: string): Step => (root) => linkSync(join(root, from), join(root, to));
const mode = (name: string, bits: number): Step => (root) => chmodSync(join(root, name), bits);
const steps = (...all: readonly Step[]): Step => (root) => all.forEach((step) => step(root));
const replace = (name: string, text: string): Step => steps(write('.new', text), move('.new', name));
const nothing: Step = () => undefined;

const MISSING = '404 Not Found\n';
const changes: readonly Change[] = [
  { name: 'written anew', before: write('f', 'one'), after: write('f', 'two'), target: '/f', seen: ['200 one', '200 two', '200 '] },
  { name: 'written anew, longer', before: write('f', 'one'), after: write('f', 'three'), target: '/f', seen: ['200 one', '200 three', '200 '] },
  { name: 'a large one, written anew', before: write('f', LARGE[0]), after: replace('f', LARGE[1]), target: '/f', seen: [`200 ${LARGE[0]}`, `200 ${LARGE[1]}`] },
  { name: 'appended to', before: write('f', 'one'), after: append('f', '+'), target: '/f', seen: ['200 one', '200 one+'] },
  { name: 'truncated', before: write('f', 'one'), after: cut('f', 1), target: '/f', seen: ['200 one', '200 o'] },
  { name: 'emptied', before: write('f', 'one'), after: cut('f', 0), target: '/f', seen: ['200 one', '200 '] },
  { name: 'replaced by rename', before: write('f', 'one'), after: replace('f', 'two'), target: '/f', seen: ['200 one', '200 two'] },
  { name: 'deleted', before: write('f', 'one'), after: remove('f'), target: '/f', seen: ['200 one', MISSING] },
  { name: 'created', before: nothing, after: replace('f', 'new'), target: '/f', seen: [MISSING, '200 new'] },
  { name: 'created as a hard link', before: write('g', 'new'), after: link('g', 'f'), target: '/f', seen: [MISSING, '200 new'] },
  { name: 'created in a new folder', before: nothing, after: steps(folder('e'), write('e/f', 'new'), move('e', 'd')), target: '/d/f', seen: [MISSING, '200 new'] },
  { name: 'a folder removed', before: steps(folder('d'), write('d/f', 'one')), after: remove('d'), target: '/d/f', seen: ['200 one', MISSING] },
  { name: 'a folder renamed away', before: steps(folder('d'), write('d/f', 'one')), after: move('d', 'e'), target: '/d/f', seen: ['200 one', MISSING] },
  { name: 'a folder swapped', before: steps(folder('d'), write('d/f', 'one'), folder('e'), write('e/f', 'two')), after: steps(move('d', 'x'), move('e', 'd')), target: '/d/f', seen: ['200 one', '200 two', MISSING] },
  { name: 'a file becomes a folder', before: write('f', 'one'), after: steps(remove('f'), folder('f')), target: '/f', seen: ['200 one', '301 Moved to /f/\n', MISSING] },
  { name: 'a folder becomes a file', before: folder('f'), after: steps(remove('f'), replace('f', 'new')), target: '/f', seen: ['301 Moved to /f/\n', '200 new', MISSING] },
  { name: 'a folder is removed', before: folder('f'), after: remove('f'), target: '/f', seen: ['301 Moved to /f/\n', MISSING] },
  { name: 'an index comes', before: folder('d'), after: replace('d/index.html', 'new'), target: '/d/', seen: [MISSING, '200 new'] },
  { name: 'an index goes', before: steps(folder('d'), write('d/index.html', 'one')), after: remove('d/index.html'), target: '/d/', seen: ['200 one', MISSING] },
  { name: 'an index becomes a folder', before: write('index.html', 'one'), after: steps(remove('index.html'), folder('index.html')), target: '/', seen: ['200 one', MISSING] },
  { name: 'the mode only', before: write('f', 'one'), after: mode('f', 0o600), target: '/f', seen: ['200 one', '200 one'] },
];

const pageChanges: readonly Change[] = [
  { name: 'a 404.html comes', before: nothing, after: replace('404.html', 'lost'), target: '/no', seen: [MISSING, '404 lost'] },
  { name: 'a 404.html changes', before: write('404.html', 'lost'), after: replace('404.html', 'gone'), target: '/no', seen: ['404 lost', '404 gone'] },
  { name: 'a 404.html goes', before: write('404.html', 'lost'), after: remove('404.html'), target: '/no', seen: ['404 lost', MISSING] },
];

async function seen(client: Client, target: string): Promise<string> {
  await client.send(requestText(target));
  const { status, body }: Reply = await client.reply();
  return `${status} ${body.toString()}`;
}

/** In a folder of its own, so that several can be watched at once; '' for the root itself. */
async function watch(site: Serving, base: string, folder: string, change: Change): Promise<string> {
  const root = join(base, folder);
  const prefix = folder === '' ? '' : `/${folder}`;
  const target = `${prefix}${change.target}`;
  const expected = change.seen.map((text) => text?.replace('Moved to ', `Moved to ${prefix}`));
  mkdirSync(root, { recursive: true });
  change.before(root);
  await pause(120);
  const client = await Client.open(site.place);
  try {
    for (let i = 0; i < 30; ++i) { // hot, on whatever worker it is
      const before = await seen(client, target);
      if (before !== expected[0]) return `${change.name}: before: ${before.slice(0, 60)}`;
      await pause(2);
    }
    change.after(root);
    const sinceMs = performance.now();
    while (performance.now() - sinceMs < CHANGE_SEEN_MS + 20) {
      const now = await seen(client, target);
      // In between it is the one or the other, and never anything else.
      if (!expected.includes(now)) return `${change.name}: in between: ${now.slice(0, 60)}`;
      await pause(3);
    }
    const after = await seen(client, target);
    return after === expected[1] ? '' : `${change.name}: after: ${after.slice(0, 60)}`;
  } finally {
    client.destroy();
  }
}

t.test('files and folders', async (t) => {
  const root = t.testdir({});
  const site = await serve(t, { root, workers: 2 });
  const faults = await Promise.all(changes.map((change, index) => watch(site, root, String(index), change)));
  for (const [index, fault] of faults.entries()) t.equal(fault, '', changes[index]!.name);
});

t.test('the page for what is missing', async (t) => {
  const root = t.testdir({});
  const site = await serve(t, { root, workers: 2 });
  for (const change of pageChanges) {
    t.equal(await watch(site, root, '', change), '', change.name);
    rmSync(join(root, '404.html'), { force: true });
  }
});

t.test('a writer that keeps the file open is seen when it has closed', async (t) => {
  const root = t.testdir({ f: 'x'.repeat(4000) });
  const { place } = await serve(t, { root });
  const client = await Client.open(place);
  await seen(client, '/f');
  for (let round = 1; round <= 5; ++round) {
    const text = String(round).repeat(4000);
    const fd = openSync(join(root, 'f'), 'r+');
    for (let i = 0; i < 4000; i += 1000) {
      writeSync(fd, text.slice(i, i + 1000), i);
      await seen(client, '/f');
      await pause(15);
    }
    closeSync(fd);
    await pause(CHANGE_SEEN_MS + 20);
    t.equal(await seen(client, '/f'), `200 ${text}`, `round ${round}`);
  }
  client.destroy();
});

t.test('two changes within a tick of the clock', async (t) => {
  const root = t.testdir({ f: '0000' });
  const { place } = await serve(t, { root });
  const client = await Client.open(place);
  for (let i = 1; i <= 12; ++i) {
    writeFileSync(join(root, 'f'), String(i).padStart(4, 'a'));
    const between = seen(client, '/f'); // opened between the two
    for (let turns = 0; turns < i % 4; ++turns) await new Promise((resolve) => setImmediate(resolve));
    writeFileSync(join(root, 'f'), String(i).padStart(4, 'b'));
    await pause(CHANGE_SEEN_MS + 20);
    t.equal(await seen(client, '/f'), `200 ${String(i).padStart(4, 'b')}`, `${i}, after ${await between}`);
  }
  client.destroy();
});
