// What a worker tells the operator: a named event with its facts. Main writes it to the log, rate-limited by name.
export type ReportName =
  | 'linkOutOfRoot' | 'openFailed' | 'fileShortened' | 'tornPrevented' | 'leaseBroken' | 'leaseRefused' | 'acceptRefused' | 'connectionsShed' | 'exchangeFailed' | 'bodySourceFailed'
  | 'compressionFailed' | 'rulesIgnored' | 'revalidationFailed' | 'hookFailed' | 'originFailed' | 'originOut' | 'originBack' | 'originListenerFailed';

export type Report = (name: ReportName, message: string, facts?: Readonly<Record<string, string | number>>) => void;
