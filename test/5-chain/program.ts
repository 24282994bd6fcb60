// Other people's servers and caches as child processes: with a configuration of their test, on a port of their own, gone with it.
import { spawn, spawnSync, type ChildProcess } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { connect, createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Test } from 'tap';
import type { Place } from '../client.ts';
import { pause } from '../serving.ts';

export interface Program {
  readonly place: Place;
  /** What it has said so far. */
  readonly said: () => string;
  /** Ends it at once, its children too. */
  kill(): Promise<void>;
}

/** What a program is started with: words behind its name, and files of its folder, by name. */
export interface Setup {
  readonly words: readonly string[];
  readonly files: Readonly<Record<string, string>>;
}

/** Ephemeral ports begin above it (ip_local_port_range): nobody's connection takes one from here between our look and the program's bind. */
const PORTS = [12_000, 32_000] as const;
const STARTS_WITHIN_MS = 30_000;
/** They lie where users do not look. */
const SURROUNDINGS = { ...process.env, PATH: `${process.env['PATH'] ?? ''}:/usr/local/sbin:/usr/sbin` };

/** Why a test that needs these programs cannot run; false: they are all there. For `skip`. */
export function without(...programs: readonly string[]): string | false {
  const missing = programs.filter((program) => spawnSync(program, ['-v'], { stdio: 'ignore', env: SURROUNDINGS }).error !== undefined);
  return missing.length > 0 && `not installed: ${missing.join(', ')}`;
}

/** Starts it and waits until it accepts. @param setup of its folder and its port. */
export async function start(t: Test, name: string, setup: (folder: string, port: number) => Setup): Promise<Program> {
  const folder = mkdtempSync(join(tmpdir(), `chain-${name}-`));
  const place = { host: '127.0.0.1', port: await freePort() };
  const { words, files } = setup(folder, place.port);
  for (const [file, text] of Object.entries(files)) writeFileSync(join(folder, file), text);
  // The shell ends it where nobody is left to do so: stdin ends with this process, however that ends.
  const child = spawn('/bin/sh', ['-c', '"$@" </dev/null & read -r _; kill -s KILL -- -$$', 'sh', name, ...words], { cwd: folder, env: SURROUNDINGS, stdio: ['pipe', 'pipe', 'pipe'], detached: true });
  const ended = new Promise((resolve) => child.once('close', resolve));
  let said = '';
  for (const stream of [child.stdout, child.stderr]) stream.setEncoding('utf8').on('data', (text: string) => (said += text));
  const kill = async (): Promise<void> => {
    killGroup(child);
    await ended;
  };
  t.teardown(async () => {
    await kill();
    rmSync(folder, { recursive: true, force: true });
  });
  const endMs = Date.now() + STARTS_WITHIN_MS;
  while (!(await accepts(place))) {
    if (Date.now() > endMs) throw new Error(`${name} does not listen: ${said}`);
    await pause(20);
  }
  return { place, said: () => said, kill };
}

function killGroup({ pid }: ChildProcess): void {
  try {
    process.kill(-pid!, 'SIGKILL');
  } catch {
    // it has ended
  }
}

function accepts({ host, port }: Place): Promise<boolean> {
  return new Promise((resolve) => {
    const socket = connect({ host, port }, () => resolve(true));
    socket.on('error', () => resolve(false));
    socket.on('connect', () => socket.destroy());
  });
}

export async function freePort(): Promise<number> {
  for (;;) {
    const port = Math.floor(PORTS[0] + Math.random() * (PORTS[1] - PORTS[0]));
    const server = createServer();
    const isFree = await new Promise<boolean>((resolve) => {
      server.once('error', () => resolve(false));
      server.listen(port, '127.0.0.1', () => resolve(true));
    });
    await new Promise((resolve) => server.close(resolve));
    if (isFree) return port;
  }
}
