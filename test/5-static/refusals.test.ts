// A kernel that refuses: each refusal leads to the next protection, with its reason, and never to none.
import { randomBytes } from 'node:crypto';
import { closeSync, mkdtempSync, openSync, rmSync, symlinkSync, writeFileSync, writeSync } from 'node:fs';
import { constants } from 'node:os';
import { join } from 'node:path';
import t, { type Test } from 'tap';
import { ask, Broken, Client, requestText } from '../client.ts';
import { confined, refuseObstacle, refusing } from '../confined.ts';
import { pause } from '../serving.ts';

const { EINVAL, ENOMEM, ENOSYS, EPERM } = constants.errno;
const MiB = 1 << 20;
const bodies = { 'small.txt': randomBytes(1000), 'middle.bin': randomBytes(MiB), 'large.bin': randomBytes(20 * MiB) };

interface Case {
  readonly name: string;
  readonly calls: Readonly<Record<string, number>>;
  /** Counters that must be above zero; the other loaded… must be zero. */
  readonly loaded: readonly string[];
  readonly counted?: readonly string[];
}

const cases: readonly Case[] = [
  { name: 'leases are refused, as by fs.leases-enable=0 or a network mount', calls: { lease: EINVAL }, loaded: ['loadedCopy', 'loadedVerify'], counted: ['leaseRefused.EINVAL'] },
  { name: 'leases are not permitted', calls: { lease: EPERM }, loaded: ['loadedCopy', 'loadedVerify'], counted: ['leaseRefused.EPERM'] },
  { name: 'no memory files, as at the memory limit', calls: { memfd_create: ENOMEM }, loaded: ['loadedLease'], counted: ['privateCopiesRefused'] },
  { name: 'no leases and no memory files', calls: { lease: EINVAL, memfd_create: ENOMEM }, loaded: ['loadedVerify'], counted: ['leaseRefused.ENOMEM', 'leaseRefused.EINVAL'] },
  { name: 'no huge pages: Linux before 6.1', calls: { collapse: EINVAL }, loaded: ['loadedSealed', 'loadedLease'], counted: ['privateCopies'] },
  { name: 'no cachestat: Linux before 6.5', calls: { cachestat: ENOSYS }, loaded: ['loadedSealed', 'loadedLease'] },
  { name: 'no openat2: a container with an old seccomp profile', calls: { openat2: ENOSYS }, loaded: ['loadedSealed', 'loadedLease'] },
];

function folder(t: Test): string {
  const root = mkdtempSync('/var/tmp/pagecast-refusals-');
  t.teardown(() => rmSync(root, { recursive: true }));
  for (const [name, body] of Object.entries(bodies)) writeFileSync(join(root, name), body);
  symlinkSync('/etc/passwd', join(root, 'out.txt'));
  return root;
}

/** A writer in the middle of a download: what is completed is of one version. */
async function rewriteInMidBody(t: Test, root: string, place: Parameters<typeof ask>[0]): Promise<void> {
  const client = await Client.open(place);
  client.socket.pause();
  await client.send(requestText('/large.bin'));
  await pause(150);
  const writer = openSync(join(root, 'large.bin'), 'r+');
  writeSync(writer, Buffer.alloc(MiB, 1), 0, MiB, 18 * MiB);
  closeSync(writer);
  client.socket.resume();
  const outcome = await client.reply().then(({ body }) => (body.equals(bodies['large.bin']) ? 'the version before' : 'torn'), (error: unknown) => (error instanceof Broken ? 'reset' : error));
  t.ok(outcome === 'the version before' || outcome === 'reset', String(outcome));
  client.destroy();
}

for (const { name, calls, loaded, counted = [] } of cases) {
  t.test(name, { skip: refuseObstacle }, async (t) => {
    const root = folder(t);
    await pause(60); // what was changed just now is not trusted without a lease
    const { place, told, end } = await confined(t, refusing(t, calls), { root, workers: 1 });
    for (let round = 0; round < 3; ++round) {
      for (const [file, body] of Object.entries(bodies)) t.ok((await ask(place, `/${file}`)).body.equals(body), file);
      await pause(60);
    }
    t.equal((await ask(place, '/out.txt')).status, 404, 'a link out of the root');
    t.equal((await ask(place, '/../../etc/passwd')).status, 404, 'a path out of the root');
    await rewriteInMidBody(t, root, place);
    const { counts, reports } = await told();
    const names = Object.keys(counts).filter((key) => /^loaded/.test(key) && counts[key]! > 0);
    t.strictSame(names.sort(), [...loaded].sort(), 'how they were protected');
    for (const key of counted) t.ok(counts[key]! > 0, `${key}: ${counts[key]!}`);
    if (calls['lease']) t.ok(reports.some((report) => report.name === 'leaseRefused' && 'cause' in report.facts), 'reported, with the reason');
    t.equal(await end(), 0, 'ended in good order');
  });
}
