// Through Express, Connect and Vite's preview come the answers of the burst engine.
import t from 'tap';
import { pagecast } from '../../server/doors/node.ts';
import type { Place } from '../client.ts';
import { conformanceCases } from './conformance-cases.ts';
import { burst, conforms, overHttp1, siteOptions, type Door } from './conformance.ts';
import { frameworks, previewed } from './frameworks.ts';

const options = siteOptions(t);
/** All is the site's: its own pages for what is not there, and its own refusals. */
const alone = { ...options, fallthrough: false };

for (const { name, serve } of frameworks) {
  t.test(name, async (t) => {
    const { place } = await serve(t, pagecast(alone));
    t.equal(await conforms(t, overHttp1(place), await burst(t, options)), conformanceCases.length);
  });

  t.test(`${name}, below a path`, async (t) => {
    const { place } = await serve(t, ['/a/b', pagecast(alone)]);
    t.ok(await conforms(t, below(place, '/a/b'), await burst(t, options)) > 300);
  });
}

t.test('Vite\'s preview', async (t) => {
  const place = await previewed(t, ({ middlewares }) => void middlewares.use(pagecast(alone)));
  t.equal(await conforms(t, overHttp1(place), await burst(t, options)), conformanceCases.length);
});

/** A Location has the path before it, and its text is longer by that. */
function below(place: Place, path: string): Door {
  return { ...overHttp1(place, path), leavesOut: ({ status }) => status === 301 || status === 302 };
}
