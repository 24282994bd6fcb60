// What workers and the coordinator (main) say to each other about stored objects. A worker asks when it has nothing of
// its own to answer with; one of all that ask for the same fills it from the origin, the others wait for what becomes of it.
//
//   worker   ask ----------------> coordinator          object: take this, and look again
//   filler   <------------- fill                        fill:   go to the origin, and say what came
//            head, then stored / refreshed / released -> follow: a body that is arriving; send it from its record
//   waiters  <---------- follow, object, alone          alone:  ask the origin yourself, it is nothing to be shared
//
// What was said may be overtaken by a change while it is on its way: each answer carries the generation of the key's slot
// as it was when main spoke, and is good for as long as the counters say the same (generations.ts).
import type { StoredObject, Variant } from './object.ts';

/** A body that is still arriving: a growing native record. */
export interface Arriving {
  readonly variant: Variant;
  readonly record: string;
  /** Bytes of the body as its head says; -1: not known. */
  readonly bytes: number;
}

export type Purge =
  | { readonly by: 'key'; readonly key: string }
  | { readonly by: 'tag'; readonly tag: string }
  | { readonly by: 'prefix'; readonly prefix: string }
  | { readonly by: 'everything' };

/**
 * What has become of a purge that was to reach others, too. Other machines: it waits until they can be reached (`queued`), or it is for this
 * one alone (`dropped`). The process that is being replaced, or replaces this one: it has not confirmed it.
 */
export type Unpublished = 'queued' | 'dropped' | 'unconfirmed';

/** A purge that others are told of as well. */
export interface Elsewhere {
  readonly unpublished: Unpublished | undefined;
  /** Objects found by another process that serves the same. */
  readonly objects: number;
}

/** Ids of variants of one key. */
export interface Superseded {
  readonly key: string;
  readonly variants: readonly number[];
}

export type ToCoordinator =
  /**
   * What is there of `key`? `version` is what this worker has of it, -1 for nothing. With `flight` the worker means to ask the
   * origin: key and selecting values, as far as they are known. Answered by object, fill, follow or alone, under the same ticket.
   */
  | { readonly type: 'ask'; readonly ticket: number; readonly key: string; readonly version: number; readonly flight: string | undefined }
  /** Of the one who fills: the head is there, and may be shared; its body arrives. `flight` here and below: the number that came with fill. */
  | { readonly type: 'head'; readonly flight: number; readonly arriving: Arriving }
  /** The flight is over, and this is now stored, in place of the variants in `replaces`. */
  | { readonly type: 'stored'; readonly flight: number; readonly key: string; readonly variant: Variant; readonly replaces: readonly number[] }
  /** The flight is over, nothing new is stored; these variants have new heads (304, HEAD), or are gone. */
  | { readonly type: 'refreshed'; readonly flight: number; readonly key: string; readonly variants: readonly Variant[]; readonly dropped: readonly number[] }
  /**
   * The flight is over and gave nothing to share. `aloneForMs`: so long nobody waits for others who ask for the same
   * (0: the next one fills). `failed`: the origin gave no answer, and who waited is told so. `superseded`: variants that are to be
   * validated before they are used again, because what came is newer and not for the store.
   */
  | { readonly type: 'released'; readonly flight: number; readonly aloneForMs: number; readonly failed: boolean; readonly superseded?: Superseded | undefined }
  /** An unsafe method came (RFC 9111 §4.4): what is stored is validated before it is used. Answered by purged. */
  | { readonly type: 'invalidate'; readonly ticket: number; readonly keys: readonly string[] }
  | { readonly type: 'purge'; readonly ticket: number; readonly purge: Purge; readonly soft: boolean }
  /** The bytes of that record are not there, or not what was stored. */
  | { readonly type: 'lost'; readonly key: string; readonly record: string }
  /** The disk has not taken a body that was to arrive there; errno by name. */
  | { readonly type: 'refused'; readonly error: string }
  /** Keys that were used since the last time. */
  | { readonly type: 'used'; readonly keys: readonly string[] };

export type ToStoreUser =
  /** `version`: never given twice; -1 where there is nothing. */
  | { readonly type: 'object'; readonly ticket: number; readonly object: StoredObject | undefined; readonly version: number; readonly generation: number }
  /** `flight`: the number of this fill, never given twice. It is ended by stored, refreshed or released, also where nobody wants it any more. */
  | { readonly type: 'fill'; readonly ticket: number; readonly flight: number; readonly generation: number }
  /** To all of a worker who wait for it: one message, and one variant, which may be many. */
  | { readonly type: 'follow'; readonly tickets: readonly number[]; readonly arriving: Arriving; readonly generation: number }
  /** `failed`: the origin has just failed the one who asked it for all: answer without asking it again (stale, or an error). */
  | { readonly type: 'alone'; readonly ticket: number; readonly failed: boolean }
  | { readonly type: 'purged'; readonly ticket: number; readonly objects: number; readonly unpublished?: Unpublished | undefined }
  /** Of keys[i], version versions[i] and those before it are stored no more: records of theirs are to be let go. */
  | { readonly type: 'evicted'; readonly keys: readonly string[]; readonly versions: readonly number[] };
