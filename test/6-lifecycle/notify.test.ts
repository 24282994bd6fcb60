// What a service manager is told, sd_notify(3).
import { join } from 'node:path';
import t from 'tap';
import { native } from '../../native/index.ts';
import { Notifier } from '../../server/notify.ts';
import { running } from '../command.ts';
import { shortFolder, until } from '../serving.ts';
import { hasPython, notifications } from './starter.ts';

const skip = hasPython ? false : 'needs python3 for a datagram socket';

t.test('where nobody hears', (t) => {
  const failed: string[] = [];
  new Notifier({}, process.pid, (error) => failed.push(error)).ready('a');
  t.strictSame(failed, [], 'nobody wants to');
  new Notifier({ NOTIFY_SOCKET: '/nowhere/at/all' }, process.pid, (error) => failed.push(error)).stopping('a');
  new Notifier({ NOTIFY_SOCKET: '@nobody-of-this-name' }, process.pid, (error) => failed.push(error)).stopping('a');
  new Notifier({ NOTIFY_SOCKET: 'vsock:2:1234' }, process.pid, (error) => failed.push(error)).stopping('a');
  new Notifier({ NOTIFY_SOCKET: `/${'a'.repeat(200)}` }, process.pid, (error) => failed.push(error)).stopping('a');
  t.strictSame(failed, ['ENOENT', 'ECONNREFUSED', 'EINVAL', 'ENAMETOOLONG']);
  t.ok(native.notify('', 'a') < 0);
  t.end();
});

t.test('a path, an abstract name, and text that would be more lines', { skip }, async (t) => {
  for (const name of [join(shortFolder(t), 'n'), `@pagecast-test-${process.pid}`]) {
    const heard = await notifications(t, name);
    const notifier = new Notifier({ NOTIFY_SOCKET: name }, process.pid, (error) => t.fail(error));
    notifier.reloading('a\nREADY=1');
    notifier.ready('serving');
    notifier.stopping('ends');
    notifier.handedOver(4711);
    notifier.ready('not the service any more');
    await until(() => heard().length >= 4, 'notifications');
    t.match(heard().map(({ text }) => text), [/^RELOADING=1 MONOTONIC_USEC=\d+ STATUS=a READY=1$/, 'READY=1 STATUS=serving', 'STOPPING=1 STATUS=ends', 'MAINPID=4711']);
    t.ok(heard().every(({ pid }) => pid === process.pid));
  }
});

t.test('signs of life', { skip }, async (t) => {
  const name = join(shortFolder(t), 'n');
  const heard = await notifications(t, name);
  const signs = (): number => heard().filter(({ text }) => text === 'WATCHDOG=1').length;
  const notifier = new Notifier({ NOTIFY_SOCKET: name, WATCHDOG_USEC: '20000', WATCHDOG_PID: String(process.pid) }, process.pid, (error) => t.fail(error));
  notifier.ready('a');
  await until(() => signs() >= 3, 'signs of life');
  notifier.handedOver(1);
  const before = heard().length;
  for (const WATCHDOG_PID of ['1', '']) new Notifier({ NOTIFY_SOCKET: name, WATCHDOG_USEC: '20000', WATCHDOG_PID }, process.pid, (error) => t.fail(error)).ready('other');
  await until(() => heard().filter(({ text }) => text.endsWith('other')).length === 2, 'the last');
  t.notOk(heard().slice(before + 1).some(({ text }) => text === 'WATCHDOG=1'), 'meant for another process');
});

t.test('of the command: ready, and stopping', { skip }, async (t) => {
  const name = join(shortFolder(t), 'n');
  const heard = await notifications(t, name);
  const server = await running(t, [t.testdir({}), '-p', '0', '-H', '127.0.0.1', '--workers', '1'], { env: { NOTIFY_SOCKET: name, WATCHDOG_USEC: '100000' } });
  await until(() => heard().some(({ text }) => text === 'WATCHDOG=1'), 'a sign of life');
  t.match(heard()[0], { pid: server.pid, text: `READY=1 STATUS=serving http://127.0.0.1:${server.place.port}` });
  process.kill(server.pid, 'SIGTERM');
  t.match(await server.ended, { code: 0 });
  t.ok(heard().some(({ pid, text }) => pid === server.pid && text.startsWith('STOPPING=1 ')));
});
