// What the control plane can ask of a server, and tell it to do: all that its routes know of one.
import type { SeenObject } from '../../cache/store/stored-objects.ts';
import type { Purge } from '../../cache/store/messages.ts';
import type { FieldList } from '../../http/response.ts';
import type { ClusterStatus } from '../cluster/cluster.ts';
import type { LogLevel } from '../log/level.ts';
import type { MemoryStatus } from '../memory-keeper.ts';
import type { MetricsSnapshot, MetricsText } from '../metrics/metrics.ts';
import type { Readable } from './masked.ts';

/** `starting` until every worker accepts connections; `draining` from the moment that an end was asked for. */
export type Phase = 'starting' | 'ready' | 'draining';

export interface WorkerStatus {
  readonly configured: number;
  /** That accept connections now. */
  readonly ready: number;
  /** Since the start, because they died. */
  readonly replaced: number;
  /** Of these, because they gave no sign of life any more. */
  readonly hung: number;
}

export interface SiteStatus {
  /** None: of every host. */
  readonly hosts: readonly string[];
  readonly root?: string;
  readonly origins?: readonly string[];
}

export interface Status {
  readonly version: string;
  readonly pid: number;
  readonly startedAt: string;
  readonly uptimeS: number;
  readonly phase: Phase;
  readonly workers: WorkerStatus;
  readonly memory: MemoryStatus;
  /** URLs, and `unix:/path`. */
  readonly listeners: readonly string[];
  readonly sites: readonly SiteStatus[];
  /** Of the store: what there is, and sums since the start. Undefined: there are no origins. */
  readonly store?: Readonly<Record<string, number>>;
  /** Undefined: it is alone. */
  readonly cluster?: ClusterStatus;
}

/** What changes from second to second. */
export interface Snapshot {
  readonly time: string;
  readonly phase: Phase;
  readonly workers: WorkerStatus;
  readonly metrics: MetricsSnapshot;
}

/** Something that has happened. */
export interface ControlEvent {
  readonly name: string;
  readonly message: string;
  readonly facts: Readonly<Record<string, string | number>>;
}

export interface ObjectFilter {
  readonly prefix: string;
  readonly tag: string | undefined;
}

export interface ObjectPage {
  readonly objects: readonly SeenObject[];
  /** From where to go on; undefined: that was all. */
  readonly next: number | undefined;
}

export interface ExplainRequest {
  readonly url: string;
  readonly method: string;
  readonly fields: FieldList;
}

/** The operator's log, as far as it is turned up and written to from here. */
export interface ControlLog {
  level: LogLevel;
  info(message: string, facts: Readonly<Record<string, string | number>>): void;
}

export interface ControlBackend {
  phase(): Phase;
  status(): Status;
  /** The options in force, without secrets. */
  config(): Readable;
  /** @param from where the page before ended; 0: from the start. */
  objects(filter: ObjectFilter, from: number, limit: number): Promise<ObjectPage>;
  object(key: string): SeenObject | undefined;
  /** Under which key a GET of this URL is stored. @throws Problem where it is no URL. */
  keyOf(url: string): Promise<string>;
  /** By which requests come: keys have it, whatever that of a URL is. */
  readonly scheme: 'http' | 'https';
  /** @returns how many objects were found. */
  purge(purge: Purge, soft: boolean): Promise<number>;
  /** @throws Problem where no server would take such a request. */
  explain(request: ExplainRequest): Promise<Readable>;
  snapshot(): Promise<Snapshot>;
  /** For Prometheus. @param accept what the field Accept says. */
  metrics(accept: string | undefined): Promise<MetricsText>;
  /** Takes a changed configuration into force. @throws Problem where it cannot be, with every fault. */
  reload(): Promise<Readable>;
  /** Starts another process in place of this one. @returns it. @throws Problem. Undefined: this server cannot. */
  readonly upgrade?: (() => Promise<number>) | undefined;
  /** Lets answers under way finish, and ends. */
  drain(): void;
  /** Undefined: there is none that we could write to. */
  readonly log: ControlLog | undefined;
  /** An exception where there should be none: whoever asked is told 500, and the operator this. */
  failed(error: Error): void;
  /** @returns what ends it. */
  listen(hear: (event: ControlEvent) => void): () => void;
}
