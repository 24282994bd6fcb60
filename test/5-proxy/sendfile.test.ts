// Files that an origin names in place of a body (X-Accel-Redirect, X-Sendfile), through a whole proxy.
import { mkdirSync, symlinkSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import t, { type Test } from 'tap';
import { converse, type Answered } from '../5-cache/talking.ts';
import { ToldOrigin, type Says, type Seen } from '../5-cache/told-origin.ts';
import { serve, shortFolder, until } from '../serving.ts';
import { sendfileCases } from './sendfile-cases.ts';

interface Sending {
  readonly root: string;
  readonly origin: ToldOrigin;
  readonly ask: (says: Says, how?: { readonly method?: string; readonly path?: string; readonly lines?: readonly string[] }) => Promise<Answered & { readonly seen: readonly Seen[] }>;
}

async function sending(t: Test, options: (root: string) => { readonly sendfileRoot?: string }): Promise<Sending> {
  const folder = shortFolder(t);
  const root = join(folder, 'files');
  mkdirSync(join(root, 'sub'), { recursive: true });
  writeFileSync(join(folder, 'outside.txt'), 'outside');
  writeFileSync(join(root, 'file.txt'), '0123456789');
  writeFileSync(join(root, 'a b%20#?.txt'), 'odd');
  writeFileSync(join(root, 'ü.txt'), 'umlaut');
  writeFileSync(join(root, '.hidden'), 'hidden');
  writeFileSync(join(root, 'empty.txt'), '');
  writeFileSync(join(root, 'page.html'), '<p>page');
  writeFileSync(join(root, '_headers'), '/*\n  X-Rule: yes\n');
  writeFileSync(join(root, 'sub', 'other.txt'), 'other');
  symlinkSync('../outside.txt', join(root, 'link.txt'));
  const origin = await ToldOrigin.listen();
  t.teardown(() => origin.close());
  const { place } = await serve(t, { proxy: { urls: [origin.url], retriesMax: 0, ...options(root) } });
  let count = 0;
  return {
    root,
    origin,
    ask: async (says, { method = 'GET', path = `/case-${++count}`, lines = [] } = {}) => {
      const seen = origin.tell(path, [says, says, says]);
      return { ...(await converse(place, { method, target: path, lines, content: undefined })), seen };
    },
  };
}

t.test('what is named, and what is sent', async (t) => {
  const { root, ask } = await sending(t, (sendfileRoot) => ({ sendfileRoot }));
  t.ok(sendfileCases.length > 30, `${sendfileCases.length} cases`);
  for (const { why, says, method, lines, status, body, has = {}, path } of sendfileCases) {
    const fields = (says.fields ?? []).map((line) => line.replaceAll('{root}', root));
    const answer = await ask({ ...says, fields }, { ...(method !== undefined && { method }), ...(lines !== undefined && { lines }), ...(path !== undefined && { path }) });
    t.equal(answer.status, status, why);
    t.ok(answer.complete, why);
    if (body !== undefined) t.equal(answer.body, body, why);
    for (const [name, value] of Object.entries(has)) t.equal(answer.fields.get(name) ?? null, value, `${why}: ${name}`);
    t.same([...answer.fields.keys()].filter((name) => /^x-(?:accel|sendfile)/.test(name)), [], `${why}: nothing of it is told`);
    t.match(answer.fields.get('cache-status'), /^pagecast;fwd=/, why);
  }
});

t.test('it is asked for each time, and what the file says is the file\'s', async (t) => {
  const { root, ask } = await sending(t, (sendfileRoot) => ({ sendfileRoot }));
  const says: Says = { fields: ['X-Accel-Redirect: /file.txt', 'Cache-Control: max-age=60', 'ETag: "of-the-origin"'] };
  const first = await ask(says, { path: '/same' });
  const again = await ask(says, { path: '/same' });
  t.equal(again.seen.length, 1, 'though its answer was fresh');
  const etag = first.fields.get('etag')!;
  t.not(etag, '"of-the-origin"');
  t.equal((await ask(says, { lines: [`If-None-Match: ${etag}`] })).status, 304);
  t.equal((await ask(says, { lines: ['If-None-Match: "of-the-origin"'] })).status, 200);
  t.match(await ask(says, { lines: ['Range: bytes=2-4', `If-Range: ${etag}`] }), { status: 206, body: '234' });
  t.match(await ask(says, { lines: ['Range: bytes=2-4', 'If-Range: "of-the-origin"'] }), { status: 200, body: '0123456789' });
  t.match(await ask(says, { lines: ['If-Match: "of-the-origin"'] }), { status: 412 });
  writeFileSync(join(root, 'file.txt'), 'another version');
  await until(async () => (await ask(says)).body === 'another version', 'the new version');
  t.not((await ask(says)).fields.get('etag'), etag);
});

t.test('a file larger than what is kept in memory', async (t) => {
  const { root, ask } = await sending(t, (sendfileRoot) => ({ sendfileRoot }));
  const content = Buffer.alloc(12 << 20, 'large file ').toString('latin1');
  writeFileSync(join(root, 'large.bin'), content, 'latin1');
  const answer = await ask({ fields: ['X-Accel-Redirect: /large.bin'], body: 'not this', how: 'chunked' });
  t.ok(answer.body === content);
});

t.test('without a root these are fields like others', async (t) => {
  const { ask } = await sending(t, () => ({}));
  const answer = await ask({ fields: ['X-Accel-Redirect: /file.txt', 'X-Sendfile: /etc/passwd'], body: 'of the origin' });
  t.match(answer, { status: 200, body: 'of the origin' });
  t.equal(answer.fields.get('x-accel-redirect'), '/file.txt', 'for a proxy before us');
  t.equal(answer.fields.get('x-sendfile'), '/etc/passwd');
});
