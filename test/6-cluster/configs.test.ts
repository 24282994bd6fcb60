// Which node runs which config: told by each, of each, and followed where that is asked for.
import { cpSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import t, { type Test } from 'tap';
import { entryOf, fieldsOf } from '../../server/cluster/entry.ts';
import { Configs } from '../../server/cluster/configs.ts';
import type { ClusterStatus } from '../../server/cluster/cluster.ts';
import { loadConfig } from '../../server/config/load.ts';
import { modulesOf } from '../../server/config/functions.ts';
import { configHash } from '../../server/reload/config-hash.ts';
import { resolveOptions, type ServerOptions } from '../../server/options.ts';
import { put } from '../6-control/controlling.ts';
import { result, running, type Running } from '../command.ts';
import type { Place } from '../client.ts';
import { shortFolder, until } from '../serving.ts';
import { Redis, withoutRedis } from './redis.ts';

t.test('entries', (t) => {
  const config = { hash: '0123456789abcdef', generation: 7, isReload: true, host: 'one.example' };
  t.match(entryOf('1-1', fieldsOf('aa', 1, { kind: 'config', config })).told, { kind: 'config', config });
  t.match(entryOf('1-1', fieldsOf('aa', 1, { kind: 'left' })).told, { kind: 'left' });
  t.equal(fieldsOf('aa', 1, { kind: 'config', config })[5], 'joined', 'who knows nothing of configs must not take it for a purge of everything');
  for (const [name, value] of [['config', 'xyz'], ['config', `${'0'.repeat(16)} `], ['generation', '-1'], ['generation', '1e3'], ['host', 'h'.repeat(256)]] as const) {
    const fields = [...fieldsOf('aa', 1, { kind: 'config', config })];
    fields[fields.indexOf(name) + 1] = value;
    t.strictSame(entryOf('1-1', fields).told, { kind: 'joined' }, `${name}: ${value.slice(0, 20)}`);
  }
  t.end();
});

t.test('what is known of nodes', (t) => {
  const configs = new Configs();
  const told = (hash: string, isReload = false) => ({ hash, generation: 1, isReload, host: 'h' });
  t.equal(configs.hear('a', 1_000, told('1')), true);
  t.equal(configs.hear('a', 2_000, told('1')), false);
  t.match(configs.takeDiffering('2'), [{ node: 'a', hash: '1' }]);
  t.strictSame(configs.takeDiffering('2'), [], 'once');
  configs.hear('a', 3_000, told('1'));
  t.strictSame(configs.takeDiffering('2'), [], 'nor when it says the same again');
  configs.hear('a', 3_500, told('1', true));
  t.equal(configs.takeDiffering('2').length, 1, 'but when it was told to load it');
  configs.hear('b', 4_000, told('2'));
  t.equal(configs.differingFrom('2'), 1);
  t.strictSame(configs.takeDiffering('2'), []);
  configs.hear('b', 10_000_000, told('2'));
  t.strictSame(configs.list().map(({ node }) => node), ['b'], 'who has not told for long is forgotten');
  configs.left('b');
  t.strictSame(configs.list(), []);
  for (let i = 0; i < 5_000; ++i) configs.hear(String(i), 10_000_000, told('3'));
  t.equal(configs.list().length, 1024, 'bounded');
  t.end();
});

t.test('what the hash is of', async (t) => {
  const hashOf = async (options: ServerOptions): Promise<string> => configHash(options, await modulesOf(resolveOptions(options, 1024), undefined));
  const plain = await hashOf({ proxy: 'http://127.0.0.1:9', maxAgeS: 60 });
  t.match(plain, /^[0-9a-f]{16}$/);
  t.equal(await hashOf({ maxAgeS: 60, proxy: 'http://127.0.0.1:9', workers: 3, control: '127.0.0.1:0' }), plain, 'order, and what is of the machine');
  t.not(await hashOf({ proxy: 'http://127.0.0.1:10', maxAgeS: 60 }), plain);
  const [one, other] = [shortFolder(t), shortFolder(t)];
  const write = (folder: string, body: string): void => {
    mkdirSync(join(folder, 'lib'), { recursive: true });
    writeFileSync(join(folder, 'lib', 'answer.ts'), `export const answer: string = ${JSON.stringify(body)};\n`);
    writeFileSync(join(folder, 'pagecast.config.ts'), "import { answer } from './lib/answer.ts';\nexport default { root: './site', routes: [{ path: '/x', handle: () => new Response(answer) }] };\n");
    mkdirSync(join(folder, 'site'), { recursive: true });
  };
  const fileHash = async (folder: string): Promise<string> => {
    const { config, module } = await loadConfig(join(folder, 'pagecast.config.ts'));
    const options = config as ServerOptions;
    return configHash(options, await modulesOf(resolveOptions(options, 1024), module));
  };
  write(one, 'a');
  cpSync(one, other, { recursive: true });
  t.equal(await fileHash(one), await fileHash(other), 'wherever it is');
  write(other, 'b');
  t.not(await fileHash(one), await fileHash(other), 'the code of what it imports');
});

interface Node {
  readonly server: Running;
  readonly control: Place;
  readonly file: string;
  status(): Promise<ClusterStatus>;
}

async function node(t: Test, redis: Redis, follows: boolean): Promise<Node> {
  const folder = shortFolder(t);
  const file = join(folder, 'pagecast.config.json');
  const control = { host: join(folder, 'control'), port: -1 };
  const config = { proxy: 'http://127.0.0.1:9', cluster: { redis: `unix:${redis.path}`, reload: follows }, listen: '127.0.0.1:0', workers: 1 };
  writeFileSync(file, JSON.stringify(config));
  const server = await running(t, ['-c', file, '--control', `unix:${control.host}`]);
  return { server, control, file, status: async () => (await put(control, '/api/v1/status')).json['cluster'] as ClusterStatus };
}

/** Another config, on disk. */
function write({ file }: Node, maxAgeS: number): void {
  const now = JSON.parse(readFileSync(file, 'utf8')) as Record<string, unknown>;
  writeFileSync(file, JSON.stringify({ ...now, maxAgeS }));
}

const reload = (one: Node) => put(one.control, '/api/v1/reload', { method: 'POST', content: {} });

t.test('three nodes', { skip: withoutRedis(), timeout: 120_000 }, async (t) => {
  const redis = await Redis.start(t);
  const [one, two, follower] = [await node(t, redis, false), await node(t, redis, false), await node(t, redis, true)] as const;
  const all = [one, two, follower];
  const agree = (count: number) => async (): Promise<boolean> => {
    const status = await Promise.all(all.map((each) => each.status()));
    return status.every(({ nodes }) => nodes.length === all.length - 1) && new Set(status.flatMap(({ config, nodes }) => [config, ...nodes.map((other) => other.config)])).size === count;
  };
  await until(agree(1), 'all to know of all');
  t.notMatch(one.server.stderr(), /clusterConfig/);

  for (const each of all) write(each, 60);
  t.equal((await reload(one)).status, 200);
  const { config } = await one.status();
  await until(async () => (await follower.status()).config === config, 'the follower to load it');
  await until(agree(2), 'all to know');
  t.match((await two.status()).nodes.map((other) => other.config), [config, config], 'one that does not follow knows who runs what');
  t.match(two.server.stderr(), new RegExp(`"event":"clusterConfig".*"config":"${config}"`));
  const metrics = (await put(two.control, '/metrics')).text;
  t.match(metrics, /^pagecast_cluster_configs_differing 2$/m);
  t.match(metrics, /^pagecast_cluster_nodes 2$/m);
  t.match(await result(t, ['top', '--control', `unix:${two.control.host}`]), { code: 0, stdout: /\nconfig +generation 1 {3}2 other machines {3}2 with another config\n/ });
  t.equal((await reload(two)).status, 200);
  await until(agree(1), 'all to run the same');
  t.match((await put(two.control, '/metrics')).text, /^pagecast_cluster_configs_differing 0$/m);

  write(one, 61);
  write(follower, 62);
  t.equal((await reload(one)).status, 200);
  await until(agree(3), 'the follower to load what it has');
  await until(() => /"event":"clusterConfig"/.test(follower.server.stderr()), 'it tells that this is not the same');
  t.match((await one.status()).nodes.find(({ config: other }) => other === config), { generation: 2 }, 'nobody reloads because somebody has followed');

  two.server.child.kill('SIGTERM');
  await two.server.ended;
  await until(async () => (await one.status()).nodes.length === 1, 'one that has ended is known no more');
});
