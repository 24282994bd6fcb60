// Name servers that say nothing: whoever has asked for a name can end all the same. A lookup itself is not over for minutes there.
import { spawn, spawnSync } from 'node:child_process';
import { once } from 'node:events';
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import t from 'tap';
import { addressesOf } from '../../server/host-addresses.ts';
import { shortFolder } from '../serving.ts';

const CHILD = fileURLToPath(new URL('silent-names-child.js', import.meta.url));
const ALONE = ['unshare', '--user', '--map-root-user', '--net', '--mount', 'sh', '-c', 'ip link set lo up && mount --bind "$1" /etc/resolv.conf && shift && exec "$@"', 'sh'];
/** The longest that resolv.conf(5) allows: 30 s for each of five attempts. */
const PATIENT = 'nameserver 127.0.0.1\noptions timeout:30 attempts:5\n';
/** A process that is still there after so long waits for the name servers. */
const HANGS_MS = 60_000;

t.setTimeout(4 * HANGS_MS);

function obstacle(): string | false {
  return spawnSync(ALONE[0]!, [...ALONE.slice(1), '/dev/null', 'true']).status !== 0 && 'no network and no mounts of its own can be had here (unshare, ip)';
}

t.test('a process ends that has asked', { skip: obstacle() }, async (t) => {
  const file = join(shortFolder(t), 'resolv.conf');
  writeFileSync(file, PATIENT);
  for (const who of ['tracing', 'proxy', 'cluster']) {
    const child = spawn('env', ['-u', 'NODE_OPTIONS', ...ALONE, file, process.execPath, CHILD, who], { stdio: ['ignore', 'pipe', 'inherit'], timeout: HANGS_MS, killSignal: 'SIGKILL' });
    let said = '';
    child.stdout.setEncoding('utf8').on('data', (text: string) => (said += text));
    const [code, signal] = (await once(child, 'close')) as [number | null, string | null];
    t.strictSame({ said, code, signal }, { said: 'closed\n', code: 0, signal: null }, who);
  }
});

t.test('names that are known, and those that are not', async (t) => {
  // A lookup by itself keeps nobody.
  const kept = setInterval(() => undefined, HANGS_MS);
  t.teardown(() => clearInterval(kept));
  t.match(await addressesOf('localhost'), [{ address: /^(?:127\.0\.0\.1|::1)$/, family: /^[46]$/ }]);
  t.strictSame(await addressesOf('127.0.0.1'), [{ address: '127.0.0.1', family: 4 }]);
  t.strictSame(await addressesOf('::1'), [{ address: '::1', family: 6 }]);
  for (const name of ['', 'x'.repeat(300), '..', 'a b.invalid', '\n']) await t.rejects(addressesOf(name), { code: /^E[A-Z_]+$/, hostname: name, syscall: 'getaddrinfo' }, JSON.stringify(name.slice(0, 20)));
  const many = await Promise.all(Array.from({ length: 200 }, () => addressesOf('127.0.0.1')));
  t.equal(many.length, 200, 'many at once');
});
