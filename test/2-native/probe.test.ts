// The probes on the kernel as it is. What a kernel is too old for is told by its version; what this machine does not
// have is skipped with the reason.
import { execFileSync, spawn, spawnSync } from 'node:child_process';
import { once } from 'node:events';
import { closeSync, constants as fileConstants, existsSync, mkdirSync, mkdtempSync, openSync, readdirSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { constants, release } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import t, { type Test } from 'tap';
import { native } from '../../native/index.ts';
import { isKernelFrom } from '../../server/doctor/check.ts';
import type { Probed } from './probe-child.ts';
import type { InterfaceFacts } from '../../server/doctor/facts.ts';

const { errno } = constants;
const { O_NONBLOCK, O_WRONLY } = fileConstants;
const child = fileURLToPath(new URL('./probe-child.js', import.meta.url));
const isRoot = process.geteuid!() === 0;
const countsPages = isKernelFrom(release(), [6, 5]);

// tap's own hooks come by NODE_OPTIONS, and write where another user may not.
const bare = 'unset NODE_OPTIONS; exec "$0" "$@"';

function skipUnless(condition: boolean, reason: string): { skip: string | false } {
  return { skip: condition ? false : reason };
}

function hasTool(name: string): boolean {
  return (process.env['PATH'] ?? '').split(':').concat('/usr/sbin', '/sbin').some((directory) => existsSync(join(directory, name)));
}

/** A directory that anyone may read, gone after the test. */
function directoryOn(base: string, t: Test): string {
  const directory = mkdtempSync(join(base, 'pagecast-probe-'));
  t.teardown(() => rmSync(directory, { recursive: true, force: true }));
  return directory;
}

const onExt4 = native.probeMount('/tmp', '').typeName === 'ext4';
const onTmpfs = existsSync('/dev/shm') && native.probeMount('/dev/shm', '').typeName === 'tmpfs';

t.test('ext4', skipUnless(onExt4, '/tmp is not on ext4'), (t) => {
  const directory = directoryOn('/tmp', t);
  writeFileSync(join(directory, 'page.html'), 'hello, page');
  const before = statSync(directory).mtimeMs;
  const probe = native.probeMount(directory, 'page.html');
  t.equal(probe.directory, 0);
  t.ok(probe.mountId > 0);
  t.equal(probe.beneath, 0);
  t.equal(probe.cached, 0);
  t.equal(probe.unnamedFile, 0);
  t.same(probe.own, { sent: 4096, lease: 0, cachedPages: countsPages ? 1 : -errno.ENOSYS });
  t.equal(probe.leaseBreaks, -errno.EAGAIN, 'a writer is held back');
  t.equal(probe.leaseBesideWriter, -errno.EAGAIN, 'no lease beside a writer');
  t.equal(probe.cachedPagesDropped, countsPages ? 0 : -errno.ENOSYS);
  t.equal(probe.clone, -errno.EOPNOTSUPP);
  t.equal(probe.edits, 64);
  t.equal(probe.editsToldApart === 64, isKernelFrom(release(), [6, 13]), `${probe.editsToldApart} of 64 edits told apart`);
  t.ok(probe.stampStepNs > 0);
  t.equal(probe.sample, 0);
  t.equal(probe.sampleOwner, process.geteuid!());
  t.same(probe.existing, { sent: 11, lease: 0, cachedPages: countsPages ? 1 : -errno.ENOSYS });
  t.same(readdirSync(directory), ['page.html'], 'nothing is left behind');
  t.equal(statSync(directory).mtimeMs, before, 'and nothing ever had a name');
  t.end();
});

t.test('tmpfs', skipUnless(onTmpfs, 'there is no tmpfs at /dev/shm'), (t) => {
  const probe = native.probeMount(directoryOn('/dev/shm', t), '');
  t.equal(probe.own.sent, 4096);
  t.equal(probe.own.lease, 0);
  t.equal(probe.own.cachedPages, countsPages ? 1 : -errno.ENOSYS);
  t.equal(probe.cachedPagesDropped, countsPages ? 1 : -errno.ENOSYS, 'its pages cannot be dropped');
  t.equal(probe.clone, -errno.EOPNOTSUPP);
  t.equal(probe.cached, null, 'no name to look up');
  t.same(probe.existing, { sent: null, lease: null, cachedPages: null });
  t.end();
});

t.test('what a directory or a sample may be instead', (t) => {
  const directory = directoryOn('/tmp', t);
  writeFileSync(join(directory, 'empty'), '');
  execFileSync('mkfifo', [join(directory, 'pipe')]);
  t.equal(native.probeMount(join(directory, 'nothing'), '').directory, -errno.ENOENT);
  t.equal(native.probeMount(join(directory, 'empty'), '').directory, -errno.ENOTDIR);
  t.equal(native.probeMount(directory, 'nothing').sample, -errno.ENOENT);
  t.same(native.probeMount(directory, 'pipe').existing, { sent: null, lease: null, cachedPages: null }, 'a pipe is no sample, and nobody waits for its writer');
  t.same(native.probeMount(directory, 'empty').existing, { sent: null, lease: 0, cachedPages: null });
  t.end();
});

t.test('leases are asked for and given back', (t) => {
  const directory = directoryOn('/tmp', t);
  const path = join(directory, 'page');
  writeFileSync(path, 'page');
  const writer = openSync(path, 'r+');
  t.equal(native.probeMount(directory, 'page').existing.lease, -errno.EAGAIN, 'refused while somebody may write');
  closeSync(writer);
  const descriptors = readdirSync('/proc/self/fd').length;
  for (let i = 0; i < 20; ++i) t.equal(native.probeMount(directory, 'page').existing.lease, 0);
  t.equal(readdirSync('/proc/self/fd').length, descriptors, 'no descriptor is left open');
  closeSync(openSync(path, O_WRONLY | O_NONBLOCK)); // would throw EAGAIN under a lease
  t.end();
});

t.test('no lease break kills the process', async (t) => {
  const directory = directoryOn('/tmp', t);
  writeFileSync(join(directory, 'page'), 'page');
  const writer = spawn(process.execPath, [child, 'write', join(directory, 'page')], { stdio: ['ignore', 'pipe', 'inherit'] });
  t.teardown(() => writer.kill());
  await once(writer.stdout, 'data');
  const { status, signal, stdout } = spawnSync(process.execPath, [child, 'probe', directory, 'page', '400'], { encoding: 'utf8' });
  t.same({ status, signal }, { status: 0, signal: null });
  const { leases } = JSON.parse(stdout) as Probed;
  t.equal(leases.length, 400);
  t.ok(leases.some((lease) => lease === 0), 'some were granted');
  t.ok(leases.some((lease) => lease === -errno.EAGAIN), 'some met the writer');
});

t.test('another user', skipUnless(isRoot, 'only root may become another user'), (t) => {
  const directory = directoryOn('/tmp', t);
  execFileSync('chmod', ['755', directory]);
  writeFileSync(join(directory, 'page'), 'page', { mode: 0o644 });
  const stdout = execFileSync('sh', ['-c', bare, process.execPath, child, 'probe', directory, 'page', '1'], { encoding: 'utf8', uid: 65534, gid: 65534 });
  const { last } = JSON.parse(stdout) as Probed;
  t.equal(last.unnamedFile, -errno.EACCES);
  t.equal(last.sampleOwner, 0);
  t.equal(last.existing.sent, 4);
  t.equal(last.existing.lease, -errno.EACCES, 'no lease on files of others');
  t.ok(last.existing.cachedPages! < 0, 'and no census of their pages');
  t.end();
});

t.test('overlayfs', skipUnless(isRoot && hasTool('unshare'), 'needs root and unshare(1)'), (t) => {
  const directory = directoryOn('/tmp', t);
  for (const name of ['lower', 'upper', 'work', 'merged']) mkdirSync(join(directory, name));
  writeFileSync(join(directory, 'lower', 'page'), 'page');
  const mount = `mount -t overlay overlay -o lowerdir=lower,upperdir=upper,workdir=work merged || exit 77; exec "$0" "$1" probe merged page 1`;
  const { status, stdout } = spawnSync('unshare', ['-m', 'sh', '-c', mount, process.execPath, child], { encoding: 'utf8', cwd: directory });
  if (status === 77) {
    t.pass('overlayfs', { skip: 'it cannot be mounted here' });
    return t.end();
  }
  const { last } = JSON.parse(stdout) as Probed;
  t.equal(last.typeName, 'overlay');
  t.equal(last.own.sent, 4096);
  t.equal(last.own.lease, 0);
  t.equal(last.leaseBesideWriter, 0, 'granted beside a writable mapping');
  t.equal(last.existing.cachedPages, countsPages ? 0 : -errno.ENOSYS, 'its pages are not counted');
  return t.end();
});

t.test('sealed memory', (t) => {
  t.equal(native.probeSealing(), 0);
  t.end();
});

t.test('interfaces', (t) => {
  const interfaces = native.listInterfaces();
  const loopback = typeof interfaces === 'number' ? undefined : interfaces.find(({ name }) => name === 'lo');
  t.match(loopback, { loopback: true, checksum: { state: 1, fixed: true }, scatterGather: { state: 1, fixed: true } });
  t.end();
});

const makesPairs = isRoot && ['unshare', 'ip', 'ethtool'].every(hasTool);

t.test('a veth pair without offloads', skipUnless(makesPairs, 'needs root, unshare(1), ip(8) and ethtool(8)'), (t) => {
  // The namespace has no name: it is gone with the shell.
  const script = `
    ip link add name shop type veth peer name street && ip address add 198.51.100.1/24 dev shop &&
    ip address add 198.51.100.2/24 dev street && ip link set shop up && ip link set street up || exit 77
    "$0" "$1" interfaces && ethtool -K shop tx off sg off tso off >&2 && echo && "$0" "$1" interfaces`;
  const { status, stdout } = spawnSync('unshare', ['-n', 'sh', '-c', script, process.execPath, child], { encoding: 'utf8' });
  if (status === 77) {
    t.pass('a veth pair', { skip: 'it cannot be made here' });
    return t.end();
  }
  const [before, after] = stdout.split('\n').map((line) => JSON.parse(line) as { found: InterfaceFacts[]; warnings: string[] });
  const shop = (seen: typeof before): InterfaceFacts | undefined => seen?.found.find(({ name }) => name === 'shop');
  const on = { state: 1, fixed: false };
  const off = { state: 0, fixed: false };
  t.match(shop(before), { kind: 'veth', driver: 'veth', addresses: ['198.51.100.1'], checksum: on, scatterGather: on, segmentation: on });
  t.same(before?.warnings, []);
  t.match(shop(after), { checksum: off, scatterGather: off, segmentation: off });
  t.same(after?.warnings, ['shop: TX checksum offload and scatter-gather are off: large answers cost about 3 times the CPU; ethtool -K shop tx on sg on']);
  return t.end();
});
