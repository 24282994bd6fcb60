// Modules as they were when main read them, as data that goes to every worker: so that no two workers run different policy, whatever
// becomes of the files, and one that is replaced an hour later has what the others have. What comes from node_modules is not in it.

/** A module can be got in two ways, which differ in what may stand in it: `await` at its top only where it is imported. */
export type ModuleMode = 'import' | 'require';

export interface CompiledModule {
  /** Absolute path. */
  readonly file: string;
  /** The body of a function (linker.ts); of `json` the text. */
  readonly code: string;
  readonly kind: 'code' | 'json';
  /** It could not be compiled: what to say when it is asked for. */
  readonly fault: ModuleFault | undefined;
  /** By what stands in `import` or `require`. */
  readonly imports: ReadonlyMap<string, ImportedModule>;
}

export type ImportedModule =
  | { readonly from: 'snapshot'; readonly file: string }
  /** A package, by the URL of its file, or one of Node.js. */
  | { readonly from: 'node'; readonly url: string }
  /** What configs are written with (define.ts), wherever pagecast is installed. */
  | { readonly from: 'pagecast' };

export interface ModuleFault {
  readonly line: number;
  readonly column: number;
  readonly message: string;
}

export interface ModuleSnapshot {
  /** The file that it all begins with. */
  readonly entry: string;
  /** By moduleKey(). */
  readonly modules: ReadonlyMap<string, CompiledModule>;
}

export function moduleKey(file: string, mode: ModuleMode): string {
  return `${mode} ${file}`;
}
