// Nodes without a server: what they were told to purge, in order, and for how long they trust what they have.
import type { Test } from 'tap';
import { Cluster } from '../../server/cluster/cluster.ts';
import { nameOf } from '../../server/cluster/entry.ts';
import type { ResolvedCluster } from '../../server/config/resolved.ts';
import { clusterDefaults } from '../../server/config/defaults.ts';
import { until } from '../serving.ts';

export interface Node {
  readonly cluster: Cluster;
  /** `key http://a/`, `soft tag x`, `everything`, … */
  readonly applied: string[];
  readonly reports: string[];
  /** As it was told last; undefined: it trusts nothing. */
  trustedUntilMs(): number | undefined;
  end(): Promise<void>;
}

export interface NodeOptions extends Partial<ResolvedCluster> {
  readonly redis: string;
  readonly positionPath?: string;
  /** What carrying out a purge takes. */
  readonly work?: () => void;
}

export function node(t: Test, { positionPath, work, ...options }: NodeOptions): Promise<Node> {
  const applied: string[] = [];
  const reports: string[] = [];
  let trustedUntilMs: number | undefined;
  const cluster = new Cluster({ ...clusterDefaults, ...options }, {
    apply: (purge, soft) => {
      work?.();
      applied.push(`${soft ? 'soft ' : ''}${purge.by} ${nameOf(purge)}`.trim());
      return Promise.resolve();
    },
    trust: (untilMs) => (trustedUntilMs = untilMs),
    report: (name, message, facts = {}) => reports.push(`${name} ${message} ${JSON.stringify(facts)}`),
    reload: () => Promise.resolve(),
  }, { hash: '0'.repeat(16), generation: 1 }, positionPath);
  let ended: Promise<void> | undefined;
  const end = (): Promise<void> => (ended ??= cluster.close());
  t.teardown(end);
  cluster.start();
  return Promise.resolve({ cluster, applied, reports, trustedUntilMs: () => trustedUntilMs, end });
}

/** It knows all that there is. */
export function caughtUp(...nodes: readonly Node[]): Promise<void> {
  return until(() => nodes.every(({ cluster }) => cluster.status().connected), 'nodes that are connected');
}

/** What was applied since it began: a node begins by purging everything. */
export function since({ applied }: Node): readonly string[] {
  return applied.slice(1);
}
