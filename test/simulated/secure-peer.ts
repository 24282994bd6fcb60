// A client that speaks TLS, at the other end of a simulated connection. What it says has left only when all of its record has:
// a piece of one is nothing to the server. Signatures are Ed25519's, which are all of a length: that leaves that of tickets to chance.
import type { NativeTlsSettings } from '../../native/tls.ts';
import { CLIENT_CERTIFICATES } from '../../native/tls.ts';
import { Peer } from './peer.ts';
import type { Heard } from './response.ts';
import { simulated, type Nearness, type TlsClient, type World } from './world.ts';

// It is for nobody but the tests, until 2126.
const KEY = [
  '-----BEGIN PRIVATE KEY-----',
  'MC4CAQAwBQYDK2VwBCIEIDLHJA8ghM1KJYjIC2PWZJMaR2YVwFKr8i9pppiWz6qV',
  '-----END PRIVATE KEY-----',
].join('\n');
const CERTIFICATE = [
  '-----BEGIN CERTIFICATE-----',
  'MIIBPjCB8aADAgECAhQ6OKtsInWQvEg35Miij78GjdPNmjAFBgMrZXAwFDESMBAG',
  'A1UEAwwJc2ltdWxhdGVkMCAXDTI2MTEyMzA4MTAwMloYDzIxMjYxMDMwMDgxMDAy',
  'WjAUMRIwEAYDVQQDDAlzaW11bGF0ZWQwKjAFBgMrZXADIQDBJOnivqF4ZlJqavRk',
  '7sNEs7u1d8/crFLTSb8kCWpEx6NTMFEwHQYDVR0OBBYEFNEJAtXFAfbnGgCx6Vun',
  'Xs8IfQ6RMB8GA1UdIwQYMBaAFNEJAtXFAfbnGgCx6VunXs8IfQ6RMA8GA1UdEwEB',
  '/wQFMAMBAf8wBQYDK2VwA0EA8tjXltXRyNZHNPM++rQ+ssq4npQ3Tj6P+WeFoe0L',
  'tBWVI60HAqG/ZPc3Fyh4TXyeSd9lwgWxxxS8wiV6piLuCw==',
  '-----END CERTIFICATE-----',
].join('\n');

export interface SimulatedTls {
  /** Of TLS 1, the newest that peers speak. */
  readonly version: 2 | 3;
  /** Whether the server gives any out: then a storm is not quite the same each time. */
  readonly tickets: boolean;
}

/** The number of a context of this world. */
export function openContext(world: World, { tickets }: SimulatedTls): number {
  const settings: NativeTlsSettings = {
    identities: [{ names: [], certificates: [{ chain: CERTIFICATE, key: KEY, ocsp: new Uint8Array(0) }] }],
    protocols: ['http/1.1'], ciphers: '', onlyTls13: false, clientCa: '', clientCertificate: CLIENT_CERTIFICATES.none, ticketLifetimeS: tickets ? 3600 : 0,
  };
  if (!world.rotateTicketKeys()) throw new Error('no keys for tickets');
  const { number, fault } = world.openTlsContext(settings);
  if (number < 0) throw new Error(fault);
  return number;
}

export class SecurePeer extends Peer {
  readonly #tls: TlsClient;
  /** Ciphertext that there was no room for. */
  #waiting = Buffer.alloc(0);
  /** Plain bytes that are in it. */
  #waitingPlain = 0;

  constructor(world: World, number: number, nearness: Nearness, { version }: SimulatedTls) {
    super(world, number, nearness);
    this.#tls = new simulated.TlsClient(version);
  }

  /** Once the handshake is over: before that, nothing. What is said again is what was said before, and may be longer. */
  override sayOnce(bytes: Uint8Array): number {
    if (this.#waitingPlain === 0 && this.#pushed() && this.#tls.established() && bytes.length > 0) {
      this.#tls.write(bytes);
      this.#waitingPlain = bytes.length;
    }
    if (!this.#pushed()) return 0;
    const said = this.#waitingPlain;
    this.#waitingPlain = 0;
    return said;
  }

  /** Ciphertext. What the handshake has to say to it leaves at once, as far as there is room. */
  override read(bytesMax?: number): number {
    if (this.gone) return 0;
    const bytes = this.wire(bytesMax);
    this.#tls.give(bytes);
    this.hear(this.#tls.read());
    if (this.#waitingPlain === 0) this.#pushed();
    return bytes.length;
  }

  /** An end that the server has not told of ends nothing. */
  override parse(methods: readonly string[], ended = this.is('ENDED')): Heard {
    const heard = super.parse(methods, ended && this.#tls.ended());
    const fault = this.#tls.fault();
    return fault === '' ? heard : { ...heard, fault: `TLS: ${fault}` };
  }

  #pushed(): boolean {
    this.#waiting = Buffer.concat([this.#waiting, this.#tls.take()]);
    if (this.#waiting.length > 0) this.#waiting = this.#waiting.subarray(super.sayOnce(this.#waiting));
    return this.#waiting.length === 0;
  }
}
