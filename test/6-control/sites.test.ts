// Several sites, with routes: which one answers, under which key, and purges that find all of them.
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import t from 'tap';
import { ask } from '../client.ts';
import { shortFolder } from '../serving.ts';
import { controlled, origin, put } from './controlling.ts';

t.test('sites and routes', async (t) => {
  const from = await origin(t, (_, response) => response.setHeader('Cache-Control', 'max-age=3600').end('x'));
  const root = shortFolder(t);
  writeFileSync(join(root, 'a.html'), 'a');
  const { control, site } = await controlled(t, {
    sites: [
      { hosts: ['one.example', '*.one.example'], root, routes: [{ path: '/api/*', proxy: from }, { path: '/old', redirect: { to: '/a.html', status: 301 } }, { path: '/said', respond: { status: 204 } }] },
      { hosts: ['two.example'], proxy: from },
    ],
  });
  t.match((await put(control, '/api/v1/status')).json, { sites: [{ hosts: ['one.example', '*.one.example'], root }, { hosts: ['two.example'], origins: [from] }] });
  for (const [host, path] of [['one.example', '/api/x'], ['two.example', '/x']] as const) t.match((await ask(site, path, { fields: { Host: host } })).fields.get('cache-status'), /stored/);
  const explain = async (url: string, method = 'GET'): Promise<Readonly<Record<string, unknown>>> => (await put(control, '/api/v1/explain', { method: 'POST', content: { url, method } })).json;
  t.match(await explain('http://one.example/a.html'), { routing: { site: ['one.example', '*.one.example'], route: null }, request: { route: 'static' }, answer: { status: 200, file: 'a.html' } });
  t.match(await explain('http://one.example/api/x'), { routing: { route: /^routes\[0\]: \/api\/\*, proxy$/ }, cache: { key: /^http:\/\/one\.example\/api\/x#/ }, stored: { variants: 1, use: /^fresh/ } });
  t.match(await explain('http://a.one.example/api/x'), { stored: { variants: 0 } });
  const old = await explain('http://one.example/old');
  t.match(old, { routing: { route: /redirect/ }, answer: { answer: '301' } });
  t.ok((old['answer'] as { readonly fields: readonly string[] }).fields.includes('Location: /a.html'));
  t.match(await explain('http://one.example/said'), { answer: { answer: '204' } });
  t.match(await explain('http://one.example/api%2fx'), { answer: { answer: /two ways/ } });
  t.match(await explain('http://two.example/x'), { routing: { site: ['two.example'] }, stored: { variants: 1 } });
  t.match(await explain('http://three.example/x'), { answer: { answer: /^421/ } });
  const lookup = (url: string): Promise<{ readonly status: number }> => put(control, `/api/v1/objects/lookup?url=${encodeURIComponent(url)}`);
  t.equal((await lookup('http://one.example/api/x')).status, 200, 'by URL, whatever proxy it is from');
  t.match(await put(control, '/api/v1/purge', { method: 'POST', content: { url: 'https://one.example/api/x' } }), { status: 200, json: { purged: 1 } });
  t.equal((await lookup('http://one.example/api/x')).status, 404);
  t.equal((await lookup('http://two.example/x')).status, 200);
});
