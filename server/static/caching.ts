/**
 * Cache-Control where nobody has said otherwise: pages are asked for again each time, names that carry a hash of their content are kept
 * for a year, and everything else is left to its validators or to the operator's max-age.
 *
 * A name taken for a hashed one by mistake stays wrong in browsers for a year, and one not recognised costs a 304. So the rules look for
 * what generators write, and for signs that no person chose the name:
 *
 *   index-BsKq1Z8a.js   main.4f3c2a1b.chunk.js   chunk-6ZW2BMWD.js   base.27e20196a850.css   logo.6ce24c58023cc2f8fd88fe9d219db6c6.svg
 *         ────────           ────────                  ────────           ────────────            ────────────────────────────────
 * The hash is the last segment behind a '-' or a '.', and
 *   in hexadecimal    it has digits and letters that alternate, and a length that hash tools write;
 *   in another base   it has 8 characters (10 in some) that change class more often than words, numbers and acronyms do.
 * Code is what a build makes, so its rules are wider than those for pictures and documents, whose names may be identifiers or part numbers.
 */
export interface CachingOptions {
  /** Seconds, for files whose name says nothing; undefined: no Cache-Control. */
  readonly maxAgeS: number | undefined;
  /** RFC 8246: within maxAgeS a browser does not ask even when the user reloads. */
  readonly immutable: boolean;
}

/** A file name cut for the rules. */
interface Stem {
  /** Without the extensions. */
  readonly text: string;
  /** A '.' comes before it. */
  readonly behindDot: boolean;
  readonly code: boolean;
  /** The file's first word is one that generators give their own files. */
  readonly namedByBuild: boolean;
  /** That, or the file lies directly in the folder where Vite puts what it makes. */
  readonly fromBuild: boolean;
}

const NAME_BYTES_MAX = 255;

const pageTypes: ReadonlySet<string> = new Set(['text/html', 'application/xhtml+xml']);
const pageExtensions: ReadonlySet<string> = new Set(['html', 'htm', 'xhtml', 'xht', 'shtml']);

/**
 * What a browser or a running page asks for to learn of a new release. An old copy of a service worker, of the script that registers
 * one, or of a list of the current files keeps a user on files that may be gone.
 */
const freshNames: ReadonlySet<string> = new Set([
  'sw.js', 'sw.mjs', 'service-worker.js', 'service-worker.mjs', 'serviceworker.js', 'service_worker.js', 'serviceWorker.js',
  'ngsw-worker.js', 'safety-worker.js', 'OneSignalSDKWorker.js', 'OneSignalSDKUpdaterWorker.js', 'registerSW.js',
  'manifest.json', 'site.webmanifest', 'manifest.webmanifest', 'asset-manifest.json', 'ngsw.json', 'version.json', 'latest.json',
  'remoteEntry.js', 'blazor.boot.json',
]);

/** Folders that their frameworks document as immutable, whatever a file in them is called. */
const immutableFolders = ['/_app/immutable/', '/_next/static/', '/_astro/', '/_nuxt/'];
/** But for this: Nuxt's list of builds. */
const mutableFolder = '/_nuxt/builds/';

const codeExtensions: ReadonlySet<string> = new Set(['js', 'mjs', 'cjs', 'css', 'map', 'wasm']);

/** What may stand between the hash and the extension, and extensions that may be followed by another. */
const innerExtensions: ReadonlySet<string> = new Set([
  ...codeExtensions, 'min', 'chunk', 'bundle', 'module', 'worker', 'async', 'lean', 'legacy', 'modern', 'es', 'esm', 'umd', 'LICENSE',
]);

/** Angular's, esbuild's and Vite's. */
const generatorNames: ReadonlySet<string> = new Set(['chunk', 'index', 'main', 'polyfills', 'scripts', 'styles']);

/** xxHash64, webpack's default, MD5, SHA-1, SHA-2, and the usual cuts of them. Not 24: a MongoDB identifier. */
const hexLengths: ReadonlySet<number> = new Set([8, 10, 12, 16, 20, 32, 40, 64, 96, 128]);
/** Where nothing comes before it. Not 32, which may be a UUID: pictures are often stored under their identifier. */
const bareHexLengths: ReadonlySet<number> = new Set([20, 40, 64, 96, 128]);

const uuidAtEnd = /[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}$/i;
/** Of the versions 1, 4 and 7. One MD5 in twenty looks the same. */
const uuidWithoutDashes = /^[0-9a-f]{12}[147][0-9a-f]{3}[89ab][0-9a-f]{15}$/;

/** @param path of the file, with or without its first slash. @param type its media type. */
export function cacheControlOf(path: string, type: string, options: CachingOptions): string | undefined {
  if (isAskedAgain(nameOf(path), type)) return 'no-cache';
  if (carriesHash(path)) return 'public, max-age=31536000, immutable';
  if (options.maxAgeS === undefined) return undefined;
  return `public, max-age=${options.maxAgeS}${options.immutable ? ', immutable' : ''}`;
}

/** Whether other content would have another name. @param path a name will do; the folders are a help. */
export function carriesHash(path: string): boolean {
  const name = nameOf(path);
  const parts = name.split('.');
  if (parts.length < 2 || name.length > NAME_BYTES_MAX || pageExtensions.has(parts.at(-1)!.toLowerCase())) return false;
  if (isInImmutableFolder(`/${path}`)) return true;
  const stem = stemOf(parts, path);
  if (uuidAtEnd.test(stem.text)) return false;
  const dash = stem.text.lastIndexOf('-');
  const segment = stem.text.slice(dash + 1);
  if (dash < 0 && !stem.behindDot) return bareHexLengths.has(segment.length) && isHexHash(segment, stem);
  return isHexHash(segment, stem) || isWideHash(segment, stem) || endsInDashedHash(stem);
}

function isAskedAgain(name: string, type: string): boolean {
  const essence = type.split(';', 1)[0]!.trim().toLowerCase();
  return pageTypes.has(essence) || essence === 'application/manifest+json' || freshNames.has(name) || /[-_.]sw\.m?js$/.test(name);
}

function isInImmutableFolder(path: string): boolean {
  return immutableFolders.some((folder) => path.includes(folder)) && !path.includes(mutableFolder);
}

function stemOf(parts: readonly string[], path: string): Stem {
  let last = parts.length - 2;
  while (last > 0 && innerExtensions.has(parts[last]!)) last--;
  const code = parts.slice(last + 1).some((extension) => codeExtensions.has(extension));
  const namedByBuild = code && generatorNames.has(parts[0]!.split('-', 1)[0]!);
  return { text: parts[last]!, behindDot: last > 0, code, namedByBuild, fromBuild: namedByBuild || (code && /(?:^|\/)assets\/[^/]*$/.test(path)) };
}

/**
 * Digits and letters, by turns: not 20240131, deadbeef, cafe2024, part-1234567a. In code one letter among digits will do. There, and
 * behind a dot (people number with dashes), it may also be a run of letters and one of digits: one hash of 8 in twelve is.
 */
function isHexHash(segment: string, { text, behindDot, code }: Stem): boolean {
  const { length } = segment;
  if (!hexLengths.has(length) || !/^(?:[0-9a-f]+|[0-9A-F]+)$/.test(segment) || uuidWithoutDashes.test(segment)) return false;
  const letters = segment.replaceAll(/\d/g, '').length;
  const turns = turnsIn(segment);
  if (length - letters < 2 || (!code && /[A-F]/.test(segment))) return false;
  if (turns >= 2) return code || letters >= 2;
  if (!code && (!behindDot || segment !== text)) return false;
  return length === 8 ? letters >= 2 && !/^[a-f]+(?:19|20)\d\d$/.test(segment) : letters >= 4;
}

/** Rollup's base64url, esbuild's and Angular's base32, Rollup's and Bun's base36, .NET's of 10. */
function isWideHash(segment: string, stem: Stem): boolean {
  const { length } = segment;
  if (length !== 8 && !(stem.code && length > 8 && length <= 32)) return false;
  if (/^[A-Z2-7]{8}$/.test(segment)) return isBase32Hash(segment, stem);
  if (/^[a-z0-9]+$/.test(segment)) return isBase36Hash(segment, stem);
  return /^[A-Za-z0-9]*_?[A-Za-z0-9]*$/.test(segment) && isMixedHash(segment, stem);
}

/** Not win32x64, not 15x10x22. */
function isBase36Hash(segment: string, { code, namedByBuild }: Stem): boolean {
  if (!code || (segment.length !== 8 && segment.length !== 10)) return false;
  const letters = segment.replaceAll(/\d/g, '').length;
  return letters >= 3 && turnsIn(segment) >= (namedByBuild && segment.length === 8 ? 2 : 4);
}

/** In files that the build has named also without a digit, as one in five is. */
function isBase32Hash(segment: string, { code, namedByBuild }: Stem): boolean {
  return turnsIn(segment) >= (code ? 2 : 4) || (namedByBuild && /[A-Z]/.test(segment));
}

/**
 * Upper and lower case. People write few pieces (DarkMode, iPhone15Pro, 3rdParty, HTML5Doc), a hash has about one for each one and a
 * half characters. Where the place speaks for a build, fewer are enough if one of them is no word.
 */
function isMixedHash(segment: string, { code, namedByBuild, fromBuild }: Stem): boolean {
  const pieces = piecesOf(segment);
  if (!/[A-Z]/.test(segment) || !/[a-z]/.test(segment)) return false;
  const needed = segment.length / 2;
  if (pieces.length > needed) return true;
  if (pieces.length === needed) return code || pieces.some((piece) => piece.length > 1 && !isWord(piece));
  return segment.length === 8 && pieces.length >= (namedByBuild ? 2 : fromBuild ? 3 : needed) && !pieces.every(isWord);
}

/** One base64url hash of 8 in nine has a dash in it, which is told from a dash between words only where a build has named the file. */
function endsInDashedHash({ text, behindDot, fromBuild }: Stem): boolean {
  const tail = text.slice(-8);
  const begins = text.length === 8 ? behindDot : text.at(-9) === '-';
  if (!fromBuild || !begins || tail.split('-').length !== 2) return false;
  const pieces = piecesOf(tail);
  return pieces.length > 4 || (pieces.length === 4 && !pieces.every(isWord));
}

/** Versions, acronyms, words (with their capital) and numbers. */
function piecesOf(text: string): readonly string[] {
  return text.match(/[Vv]\d+|[A-Z]+(?![a-z])|[A-Z]?[a-z]+|\d+/g) ?? [];
}

/** A number, a version, an acronym, or letters with a vowel among them that do not begin as no word does. */
function isWord(piece: string): boolean {
  if (!/[a-z]/.test(piece) || /\d/.test(piece)) return true;
  if (!/[aeiouy]/i.test(piece)) return false;
  return /^(?:[aeiouy]|.[aeiouy]|[bcfgkps]l|[bcdfgkptw]r|[cgkprstw]h|s[cfkmnpqtvw]|[dt]w|[gkp]n|ps|qu)/i.test(piece);
}

/** How often a digit and a letter meet. */
function turnsIn(segment: string): number {
  return segment.match(/\d(?=[A-Za-z])|[A-Za-z](?=\d)/g)?.length ?? 0;
}

function nameOf(path: string): string {
  return path.slice(path.lastIndexOf('/') + 1);
}
