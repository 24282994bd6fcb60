// What is stored of a resource: responses to GET, one for each variant that was seen (RFC 9111 §2, §4.1), newest first.
// Plain data: it goes from thread to thread, and to disk, as it is.
import type { FieldList } from '../../http/response.ts';
import type { Freshness } from '../policy/freshness.ts';

/** Where a stored body is. */
export interface StoredBody {
  /** Of the native record that has the bytes (Engine.keep), or the id of a body in the store on disk (disk/layout.ts). */
  readonly record: string;
  /** Its id in the store on disk, where it is there as well. */
  readonly file?: string;
  /** First byte within the representation; 0 but for a part of it (RFC 9111 §3.3). */
  readonly offset: number;
  readonly bytes: number;
  /** Of the record, where its end is left out: they take their room all the same. */
  readonly recordBytes?: number;
}

export interface Variant {
  /** Unique in the process. */
  readonly id: number;
  /** 206 is never stored as such: a part of a 200 is a 200 whose bodies do not cover it all. */
  readonly status: number;
  /** End-to-end fields as they came; a later 304 or HEAD replaces some (RFC 9111 §3.2). Without Age, Content-Length and Content-Range. */
  readonly fields: FieldList;
  /** When the request went out and when the head came; milliseconds since the epoch (RFC 9111 §4.2.3). */
  readonly requestMs: number;
  readonly responseMs: number;
  /** Of the response as it came, or of the one that freshened it; its Age is told by nothing else. */
  readonly freshness: Freshness;
  /** Names of Vary in lower case, sorted, and what the request said in each, normalised (http/vary.ts). */
  readonly varyNames: readonly string[];
  readonly varyValues: readonly string[];
  /** Bytes of the whole representation; -1 where only parts of unknown whole are there. */
  readonly bytes: number;
  /** In order, disjoint. One of all bytes, where all is there; none, where there are no bytes. */
  readonly bodies: readonly StoredBody[];
  /** Of Cache-Tag and Surrogate-Key. */
  readonly tags: readonly string[];
  /** Fresh or not, it is to be validated before it is used: an unsafe method came (RFC 9111 §4.4). */
  readonly invalid: boolean;
}

export interface StoredObject {
  /** Primary cache key (RFC 9111 §2). */
  readonly key: string;
  readonly variants: readonly Variant[];
}

/** Those that any of them has; the same one twice, where two have it. */
export function bodiesOf(variants: readonly Variant[]): readonly StoredBody[] {
  return variants.flatMap(({ bodies }) => bodies);
}
