// deploy/seccomp.json as it should be, in the format of runc, containerd, CRI-O and Docker (OCI runtime specification, config-linux,
// seccomp). Print it: node dist/test/6-deploy/seccomp-print.js > deploy/seccomp.json
import { libcCalls, namedIn, runtimeCalls } from './seccomp-calls.ts';

export interface Condition {
  readonly index: number;
  readonly op: 'SCMP_CMP_EQ' | 'SCMP_CMP_MASKED_EQ';
  /** The value; of MASKED_EQ the mask. */
  readonly value: number;
  /** Of MASKED_EQ: what is left behind the mask. */
  readonly valueTwo?: number;
}

export interface Rule {
  readonly names: readonly string[];
  readonly action: 'SCMP_ACT_ALLOW';
  readonly comment: string;
  readonly args?: readonly Condition[];
}

export interface Profile {
  readonly defaultAction: 'SCMP_ACT_ERRNO';
  readonly defaultErrnoRet: number;
  readonly architectures: readonly string[];
  readonly syscalls: readonly Rule[];
}

/** As of a kernel that does not have the call: whoever can do without it does. */
const ENOSYS = 38;
const FAMILIES = { AF_UNIX: 1, AF_INET: 2, AF_INET6: 10, AF_NETLINK: 16 };
/** All CLONE_NEW* that clone(2) takes. */
const NEW_NAMESPACES = 0x7e02_0000;

/** Calls that are allowed under a condition only. */
const narrowed = new Set(['socket', 'clone']);

/** What native/ asks the kernel for. @throws where a libc function has no row */
export function nativeCalls(folder: string): string[] {
  const { functions, numbers } = namedIn(folder);
  const calls = new Set(numbers);
  for (const name of functions) {
    const row = libcCalls[name];
    if (!row) throw new Error(`native/ calls ${name}(), which has no row in test/6-deploy/seccomp-calls.ts`);
    for (const call of row) calls.add(call);
  }
  return [...calls].sort();
}

/** @param folder native/, with a slash at its end. */
export function profileOf(folder: string): Profile {
  const allow = (comment: string, names: readonly string[], args?: readonly Condition[]): Rule => ({ names, action: 'SCMP_ACT_ALLOW', comment, ...(args && { args }) });
  return {
    defaultAction: 'SCMP_ACT_ERRNO',
    defaultErrnoRet: ENOSYS,
    architectures: ['SCMP_ARCH_X86_64', 'SCMP_ARCH_AARCH64'],
    syscalls: [
      allow('what the engine asks the kernel for: read from native/', nativeCalls(folder).filter((name) => !narrowed.has(name))),
      ...runtimeCalls.map(({ comment, names }) => allow(comment, [...new Set(names)].sort())),
      ...Object.entries(FAMILIES).map(([family, value]) => allow(`sockets of ${family}`, ['socket'], [{ index: 0, op: 'SCMP_CMP_EQ', value }])),
      allow('threads and processes, without a namespace of their own', ['clone'], [{ index: 0, op: 'SCMP_CMP_MASKED_EQ', value: NEW_NAMESPACES, valueTwo: 0 }]),
    ],
  };
}

export function profileText(folder: string): string {
  return `${JSON.stringify(profileOf(folder), undefined, 2).replaceAll(/\[\n\s+("[^[\]{}]*?")\n\s+\]/g, (_, items: string) => `[${items.replaceAll(/\n\s+/g, ' ')}]`)}\n`;
}
