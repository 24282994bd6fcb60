// What Node does not offer, on the real kernel.
import { closeSync, existsSync, mkdirSync, openSync, readFileSync, writeFileSync, writeSync } from 'node:fs';
import { constants, tmpdir } from 'node:os';
import { join } from 'node:path';
import t from 'tap';
import { native } from '../../native/index.ts';
import { storeFolder } from './objects.ts';

const { EAGAIN, EBADF, EEXIST, ENOENT } = constants.errno;

t.test('a lock is of the open file', (t) => {
  const folder = storeFolder(t);
  mkdirSync(folder);
  const path = join(folder, 'lock');
  writeFileSync(path, '');
  const [one, two] = [openSync(path, 'r+'), openSync(path, 'r+')];
  t.equal(native.lockFile(one), 0);
  t.equal(native.lockFile(one), 0, 'again');
  t.equal(native.lockFile(two), -EAGAIN);
  closeSync(openSync(path, 'r'));
  t.equal(native.lockFile(two), -EAGAIN, 'another descriptor that was closed has not taken it away');
  closeSync(one);
  t.equal(native.lockFile(two), 0);
  closeSync(two);
  const reading = openSync(path, 'r');
  t.equal(native.lockFile(reading), -EBADF, 'not open for writing');
  closeSync(reading);
  t.equal(native.lockFile(-1), -EBADF);
  t.end();
});

function hasUnnamedFiles(): boolean {
  try {
    closeSync(openSync(tmpdir(), native.unnamedFileFlags, 0o600));
    return true;
  } catch {
    return false;
  }
}

t.test('a file gets its name when it is whole', { skip: !hasUnnamedFiles() && 'no O_TMPFILE here' }, async (t) => {
  const folder = storeFolder(t);
  mkdirSync(folder);
  const fd = openSync(folder, native.unnamedFileFlags, 0o600);
  t.teardown(() => closeSync(fd));
  writeSync(fd, 'whole');
  const path = join(folder, 'n\u00e4me');
  t.notOk(existsSync(path));
  t.equal(await native.linkUnnamed(fd, path), 0);
  t.equal(readFileSync(path, 'utf8'), 'whole');
  t.equal(await native.linkUnnamed(fd, path), -EEXIST);
  t.equal(await native.linkUnnamed(fd, join(folder, 'none', 'x')), -ENOENT);
  t.equal(await native.linkUnnamed(-1, join(folder, 'x')), -ENOENT);
});
