/**
 * The 'Bearer' HTTP authentication scheme, RFC 6750: one token, in the field Authorization and nowhere else.
 *
 *   credentials = "Bearer" 1*SP b64token      the scheme in any case
 *
 * Digests are compared, in a time that does not depend on them. The token is not kept, and is in no message.
 */
import { createHash, timingSafeEqual } from 'node:crypto';

const credentials = /^bearer +([\x21-\x7e]+)$/i;

export class BearerToken {
  readonly #digest: Uint8Array;

  constructor(token: string) {
    this.#digest = digestOf(token);
  }

  /** Undefined: that is the token; else the value of WWW-Authenticate (§3). */
  challenge(authorization: string | undefined): string | undefined {
    const given = credentials.exec(authorization ?? '')?.[1];
    if (given === undefined) return 'Bearer realm="pagecast"';
    return timingSafeEqual(digestOf(given), this.#digest) ? undefined : 'Bearer realm="pagecast", error="invalid_token"';
  }
}

function digestOf(token: string): Uint8Array {
  return createHash('sha256').update(token, 'latin1').digest();
}
