/** The writers of one row: a process per size class, so that a writer that must wait for a large file holds no other up. */
import { openSync, readFileSync, readSync, statSync, closeSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { findTool, Launched, run, type Scope } from '../processes.ts';
import { Body } from './body.ts';
import { CLASSES, FILES, lengthOf, readWord } from './content.ts';
import { Lines, untilEnded } from './lines.ts';
import type { Means } from './means.ts';

const SOURCE = fileURLToPath(new URL('../../../bench/storm/writer.c', import.meta.url));
const UNPLACED = { core: null, namespace: null };
const COMPILE_DEADLINE_MS = 30_000;
const READY_DEADLINE_MS = 30_000;
/** Longer than lease-break-time: whoever waits for a server is let in by then. */
const END_DEADLINE_MS = 50_000;
const CHUNK_BYTES = 262_144;

/** @throws when it cannot be compiled. */
export async function compileWriter(scope: Scope, workDirectory: string): Promise<string> {
  const compiler = findTool('cc');
  if (compiler === null) throw new Error('no C compiler (cc)');
  const program = join(workDirectory, 'writer');
  const compiled = await run(scope, [compiler, '-O2', '-Wall', '-o', program, SOURCE], UNPLACED, COMPILE_DEADLINE_MS);
  if (compiled.exitCode !== 0) throw new Error(`writer.c does not compile: ${compiled.lastWords}`);
  return program;
}

/** One rewrite of a file, from the log. */
export interface Rewrite {
  readonly file: number;
  readonly version: number;
  /** How long its writer waited for the kernel, or null when nothing was asked of the kernel. */
  readonly delayMs: number | null;
  /** CLOCK_MONOTONIC. */
  readonly closedMs: number;
}

export interface WritersSite {
  readonly scope: Scope;
  readonly program: string;
  readonly means: Means;
  readonly root: string;
  /** On the same filesystem, not served. */
  readonly staging: string;
  /** For the logs. */
  readonly logs: string;
}

export class Writers {
  readonly #processes: Launched[] = [];
  readonly #logs: string[] = [];

  /** Returns once every file has its first version. */
  static async start({ scope, program, means, root, staging, logs }: WritersSite): Promise<Writers> {
    const writers = new Writers();
    for (const [size, { name, bytes, pauseMicroseconds }] of CLASSES.entries()) {
      const log = join(logs, `versions-${size}`);
      const files = FILES.filter((file) => file.size === size);
      const figures = [bytes, files[0]!.number, pauseMicroseconds].map(String);
      const paths = files.map((file) => join(root, file.name));
      const writer = new Launched(scope, [program, means.name, log, staging, ...figures, ...paths], UNPLACED);
      writers.#processes.push(writer);
      writers.#logs.push(log);
      const word = await new Lines(writer).next(READY_DEADLINE_MS);
      if (word !== 'ready') throw new Error(`the writer of ${name} says "${word}"`);
    }
    for (const file of FILES) checkFirstVersion(join(root, file.name), file.number, file.bytes);
    return writers;
  }

  go(): void {
    for (const { stdin } of this.#processes) stdin.write('g');
  }

  /** @throws when one has ended before its time: what it should have written was not written. */
  check(): void {
    for (const writer of this.#processes) if (!writer.running) throw new Error(`a writer ended: ${writer.lastWords}`);
  }

  /** Tells them to end; those that wait for a server to let them in end when it does, or is gone. */
  tell(): void {
    for (const { stdin } of this.#processes) stdin.end();
  }

  /** @throws when one had to be ended by force, or failed. */
  async ended(): Promise<Rewrite[]> {
    for (const writer of this.#processes) {
      if (!(await untilEnded(writer, END_DEADLINE_MS))) throw new Error('a writer was still waiting after the server was gone');
      if (writer.exitCode !== 0) throw new Error(`a writer failed: ${writer.lastWords}`);
    }
    return this.#logs.flatMap(readLog);
  }

  kill(): void {
    for (const writer of this.#processes) writer.signal('SIGKILL');
  }
}

function readLog(path: string): Rewrite[] {
  const lines = readFileSync(path, 'latin1').trimEnd().split('\n');
  return lines
    .filter((line) => line !== '')
    .map((line) => {
      const [file = 0, version = 0, delayNs = 0, closedNs = 0] = line.split(' ').map(Number);
      return { file, version, delayMs: delayNs < 0 ? null : delayNs / 1e6, closedMs: closedNs / 1e6 };
    });
}

/** The reader's side and the writer's must mean the same by a version. */
function checkFirstVersion(path: string, number: number, classBytes: number): void {
  const body = new Body();
  const chunk = Buffer.allocUnsafe(CHUNK_BYTES);
  const fd = openSync(path, 'r');
  for (let count = readSync(fd, chunk); count > 0; count = readSync(fd, chunk)) body.push(chunk.subarray(0, count));
  closeSync(fd);
  const word = body.wordAt(0);
  const seen = word === null ? null : readWord(word);
  const agrees = body.mixedAt < 0 && seen?.file === number && seen.version === 1 && statSync(path).size === lengthOf(classBytes, 1);
  if (!agrees) throw new Error(`writer.c and content.ts disagree about ${path}`);
}
