// pagecast as the cache at the edge: before nginx, Varnish, HAProxy and another pagecast, which stand before an origin. Whatever those do with a
// part, a condition or a head, what comes out in front keeps the contract, all of it.
import t from 'tap';
import { serve } from '../serving.ts';
import { keepsContract } from './contract.ts';
import { links } from './links.ts';
import { listen } from './origin.ts';
import { without } from './program.ts';
import { HASHED, resourceFolder } from './resources.ts';
import { urlOf } from './asking.ts';

t.jobs = 4;

for (const { name, program, start } of links) {
  t.test(`before ${name}, before an origin`, { skip: without(program), buffered: true }, async (t) => {
    const behind = await start(t, (await listen(t)).place);
    const { place } = await serve(t, { proxy: urlOf(behind.place) });
    await keepsContract(t, { place, ranges: 'parts', bends: [] });
  });
}

t.test('before another one with a folder', async (t) => {
  const behind = await serve(t, { root: resourceFolder(t), site: { maxAgeS: 3600 }, guard: HASHED });
  const { place } = await serve(t, { proxy: urlOf(behind.place) });
  await keepsContract(t, { place, ranges: 'parts', bends: [] });
});

t.test('before another cache, before an origin', async (t) => {
  const behind = await serve(t, { proxy: urlOf((await listen(t)).place) });
  const { place } = await serve(t, { proxy: urlOf(behind.place) });
  await keepsContract(t, { place, ranges: 'parts', bends: [] });
});
