/**
 * What kernel-offloaded checksums are worth: 1 MiB answers across a veth pair, with TX checksum and scatter-gather of the
 * sender on and off, for servers that send file pages (sendfile) and for one that copies.
 */
import { mkdirSync } from 'node:fs';
import { join } from 'node:path';
import { twoCores, type Cores } from './cpu.ts';
import type { Section } from './document.ts';
import { reasonOf } from './errors.ts';
import { loadNamed, writeFixtures } from './fixtures.ts';
import { machineFacts } from './machine.ts';
import { createNetwork, networkObstacle, setOffload, type Network } from './network.ts';
import type { Options } from './options.ts';
import { helper } from './paths.ts';
import { pinSelf, run, type Scope } from './processes.ts';
import { say, type Report } from './report.ts';
import { alternate, isVoid, noiseOf, type Cell, type Measured, type Outcome } from './rounds.ts';
import { freePort, isMissing, launched, startNginx, startPagecast } from './servers.ts';
import type { Missing, Server, Site } from './servers.ts';
import { withSpread } from './statistics.ts';
import type { Verified } from './verify.ts';
import { missingLoadTool, Wrk } from './wrk.ts';

const LOAD = loadNamed('1m');
const CHECK_DEADLINE_MS = 20_000;

interface Setting {
  readonly name: string;
  readonly txChecksum: boolean;
  readonly scatterGather: boolean;
}

const ALL_ON: Setting = { name: 'all on', txChecksum: true, scatterGather: true };
const SETTINGS: readonly Setting[] = [
  ALL_ON,
  { name: 'TX checksum off', txChecksum: false, scatterGather: true },
  { name: 'scatter-gather off', txChecksum: true, scatterGather: false },
  { name: 'both off', txChecksum: false, scatterGather: false },
];

interface Contender {
  readonly label: string;
  readonly required: boolean;
  readonly server: Server | Missing;
}

async function startCopying(site: Site): Promise<Server> {
  const port = await freePort();
  const command = [process.execPath, helper('contenders/node-http.js'), site.host, String(port), site.root];
  return launched(site, 'node-http', port, command);
}

async function startAll(site: Site): Promise<Contender[]> {
  return [
    { label: 'pagecast (sendfile)', required: true, server: await startPagecast(site) },
    { label: 'nginx (sendfile)', required: false, server: await startNginx(site) },
    { label: 'node:http (copies a Buffer)', required: true, server: await startCopying(site) },
  ];
}

/** Verified from the other namespace; throws with the reason. */
async function verified(site: Site, server: Server, network: Network, cores: Cores): Promise<Verified> {
  const { host, port } = server.address;
  const command = [process.execPath, helper('check.js'), host, String(port), LOAD.name];
  const placement = { core: cores.load, namespace: network.loadNamespace };
  const { exitCode, stdout, lastWords } = await run(site.scope, command, placement, CHECK_DEADLINE_MS);
  if (exitCode !== 0) throw new Error(`${lastWords}${server.process.running ? '' : `; ${server.process.lastWords}`}`);
  return { ...(JSON.parse(stdout) as Pick<Verified, 'bytesPerAnswer' | 'etag'>), sample: Buffer.alloc(0) };
}

function cellName(setting: Setting, label: string): string {
  return `${setting.name} ${label}`;
}

async function cellsOf(
  contender: Contender,
  site: Site,
  network: Network,
  cores: Cores,
): Promise<Cell[] | { readonly reason: string }> {
  const { server, label } = contender;
  if (isMissing(server)) return { reason: `missing: ${server.reason}` };
  let facts: Verified;
  try {
    facts = await verified(site, server, network, cores);
  } catch (error) {
    return { reason: reasonOf(error) };
  }
  const placement = { core: cores.load, namespace: network.loadNamespace };
  const target = { name: server.name, address: server.address, load: LOAD, verified: facts };
  const wrk = new Wrk(site.scope, site.workDirectory, placement, target);
  return SETTINGS.map((setting) => ({
    name: cellName(setting, label),
    server,
    prepare: () => void setOffload(network, setting),
    load: (seconds: number) => wrk.run(seconds),
  }));
}

interface Line {
  readonly setting: Setting;
  readonly contender: Contender;
  readonly outcome: Outcome;
  /** Core seconds per GB over those of the same server with all bits on. */
  readonly factor: number | null;
}

function linesOf(contenders: readonly Contender[], outcomes: ReadonlyMap<string, Outcome>): Line[] {
  return SETTINGS.flatMap((setting) =>
    contenders.map((contender) => {
      const outcome = outcomes.get(cellName(setting, contender.label))!;
      const base = outcomes.get(cellName(ALL_ON, contender.label))!;
      const cost = (measured: Measured): number => measured.coreSecondsPerGigabyte.median;
      const factor = isVoid(outcome) || isVoid(base) ? null : cost(outcome) / cost(base);
      return { setting, contender, outcome, factor };
    }),
  );
}

function figures({ setting, contender, outcome, factor }: Line): string[] {
  if (isVoid(outcome)) return [setting.name, contender.label, outcome.reason, '', '', '', ''];
  return [
    setting.name,
    contender.label,
    withSpread(outcome.cpuSecondsPerGigabyte),
    withSpread(outcome.coreSecondsPerGigabyte),
    withSpread(outcome.interruptSecondsPerGigabyte),
    outcome.gigabitsPerSecond.median.toFixed(1),
    factor === null ? '' : factor.toFixed(2),
  ];
}

const COLUMNS = [
  'sender',
  'server',
  'process CPU s/GB',
  "server's core busy s/GB",
  'of that interrupts s/GB',
  'Gb/s',
  'over all on',
];

function printed(line: Line): string {
  const [setting = '', label = '', ...rest] = figures(line);
  const shown = isVoid(line.outcome) ? rest : rest.map((text, index) => `${COLUMNS[index + 2] ?? ''} ${text}`);
  return `${setting.padEnd(20)}${label.padEnd(29)}${shown.filter((text) => text !== '').join('   ')}`;
}

function sectionOf(facts: readonly string[], lines: readonly Line[], bits: readonly string[], options: Options): Section {
  return {
    id: 'offload',
    title: 'What kernel-offloaded checksums are worth (--offload)',
    facts,
    tables: [{ caption: 'CPU seconds per GB (10^9 bytes) of 1 MiB answers.', columns: COLUMNS, rows: lines.map(figures) }],
    method: `Server and \`wrk -t1 -c64\` in two network namespaces joined by a veth pair, each pinned to a core; bits set on the
sender's device with \`ethtool -K\` and read back (${bits.join('; ')}).
Runs of ${options.seconds} s alternate over all servers and settings, ${options.rounds} rounds after a warm-up round. Process CPU is what the kernel charges to the server process; the core's
busy time comes from \`/proc/stat\` and includes softirqs charged to no process. Each end of the pair receives on its own side's
core (receive packet steering), so that the sender's core does what a sending host does and nothing of the receiver's. "Over all on"
compares core time. With the bits on, a veth takes segments uncut and unsummed, as a NIC would that cuts and sums in hardware.
Without segmentation the pair's backlog overflows now and then; the retransmissions are part of the cost.`,
  };
}

export async function runOffload(scope: Scope, options: Options): Promise<Report> {
  const cores = twoCores();
  const absent = missingLoadTool();
  const obstacle = absent === null ? networkObstacle(['ip', 'ethtool']) : `${absent} is not installed`;
  if (cores === null || obstacle !== null) {
    say(`the offload table cannot be run: ${obstacle ?? 'it needs two cores'}`);
    return { passed: false, section: null };
  }
  const facts = machineFacts(['nginx', 'wrk']);
  pinSelf(cores.load);
  const workDirectory = scope.directory();
  const root = join(workDirectory, 'site');
  mkdirSync(root);
  writeFixtures(root);
  const network = createNetwork(scope, cores);
  const bits = SETTINGS.map((setting) => {
    const { segmentation } = setOffload(network, setting);
    return `${setting.name}: segmentation ${segmentation ? 'on' : 'off'}`;
  });
  const placement = { core: cores.server, namespace: network.serverNamespace };
  const site: Site = { scope, root, workDirectory, host: network.serverAddress, placement };
  const contenders = await startAll(site);
  const outcomes = new Map<string, Outcome>();
  const cells: Cell[] = [];
  for (const contender of contenders) {
    const made = await cellsOf(contender, site, network, cores);
    if ('reason' in made) for (const setting of SETTINGS) outcomes.set(cellName(setting, contender.label), made);
    else cells.push(...made);
  }
  // Settings outside, contenders inside: neighbours in time differ by the server, as in the other tables.
  const ordered = SETTINGS.flatMap((setting) => cells.filter(({ name }) => name.startsWith(`${setting.name} `)));
  const schedule = { label: 'offload', rounds: options.rounds, seconds: options.seconds, cores };
  for (const [name, outcome] of await alternate(ordered, schedule)) outcomes.set(name, outcome);
  for (const { server } of contenders) if (!isMissing(server)) await server.process.stop();

  const lines = linesOf(contenders, outcomes);
  for (const line of lines) say(printed(line));
  const noise = noiseOf(outcomes);
  if (noise.disturbed) say(noise.text);
  const measured = lines.filter(({ outcome }) => !isVoid(outcome)).length;
  const failed = lines.some(({ outcome, contender }) => isVoid(outcome) && contender.required);
  say(`${measured} cells measured, ${lines.length - measured} void`);
  return { passed: measured > 0 && !failed, section: measured === 0 ? null : sectionOf([...facts, noise.text], lines, bits, options) };
}
