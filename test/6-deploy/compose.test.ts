// deploy/compose: what Docker is asked for is what the image and the command line know. The origin in it answers as the walk needs it.
import { spawn } from 'node:child_process';
import { existsSync } from 'node:fs';
import { connect } from 'node:net';
import { normalize } from 'node:path';
import t from 'tap';
import { parse } from 'yaml';
import { ask } from '../client.ts';
import { until } from '../serving.ts';
import { flagFault } from './flag-names.ts';
import { ROOT, textOf } from './places.ts';

interface Service {
  readonly build?: string;
  readonly command: readonly string[];
  readonly environment?: Readonly<Record<string, string>>;
  readonly read_only: boolean;
  readonly cap_drop: readonly string[];
  readonly security_opt: readonly string[];
  readonly volumes: readonly string[];
  readonly networks: readonly string[];
  readonly depends_on?: Readonly<Record<string, unknown>>;
  readonly stop_grace_period?: string;
}

interface Compose {
  readonly services: Readonly<Record<string, Service>>;
  readonly networks: Readonly<Record<string, unknown>>;
  readonly volumes: Readonly<Record<string, unknown>>;
}

const FOLDER = `${ROOT}deploy/compose/`;
const { services, networks, volumes } = parse(textOf('deploy/compose/compose.yaml')) as Compose;

t.test('each service is confined, and what it names is there', (t) => {
  t.same(Object.keys(services), ['cache', 'origin']);
  for (const [name, service] of Object.entries(services)) {
    t.equal(service.read_only, true, `${name}: its root is read-only`);
    t.same(service.cap_drop, ['ALL'], name);
    t.ok(service.security_opt.includes('no-new-privileges:true'), name);
    for (const network of service.networks) t.ok(network in networks, `${name}: network ${network}`);
    for (const other of Object.keys(service.depends_on ?? {})) t.ok(other in services, `${name}: ${other}`);
    for (const [from] of service.volumes.map((volume) => volume.split(':'))) t.ok(from!.startsWith('.') ? existsSync(normalize(`${FOLDER}${from!}`)) : from! in volumes, `${name}: volume ${from!}`);
  }
  t.end();
});

t.test('the cache is built, set and confined by what there is', (t) => {
  const { build, command, environment = {}, security_opt, stop_grace_period } = services['cache']!;
  t.ok(existsSync(normalize(`${FOLDER}${build!}/Dockerfile`)));
  const seccomp = security_opt.find((option) => option.startsWith('seccomp='))!.slice('seccomp='.length);
  t.ok(existsSync(normalize(`${FOLDER}${seccomp}`)), seccomp);
  t.same(flagFault(command, environment), []);
  t.ok(parseInt(stop_grace_period!, 10) > Number(environment['PAGECAST_GRACE_PERIOD']), 'it is stopped later than its grace period ends');
  t.end();
});

t.test('the origin answers what may be stored, with a tag', async (t) => {
  const port = 12_000 + (process.pid % 20_000);
  const child = spawn(process.execPath, [`${FOLDER}origin.mjs`], { env: { PATH: process.env['PATH'], PORT: String(port), HOST: '127.0.0.1' }, stdio: 'inherit' });
  const ended = new Promise((resolve) => child.once('exit', resolve));
  t.teardown(() => child.kill('SIGKILL'));
  const place = { host: '127.0.0.1', port };
  await until(() => accepts(port), 'the origin');
  const { fields } = await ask(place, '/news');
  t.match(fields.get('cache-control'), /^max-age=/);
  t.equal(fields.get('cache-tag'), 'example');
  t.equal((await ask(place, '/private/1')).fields.get('cache-control'), 'private');
  child.kill('SIGTERM');
  t.equal(await ended, 0, 'it ends when it is told to');
});

function accepts(port: number): Promise<boolean> {
  return new Promise((resolve) => {
    const socket = connect(port, '127.0.0.1', () => {
      socket.destroy();
      resolve(true);
    });
    socket.once('error', () => resolve(false));
  });
}
