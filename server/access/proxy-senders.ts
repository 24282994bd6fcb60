// Peers that say by the PROXY protocol for whom they connect. Nobody else is asked, and they must: to guess whether a connection
// begins with a header would let any client begin with one (proxy-protocol.txt §2).
import { AddressRules } from './addresses.ts';
import { isLocal } from './peer.ts';

const UNIX = 'unix';

export class ProxySenders {
  readonly #addresses: AddressRules | undefined;
  readonly #unix: boolean;

  /** @param addresses addresses and networks; `unix`: every peer on a unix socket. @throws Error that names the entry which is neither. */
  constructor(addresses: readonly string[]) {
    const networks = addresses.filter((entry) => entry !== UNIX);
    this.#addresses = networks.length === 0 ? undefined : new AddressRules(networks, []);
    this.#unix = networks.length < addresses.length;
  }

  /** @param address of the peer, as Peer has it. */
  has(address: string): boolean {
    if (isLocal(address)) return address === UNIX && this.#unix;
    return this.#addresses?.permits(address) ?? false;
  }
}
