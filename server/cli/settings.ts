// From arguments and a config file to what is to be served, where and how it is told. What a flag sets, and how, is in the table of flags.
import { closeSync, constants, existsSync, mkdirSync, openSync, realpathSync } from 'node:fs';
import { dirname } from 'node:path';
import { fileURLToPath } from 'node:url';
import { passedSockets } from '../activation.ts';
import { faultsOf, faultText } from '../config/faults.ts';
import { Layers, type Setting, type Source } from '../config/layers.ts';
import type { ConfigModule, LoadedConfig } from '../config/load.ts';
import { configSchema } from '../config/schema.ts';
import { PASSED } from '../listen-spec.ts';
import type { ServerOptions } from '../options.ts';
import { flags, UsageError, type Arguments, type Flag, type FlagName } from './flags.ts';
import { valueOf, type Form } from './flag-values.ts';

export interface Settings {
  readonly options: ServerOptions;
  /** Who has said what of them. */
  readonly layers: Layers;
  /** Of the functions in the options. */
  readonly module: ConfigModule | undefined;
  /** The config file; undefined: there is none. */
  readonly file: string | undefined;
  /** As listen() takes them. */
  readonly where: readonly (string | number)[];
  /** The port may be another one when it is taken. */
  readonly mayMove: boolean;
  readonly quiet: boolean;
  /** Show it in a browser. */
  readonly open: boolean;
  readonly logFile: string | undefined;
}

/** What the site that comes with pagecast asks for. */
const ABOUT = '/.well-known/pagecast';
/** No flag has the token itself: every user of a machine can read command lines. */
const TOKEN = 'PAGECAST_CONTROL_TOKEN';
const OFF = 'off';
const BY_DEFAULT: Source = { kind: 'default', name: 'default' };

/** Of no use without origins, and why. */
const OF_PROXY = {
  'hooks': 'steers a cache in front of origins',
  'trusted-proxy': 'names whose X-Forwarded-For is passed on to origins',
  'purge-from': 'names who may empty a cache in front of origins',
  'host-header': 'is what origins are told',
  'sendfile-root': 'has the files that origins may name',
  'store': 'has what origins have answered',
} as const satisfies Partial<Record<FlagName, string>>;

/** @param loaded a config file. @throws UsageError */
export function settingsOf(args: Arguments, terminal: boolean, loaded?: LoadedConfig): Settings {
  const has = (name: FlagName): boolean => args.values.has(name);
  if (loaded) checkFile(loaded);
  const said = [...rootSettings(args), ...flagSettings(args), ...controlSettings(args, process.env), ...listenSettings(args, terminal), ...tlsSettings(args)];
  const file = loaded && { name: loaded.file, config: loaded.config };
  const { config } = new Layers(said, file);
  const layers = new Layers([...defaults(args, terminal, config), ...said, ...quietSettings(args, config)], file);
  checkRelations(args, layers);
  const faults = faultsOf(configSchema, layers.config);
  if (faults.length > 0) throw usageError(faults.map((fault) => layers.told(fault)), '');
  const options = layers.config as ServerOptions;
  const { listen = 8080, logFile } = options;
  if (logFile !== undefined) openOnce(logFile, layers.sourceOf(['logFile']));
  const port = args.values.get('port')?.[0];
  return {
    options, layers, module: loaded?.module, file: loaded?.file, logFile,
    where: typeof listen === 'object' ? listen : [listen],
    mayMove: terminal && layers.sourceOf(['listen']).kind !== 'file' && !has('listen') && port !== '0' && !has('strict-port'),
    quiet: has('quiet'),
    open: has('open'),
  };
}

/** As the file has it, so that faults are told where they stand. @throws UsageError */
export function checkFile({ file, config }: LoadedConfig): void {
  const faults = faultsOf(configSchema, config);
  if (faults.length > 0) throw usageError(faults.map(faultText), `${file}: `);
}

function usageError(faults: readonly string[], before: string): UsageError {
  return new UsageError(`${before}${faults.join('; ')}`, faults.map((fault) => `${before}${fault}`));
}

function sourceOf(flag: Flag, { variables }: Arguments): Source {
  const variable = variables?.get(flag.name as FlagName);
  return variable === undefined ? { kind: 'flag', name: `--${flag.name}` } : { kind: 'environment', name: variable };
}

/** The value of a switch that is off; the others say what they are not. */
const PUT_OFF: Readonly<Partial<Record<Form, boolean>>> = { on: false, off: true, file: false };

function flagSettings(args: Arguments): Setting[] {
  return (flags as readonly Flag[]).flatMap((flag) => {
    const texts = args.values.get(flag.name as FlagName);
    const putOff = args.off?.get(flag.name as FlagName);
    if (putOff !== undefined && flag.sets !== undefined) return [{ path: flag.sets.split('.'), value: PUT_OFF[flag.form ?? 'text'], source: { kind: 'environment', name: putOff } }];
    if (texts === undefined || flag.sets === undefined || (flag.name === 'control' && texts[0] === OFF)) return [];
    const source = sourceOf(flag, args);
    return settingsAt(flag.sets.split('.'), valueOf(flag.form ?? 'text', texts, source.name), source);
  });
}

/** Fields are said one by one. */
function settingsAt(path: readonly string[], value: unknown, source: Source): Setting[] {
  if (path[0] !== 'headers') return [{ path, value, source }];
  return Object.entries(value as object).map(([name, lines]) => ({ path: [...path, name], value: lines as unknown, source }));
}

function rootSettings({ positionals, values }: Arguments): Setting[] {
  const [dir, ...more] = positionals;
  if (more.length > 0) throw new UsageError(`one folder is served at a time: "${more[0]!}" is too much`);
  if (dir === undefined) return [];
  if (values.has('root')) throw new UsageError('the folder is given twice, as [DIR] and as --root');
  return [{ path: ['root'], value: dir, source: { kind: 'flag', name: '[DIR]' } }];
}

function controlSettings(args: Arguments, environment: NodeJS.ProcessEnv): Setting[] {
  const { values } = args;
  const token = environment[TOKEN];
  if (values.get('control')?.[0] === OFF) return [{ path: ['control'], value: undefined, source: sourceOf(flagNamed('control'), args) }];
  if (token === undefined || token === '') return [];
  if (values.has('control-token-file')) throw new UsageError(`the token of the control plane is given twice, in ${TOKEN} and as --control-token-file`);
  return [{ path: ['control', 'token'], value: token, source: { kind: 'environment', name: TOKEN } }];
}

/** Each certificate has its key. */
function tlsSettings(args: Arguments): Setting[] {
  const [certs = [], keys = []] = (['tls-cert', 'tls-key'] as const).map((name) => args.values.get(name));
  if (certs.length === 0 && keys.length === 0) return [];
  const source = sourceOf(flagNamed(certs.length > 0 ? 'tls-cert' : 'tls-key'), args);
  if (certs.length !== keys.length) throw new UsageError(`each --tls-cert has its --tls-key, in the same order: there are ${certs.length} and ${keys.length}`);
  return [{ path: ['tls', 'certificates'], value: certs.map((cert, i) => ({ cert, key: keys[i]! })), source }];
}

/** Host and port together are one address. */
function listenSettings(args: Arguments, terminal: boolean): Setting[] {
  const [host, port] = (['host', 'port'] as const).map((name) => args.values.get(name)?.[0]);
  if (args.values.has('listen') || (host === undefined && port === undefined)) return [];
  const source = sourceOf(flagNamed(port === undefined ? 'host' : 'port'), args);
  if (port !== undefined && !(/^\d{1,9}$/.test(port) && Number(port) <= 65_535)) throw new UsageError(`${source.name} must be a whole number from 0 to 65535, not "${port}"`);
  return [{ path: ['listen'], value: [addressOf(host ?? hostByDefault(terminal), port ?? '8080')], source }];
}

function quietSettings({ values }: Arguments, { logFile }: Layers['config']): Setting[] {
  return values.has('quiet') && logFile === undefined ? [{ path: ['accessLog'], value: false, source: { kind: 'flag', name: '--quiet' } }] : [];
}

/** What the command does unless it is told otherwise, besides what every server does. */
function defaults({ values }: Arguments, terminal: boolean, config: Layers['config']): Setting[] {
  const { root, proxy, sites, logFile, about, control } = config;
  const all: readonly (readonly [string, unknown])[] = [
    ['listen', [passedSockets(process.env, process.pid).length > 0 ? PASSED : addressOf(hostByDefault(terminal), '8080')]],
    ['accessLog', terminal && logFile === undefined ? 'pretty' : 'json'],
    ...(control === undefined && values.get('control')?.[0] !== OFF ? [['control', { listen: 'auto' }] as const] : []),
    ...(about === undefined && sites === undefined && proxy === undefined && isOurs(typeof root === 'string' ? root : '.') ? [['about', ABOUT] as const] : []),
  ];
  return all.map(([key, value]) => ({ path: [key], value, source: BY_DEFAULT }));
}

function checkRelations(args: Arguments, { config }: Layers): void {
  const name = (flag: FlagName): string => sourceOf(flagNamed(flag), args).name;
  const asks = config['sites'] !== undefined || config['routes'] !== undefined || hasUrls(config['proxy']);
  for (const [flag, why] of Object.entries(OF_PROXY)) if (!asks && args.values.has(flag as FlagName)) throw new UsageError(`${name(flag as FlagName)} ${why}: --proxy is missing`);
  if (args.values.has('immutable') && config['maxAgeS'] === undefined) throw new UsageError(`${name('immutable')} says that --max-age is meant, which is missing`);
  for (const flag of ['store-size', 'store-admit'] as const) if (args.values.has(flag) && !hasMember(config['store'], 'dir')) throw new UsageError(`${name(flag)} is of a store: --store is missing`);
}

function hasUrls(proxy: unknown): boolean {
  return hasMember(proxy, 'urls');
}

function hasMember(value: unknown, name: string): boolean {
  return typeof value === 'object' && value !== null && Reflect.get(value, name) !== undefined;
}

function flagNamed(name: FlagName): Flag {
  return (flags as readonly Flag[]).find((flag) => flag.name === name)!;
}

function hostByDefault(terminal: boolean): string {
  return terminal ? 'localhost' : '::';
}

function addressOf(host: string, port: string): string {
  return `${host.includes(':') ? `[${host}]` : host}:${port}`;
}

function isOurs(root: string): boolean {
  return existsSync(root) && realpathSync(root) === fileURLToPath(new URL('../../../public', import.meta.url));
}

/** Once before anything listens: what opens it for good does so in the background. */
function openOnce(file: string, { kind, name }: Source): void {
  try {
    mkdirSync(dirname(file), { recursive: true });
    closeSync(openSync(file, constants.O_WRONLY | constants.O_CREAT | constants.O_APPEND | constants.O_NONBLOCK)); // a pipe without a reader must not hold us
  } catch (error) {
    throw new UsageError(`${kind === 'file' ? 'logFile' : name} ${file} cannot be written (${(error as NodeJS.ErrnoException).code ?? String(error)})`);
  }
}

