// What is spoken on listeners.
import type { ListenSpec } from './listen-spec.ts';
import { askedBy, parseListen, type OpenListener } from './listeners.ts';

const HTTPS_PORT = 443;

export type Service =
  | { readonly kind: 'plain' }
  /** TLS, by this context of the process (native/tls.ts). */
  | { readonly kind: 'secure'; readonly context: number }
  /** Plain, and every answer leads to the same URL over TLS, on this port. */
  | { readonly kind: 'redirect'; readonly port: number };

export const PLAIN: Service = { kind: 'plain' };

/**
 * What is spoken on each listener.
 * @param context of TLS; undefined: nothing but plain HTTP is spoken. @param redirects those that lead to the first that speaks TLS, by what was asked for.
 */
export function servicesOf(listeners: readonly OpenListener[], context: number | undefined, redirects: ReadonlySet<string>): (listener: OpenListener) => Service {
  if (context === undefined) return () => PLAIN;
  const port = listeners.find(({ asked, address }) => !redirects.has(asked) && address.port > 0)?.address.port ?? HTTPS_PORT;
  return ({ asked }) => (redirects.has(asked) ? { kind: 'redirect', port } : { kind: 'secure', context });
}

/** Where to listen, and which of these lead to the others. @throws OptionsError */
export function placesOf(where: readonly (string | number)[], redirectFrom: readonly (string | number)[] = []): { readonly specs: readonly ListenSpec[]; readonly redirects: ReadonlySet<string> } {
  const specs = [...where, ...redirectFrom].map((one) => parseListen(String(one)));
  return { specs, redirects: new Set(askedBy(specs).slice(where.length).map(({ asked }) => asked)) };
}
