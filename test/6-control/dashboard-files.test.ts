// The files of the page: each one that is there is served, nothing else is, and without data none needs a token.
import { readdirSync, readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import t from 'tap';
import { controlled, put } from './controlling.ts';

const ROOT = fileURLToPath(new URL('../../../', import.meta.url));
const FOLDER = `${ROOT}server/control/dashboard/`;
const files = readdirSync(FOLDER);
const TYPES: Readonly<Record<string, string>> = { html: 'text/html; charset=utf-8', css: 'text/css; charset=utf-8', js: 'text/javascript; charset=utf-8', svg: 'image/svg+xml' };

t.test('served, and only from here', async (t) => {
  const { control } = await controlled(t, { root: t.testdir({}), control: { listen: '127.0.0.1:0', token: 'correcthorse' } });
  const names = ['', 'mark.svg', ...files.filter((name) => /\.(?:html|css|js)$/.test(name)), ...files.filter((name) => name.endsWith('.ts')).map((name) => name.replace(/ts$/, 'js'))];
  for (const name of names) {
    const { status, fields, text } = await put(control, `/${name}`);
    t.equal(status, 200, name);
    t.equal(fields.get('content-type'), TYPES[name === '' ? 'html' : name.split('.').at(-1)!], name);
    t.match(fields.get('content-security-policy'), /^default-src 'self';.*frame-ancestors 'none'/, name);
    t.equal(fields.get('x-content-type-options'), 'nosniff', name);
    t.notMatch(text, /https?:\/\/(?!www\.w3\.org\/2000\/svg)[\w.-]+\.[a-z]{2,}/, `${name} names nobody else`);
    t.notMatch(text, /\sstyle=|<script>|\son[a-z]+="|innerHTML|eval\(/, `${name} does what its policy allows`);
  }
  t.ok(names.length > 12, `${names.length} files were asked for`);
  t.equal((await put(control, '/api/v1/status')).status, 401, 'data does');
});

t.test('nothing else is', async (t) => {
  const { control } = await controlled(t, { root: t.testdir({}) });
  for (const name of ['figures.ts', 'jsconfig.json', 'main.js.map', '../dashboard.js', '%2e%2e/app.js', 'main.js/', 'MAIN.js', 'server/main.js']) t.equal((await put(control, `/${name}`)).status, 404, name);
  t.equal((await put(control, '/', { method: 'POST', content: {} })).status, 405);
  t.equal((await put(control, '/', { lines: ['Host: evil.example'] })).status, 403, 'not under the name of somebody else');
  t.equal((await put(control, '/', { lines: ['Host: localhost', 'Sec-Fetch-Site: cross-site'] })).status, 200, 'a link may lead here');
});

t.test('in the package, and within bounds', (t) => {
  const { files: packed } = JSON.parse(readFileSync(`${ROOT}package.json`, 'utf8')) as { readonly files: readonly string[] };
  for (const kind of ['html', 'css', 'js']) t.ok(packed.includes(`server/control/dashboard/*.${kind}`), kind);
  for (const name of files.filter((one) => one.endsWith('.js'))) t.ok(readFileSync(FOLDER + name, 'utf8').split('\n').length <= 300, `${name} is no hall`);
  t.end();
});
