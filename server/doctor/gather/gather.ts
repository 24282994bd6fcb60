// Everything the doctor wants to know, found out by asking and trying. Judges nothing.
import { access, constants, stat } from 'node:fs/promises';
import { arch, cpus, release, totalmem } from 'node:os';
import { native } from '../../../native/index.ts';
import { grantedCpus, grantedMemory } from '../../cgroup.ts';
import type { Facts, KernelFacts, LimitFacts, MountFacts } from '../facts.ts';
import { mayLease, readNumbers, readText, resourceLimit } from './files.ts';
import { gatherInterfaces } from './interfaces.ts';
import { findMount } from './mountinfo.ts';
import { findSample } from './sample.ts';

function gatherKernel(): KernelFacts {
  return {
    release: release(),
    architecture: arch(),
    sealing: native.probeSealing(),
    tls: native.probeKernelTls(),
    leasesEnabled: readNumbers('fs/leases-enable')[0] ?? null,
    leaseBreakSeconds: readNumbers('fs/lease-break-time')[0] ?? null,
  };
}

function gatherMount(directory: string): MountFacts {
  const sample = findSample(directory);
  const probe = native.probeMount(directory, sample);
  return { probe, sample, line: findMount(readText('/proc/self/mountinfo') ?? '', probe.mountId) };
}

function gatherLimits(): LimitFacts {
  const limits = readText('/proc/self/limits') ?? '';
  const memory = grantedMemory();
  return {
    openFiles: resourceLimit(limits, 'Max open files'),
    pendingSignals: resourceLimit(limits, 'Max pending signals')?.soft ?? null,
    filesMax: readNumbers('fs/file-max')[0] ?? null,
    openFilesMax: readNumbers('fs/nr_open')[0] ?? null,
    backlogMax: readNumbers('net/core/somaxconn')[0] ?? null,
    sendBufferBytesMax: readNumbers('net/ipv4/tcp_wmem')[2] ?? null,
    overcommit: readNumbers('vm/overcommit_memory')[0] ?? null,
    machineCpus: cpus().length,
    grantedCpus: grantedCpus(),
    machineMemoryBytes: totalmem(),
    grantedMemoryBytes: memory === Infinity ? 'unlimited' : memory,
  };
}

/** Why `directory` cannot be looked into, in words; undefined: it can. */
export async function directoryFault(directory: string): Promise<string | undefined> {
  try {
    if (!(await stat(directory)).isDirectory()) return 'is not a directory';
    await access(directory, constants.X_OK);
    return undefined;
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException;
    if (code === 'ENOENT') return 'does not exist';
    if (code === 'ENOTDIR') return 'is not a directory';
    return code === 'EACCES' ? 'may not be entered: permission denied' : `cannot be looked into (${code ?? String(error)})`;
  }
}

export function gatherFacts(directory: string): Facts {
  return {
    directory,
    kernel: gatherKernel(),
    user: { uid: process.geteuid!(), mayLease: mayLease(readText('/proc/self/status') ?? '') },
    mount: gatherMount(directory),
    limits: gatherLimits(),
    interfaces: gatherInterfaces(),
  };
}
