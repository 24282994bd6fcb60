// Pages without their extension: where they are found, where a client is sent, and that no way goes in a circle or off the site.
import { symlinkSync } from 'node:fs';
import { join } from 'node:path';
import t from 'tap';
import { ask, type Place, type Reply } from '../client.ts';
import { serve } from '../serving.ts';

const files = {
  'index.html': 'home', 'about.html': 'about', 'v1.2.html': 'version', 'app.js': 'script', 'app.js.html': 'about the script', 'caf\u00e9.html': 'coffee', 'a b.html': 'a and b',
  '100%.html': 'percent', 'docs.html': 'docs page', docs: { 'index.html': 'docs folder', 'guide.html': 'guide' }, blog: { 'post.html': 'post' }, 'blog.html': 'blog page',
  plain: { 'index.html': 'plain folder' }, bare: { 'note.txt': 'note' }, both: 'file without extension', 'both.html': 'both page', 'evil.com.html': 'not evil', '404.html': 'no such page',
};

const ORIGIN = 'http://site.test';

type CleanUrls = 'serve' | 'redirect' | 'off';
type Case = readonly [target: string, status: number, told: string];

/** `told` is the body, or where a redirect leads. */
const cases: Readonly<Record<CleanUrls, readonly Case[]>> = {
  serve: [
    ['/', 200, 'home'], ['/about', 200, 'about'], ['/about.html', 200, 'about'], ['/about/', 301, '/about'], ['/about/?x=1&y=%2F', 301, '/about?x=1&y=%2F'], ['/about?x', 200, 'about'],
    ['/index.html', 200, 'home'], ['/index', 200, 'home'], ['/docs', 200, 'docs page'], ['/docs/', 200, 'docs folder'], ['/docs/guide', 200, 'guide'], ['/docs/guide/', 301, '/docs/guide'],
    ['/docs/index', 200, 'docs folder'], ['/blog', 200, 'blog page'], ['/blog/', 301, '/blog'], ['/blog/post', 200, 'post'], ['/plain', 301, '/plain/'], ['/plain?q=1', 301, '/plain/?q=1'],
    ['/plain/', 200, 'plain folder'], ['/bare', 301, '/bare/'], ['/bare/', 404, 'no such page'], ['/v1.2', 200, 'version'], ['/v1.2/', 301, '/v1.2'], ['/app.js', 200, 'script'],
    ['/app.js.html', 200, 'about the script'], ['/caf%C3%A9', 200, 'coffee'], ['/caf%C3%A9/', 301, '/caf%C3%A9'], ['/a%20b', 200, 'a and b'], ['/%61bout', 200, 'about'], ['/100%25', 200, 'percent'],
    ['/both', 200, 'file without extension'], ['/both.html', 200, 'both page'], ['/About', 404, 'no such page'], ['/about.', 404, 'no such page'], ['/about.htm', 404, 'no such page'],
    ['/about.html/', 404, 'no such page'], ['/about.html.html', 404, 'no such page'], ['/about//', 404, 'no such page'], ['/nothing', 404, 'no such page'], ['/about/x', 404, 'no such page'],
    ['/.html', 404, 'no such page'], ['/docs/.html', 404, 'no such page'], ['/about%2Ehtml', 200, 'about'], ['/about%00', 404, 'no such page'], ['/%', 400, 'Bad Request\n'],
  ],
  redirect: [
    ['/', 200, 'home'], ['/about', 200, 'about'], ['/about.html', 301, '/about'], ['/about.html?x=1', 301, '/about?x=1'], ['/index.html', 301, '/'], ['/index.html?x', 301, '/?x'],
    ['/docs/index.html', 301, '/docs/'], ['/docs.html', 301, '/docs'], ['/docs', 200, 'docs page'], ['/docs/guide.html', 301, '/docs/guide'], ['/v1.2.html', 301, '/v1.2'], ['/v1.2', 200, 'version'],
    ['/caf%C3%A9.html', 301, '/caf%C3%A9'], ['/a%20b.html', 301, '/a%20b'], ['/nothing.html', 404, 'no such page'],
    ['/app.js', 200, 'script'], ['/about/', 301, '/about'], ['/100%25.html', 301, '/100%25'],
  ],
  off: [
    ['/', 200, 'home'], ['/about', 404, 'no such page'], ['/about/', 404, 'no such page'], ['/about.html', 200, 'about'], ['/index.html', 200, 'home'], ['/docs', 301, '/docs/'],
    ['/docs/', 200, 'docs folder'], ['/docs.html', 200, 'docs page'], ['/blog', 301, '/blog/'], ['/blog/', 404, 'no such page'], ['/v1.2', 404, 'no such page'],
  ],
};

function toldBy({ status, fields, body }: Reply): string {
  return status === 301 ? fields.get('location')! : body.toString();
}

for (const cleanUrls of ['serve', 'redirect', 'off'] as const) {
  t.test(`cleanUrls: ${cleanUrls}`, async (t) => {
    const { place } = await serve(t, { root: t.testdir(files), site: { cleanUrls } });
    for (const [target, status, told] of cases[cleanUrls]) {
      const reply = await ask(place, target);
      t.strictSame([reply.status, toldBy(reply)], [status, told], target);
      const head = await ask(place, target, { method: 'HEAD' });
      t.strictSame([head.status, head.fields.get('location'), head.fields.get('content-length'), head.body.length], [status, reply.fields.get('location'), reply.fields.get('content-length'), 0], `HEAD ${target}`);
    }
  });
}

/** Follows redirects as a browser does. Where it ends: `status body`. */
async function follow(place: Place, target: string): Promise<string> {
  let at = new URL(ORIGIN + target);
  for (let hops = 0; hops < 10; ++hops) {
    const reply = await ask(place, at.pathname + at.search);
    if (reply.status < 300 || reply.status >= 400) return `${reply.status} ${reply.body.toString()}`;
    at = new URL(reply.fields.get('location')!, at);
    if (at.origin !== ORIGIN) return `away to ${at.origin}`;
  }
  return 'a circle';
}

t.test('no circle, and nobody is led to another site', async (t) => {
  const root = t.testdir(files);
  symlinkSync('about.html', join(root, 'linked.html'));
  for (const cleanUrls of ['serve', 'redirect', 'off'] as const) {
    for (const listing of [false, true]) {
      const { place } = await serve(t, { root, site: { cleanUrls, listing } });
      for (const name of ['', 'index', 'about', 'linked', 'docs', 'docs/index', 'blog', 'plain', 'plain/index', 'bare', 'v1.2', 'both', 'app.js', 'nothing', 'evil.com', 'index/index']) {
        for (const end of ['', '/', '.html', '.html/', '//', '/index.html', '/.html', '?x=//evil.com/', '/?/', '.html?y']) {
          const target = `/${name}${end}`;
          if (!target.startsWith('//')) t.match(await follow(place, target), /^(200|404) /, `${cleanUrls} ${target}`);
        }
      }
    }
  }
});

t.test('a path that begins with two slashes is not a site', async (t) => {
  const root = t.testdir({ ...files, 'evil.com': { 'index.html': 'folder', 'page.html': 'page', '.html': 'hidden' } });
  for (const cleanUrls of ['serve', 'redirect', 'off'] as const) {
    const { place } = await serve(t, { root, dotfiles: true, site: { cleanUrls } });
    for (const target of ['//about/', '//evil.com/', '///evil.com/', '//about.html', '//evil.com.html', '//index.html', '//evil.com/index.html', '//evil.com/page.html', '//evil.com/page/', '//evil.com/.html', '//evil.com']) {
      const { status, fields } = await ask(place, target);
      const location = fields.get('location');
      t.ok([200, 301, 404].includes(status), `${cleanUrls} ${target}: ${status}`);
      const isOwn = location === undefined || (URL.canParse(location, ORIGIN) && new URL(location, ORIGIN).origin === ORIGIN);
      t.ok(isOwn, `${cleanUrls} ${target}: to ${String(location)}`);
    }
  }
});

t.test('a redirect leads to what was asked for', async (t) => {
  const root = t.testdir({ ...files, 'start.html': 'start' });
  const redirecting = await serve(t, { root, site: { cleanUrls: 'redirect' } });
  t.equal(await follow(redirecting.place, '/app.js.html'), '200 about the script', '/app.js is another file');
  t.equal(await follow(redirecting.place, '/both.html'), '200 both page', '/both is another file');
  const other = await serve(t, { root, index: 'start.html', site: { cleanUrls: 'redirect' } });
  t.equal(await follow(other.place, '/start.html'), '200 start');
  t.equal(await follow(other.place, '/index.html'), '200 home', 'index.html is not the index');
  t.equal(await follow(other.place, '/docs/index.html'), '200 docs folder', 'nor below');
});

t.test('a page is the same under both names', async (t) => {
  const { place } = await serve(t, { root: t.testdir(files) });
  const named = await ask(place, '/about.html');
  const clean = await ask(place, '/about');
  for (const field of ['etag', 'last-modified', 'content-type', 'cache-control', 'repr-digest', 'content-length']) t.equal(clean.fields.get(field), named.fields.get(field), field);
  const etag = clean.fields.get('etag')!;
  t.equal((await ask(place, '/about', { fields: { 'If-None-Match': etag } })).status, 304);
  t.equal((await ask(place, '/about', { fields: { 'If-Match': '"other"' } })).status, 412);
  t.equal((await ask(place, '/about', { fields: { 'If-Modified-Since': clean.fields.get('last-modified')! } })).status, 304);
  const part = await ask(place, '/about', { fields: { Range: 'bytes=1-2', 'If-Range': etag } });
  t.strictSame([part.status, part.body.toString(), part.fields.get('content-range')], [206, 'bo', 'bytes 1-2/5']);
  t.equal((await ask(place, '/about', { fields: { Range: 'bytes=5-' } })).status, 416);
  t.equal((await ask(place, '/about/', { fields: { 'If-None-Match': '*', Range: 'bytes=0-0' } })).status, 301, 'preconditions are of no redirect');
});
