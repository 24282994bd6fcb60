// A machine on which everything works, to be spoilt by tests one fact at a time.
import type { FileProbe, MountProbe } from '../../native/probes.ts';
import type { Facts, InterfaceFacts, KernelFacts, LimitFacts, MountFacts, UserFacts } from '../../server/doctor/facts.ts';

export const EAGAIN = -11;
export const EACCES = -13;
export const EPERM = -1;
export const EINVAL = -22;
export const EROFS = -30;
export const ENOENT = -2;
export const ENOSYS = -38;
export const EOPNOTSUPP = -95;

export const file: FileProbe = { sent: 4096, lease: 0, cachedPages: 1 };
export const untried: FileProbe = { sent: null, lease: null, cachedPages: null };

const probe: MountProbe = {
  directory: 0, type: 0x58465342, typeName: 'xfs', mountId: 36, beneath: 0, cached: 0, unnamedFile: 0, own: file, leaseBreaks: EAGAIN,
  leaseBesideWriter: EAGAIN, cachedPagesDropped: 0, clone: 0, edits: 64, editsToldApart: 64, stampStepNs: 2_000, sample: 0, sampleOwner: 1000, existing: file,
};

const on = { state: 1, fixed: false };

export const ethernet: InterfaceFacts = {
  name: 'eth0', driver: 'ixgbe', up: true, loopback: false, kind: 'physical', addresses: ['192.0.2.2', 'fd00::2'], checksum: on, scatterGather: on, segmentation: on,
};

export const loopback: InterfaceFacts = { ...ethernet, name: 'lo', driver: '', loopback: true, kind: 'loopback', addresses: ['127.0.0.1', '::1'] };

const healthy: Facts = {
  directory: '/srv/site',
  kernel: { release: '6.18.4-generic', architecture: 'x64', sealing: 0, tls: -2, leasesEnabled: 1, leaseBreakSeconds: 45 },
  user: { uid: 1000, mayLease: false },
  mount: { probe, sample: 'index.html', line: { mountPoint: '/srv', type: 'xfs', source: '/dev/sdb1', options: ['rw', 'relatime'] } },
  limits: {
    openFiles: { soft: 1024, hard: 1_048_576 }, pendingSignals: 96_365, filesMax: 2 ** 63, openFilesMax: 1_048_576, backlogMax: 4096,
    sendBufferBytesMax: 4_194_304, overcommit: 0, machineCpus: 8, grantedCpus: 8, machineMemoryBytes: 16 * 2 ** 30, grantedMemoryBytes: 'unlimited',
  },
  interfaces: [loopback, ethernet],
};

export interface Spoilt {
  readonly kernel?: Partial<KernelFacts>;
  readonly user?: Partial<UserFacts>;
  readonly mount?: Partial<MountFacts>;
  readonly probe?: Partial<MountProbe>;
  readonly limits?: Partial<LimitFacts>;
  readonly interfaces?: Facts['interfaces'];
}

export function made(spoilt: Spoilt = {}): Facts {
  return {
    ...healthy,
    kernel: { ...healthy.kernel, ...spoilt.kernel },
    user: { ...healthy.user, ...spoilt.user },
    mount: { ...healthy.mount, ...spoilt.mount, probe: { ...probe, ...spoilt.probe } },
    limits: { ...healthy.limits, ...spoilt.limits },
    interfaces: spoilt.interfaces ?? healthy.interfaces,
  };
}

/** The probe of a directory that may not be written: no file of ours in it. */
export const unwritable: Partial<MountProbe> = {
  unnamedFile: EACCES, own: untried, leaseBreaks: null, leaseBesideWriter: null, cachedPagesDropped: null, clone: null, edits: 0, editsToldApart: 0, stampStepNs: 0,
};
