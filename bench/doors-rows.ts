/** The rows of the table of doors: what is compared with what, and the bar. */
import type { PairRow } from './pair-rows.ts';

export const DOORS_ROWS: readonly PairRow[] = [
  { name: 'fastify-1k', title: 'Fastify, 1 KiB', subject: 'pagecast/fastify', reference: '@fastify/static', bar: { least: 1.5 } },
  { name: 'fastify-1m', title: 'Fastify, 1 MiB', subject: 'pagecast/fastify', reference: '@fastify/static', bar: { least: 3 } },
  { name: 'sendfile-1m', title: 'node:http, 1 MiB', subject: 'sendFile()', reference: 'createReadStream().pipe()', bar: { least: 4 } },
];
