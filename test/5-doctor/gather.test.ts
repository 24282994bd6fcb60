import { mkdirSync, mkdtempSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import t, { type Test } from 'tap';
import { mayLease, resourceLimit } from '../../server/doctor/gather/files.ts';
import { kindOf } from '../../server/doctor/gather/interfaces.ts';
import { findMount } from '../../server/doctor/gather/mountinfo.ts';
import { findSample } from '../../server/doctor/gather/sample.ts';
import type { Facts } from '../../server/doctor/facts.ts';
import type { Row } from '../../server/doctor/judge.ts';
import { runDoctor } from '../../server/doctor/print.ts';

t.test('mountinfo', (t) => {
  const mountinfo = [
    '3 27 0:5 / /three rw - tmpfs tmpfs rw',
    '36 35 98:0 /mnt1 /mnt\\0402 rw,noatime master:1 propagate_from:2 - ext3 /dev/root rw,errors=continue',
    '37 35 0:40 / /net ro,noatime - nfs4 host:/a\\134b ro',
    '38 35 broken',
    '',
  ].join('\n');
  t.same(findMount(mountinfo, 36), { mountPoint: '/mnt 2', type: 'ext3', source: '/dev/root', options: ['rw', 'noatime', 'errors=continue'] });
  t.same(findMount(mountinfo, 37), { mountPoint: '/net', type: 'nfs4', source: 'host:/a\\b', options: ['ro', 'noatime'] });
  t.equal(findMount(mountinfo, 38), null);
  t.equal(findMount(mountinfo, 99), null);
  t.equal(findMount(mountinfo, -1), null);
  t.end();
});

t.test('limits', (t) => {
  const limits = 'Limit                     Soft Limit           Hard Limit           Units     \nMax open files            1024                 1048576              files     \nMax pending signals       unlimited            unlimited            signals   \n';
  t.same(resourceLimit(limits, 'Max open files'), { soft: 1024, hard: 1_048_576 });
  t.same(resourceLimit(limits, 'Max pending signals'), { soft: 'unlimited', hard: 'unlimited' });
  t.equal(resourceLimit(limits, 'Max cats'), null);
  t.equal(resourceLimit('', 'Max open files'), null);
  t.end();
});

t.test('CAP_LEASE', (t) => {
  t.equal(mayLease('Name:\tnode\nCapEff:\t0000000010000000\nSeccomp:\t0\n'), true);
  t.equal(mayLease('CapEff:\t000001fffeffffff\n'), true);
  t.equal(mayLease('CapEff:\t00000000a80425fb\n'), false, "a container's default");
  t.equal(mayLease(''), false);
  t.end();
});

t.test('kinds of interfaces', (t) => {
  t.equal(kindOf({ loopback: true, driver: '' }, false), 'loopback');
  t.equal(kindOf({ loopback: false, driver: 'veth' }, false), 'veth');
  t.equal(kindOf({ loopback: false, driver: 'virtio_net' }, true), 'virtio');
  t.equal(kindOf({ loopback: false, driver: 'e1000e' }, true), 'physical');
  t.equal(kindOf({ loopback: false, driver: '802.1Q VLAN Support' }, false), 'stacked');
  t.equal(kindOf({ loopback: false, driver: 'dummy' }, false), 'virtual');
  t.end();
});

function directoryFor(t: Test): string {
  const directory = mkdtempSync('/tmp/pagecast-doctor-');
  t.teardown(() => rmSync(directory, { recursive: true, force: true }));
  return directory;
}

t.test('a sample', (t) => {
  const directory = directoryFor(t);
  t.equal(findSample(directory), '');
  writeFileSync(join(directory, '.secret'), 'x');
  writeFileSync(join(directory, 'empty'), '');
  symlinkSync('/etc/passwd', join(directory, 'link'));
  t.equal(findSample(directory), '', 'dotfiles, empty files and links are none');
  mkdirSync(join(directory, 'deep', 'deeper'), { recursive: true });
  writeFileSync(join(directory, 'deep', 'deeper', 'page'), 'x');
  t.equal(findSample(directory), 'deep/deeper/page');
  writeFileSync(join(directory, 'near'), 'x');
  t.equal(findSample(directory), 'near');
  t.equal(findSample(join(directory, 'gone')), '');
  t.end();
});

async function run(dir: string, json: boolean): Promise<{ readonly code: number; readonly text: string }> {
  let text = '';
  const code = await runDoctor(dir, { json, colour: false, write: (more) => (text += more) });
  return { code, text };
}

t.test('runDoctor', async (t) => {
  const directory = directoryFor(t);
  writeFileSync(join(directory, 'page'), 'page');
  const { code, text } = await run(directory, false);
  t.equal(code, 0);
  for (const words of [`pagecast doctor: ${directory}\n`, '\nKernel\n', '\nMount\n', '\nLimits\n', '\nNetwork\n', 'tried on page', ' ok']) t.ok(text.includes(words), words);

  const { code: jsonCode, text: json } = await run(directory, true);
  t.equal(jsonCode, 0);
  const told = JSON.parse(json) as { directory: string; counts: Record<string, number>; rows: Row[]; facts: Facts };
  t.equal(told.directory, directory);
  t.equal(told.facts.mount.sample, 'page');
  t.equal(Object.values(told.counts).reduce((sum, count) => sum + count), told.rows.length);
  t.not(told.facts.limits.grantedMemoryBytes, null, 'no limit is a word: JSON has no Infinity');
});

t.test('what is no directory', async (t) => {
  const directory = directoryFor(t);
  writeFileSync(join(directory, 'page'), 'page');
  t.same(await run(join(directory, 'gone'), false), { code: 2, text: `pagecast doctor: ${directory}/gone does not exist\n` });
  t.same(await run(join(directory, 'page'), true), { code: 2, text: `pagecast doctor: ${directory}/page is not a directory\n` });
  t.same(await run(join(directory, 'page', 'below'), true), { code: 2, text: `pagecast doctor: ${directory}/page/below is not a directory\n` });
  let written = '';
  let told = '';
  const code = await runDoctor(join(directory, 'a\nb'), { json: false, colour: false, write: (text) => (written += text), writeError: (text) => (told += text) });
  t.same({ code, written, told }, { code: 2, written: '', told: `pagecast doctor: ${directory}/a\\nb does not exist\n` }, 'one line, whatever the name');
});
