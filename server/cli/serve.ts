// `pagecast [DIR]`: serve until told to stop.
import { ControlListenError } from '../control/listener.ts';
import { Inheritance } from '../inheritance.ts';
import { createServer, ListenError, type Address, type Server } from '../index.ts';
import { LogDestination } from '../log/destination.ts';
import { OperatorLog } from '../log/operator.ts';
import { Notifier } from '../notify.ts';
import { banner, listeningLine, urlOf } from './banner.ts';
import { TerminalWatch } from './hang-up.ts';
import { openBrowser } from './open.ts';
import { Reloads } from './reloads.ts';
import type { Settings } from './settings.ts';
import { Upgrading } from './upgrading.ts';

const PORTS_TRIED = 20;

/** @param again what is asked for by the time that it is called: of a reload. */
export async function serve(settings: Settings, terminal: boolean, again: () => Promise<Settings>): Promise<void> {
  const inheritance = Inheritance.ofThisProcess();
  const operator = new OperatorLog(process.stderr.isTTY);
  const notifier = new Notifier(process.env, process.pid, (error) => operator.report({ name: 'notifyFailed', message: 'the service manager cannot be told anything', facts: { error } }));
  const wantsLog = settings.options.accessLog !== false;
  const destination = wantsLog ? new LogDestination(settings.logFile, (message, facts) => operator.report({ name: 'accessLogFailed', message, facts })) : undefined;
  // Before anything listens: a worker may serve already when its readiness is heard of here.
  const serving: Serving = { server: undefined, stopping: false };
  const stop = stopOnSignals(serving, notifier, destination);
  const upgrading = new Upgrading({ server: () => serving.server, notifier, status: () => statusOf(serving.server?.addresses() ?? []), leave: () => stop('handed'), log: operator });
  const reloads = new Reloads({ server: () => serving.server, settings, again, destination, notifier, status: () => statusOf(serving.server?.addresses() ?? []), log: operator });
  const hooks = { onReport: operator.report.bind(operator), onAccessLog: (block: string): void => destination?.write(block), onDrain: () => serving.stopping || stop('asked'), onUpgrade: () => upgrading.begin(), onReload: () => reloads.begin(), log: operator };
  const terminalWatch = new TerminalWatch();
  process.on('SIGHUP', () => (terminalWatch.isGone ? stop('hungUp') : void reloads.begin().catch(() => undefined))); // which is told
  // Node would start its debugger otherwise.
  process.on('SIGUSR1', () => settings.logFile !== undefined && destination?.reopen());
  process.on('SIGUSR2', () => void upgrading.begin().catch(() => undefined)); // which is told
  const { server, addresses, takenPort } = await listenSomewhere(settings, hooks, serving, inheritance);
  const { root, proxy, filesFirst, sites } = server.options;
  const told = { addresses, root: sites.length > 0 || (proxy && !filesFirst) ? undefined : root, sites: sites.map(({ hosts }) => hosts.join(' ') || '*'), origins: proxy?.origins.origins.map(({ address }) => address.url) ?? [], workers: server.options.workers, takenPort, config: settings.file, control: server.controlAddress };
  for (const warning of await offloadsMissed(addresses)) operator.warn(warning, { event: 'offloadOff' });
  if (settings.open) openBrowser(addresses, (message, facts) => operator.warn(message, { ...facts, event: 'openFailed' }));
  if (!settings.quiet) process.stdout.write(terminal ? banner(told, !process.env['NO_COLOR']) : listeningLine(told));
  inheritance?.ready();
  await inheritance?.alone;
  if (!serving.stopping) notifier.ready(statusOf(addresses));
}

function statusOf(addresses: readonly Address[]): string {
  return `serving ${addresses.map(urlOf).join(', ')}`;
}

/** Bits that decide what zero copy is worth, where they are off on an interface that serves. */
async function offloadsMissed(addresses: readonly Address[]): Promise<string[]> {
  const { gatherInterfaces } = await import('../doctor/gather/interfaces.ts');
  const { offloadWarnings, servingInterfaces } = await import('../doctor/offloads.ts');
  const interfaces = gatherInterfaces();
  return typeof interfaces === 'number' ? [] : offloadWarnings(servingInterfaces(interfaces, addresses.map(({ host }) => host)));
}

type Hooks = Parameters<typeof createServer>[1];

interface Serving {
  server: Server | undefined;
  stopping: boolean;
}

/** On a terminal a port that is taken is no reason to stop: the next free one serves as well. */
async function listenSomewhere(settings: Settings, hooks: Hooks, serving: Serving, inheritance: Inheritance | undefined): Promise<{ server: Server; addresses: readonly Address[]; takenPort: number | undefined }> {
  // The process before may have moved, too.
  const moved = settings.mayMove ? inheritance?.handed.listeners[0]?.asked : undefined;
  let where = moved === undefined ? settings.where : [moved];
  let takenPort: number | undefined;
  for (let attempt = 0; ; ++attempt) {
    const server = (serving.server = createServer(settings.options, hooks, settings.module));
    if (inheritance) server.inherit(inheritance);
    try {
      return { server, addresses: await server.listen(...where), takenPort };
    } catch (error) {
      if (serving.stopping) return new Promise(() => undefined); // whoever stops it ends the process
      const taken = error instanceof ListenError && error.code === 'EADDRINUSE' && !(error instanceof ControlListenError);
      if (!taken || !settings.mayMove || inheritance || attempt >= PORTS_TRIED) throw error;
      const [, host, port] = /^(.*):(\d+)$/.exec(String(where[0]))!;
      takenPort ??= Number(port);
      where = [`${host!}:${Number(port) + 1}`];
    }
  }
}

/** `handed`: another process has its place. `hungUp`: its terminal is gone. */
type Why = 'asked' | 'handed' | 'hungUp';

/** What it returns is what the first signal does. */
function stopOnSignals(serving: Serving, notifier: Notifier, destination: LogDestination | undefined): (why: Why) => void {
  const stop = (why: Why): void => {
    const force = serving.stopping;
    serving.stopping = true;
    if (why !== 'handed') notifier.stopping('answers under way are finished');
    (serving.server?.close({ force, handed: why === 'handed' }) ?? Promise.resolve()).then(async () => {
      await destination?.end();
      // Node.js aborts where it cannot give a terminal its settings back: the signal ends us.
      if (why === 'hungUp') process.removeAllListeners('SIGHUP').kill(process.pid, 'SIGHUP');
      else process.exit(0);
    }, (error: unknown) => {
      process.stderr.write(`pagecast: ${String(error)}\n`);
      process.exit(1);
    });
  };
  process.on('SIGINT', () => stop('asked'));
  process.on('SIGTERM', () => stop('asked'));
  return stop;
}
