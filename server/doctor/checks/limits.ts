// What this process may take of the machine.
import { loopLimits } from '../../limits.ts';
import { type Check, limited, ok, sizeText, unknown, type Verdict } from '../check.ts';
import type { Bound, Facts } from '../facts.ts';

/** What listen(2) is asked for (native/listen.h). */
const BACKLOG = 4096;
/** An idle server with one worker takes up to 110 MB; as much again for what it sends. */
const MEMORY_BYTES_MIN = 256 * 2 ** 20;
/** The kernel's own default where memory is not scarce. */
const SEND_BUFFER_BYTES_MIN = 4 * 2 ** 20;
/** As many lease breaks as may be told one by one; more turn into one scan. */
const PENDING_SIGNALS_MIN = 1024;

const atLeast = (bound: Bound, least: number): boolean => bound === 'unlimited' || bound >= least;

function judgeOpenFiles({ limits: { openFiles, openFilesMax } }: Facts): Verdict {
  if (!openFiles) return unknown('/proc/self/limits cannot be read');
  const { soft, hard } = openFiles;
  const found = soft === hard ? String(hard) : `${hard} (${soft} until we raise it at start)`;
  if (atLeast(hard, loopLimits.connectionsMax)) return ok(found);
  const most = openFilesMax === null ? '' : `, up to ${openFilesMax} (fs.nr_open)`;
  return limited(found, { cure: `a higher hard limit: ulimit -Hn, LimitNOFILE= of systemd, docker --ulimit nofile${most}` });
}

function judgeCpus({ limits: { machineCpus, grantedCpus } }: Facts): Verdict {
  const found = `${grantedCpus} of ${machineCpus}: ${grantedCpus === 1 ? '1 worker' : `${grantedCpus} workers`} unless --workers says otherwise`;
  return grantedCpus < machineCpus ? limited(found) : ok(found);
}

function judgeMemory({ limits: { machineMemoryBytes, grantedMemoryBytes } }: Facts): Verdict {
  const machine = sizeText(machineMemoryBytes);
  // A limit above what there is limits nothing.
  if (grantedMemoryBytes === 'unlimited' || grantedMemoryBytes >= machineMemoryBytes) return ok(`${machine}, no limit by the cgroup`);
  const found = `${sizeText(grantedMemoryBytes)} of ${machine} granted by the cgroup`;
  return grantedMemoryBytes >= MEMORY_BYTES_MIN ? ok(found) : limited(found);
}

function judgeSendBuffer({ limits: { sendBufferBytesMax } }: Facts): Verdict {
  if (sendBufferBytesMax === null) return unknown('net.ipv4.tcp_wmem cannot be read');
  const found = `up to ${sizeText(sendBufferBytesMax)} a connection (net.ipv4.tcp_wmem)`;
  if (sendBufferBytesMax >= SEND_BUFFER_BYTES_MIN) return ok(found);
  return limited(found, { cost: `one connection carries at most that much a round trip: ${sizeText(sendBufferBytesMax * 10)}/s at 100 ms` });
}

function judgePendingSignals({ limits: { pendingSignals } }: Facts): Verdict {
  if (pendingSignals === null) return unknown('/proc/self/limits cannot be read');
  return atLeast(pendingSignals, PENDING_SIGNALS_MIN) ? ok(String(pendingSignals)) : limited(String(pendingSignals));
}

function judgeFilesMax({ limits: { filesMax, openFiles } }: Facts): Verdict {
  if (filesMax === null) return unknown('fs.file-max cannot be read');
  const ours = openFiles?.hard ?? 0;
  // systemd sets it to 2^63 - 1.
  const found = `${filesMax > Number.MAX_SAFE_INTEGER ? 'no limit' : filesMax} (fs.file-max)`;
  return ours !== 'unlimited' && filesMax >= ours ? ok(found) : limited(found);
}

const OVERCOMMIT = ['heuristic', 'always', 'never'];

function judgeOvercommit({ limits: { overcommit } }: Facts): Verdict {
  if (overcommit === null) return unknown('vm.overcommit_memory cannot be read');
  const found = `${OVERCOMMIT[overcommit] ?? 'mode'} (vm.overcommit_memory is ${overcommit})`;
  return overcommit === 2 ? limited(found) : ok(found);
}

export const limitChecks: readonly Check[] = [
  {
    name: 'open files',
    cost: 'each connection takes one, each open file one: at the limit the longest idle connections are closed to let new ones in',
    cure: 'mount /proc',
    judge: judgeOpenFiles,
  },
  { name: 'files in all', cost: 'accept and open fail with ENFILE before our own limit is reached', cure: 'sysctl fs.file-max', judge: judgeFilesMax },
  {
    name: 'listen backlog',
    cost: 'in a burst, connections above it are dropped, and tried again by the client after 1 s',
    cure: `sysctl net.core.somaxconn=${BACKLOG}`,
    judge: ({ limits: { backlogMax } }) => {
      if (backlogMax === null) return unknown('net.core.somaxconn cannot be read');
      const found = `${backlogMax} (net.core.somaxconn)`;
      return backlogMax >= BACKLOG ? ok(found) : limited(found);
    },
  },
  { name: 'send buffer', cost: 'how much one connection carries a round trip is not known', cure: 'sysctl net.ipv4.tcp_wmem="4096 16384 4194304"', judge: judgeSendBuffer },
  { name: 'CPUs', cost: 'as many workers as CPUs are granted, and no more throughput than theirs', cure: 'a larger cpu.max or cpuset (docker --cpus, Kubernetes limits.cpu)', judge: judgeCpus },
  {
    name: 'memory',
    cost: 'cached pages of the files are on the same account: they are dropped and read from disk again; sealed memory cannot be',
    cure: `at least ${sizeText(MEMORY_BYTES_MIN)} (memory.max, docker --memory, Kubernetes limits.memory)`,
    judge: judgeMemory,
  },
  { name: 'overcommit', cost: 'private copies of files may be refused (ENOMEM) while memory is free', cure: 'sysctl vm.overcommit_memory=0', judge: judgeOvercommit },
  { name: 'pending signals', cost: 'a burst of lease breaks is found by looking at every lease instead of being told one by one', cure: `ulimit -i ${PENDING_SIGNALS_MIN}`, judge: judgePendingSignals },
];
