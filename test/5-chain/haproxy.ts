// HAProxy as one link of a chain; docs.haproxy.org/2.6/configuration.html.
import type { Test } from 'tap';
import type { Place } from '../client.ts';
import { start, type Program } from './program.ts';

/** @param lines of its one proxy. */
export function haproxy(t: Test, behind: Place, lines: readonly string[] = []): Promise<Program> {
  return start(t, 'haproxy', (folder, port) => ({
    words: ['-db', '-f', `${folder}/haproxy.cfg`],
    files: { 'haproxy.cfg': configuration(port, behind, lines) },
  }));
}

/** Where an answer is from is in X-From. */
export const HAPROXY_CACHES = ['http-request cache-use stored', 'http-response cache-store stored', 'http-after-response set-header X-From HIT if { res.cache_hit }'];
/** Connections to the server are shared by all clients from the first request on. */
export const HAPROXY_REUSES = ['http-reuse always'];

function configuration(port: number, { host, port: behind }: Place, lines: readonly string[]): string {
  return `
global
  nbthread 1
cache stored
  total-max-size 16
  max-object-size 1000000
  max-age 3600
  process-vary on
listen chain
  mode http
  timeout connect 3s
  timeout client 15s
  timeout server 15s
  bind 127.0.0.1:${port}
  option forwardfor
  retries 1
${lines.map((line) => `  ${line}\n`).join('')}  server behind ${host}:${behind}
`;
}
