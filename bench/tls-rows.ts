/** The rows of the TLS table: what is compared with what, and the bar. */
import type { PairRow } from './pair-rows.ts';

export const TLS_ROWS: readonly PairRow[] = [
  { name: '1k', title: '1 KiB', subject: 'pagecast', reference: 'nginx', bar: { most: 1.05 } },
  { name: '1k', title: '1 KiB against node:https', subject: 'pagecast', reference: 'node:https', bar: { most: 0.4 } },
  { name: '1m', title: '1 MiB', subject: 'pagecast', reference: 'nginx', bar: { most: 1 } },
  { name: '1m', title: '1 MiB against node:https', subject: 'pagecast', reference: 'node:https', bar: null },
  { name: 'handshakes', title: 'full handshakes', subject: 'pagecast', reference: 'nginx', bar: { least: 1 } },
  { name: 'h2-1k', title: 'HTTP/2, 1 KiB', subject: 'pagecast', reference: 'nginx', bar: null },
  { name: 'h2-1k', title: 'HTTP/2, 1 KiB against node:http2', subject: 'pagecast', reference: 'node:http2', bar: { most: 1 } },
  { name: 'h2-1m', title: 'HTTP/2, 1 MiB', subject: 'pagecast', reference: 'nginx', bar: null },
  { name: 'h2-1m', title: 'HTTP/2, 1 MiB against node:http2', subject: 'pagecast', reference: 'node:http2', bar: { most: 1 } },
];
