// Where to listen, as it is written: `port`, `host:port`, `[v6]:port`, `:port`, `unix:/path`, `fd:3`, and
// `fd:NAME` or `fd:systemd` for sockets that a service manager passes (activation.ts).

export type ListenSpec =
  | { readonly kind: 'tcp'; readonly host: string; readonly port: number }
  | { readonly kind: 'unix'; readonly path: string }
  | { readonly kind: 'fd'; readonly fd: number }
  /** Of this name; undefined: all that were passed. */
  | { readonly kind: 'passed'; readonly name: string | undefined };

/** What is listened on where nobody says where, if a service manager has passed sockets. */
export const PASSED = 'fd:systemd';

/** undefined: it is no place to listen. */
export function listenSpec(text: string): ListenSpec | undefined {
  if (text.startsWith('unix:')) return { kind: 'unix', path: text.slice(5) };
  const fd = /^fd:(\d{1,7})$/.exec(text);
  if (fd) return { kind: 'fd', fd: Number(fd[1]) };
  // FileDescriptorName=, systemd.socket(5).
  const name = /^fd:(?!\d*$)([ -9;-~]{1,255})$/.exec(text)?.[1];
  if (name !== undefined) return { kind: 'passed', name: text === PASSED ? undefined : name };
  const tcp = /^(?:(\[[0-9a-fA-F:.]+\]|[^:[\]]*):)?(\d{1,5})$/.exec(text);
  const port = Number(tcp?.[2] ?? NaN);
  if (!tcp || !(port <= 65_535)) return undefined;
  return { kind: 'tcp', host: (tcp[1] ?? '').replace(/^\[|\]$/g, '') || '::', port };
}

/** As it is written: two that listen on the same have the same text. */
export function listenText(spec: ListenSpec): string {
  if (spec.kind === 'unix') return `unix:${spec.path}`;
  if (spec.kind === 'fd') return `fd:${spec.fd}`;
  if (spec.kind === 'passed') return spec.name === undefined ? PASSED : `fd:${spec.name}`;
  return `${spec.host.includes(':') ? `[${spec.host}]` : spec.host}:${spec.port}`;
}

export function listenFault(text: string): string | undefined {
  return listenSpec(text) ? undefined : `${JSON.stringify(text)} is no address to listen on: use port, host:port, [v6]:port, unix:/path, fd:N or fd:NAME`;
}
