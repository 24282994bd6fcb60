// Of the process, its threads, and the host it runs on.
import { offloadRows } from '../doctor/offloads.ts';
import { VERSION } from '../version.ts';
import { squeezes } from '../memory-pressure.ts';
import { counter, family, gauge, openFamily, type Labels, type Moment, type Row, type ValueRow } from './row.ts';
import { lagBuckets } from './sheet.ts';

function value(type: 'counter' | 'gauge', name: string, help: string, of: (moment: Moment) => number | undefined, labels: Labels = {}): ValueRow {
  const samples: ValueRow['samples'] = (moment) => {
    const found = of(moment);
    return found === undefined ? [] : [{ labels, value: found }];
  };
  return { type, name, help, labels: Object.fromEntries(Object.keys(labels).map((label) => [label, 'of what runs'])), samples };
}

export const processRows: readonly Row[] = [
  value('gauge', 'pagecast_build_info', 'Always 1: which version this is.', () => 1, { version: VERSION, node: process.versions.node }),
  value('gauge', 'pagecast_workers', 'Workers that run. Less than are configured for longer than a second: one dies again and again, and the report workerDied tells why.', ({ workers }) => workers.running),
  value('gauge', 'pagecast_workers_silent', 'Workers that did not answer within a second when they were asked for these numbers: something blocks their loop. They count as they last did.', ({ workers }) => workers.silent),
  counter('pagecast_workers_replaced_total', 'workers.replaced', 'Workers that died and were replaced; their connections were reset.'),
  counter('pagecast_workers_hung_total', 'workers.hung', 'Workers whose loop gave no sign of life for limits.workerHungMs, and that were ended for it: a hook or a handler that never comes back. The report workerHung tells where it was. They are in pagecast_workers_replaced_total, too.'),
  gauge('pagecast_config_generation', 'config.generation', 'Which configuration is in force: 1 is that of the start, each reload puts a later one into force. The same on all workers.'),
  gauge('pagecast_memory_share', 'memory.sharePercent', 'Of the bounds of arena, private memory and store, what is used. Below 1: the cgroup is short of memory, or was a moment ago.', 0.01),
  family('pagecast_memory_squeezed_total', 'cause', Object.fromEntries(squeezes.map((cause) => [cause, `memory.squeezed.${cause}`])), 'Steps by which that share was made less. full: what cannot be taken back is near the limit of the cgroup, or of one above it; limited: the limit was reached, and most of what is used cannot be taken back; stalled: something waits for memory for more than memory.stallPercentMax of the time.'),
  gauge('pagecast_sealed_bytes', 'memory.sealedBytes', 'Memory of arena, private copies, snapshots and stored bodies: ours, and never taken back by the kernel.'),
  gauge('pagecast_cgroup_memory_bytes', 'memory.usedBytes', 'Memory of the cgroup (version 2), page cache included.'),
  gauge('pagecast_cgroup_page_cache_bytes', 'memory.pageCacheBytes', 'Of that, pages of files: the kernel takes them back. Memory that is sealed is not among them.'),
  gauge('pagecast_cgroup_limit_bytes', 'memory.limitBytes', 'The limit of the cgroup, memory.high or memory.max; absent where it has none.'),
  {
    type: 'histogram', name: 'pagecast_loop_lag_seconds', buckets: lagBuckets, labels: { thread: '`main`, `worker-0` and so on' },
    samples: ({ lags }) => lags.map(({ thread, words }) => ({ labels: { thread }, words })),
    help: 'How late timers of a thread were, twenty milliseconds after each other, while it had connections; of main, since somebody first asked for metrics. Up to 2 ms is what timers are off. More on workers: a hook, or too little CPU. More on main: purges of very much, or too little CPU.',
  },
  openFamily('pagecast_reports_total', 'name', 'report.', 'names of reports, as in the log', 'What was told to the operator. The log says it once a second at most; this counts all.'),
  family('pagecast_spans_total', 'result', { exported: 'tracing.spansExported', dropped: 'tracing.spansDropped', failed: 'tracing.spansFailed' }, 'With tracing: spans that the collector has taken, those that were dropped because too many waited for it, and those that it refused or could not be given. The report tracingFailed tells why.'),
  {
    type: 'gauge', name: 'pagecast_interface_offload_enabled', labels: { interface: 'names of those over which other machines reach this server', feature: offloadRows.map(({ feature }) => `\`${feature}\``).join(', ') },
    samples: ({ host }) => host.interfaces.flatMap((one) => offloadRows
      .filter(({ key }) => one[key].state >= 0)
      .map(({ key, feature }) => ({ labels: { interface: one.name, feature }, value: one[key].state }))),
    help: 'Whether an interface does this in place of the processor, looked at once a minute. Without tx and sg what sendfile hands over is copied after all: pagecast doctor tells how to turn them on.',
  },
  value('counter', 'process_cpu_seconds_total', 'Processor time of all threads.', ({ host }) => host.cpuS),
  value('gauge', 'process_resident_memory_bytes', 'Memory that is resident; shared memory of the arena included as far as it is touched.', ({ host }) => host.residentBytes),
  value('gauge', 'process_start_time_seconds', 'When the process began; seconds since 1970.', ({ host }) => host.startedS),
  value('gauge', 'process_open_fds', 'Descriptors that are open; from Linux 6.2.', ({ host }) => host.descriptors),
  value('gauge', 'process_max_fds', 'Descriptors that may be open.', ({ host }) => host.descriptorsMax),
  value('gauge', 'pagecast_main_heap_bytes', 'JavaScript objects of the main thread: what is known of stored objects is a part of it.', ({ host }) => host.heapBytes),
];
