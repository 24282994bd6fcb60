// Runs a snapshot: each of its modules once, in the order in which they are asked for. Main and every worker do the same with the same code.
import { createRequire } from 'node:module';
import { dirname } from 'node:path';
import { fileURLToPath, pathToFileURL } from 'node:url';
import { Script } from 'node:vm';
import * as written from './define.ts';
import { moduleKey, type CompiledModule, type ImportedModule, type ModuleMode, type ModuleSnapshot } from './module-snapshot.ts';

export type Exports = Readonly<Record<string, unknown>>;

/** A module could not be had: compiled, found, or run. */
export class ModuleError extends Error {
  override readonly name = 'ModuleError';
}

interface Instance {
  readonly exports: { exports: Exports };
  /** Settled when it has run; undefined: it was required, and has. */
  running: Promise<void> | undefined;
  done: boolean;
}

type Import = (specifier: string) => Promise<Exports>;
type Body = (exports: Exports, require: NodeJS.Require | ((specifier: string) => unknown), module: { exports: Exports }, filename: string, dirname: string, jitiImport: Import, jitiESMResolve: (specifier: string) => string) => unknown;

const PARAMETERS = 'exports, require, module, __filename, __dirname, jitiImport, jitiESMResolve';

export class Linker {
  readonly #snapshot: ModuleSnapshot;
  readonly #instances = new Map<string, Instance>();

  constructor(snapshot: ModuleSnapshot) {
    this.#snapshot = snapshot;
  }

  /** What the first module exports. @throws ModuleError, and whatever a module throws. */
  run(): Promise<Exports> {
    return this.#import(this.#snapshot.entry, []);
  }

  /** @param ancestors modules that wait for this one. */
  async #import(file: string, ancestors: readonly string[]): Promise<Exports> {
    const known = this.#instances.get(file);
    if (known) {
      // In a circle what is there already is all there can be.
      if (!known.done && !ancestors.includes(file)) await known.running;
      return known.exports.exports;
    }
    const module = this.#compiled(file, 'import');
    const instance: Instance = { exports: { exports: {} }, running: undefined, done: false };
    this.#instances.set(file, instance);
    if (module.kind === 'json') {
      instance.exports.exports = { default: parsed(module), ...MARK };
      instance.done = true;
      return instance.exports.exports;
    }
    const chain = [...ancestors, file];
    instance.running = Promise.resolve(this.#call(module, 'async function', instance, (specifier) => this.#imported(module, specifier, chain))).then(() => {
      instance.done = true;
    });
    await instance.running;
    return instance.exports.exports;
  }

  async #imported(module: CompiledModule, specifier: string, chain: readonly string[]): Promise<Exports> {
    const found = this.#found(module, specifier, 'import');
    if (found.from === 'snapshot') return this.#import(found.file, chain);
    return withMark(found.from === 'pagecast' ? written : ((await import(found.url)) as Exports));
  }

  #require(file: string): unknown {
    const known = this.#instances.get(file);
    if (known) return known.exports.exports;
    const module = this.#compiled(file, 'require');
    if (module.kind === 'json') return parsed(module);
    const instance: Instance = { exports: { exports: {} }, running: undefined, done: false };
    this.#instances.set(file, instance);
    this.#call(module, 'function', instance, (specifier) => this.#imported(module, specifier, [file]));
    instance.done = true;
    return instance.exports.exports;
  }

  #required(module: CompiledModule, specifier: string): unknown {
    const found = this.#found(module, specifier, 'require');
    if (found.from === 'snapshot') return this.#require(found.file);
    if (found.from === 'pagecast') return written;
    return createRequire(module.file)(found.url.startsWith('file:') ? fileURLToPath(found.url) : found.url) as unknown;
  }

  /** Lines are those of the file: what is put before is on its first line. */
  #call(module: CompiledModule, keyword: string, { exports }: Instance, load: Import): unknown {
    const before = `(${keyword} (${PARAMETERS}) {`;
    const script = new Script(`${before}${module.code}\n})`, { filename: module.file, columnOffset: -before.length });
    const body = script.runInThisContext() as Body;
    const resolve = (specifier: string): string => {
      const found = this.#found(module, specifier, 'import');
      return found.from === 'snapshot' ? pathToFileURL(found.file).href : found.from === 'node' ? found.url : 'pagecast';
    };
    return body(exports.exports, (specifier: string) => this.#required(module, specifier), exports, module.file, dirname(module.file), load, resolve);
  }

  #compiled(file: string, mode: ModuleMode): CompiledModule {
    const module = this.#snapshot.modules.get(moduleKey(file, mode));
    if (!module) throw new ModuleError(`${file} was not there when the config was loaded`);
    const { fault } = module;
    if (fault) throw new ModuleError(`${file}${fault.line > 0 ? `:${fault.line}:${fault.column + 1}` : ''}: ${fault.message}`);
    return module;
  }

  #found(module: CompiledModule, specifier: string, mode: ModuleMode): ImportedModule {
    const found = module.imports.get(`${mode} ${specifier}`);
    if (!found) throw new ModuleError(`${module.file}: there is no ${JSON.stringify(specifier)}, or it is not named by plain text in its ${mode}`);
    return found;
  }
}

/** By which compiled code knows that there is a default export, and what it is. */
const MARK = { __esModule: true } as const;

function withMark(namespace: Exports): Exports {
  return new Proxy(namespace, { get: (target, name) => (name === '__esModule' ? true : (Reflect.get(target, name) as unknown)) });
}

function parsed({ file, code }: CompiledModule): unknown {
  try {
    return JSON.parse(code) as unknown;
  } catch (error) {
    throw new ModuleError(`${file}: ${error instanceof Error ? error.message : String(error)}`);
  }
}
