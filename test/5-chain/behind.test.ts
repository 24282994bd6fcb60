// pagecast behind nginx, Varnish and HAProxy: as the server of a folder, and as a cache before an origin. What they give is what they were given.
import t from 'tap';
import { ask } from '../client.ts';
import { serve } from '../serving.ts';
import { urlOf } from './asking.ts';
import { keepsContract } from './contract.ts';
import { links } from './links.ts';
import { listen } from './origin.ts';
import { without } from './program.ts';
import { HASHED, resourceFolder } from './resources.ts';

t.jobs = 4;

const places = {
  'a folder': (await serve(t, { root: resourceFolder(t), site: { maxAgeS: 3600 }, guard: HASHED })).place,
  'a cache': (await serve(t, { proxy: urlOf((await listen(t)).place) })).place,
};

for (const [what, place] of Object.entries(places)) {
  for (const { name, program, caches, ranges, bends, start } of links) {
    t.test(`${what} behind ${name}`, { skip: without(program), buffered: true }, async (t) => {
      const front = await start(t, place);
      await keepsContract(t, { place: front.place, ranges, bends });
      if (caches) t.match((await ask(front.place, '/part.bin')).fields.get('x-from'), /^(?:HIT|[1-9]\d*)$/, 'it has stored it');
    });
  }
}
