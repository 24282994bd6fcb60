// The unit and its socket: systemd reads them without a warning, and finds little that could still be taken away.
import { chmodSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import t, { type Test } from 'tap';
import { MAIN, result } from '../command.ts';
import { ROOT, run, textOf, without } from './places.ts';
import { nativeCalls } from './seccomp-profile.ts';

const UNITS = ['pagecast.service', 'pagecast.socket'];
/** "OK" of systemd-analyze ends at 5.0, "exposed" begins at 7; in tenths. A unit without any of this has 96. */
const EXPOSURE_MAX = 20;
const service = textOf('deploy/systemd/pagecast.service');

t.test('systemd reads them', { skip: without('systemd-analyze') }, (t) => {
  const { status, text } = run('systemd-analyze', ['verify', ...installed(t)]);
  // Of our files; other units of this machine are not ours to judge.
  t.same(text.split('\n').filter((line) => line.includes('pagecast')), []);
  t.equal(status, 0, text);
  t.end();
});

t.test('little is left that could be taken away', { skip: without('systemd-analyze') }, (t) => {
  const [unit] = installed(t);
  const { status, text } = run('systemd-analyze', ['security', '--offline=true', `--threshold=${EXPOSURE_MAX}`, '--no-pager', unit!]);
  t.equal(status, 0, text);
  t.end();
});

t.test('the engine may make its calls', { skip: without('systemd-analyze') }, (t) => {
  const allowed = new Set<string>();
  for (const [, line] of service.matchAll(/^SystemCallFilter=(.+)$/gm)) {
    const removes = line!.startsWith('~');
    for (const call of line!.replace('~', '').split(' ').flatMap(membersOf)) {
      if (removes) allowed.delete(call);
      else allowed.add(call);
    }
  }
  const known = new Set(membersOf('@known'));
  t.ok(allowed.size > 200, `${allowed.size} calls are allowed`);
  // What this systemd has no number for it can neither allow nor refuse by name.
  t.same(nativeCalls(`${ROOT}native/`).filter((call) => known.has(call) && !allowed.has(call)), []);
  t.end();
});

t.test('what the unit runs is a command line of pagecast', async (t) => {
  const [, words] = /^ExecStart=\/usr\/bin\/pagecast (.+)$/m.exec(service)!;
  const flags = words!.split(' ').filter((word) => word.startsWith('--'));
  t.ok(flags.length > 1, `${flags.length} flags`);
  // A flag that is not known is told first.
  const { stderr, code } = await result(t, ['--version', ...words!.split(' ').slice(1)]);
  t.same({ stderr, code }, { stderr: '', code: 0 });
  t.match(textOf('deploy/systemd/pagecast.socket'), new RegExp(`^FileDescriptorName=${/--listen fd:(\w+)/.exec(words!)![1]!}$`, 'm'), 'the socket has that name');
  t.match(service, /^ExecReload=\/usr\/bin\/pagecast reload --control unix:\/run\/pagecast\/control\.sock$/m);
});

t.test('it stops later than its grace period ends', (t) => {
  const grace = Number(/--grace-period (\d+)/.exec(service)?.[1]);
  const stop = Number(/^TimeoutStopSec=(\d+)$/m.exec(service)?.[1]);
  t.ok(grace > 0 && stop > grace, `${stop} > ${grace}`);
  t.end();
});

/** Calls of a set, those of sets in it too. */
function membersOf(name: string): string[] {
  if (!name.startsWith('@')) return [name];
  const { text } = run('systemd-analyze', ['--no-pager', 'syscall-filter', name]);
  return text.split('\n').map((line) => line.trim()).filter((line) => /^@?[a-z0-9_-]+$/.test(line) && line !== name).flatMap(membersOf);
}

/** Copies of the units whose program is there. @returns their paths, the service first. */
function installed(t: Test): string[] {
  const folder = mkdtempSync(join(tmpdir(), 'units-'));
  t.teardown(() => rmSync(folder, { recursive: true, force: true }));
  const program = join(folder, 'pagecast');
  writeFileSync(program, `#!/bin/sh\nexec "${process.execPath}" "${MAIN}" "$@"\n`);
  chmodSync(program, 0o755);
  mkdirSync(join(folder, 'system'));
  return UNITS.map((name) => {
    const path = join(folder, 'system', name);
    writeFileSync(path, textOf(`deploy/systemd/${name}`).replaceAll('/usr/bin/pagecast', program));
    return path;
  });
}
