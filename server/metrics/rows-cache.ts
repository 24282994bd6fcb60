// Of the store, its flights, and the origins.
import { originFailures } from '../proxy/origin/failure.ts';
import { counter, family, gauge, type Moment, type Row, type Sample, type ValueRow } from './row.ts';
import type { OriginHealth } from './gathering.ts';

const FAILURES = Object.fromEntries(Object.keys(originFailures).map((kind) => [kind, `proxy.failed.${kind}`]));

function perOrigin(name: string, of: (origin: OriginHealth) => number, help: string): ValueRow {
  const samples = ({ origins }: Moment): Sample[] => origins.map((origin) => ({ labels: { origin: origin.url }, value: of(origin) }));
  return { type: 'gauge', name, help, labels: { origin: 'as it was configured' }, samples };
}

export const cacheRows: readonly Row[] = [
  gauge('pagecast_store_objects', 'store.objects', 'Keys under which something is stored.'),
  gauge('pagecast_store_bytes', 'store.bytes', 'Memory of what is stored, heads included. The bound is cache.bytesMax.'),
  gauge('pagecast_store_bodies', 'store.bodies', 'Bodies that the store holds.'),
  gauge('pagecast_store_tags', 'store.tags', 'Tags by which something can be purged.'),
  counter('pagecast_store_evictions_total', 'store.evictions', 'Objects that left to make room. Many, with few hits: raise cache.bytesMax.'),
  family('pagecast_store_responses_total', 'outcome', { stored: 'store.stored', refreshed: 'store.refreshed', overtaken: 'store.overtaken', tooLarge: 'store.tooLarge', bodiesMissing: 'store.bodiesMissing' }, 'Responses that came for the store. refreshed: a 304 or HEAD gave what is stored a new head; overtaken: a purge came while it was under way; bodiesMissing: its bytes were gone before it was stored.'),
  gauge('pagecast_store_disk_objects', 'store.diskObjects', 'Keys under which something is on disk, as far as that is known: see pagecast_store_disk_scanned.'),
  gauge('pagecast_store_disk_bytes', 'store.diskBytes', 'Of their files. The bound is store.bytesMax.'),
  gauge('pagecast_store_disk_scanned', 'store.diskScanned', 'Whether all that was on disk at the start is known: 1, or 0 before. Until then what is asked for is found by its name.'),
  gauge('pagecast_store_disk_waiting', 'store.diskWaiting', 'Objects that wait to be written. Much for long: the disk is slower than what comes.'),
  family('pagecast_store_disk_lookups_total', 'outcome', { found: 'store.diskFinds', missing: 'store.diskMisses' }, 'Objects that memory did not have, and that were looked for on disk.'),
  counter('pagecast_store_disk_writes_total', 'store.diskWrites', 'Objects written.'),
  counter('pagecast_store_disk_evictions_total', 'store.diskEvictions', 'Objects that left the disk to make room. Many, with few finds: raise store.bytesMax.'),
  counter('pagecast_store_disk_refused_total', 'store.diskRefused', 'Objects, or their heads, that the disk did not take: it is full, or failing. The report storeFailed has the reason.'),
  counter('pagecast_store_disk_skipped_total', 'store.diskNotWritten', 'Objects that were not written, because too much waits: the disk is slower than what comes. They are in memory only.'),
  counter('pagecast_store_disk_damaged_total', 'store.diskLost', 'Objects on disk that were damaged, or gone: they were asked for anew, and nobody got them.'),
  counter('pagecast_store_disk_faults_total', 'store.diskFaults', 'Calls that the disk has answered with an error.'),
  counter('pagecast_store_purges_total', 'store.purges', 'Purges that were asked for.'),
  counter('pagecast_store_purged_objects_total', 'store.purged', 'Objects that purges have found.'),
  counter('pagecast_store_invalidated_objects_total', 'store.invalidations', 'Objects that are validated before use, because an unsafe request came (RFC 9111 section 4.4).'),
  gauge('pagecast_objects_held', 'proxy.objectsHeld', 'Objects that workers hold themselves, and answer from without asking.'),
  gauge('pagecast_flights', 'store.flights', 'Questions to an origin under way whose answer may be shared.'),
  gauge('pagecast_flight_waiters', 'store.waiters', 'Requests that wait for such a question.'),
  gauge('pagecast_flights_alone', 'store.alone', 'Keys whose answers were not for sharing, so that nobody waits for them for a while.'),
  counter('pagecast_flight_asks_total', 'store.asks', 'Questions of workers to the coordinator. Hits ask none.'),
  counter('pagecast_fills_total', 'store.fills', 'Flights begun: one for all who ask for the same.'),
  family('pagecast_fills_ended_total', 'how', { handedOn: 'store.handedOn', released: 'store.released', stray: 'store.strays' }, 'Flights that did not store what they brought. handedOn: the worker died, and another went on; released: it was not to be stored, or there was no answer; stray: told when the flight was over.'),
  family('pagecast_flight_joins_total', 'how', { collapsed: 'store.collapsed', followed: 'store.followed', alone: 'store.sentAlone' }, 'Requests that found a flight for the same. collapsed: they waited for it; followed: they are sent what it brings while it comes; alone: they were told to ask for themselves.'),
  counter('pagecast_bodies_broken_total', 'engine.bodiesBroken', 'Answers that were reset because the body they followed broke off.'),
  counter('pagecast_origin_requests_total', 'proxy.asked', 'Requests to origins.'),
  counter('pagecast_origin_retries_total', 'proxy.retried', 'Requests that went to an origin once more, or to another one.'),
  counter('pagecast_origin_upgrades_total', 'proxy.upgraded', 'Connections to origins that became tunnels.'),
  counter('pagecast_origin_connections_opened_total', 'proxy.connected', 'Connections to origins that were begun. Where it grows as fast as requests do, the origin does not keep them alive.'),
  family('pagecast_origin_failures_total', 'reason', FAILURES, 'Requests to origins that came to no whole answer. cancelled: the client went, or the answer was not wanted any more; no-origin: raise proxy.connectionsMax, or the origin is too slow.'),
  gauge('pagecast_origin_requests_active', 'proxy.active', 'Requests to origins under way.'),
  gauge('pagecast_origin_requests_waiting', 'proxy.waiting', 'Requests that wait for a connection to an origin: raise proxy.connectionsMax, or the origin is too slow.'),
  perOrigin('pagecast_origin_well_workers', ({ wellWorkers }) => wellWorkers, 'Workers that ask this origin as a matter of course. Each judges for itself; 0: it is out, and asked on trial only.'),
  perOrigin('pagecast_origin_connections', ({ connections }) => connections, 'Connections to this origin that are open now.'),
  gauge('pagecast_cluster_connected', 'store.clusterConnected', 'Whether Redis is reached, and this node has heard all purges: 1 or 0.'),
  gauge('pagecast_cluster_lag_seconds', 'store.clusterLagMs', 'Since it was last known that no purge of another node was missing. Above cluster.staleMaxMs what is stored is validated before use.', 0.001),
  gauge('pagecast_cluster_nodes', 'store.clusterNodes', 'Other nodes that have told what config they run.'),
  gauge('pagecast_cluster_configs_differing', 'store.clusterConfigsDiffering', 'Those of them that run another config than this one.'),
  gauge('pagecast_cluster_purges_queued', 'store.clusterQueued', 'Purges of this node that Redis has not taken.'),
  family('pagecast_cluster_purges_total', 'how', { published: 'store.clusterPublished', heard: 'store.clusterHeard', dropped: 'store.clusterDropped' }, 'Purges to and from other nodes. dropped: others have not heard of it.'),
  counter('pagecast_cluster_forgotten_total', 'store.clusterForgot', 'How often everything was purged, because purges of others could not be had any more.'),
  perOrigin('pagecast_origin_connections_busy', ({ busy }) => busy, 'Of these, those with a request or a tunnel. The bound is proxy.connectionsMax for each worker.'),
];
