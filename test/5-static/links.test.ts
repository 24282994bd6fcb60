// Symbolic links: followed inside the root only; absolute ones that point inside are re-rooted; swaps of the root itself
// and of what links stand for are seen.
import { linkSync, mkdirSync, renameSync, rmSync, symlinkSync, unlinkSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import t from 'tap';
import { ask, type Place } from '../client.ts';
import { pause, serve, until } from '../serving.ts';

async function text(place: Place, target: string): Promise<string> {
  const { status, body } = await ask(place, target);
  return `${status} ${body.toString().trim()}`;
}

const NOT_FOUND = '404 Not Found';

t.test('inside and outside', async (t) => {
  const base = t.testdir({ outside: { 'secret.txt': 'SECRET', dir: { 'secret.txt': 'SECRET' } }, 'site-other': { 'secret.txt': 'SECRET' }, site: { 'file.txt': 'file', dir: { 'index.html': 'dir', 'deep.txt': 'deep' } } });
  const root = join(base, 'site');
  const links: readonly (readonly [name: string, leadsTo: string, answer: string])[] = [
    ['relative', 'file.txt', '200 file'],
    ['relative-deep', 'dir/deep.txt', '200 deep'],
    ['dir/up', '../file.txt', '200 file'],
    ['twice', 'relative', '200 file'],
    ['folder', 'dir', '301 Moved to /folder/'],
    ['absolute', join(root, 'file.txt'), '200 file'],
    ['absolute-deep', join(root, 'dir/deep.txt'), '200 deep'],
    ['absolute-folder', join(root, 'dir'), '301 Moved to /absolute-folder/'],
    ['absolute-round', join(root, 'dir/../file.txt'), '200 file'],
    ['dir/absolute', join(root, 'file.txt'), '200 file'],
    ['through', 'absolute', '200 file'],
    ['out-and-in', '../site/file.txt', '200 file'],
    ['outside', '../outside/secret.txt', NOT_FOUND],
    ['outside-folder', '../outside/dir', NOT_FOUND],
    ['outside-absolute', join(base, 'outside/secret.txt'), NOT_FOUND],
    ['sibling-with-our-prefix', join(base, 'site-other/secret.txt'), NOT_FOUND],
    ['root-of-all', '/', NOT_FOUND],
    ['passwd', '/etc/passwd', NOT_FOUND],
    ['passwd-far', '../../../../../../../../../../../../etc/passwd', NOT_FOUND],
    ['proc', '/proc/self/environ', NOT_FOUND],
    ['magic', '/proc/self/root/etc/passwd', NOT_FOUND],
    ['magic-cwd', '/proc/self/cwd/package.json', NOT_FOUND],
    ['dangling', 'nowhere', NOT_FOUND],
    ['dangling-absolute', join(root, 'nowhere'), NOT_FOUND],
    ['itself', 'itself', NOT_FOUND],
    ['loop-a', 'loop-b', NOT_FOUND],
    ['loop-b', 'loop-a', NOT_FOUND],
    ['the-root', '.', '301 Moved to /the-root/'],
    ['parent', '..', NOT_FOUND],
  ];
  for (const [name, leadsTo] of links) symlinkSync(leadsTo, join(root, name));
  const { place, reports } = await serve(t, { root, workers: 2 });
  for (let round = 0; round < 3; ++round) {
    for (const [name, leadsTo, answer] of links) t.equal(await text(place, `/${name}`), answer, `${name} -> ${leadsTo.replace(base, '')}`);
    await pause(60);
  }
  for (const [target, answer] of [['/folder/', '200 dir'], ['/folder/deep.txt', '200 deep'], ['/absolute-folder/', '200 dir'], ['/absolute-folder/deep.txt', '200 deep'], ['/the-root/file.txt', '200 file'],
    ['/the-root/the-root/file.txt', '200 file'], ['/parent/outside/secret.txt', NOT_FOUND], ['/outside-folder/secret.txt', NOT_FOUND], ['/root-of-all/etc/passwd', NOT_FOUND]] as const) {
    t.equal(await text(place, target), answer, target);
  }
  t.ok(reports.some(({ name, facts }) => name === 'linkOutOfRoot' && facts['path'] === 'outside'), 'those that lead out are told to the operator');

  const none = await serve(t, { root, symlinks: 'none' });
  t.equal(await text(none.place, '/file.txt'), '200 file');
  for (const [name] of links) t.equal(await text(none.place, `/${name}`), NOT_FOUND, `symlinks none: ${name}`);
  t.equal(await text(none.place, '/folder/deep.txt'), NOT_FOUND, 'nor below one');
});

t.test('a hard link is a file', async (t) => {
  const root = t.testdir({ 'file.txt': 'file' });
  linkSync(join(root, 'file.txt'), join(root, 'hard.txt'));
  const { place } = await serve(t, { root });
  t.equal(await text(place, '/hard.txt'), '200 file');
});

t.test('a link that is turned elsewhere is seen, also out of the root', async (t) => {
  const base = t.testdir({ outside: { 'secret.txt': 'SECRET' }, site: { 'a.txt': 'a', 'b.txt': 'b' } });
  const root = join(base, 'site');
  const turn = (leadsTo: string): void => {
    symlinkSync(leadsTo, join(root, 'new'));
    renameSync(join(root, 'new'), join(root, 'link'));
  };
  turn('a.txt');
  const { place } = await serve(t, { root });
  for (const [leadsTo, answer] of [['b.txt', '200 b'], ['../outside/secret.txt', NOT_FOUND], [join(root, 'a.txt'), '200 a'], [join(root, 'b.txt'), '200 b'], [join(base, 'outside/secret.txt'), NOT_FOUND], ['b.txt', '200 b'], ['gone', NOT_FOUND]] as const) {
    for (let i = 0; i < 5; ++i) await text(place, '/link');
    turn(leadsTo);
    await pause(120);
    t.equal(await text(place, '/link'), answer, leadsTo.replace(base, ''));
  }
});

t.test('a folder that is swapped for a link out of the root', async (t) => {
  const base = t.testdir({ outside: { 'file.txt': 'SECRET' }, site: { dir: { 'file.txt': 'inside' } } });
  const root = join(base, 'site');
  const { place } = await serve(t, { root });
  t.equal(await text(place, '/dir/file.txt'), '200 inside');
  renameSync(join(root, 'dir'), join(root, 'was'));
  symlinkSync('../outside', join(root, 'dir'));
  await pause(120);
  t.equal(await text(place, '/dir/file.txt'), NOT_FOUND);
});

t.test('current -> a release: the root itself is swapped', async (t) => {
  const base = t.testdir({ releases: { 1: { 'index.html': 'release 1', 'only-1.txt': 'x', dir: { 'a.txt': 'a 1' } }, 2: { 'index.html': 'release 2', 'only-2.txt': 'x', dir: { 'a.txt': 'a 2' } } } });
  const release = (number: number): void => {
    symlinkSync(`releases/${number}`, join(base, 'next'));
    renameSync(join(base, 'next'), join(base, 'current'));
  };
  release(1);
  symlinkSync(join(base, 'current/index.html'), join(base, 'releases/1/through-current'));
  const { place } = await serve(t, { root: join(base, 'current'), workers: 2 });
  for (const number of [2, 1, 2, 1]) {
    for (let i = 0; i < 10; ++i) await Promise.all([text(place, '/'), text(place, '/only-1.txt'), text(place, '/only-2.txt'), text(place, '/dir/a.txt')]);
    release(number);
    await pause(120);
    t.equal(await text(place, '/'), `200 release ${number}`);
    t.equal(await text(place, '/dir/a.txt'), `200 a ${number}`);
    t.equal(await text(place, '/only-1.txt'), number === 1 ? '200 x' : NOT_FOUND);
    t.equal(await text(place, '/only-2.txt'), number === 2 ? '200 x' : NOT_FOUND);
  }
  t.equal(await text(place, '/through-current'), '200 release 1', 'an absolute link through the link that is the root');
  rmSync(join(base, 'releases/2'), { recursive: true });
  t.equal(await text(place, '/'), '200 release 1', 'the old release can be removed');
});

t.test('the root goes and comes back', async (t) => {
  const base = t.testdir({ site: { 'index.html': 'one' } });
  const { place } = await serve(t, { root: join(base, 'site') });
  t.equal(await text(place, '/'), '200 one');
  renameSync(join(base, 'site'), join(base, 'away'));
  await pause(120);
  t.equal(await text(place, '/'), NOT_FOUND, 'gone');
  mkdirSync(join(base, 'site'));
  writeFileSync(join(base, 'site/index.html'), 'two');
  await pause(120);
  t.equal(await text(place, '/'), '200 two', 'back');
});

t.test('a ConfigMap: ..data is swapped', async (t) => {
  const root = t.testdir({});
  let last = '';
  const project = (version: number): void => { // as the kubelet's AtomicWriter does
    const folder = `..2026_${version}`;
    mkdirSync(join(root, folder));
    writeFileSync(join(root, folder, 'app.conf'), `version ${version}`);
    writeFileSync(join(root, folder, 'index.html'), `page ${version}`);
    symlinkSync(folder, join(root, '..data_tmp'));
    renameSync(join(root, '..data_tmp'), join(root, '..data'));
    if (last !== '') rmSync(join(root, last), { recursive: true });
    last = folder;
  };
  project(1);
  for (const name of ['app.conf', 'index.html']) symlinkSync(`..data/${name}`, join(root, name));
  const { place } = await serve(t, { root, workers: 2 });
  for (const version of [2, 3, 4]) {
    for (let i = 0; i < 10; ++i) await Promise.all([text(place, '/app.conf'), text(place, '/')]);
    project(version);
    await pause(120);
    t.equal(await text(place, '/app.conf'), `200 version ${version}`);
    t.equal(await text(place, '/'), `200 page ${version}`);
  }
  t.equal(await text(place, '/..data/app.conf'), NOT_FOUND, 'the machinery itself is not served');
});

t.test('a race between a link and a check is lost by the link', async (t) => {
  const base = t.testdir({ outside: { 'file.txt': 'SECRET' }, site: { inside: { 'file.txt': 'inside' } } });
  const root = join(base, 'site');
  const { place } = await serve(t, { root, workers: 2, files: { openMax: 1 } });
  let flips = 0;
  const flipping = setInterval(() => {
    symlinkSync(++flips % 2 === 0 ? 'inside' : flips % 3 === 0 ? join(base, 'outside') : '../outside', join(root, `l${flips}`));
    renameSync(join(root, `l${flips}`), join(root, 'dir'));
  }, 1);
  const seen = new Set<string>();
  await until(async () => {
    for (let i = 0; i < 20; ++i) seen.add(await text(place, `/dir/file.txt?${i}`));
    return flips > 300;
  }, '300 flips');
  clearInterval(flipping);
  unlinkSync(join(root, 'dir'));
  t.notOk([...seen].some((answer) => answer.includes('SECRET')), `only ${[...seen].join(' and ')}`);
});
