// Flags count before the environment, that before the file, that before defaults; member by member, and it is known of each who has said it.
import { mkdtempSync, rmSync } from 'node:fs';
import t from 'tap';
import { parseArguments } from '../../server/cli/flags.ts';
import { settingsOf, type Settings } from '../../server/cli/settings.ts';
import { effectiveMembers } from '../../server/config/effective.ts';
import { memberAt } from '../../server/config/resolved.ts';
import { masked } from '../../server/control/masked.ts';
import { resolveOptions } from '../../server/options.ts';
import { precedenceCases, refusedCases } from './precedence-cases.ts';

const DIR = mkdtempSync('/tmp/pagecast-precedence-');
t.teardown(() => rmSync(DIR, { recursive: true }));
const FILE = '/made/up/pagecast.config.ts';

function placed<T>(value: T): T {
  return JSON.parse((JSON.stringify(value) as string | undefined ?? 'null').replaceAll('DIR', DIR)) as T;
}

function settings({ args = [], env = {}, file }: { readonly args?: readonly string[]; readonly env?: Readonly<Record<string, string>>; readonly file?: object }, terminal = false): Settings {
  return settingsOf(parseArguments(placed(args), env), terminal, file && { file: FILE, config: placed(file), module: undefined });
}

t.test('one above the other', (t) => {
  t.ok(precedenceCases.length >= 50, `${precedenceCases.length} rows`);
  for (const row of precedenceCases) {
    const { path, value, source, ...said } = row;
    // What a file says of a folder is checked, even where somebody else decides.
    const file = JSON.stringify(said.file ?? {}).includes('/nowhere') ? { ...said.file, root: DIR } : said.file;
    const { layers } = settings({ ...said, ...(file && { file }) });
    const name = JSON.stringify(said);
    t.same(memberAt(layers.config, path), value === undefined ? undefined : placed(value), `${name}: ${path.join('.')}`);
    t.equal(layers.sourceOf(path).name.replace(FILE, 'file'), source, `${name}: who`);
  }
  t.end();
});

t.test('faults have the name of who has made them', (t) => {
  for (const { says, ...said } of refusedCases) {
    let message = 'accepted';
    try {
      settings(said);
    } catch (error) {
      message = (error as Error).message.replaceAll(FILE, 'FILE');
    }
    t.match(message, says, JSON.stringify(said));
  }
  t.end();
});

t.test('what the terminal changes', (t) => {
  t.match(settings({}, true), { where: ['localhost:8080'], mayMove: true, options: { accessLog: 'pretty' } });
  t.match(settings({ file: { listen: 80 } }, true), { where: [80], mayMove: false });
  t.match(settings({ args: ['-p', '0'] }, true), { where: ['localhost:0'], mayMove: false });
  t.match(settings({ args: ['-p', '81'] }, true), { mayMove: true });
  t.match(settings({ args: ['-l', '81'] }, true), { where: ['81'], mayMove: false });
  t.end();
});

t.test('every member that counts', (t) => {
  const { layers, options } = settings({
    args: ['--workers', '2'], env: { PAGECAST_CORS: '1' },
    file: { root: 'DIR', proxy: 'http://h', access: { users: ['alice:hunter2'] }, cluster: { redis: 'redis://u:hunter2@h' }, headers: { 'X-A': 'a' }, routes: [{ path: '/a', respond: { body: 'x' } }] },
  });
  const members = new Map(effectiveMembers(layers, resolveOptions(options, 4096), masked).map(({ path, value, source }) => [path, [value, source.name.replace(FILE, 'file')]]));
  t.same(members.get('workers'), [2, '--workers']);
  t.same(members.get('cors'), [true, 'PAGECAST_CORS']);
  t.same(members.get('headers["X-A"]'), ['a', 'file']);
  t.same(members.get('routes[0].respond.body'), ['x', 'file']);
  t.same(members.get('index'), ['index.html', 'default']);
  t.same(members.get('limits.idleTimeoutMs'), [75_000, 'default']);
  t.same(members.get('access.users'), [['alice:***'], 'file']);
  t.notMatch(JSON.stringify([...members]), /hunter2/, 'no secret');
  t.end();
});
