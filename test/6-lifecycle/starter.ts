// A service manager for tests: it opens sockets and starts a command with them as systemd does, LISTEN_PID being the command's own number,
// and hears what the command notifies.
import { spawn, spawnSync, type ChildProcessWithoutNullStreams } from 'node:child_process';
import type { Test } from 'tap';
import { until } from '../serving.ts';

/** exec(2) keeps the number of the process. */
export const AS_SYSTEMD: readonly string[] = ['sh', '-c', 'LISTEN_PID=$$ exec "$@"', 'sh'];

const HEARING = `
import os, socket, sys
heard = socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM)
heard.setsockopt(socket.SOL_SOCKET, socket.SO_PASSCRED, 1)
name = sys.argv[1]
heard.bind('\\0' + name[1:] if name.startswith('@') else name)
print('ready', flush=True)
while True:
    data, ancillary, _, _ = heard.recvmsg(4096, socket.CMSG_SPACE(12))
    pid = int.from_bytes(ancillary[0][2][:4], sys.byteorder)
    print(pid, ' '.join(data.decode().split('\\n')), flush=True)
`;

/** Node has no datagrams over unix sockets. */
export const hasPython = spawnSync('python3', ['--version']).status === 0;

export interface Heard {
  readonly pid: number;
  readonly text: string;
}

/** Everything that comes to a notification socket, with whose it is. @param name a path, or `@name`. */
export async function notifications(t: Test, name: string): Promise<() => readonly Heard[]> {
  const hearing: ChildProcessWithoutNullStreams = spawn('python3', ['-c', HEARING, name]);
  t.teardown(() => hearing.kill('SIGKILL'));
  let text = '';
  hearing.stdout.setEncoding('utf8').on('data', (some: string) => (text += some));
  await until(() => text.startsWith('ready\n'), 'the notification socket');
  return () => [...text.matchAll(/^(\d+) (.*)$/gm)].map(([, pid, told]) => ({ pid: Number(pid), text: told!.trim() }));
}
