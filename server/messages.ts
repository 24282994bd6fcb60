// What main and its workers say to each other.
import type { ToCoordinator, ToStoreUser } from '../cache/store/messages.ts';
import type { ReportName } from './report.ts';
import type { ResolvedOptions } from './options.ts';

export interface BorrowedListener {
  readonly fd: number;
  /** Other workers wait on the same descriptor. */
  readonly shared: boolean;
}

export interface WorkerData {
  readonly options: ResolvedOptions;
  readonly listeners: readonly BorrowedListener[];
  /** Generations of the store; undefined: there is none. */
  readonly store: SharedArrayBuffer | undefined;
}

export type ToWorker = { readonly type: 'drain' } | { readonly type: 'count'; readonly ticket: number } | { readonly type: 'store'; readonly message: ToStoreUser };

export type Counts = Readonly<Record<string, number>>;

export type FromWorker =
  | { readonly type: 'ready' }
  /** Waits on no listener any more. */
  | { readonly type: 'unlistened' }
  | { readonly type: 'drained' }
  | { readonly type: 'accessLog'; readonly block: string }
  | { readonly type: 'report'; readonly name: ReportName; readonly message: string; readonly facts: Readonly<Record<string, string | number>> }
  | { readonly type: 'store'; readonly message: ToCoordinator }
  | { readonly type: 'counts'; readonly ticket: number; readonly counts: Counts };
