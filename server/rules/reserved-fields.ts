/**
 * Fields that a file of a site cannot set: the server makes them for each answer, and any other value would be a lie about its bytes,
 * its connection or its age. Netlify keeps the same ones to itself, but for validators, and for Server, Alt-Svc and Set-Cookie, which
 * change nothing here.
 */

interface Reserved {
  readonly reason: string;
  /** To leave it out says nothing false. */
  readonly mayDetach: boolean;
}

function rows(names: string, reason: string, mayDetach = false): [string, Reserved][] {
  return names.split(' ').map((name) => [name, { reason, mayDetach }]);
}

const reserved: ReadonlyMap<string, Reserved> = new Map([
  ...rows('content-length transfer-encoding trailer te', 'it says where the answer ends'),
  ...rows('connection keep-alive proxy-connection upgrade', 'it is about the connection, not about the file'),
  ...rows('content-range content-encoding', 'it says what the bytes of the answer are'),
  ...rows('date age', 'it says how old the answer is'),
  ...rows('allow', 'it says which methods the server knows'),
  ...rows('location', 'redirects are written in _redirects'),
  ...rows('accept-ranges', 'it says what the server can do', true),
  ...rows('repr-digest content-digest', 'it is made from the bytes of the answer', true),
  ...rows('etag last-modified', 'it is made from the file, and compared with what clients send', true),
  ...rows('basic-auth', 'passwords are not supported, and it would be sent to everybody'),
]);

/** Why the field cannot be set, or taken away; undefined where it can. */
export function reservedReason(name: string, isDetached: boolean): string | undefined {
  const row = reserved.get(name.toLowerCase());
  return row === undefined || (isDetached && row.mayDetach) ? undefined : row.reason;
}
