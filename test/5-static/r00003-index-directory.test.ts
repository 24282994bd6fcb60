// A folder named index.html in a folder was answered with a redirect to where the client already was, for ever.
import { mkdirSync } from 'node:fs';
import { join } from 'node:path';
import t from 'tap';
import { ask } from '../client.ts';
import { pause, serve } from '../serving.ts';

t.test('an index that is a folder is none', async (t) => {
  const root = t.testdir({ dir: { 'index.html': { 'index.html': 'deep' } } });
  mkdirSync(join(root, 'index.html'));
  const { place } = await serve(t, { root });
  for (let round = 0; round < 2; ++round) {
    t.equal((await ask(place, '/')).status, 404);
    t.equal((await ask(place, '/dir/')).status, 404);
    t.equal((await ask(place, '/dir/index.html')).fields.get('location'), '/dir/index.html/');
    t.equal((await ask(place, '/dir/index.html/')).body.toString(), 'deep');
    await pause(60);
  }
});
