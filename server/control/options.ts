// Options of the control plane: where it listens, who may ask, and what is wrong with what was given.
import { readFileSync } from 'node:fs';
import { isIP } from 'node:net';
import { AddressRules } from '../access/addresses.ts';

export interface ControlOptions {
  /**
   * `unix:/path`, a socket of mode 600; `address:port`; a port alone, of 127.0.0.1; or `auto`: a unix socket in $XDG_RUNTIME_DIR/pagecast or
   * /run/pagecast that is called after the first port, and no control plane where neither can be had. Default `auto`.
   */
  readonly listen?: string;
  /** What every request has to bring, but those for health (RFC 6750). Without one, only a unix socket or a loopback address will do. */
  readonly token?: string;
  /** A file that has the token, and nothing else but the end of its line. */
  readonly tokenFile?: string;
}

export type ControlPlace =
  | { readonly kind: 'auto' }
  | { readonly kind: 'unix'; readonly path: string }
  | { readonly kind: 'tcp'; readonly host: string; readonly port: number };

export interface ResolvedControl {
  readonly place: ControlPlace;
  readonly token: string | undefined;
}

export const PLACES = 'unix:/path, address:port, a port or "auto"';

/** What a field's value may have, but no spaces; RFC 6750 §2.1 has fewer. */
const TOKEN = /^[\x21-\x7e]{1,4096}$/;
const PORT_MAX = 65_535;
const loopback = new AddressRules(['127.0.0.0/8', '::1'], []);

/** Whether an address, IPv6 without brackets, is of this host alone. */
export function isLoopback(address: string): boolean {
  return isIP(address) !== 0 && loopback.permits(address);
}

/** Undefined: it is no place. A name is none but localhost: what others stand for may change. */
export function controlPlace(text: string): ControlPlace | undefined {
  if (text === 'auto') return { kind: 'auto' };
  if (text.startsWith('unix:')) {
    const path = text.slice('unix:'.length);
    return path.startsWith('/') && !path.includes('\0') ? { kind: 'unix', path } : undefined;
  }
  const parts = /^(?:(\[[0-9a-f:.]+\]|[^:[\]]*):)?(\d{1,5})$/i.exec(text);
  if (!parts || Number(parts[2]) > PORT_MAX) return undefined;
  const name = (parts[1] ?? '').replace(/^\[|\]$/g, '');
  const host = name === '' || name === 'localhost' ? '127.0.0.1' : name;
  return isIP(host) === 0 ? undefined : { kind: 'tcp', host, port: Number(parts[2]) };
}

/** What is wrong with a place, in words behind a colon. */
export function placeFault(listen: string): string | undefined {
  return controlPlace(listen) ? undefined : `it must be ${PLACES}, not ${JSON.stringify(listen)}`;
}

/** Whether others than those on this host can reach it. */
export function isForOthers(listen: string): boolean {
  const place = controlPlace(listen);
  return place?.kind === 'tcp' && !isLoopback(place.host);
}

/** What is wrong with a token, in words behind a colon, without the token. */
export function tokenFault(token: string): string | undefined {
  return TOKEN.test(token) ? undefined : 'it must be visible ASCII characters without spaces, at most 4096';
}

/** Of options that have been checked. @throws Error where the file has no token, or cannot be read. */
export function resolveControl(given: string | ControlOptions | undefined): ResolvedControl | undefined {
  if (given === undefined) return undefined;
  const { listen = 'auto', token, tokenFile }: ControlOptions = typeof given === 'string' ? { listen: given } : given;
  return { place: controlPlace(listen)!, token: tokenFile === undefined ? token : tokenIn(tokenFile) };
}

function tokenIn(file: string): string {
  const token = contentOf(file).trim();
  const fault = tokenFault(token);
  if (fault !== undefined) throw new Error(`${file} has no token: ${fault}`);
  return token;
}

function contentOf(file: string): string {
  try {
    return readFileSync(file, 'utf8');
  } catch (error) {
    throw new Error(`${file} cannot be read (${(error as NodeJS.ErrnoException).code ?? String(error)})`);
  }
}
