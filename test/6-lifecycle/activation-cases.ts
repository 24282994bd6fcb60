// What a service manager's variables say, sd_listen_fds(3). PID stands for the process's own number.

export interface ActivationCase {
  readonly name: string;
  readonly environment: Readonly<Record<string, string>>;
  readonly sockets: readonly (readonly [number, string])[];
}

export const activationCases: readonly ActivationCase[] = [
  { name: 'none', environment: {}, sockets: [] },
  { name: 'one', environment: { LISTEN_PID: 'PID', LISTEN_FDS: '1' }, sockets: [[3, 'unknown']] },
  { name: 'named', environment: { LISTEN_PID: 'PID', LISTEN_FDS: '2', LISTEN_FDNAMES: 'web:admin' }, sockets: [[3, 'web'], [4, 'admin']] },
  { name: 'one name for two', environment: { LISTEN_PID: 'PID', LISTEN_FDS: '2', LISTEN_FDNAMES: 'web:web' }, sockets: [[3, 'web'], [4, 'web']] },
  { name: 'an empty name', environment: { LISTEN_PID: 'PID', LISTEN_FDS: '2', LISTEN_FDNAMES: ':b' }, sockets: [[3, 'unknown'], [4, 'b']] },
  { name: 'fewer names than sockets', environment: { LISTEN_PID: 'PID', LISTEN_FDS: '2', LISTEN_FDNAMES: 'web' }, sockets: [[3, 'unknown'], [4, 'unknown']] },
  { name: 'more names than sockets', environment: { LISTEN_PID: 'PID', LISTEN_FDS: '1', LISTEN_FDNAMES: 'a:b' }, sockets: [[3, 'unknown']] },
  { name: 'for another process', environment: { LISTEN_PID: '1', LISTEN_FDS: '1' }, sockets: [] },
  { name: 'for nobody', environment: { LISTEN_FDS: '1' }, sockets: [] },
  { name: 'no sockets', environment: { LISTEN_PID: 'PID', LISTEN_FDS: '0' }, sockets: [] },
  ...['', '-1', '1x', ' 1', '0x1', '1e3', '99999999'].map((many): ActivationCase => ({ name: `LISTEN_FDS=${many}`, environment: { LISTEN_PID: 'PID', LISTEN_FDS: many }, sockets: [] })),
  ...['', ' PID', 'PIDx', '+PID'].map((pid): ActivationCase => ({ name: `LISTEN_PID=${pid}`, environment: { LISTEN_PID: pid, LISTEN_FDS: '1' }, sockets: [] })),
];
