// The report as a terminal shows it: at most 96 columns, a symbol and a word for each state, colour only on top.
import type { State } from './check.ts';
import { countStates, type Row } from './judge.ts';

const COLUMNS = 96;

interface StateRow {
  readonly symbol: string;
  /** SGR parameters (ECMA-48). */
  readonly colour: string;
}

const states: Readonly<Record<State, StateRow>> = {
  ok: { symbol: '✓', colour: '32' },
  limited: { symbol: '!', colour: '33' },
  missing: { symbol: '✗', colour: '31' },
  unknown: { symbol: '?', colour: '36' },
};

const STATE_COLUMNS = '✗ missing'.length;

/** Names of files and mounts may hold anything: escape sequences must not reach the terminal. */
function printable(text: string): string {
  return text.replaceAll(/\p{C}/gu, '?');
}

/** Lines of at most `width` columns, broken at spaces; a longer word has a line of its own. */
export function wrap(text: string, width: number): string[] {
  const lines: string[] = [];
  let line = '';
  for (const word of text.split(' ')) {
    if (line !== '' && line.length + 1 + word.length > width) {
      lines.push(line);
      line = word;
    } else {
      line = line === '' ? word : `${line} ${word}`;
    }
  }
  return [...lines, line];
}

export function layOut(directory: string, rows: readonly Row[], colour: boolean): string {
  const paint = (sgr: string, text: string): string => (colour ? `\x1b[${sgr}m${text}\x1b[0m` : text);
  const nameColumns = Math.max(...rows.map(({ name }) => name.length));
  const indent = 2 + STATE_COLUMNS + 2 + nameColumns + 2;

  const told = (text: string, sgr = ''): string[] => {
    const lines = wrap(printable(text), COLUMNS - indent);
    return sgr === '' ? lines : lines.map((line) => paint(sgr, line));
  };
  const rowText = ({ state, name, found, cost, cure }: Row): string => {
    const { symbol, colour: sgr } = states[state];
    const head = `  ${paint(sgr, `${symbol} ${state}`.padEnd(STATE_COLUMNS))}  ${printable(name).padEnd(nameColumns)}  `;
    const lines = told(found);
    if (state !== 'ok') lines.push(...told(`${state === 'unknown' ? 'costs, if missing' : 'costs'}: ${cost}`, '2'));
    if (cure !== '') lines.push(...told(`cure: ${cure}`, '2'));
    return head + lines.join(`\n${' '.repeat(indent)}`);
  };

  const groups = new Map<string, Row[]>();
  for (const row of rows) groups.set(row.group, [...(groups.get(row.group) ?? []), row]);
  const blocks = [...groups].map(([group, members]) => [paint('1', group), ...members.map(rowText)].join('\n'));
  const counts = Object.entries(countStates(rows)).filter(([, count]) => count > 0).map(([state, count]) => `${count} ${state}`);
  return `${paint('1', `pagecast doctor: ${printable(directory)}`)}\n\n${blocks.join('\n\n')}\n\n${counts.join(', ')}\n`;
}
