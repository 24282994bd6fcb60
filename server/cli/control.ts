// `pagecast status|top|purge|drain|reload|upgrade`, and `pagecast explain URL --control WHERE`: a running server, asked and told. Exit codes: 0 done,
// 1 it could not be done, 2 it was not asked for properly.
import { readFileSync } from 'node:fs';
import { parseArgs } from 'node:util';
import type { Arguments, FlagName } from './flags.ts';
import { askControl, ControlError, endpointOf, onlyEndpoint, type Ask, type Endpoint } from './control-client.ts';
import type { ControlCommandOptions } from './control-verbs.ts';
import { layOut } from './explain.ts';
import type { Explained, Facts } from './explained.ts';
import { UsageError } from './flags.ts';

const USAGE = `Usage:
  pagecast status                                      version, workers, listeners, what is stored
  pagecast top                                         the same as it changes, once a second; where no terminal is, once
  pagecast purge URL, --tag TAG, --prefix URL or --all [--soft]
  pagecast drain                                       answers under way are finished, then it ends
  pagecast reload                                      the configuration is loaded anew
  pagecast upgrade                                     the program as it is on disk now takes its place
  pagecast explain URL                                 what it would answer now, and why; with --control
Each takes --control WHERE (unix:/path, host:port or a URL; default: the only server that runs), --control-token-file FILE and --json.
The token can be in PAGECAST_CONTROL_TOKEN, too.
`;

/** What `explain` may be given beside a running server. */
const OF_LIVE: ReadonlySet<FlagName> = new Set<FlagName>(['control', 'control-token-file', 'request', 'method', 'json']);

/** @param argv with the verb first. @returns the exit code. @throws UsageError */
export async function controlCommand(argv: readonly string[], options: ControlCommandOptions): Promise<number> {
  const { values, positionals } = flagsOf(argv);
  if (values.help) {
    options.write(USAGE);
    return 0;
  }
  const [verb, url, ...more] = positionals as [string, ...string[]];
  const purge = purgeOf(verb, url, more, values);
  if (verb === 'top') {
    const { top } = await import('./top.ts');
    return told(options, async () => top(await endpointFor(values.control, options.environment), tokenOf(values['control-token-file'], options.environment), { ...options, json: options.json || values.json }));
  }
  return told(options, async () => {
    const answer = await askControl(await endpointFor(values.control, options.environment), askOf(verb, purge), tokenOf(values['control-token-file'], options.environment));
    options.write(options.json || values.json ? `${JSON.stringify(answer, undefined, 2)}\n` : textOf(verb, answer, options.colour));
  });
}

/** @returns the exit code. @throws UsageError */
export async function explainLive({ values, positionals }: Arguments, options: ControlCommandOptions): Promise<number> {
  const [url, ...more] = positionals.slice(1);
  if (url === undefined || more.length > 0) throw new UsageError('explain needs one URL: pagecast explain http://localhost/path --control WHERE');
  for (const name of values.keys()) {
    if (!OF_LIVE.has(name) && process.argv.some((word) => word.startsWith(`--${name}`))) throw new UsageError(`--${name} is for a server that does not run: with --control its own options are in force`);
  }
  const headers = Object.fromEntries((values.get('request') ?? []).map((line) => {
    const colon = line.indexOf(':');
    if (colon < 1) throw new UsageError(`-H must be a name, a colon and a value such as 'Accept: text/html', not "${line}"`);
    return [line.slice(0, colon).trim(), line.slice(colon + 1).trim()];
  }));
  const content = { url, method: values.get('method')?.[0] ?? 'GET', headers };
  return told(options, async () => {
    const endpoint = await endpointFor(values.get('control')?.[0], options.environment);
    const answer = await askControl(endpoint, { method: 'POST', path: '/api/v1/explain', content }, tokenOf(values.get('control-token-file')?.[0], options.environment));
    options.write(options.json ? `${JSON.stringify(answer, undefined, 2)}\n` : layOut(answer as Explained, options.colour));
  });
}

async function told({ writeError }: ControlCommandOptions, ask: () => Promise<void>): Promise<number> {
  try {
    await ask();
    return 0;
  } catch (error) {
    if (!(error instanceof ControlError)) throw error;
    writeError(`pagecast: ${error.message}\n`);
    return 1;
  }
}

function flagsOf(argv: readonly string[]) {
  try {
    return parseArgs({
      args: [...argv], allowPositionals: true,
      options: {
        control: { type: 'string' }, 'control-token-file': { type: 'string' }, json: { type: 'boolean', default: false }, help: { type: 'boolean', short: 'h', default: false },
        tag: { type: 'string' }, prefix: { type: 'string' }, all: { type: 'boolean', default: false }, soft: { type: 'boolean', default: false },
      },
    });
  } catch (error) {
    throw new UsageError(error instanceof Error ? error.message : String(error));
  }
}

type Flags = ReturnType<typeof flagsOf>['values'];

/** What a purge asks for; undefined: it is none. @throws UsageError */
function purgeOf(verb: string, url: string | undefined, more: readonly string[], { tag, prefix, all, soft }: Flags): object | undefined {
  const which = [
    ...(url === undefined ? [] : [{ url }]), ...(tag === undefined ? [] : [{ tag }]), ...(prefix === undefined ? [] : [{ prefix }]), ...(all ? [{ everything: true }] : []),
  ];
  if (verb !== 'purge') {
    if (which.length > 0 || soft) throw new UsageError(`pagecast ${verb} takes no URL, and nothing of a purge; pagecast ${verb} --help tells more`);
    return undefined;
  }
  if (which.length !== 1 || more.length > 0) throw new UsageError('pagecast purge: one of URL, --tag, --prefix and --all');
  return { ...which[0], soft };
}

function askOf(verb: string, purge: object | undefined): Ask {
  if (verb === 'status') return { method: 'GET', path: '/api/v1/status' };
  return { method: 'POST', path: `/api/v1/${verb}`, ...(purge && { content: purge }) };
}

/** @throws UsageError, ControlError */
async function endpointFor(where: string | undefined, environment: NodeJS.ProcessEnv): Promise<Endpoint> {
  const given = where ?? environment['PAGECAST_CONTROL'];
  return given === undefined || given === '' || given === 'auto' ? onlyEndpoint(environment) : endpointOf(given);
}

/** @throws UsageError */
function tokenOf(file: string | undefined, environment: NodeJS.ProcessEnv): string | undefined {
  const given = file ?? environment['PAGECAST_CONTROL_TOKEN_FILE'];
  if (given === undefined || given === '') return environment['PAGECAST_CONTROL_TOKEN'];
  try {
    return readFileSync(given, 'utf8').trim();
  } catch (error) {
    throw new UsageError(`--control-token-file ${given} cannot be read (${(error as NodeJS.ErrnoException).code ?? String(error)})`);
  }
}

function textOf(verb: string, answer: unknown, colour: boolean): string {
  const facts = answer as Readonly<Record<string, unknown>>;
  if (verb === 'purge') return `${String(facts['purged'])} ${facts['purged'] === 1 ? 'object' : 'objects'} ${facts['soft'] === true ? 'made stale' : 'purged'}\n`;
  if (verb === 'drain') return 'it drains\n';
  if (verb === 'upgrade') return `process ${String(facts['pid'])} serves in its place\n`;
  return layOut(verb === 'status' ? sections(facts) : { reloaded: flat(facts) }, colour);
}

function sections({ workers, sites, store, listeners, ...server }: Readonly<Record<string, unknown>>): Explained {
  return {
    server: { ...flat(server), listeners: (listeners as readonly string[]) },
    workers: flat(workers),
    ...Object.fromEntries((sites as readonly object[]).map((site, index) => [`site${index > 0 ? ` ${index + 1}` : ''}`, flat(site)])),
    ...(store !== undefined && { store: flat(store) }),
  };
}

/** What is no fact is shown as JSON. */
function flat(group: unknown): Facts {
  return Object.fromEntries(Object.entries(group as object).map(([name, value]: [string, unknown]) => [name, isFact(value) ? value : JSON.stringify(value)]));
}

function isFact(value: unknown): value is Facts[string] {
  return value === null || ['string', 'number', 'boolean'].includes(typeof value) || (Array.isArray(value) && value.every((item) => typeof item === 'string'));
}
