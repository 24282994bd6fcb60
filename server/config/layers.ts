// One config out of several: what flags say is in place of what the environment says, that in place of the file, that in place of defaults,
// member by member. It is known of each member who said it.
import { pathText, type Fault } from './faults.ts';
import { hoisted } from './resolve.ts';
import { memberAt, type ConfigPath } from './resolved.ts';

export interface Source {
  readonly kind: 'flag' | 'environment' | 'file' | 'default';
  /** `--workers`, `PAGECAST_WORKERS`, the path of a file. */
  readonly name: string;
}

/** What somebody has said. */
export interface Setting {
  readonly path: readonly string[];
  /** undefined: that there is none. */
  readonly value: unknown;
  readonly source: Source;
}

type Tree = Readonly<Record<string, unknown>>;

/** Members that may be text for short, and which member that text is then. */
const SHORT: Readonly<Record<string, string>> = { proxy: 'urls', control: 'listen', store: 'dir' };
const BY_DEFAULT: Source = { kind: 'default', name: 'default' };

export class Layers {
  readonly #file: { readonly source: Source; readonly tree: Tree } | undefined;
  readonly #settings: readonly Setting[];
  /** Everything together. */
  readonly config: Tree;

  /** @param settings the later ones count. @param file what a file says, in which nothing is wrong. */
  constructor(settings: readonly Setting[], file?: { readonly name: string; readonly config: unknown }) {
    this.#file = file && { source: { kind: 'file', name: file.name }, tree: spelledOut(file.config as Tree) };
    this.#settings = settings;
    const isBelowFile = ({ source }: Setting): boolean => source.kind === 'default';
    // A default counts where nothing at all is said of its member.
    const bottom = settings.filter(isBelowFile).reduce<Tree>(withSetting, {});
    this.config = settings.filter((setting) => !isBelowFile(setting)).reduce<Tree>(withSetting, { ...bottom, ...this.#file?.tree });
  }

  /** Who has said what stands there. */
  sourceOf(path: ConfigPath): Source {
    const spoken = this.#settings.filter(({ source }) => source.kind !== 'default');
    const said = spoken.findLast((setting) => setting.path.every((key, i) => path[i] === key));
    if (said) return said.source;
    if (this.#file && memberAt(this.#file.tree, path) !== undefined) return this.#file.source;
    // A group is of who has said anything in it.
    return spoken.findLast((setting) => path.every((key, i) => setting.path[i] === key))?.source ?? BY_DEFAULT;
  }

  /** A fault with the name of the flag or the variable that it comes from. */
  told(fault: Fault): string {
    const { path, text } = fault;
    const { kind, name } = this.sourceOf(path);
    if (text.startsWith('unknown option')) return text;
    return kind === 'flag' || kind === 'environment' ? `${name}${text}` : `${pathText(path)}${text}`;
  }
}

/** The same config in its longest form, so that members can be told apart. */
function spelledOut(config: Tree): Tree {
  const flat = hoisted(config as { readonly site?: object }) as Tree;
  return Object.fromEntries(Object.entries(flat).map(([key, value]) => [key, longForm(key, value)]));
}

function longForm(key: string, value: unknown): unknown {
  const member = SHORT[key];
  if (member === undefined || value === undefined || (typeof value === 'object' && !Array.isArray(value))) return value;
  return { [member]: key === 'proxy' && typeof value === 'string' ? [value] : value };
}

function withSetting(tree: Tree, { path, value }: Pick<Setting, 'path' | 'value'>): Tree {
  const [key, ...rest] = path;
  if (key === undefined) return tree;
  const inner = rest.length === 0 ? value : withSetting(asTree(tree[key]), { path: rest, value });
  return { ...tree, [key]: inner };
}

function asTree(value: unknown): Tree {
  return typeof value === 'object' && value !== null && !Array.isArray(value) ? (value as Tree) : {};
}
