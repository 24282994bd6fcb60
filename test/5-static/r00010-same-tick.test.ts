// Two files beyond privateMaxBytes, made within one tick of the clock with one size, had one entity tag, and the one
// that replaced the other by rename was "not modified".
import { renameSync, statSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import t from 'tap';
import { ask } from '../client.ts';
import { pause, serve } from '../serving.ts';

const GUARD = { privateMaxBytes: 0 };

t.test('they are told apart', async (t) => {
  const root = t.testdir({});
  const path = (name: string): string => join(root, name);
  let pairs = 0;
  for (let i = 0; i < 2000 && pairs < 5; ++i) {
    writeFileSync(path(`a${pairs}`), 'first');
    writeFileSync(path(`b${pairs}`), 'other');
    const [a, b] = [statSync(path(`a${pairs}`), { bigint: true }), statSync(path(`b${pairs}`), { bigint: true })];
    if (a.mtimeNs === b.mtimeNs && a.ctimeNs === b.ctimeNs) ++pairs;
  }
  if (pairs === 0) return void t.pass('two files of one tick', { skip: 'the clock of this filesystem is too fine' });
  const { place } = await serve(t, { root, guard: GUARD, arena: { fileBytesMax: 0 } });
  for (let i = 0; i < pairs; ++i) {
    const first = await ask(place, `/a${i}`);
    const other = await ask(place, `/b${i}`);
    t.not(first.fields.get('etag')!.replace('W/', ''), other.fields.get('etag')!.replace('W/', ''));
    renameSync(path(`b${i}`), path(`a${i}`)); // which moves ctime, where the filesystem keeps it for the name
    await pause(120);
    const replaced = await ask(place, `/a${i}`, { fields: { 'If-None-Match': first.fields.get('etag')! } });
    t.equal(`${replaced.status} ${replaced.body.toString()}`, '200 other');
  }
});
