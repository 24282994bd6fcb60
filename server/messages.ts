// What main and its workers say to each other.
import type { ToCoordinator, ToStoreUser } from '../cache/store/messages.ts';
import type { BodyFolderOptions } from '../cache/store/disk/body-folder.ts';
import type { ServerModules } from './config/functions.ts';
import type { Measures } from './metrics/measures.ts';
import type { ReportName } from './report.ts';
import type { ResolvedOptions } from './options.ts';
import type { Service } from './services.ts';

export interface BorrowedListener {
  readonly fd: number;
  /** Other workers wait on the same descriptor. */
  readonly shared: boolean;
  readonly service: Service;
}

/** What a worker makes a policy of. */
export interface PolicyData {
  /** The number that it is in force by. */
  readonly generation: number;
  readonly options: ResolvedOptions;
  /** Of the functions that the options have. */
  readonly modules: ServerModules;
  /** Generations of the store; undefined: there is none. */
  readonly store: SharedArrayBuffer | undefined;
  /** Of the store on disk; undefined: there is none. */
  readonly bodies: BodyFolderOptions | undefined;
}

export interface WorkerData extends PolicyData {
  /** One Int32: the number in force. */
  readonly inForce: SharedArrayBuffer;
  readonly listeners: readonly BorrowedListener[];
  /** For what is counted of answers; see metrics/sheet.ts. */
  readonly sheet: SharedArrayBuffer;
}

export type ToWorker =
  | { readonly type: 'drain' | 'end' | 'abandon' }
  | { readonly type: 'prepare'; readonly policy: PolicyData }
  | { readonly type: 'commit'; readonly generation: number; readonly listeners: readonly BorrowedListener[] }
  /** Open files in private memory are closed, the least recently used first, until there is so much less of it. */
  | { readonly type: 'shed'; readonly bytes: number }
  | { readonly type: 'count'; readonly ticket: number }
  | { readonly type: 'measure'; readonly ticket: number }
  | { readonly type: 'store'; readonly message: ToStoreUser };

export type Counts = Readonly<Record<string, number>>;

export type FromWorker =
  | { readonly type: 'ready' }
  /** Waits on no listener any more. */
  | { readonly type: 'unlistened' }
  | { readonly type: 'drained' }
  /** A policy can be put into force, or why not. */
  | { readonly type: 'prepared'; readonly generation: number; readonly fault: string | undefined }
  /** It is in force, and so are its listeners. */
  | { readonly type: 'committed'; readonly generation: number }
  | { readonly type: 'accessLog'; readonly block: string }
  /** Spans, their texts joined by commas, and how many they are. */
  | { readonly type: 'spans'; readonly block: string; readonly spans: number }
  | { readonly type: 'report'; readonly name: ReportName; readonly message: string; readonly facts: Readonly<Record<string, string | number>> }
  | { readonly type: 'store'; readonly message: ToCoordinator }
  | { readonly type: 'counts'; readonly ticket: number; readonly counts: Counts }
  | { readonly type: 'measures'; readonly ticket: number; readonly measures: Measures };
