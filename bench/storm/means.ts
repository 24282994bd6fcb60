/** The ways to change a file: the rows of the storm. writer.c does them. */

export interface Means {
  readonly name: string;
  /** The inode that is being sent changes: without protection, answers must be seen to tear. */
  readonly inPlace: boolean;
  /** Nothing and nobody can see these writes: they are reported, not judged. */
  readonly reportedOnly: boolean;
  /** An empty file is a version: it exists while no writer has the file open for writing. */
  readonly emptyIsVersion: boolean;
  /** The program that writes; the delay is then that of the whole command. */
  readonly tool: string | null;
}

const IN_PLACE = { inPlace: true, reportedOnly: false, emptyIsVersion: false, tool: null };

export const MEANS: readonly Means[] = [
  { ...IN_PLACE, name: 'pwrite' },
  { ...IN_PLACE, name: 'truncate' },
  { ...IN_PLACE, name: 'cp', tool: 'cp' },
  { ...IN_PLACE, name: 'shell', tool: 'sh' },
  { ...IN_PLACE, name: 'mmap-after' },
  { ...IN_PLACE, name: 'rdonly-trunc', emptyIsVersion: true },
  { ...IN_PLACE, name: 'rsync', tool: 'rsync' },
  { ...IN_PLACE, name: 'rename', inPlace: false },
  { ...IN_PLACE, name: 'mmap-before', reportedOnly: true },
];
