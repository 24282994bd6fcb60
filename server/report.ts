// What a worker tells the operator: a named event with its facts. Main writes it to the log, rate-limited by name.
export type ReportName =
  | 'linkOutOfRoot' | 'openFailed' | 'fileShortened' | 'tornPrevented' | 'leaseBroken' | 'leaseRefused' | 'acceptRefused' | 'connectionsShed' | 'exchangeFailed' | 'bodySourceFailed'
  | 'compressionFailed' | 'rulesIgnored' | 'revalidationFailed' | 'hookFailed' | 'handlerFailed' | 'originFailed' | 'originOut' | 'originBack' | 'originListenerFailed' | 'storeFailed'
  | 'workerHung' | 'memoryPressure' | 'memoryCalm' | 'clusterFailed' | 'clusterOut' | 'clusterBack' | 'clusterForgot' | 'clusterConfig' | 'tracingFailed'
  | 'tlsFailed' | 'selfSigned' | 'certificatesChanged' | 'certificatesKept';

export type Report = (name: ReportName, message: string, facts?: Readonly<Record<string, string | number>>) => void;
