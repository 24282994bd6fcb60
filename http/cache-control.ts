/**
 * Cache-Control of requests and responses, RFC 9111 §5.2.
 *
 *   Cache-Control   = #cache-directive
 *   cache-directive = token [ "=" ( token / quoted-string ) ]      names in any case; either form of argument for any directive
 *
 * What a directive means, doubled or malformed ones too, is in cache-directives.ts. A member that is not exactly this, such as
 * "max-age=60; private", "max-age= 60" or "no-store x", permits nothing and restricts by every directive that it names: somebody who
 * forgot a comma did not mean to publish. Behind a quote that begins or ends no argument nobody knows which commas separate members,
 * so it does the same to all that follows.
 */
import { type CacheDirectives, type DirectiveArgument, DirectiveCollector, NO_DIRECTIVES } from './cache-directives.ts';
import { quotedStringEnd, tokenEnd, unquoted, UNTERMINATED, whitespaceEnd } from './list-members.ts';

export { type CacheDirectives, NO_DIRECTIVES };

/** Never throws. @param value its lines joined by commas; undefined where it is absent. */
export function parseCacheControl(value: string | undefined): CacheDirectives {
  return value === undefined || value === '' ? NO_DIRECTIVES : new DirectiveReader(value).read();
}

/** Reads forward only, each character once; but for one quoted string that does not end, whose characters are read again as they are. */
class DirectiveReader {
  private readonly text: string;
  private readonly collector = new DirectiveCollector();
  private at = 0;
  /** The member that is being read is malformed. */
  private damaged = false;
  /** A quote was met that begins or ends no argument. */
  private astray = false;

  constructor(text: string) {
    this.text = text;
  }

  read(): CacheDirectives {
    while (this.at < this.text.length) {
      const end = tokenEnd(this.text, this.at);
      if (end > this.at) this.readDirective(end);
      else this.readSeparator();
    }
    return this.collector.finish();
  }

  private readDirective(nameEnd: number): void {
    const name = this.text.slice(this.at, nameEnd).toLowerCase();
    this.at = nameEnd;
    const argument = this.readArgument();
    this.at = whitespaceEnd(this.text, this.at);
    if (this.at < this.text.length && this.text.charAt(this.at) !== ',') this.damaged = true;
    this.collector.take(name, this.damaged ? null : argument);
  }

  private readArgument(): DirectiveArgument {
    if (this.text.charAt(this.at) !== '=') return undefined;
    const start = ++this.at;
    const quoted = this.text.charAt(start) === '"' && !this.astray;
    const end = quoted ? quotedStringEnd(this.text, start) : tokenEnd(this.text, start);
    if (end === start || end === UNTERMINATED) {
      this.damaged = true;
      return null;
    }
    this.at = end;
    const argument = this.text.slice(start, end);
    return quoted ? unquoted(argument) : argument;
  }

  /** Commas, whitespace, and characters that have no place here. */
  private readSeparator(): void {
    const character = this.text.charAt(this.at++);
    if (character === '"') this.astray = true;
    if (character === ',') this.damaged = this.astray;
    else if (character !== ' ' && character !== '\t') this.damaged = true;
  }
}
