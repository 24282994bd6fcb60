// /proc/self/mountinfo (proc_pid_mountinfo(5)):
//
//   36 35 98:0 /mnt1 /mnt2 rw,noatime master:1 - ext3 /dev/root rw,errors=continue
//   id            root mount options  optional - type source   options of the filesystem
import type { MountLine } from '../facts.ts';

/** Space, tab, newline and backslash are written as \040 and the like. */
function unescape(text: string): string {
  return text.replaceAll(/\\([0-7]{3})/g, (_, octal: string) => String.fromCharCode(parseInt(octal, 8)));
}

function parseLine(line: string): MountLine | null {
  const words = line.split(' ');
  const end = words.indexOf('-', 6);
  const [type, source, filesystemOptions] = words.slice(end + 1);
  if (end < 0 || type === undefined || source === undefined) return null;
  const options = `${words[5]!},${filesystemOptions ?? ''}`.split(',').filter((option) => option !== '');
  return { mountPoint: unescape(words[4]!), type, source: unescape(source), options: [...new Set(options)] };
}

/** The mount of this id, or null. */
export function findMount(mountinfo: string, mountId: number): MountLine | null {
  const line = mountinfo.split('\n').find((each) => each.startsWith(`${mountId} `));
  return line === undefined ? null : parseLine(line);
}
