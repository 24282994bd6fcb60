// The name of a host, looked up anew for each connection, but never twice at once: a lookup cannot be given up, and where names
// are answered slowly those of one attempt after the other would each have a thread.
import type { LookupAddress } from 'node:dns';
import type { LookupFunction } from 'node:net';
import { addressesOf } from './host-addresses.ts';

export class OneLookup {
  #underWay: Promise<readonly LookupAddress[]> | undefined;

  /** For net.connect(); always the same name. */
  readonly lookup: LookupFunction = (name, { all }, callback) => {
    this.#underWay ??= addressesOf(name).finally(() => (this.#underWay = undefined));
    this.#underWay.then(
      (addresses) => (all === true ? callback(null, [...addresses]) : callback(null, addresses[0]!.address, addresses[0]!.family)),
      (error: unknown) => callback(error as NodeJS.ErrnoException, ''),
    );
  };
}
