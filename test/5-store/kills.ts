// A server with a store is killed in the midst of fills, purges and evictions, again and again: `kills.js COUNT` as a program. What
// it answers is compared with what its origin makes of the URL, in a version that no purge has named; in the end there is no litter.
import { spawn, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, readdirSync, rmSync } from 'node:fs';
import { Agent, request, type IncomingMessage } from 'node:http';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { fileURLToPath, pathToFileURL } from 'node:url';
import { ReadOnlyStore } from '../../cache/store/disk/read-only.ts';
import { runStore } from '../../server/cli/store.ts';
import { pause } from '../serving.ts';
import { bodyOf, MadeOrigin } from './made-origin.ts';

const OBJECTS = 80;
const CLIENTS = 6;
const HOST = 'storm.test';
const SERVER = fileURLToPath(new URL('storm-server.js', import.meta.url));

export interface Summary {
  readonly kills: number;
  /** Answers that were looked at while it was filled, and behind starts: all of the latter from the store. */
  answers: number;
  kept: number;
  purges: number;
  /** Each in words. */
  readonly wrong: string[];
  /** Left behind in the end, by name. */
  readonly litter: string[];
  objects: number;
  bodies: number;
  verified: number;
}

interface Answer {
  readonly status: number;
  readonly fields: IncomingMessage['headers'];
  readonly body: Buffer;
}

/** From 100 B to 20 MiB, mostly small. */
function bytesOf(index: number): number {
  const draw = ((index * 2654435761) >>> 0) / 2 ** 32;
  const [from, to] = index % 20 < 12 ? [100, 30_000] : index % 20 < 17 ? [30_000, 1_500_000] : index % 20 < 19 ? [1_500_000, 8_000_000] : [8_500_000, 20 << 20];
  return Math.floor(from + draw * (to - from));
}

class Storm {
  readonly #folder: string;
  readonly #origin: MadeOrigin;
  readonly #summary: Summary;
  /** By object: the version that a purge which was answered has left nothing before. */
  readonly #purged = new Array<number>(OBJECTS).fill(0);
  readonly #agent = new Agent({ keepAlive: true });
  #port = 0;
  #stopped = false;

  constructor(folder: string, origin: MadeOrigin, summary: Summary) {
    this.#folder = folder;
    this.#origin = origin;
    this.#summary = summary;
    for (let index = 0; index < OBJECTS; ++index) origin.versions.set(pathOf(index), '0');
  }

  /** Fills until it is killed. */
  async round(kill: number): Promise<void> {
    const child = await this.#start();
    await this.#readAll();
    this.#stopped = false;
    const clients = Array.from({ length: CLIENTS }, () => this.#fill());
    await pause(50 + Math.random() * (kill % 5 === 0 ? 3000 : 900));
    this.#stopped = true;
    child.kill('SIGKILL');
    await once(child, 'exit');
    await Promise.all(clients);
  }

  /** What is left when nobody kills it any more. */
  async rest(): Promise<void> {
    const child = await this.#start(true);
    await this.#readAll();
    child.stdin!.end();
    await once(child, 'exit');
    const store = await ReadOnlyStore.open(this.#folder);
    const named = new Set<string>();
    for await (const { name, seen } of store.heads()) {
      if (typeof seen === 'string') this.#summary.litter.push(`head ${name} (${seen})`);
      else for (const { bodies } of seen.object.variants) for (const { record } of bodies) named.add(record);
      this.#summary.objects += 1;
    }
    for await (const id of store.bodies()) if (!named.delete(id)) this.#summary.litter.push(`body ${id}`);
    this.#summary.bodies = [...readdirSync(join(this.#folder, 'bodies'), { recursive: true, withFileTypes: true })].filter((entry) => entry.isFile()).length;
    for (const id of named) this.#summary.litter.push(`no body ${id}`);
    for (const name of readdirSync(join(this.#folder, 'arriving'))) this.#summary.litter.push(`arriving ${name}`);
    this.#summary.verified = await runStore(['verify', this.#folder], { terminal: false, nowMs: Date.now(), write: () => Promise.resolve(), writeError: () => undefined });
  }

  async #start(scanned = false): Promise<ChildProcess> {
    const env = Object.fromEntries(Object.entries(process.env).filter(([name]) => !/^(TAP|NODE_OPTIONS$)/.test(name)));
    const child = spawn(process.execPath, [SERVER, this.#folder, this.#origin.url], { env, stdio: ['pipe', 'pipe', 'inherit'] });
    const lines = createInterface(child.stdout)[Symbol.asyncIterator]();
    this.#port = Number(/^port (\d+)$/.exec(String((await lines.next()).value))?.[1]);
    if (scanned) await lines.next();
    return child;
  }

  async #readAll(): Promise<void> {
    for (let index = 0; index < OBJECTS; ++index) {
      const answer = await this.#ask(index, { 'Cache-Control': 'only-if-cached' });
      if (answer?.status === 504) continue;
      this.#summary.kept += 1;
      if (answer) this.#judge(index, answer, this.#purged[index]!, 'behind a start');
      else this.#summary.wrong.push(`object ${index}: reset behind a start`);
    }
  }

  async #fill(): Promise<void> {
    while (!this.#stopped) {
      const index = Math.floor(Math.random() * OBJECTS);
      if (Math.random() < 0.1) {
        await this.#purge(index);
        continue;
      }
      const notBefore = this.#purged[index]!;
      const answer = await this.#ask(index, Math.random() < 0.1 ? { 'Cache-Control': 'no-cache' } : {});
      if (answer) this.#judge(index, answer, notBefore, 'while it was filled');
    }
  }

  async #purge(index: number): Promise<void> {
    const version = Number(this.#origin.versions.get(pathOf(index))) + 1;
    this.#origin.versions.set(pathOf(index), String(version));
    const by: Record<string, string> = Math.random() < 0.5 ? {} : { 'Cache-Tag': `tag-${index}` };
    const answer = await this.#ask(index, by, 'PURGE');
    if (answer?.status !== 200) return;
    this.#summary.purges += 1;
    this.#purged[index] = Math.max(this.#purged[index]!, version);
  }

  #judge(index: number, { status, fields, body }: Answer, notBefore: number, when: string): void {
    this.#summary.answers += 1;
    const version = /^"v(\d+)"$/.exec(String(fields.etag))?.[1];
    const tell = (what: string): void => void this.#summary.wrong.push(`object ${index} of ${bytesOf(index)} bytes, ${when}: ${what} (${String(fields['cache-status'])})`);
    if (status !== 200 || version === undefined) tell(`status ${status}`);
    else if (Number(version) < notBefore) tell(`version ${version}, and ${notBefore} was purged`);
    else if (!body.equals(bodyOf(targetOf(index), bytesOf(index), version))) tell(`other bytes under version ${version}`);
  }

  /** Undefined: the connection has ended. */
  #ask(index: number, headers: Readonly<Record<string, string>>, method = 'GET'): Promise<Answer | undefined> {
    return new Promise((resolve) => {
      const asked = request({ host: '127.0.0.1', port: this.#port, path: targetOf(index), method, agent: this.#agent, headers: { Host: HOST, ...headers } }, (response) => {
        const chunks: Buffer[] = [];
        response.on('data', (chunk: Buffer) => chunks.push(chunk));
        response.on('error', () => resolve(undefined));
        response.on('end', () => resolve({ status: response.statusCode!, fields: response.headers, body: Buffer.concat(chunks) }));
      });
      asked.on('error', () => resolve(undefined));
      asked.end();
    });
  }
}

function pathOf(index: number): string {
  return `/${index}`;
}

function targetOf(index: number): string {
  return `${pathOf(index)}?bytes=${bytesOf(index)}&etag=v&tags=tag-${index}${index % 7 === 0 ? '&how=chunked' : ''}`;
}

/** @param onKill after each. */
export async function storm(kills: number, onKill: (kill: number) => void = () => undefined): Promise<Summary> {
  const below = mkdtempSync(join(tmpdir(), 'pagecast-kills-'));
  const origin = await MadeOrigin.open();
  const summary: Summary = { kills, answers: 0, kept: 0, purges: 0, wrong: [], litter: [], objects: 0, bodies: 0, verified: -1 };
  try {
    const running = new Storm(join(below, 'store'), origin, summary);
    for (let kill = 0; kill < kills; ++kill) {
      await running.round(kill);
      onKill(kill);
    }
    await running.rest();
  } finally {
    origin.close();
    rmSync(below, { recursive: true, force: true });
  }
  return summary;
}

if (import.meta.url === pathToFileURL(process.argv[1]!).href) {
  const summary = await storm(Number(process.argv[2] ?? 100), (kill) => void process.stderr.write(`\r${kill + 1}`));
  process.stdout.write(`\n${JSON.stringify({ ...summary, wrong: summary.wrong.length, litter: summary.litter.length })}\n${[...summary.wrong, ...summary.litter].slice(0, 50).join('\n')}\n`);
  process.exitCode = summary.wrong.length + summary.litter.length > 0 || summary.verified !== 0 ? 1 : 0;
}
