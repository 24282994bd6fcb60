// Read leases: what the mount grants, and what it grants on files of others.
import { type Check, errorName, isError, limited, missing, ok, unknown, type Verdict } from '../check.ts';
import type { Facts } from '../facts.ts';
import { noFileOfOurs } from './unprobed.ts';

/** What takes the place of leases: copy, verify. */
export const UNPROTECTED = 'files of up to 8 MiB are copied into memory; larger ones are checked after they were sent, and the answer is reset when one changed on the way';

function judgeOwn({ mount: { probe } }: Facts): Verdict {
  if (probe.leaseBreaks === 0) return missing('granted, but a writer got in all the same');
  if (probe.leaseBesideWriter === 0) {
    const cost = 'stores through a mapping that a writer had before are not noticed';
    return limited("granted, but also beside a writer's mapping", { cost, cure: 'serve from the filesystem below, not through overlayfs (a volume, say)' });
  }
  return ok('granted; a writer is held back until we let go');
}

/** Granted on the file that is there; what it is worth can be seen only on one of ours. */
function judgeUnwritable({ mount }: Facts): Verdict {
  const found = `granted on ${mount.sample}; whether a writer is held back was ${noFileOfOurs(mount)}`;
  // Measured, and not to be tried here: the upper directory is written behind its back as well.
  if (mount.probe.typeName !== 'overlay') return ok(found);
  return limited(found, { cost: 'stores through mappings, and writes below overlayfs, are not noticed', cure: 'serve from the filesystem below (a volume, say)' });
}

function judgeLease(facts: Facts): Verdict {
  const { probe } = facts.mount;
  const own = probe.own.lease;
  if (own === 0) return judgeOwn(facts);
  const lease = own ?? probe.existing.lease;
  if (lease === null) return unknown(noFileOfOurs(facts.mount));
  if (lease === 0) return judgeUnwritable(facts);
  if (isError(lease, 'EACCES')) return unknown(`${noFileOfOurs(facts.mount)}, and the file in it is not ours`);
  if (isError(lease, 'EAGAIN')) return unknown(`${noFileOfOurs(facts.mount)}, and the file in it is open for writing`);
  if (isError(lease, 'EINVAL')) return missing(facts.kernel.leasesEnabled === 0 ? 'switched off (fs.leases-enable is 0)' : 'refused by the mount (EINVAL)');
  return missing(`refused with ${errorName(lease)}`);
}

function judgeForeign({ mount: { probe, sample }, user }: Facts): Verdict {
  const { lease } = probe.existing;
  if (sample === '') return unknown('not probed: there is no file in the directory');
  if (lease === null) return unknown(probe.sample === null || probe.sample === 0 ? 'not probed' : `not probed: ${sample} cannot be opened (${errorName(probe.sample)})`);
  if (lease === 0) return ok(`granted on ${sample}${user.mayLease && probe.sampleOwner !== user.uid ? ', by CAP_LEASE' : ''}`);
  if (isError(lease, 'EACCES')) {
    const cure = `run as uid ${probe.sampleOwner}, or own the files (COPY --chown=${user.uid}), or grant CAP_LEASE (setcap cap_lease+ep; --cap-add LEASE in a container that runs as root)`;
    return missing(`${sample} belongs to uid ${probe.sampleOwner}; we are uid ${user.uid} without CAP_LEASE`, { cure });
  }
  if (isError(lease, 'EAGAIN')) return limited(`${sample} is open for writing`, { cure: 'none needed: files that nobody writes are not concerned' });
  return missing(`refused on ${sample} with ${errorName(lease)}`);
}

export const leaseChecks: readonly Check[] = [
  { name: 'read lease', cost: UNPROTECTED, cure: 'serve from a local filesystem', judge: judgeLease },
  { name: 'lease on files', cost: UNPROTECTED, cure: 'see read lease', judge: judgeForeign },
];
