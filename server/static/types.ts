// Content-Type by file name: the `mime` database, and UTF-8 for text.
import mime from 'mime';

const UNKNOWN = 'application/octet-stream';

/** @param path bytes as latin1; extensions are ASCII. */
export function contentType(path: string): string {
  // With a slash, or a file whose whole name is "html" would pass for an extension.
  const type = mime.getType(`/${path}`) ?? UNKNOWN;
  return type.startsWith('text/') ? `${type}; charset=utf-8` : type;
}
