// A file in the root whose whole name is "html" was served as text/html, "js" as a script.
import t from 'tap';
import { ask } from '../client.ts';
import { serve } from '../serving.ts';

t.test('a name is no extension', async (t) => {
  const { place } = await serve(t, { root: t.testdir({ html: '<script>', js: 'x', css: 'x', dir: { html: '<script>' } }) });
  for (const target of ['/html', '/js', '/css', '/dir/html']) {
    t.equal((await ask(place, target)).fields.get('content-type'), 'application/octet-stream', target);
  }
});
