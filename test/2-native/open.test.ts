// openat2 on the real kernel, through engine.open() and engine.check(): what is inside is opened, what is outside never.
import { execFileSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import { mkdirSync, renameSync, rmSync, symlinkSync, truncateSync, unlinkSync, utimesSync, writeFileSync } from 'node:fs';
import { constants } from 'node:os';
import { join } from 'node:path';
import t from 'tap';
import { layout } from '../../native/index.ts';
import { pause } from '../serving.ts';
import { Driver } from './driver.ts';

const { ENOENT, ENOTDIR, EXDEV, ELOOP, ENAMETOOLONG } = constants.errno;
const { REGULAR, DIRECTORY, OTHER } = layout.kinds;

t.test('containment', async (t) => {
  const base = t.testdir({ outside: { 'secret.txt': 'SECRET' }, 'site-2': { 'secret.txt': 'SECRET' }, site: { 'file.txt': 'file', dir: { 'deep.txt': 'deep' } } });
  const root = join(base, 'site');
  const links: Record<string, string> = {
    inside: 'file.txt', 'dir/up': '../file.txt', folder: 'dir', absolute: join(root, 'file.txt'), 'absolute-folder': join(root, 'dir'), round: '../site/file.txt',
    outside: '../outside/secret.txt', 'outside-absolute': join(base, 'outside/secret.txt'), sibling: join(base, 'site-2/secret.txt'), passwd: '/etc/passwd', magic: '/proc/self/root/etc/passwd', dangling: 'nowhere', loop: 'loop',
    'absolute-root': root,
  };
  for (const [name, leadsTo] of Object.entries(links)) symlinkSync(leadsTo, join(root, name));
  execFileSync('mkfifo', [join(root, 'fifo')]);
  const driver = new Driver(t);
  const rows: readonly (readonly [path: string, error: number, kind: number, rerooted: boolean])[] = [
    ['file.txt', 0, REGULAR, false], ['dir/deep.txt', 0, REGULAR, false], ['dir', 0, DIRECTORY, false], ['', 0, DIRECTORY, false], ['.', 0, DIRECTORY, false], ['dir/../file.txt', 0, REGULAR, false], ['fifo', 0, OTHER, false],
    ['inside', 0, REGULAR, false], ['dir/up', 0, REGULAR, false], ['folder/deep.txt', 0, REGULAR, false],
    ['absolute', 0, REGULAR, true], ['absolute-folder/deep.txt', 0, REGULAR, true], ['absolute-folder', 0, DIRECTORY, true], ['round', 0, REGULAR, true],
    ['..', EXDEV, 0, false], ['../outside/secret.txt', EXDEV, 0, false], ['dir/../../outside/secret.txt', EXDEV, 0, false], ['../site/file.txt', 0, REGULAR, true], ['/etc/passwd', EXDEV, 0, false], ['/', EXDEV, 0, false],
    ['outside', EXDEV, 0, false], ['outside-absolute', EXDEV, 0, false], ['sibling', EXDEV, 0, false], ['passwd', EXDEV, 0, false], ['magic', EXDEV, 0, false],
    ['dangling', ENOENT, 0, false], ['loop', ELOOP, 0, false], ['nowhere', ENOENT, 0, false], ['file.txt/x', ENOTDIR, 0, false], ['file.txt/', ENOTDIR, 0, false], ['n'.repeat(256), ENAMETOOLONG, 0, false],
    ['absolute-root', EXDEV, 0, false],
  ];
  for (const [path, error, kind, rerooted] of rows) {
    const opened = await driver.open(root, path);
    t.match(opened, { error, kind, rerooted }, `${path.slice(0, 40)}: ${error === 0 ? 'opened' : String(error)}`);
    t.equal(opened.file >= 0, kind === REGULAR, 'with a record where it is a regular file');
    if (opened.file >= 0) driver.engine.release(opened.file);
  }
  for (const path of ['inside', 'dir/up', 'folder/deep.txt', 'absolute']) {
    t.equal((await driver.open(root, path, { symlinks: 'none' })).error, ELOOP, `${path}, following none`);
  }
  t.match(await driver.open(join(base, 'nowhere'), 'file.txt'), { error: ENOENT, file: -1 }, 'no root');
  t.match(await driver.open(join(root, 'file.txt'), 'x'), { error: ENOTDIR, file: -1 }, 'a root that is no folder');
  symlinkSync('site', join(base, 'current'));
  const through = await driver.open(join(base, 'current'), 'file.txt');
  t.match(through, { error: 0, kind: REGULAR }, 'a root that is a link');
  driver.engine.release(through.file);
});

t.test('the hash is of the content', async (t) => {
  const root = t.testdir({ empty: '', small: 'content', 'large.bin': Buffer.alloc(3 << 20, 'x') });
  const driver = new Driver(t);
  for (const name of ['empty', 'small', 'large.bin']) {
    const { file } = await driver.open(root, name);
    const content = name === 'empty' ? '' : name === 'small' ? 'content' : Buffer.alloc(3 << 20, 'x');
    const facts = driver.describe(file);
    t.equal(facts.digest, createHash('sha256').update(content).digest('hex'), name);
    t.match(facts, { SIZE: content.length, HASHED: 1, IN_ARENA: name === 'small' ? 1 : 0 });
    driver.engine.release(file);
  }
  await pause(40); // a record that was loaded in the tick of its change is not shared
  const { file } = await driver.open(root, 'large.bin', { hashBytesMax: 1000 });
  t.match(driver.describe(file), { SIZE: 3 << 20, HASHED: 0, IN_ARENA: 0 }, 'beyond the bound it is not read');
  driver.engine.release(file);
});

t.test('check() compares a record with its path', async (t) => {
  const base = t.testdir({ site: { f: 'one', dir: { f: 'x' } }, outside: { f: 'SECRET' } });
  const root = join(base, 'site');
  const driver = new Driver(t);
  const number = driver.engine.openRoot(root);
  await pause(40);
  const { file } = await driver.open(root, 'f');
  t.teardown(() => driver.engine.release(file));
  t.equal(driver.check(number, 'f', file), 'SAME');
  t.equal(driver.check(number, 'dir/f', file), 'CHANGED', 'another file');
  t.equal(driver.check(number, 'dir'), 'DIRECTORY');
  t.equal(driver.check(number, ''), 'DIRECTORY');
  t.equal(driver.check(number, 'f'), 'CHANGED', 'a file where none was known');
  t.equal(driver.check(number, 'dir/../../outside/f'), 'UNKNOWN', 'outside: not from here');
  t.equal(driver.check(number, '../outside/f', file), 'UNKNOWN');
  utimesSync(join(root, 'f'), 1, 1);
  t.equal(driver.check(number, 'f', file), 'CHANGED', 'its times');
  truncateSync(join(root, 'f'), 0);
  t.equal(driver.check(number, 'f', file), 'CHANGED', 'its size');
  unlinkSync(join(root, 'f'));
  t.ok(['MISSING', 'UNKNOWN'].includes(driver.check(number, 'f', file)), 'gone');
  symlinkSync('../outside/f', join(root, 'f'));
  t.equal(driver.check(number, 'f', file), 'UNKNOWN', 'a link out');
  renameSync(root, `${root}-away`);
  t.ok(['UNKNOWN', 'MISSING'].includes(driver.check(number, 'dir')), 'the root is gone');
  mkdirSync(root);
  writeFileSync(join(root, 'dir'), 'now a file');
  await driver.open(root, 'dir').then(({ file: opened }) => driver.engine.release(opened));
  t.equal(driver.check(number, 'dir'), 'CHANGED', 'and back');
  rmSync(root, { recursive: true });
});
