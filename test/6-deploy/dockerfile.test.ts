// The Dockerfile as text, and the life that it promises: as a user without rights, on a root that is read-only. .ci/image carries its
// steps out.
import { spawnSync } from 'node:child_process';
import { existsSync } from 'node:fs';
import t from 'tap';
import { ask } from '../client.ts';
import { running } from '../command.ts';
import { ROOT, textOf, without } from './places.ts';

interface Instruction {
  readonly name: string;
  readonly rest: string;
}

const instructions: readonly Instruction[] = [...textOf('Dockerfile').matchAll(/^([A-Z]+) (.+)$/gm)].map(([, name, rest]) => ({ name: name!, rest: rest! }));
const restsOf = (name: string): string[] => instructions.filter((instruction) => instruction.name === name).map(({ rest }) => rest);
/** Of uid 1000: no rights, no way to get any. */
const UNPRIVILEGED = ['setpriv', '--reuid=1000', '--regid=1000', '--clear-groups', '--no-new-privs', '--bounding-set=-all', '--inh-caps=-all'];
/** Of this machine, in a mount namespace of its own. */
const READ_ONLY = ['unshare', '--mount', '--propagation', 'private', 'sh', '-c', 'mount -o remount,bind,ro / && exec "$@"', 'sh'];

function obstacle(): string | false {
  if (process.getuid?.() !== 0) return 'only root can make the root read-only';
  const tried = spawnSync(READ_ONLY[0]!, [...READ_ONLY.slice(1), ...UNPRIVILEGED, process.execPath, '--version'], { encoding: 'utf8' });
  return tried.status !== 0 && `no read-only root for another user here: ${tried.stderr.trim()}`;
}

t.test('two stages, of which the last has no compiler, and no registry has a name', (t) => {
  t.same(restsOf('FROM'), ['node:20-bookworm AS build', 'node:20-bookworm-slim']);
  t.match(restsOf('RUN').join('\n'), /npm ci --omit=dev --ignore-scripts/, 'what it depends on is of the lock file');
  t.same(restsOf('RUN').filter((rest) => /npm (install|i) /.test(rest)), []);
  for (const path of restsOf('COPY').map((rest) => rest.split(' ').at(-2)!).filter((path) => path.startsWith('/src/'))) t.ok(existsSync(`${ROOT}${path.slice('/src/'.length)}`), path);
  t.end();
});

t.test('it runs as a user by number, and hears signals', (t) => {
  t.same(restsOf('USER'), ['1000:1000'], 'Kubernetes can tell that this is not root');
  t.ok(instructions.findIndex(({ name }) => name === 'USER') > instructions.findLastIndex(({ name }) => name === 'RUN'));
  for (const form of [...restsOf('ENTRYPOINT'), ...restsOf('CMD')]) t.ok(Array.isArray(JSON.parse(form)), `the exec form: ${form}`);
  t.end();
});

t.test('what is built elsewhere does not come in', (t) => {
  const ignored = textOf('.dockerignore').split('\n');
  for (const path of ['.git', 'node_modules', 'dist', 'build', 'prebuilds']) t.ok(ignored.includes(path), path);
  t.end();
});

t.test('a server on a read-only root, as a user without rights', { skip: without('unshare', 'setpriv') || obstacle() }, async (t) => {
  const server = await running(t, [`${ROOT}public`, '--listen', '127.0.0.1:0'], { before: [...READ_ONLY, ...UNPRIVILEGED], env: { NODE_ENV: 'production' } });
  t.equal((await ask(server.place, '/')).status, 200);
  process.kill(server.told.pid, 'SIGTERM');
  t.same(await server.ended, { code: 0, signal: null });
});
