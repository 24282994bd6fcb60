// Listening sockets on the real kernel.
import { openSync, closeSync, chmodSync, existsSync, readFileSync, statSync, writeFileSync } from 'node:fs';
import { connect } from 'node:net';
import { constants } from 'node:os';
import { join } from 'node:path';
import t, { type Test } from 'tap';
import { native } from '../../native/index.ts';
import { shortFolder } from '../serving.ts';

const { EADDRINUSE, EADDRNOTAVAIL, EEXIST, EINVAL, ENAMETOOLONG, ENOENT, ENOTSOCK, EBADF } = constants.errno;
const PLAIN = { reusePort: false, v6Only: true, backlog: 16, congestionControl: '' };

/** Closed with the test. */
function kept(t: Test, descriptor: number): number {
  if (descriptor >= 0) t.teardown(() => native.closeDescriptor(descriptor));
  return descriptor;
}

function connects(host: string, port: number): Promise<boolean> {
  return new Promise((resolve) => {
    const socket = connect(port < 0 ? { path: host } : { host, port });
    socket.once('connect', () => resolve(true)).once('connect', () => socket.destroy());
    socket.once('error', () => resolve(false));
  });
}

t.test('TCP', async (t) => {
  const v4 = kept(t, native.listenTcp('127.0.0.1', 0, PLAIN));
  const address = native.localAddress(v4);
  t.match(address, { host: '127.0.0.1', error: 0 });
  t.ok(address.port > 0, 'the real port');
  t.ok(await connects('127.0.0.1', address.port));
  t.equal(native.listenTcp('127.0.0.1', address.port, PLAIN), -EADDRINUSE, 'taken');
  t.equal(native.listenTcp('127.0.0.1', address.port, { ...PLAIN, reusePort: true }), -EADDRINUSE, 'and not to be shared by one side alone');
  t.match(readFileSync(`/proc/self/fdinfo/${v4}`, 'utf8'), /flags:\s+02004002/, 'nonblocking, closed on exec');

  const first = kept(t, native.listenTcp('127.0.0.1', 0, { ...PLAIN, reusePort: true }));
  const { port } = native.localAddress(first);
  t.ok(kept(t, native.listenTcp('127.0.0.1', port, { ...PLAIN, reusePort: true })) >= 0, 'shared by both');

  const only6 = kept(t, native.listenTcp('::', 0, PLAIN));
  t.notOk(await connects('127.0.0.1', native.localAddress(only6).port), 'IPv6 only');
  t.ok(await connects('::1', native.localAddress(only6).port));
  const dual = kept(t, native.listenTcp('::', 0, { ...PLAIN, v6Only: false }));
  t.ok(await connects('127.0.0.1', native.localAddress(dual).port), 'dual stack');
  t.ok(await connects('::1', native.localAddress(dual).port));

  t.equal(native.listenTcp('127.0.0.1', 0, { ...PLAIN, congestionControl: 'nonesuch' }), -ENOENT, 'a congestion control that nobody has');
  t.equal(native.listenTcp('203.0.113.9', 0, PLAIN), -EADDRNOTAVAIL, 'an address that nobody has');
  for (const host of ['localhost', '', '1.2.3', '::g', '127.0.0.1 ', 'fe80::1%lo']) t.equal(native.listenTcp(host, 0, PLAIN), -EINVAL, `not numeric: ${JSON.stringify(host)}`);
});

t.test('unix', async (t) => {
  const folder = shortFolder(t);
  const path = join(folder, 's');
  const fd = native.listenUnix(path, 0o620, 16);
  t.ok(fd >= 0);
  t.strictSame(native.localAddress(fd), { host: path, port: -1, error: 0 });
  t.equal((statSync(path).mode & 0o7777).toString(8), '620', 'the mode, whatever the umask');
  t.ok(await connects(path, -1));
  t.equal(native.listenUnix(path, -1, 16), -EADDRINUSE, 'alive: not replaced');
  t.ok(await connects(path, -1), 'nor harmed');
  native.closeDescriptor(fd);
  t.ok(existsSync(path), 'stale now');
  const again = kept(t, native.listenUnix(path, -1, 16));
  t.ok(again >= 0, 'replaced');
  t.ok(await connects(path, -1));

  writeFileSync(join(folder, 'file'), 'content');
  t.equal(native.listenUnix(join(folder, 'file'), -1, 16), -EEXIST, 'a file is not replaced');
  t.equal(readFileSync(join(folder, 'file'), 'utf8'), 'content');
  t.equal(native.listenUnix(folder, -1, 16), -EEXIST, 'nor a folder');
  t.equal(native.listenUnix(join(folder, 'no/s'), -1, 16), -ENOENT);
  t.equal(native.listenUnix('', -1, 16), -ENAMETOOLONG);
  t.equal(native.listenUnix(`/tmp/${'s'.repeat(103)}`, -1, 16), -ENAMETOOLONG, '108 bytes');
  const longest = `${folder}/${'s'.repeat(107 - folder.length - 1)}`;
  const long = kept(t, native.listenUnix(longest, -1, 16));
  t.equal(native.localAddress(long).host, longest, '107 bytes');
  chmodSync(longest, 0o600);
});

t.test('what was inherited', (t) => {
  const tcp = kept(t, native.listenTcp('127.0.0.1', 0, PLAIN));
  t.equal(native.adoptListener(tcp), tcp);
  const unix = kept(t, native.listenUnix(join(shortFolder(t), 's'), -1, 16));
  t.equal(native.adoptListener(unix), unix);
  const file = openSync('/dev/null', 'r');
  t.equal(native.adoptListener(file), -ENOTSOCK);
  closeSync(file);
  t.equal(native.adoptListener(99_999), -EBADF);
  t.equal(native.adoptListener(-1), -EBADF);
  t.match(native.localAddress(99_999), { error: -EBADF });
  t.equal(native.closeDescriptor(99_999), -EBADF);
  t.end();
});

t.test('a connected socket is no listener', (t) => {
  const listener = kept(t, native.listenTcp('127.0.0.1', 0, PLAIN));
  const socket = connect({ host: '127.0.0.1', port: native.localAddress(listener).port });
  socket.once('connect', () => {
    const { fd } = (socket as unknown as { _handle: { fd: number } })._handle;
    t.equal(native.adoptListener(fd), -EINVAL);
    socket.destroy();
    t.end();
  });
});

t.test('the limit of open files is raised', (t) => {
  const limit = native.raiseFileLimit();
  t.ok(limit > 0, String(limit));
  const [, soft, hard] = /Max open files\s+(\d+)\s+(\d+)/.exec(readFileSync('/proc/self/limits', 'utf8'))!;
  t.equal(Number(soft), limit);
  t.equal(soft, hard);
  t.end();
});
