// Whether what a head file says is a stored object: what another version of this program has written may be none.
import type { Freshness, FreshnessSource } from '../../policy/freshness.ts';
import type { StoredBody, StoredObject, Variant } from '../object.ts';
import { isBodyId } from './layout.ts';

type Shape<T> = (value: unknown) => value is T;

const isText: Shape<string> = (value) => typeof value === 'string';
const isTruth: Shape<boolean> = (value) => typeof value === 'boolean';
const isNumber: Shape<number> = (value) => typeof value === 'number';
export const isCount: Shape<number> = (value): value is number => Number.isSafeInteger(value) && (value as number) >= 0;
const isCountOrUnknown: Shape<number> = (value): value is number => value === -1 || isCount(value);
const isBody: Shape<string> = (value): value is string => isText(value) && isBodyId(value);

function isListOf<T>(isMember: Shape<T>): Shape<readonly T[]> {
  return (value): value is readonly T[] => Array.isArray(value) && value.every((member) => isMember(member));
}

function isAbsentOr<T>(isMember: Shape<T>): Shape<T | undefined> {
  return (value): value is T | undefined => value === undefined || isMember(value);
}

/** Members that are not named here do no harm. */
export function isRecordOf<T extends object>(members: { readonly [Name in keyof T]-?: Shape<T[Name]> }): Shape<T> {
  const shapes = Object.entries<Shape<unknown>>(members);
  return (value): value is T =>
    typeof value === 'object' && value !== null && shapes.every(([name, isMember]) => isMember((value as Record<string, unknown>)[name]));
}

const sources: { readonly [Source in FreshnessSource]: true } = {
  targeted: true, 's-maxage': true, 'max-age': true, expires: true, heuristic: true, negative: true, none: true,
};

const isField: Shape<readonly [string, string]> = (value): value is readonly [string, string] => Array.isArray(value) && value.length === 2 && value.every(isText);

const isFreshness = isRecordOf<Freshness>({
  lifetimeMs: isNumber,
  source: (value): value is FreshnessSource => isText(value) && Object.hasOwn(sources, value),
  initialAgeMs: isNumber,
  noCache: isTruth,
  noCacheNames: isListOf(isText),
  mustRevalidate: isTruth,
  staleWhileRevalidateMs: isNumber,
  staleIfErrorMs: isNumber,
  immutable: isTruth,
});

const isVariant = isRecordOf<Variant>({
  id: isCount,
  status: isCount,
  fields: isListOf(isField),
  requestMs: isNumber,
  responseMs: isNumber,
  freshness: isFreshness,
  varyNames: isListOf(isText),
  varyValues: isListOf(isText),
  bytes: isCountOrUnknown,
  bodies: isListOf(isRecordOf<StoredBody>({ record: isBody, file: isAbsentOr(isBody), offset: isCount, bytes: isCount, recordBytes: isAbsentOr(isCount) })),
  tags: isListOf(isText),
  invalid: isTruth,
});

/** Its records are ids of bodies. */
export const isStoredObject: Shape<StoredObject> = isRecordOf<StoredObject>({ key: isText, variants: isListOf(isVariant) });
