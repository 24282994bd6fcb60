// What the mount of the directory allows. Tried on an unnamed file of ours where the directory may be written, and on
// one file that is there.
import type { FileProbe, Outcome } from '../../../native/probes.ts';
import { type Check, errorName, isError, limited, missing, ok, refusedCall, unknown, type Verdict } from '../check.ts';
import type { Facts, MountFacts } from '../facts.ts';
import { leaseChecks } from './lease.ts';
import { noFileOfOurs } from './unprobed.ts';

function noFile(mount: MountFacts): string {
  return mount.sample === '' ? `${noFileOfOurs(mount)}, and there is no file in it to try it on` : noFileOfOurs(mount);
}

/** What was seen on our own file; else on the one that is there. */
function seen({ probe }: MountFacts, of: (file: FileProbe) => Outcome): Outcome {
  return of(probe.own) ?? of(probe.existing);
}

function judgeSendfile({ mount }: Facts): Verdict {
  const sent = seen(mount, (file) => file.sent);
  if (sent === null) return unknown(noFile(mount));
  return sent > 0 ? ok(`${sent} bytes arrived as they are in the file`) : missing(sent === 0 ? 'nothing arrived' : `refused with ${errorName(sent)}`);
}

function judgeCachedOpen(facts: Facts): Verdict {
  const { cached } = facts.mount.probe;
  if (cached === 0) return ok('openat2 with RESOLVE_CACHED answers at once');
  if (cached === null) return unknown('not probed: there is no file to look up');
  if (isError(cached, 'EAGAIN')) return limited('names never stay in the cache of this mount', { cure: 'serve from a local filesystem' });
  return isError(cached, 'EINVAL') ? missing('not known to this kernel') : refusedCall(facts, cached, [5, 12]);
}

const NOT_THROUGH_OVERLAY = 'serve from the filesystem below, not through overlayfs (a volume, say)';

/** The pages of files that we neither own nor may write are not counted for us (mm/filemap.c, can_do_cachestat). */
function censusOfForeign({ mount: { probe, sample }, user }: Facts): Verdict | undefined {
  if (!isError(probe.existing.cachedPages, 'EPERM') || isError(probe.own.cachedPages, 'EPERM')) return undefined;
  const found = `refused on ${sample}: it belongs to uid ${probe.sampleOwner}, and we, uid ${user.uid}, may not write it`;
  return missing(found, { cure: `own the files (COPY --chown=${user.uid})` });
}

function judgePageCensus(facts: Facts): Verdict {
  const pages = seen(facts.mount, (file) => file.cachedPages);
  const dropped = facts.mount.probe.cachedPagesDropped;
  const foreign = censusOfForeign(facts);
  if (pages === null) return unknown(noFile(facts.mount));
  if (pages < 0) return foreign ?? refusedCall(facts, pages, [6, 5]);
  if (pages === 0) return missing('cachestat counts 0 pages of a file that was just read', { cure: NOT_THROUGH_OVERLAY });
  if (dropped === null) return limited(`cachestat counts pages; whether they can be dropped was ${noFileOfOurs(facts.mount)}`);
  if (dropped < 0) return limited(`cachestat counts pages; dropping them was refused with ${errorName(dropped)}`);
  if (dropped > 0) return limited('cachestat counts pages, but they cannot be dropped', { cure: 'serve from a disk filesystem, not from tmpfs' });
  return foreign ?? ok('cachestat counts pages, and sees them dropped');
}

function judgeReflink({ mount }: Facts): Verdict {
  const { clone } = mount.probe;
  if (clone === null) return unknown(noFileOfOurs(mount));
  return clone === 0 ? ok('FICLONE makes a private copy without copying') : missing(`FICLONE is refused with ${errorName(clone)}`);
}

function judgeUnnamedFile({ mount }: Facts): Verdict {
  const { unnamedFile } = mount.probe;
  if (unnamedFile === 0) return ok('O_TMPFILE opens a file without a name');
  return isError(unnamedFile, 'EOPNOTSUPP', 'EISDIR', 'ENOENT') ? missing('O_TMPFILE is refused by the mount') : unknown(noFileOfOurs(mount));
}

function milliseconds(nanoseconds: number): string {
  return `${Number((nanoseconds / 1e6).toFixed(nanoseconds < 1e6 ? 3 : 1))} ms`;
}

function judgeTimestamps({ mount }: Facts): Verdict {
  const { edits, editsToldApart, stampStepNs } = mount.probe;
  if (edits === 0) return unknown(noFileOfOurs(mount));
  const counted = `${editsToldApart} of ${edits} edits told apart by ctime`;
  if (editsToldApart === edits) return ok(`${counted} (multigrain)`);
  return limited(stampStepNs > 0 ? `${counted}, which moves every ${milliseconds(stampStepNs)}` : `${counted}, which did not move in 40 ms`);
}

function judgeFilesystem({ mount: { line, probe, sample } }: Facts): Verdict {
  const triedOn = sample === '' ? '' : `; tried on ${sample}`;
  if (line) return ok(`${line.type} from ${line.source} at ${line.mountPoint} (${line.options.join(',')})${triedOn}`);
  const type = probe.typeName === '' ? `type 0x${probe.type.toString(16)}` : probe.typeName;
  return unknown(`${type}, on a mount that /proc/self/mountinfo does not list${triedOn}`);
}

export const mountChecks: readonly Check[] = [
  { name: 'filesystem', cost: 'source and options of the mount are not shown; nothing else', cure: 'mount /proc', judge: judgeFilesystem },
  { name: 'sendfile', cost: 'bodies are read and sent as copies: 1 MiB takes 355 µs of CPU instead of 131', cure: 'serve from another filesystem', judge: judgeSendfile },
  { name: 'cached open', cost: 'every look at a path takes a turn in the thread pool', cure: 'a kernel from 5.12', judge: judgeCachedOpen },
  ...leaseChecks,
  {
    name: 'page census',
    cost: 'a client behind a veth or bridge counts as on this host: it gets copies (1 MiB: 241 µs of CPU instead of 131)',
    cure: 'a directory that we may write, to find out',
    judge: judgePageCensus,
  },
  {
    name: 'reflink',
    cost: 'a snapshot of a file that is rewritten while it is sent is a copy in memory: the writer waits 0.46 ms a MiB',
    cure: 'guard.snapshotDir on XFS or Btrfs, on the same filesystem as the files',
    judge: judgeReflink,
  },
  { name: 'unnamed files', cost: 'snapshots and the store of a cache need another directory', cure: 'ext4, XFS, Btrfs or tmpfs', judge: judgeUnnamedFile },
  {
    name: 'timestamps',
    cost: 'two edits within one step look like one to fstat: files above 8 MiB, which are not hashed, have weak ETags while changed under 2 s ago',
    cure: 'a kernel from 6.13 with ext4, XFS, Btrfs or tmpfs',
    judge: judgeTimestamps,
  },
];
