// One fact spoilt, one row that changes: its state, and words that must be in what is told.
import t from 'tap';
import type { State } from '../../server/doctor/check.ts';
import { countStates, judge, type Row } from '../../server/doctor/judge.ts';
import { EACCES, EAGAIN, EINVAL, ENOENT, ENOSYS, EOPNOTSUPP, EPERM, EROFS, ethernet, file, loopback, made, type Spoilt, untried, unwritable } from './made-up.ts';

const off = { state: 0, fixed: false };
const fixedOff = { state: 0, fixed: true };

type Expected = Partial<Record<'found' | 'cost' | 'cure', string>>;

const rows: readonly (readonly [string, Spoilt, State, Expected])[] = [
  ['kernel', { kernel: { release: '5.14.0' } }, 'limited', { found: 'Linux 5.14.0', cure: '5.15' }],
  ['kernel', { kernel: { release: '5.15.0-100' } }, 'ok', {}],
  ['contained open', { probe: { beneath: ENOSYS }, kernel: { release: '5.4.0' } }, 'missing', { found: 'ENOSYS', cure: 'a kernel from 5.6' }],
  ['contained open', { probe: { beneath: ENOSYS } }, 'missing', { cure: 'seccomp' }],
  ['contained open', { probe: { beneath: EPERM } }, 'missing', { found: 'EPERM', cure: 'seccomp' }],
  ['contained open', { probe: { beneath: null } }, 'unknown', { found: 'not probed' }],
  ['sealed memory', { kernel: { sealing: EACCES } }, 'missing', { found: 'EACCES', cost: 'no arena' }],
  ['kernel TLS', { kernel: { tls: 0 } }, 'ok', { found: 'all the same' }],
  ['kernel TLS', { kernel: { tls: ENOENT } }, 'ok', { found: 'none (ENOENT)' }],
  ['kernel TLS', { kernel: { tls: EPERM } }, 'unknown', { found: 'EPERM' }],
  ['leases', { kernel: { leasesEnabled: 0 } }, 'missing', { cure: 'fs.leases-enable=1' }],
  ['leases', { kernel: { leasesEnabled: null } }, 'unknown', { found: 'cannot be read' }],
  ['lease break time', { kernel: { leaseBreakSeconds: 1 } }, 'limited', { found: 'after 1 s' }],
  ['lease break time', { kernel: { leaseBreakSeconds: 0 } }, 'ok', { found: 'by force (0)' }],
  ['lease break time', { kernel: { leaseBreakSeconds: null } }, 'unknown', {}],

  ['filesystem', { mount: { line: null } }, 'unknown', { found: 'xfs, on a mount' }],
  ['filesystem', { mount: { line: null }, probe: { typeName: '', type: 0xabc } }, 'unknown', { found: 'type 0xabc' }],
  ['sendfile', { probe: { own: { ...file, sent: EINVAL } } }, 'missing', { found: 'EINVAL', cost: '355 µs' }],
  ['sendfile', { probe: { own: { ...file, sent: 0 } } }, 'missing', { found: 'nothing arrived' }],
  ['sendfile', { probe: { ...unwritable, existing: { ...file, sent: 11 } } }, 'ok', { found: '11 bytes' }],
  ['sendfile', { probe: { ...unwritable, existing: untried, sample: null }, mount: { sample: '' } }, 'unknown', { found: 'not writable, and there is no file in it' }],
  ['cached open', { probe: { cached: EAGAIN } }, 'limited', { found: 'never stay in the cache', cost: 'thread pool' }],
  ['cached open', { probe: { cached: EINVAL }, kernel: { release: '5.10.0' } }, 'missing', { cure: '5.12' }],
  ['cached open', { probe: { cached: EPERM } }, 'missing', { cure: 'seccomp' }],
  ['cached open', { probe: { cached: null } }, 'unknown', { found: 'no file to look up' }],

  ['read lease', { probe: { leaseBreaks: 0 } }, 'missing', { found: 'a writer got in' }],
  ['read lease', { probe: { leaseBesideWriter: 0 } }, 'limited', { cost: 'stores through a mapping' }],
  ['read lease', { probe: { own: { ...file, lease: EINVAL } } }, 'missing', { found: 'refused by the mount', cost: 'copied into memory', cure: 'local filesystem' }],
  ['read lease', { probe: { own: { ...file, lease: EINVAL } }, kernel: { leasesEnabled: 0 } }, 'missing', { found: 'switched off' }],
  ['read lease', { probe: unwritable }, 'ok', { found: 'granted on index.html; whether a writer is held back was not probed: the directory is not writable' }],
  ['read lease', { probe: { ...unwritable, unnamedFile: EROFS } }, 'ok', { found: 'the mount is read-only' }],
  ['read lease', { probe: { ...unwritable, unnamedFile: EOPNOTSUPP } }, 'ok', { found: 'no unnamed files' }],
  ['read lease', { probe: { ...unwritable, unnamedFile: -28 } }, 'ok', { found: 'no file could be made (ENOSPC)' }],
  ['read lease', { probe: { ...unwritable, typeName: 'overlay' } }, 'limited', { cost: 'below overlayfs' }],
  ['read lease', { probe: { ...unwritable, existing: { ...file, lease: EACCES } } }, 'unknown', { found: 'is not ours' }],
  ['read lease', { probe: { ...unwritable, existing: { ...file, lease: EAGAIN } } }, 'unknown', { found: 'open for writing' }],
  ['read lease', { probe: { ...unwritable, existing: untried } }, 'unknown', { found: 'not writable' }],
  ['read lease', { probe: { own: { ...file, lease: EPERM } } }, 'missing', { found: 'EPERM' }],
  ['lease on files', { probe: { existing: { ...file, lease: EACCES }, sampleOwner: 0 } }, 'missing',
    { found: 'index.html belongs to uid 0; we are uid 1000 without CAP_LEASE', cure: 'COPY --chown=1000' }],
  ['lease on files', { probe: { sampleOwner: 0 }, user: { mayLease: true } }, 'ok', { found: 'by CAP_LEASE' }],
  ['lease on files', { probe: { existing: { ...file, lease: EAGAIN } } }, 'limited', { found: 'open for writing' }],
  ['lease on files', { probe: { existing: { ...file, lease: EINVAL } } }, 'missing', { found: 'EINVAL' }],
  ['lease on files', { probe: { existing: untried, sample: EACCES } }, 'unknown', { found: 'index.html cannot be opened (EACCES)' }],
  ['lease on files', { probe: { existing: untried, sample: null }, mount: { sample: '' } }, 'unknown', { found: 'no file in the directory' }],

  ['page census', { probe: { own: { ...file, cachedPages: 0 } } }, 'missing', { found: 'counts 0 pages', cure: 'overlayfs', cost: '241 µs' }],
  ['page census', { probe: { cachedPagesDropped: 1 } }, 'limited', { found: 'cannot be dropped', cure: 'tmpfs' }],
  ['page census', { probe: { cachedPagesDropped: EINVAL } }, 'limited', { found: 'EINVAL' }],
  ['page census', { probe: { own: { ...file, cachedPages: ENOSYS } }, kernel: { release: '6.1.0' } }, 'missing', { cure: 'a kernel from 6.5' }],
  ['page census', { probe: { own: { ...file, cachedPages: EPERM }, existing: { ...file, cachedPages: EPERM } } }, 'missing', { cure: 'seccomp' }],
  ['page census', { probe: { existing: { ...file, cachedPages: EPERM }, sampleOwner: 0 } }, 'missing', { found: 'belongs to uid 0', cure: 'own the files' }],
  ['page census', { probe: { ...unwritable, existing: { ...file, cachedPages: EPERM } } }, 'missing', { cure: 'own the files' }],
  ['page census', { probe: unwritable }, 'limited', { found: 'whether they can be dropped was not probed: the directory is not writable' }],
  ['page census', { probe: { ...unwritable, existing: untried } }, 'unknown', {}],
  ['reflink', { probe: { clone: EOPNOTSUPP } }, 'missing', { found: 'EOPNOTSUPP', cost: '0.46 ms', cure: 'XFS or Btrfs' }],
  ['reflink', { probe: unwritable }, 'unknown', { found: 'not probed: the directory is not writable', cure: '' }],
  ['unnamed files', { probe: { ...unwritable, unnamedFile: EOPNOTSUPP } }, 'missing', {}],
  ['unnamed files', { probe: unwritable }, 'unknown', {}],
  ['timestamps', { probe: { editsToldApart: 1, stampStepNs: 4_000_000 } }, 'limited', { found: '1 of 64 edits told apart by ctime, which moves every 4 ms', cure: '6.13' }],
  ['timestamps', { probe: { editsToldApart: 0, stampStepNs: 0 } }, 'limited', { found: 'did not move in 40 ms' }],
  ['timestamps', { probe: unwritable }, 'unknown', {}],

  ['open files', { limits: { openFiles: { soft: 1024, hard: 4096 } } }, 'limited', { found: '4096 (1024 until we raise it at start)', cure: 'up to 1048576 (fs.nr_open)' }],
  ['open files', { limits: { openFiles: { soft: 'unlimited', hard: 'unlimited' } } }, 'ok', { found: 'unlimited' }],
  ['open files', { limits: { openFiles: null } }, 'unknown', {}],
  ['files in all', { limits: { filesMax: 100_000 } }, 'limited', { cost: 'ENFILE' }],
  ['files in all', { limits: { filesMax: null } }, 'unknown', {}],
  ['files in all', {}, 'ok', { found: 'no limit (fs.file-max)' }],
  ['listen backlog', { limits: { backlogMax: 128 } }, 'limited', { found: '128', cure: 'net.core.somaxconn=4096' }],
  ['listen backlog', { limits: { backlogMax: null } }, 'unknown', {}],
  ['send buffer', { limits: { sendBufferBytesMax: 212_992 } }, 'limited', { found: 'up to 208 KiB', cost: '2 MiB/s at 100 ms' }],
  ['send buffer', { limits: { sendBufferBytesMax: null } }, 'unknown', {}],
  ['CPUs', { limits: { grantedCpus: 1 } }, 'limited', { found: '1 of 8: 1 worker unless' }],
  ['memory', { limits: { grantedMemoryBytes: 64 * 2 ** 20 } }, 'limited', { found: '64 MiB of 16 GiB', cure: 'at least 256 MiB' }],
  ['memory', { limits: { grantedMemoryBytes: 2 ** 30 } }, 'ok', { found: '1 GiB of 16 GiB' }],
  ['memory', { limits: { grantedMemoryBytes: 2 ** 50 } }, 'ok', { found: '16 GiB, no limit' }],
  ['overcommit', { limits: { overcommit: 2 } }, 'limited', { found: 'never', cost: 'ENOMEM' }],
  ['overcommit', { limits: { overcommit: null } }, 'unknown', {}],
  ['pending signals', { limits: { pendingSignals: 100 } }, 'limited', { cure: 'ulimit -i 1024' }],
  ['pending signals', { limits: { pendingSignals: null } }, 'unknown', {}],

  ['interfaces', { interfaces: EPERM }, 'unknown', { found: 'EPERM' }],
  ['eth0', { interfaces: [{ ...ethernet, checksum: off }] }, 'limited', { found: 'TX checksum off', cost: '3 times the CPU', cure: 'ethtool -K eth0 tx on' }],
  ['eth0', { interfaces: [{ ...ethernet, checksum: off, scatterGather: off, segmentation: off }] }, 'missing', { cure: 'ethtool -K eth0 tx on sg on tso on' }],
  ['eth0', { interfaces: [{ ...ethernet, scatterGather: fixedOff }] }, 'limited', { found: 'scatter-gather off [fixed]', cure: 'its driver cannot' }],
  ['eth0', { interfaces: [{ ...ethernet, segmentation: off }] }, 'limited', { cost: 'segments are cut', cure: 'ethtool -K eth0 tso on' }],
  ['eth0', { interfaces: [{ ...ethernet, checksum: { state: EOPNOTSUPP, fixed: false } }] }, 'unknown', { found: 'TX checksum not told (EOPNOTSUPP)' }],
  ['eth0', { interfaces: [{ ...ethernet, kind: 'virtio', driver: 'virtio_net' }] }, 'ok', { found: 'virtio (virtio_net): TX checksum on, scatter-gather on, TSO on; zero copy ends at the host boundary' }],
  ['eth0', { interfaces: [{ ...ethernet, kind: 'veth', driver: 'veth', addresses: [] }] }, 'ok', { found: 'veth, without an address: ' }],
  ['lo', { interfaces: [loopback] }, 'ok', { found: 'the receiver holds our pages until it has read them' }],
];

function named(all: readonly Row[], name: string): Row | undefined {
  return all.find((row) => row.name === name);
}

t.test('where everything works', (t) => {
  const all = judge(made());
  t.same(countStates(all), { ok: all.length, limited: 0, missing: 0, unknown: 0 });
  t.same(new Set(all.map(({ group }) => group)), new Set(['Kernel', 'Mount', 'Limits', 'Network']));
  t.equal(new Set(all.map(({ name }) => name)).size, all.length, 'names are unique');
  for (const { name, cost, cure } of all) {
    t.not(cost, '', `${name} says what it is worth`);
    t.equal(cure, '', `${name} needs no cure`);
  }
  t.end();
});

t.test('one fact spoilt', (t) => {
  t.ok(rows.length >= 70, 'there are rows');
  for (const [name, spoilt, state, expected] of rows) {
    t.test(`${name}: ${state}, ${JSON.stringify(spoilt)}`, (t) => {
      const row = named(judge(made(spoilt)), name);
      t.equal(row?.state, state);
      for (const [part, words] of Object.entries(expected)) {
        const told = row?.[part as keyof Expected] ?? '';
        t.ok(words === '' ? told === '' : told.includes(words), `${part}: ${told}`);
      }
      if (state === 'limited' || state === 'missing') t.not(row?.cure, '', 'a cure is named');
      t.end();
    });
  }
  t.end();
});

t.test('every check has been seen in a state other than ok', (t) => {
  const spoilt = new Set(rows.filter(([, , state]) => state !== 'ok').map(([name]) => name));
  t.same(judge(made()).map(({ name }) => name).filter((name) => !spoilt.has(name) && name !== 'lo'), []);
  t.end();
});
