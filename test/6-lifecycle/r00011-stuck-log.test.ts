// With an access log on a pipe that nobody read, the server drained and then waited for ever to write its last lines;
// a second signal did not end it either.
import t from 'tap';
import { Client, requestText } from '../client.ts';
import { running } from '../command.ts';

t.test('it ends', async (t) => {
  const server = await running(t, [t.testdir({ 'a.txt': 'a' }), '-p', '0', '-H', '127.0.0.1', '--workers', '1']);
  server.child.stdout!.pause();
  const client = await Client.open(server.place);
  const request = requestText(`/a.txt?${'x'.repeat(7000)}`);
  for (let i = 0; i < 10; ++i) { // 3.5 MB of lines: more than any pipe takes
    void client.send(request.repeat(50));
    for (let k = 0; k < 50; ++k) await client.reply();
  }
  client.destroy();
  const exited = new Promise((resolve) => server.child.once('exit', (code, signal) => resolve(code ?? signal)));
  process.kill(server.pid, 'SIGTERM');
  t.equal(await exited, 0);
  server.child.stdout!.resume();
});
