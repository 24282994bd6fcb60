// What the kernel allows wherever the files are.
import { type Check, errorName, isError, isKernelFrom, limited, missing, ok, refusedCall, unknown } from '../check.ts';
import { UNPROTECTED } from './lease.ts';

/** The oldest kernel that is tested. */
const OLDEST: readonly [number, number] = [5, 15];
/** Seconds that a parked answer may need to drain before a writer is let in by force. */
const LEASE_BREAK_SECONDS_MIN = 5;

export const kernelChecks: readonly Check[] = [
  {
    name: 'kernel',
    cost: 'some system calls are missing: slower ones take their place',
    cure: 'a kernel from 5.15',
    judge: ({ kernel }) => {
      const found = `Linux ${kernel.release}, ${kernel.architecture}`;
      return isKernelFrom(kernel.release, OLDEST) ? ok(found) : limited(found);
    },
  },
  {
    name: 'contained open',
    cost: 'a path is opened name by name, and no symbolic link is followed',
    cure: 'a kernel from 5.6',
    judge: (facts) => {
      const { beneath } = facts.mount.probe;
      if (beneath === 0) return ok('openat2 with RESOLVE_BENEATH opens "." and refuses ".."');
      return beneath === null ? unknown('not probed') : refusedCall(facts, beneath, [5, 6]);
    },
  },
  {
    name: 'sealed memory',
    cost: 'no arena: hot small files are opened and sent by sendfile, which costs more than a copy below 16 KiB',
    cure: 'allow memfd_create, and let vm.memfd_noexec be 0 or 1',
    judge: ({ kernel: { sealing } }) => (sealing === 0 ? ok('a sealed memfd refuses to be written') : missing(`refused with ${errorName(sealing)}`)),
  },
  {
    name: 'kernel TLS',
    cost: 'what is sent by TLS is read and encrypted in user space, with or without it: nothing here uses it yet',
    cure: 'nothing needs one',
    judge: ({ kernel: { tls } }) => {
      if (tls === 0) return ok('the kernel has it (TCP_ULP); TLS is encrypted in user space all the same');
      return isError(tls, 'ENOENT') ? ok('none (ENOENT); TLS is encrypted in user space') : unknown(`refused with ${errorName(tls)}`);
    },
  },
  {
    name: 'leases',
    cost: UNPROTECTED,
    cure: 'sysctl fs.leases-enable=1',
    judge: ({ kernel: { leasesEnabled } }) => {
      if (leasesEnabled === null) return unknown('fs.leases-enable cannot be read');
      return leasesEnabled === 1 ? ok('enabled (fs.leases-enable)') : missing('switched off (fs.leases-enable is 0)');
    },
  },
  {
    name: 'lease break time',
    cost: 'a writer is let in by force before the answers under way are done: those are reset',
    cure: 'sysctl fs.lease-break-time=45',
    judge: ({ kernel: { leaseBreakSeconds } }) => {
      if (leaseBreakSeconds === null) return unknown('fs.lease-break-time cannot be read');
      if (leaseBreakSeconds === 0) return ok('no writer is let in by force (0)');
      const found = `a writer is let in by force after ${leaseBreakSeconds} s`;
      return leaseBreakSeconds >= LEASE_BREAK_SECONDS_MIN ? ok(found) : limited(found);
    },
  },
];
