// pagecast store ls, verify and rm.
import { mkdirSync, readFileSync, rmSync, truncateSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import t, { type Test } from 'tap';
import { headName } from '../../cache/store/disk/head-file.ts';
import type { StoredBody } from '../../cache/store/object.ts';
import { UsageError } from '../../server/cli/flags.ts';
import { runStore } from '../../server/cli/store.ts';
import { command } from '../command.ts';
import { startFiller } from './filling.ts';
import { filesBelow, found, object, openStore, scanned, storeBody, storeFolder, variant } from './objects.ts';

const NOW_MS = 1_700_000_010_250;

interface Said {
  readonly code: number;
  readonly out: string;
  readonly error: string;
}

async function run(...argv: readonly string[]): Promise<Said> {
  let out = '';
  let error = '';
  const code = await runStore(argv, {
    terminal: true,
    nowMs: NOW_MS,
    write: (text) => {
      out += text;
      return Promise.resolve();
    },
    writeError: (text) => void (error += text),
  });
  return { code, out, error };
}

async function filled(t: Test): Promise<{ folder: string; bodies: readonly StoredBody[] }> {
  const folder = storeFolder(t);
  const store = await openStore(t, folder);
  const bodies = [await storeBody(store, Buffer.alloc(3 << 20, 'a')), await storeBody(store, Buffer.alloc(5))];
  await store.put(object('http://a/large', variant({ tags: ['x', 'y'], bodies: [bodies[0]!], bytes: 3 << 20 })));
  await store.put(object('http://a/\u001b[2Jsmall', variant({ tags: [], bodies: [bodies[1]!], bytes: 5 }), variant({ id: 2, tags: [], bodies: [bodies[1]!], bytes: 5 })));
  await store.close();
  return { folder, bodies };
}

t.test('ls', async (t) => {
  const { folder } = await filled(t);
  const { code, out, error } = await run('ls', folder);
  t.equal(code, 0);
  t.equal(error, '');
  const lines = out.trimEnd().split('\n').sort();
  t.equal(lines.length, 2);
  t.match(lines[1], /^ +3\.0 MiB +11 +1 http:\/\/a\/large \[x, y\]$/);
  t.match(lines[0], /^ +1\.\d KiB +11 +2 http:\/\/a\/\\x1b\[2Jsmall$/, 'no terminal obeys a URL');
  const json = (await run('ls', '--json', folder)).out.trimEnd().split('\n').map((line) => JSON.parse(line) as Record<string, unknown>);
  t.match(json.find(({ key }) => key === 'http://a/large'), { variants: 1, ageS: 11, tags: ['x', 'y'], invalid: false });
  const running = await openStore(t, folder);
  t.equal((await run('ls', folder)).out, out, 'of a store that is in use');
  await running.purge({ by: 'tag', tag: 'x' }, 'gone').synced;
  t.equal((await run('ls', folder)).out.split('\n').length, 2, 'what is purged is not shown');
  await running.close();
  rmSync(join(folder, 'purges'));
  t.match(await run('ls', folder), { code: 0, out: '', error: /log of purges is missing or damaged/ });
});

t.test('verify', async (t) => {
  const { folder, bodies } = await filled(t);
  t.match(await run('verify', folder), { code: 0, out: '2 objects, 3.0 MiB: all whole\n' });
  const [large, small] = bodies.map(({ record }) => join(folder, 'bodies', record.slice(0, 2), record));
  const bytes = readFileSync(large!);
  bytes[2 << 20]! ^= 1;
  writeFileSync(large!, bytes);
  truncateSync(small!, 3);
  mkdirSync(join(folder, 'bodies', 'ab'), { recursive: true });
  writeFileSync(join(folder, 'bodies', 'ab', 'ab'.repeat(16)), '');
  const { code, out } = await run('verify', folder);
  t.equal(code, 1);
  t.match(out, new RegExp(`^damaged: http://a/large: body ${bodies[0]!.record} is damaged at MiB 2$`, 'm'));
  t.match(out, new RegExp(`body ${bodies[1]!.record} is damaged$`, 'm'));
  t.match(out, /2 objects, 3\.0 MiB: 2 damaged; 1 bodies that no head names/);
  const name = headName('http://a/large');
  truncateSync(join(folder, 'heads', name.slice(0, 2), name), 100);
  rmSync(small!);
  t.match((await run('verify', folder)).out, new RegExp(`damaged: head ${name}\n[^]* is missing\n|is missing\n[^]*damaged: head ${name}\n`));
});

t.test('rm', async (t) => {
  const cases: readonly (readonly [args: readonly string[], out: string | RegExp, left: number])[] = [
    [['http://a/large'], '1 object removed\n', 1],
    [['http://a/other'], /^nothing was stored of http:\/\/a\/other/, 2],
    [['--prefix', 'http://a/l'], '1 object removed\n', 1],
    [['--tag', 'y'], '1 object removed\n', 1],
    [['--tag', 'z'], '0 objects removed\n', 2],
    [['--all'], '2 objects removed\n', 0],
  ];
  for (const [args, out, left] of cases) {
    const { folder } = await filled(t);
    t.match(await run('rm', folder, ...args), { code: 0, out, error: '' }, args.join(' '));
    const store = await openStore(t, folder);
    t.equal((await scanned(store)).objects.length, left);
    if (left === 0) t.strictSame(await filesBelow(folder), ['holder', 'pagecast-store', 'purges'], 'bodies, too');
    else t.equal((await found(store, 'http://a/large')) === undefined, left === 1);
  }
});

t.test('what cannot be done', async (t) => {
  const { folder } = await filled(t);
  const holder = startFiller(t, folder, 'hold');
  await holder.first;
  t.match(await run('rm', folder, '--all'), { code: 1, out: '', error: new RegExp(`^pagecast store: .* is in use by process ${holder.child.pid!}`) });
  t.match(await run('ls', folder), { code: 0, error: '' });
  t.match(await run('verify', folder), { code: 0 });
  const none = join(folder, 'none');
  for (const verb of ['ls', 'verify']) t.match(await run(verb, none), { code: 1, error: `pagecast store: cannot read ${none}: there is no such folder\n` });
  t.match(await run('rm', none, '--all'), { code: 1, error: /there is no such folder/ });
  t.match(await run('ls', join(folder, 'heads')), { code: 1, error: /is no store of pagecast's/ });
  const misuses: readonly (readonly string[])[] = [
    [], ['list', folder], ['ls'], ['rm', folder], ['rm', folder, 'k', '--all'], ['rm', folder, '--tag', 'a', '--prefix', 'b'], ['rm', folder, '--prefix', ''], ['rm', folder, ''],
    ['rm', folder, 'a', 'b'], ['ls', folder, 'k'], ['verify', folder, '--json'], ['ls', folder, '--all'], ['ls', folder, '--nonesuch'], ['rm', folder, '--tag'],
  ];
  for (const argv of misuses) await t.rejects(run(...argv), UsageError, argv.join(' '));
  t.match(await run('--help'), { code: 0, out: /pagecast store ls DIR/ });
});

t.test('the command', async (t) => {
  const { folder } = await filled(t);
  const ls = command(t, ['store', 'ls', folder]);
  t.match(await ls.ended, { code: 0 });
  t.match(ls.stdout(), /http:\/\/a\/large/);
  const misused = command(t, ['store', 'list']);
  t.match(await misused.ended, { code: 2 });
  t.match(misused.stderr(), /^pagecast: pagecast store knows no "list"/);
  const none = command(t, ['store', 'verify', join(folder, 'none')]);
  t.match(await none.ended, { code: 1 });
});
