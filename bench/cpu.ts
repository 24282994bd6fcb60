/** What the kernel has accounted to a process or a core: the only clock of this bench (wall time is the load's business). */
import { readdirSync, readFileSync } from 'node:fs';

/** USER_HZ is 100 on every Linux port that Node runs on; the unit of /proc/PID/stat and /proc/stat. */
const NANOSECONDS_PER_TICK = 10_000_000;
const TICKS_PER_SECOND = 100;
// proc(5), /proc/PID/stat counted after the ")" that ends the command name: utime is field 14, stime 15, ppid 4.
const PARENT_FIELD = 1;
const UTIME_FIELD = 11;
const STIME_FIELD = 12;
const CHILDREN_UTIME_FIELD = 13;
const CHILDREN_STIME_FIELD = 14;

function statFields(pid: number): string[] {
  const text = readFileSync(`/proc/${pid}/stat`, 'latin1');
  return text.slice(text.lastIndexOf(')') + 2).split(' ');
}

/**
 * CPU time of all threads of a process, in ns: the first number of each thread's schedstat (sum_exec_runtime), the source
 * that utime + stime are scaled from, without their 10 ms steps. A thread that ends takes its share along; servers keep
 * theirs. Without CONFIG_SCHED_INFO: utime + stime.
 */
export function processCpuNanoseconds(pid: number): number {
  let total = 0;
  try {
    for (const thread of readdirSync(`/proc/${pid}/task`)) {
      const [runtime] = readFileSync(`/proc/${pid}/task/${thread}/schedstat`, 'latin1').split(' ');
      total += Number(runtime);
    }
    return total;
  } catch {
    const fields = statFields(pid);
    return (Number(fields[UTIME_FIELD]) + Number(fields[STIME_FIELD])) * NANOSECONDS_PER_TICK;
  }
}

/** CPU time of the bench itself and of its children that have ended: after a run, what the load generator took. */
export function ownCpuSeconds(): number {
  const fields = statFields(process.pid);
  const ticks = [UTIME_FIELD, STIME_FIELD, CHILDREN_UTIME_FIELD, CHILDREN_STIME_FIELD].map((field) => Number(fields[field]));
  return ticks.reduce((sum, value) => sum + value, 0) / TICKS_PER_SECOND;
}

export function childrenOf(pid: number): number[] {
  const children: number[] = [];
  for (const name of readdirSync('/proc')) {
    const candidate = Number(name);
    if (!Number.isInteger(candidate)) continue;
    try {
      if (Number(statFields(candidate)[PARENT_FIELD]) === pid) children.push(candidate);
    } catch {
      // It ended between readdir and read.
    }
  }
  return children;
}

export interface CoreTime {
  /** Everything but idle, iowait and steal. */
  readonly busySeconds: number;
  /** Of that, interrupts and softirqs: network work that is charged to no process, or to whoever happened to run. */
  readonly interruptSeconds: number;
}

/** System-wide time of one core since boot, in steps of 10 ms (proc(5), /proc/stat). */
export function coreTime(core: number): CoreTime {
  const line = readFileSync('/proc/stat', 'latin1')
    .split('\n')
    .find((text) => text.startsWith(`cpu${core} `));
  if (line === undefined) throw new Error(`/proc/stat has no cpu${core}`);
  const ticks = line.split(' ').slice(1).map(Number);
  const [user = 0, nice = 0, system = 0, , , irq = 0, softirq = 0] = ticks;
  return {
    busySeconds: (user + nice + system + irq + softirq) / TICKS_PER_SECOND,
    interruptSeconds: (irq + softirq) / TICKS_PER_SECOND,
  };
}

/** VmRSS in bytes. */
export function residentBytes(pid: number): number {
  const match = /^VmRSS:\s+(\d+) kB$/m.exec(readFileSync(`/proc/${pid}/status`, 'latin1'));
  if (match === null) throw new Error(`no VmRSS for process ${pid}`);
  return Number(match[1]) * 1024;
}

export interface Cores {
  readonly load: number;
  readonly server: number;
}

/** The first two CPUs we are allowed on (0 for the load, 1 for the server), or null when there is only one. */
export function twoCores(): Cores | null {
  const match = /^Cpus_allowed_list:\s+(.+)$/m.exec(readFileSync('/proc/self/status', 'latin1'));
  const allowed: number[] = [];
  for (const range of (match?.[1] ?? '').split(',')) {
    const [first, last = first] = range.split('-').map(Number);
    for (let core = first ?? 0; core <= (last ?? -1); core += 1) allowed.push(core);
  }
  const [load, server] = allowed;
  return load === undefined || server === undefined ? null : { load, server };
}

/**
 * The kernel threads that take over a core's softirqs when there are many (network work, not a neighbour's), or none when
 * a PID namespace hides them.
 */
export function softirqThreads({ load, server }: Cores): number[] {
  const names = [`ksoftirqd/${load}`, `ksoftirqd/${server}`];
  const isOne = (pid: string): boolean => {
    try {
      return names.includes(readFileSync(`/proc/${pid}/comm`, 'latin1').trimEnd());
    } catch {
      return false;
    }
  };
  return readdirSync('/proc')
    .filter((name) => /^\d+$/.test(name) && isOne(name))
    .map(Number);
}
