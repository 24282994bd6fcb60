// `pagecast explain`: the key, the verdicts and the files that decide, as JSON; and what is refused.
import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import t from 'tap';
import { result } from '../command.ts';
import { shortFolder } from '../serving.ts';
import { together } from '../4-wire/site.ts';
import { explainCases, refusedCases } from './explain-cases.ts';

t.test('explained', async (t) => {
  const dir = shortFolder(t);
  mkdirSync(join(dir, 'assets'));
  writeFileSync(join(dir, 'index.html'), 'hello\n');
  writeFileSync(join(dir, 'about.html'), 'about\n');
  writeFileSync(join(dir, 'assets', 'a b.css'), 'x{}');
  writeFileSync(join(dir, '_redirects'), '# first\n/old /new 301\n/assets/* /elsewhere 302\n/forced/* /index.html 200!\n/app/* /index.html 200\n/gone /about.html 410\n');
  writeFileSync(join(dir, '_headers'), '/*\n  X-All: 1\n\n/assets/*\n  X-Assets: 2\n  ! X-All\n/never\n  X-Never: 3\n');
  writeFileSync(join(dir, 'hooks.mjs'), `export default {
    request({ path }) {
      if (path === '/answered') return { respond: { status: 403 } };
      if (path === '/broken') throw new Error('no way');
      if (path === '/bypassed') return { bypass: true };
      return path === '/a' ? { path: '/b', origin: 'http://origin:1' } : undefined;
    },
    key: ({ path }) => (path === '/keyed' ? 'my key' : undefined),
    response(response) { if (response.request.path === '/ttl') response.ttlS = 7; },
  };\n`);
  await together(explainCases, 4, async ({ args, explained }) => {
    const ended = await result(t, ['explain', ...args.map((word) => word.replaceAll('DIR', dir)), '--json']);
    const name = args.join(' ');
    t.equal(ended.stderr, '', name);
    t.equal(ended.code, 0, name);
    t.match(JSON.parse(ended.stdout), explained, name);
  });
  t.ok(explainCases.length >= 30, `${explainCases.length} rows`);
});

t.test('refused', async (t) => {
  const dir = shortFolder(t);
  await together(refusedCases, 4, async ({ args, says }) => {
    const ended = await result(t, args.map((word) => word.replaceAll('DIR', dir)));
    t.equal(ended.code, 2, args.join(' '));
    t.match(ended.stderr, says, args.join(' '));
    t.match(ended.stderr, /^pagecast: [^\n]+\n$/, 'one line');
    t.equal(ended.stdout, '');
  });
  t.ok(refusedCases.length >= 15, `${refusedCases.length} rows`);
});
