// Takes the snapshot of a module and of every local module that it imports, on main: each file is read once, and compiled by jiti (TypeScript
// and ES modules to the bodies of functions). Nothing is run here.
import { existsSync, readFileSync, realpathSync } from 'node:fs';
import { createRequire, isBuiltin } from 'node:module';
import { extname } from 'node:path';
import { fileURLToPath, pathToFileURL } from 'node:url';
import { createJiti, type Jiti } from 'jiti';
import { moduleKey, type CompiledModule, type ImportedModule, type ModuleFault, type ModuleMode, type ModuleSnapshot } from './module-snapshot.ts';

const MODULES_MAX = 10_000;
const TYPED = new Set(['.ts', '.mts', '.cts']);
const COMPILED = new Set([...TYPED, '.js', '.mjs', '.cjs']);
/** What compiled code asks for by a literal. Text that looks so and names no file does no harm. */
const imported = /\bjitiImport\(\s*(["'])((?:(?!\1|\\).)+)\1/g;
const required = /\brequire\(\s*(["'])((?:(?!\1|\\).)+)\1/g;
/** jiti's word for what it could not compile. */
const failed = /^exports\.__JITI_ERROR__ = (\{[^]*\})$/;

/** @throws Error with a code (ENOENT and others) where the first file cannot be read. */
export function snapshotOf(file: string): ModuleSnapshot {
  const compiler = new ModuleCompiler(realpathSync(file));
  return compiler.snapshot();
}

interface Wanted {
  readonly file: string;
  readonly mode: ModuleMode;
}

class ModuleCompiler {
  readonly #entry: string;
  readonly #jiti: Jiti;
  readonly #modules = new Map<string, CompiledModule>();
  readonly #texts = new Map<string, string>();

  constructor(entry: string) {
    this.#entry = entry;
    // What was compiled before, or by somebody else, is of no interest.
    this.#jiti = createJiti(entry, { fsCache: false, moduleCache: false, interopDefault: false, tryNative: false });
  }

  snapshot(): ModuleSnapshot {
    const waiting: Wanted[] = [{ file: this.#entry, mode: 'import' }];
    this.#texts.set(this.#entry, readFileSync(this.#entry, 'utf8'));
    for (let wanted = waiting.pop(); wanted; wanted = waiting.pop()) {
      const key = moduleKey(wanted.file, wanted.mode);
      if (this.#modules.has(key)) continue;
      if (this.#modules.size >= MODULES_MAX) throw new Error(`${this.#entry} imports more than ${MODULES_MAX} modules`);
      this.#modules.set(key, this.#compiled(wanted, waiting));
    }
    return { entry: this.#entry, modules: this.#modules };
  }

  #compiled({ file, mode }: Wanted, waiting: Wanted[]): CompiledModule {
    const imports = new Map<string, ImportedModule>();
    const text = this.#textOf(file);
    if (typeof text !== 'string') return { file, code: '', kind: 'code', fault: text, imports };
    if (extname(file) === '.json') return { file, code: text, kind: 'json', fault: undefined, imports };
    const code = this.#jiti.transform({ source: text, filename: file, ts: TYPED.has(extname(file)), async: mode === 'import', interopDefault: true });
    const error = failed.exec(code);
    if (error) return { file, code: '', kind: 'code', fault: faultIn(error[1]!), imports };
    for (const [pattern, wantedMode] of [[imported, 'import'], [required, 'require']] as const) {
      for (const [, , specifier] of code.matchAll(pattern)) {
        const found = this.#resolved(specifier!, file, wantedMode);
        if (!found) continue;
        imports.set(`${wantedMode} ${specifier!}`, found);
        if (found.from === 'snapshot') waiting.push({ file: found.file, mode: wantedMode });
      }
    }
    return { file, code, kind: 'code', fault: undefined, imports };
  }

  #textOf(file: string): string | ModuleFault {
    const known = this.#texts.get(file);
    if (known !== undefined) return known;
    try {
      const text = readFileSync(file, 'utf8');
      this.#texts.set(file, text);
      return text;
    } catch (error) {
      return { line: 0, column: 0, message: `it cannot be read (${(error as NodeJS.ErrnoException).code ?? String(error)})` };
    }
  }

  /** undefined: there is none; who asks for it is told when it does. */
  #resolved(specifier: string, from: string, mode: ModuleMode): ImportedModule | undefined {
    if (specifier === 'pagecast') return { from: 'pagecast' };
    if (isBuiltin(specifier)) return { from: 'node', url: specifier.startsWith('node:') ? specifier : `node:${specifier}` };
    if (specifier.startsWith('data:')) return { from: 'node', url: specifier };
    const file = this.#fileOf(specifier, from, mode);
    if (file === undefined) return undefined;
    // A package is not ours to compile, nor an addon.
    const isLocal = !file.includes('/node_modules/') && (COMPILED.has(extname(file)) || extname(file) === '.json');
    return isLocal ? { from: 'snapshot', file } : { from: 'node', url: pathToFileURL(file).href };
  }

  #fileOf(specifier: string, from: string, mode: ModuleMode): string | undefined {
    try {
      if (mode === 'require') return realpathSync(createRequire(from).resolve(specifier));
    } catch {
      // as an import it may be found still: without its extension, or with that of what it is compiled to
    }
    const url: string | undefined = this.#jiti.esmResolve(specifier, { parentURL: pathToFileURL(from).href, try: true });
    if (url?.startsWith('file:') !== true) return undefined;
    const path = fileURLToPath(url);
    return existsSync(path) ? realpathSync(path) : undefined;
  }
}

function faultIn(json: string): ModuleFault {
  const { line, column, message } = JSON.parse(json) as ModuleFault;
  return { line, column, message: message.replace(/^[^ ]*: /, '').trim() };
}

