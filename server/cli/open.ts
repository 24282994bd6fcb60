// --open: the site in the browser of whoever sits here.
import { spawn } from 'node:child_process';
import type { Address } from '../index.ts';

/** Between us and who has started us: options with secrets, and sockets that are not the browser's. */
const OURS = /^(?:PAGECAST_|LISTEN_(?:PID|FDS|FDNAMES)$|NOTIFY_SOCKET$|WATCHDOG_)/;

/** What does not work is told, and no reason to stop. */
export function openBrowser(addresses: readonly Address[], tell: (message: string, facts: Readonly<Record<string, string>>) => void): void {
  const address = addresses.find(({ port }) => port > 0);
  if (!address) return tell('--open: there is no TCP port to open', {});
  const host = ['0.0.0.0', '::'].includes(address.host) ? 'localhost' : address.host.includes(':') ? `[${address.host}]` : address.host;
  const url = `http${address.secure ? 's' : ''}://${host}:${address.port}/`;
  const failed = (reason: string): void => tell(`--open: xdg-open (xdg-utils) cannot open ${url}: ${reason}`, { url });
  const environment = Object.fromEntries(Object.entries(process.env).filter(([name]) => !OURS.test(name)));
  const child = spawn('xdg-open', [url], { stdio: 'ignore', detached: true, env: environment });
  child.once('error', (error) => failed((error as NodeJS.ErrnoException).code === 'ENOENT' ? 'it is not installed' : error.message));
  child.once('exit', (code) => code !== 0 && failed(`exit code ${String(code)}`));
  child.unref();
}
