// deploy/seccomp.json: it is what the source makes of it, it names every call of the engine, a server lives under it, and nothing that a
// server was seen to ask for is outside of it.
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import t, { type Test } from 'tap';
import { ROOT, run, textOf, without } from './places.ts';
import { keptOut, libcCalls, namedIn } from './seccomp-calls.ts';
import { nativeCalls, profileText, type Profile, type Rule } from './seccomp-profile.ts';
import { session } from './session.ts';

const NATIVE = `${ROOT}native/`;
const profile = JSON.parse(textOf('deploy/seccomp.json')) as Profile;
const allowed = new Set(profile.syscalls.flatMap(({ names }) => names));
/** What a process that was taken over would ask for next. */
const NEVER = [
  'bpf', 'chroot', 'delete_module', 'finit_module', 'init_module', 'ioperm', 'iopl', 'kexec_load', 'keyctl', 'mount', 'move_mount', 'name_to_handle_at', 'open_by_handle_at', 'perf_event_open', 'personality', 'pidfd_getfd',
  'pivot_root', 'process_vm_readv', 'process_vm_writev', 'ptrace', 'reboot', 'request_key', 'setns', 'swapon', 'syslog', 'umount2', 'unshare', 'userfaultfd',
];

t.test('the profile is what the source makes of it', (t) => {
  t.equal(textOf('deploy/seccomp.json'), profileText(NATIVE), 'run: node dist/test/6-deploy/seccomp-print.js > deploy/seccomp.json');
  t.end();
});

t.test('it names every call of the engine', (t) => {
  const { functions, numbers } = namedIn(NATIVE);
  t.ok(functions.size > 40 && numbers.size > 3, `${functions.size} functions and ${numbers.size} calls were found`);
  t.same([...functions].filter((name) => !libcCalls[name]), [], 'each has a row');
  for (const name of nativeCalls(NATIVE)) t.ok(allowed.has(name), name);
  // Those whose refusal costs what the documents say, and is easily overlooked.
  for (const name of ['openat2', 'cachestat', 'memfd_create', 'sendfile', 'sync_file_range', 'preadv2', 'rt_sigtimedwait']) t.ok(allowed.has(name), name);
  t.end();
});

t.test('and nothing that goes past it, or past the process', (t) => {
  for (const name of [...NEVER, ...Object.keys(keptOut)]) t.notOk(allowed.has(name), name);
  for (const { names, args } of profile.syscalls) t.equal(names.includes('clone') || names.includes('socket'), args !== undefined, `${names.join(' ')}: narrowed where it has to be`);
  t.equal(profile.defaultAction, 'SCMP_ACT_ERRNO');
  t.end();
});

t.test('a server lives under it', { skip: without('cc') }, async (t) => {
  t.same(await session(t, [confine(t)]), { code: 0, signal: null });
});

t.test('under it there is no new namespace, and no socket of another family', { skip: without('cc', 'unshare') }, (t) => {
  const program = confine(t);
  t.equal(run(program, ['true']).status, 0);
  t.match(run(program, ['unshare', '-U', 'true']), { status: 1, text: /Function not implemented/ });
  const asked = run(program, ['python3', '-c', 'import socket; socket.socket(socket.AF_UNIX); socket.socket(38, socket.SOCK_SEQPACKET)']);
  t.equal(asked.status, 1);
  t.match(asked.text, /Function not implemented/, 'AF_ALG');
  t.end();
});

t.test('what strace sees of a server is in it', { skip: without('strace') }, async (t) => {
  const folder = mkdtempSync(join(tmpdir(), 'census-'));
  t.teardown(() => rmSync(folder, { recursive: true, force: true }));
  t.same(await session(t, ['strace', '-f', '-qq', '-e', 'signal=none', '-o', join(folder, 'calls')]), { code: 0, signal: null });
  const seen = new Set([...readFileSync(join(folder, 'calls'), 'latin1').matchAll(/^\d+ +([a-z0-9_]+)\(/gm)].map(([, name]) => name!));
  t.ok(seen.size > 50, `${seen.size} calls were seen`);
  // An older strace shows numbers that it has no name for.
  const outside = [...seen].filter((name) => !allowed.has(name) && !keptOut[name] && !name.startsWith('syscall_'));
  t.same(outside, []);
});

/** @returns the loader, for one architecture: this one. */
function confine(t: Test): string {
  const folder = mkdtempSync(join(tmpdir(), 'confine-'));
  t.teardown(() => rmSync(folder, { recursive: true, force: true }));
  writeFileSync(join(folder, 'rules.h'), profile.syscalls.flatMap((rule) => rule.names.map((name) => `#ifdef SYS_${name}\nRULE(${name}, ${conditionOf(rule)})\n#endif\n`)).join(''));
  const program = join(folder, 'confine');
  const { status, text } = run('cc', ['-O1', '-Wall', '-Werror', `-DERRNO=${profile.defaultErrnoRet}`, `-I${folder}`, '-o', program, `${ROOT}test/confine.c`]);
  if (status !== 0) throw new Error(`test/confine.c does not compile: ${text}`);
  return program;
}

function conditionOf({ args }: Rule): string {
  const [condition] = args ?? [];
  if (!condition) return 'EVERY, 0, 0';
  const masked = condition.op === 'SCMP_CMP_MASKED_EQ';
  return `${condition.index}, ${masked ? condition.value : 0xffff_ffff}u, ${masked ? condition.valueTwo! : condition.value}u`;
}
