/**
 * Repr-Digest and Want-Repr-Digest, RFC 9530 §3 and §4: Dictionaries of RFC 9651, of byte sequences and of integers.
 *
 * "If parsing fails, the entire field value MUST be ignored" (RFC 9651 §4.2).
 */
import { parseDictionary } from './structured-fields.ts';

/** 'absent': also where the field does not parse, or the preference is not an integer from 0 to 10: a preference is "only a hint". */
export type DigestPreference = 'absent' | 'wanted' | 'refused';

const SHA256_BYTES = 32;
const PREFERENCE_MAX = 10;

/** The value of Repr-Digest. Throws where it is not given 32 bytes. */
export function reprDigest(sha256: Uint8Array): string {
  if (sha256.length !== SHA256_BYTES) throw new Error(`not a SHA-256: ${sha256.length} bytes`);
  return `sha-256=:${Buffer.from(sha256).toString('base64')}:`;
}

/** @param value of Want-Repr-Digest, its lines joined by commas; undefined where it is absent. */
export function wantsDigest(value: string | undefined, algorithm: 'sha-256'): DigestPreference {
  const preference = value === undefined ? undefined : parseDictionary(value)?.get(algorithm);
  if (preference?.kind !== 'integer' || preference.value < 0 || preference.value > PREFERENCE_MAX) return 'absent';
  return preference.value === 0 ? 'refused' : 'wanted';
}
