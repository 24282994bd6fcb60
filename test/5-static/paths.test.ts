// Names: what is served, what never is, and where a folder without its slash leads to. Each target is asked twice, cold
// and known, with GET and HEAD.
import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import t, { type Test } from 'tap';
import { ask, Client, requestText } from '../client.ts';
import { serve, type Serving } from '../serving.ts';
import { neverRedirected, redirects, refused, served, type PathCase } from './path-cases.ts';

const SECRET = 'SECRET';
const FILES = [
  'file.txt', 'dir/file.txt', 'dir/index.html', 'dir/sub/index.html', 'dir/.hidden', 'dir/.well-known/x', 'a b.txt', '100%.txt', 'what?.txt', 'c#.txt', 'a+b.txt', 'new\nline.txt', 't\tab.txt',
  'v1..2.txt', 'end...', 'a'.repeat(255), 'back\\slash.txt', 'caf\xc3\xa9.txt', 'caf\xe9.txt', '\xff\xfe.bin', '.well-known/security.txt', '.well-known/acme-challenge/token', '.well-known/index.html',
  '.well-known2/x', 'evil.example/index.html', 'evil.example/sub/index.html', 'a folder/index.html', 'what?/index.html', 'new\r\nline/index.html', 'x"y/index.html', '\xc3\xa9t\xc3\xa9/index.html',
  '\xff/index.html', '%2f/index.html', 'index.html',
];
const SECRETS = ['.env', '.git/config', '.well-known/.secret', '.../file.txt'];

/** Names are bytes, given as latin1. */
function write(root: string, name: string, text: string): void {
  const path = (part: string): Buffer => Buffer.concat([Buffer.from(`${root}/`, 'utf8'), Buffer.from(part, 'latin1')]);
  const slash = name.lastIndexOf('/');
  if (slash > 0) mkdirSync(path(name.slice(0, slash)), { recursive: true });
  writeFileSync(path(name), text);
}

async function site(t: Test, dotfiles = false): Promise<Serving> {
  const base = t.testdir({ outside: { 'secret.txt': SECRET }, site: { bare: {} } });
  const root = join(base, 'site');
  for (const name of FILES) write(root, name, `file ${name.length}\n`);
  for (const name of SECRETS) write(root, name, SECRET);
  return serve(t, { root, dotfiles });
}

async function faultOf({ place }: Serving, [name, target, status]: PathCase): Promise<string> {
  for (const method of ['GET', 'HEAD', 'GET']) {
    const reply = await ask(place, target, { method });
    if (reply.status !== status) return `${name}: ${method} ${target.slice(0, 80)}: ${reply.status} in place of ${status}`;
    if (reply.body.includes(SECRET)) return `${name}: ${target} told the secret`;
    if (reply.fields.has('location')) return `${name}: ${target} leads to ${reply.fields.get('location')!}`;
  }
  return '';
}

async function faults(site: Serving, cases: readonly PathCase[]): Promise<string[]> {
  const found: string[] = [];
  for (const one of cases) found.push(await faultOf(site, one));
  return found.filter((fault) => fault !== '');
}

t.test('served', async (t) => {
  t.ok(served.length >= 25, `${served.length} rows`);
  const asked = await site(t);
  t.strictSame(await faults(asked, served), []);
  for (const [target, name] of [['/caf%C3%A9.txt', 'caf\xc3\xa9.txt'], ['/caf%E9.txt', 'caf\xe9.txt'], ['/new%0aline.txt', 'new\nline.txt']] as const) {
    t.equal((await ask(asked.place, target)).body.toString(), `file ${name.length}\n`, `${target} is its own file`);
  }
});

t.test('refused', async (t) => {
  t.ok(refused.length >= 75, `${refused.length} rows`);
  const asked = await site(t);
  t.strictSame(await faults(asked, refused), []);
  t.notOk(asked.reports.length, 'nothing for the operator in it');
});

t.test('with dotfiles', async (t) => {
  const asked = await site(t, true);
  for (const target of ['/.env', '/.git/config', '/dir/.hidden', '/.well-known/.secret', '/.../file.txt', '/%2eenv']) t.equal((await ask(asked.place, target)).status, 200, target);
  const still = refused.filter(([, target]) => /^\/(%2e|\.)(%2e|\.)(\/|$)|\/\.\.?$|^\/\.\/|%00|%2f|\\|%5c/i.test(target));
  t.ok(still.length >= 20, `${still.length} rows`);
  t.strictSame(await faults(asked, still), [], 'dots that are no names stay refused');
});

t.test('redirects', async (t) => {
  const { place } = await site(t);
  t.ok(redirects.length >= 20, `${redirects.length} rows`);
  for (const [name, target, location] of redirects) {
    for (const method of ['GET', 'HEAD', 'GET']) {
      const reply = await ask(place, target, { method });
      t.equal(`${reply.status} ${reply.fields.get('location') ?? ''}`, `301 ${location}`, `${name}, ${method}`);
    }
    t.match(location, /^\/(?![/\\])[\x21-\x7e]*$/, 'stays on this site');
    t.equal((await ask(place, location)).status, target.includes('bare') ? 404 : 200, `${name}: is there`);
  }
});

t.test('never redirected', async (t) => {
  const { place } = await site(t);
  for (const target of neverRedirected) {
    const { status, fields } = await ask(place, target);
    t.ok([400, 404].includes(status) && !fields.has('location'), `${target}: ${status}`);
  }
});

t.test('malformed percent-encoding closes like every malformed request', async (t) => {
  const { place } = await site(t);
  const client = await Client.open(place);
  await client.send(requestText('/file.txt%2') + requestText('/file.txt'));
  const { status, fields } = await client.reply();
  t.equal(`${status} ${fields.get('connection') ?? ''}`, '400 close');
  await client.nothingMore();
});

t.test('not found', async (t) => {
  const root = t.testdir({ 'file.txt': 'file\n' });
  const { place } = await serve(t, { root });
  const plain = await ask(place, '/no');
  t.equal(plain.body.toString(), 'Not Found\n');
  t.equal(plain.fields.get('content-type'), 'text/plain; charset=utf-8');
  writeFileSync(join(root, '404.html'), '<h1>lost\n');
  await new Promise((resolve) => setTimeout(resolve, 120));
  for (const target of ['/no', '/no/', '/.env', '/../x', '/file.txt/', '/%2e%2e/x']) {
    const page = await ask(place, target);
    t.equal(`${page.status} ${page.body.toString()}`, '404 <h1>lost\n', target);
    t.equal(page.fields.get('content-type'), 'text/html; charset=utf-8');
    t.notOk(page.fields.has('etag') || page.fields.has('last-modified') || page.fields.has('accept-ranges'), 'no validators of another resource');
    const head = await ask(place, target, { method: 'HEAD' });
    t.equal(head.fields.get('content-length'), '9', 'HEAD');
  }
  const asked = await ask(place, '/no', { fields: { Range: 'bytes=0-1', 'If-None-Match': '*', 'If-Match': '"x"' } });
  t.equal(`${asked.status} ${asked.body.toString()}`, '404 <h1>lost\n', 'conditions do not apply');
  t.equal((await ask(place, '/404.html')).status, 200, 'the page itself is a file');
});
