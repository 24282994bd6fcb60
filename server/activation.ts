// Sockets that were opened for us by whoever started us: sd_listen_fds(3), systemd.socket(5).

export interface PassedSocket {
  readonly fd: number;
  /** FileDescriptorName= of the socket unit, which is the unit's own where it says nothing. */
  readonly name: string;
}

/** SD_LISTEN_FDS_START. */
const FIRST = 3;
/** Of a socket that nobody named, as sd_listen_fds_with_names() has it. */
const UNNAMED = 'unknown';

/** None where there are none, or where they are meant for another process: the variables go on to children. */
export function passedSockets(environment: Readonly<NodeJS.ProcessEnv>, pid: number): readonly PassedSocket[] {
  const { LISTEN_PID: meant, LISTEN_FDS: many = '', LISTEN_FDNAMES: text } = environment;
  if (meant !== String(pid) || !/^\d{1,4}$/.test(many)) return [];
  const names = text?.split(':') ?? [];
  // Other names than sockets name none of them.
  const named = names.length === Number(many);
  return Array.from({ length: Number(many) }, (_, index) => ({ fd: FIRST + index, name: (named && names[index]) || UNNAMED }));
}

/** Those of one name, or all of them. */
export function socketsNamed(sockets: readonly PassedSocket[], name: string | undefined): readonly PassedSocket[] {
  return name === undefined ? sockets : sockets.filter((socket) => socket.name === name);
}
