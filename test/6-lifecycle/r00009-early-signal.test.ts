// A signal that came when the workers served already, but the main thread had not heard of it, killed the process
// instead of draining it; so did one during start-up.
import t from 'tap';
import { ask } from '../client.ts';
import { command, running } from '../command.ts';
import { pause, until } from '../serving.ts';

t.test('as soon as it serves, a signal drains', async (t) => {
  const dir = t.testdir({ 'a.txt': 'a' });
  const first = await running(t, [dir, '-p', '0', '-H', '127.0.0.1']);
  first.child.kill('SIGTERM');
  await first.ended;
  for (let i = 0; i < 5; ++i) {
    const server = command(t, [dir, '-p', String(first.place.port), '-H', '127.0.0.1', '--workers', '2']);
    await until(() => ask(first.place, '/a.txt').then(() => true, () => false), 'it serves');
    server.child.kill('SIGTERM');
    t.match(await server.ended, { code: 0, signal: null });
    t.equal(server.stderr(), '');
  }
});

t.test('whenever it comes, it ends with 0 or by the signal, and without a word', async (t) => {
  const dir = t.testdir({ 'a.txt': 'a' });
  await Promise.all(Array.from({ length: 12 }, async (_, i) => {
    const server = command(t, [dir, '-p', '0', '-H', '127.0.0.1', '--workers', '2']);
    await pause(i * 25);
    server.child.kill('SIGTERM');
    const { code, signal } = await server.ended;
    t.ok(code === 0 || signal === 'SIGTERM', `${i * 25} ms: ${String(code ?? signal)}`);
    t.equal(server.stderr(), '');
  }));
});
