// Content-Disposition: attachment, with the name of the file: RFC 6266 §4, and RFC 8187 for what is not ASCII.

/** What may stand in a quoted string as it is, less what some recipients take for an escape. */
const PLAIN = /^[\x20-\x7e]*$/;

/** @param name of a file; what comes before its last slash is left out. */
export function attachment(name: string): string {
  const file = Buffer.from(name.slice(name.lastIndexOf('/') + 1), 'utf8').toString('utf8'); // no half of a surrogate pair
  const plain = file.replaceAll(/[^\x20-\x7e]/g, '?');
  const quoted = `attachment; filename="${plain.replaceAll(/["\\]/g, '\\$&')}"`;
  // Some decode percent signs where they must not.
  if (PLAIN.test(file) && !/%[0-9a-f]{2}/i.test(file)) return quoted;
  return `${quoted}; filename*=UTF-8''${encodeURIComponent(file).replaceAll(/['()*]/g, (character) => `%${character.charCodeAt(0).toString(16).toUpperCase()}`)}`;
}
