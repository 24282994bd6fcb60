// Conditional requests against a file with a known time: the table, what a 304 and a 412 carry, and weak tags.
import { execFileSync } from 'node:child_process';
import { utimesSync } from 'node:fs';
import { join } from 'node:path';
import t from 'tap';
import { ask } from '../client.ts';
import { serve } from '../serving.ts';
import { conditionalCases } from './conditional-cases.ts';

const MODIFIED = Date.UTC(2020, 0, 1);
const dateAt = (ms: number): string => new Date(ms).toUTCString();

function valuesOf(fields: Readonly<Record<string, string>>, etag: string): Record<string, string> {
  const words: Record<string, string> = { LM: dateAt(MODIFIED), BEFORE: dateAt(MODIFIED - 1000), AFTER: dateAt(MODIFIED + 1000) };
  return Object.fromEntries(Object.entries(fields).map(([name, value]) => [name, words[value] ?? value.replaceAll(/(?<![A-Z])E(?![A-Z])/g, etag)]));
}

t.test('the table', async (t) => {
  const root = t.testdir({ 'file.txt': 'content\n' });
  utimesSync(join(root, 'file.txt'), MODIFIED / 1000, MODIFIED / 1000);
  const { place } = await serve(t, { root });
  const plain = await ask(place, '/file.txt');
  const etag = plain.fields.get('etag')!;
  t.equal(plain.fields.get('last-modified'), dateAt(MODIFIED));
  t.match(etag, /^"[\x21\x23-\x7e]+"$/, 'a strong tag');
  t.ok(conditionalCases.length >= 55, `${conditionalCases.length} rows`);
  for (const [fields, status] of conditionalCases) {
    const sent = valuesOf(fields, etag);
    for (const method of ['GET', 'HEAD']) {
      const reply = await ask(place, '/file.txt', { method, fields: sent });
      t.equal(reply.status, status, `${method} ${JSON.stringify(fields)}`);
      t.equal(reply.fields.get('etag'), etag, 'the tag comes with each of them');
      if (method === 'GET') t.equal(reply.body.toString(), status === 200 ? 'content\n' : status === 412 ? 'Precondition Failed\n' : '');
      if (status === 304) t.notOk(reply.fields.has('content-length') || reply.fields.has('content-type'), 'no facts of a body');
    }
  }
});

t.test('they do not apply to what is no file, and not to other methods', async (t) => {
  const { place } = await serve(t, { root: t.testdir({ dir: { 'index.html': 'x' } }) });
  for (const fields of [{ 'If-None-Match': '*' }, { 'If-Match': '"x"' }, { 'If-Modified-Since': dateAt(Date.now()) }]) {
    t.equal((await ask(place, '/no', { fields })).status, 404, JSON.stringify(fields));
    t.equal((await ask(place, '/dir', { fields })).status, 301, JSON.stringify(fields));
    t.equal((await ask(place, '/dir/', { method: 'PUT', fields })).status, 405, JSON.stringify(fields));
  }
});

t.test('a file from the future has no Last-Modified', async (t) => {
  const root = t.testdir({ 'file.txt': 'content\n' });
  utimesSync(join(root, 'file.txt'), Date.now() / 1000 + 7200, Date.now() / 1000 + 7200);
  const { place } = await serve(t, { root });
  const reply = await ask(place, '/file.txt');
  t.notOk(reply.fields.has('last-modified'), 'RFC 9110 §8.8.2.1');
  t.equal((await ask(place, '/file.txt', { fields: { 'If-Modified-Since': dateAt(Date.now() + 9_000_000) } })).status, 200);
  t.equal((await ask(place, '/file.txt', { fields: { 'If-None-Match': reply.fields.get('etag')! } })).status, 304, 'the tag serves');
});

t.test('a file from before 1970', async (t) => {
  const root = t.testdir({ 'file.txt': 'content\n' });
  execFileSync('touch', ['-d', '1969-12-31T00:00:00Z', join(root, 'file.txt')]); // utimes() of Node takes no negative time
  const { place } = await serve(t, { root });
  const reply = await ask(place, '/file.txt');
  t.equal(reply.fields.get('last-modified'), dateAt(-86_400_000));
  t.equal((await ask(place, '/file.txt', { fields: { 'If-Modified-Since': dateAt(0) } })).status, 304);
});
