// What the doctor knows before it judges: found out by gather.ts, made up in tests. Null: it could not be read.
import type { InterfaceProbe, MountProbe } from '../../native/probes.ts';

export type Bound = number | 'unlimited';

export interface KernelFacts {
  /** As uname(2) has it: 6.18.44-generic. */
  readonly release: string;
  readonly architecture: string;
  /** 0, or the -errno at which a memfd could not be filled, mapped and sealed. */
  readonly sealing: number;
  /** 0, or why there is no TLS in the kernel: -errno. */
  readonly tls: number;
  /** /proc/sys/fs/leases-enable, and lease-break-time in seconds. */
  readonly leasesEnabled: number | null;
  readonly leaseBreakSeconds: number | null;
}

export interface UserFacts {
  readonly uid: number;
  /** CAP_LEASE is effective: leases on everybody's files. */
  readonly mayLease: boolean;
}

/** One line of /proc/self/mountinfo (proc_pid_mountinfo(5)). */
export interface MountLine {
  readonly mountPoint: string;
  readonly type: string;
  readonly source: string;
  /** Of this mount, then of its filesystem, without repetitions. */
  readonly options: readonly string[];
}

export interface MountFacts {
  readonly probe: MountProbe;
  readonly line: MountLine | null;
  /** An existing file below the directory, relative; '' where none was found. */
  readonly sample: string;
}

export interface LimitFacts {
  readonly openFiles: { readonly soft: Bound; readonly hard: Bound } | null;
  readonly pendingSignals: Bound | null;
  /** fs.file-max and fs.nr_open. */
  readonly filesMax: number | null;
  readonly openFilesMax: number | null;
  /** net.core.somaxconn. */
  readonly backlogMax: number | null;
  /** Third number of net.ipv4.tcp_wmem, in bytes. */
  readonly sendBufferBytesMax: number | null;
  /** vm.overcommit_memory: 0, 1 or 2. */
  readonly overcommit: number | null;
  /** CPUs of the machine, and those that affinity and cgroup grant. */
  readonly machineCpus: number;
  readonly grantedCpus: number;
  readonly machineMemoryBytes: number;
  readonly grantedMemoryBytes: Bound;
}

export type InterfaceKind = 'loopback' | 'veth' | 'virtio' | 'paravirtual' | 'bridge' | 'stacked' | 'tunnel' | 'physical' | 'virtual';

export interface InterfaceFacts extends InterfaceProbe {
  readonly kind: InterfaceKind;
  /** Numeric; empty where it carries none (a bridge's port, say) or has no link. */
  readonly addresses: readonly string[];
}

export interface Facts {
  readonly directory: string;
  readonly kernel: KernelFacts;
  readonly user: UserFacts;
  readonly mount: MountFacts;
  readonly limits: LimitFacts;
  /** Those that are up; a negative number: -errno. */
  readonly interfaces: readonly InterfaceFacts[] | number;
}
