// What native/probe.h and native/probe_network.h find out, as TypeScript sees it.

/** Null: not tried, for want of a file to try it on. Negative: -errno. What else it says is told at each field. */
export type Outcome = number | null;

export interface FileProbe {
  /** sendfile(2): bytes that arrived unchanged. */
  readonly sent: Outcome;
  /** 0: a read lease was granted, and given back. */
  readonly lease: Outcome;
  /** cachestat(2) of a page that was just read: at least 1 where it works. */
  readonly cachedPages: Outcome;
}

export interface MountProbe {
  /** 0, or why the directory could not be opened: then nothing else was tried. */
  readonly directory: number;
  /** statfs(2): f_type, and its name, '' where it is not known. */
  readonly type: number;
  readonly typeName: string;
  /** First field of the mount's line in /proc/self/mountinfo; -1: not known. */
  readonly mountId: number;
  /** openat2 with RESOLVE_BENEATH: 0 when it let "." in and kept ".." out. */
  readonly beneath: Outcome;
  /** openat2 with RESOLVE_CACHED of a name in the cache: 0. */
  readonly cached: Outcome;
  /** O_TMPFILE: 0. The next seven need such a file. */
  readonly unnamedFile: Outcome;
  readonly own: FileProbe;
  /** A writer that opens a leased file: -EAGAIN where it is held back, 0 where it got in. */
  readonly leaseBreaks: Outcome;
  /** A lease beside a writable mapping: -EAGAIN where it is refused, 0 where it is granted all the same. */
  readonly leaseBesideWriter: Outcome;
  /** cachestat(2) after POSIX_FADV_DONTNEED: 0 where pages can be dropped. */
  readonly cachedPagesDropped: Outcome;
  /** FICLONE: 0. */
  readonly clone: Outcome;
  /** Edits made, those of them that moved ctime, and its smallest step in nanoseconds (0: none seen). */
  readonly edits: number;
  readonly editsToldApart: number;
  readonly stampStepNs: number;
  /** Opening the existing file: 0. Its owner's uid, -1: not known. */
  readonly sample: Outcome;
  readonly sampleOwner: number;
  readonly existing: FileProbe;
}

export interface Offload {
  /** 1 on, 0 off, or -errno: the driver does not say. */
  readonly state: number;
  /** Not to be changed by `ethtool -K`. */
  readonly fixed: boolean;
}

export interface InterfaceProbe {
  readonly name: string;
  /** As the driver calls itself; '' where it does not. */
  readonly driver: string;
  readonly up: boolean;
  readonly loopback: boolean;
  /** TX checksum, scatter-gather, TSO. */
  readonly checksum: Offload;
  readonly scatterGather: Offload;
  readonly segmentation: Offload;
}

export interface Probes {
  /** Tries things out in `directory` and on `sample`, an existing file below it (relative), or ''. Blocks: not for a loop thread. */
  probeMount(directory: string, sample: string): MountProbe;
  /** 0, or the -errno of the first step at which a memfd could not be filled, mapped and sealed. */
  probeSealing(): number;
  /** Whether the kernel encrypts what is sent (kTLS): 0, or -errno; ENOENT: it does not. */
  probeKernelTls(): number;
  listInterfaces(): readonly InterfaceProbe[] | number;
}
