// Reloads that are none: every fault is told, and nothing changes.
import t from 'tap';
import { ReloadError } from '../../server/index.ts';
import { ask } from '../client.ts';
import { serve } from '../serving.ts';
import { refusedCases } from './reload-cases.ts';

t.test('one after the other', async (t) => {
  const root = t.testdir({ 'a.txt': 'still here' });
  // What cases have in common can be one server.
  const first = Object.assign({}, ...refusedCases.map((one) => one.first ?? {})) as object;
  const { server, place } = await serve(t, { root, ...first });
  const before = server.options;
  for (const { what, then, faults } of refusedCases) {
    const error = await server.reload(then(root)).then(() => undefined, (reason: unknown) => reason);
    t.type(error, ReloadError, what);
    t.strictSame((error as ReloadError).faults.map((fault) => fault.replaceAll(root, 'ROOT')), faults, what);
    t.equal(server.options, before);
    t.equal((await ask(place, '/a.txt')).body.toString(), 'still here');
  }
  await server.reload();
  t.equal((await ask(place, '/a.txt')).body.toString(), 'still here', 'and one that can be is done');
});
