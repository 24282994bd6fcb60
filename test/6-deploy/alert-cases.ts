// A history for each alert, by promtool's notation ("0+1x30": from 0, one more each minute, thirty times), and when it has to have fired.
// `quiet` is the same server as it should be: then nobody is woken.
export interface AlertCase {
  readonly alert: string;
  readonly series: Readonly<Record<string, string>>;
  readonly at: string;
  /** How often rules are looked at, unless each minute. Days of minutes take promtool minutes. */
  readonly every?: string;
  readonly quiet: Readonly<Record<string, string>>;
}

const OF = 'job="pagecast",instance="a:8081"';

export const alertCases: readonly AlertCase[] = [
  { alert: 'PagecastDown', series: { [`up{${OF}}`]: '1x5 0x10' }, at: '10m', quiet: { [`up{${OF}}`]: '1x20' } },
  { alert: 'PagecastRestarting', series: { [`process_start_time_seconds{${OF}}`]: '10x5 20x3 30x3 40x20' }, at: '16m', quiet: { [`process_start_time_seconds{${OF}}`]: '10x5 20x40' } },
  { alert: 'PagecastWorkersDying', series: { [`pagecast_workers_replaced_total{${OF}}`]: '0x5 1+1x10' }, at: '14m', quiet: { [`pagecast_workers_replaced_total{${OF}}`]: '0x5 1x20' } },
  { alert: 'PagecastWorkerSilent', series: { [`pagecast_workers_silent{${OF}}`]: '0x3 1x10' }, at: '8m', quiet: { [`pagecast_workers_silent{${OF}}`]: '0x3 1 0x20' } },
  { alert: 'PagecastWorkersHung', series: { [`pagecast_workers_hung_total{${OF}}`]: '0x5 1x20' }, at: '10m', quiet: { [`pagecast_workers_hung_total{${OF}}`]: '1x20' } },
  { alert: 'PagecastMemoryPressure', series: { [`pagecast_memory_share{${OF}}`]: '1x3 0.8 0.64 0.5x20' }, at: '20m', quiet: { [`pagecast_memory_share{${OF}}`]: '1x3 0.8 0.85 0.9 0.95 1x20' } },
  {
    alert: 'PagecastLoopHeldUp',
    series: { [`pagecast_loop_lag_seconds_bucket{${OF},thread="worker-0",le="0.05"}`]: '0x40', [`pagecast_loop_lag_seconds_bucket{${OF},thread="worker-0",le="0.1"}`]: '0+60x40', [`pagecast_loop_lag_seconds_bucket{${OF},thread="worker-0",le="+Inf"}`]: '0+60x40' },
    at: '20m',
    quiet: { [`pagecast_loop_lag_seconds_bucket{${OF},thread="worker-0",le="0.05"}`]: '0+60x40', [`pagecast_loop_lag_seconds_bucket{${OF},thread="worker-0",le="+Inf"}`]: '0+60x40' },
  },
  {
    alert: 'PagecastErrors',
    series: { [`pagecast_answers_total{${OF},status="200",cache="hit"}`]: '0+900x40', [`pagecast_answers_total{${OF},status="502",cache="failed"}`]: '0+90x40' },
    at: '20m',
    // Half of it, but a request in ten minutes.
    quiet: { [`pagecast_answers_total{${OF},status="200",cache="hit"}`]: '0+0.1x40', [`pagecast_answers_total{${OF},status="502",cache="failed"}`]: '0+0.1x40' },
  },
  {
    alert: 'PagecastRequestsRefused',
    series: { [`pagecast_requests_total{${OF}}`]: '0+100x60', [`pagecast_requests_refused_total{${OF},reason="badTarget"}`]: '0+50x60' },
    at: '30m',
    quiet: { [`pagecast_requests_total{${OF}}`]: '0+100x60', [`pagecast_requests_refused_total{${OF},reason="badTarget"}`]: '0+1x60' },
  },
  { alert: 'PagecastConnectionsRefused', series: { [`pagecast_connections_refused_total{${OF}}`]: '0+3x30' }, at: '15m', quiet: { [`pagecast_connections_refused_total{${OF}}`]: '7x30' } },
  { alert: 'PagecastDescriptorsShort', series: { [`process_open_fds{${OF}}`]: '900x20', [`process_max_fds{${OF}}`]: '1000x20' }, at: '10m', quiet: { [`process_open_fds{${OF}}`]: '500x20', [`process_max_fds{${OF}}`]: '1000x20' } },
  { alert: 'PagecastOriginOut', series: { [`pagecast_origin_well_workers{${OF},origin="http://o"}`]: '2x3 0x10' }, at: '8m', quiet: { [`pagecast_origin_well_workers{${OF},origin="http://o"}`]: '2x3 1x10' } },
  {
    alert: 'PagecastOriginFailing',
    series: { [`pagecast_origin_requests_total{${OF}}`]: '0+100x30', [`pagecast_origin_failures_total{${OF},reason="connect"}`]: '0+10x30' },
    at: '15m',
    quiet: { [`pagecast_origin_requests_total{${OF}}`]: '0+100x30', [`pagecast_origin_failures_total{${OF},reason="cancelled"}`]: '0+50x30', [`pagecast_origin_failures_total{${OF},reason="connect"}`]: '0x30' },
  },
  { alert: 'PagecastOriginQueue', series: { [`pagecast_origin_requests_waiting{${OF}}`]: '0x3 5x20' }, at: '12m', quiet: { [`pagecast_origin_requests_waiting{${OF}}`]: '5 0 5 0 5 0 5 0 5 0 5 0 5 0 5 0 5 0 5' } },
  {
    alert: 'PagecastHitsFallen',
    series: { [`pagecast_answers_total{${OF},status="200",cache="hit"}`]: '0+90x1440 129600+10x200', [`pagecast_answers_total{${OF},status="200",cache="miss"}`]: '0+10x1440 14400+90x200' },
    at: '1540m',
    every: '10m',
    quiet: { [`pagecast_answers_total{${OF},status="200",cache="hit"}`]: '0+90x1640', [`pagecast_answers_total{${OF},status="200",cache="miss"}`]: '0+10x1640' },
  },
  {
    alert: 'PagecastStoreTooSmall',
    series: { [`pagecast_store_evictions_total{${OF}}`]: '0+9x200', [`pagecast_store_responses_total{${OF},outcome="stored"}`]: '0+10x200' },
    at: '120m',
    quiet: { [`pagecast_store_evictions_total{${OF}}`]: '0+1x200', [`pagecast_store_responses_total{${OF},outcome="stored"}`]: '0+10x200' },
  },
  {
    alert: 'PagecastStoreDiskRefuses',
    series: { [`pagecast_store_disk_refused_total{${OF}}`]: '0+1x30', [`pagecast_store_disk_faults_total{${OF}}`]: '0x30' },
    at: '15m',
    quiet: { [`pagecast_store_disk_refused_total{${OF}}`]: '4x30', [`pagecast_store_disk_faults_total{${OF}}`]: '4x30' },
  },
  { alert: 'PagecastStoreDiskDamaged', series: { [`pagecast_store_disk_damaged_total{${OF}}`]: '0x5 1x20' }, at: '10m', quiet: { [`pagecast_store_disk_damaged_total{${OF}}`]: '2x30' } },
  { alert: 'PagecastStoreDiskBehind', series: { [`pagecast_store_disk_skipped_total{${OF}}`]: '0+3x60' }, at: '40m', quiet: { [`pagecast_store_disk_skipped_total{${OF}}`]: '0x5 3x60' } },
  {
    alert: 'PagecastStoreDiskFull',
    series: { [`pagecast_store_disk_evictions_total{${OF}}`]: '0+9x200', [`pagecast_store_disk_writes_total{${OF}}`]: '0+10x200' },
    at: '150m',
    quiet: { [`pagecast_store_disk_evictions_total{${OF}}`]: '0+1x200', [`pagecast_store_disk_writes_total{${OF}}`]: '0+10x200' },
  },
  { alert: 'PagecastConfigsDiffer', series: { [`pagecast_cluster_configs_differing{${OF}}`]: '0x3 1x30' }, at: '25m', quiet: { [`pagecast_cluster_configs_differing{${OF}}`]: '0x3 2x10 0x30' } },
  {
    alert: 'PagecastFilesChangeUnderAnswers',
    series: { [`pagecast_torn_answers_prevented_total{${OF}}`]: '0x5 1x20', [`pagecast_files_shortened_total{${OF}}`]: '0x30' },
    at: '10m',
    quiet: { [`pagecast_torn_answers_prevented_total{${OF}}`]: '4x30', [`pagecast_files_shortened_total{${OF}}`]: '2x30' },
  },
  { alert: 'PagecastAnswersExposed', series: { [`pagecast_guard_exposed_total{${OF}}`]: '0x5 1x20' }, at: '10m', quiet: { [`pagecast_guard_exposed_total{${OF}}`]: '1x20' } },
  { alert: 'PagecastWritersForced', series: { [`pagecast_writers_forced_total{${OF}}`]: '0x5 1x20' }, at: '10m', quiet: { [`pagecast_writers_forced_total{${OF}}`]: '1x20' } },
  { alert: 'PagecastPrivateMemoryFull', series: { [`pagecast_private_copies_refused_total{${OF}}`]: '0+1x60' }, at: '40m', quiet: { [`pagecast_private_copies_refused_total{${OF}}`]: '0x5 1x60' } },
  { alert: 'PagecastSnapshotsRefused', series: { [`pagecast_snapshots_refused_total{${OF}}`]: '0x5 1x20' }, at: '10m', quiet: { [`pagecast_snapshots_refused_total{${OF}}`]: '1x20' } },
  { alert: 'PagecastLogLost', series: { [`pagecast_reports_total{${OF},name="accessLogFailed"}`]: '_x20 1x20' }, at: '30m', quiet: { [`pagecast_reports_total{${OF},name="accessLogFailed"}`]: '1x60' } },
  { alert: 'PagecastOffloadOff', series: { [`pagecast_interface_offload_enabled{${OF},interface="eth0",feature="tx"}`]: '0x30' }, at: '20m', quiet: { [`pagecast_interface_offload_enabled{${OF},interface="eth0",feature="tx"}`]: '1x30', [`pagecast_interface_offload_enabled{${OF},interface="eth0",feature="tso"}`]: '0x30' } },
];
