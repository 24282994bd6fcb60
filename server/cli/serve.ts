// `pagecast [DIR]`: serve until told to stop.
import { createServer, ListenError, type Address, type Server } from '../index.ts';
import { LogDestination } from '../log/destination.ts';
import { OperatorLog } from '../log/operator.ts';
import { banner, listeningLine } from './banner.ts';
import { openBrowser } from './open.ts';
import type { Settings } from './settings.ts';

const PORTS_TRIED = 20;

export async function serve(settings: Settings, terminal: boolean): Promise<void> {
  const operator = new OperatorLog(process.stderr.isTTY);
  const wantsLog = settings.options.accessLog !== false;
  const destination = wantsLog ? new LogDestination(settings.logFile, (message, facts) => operator.report({ name: 'accessLogFailed', message, facts })) : undefined;
  const hooks = { onReport: operator.report.bind(operator), onAccessLog: (block: string): void => destination?.write(block) };
  // Before anything listens: a worker may serve already when its readiness is heard of here.
  const serving: Serving = { server: undefined, stopping: false };
  stopOnSignals(serving, destination);
  // Node would start its debugger otherwise.
  process.on('SIGUSR1', () => settings.logFile !== undefined && destination?.reopen());
  const { server, addresses, takenPort } = await listenSomewhere(settings, hooks, serving);
  const told = { addresses, root: server.options.root, origins: server.options.proxy?.origins.origins.map(({ address }) => address.url) ?? [], workers: server.options.workers, takenPort };
  for (const warning of await offloadsMissed(addresses)) operator.warn(warning, { event: 'offloadOff' });
  if (settings.open) openBrowser(addresses, (message, facts) => operator.warn(message, { ...facts, event: 'openFailed' }));
  if (!settings.quiet) process.stdout.write(terminal ? banner(told, !process.env['NO_COLOR']) : listeningLine(told));
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
async function listenSomewhere(settings: Settings, hooks: Hooks, serving: Serving): Promise<{ server: Server; addresses: readonly Address[]; takenPort: number | undefined }> {
  let where = settings.where;
  let takenPort: number | undefined;
  for (let attempt = 0; ; ++attempt) {
    const server = (serving.server = createServer(settings.options, hooks));
    try {
      return { server, addresses: await server.listen(...where), takenPort };
    } catch (error) {
      if (serving.stopping) return new Promise(() => undefined); // whoever stops it ends the process
      const taken = error instanceof ListenError && error.code === 'EADDRINUSE';
      if (!taken || !settings.mayMove || attempt >= PORTS_TRIED) throw error;
      const [, host, port] = /^(.*):(\d+)$/.exec(where[0]!)!;
      takenPort ??= Number(port);
      where = [`${host!}:${Number(port) + 1}`];
    }
  }
}

function stopOnSignals(serving: Serving, destination: LogDestination | undefined): void {
  const stop = (): void => {
    const force = serving.stopping;
    serving.stopping = true;
    (serving.server?.close({ force }) ?? Promise.resolve()).then(async () => {
      await destination?.end();
      process.exit(0);
    }, (error: unknown) => {
      process.stderr.write(`pagecast: ${String(error)}\n`);
      process.exit(1);
    });
  };
  process.on('SIGINT', stop);
  process.on('SIGTERM', stop);
}
