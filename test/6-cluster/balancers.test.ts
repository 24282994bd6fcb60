// The configurations that balancers are given: they are what their programs take, and each URL has its node.
import { once } from 'node:events';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import t, { type Test } from 'tap';
import { parse } from 'yaml';
import { converse } from '../5-cache/talking.ts';
import { start, without } from '../5-chain/program.ts';
import { ROOT, run, textOf } from '../6-deploy/places.ts';
import { until } from '../serving.ts';

const HAPROXY = 'deploy/haproxy-hash.cfg';
const URLS = 60;

t.setTimeout(60_000);

/** A node that says which one it is, and is well as long as it listens. */
async function stub(t: Test, name: string): Promise<{ readonly port: number; end(): void }> {
  const server = createServer((_, response) => response.end(name)).listen(0, '127.0.0.1');
  await once(server, 'listening');
  const end = (): void => {
    server.close();
    server.closeAllConnections();
  };
  t.teardown(end);
  return { port: (server.address() as AddressInfo).port, end };
}

t.test('HAProxy takes it', { skip: without('haproxy') }, (t) => {
  t.match(run('haproxy', ['-c', '-f', `${ROOT}${HAPROXY}`]), { status: 0, text: /^Configuration file is valid$/m });
  t.end();
});

t.test('through HAProxy each URL has its node, and another one where that is gone', { skip: without('haproxy') }, async (t) => {
  const nodes = [await stub(t, 'node1'), await stub(t, 'node2'), await stub(t, 'node3')];
  const { place } = await start(t, 'haproxy', (folder, port) => {
    const lines = textOf(HAPROXY).replace('bind :80', `bind 127.0.0.1:${port}`).replace('src 127.0.0.0/8 10.0.0.0/8', 'src 10.0.0.0/8').replace('inter 2s', 'inter 100ms');
    return { words: ['-db', '-f', `${folder}/haproxy.cfg`], files: { 'haproxy.cfg': lines.replaceAll(/10\.0\.0\.1(\d):8080/g, (_, node: string) => `127.0.0.1:${nodes[Number(node) - 1]!.port}`) } };
  });
  const nodeOf = async (target: string, host = 'example.com'): Promise<string> => (await converse(place, { method: 'GET', target, lines: [], host })).body;
  // One after the other: of many at once some would go elsewhere, to share the load.
  const all = async (host?: string): Promise<readonly string[]> => {
    const nodes: string[] = [];
    for (let i = 0; i < URLS; i++) nodes.push(await nodeOf(`/page?id=${i}`, host));
    return nodes;
  };
  const before = await all();
  t.strictSame([...new Set(before)].sort(), ['node1', 'node2', 'node3'], 'each has some, by their queries');
  t.strictSame(await all(), before, 'and the same ones again');
  t.notSame(await all('example.org'), before, 'the host is of the URL');
  t.match(await converse(place, { method: 'PURGE', target: '/', lines: [] }), { status: 403 }, 'not everybody may purge');
  nodes[1]!.end();
  await until(async () => !(await all()).includes('node2'), 'URLs of node2 at the others');
  const after = await all();
  t.ok(before.every((node, i) => node === 'node2' || after[i] === node), 'those of the others stay where they are');
});

interface Route {
  readonly match: { readonly prefix: string; readonly headers?: readonly { readonly name: string; readonly string_match: { readonly exact: string } }[] };
  readonly route: { readonly cluster: string; readonly hash_policy: readonly { readonly header: { readonly header_name: string } }[] };
  readonly typed_per_filter_config?: Readonly<Record<string, { readonly rbac: { readonly rules: { readonly action: string } } }>>;
}

interface Envoy {
  readonly static_resources: {
    readonly listeners: readonly { readonly filter_chains: readonly { readonly filters: readonly { readonly typed_config: {
      readonly '@type': string; readonly normalize_path: boolean; readonly merge_slashes: boolean;
      readonly route_config: { readonly virtual_hosts: readonly { readonly domains: readonly string[]; readonly routes: readonly Route[] }[] };
      readonly http_filters: readonly { readonly name: string }[];
    } }[] }[] }[];
    readonly clusters: readonly { readonly name: string; readonly lb_policy: string; readonly health_checks: readonly unknown[]; readonly load_assignment: { readonly endpoints: readonly { readonly lb_endpoints: readonly unknown[] }[] } }[];
  };
}

t.test('Envoy: by host, path and query, to a node', (t) => {
  const { static_resources: { listeners, clusters } } = parse(textOf('deploy/envoy-hash.yaml')) as Envoy;
  const connections = listeners[0]!.filter_chains[0]!.filters[0]!.typed_config;
  t.match(connections, { '@type': /v3\.HttpConnectionManager$/, normalize_path: false, merge_slashes: false });
  t.strictSame(connections.http_filters.map(({ name }) => name), ['envoy.filters.http.rbac', 'envoy.filters.http.router'], 'who may purge is looked at before anything is routed');
  const [{ domains, routes } = { domains: [], routes: [] }] = connections.route_config.virtual_hosts;
  t.strictSame(domains, ['*']);
  t.strictSame(routes.map(({ match }) => [match.prefix, match.headers?.[0]?.string_match.exact]), [['/', 'PURGE'], ['/', undefined]]);
  for (const { route } of routes) {
    t.equal(route.cluster, clusters[0]!.name);
    t.strictSame(route.hash_policy.map(({ header }) => header.header_name), [':authority', ':path']);
  }
  t.equal(routes[0]!.typed_per_filter_config?.['envoy.filters.http.rbac']?.rbac.rules.action, 'ALLOW');
  t.match(clusters[0], { lb_policy: 'MAGLEV', health_checks: [{ http_health_check: { path: '/healthz' } }] });
  t.equal(clusters[0]!.load_assignment.endpoints[0]!.lb_endpoints.length, 3);
  t.end();
});
