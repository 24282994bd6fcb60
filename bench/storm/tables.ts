/** The rows as tables: on the terminal while they come, and in the document. */
import type { Section, Table } from '../document.ts';
import { figure } from '../statistics.ts';
import { CLASSES } from './content.ts';
import type { Options, Place } from './options.ts';
import type { Delays, Outcome } from './row.ts';
import { exposedOf, type Verdict } from './verdict.ts';
import { tornOf } from './witness.ts';

const COUNTERS = /^(guard|lease|snapshot|loaded|private|torn|writer|answersParked|bytes)/i;
const NONE = '–';

export interface Row {
  readonly filesystem: string;
  readonly means: string;
  readonly place: Place;
  /** Null: the row was not run, or not to its end. */
  readonly outcome: Outcome | null;
  readonly control: Outcome | null;
  readonly verdict: Verdict;
}

function delayCells(delays: Delays | null): string[] {
  return delays === null ? [NONE, NONE, NONE] : [delays.p50Ms, delays.p99Ms, delays.maxMs].map(figure);
}

function ofAnswers({ tally }: Outcome): string {
  return `${tornOf(tally)} of ${tally.completed}`;
}

const COLUMNS = [
  'filesystem, means, from', 'answers', 'torn', 'wrong length', 'wrong validator', 'reset', 'stale', 'exposed',
  'writer p50 ms', 'p99 ms', 'max ms', 'torn unprotected', 'verdict',
];

export function rowCells({ filesystem, means, place, outcome, control, verdict }: Row): string[] {
  const name = `${filesystem} ${means} ${place}`;
  const said = verdict.reason === '' ? verdict.name : `${verdict.name}: ${verdict.reason}`;
  const controlled = control === null ? NONE : ofAnswers(control);
  if (outcome === null) return [name, ...Array<string>(COLUMNS.length - 3).fill(NONE), controlled, said];
  const { tally, stale, delays } = outcome;
  const counts = [tally.completed, tornOf(tally), tally.wrongLength, tally.wrongValidator, tally.reset, stale].map(String);
  return [name, ...counts, String(exposedOf(outcome) ?? NONE), ...delayCells(delays), controlled, said];
}

const SPLIT_COLUMNS = [
  'filesystem, means, from', 'seconds', 'rewrites', ...CLASSES.map(({ name }) => `torn ${name}`),
  'torn fast', 'slow', 'stalled', 'mixed', 'half written', 'empty', 'foreign', 'ranges', 'refused', 'hung',
  'writer, stalled readers: p50 ms', 'p99 ms', 'max ms', 'others: p50 ms', 'p99 ms', 'max ms',
];

function splitCells({ filesystem, means, place, outcome }: Row): string[] {
  const { tally, seconds, rewrites, delaysStalled, delaysOther } = outcome!;
  const { torn, tornBySize, completedBySize, tornByPace, completedByPace } = tally;
  const paces = (['fast', 'slow', 'stalled'] as const).map((pace) => `${tornByPace[pace]} of ${completedByPace[pace]}`);
  const sizes = tornBySize.map((count, size) => `${count} of ${completedBySize[size]!}`);
  const figures = [torn.mixed, torn.half, torn.empty, torn.foreign, tally.partial, tally.refused, tally.hung].map(String);
  const ends = [...delayCells(delaysStalled), ...delayCells(delaysOther)];
  return [`${filesystem} ${means} ${place}`, figure(seconds), String(rewrites), ...sizes, ...paces, ...figures, ...ends];
}

/** How answers were protected and sent, by the server's own account; null when it has no such counters. */
function counterTable(rows: readonly Row[]): Table | null {
  const names = [...new Set(rows.flatMap(({ outcome }) => Object.keys(outcome?.counters ?? {})))].filter((name) => COUNTERS.test(name)).sort();
  if (names.length === 0) return null;
  const cells = ({ filesystem, means, place, outcome }: Row): string[] => [
    `${filesystem} ${means} ${place}`,
    ...names.map((name) => String(outcome!.counters[name] ?? NONE)),
  ];
  return { caption: "The server's counters.", columns: ['filesystem, means, from', ...names], rows: rows.map(cells) };
}

export function tablesOf(rows: readonly Row[], contender: readonly Row[]): Table[] {
  const run = rows.filter(({ outcome }) => outcome !== null);
  const counters = counterTable(run);
  const tables: Table[] = [
    { caption: 'Completed answers, and what was wrong with them.', columns: COLUMNS, rows: rows.map(rowCells) },
    { caption: 'The same rows, split.', columns: SPLIT_COLUMNS, rows: run.map(splitCells) },
  ];
  if (counters !== null) tables.push(counters);
  if (contender.length > 0) tables.push({ caption: 'nginx (sendfile, tcp_nopush, no open_file_cache) in the same storm.', columns: COLUMNS, rows: contender.map(rowCells) });
  return tables;
}

/** A table in columns, for a terminal. */
export function printable({ caption, columns, rows }: Table): string {
  const all = [columns, ...rows];
  const widths = columns.map((_, index) => Math.max(...all.map((cells) => cells[index]!.length)));
  const last = columns.length - 1;
  const line = (cells: readonly string[]): string => cells.map((cell, index) => pad(cell, widths[index]!, index, last)).join('  ');
  return [caption, ...all.map(line)].join('\n');
}

function pad(cell: string, width: number, index: number, last: number): string {
  if (index === 0) return cell.padEnd(width);
  return index === last ? cell : cell.padStart(width);
}

const METHOD = `Files of 64 KiB (4), 1 MiB (4) and 16 MiB (2) are rewritten all the time by one means, the first of each size about four times
as often as the next; each version is one 8-byte word repeated, of a length of its own. 34 keep-alive connections read them (6 fast, 4 slow,
24 that leave their receive queue full for seconds), 70 % 64 KiB, 28 % 1 MiB, 2 % 16 MiB, a quarter of them single ranges. An answer counts once it is
complete by its Content-Length; *torn* is one with two words, with a word that no writer wrote for that file, or of a version that its writer had
only half written; *wrong validator* is one ETag over two versions, or a version under another's length; *stale* an older version
asked for more than a second after a newer one was closed that the same reader had seen. Resets are allowed. Writer delay is the time of
open() for writing (of rename(), for rename; of the whole command, for cp, shell and rsync). *Torn unprotected* is the control: the same
writers against the server with \`protect: off\`, stopped at the third torn answer; a row that writes in place and whose control shows none is void. *mmap-before*
writes through a mapping older than the server, which nobody can see: it is reported only. *Exposed* are the answers that the server itself counts
as finished but perhaps unread when it let a writer in.`;

export function sectionOf(facts: readonly string[], tables: readonly Table[]): Section {
  return { id: 'storm', title: 'The storm: bodies while files change (npm run storm)', facts, tables, method: METHOD };
}

export function settingsOf({ answers, protect, unknownPeer, from }: Options): string {
  const server = `protect ${protect ?? 'by default'}, unknown peer ${unknownPeer ?? 'by default'}`;
  return `settings: ${answers} answers per filesystem and means${from.length > 1 ? `, shared by ${from.join(' and ')}` : ''}; ${server}`;
}
