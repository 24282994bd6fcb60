/** The table of TLS: HTTP/1.1 under wrk, handshakes, HTTP/2 under h2load; one certificate and one cipher suite for all. */
import { agreed, makeCertificate, missingTlsTool, type Certificate } from './certificate.ts';
import { reasonOf } from './errors.ts';
import { loadNamed, type LoadName } from './fixtures.ts';
import { compileHandshakes, HANDSHAKE_CLIENTS, runHandshakes } from './handshakes.ts';
import { OtherProtocol, runH2load, verifyHttp2 } from './http2.ts';
import { systemCongestionControl } from './machine.ts';
import type { Options } from './options.ts';
import type { Skipped } from './pair-rows.ts';
import type { Ground, PairTable } from './pairs.ts';
import { helper } from './paths.ts';
import type { Address } from './probe.ts';
import type { Placement } from './processes.ts';
import type { Cell } from './rounds.ts';
import { freePort, isMissing, launched, secured, startNginx, startPagecast, type Missing, type Server, type Site } from './servers.ts';
import { TLS_ROWS } from './tls-rows.ts';
import { Incorrect, verify } from './verify.ts';
import { Wrk } from './wrk.ts';

const PROGRAMS: Readonly<Record<string, string>> = { 'node:https': 'contenders/node-https.js', 'node:http2': 'contenders/node-http2.js' };
/** The file that a load of HTTP/2 asks for, as that of HTTP/1.1. */
const HTTP2_LOADS: Readonly<Record<string, LoadName>> = { 'h2-1k': '1k', 'h2-1m': '1m' };

export class TlsTable implements PairTable {
  readonly id = 'tls';
  readonly title = 'TLS (--tls)';
  readonly rows = TLS_ROWS;
  readonly tools = ['nginx', 'wrk', 'openssl', 'h2load'] as const;
  readonly beside = { '1m': ['pagecast-default-cc'], 'h2-1m': ['pagecast-default-cc'], handshakes: ['node:https'] };
  readonly missingTool = missingTlsTool;
  #certificate: Certificate | null = null;
  /** What the first of them was seen to speak: all speak it. */
  #agreed: string | null = null;
  /** The program that shakes hands. */
  #shaker: string | null = null;

  start(contender: string, site: Site): Promise<Server | Missing> {
    const certificate = (this.#certificate ??= makeCertificate(site.workDirectory, site.host));
    return contender === 'nginx' ? startNginx(site, certificate) : started(contender, site, certificate);
  }

  async load(server: Server, name: string, { site, load: placement }: Ground): Promise<Cell['load'] | Skipped> {
    const { address } = server;
    const spoken = await agreed(address);
    this.#agreed ??= spoken;
    if (spoken !== this.#agreed) throw new Incorrect(`it speaks ${spoken}, and others ${this.#agreed}`);
    if (name === 'handshakes') return this.#handshakes(address, site, placement);
    const http2 = HTTP2_LOADS[name];
    const load = loadNamed(http2 ?? (name as LoadName));
    if (http2 === undefined) {
      const target = { name: server.name, address, load, verified: await verify(address, load) };
      const wrk = new Wrk(site.scope, site.workDirectory, placement, target);
      return (seconds) => wrk.run(seconds);
    }
    const fixture = load.fixtures[0]!;
    try {
      await verifyHttp2(address, fixture);
    } catch (error) {
      if (error instanceof OtherProtocol) return { reason: reasonOf(error), skipped: true };
      throw error;
    }
    return (seconds) => runH2load(site.scope, placement, address, fixture, seconds);
  }

  async #handshakes(address: Address, site: Site, placement: Placement): Promise<Cell['load']> {
    const program = (this.#shaker ??= await compileHandshakes(site));
    return (seconds) => runHandshakes(site.scope, placement, program, address, seconds);
  }

  method({ seconds, rounds }: Options): string {
    return `As in the full table: one core for the server, one for the load, runs of ${seconds} s that alternate, ${rounds} rounds after a warm-up, files
compared with the answers first. All show the same certificate (P-256), and what a client comes to speak with them is compared: ${this.#agreed?.split(' ').slice(0, 3).join(', ') ?? 'nothing'}. HTTP/1.1:
\`wrk -t1 -c64\`, connections that are kept; their 64 handshakes are in the figures. Handshakes: ${HANDSHAKE_CLIENTS} processes in C
(bench/handshake.c), each with one connection at a time; a handshake counts when the server has given out a ticket, and none resumes a session. HTTP/2: \`h2load -t1 -c8 -m8\`. A server that does not speak it is skipped.
nginx as in the full table, and TLS at its defaults (records of 16 KiB). node:https and node:http2 have the files in Buffers; node:http2 by its own API of streams.
pagecast-default-cc: with the system's congestion control, which the others have too.`;
  }
}

async function started(contender: string, site: Site, { cert, key }: Certificate): Promise<Server | Missing> {
  const program = PROGRAMS[contender];
  if (program === undefined) {
    const control = contender === 'pagecast' ? [] : ['--congestion-control', systemCongestionControl()];
    const server = await startPagecast(site, contender, ['--tls-cert', cert, '--tls-key', key, ...control]);
    return isMissing(server) ? server : secured(server);
  }
  const port = await freePort();
  return secured(launched(site, contender, port, [process.execPath, helper(program), site.host, String(port), site.root, cert, key]));
}
