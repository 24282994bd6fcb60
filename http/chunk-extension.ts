/**
 * The extensions of one chunk, byte by byte, RFC 9112 §7.1.1. None has a meaning for us ("MUST ignore unrecognized"), but where they end is
 * framing: a reader who looks for the end of a quoted string finds it elsewhere than one who looks for a line end.
 *
 *   chunk-ext     = *( BWS ";" BWS chunk-ext-name [ BWS "=" BWS chunk-ext-val ] )
 *   chunk-ext-val = token / quoted-string
 */
import { BACKSLASH, DQUOTE, EQUALS, fieldValueCharacters, HTAB, SEMICOLON, SP, tokenCharacters } from './characters.ts';

const BEFORE_NAME = 0;
const NAME = 1;
const BEHIND_NAME = 2;
const BEFORE_VALUE = 3;
const TOKEN = 4;
const QUOTED = 5;
const QUOTED_PAIR = 6;
const END_OF_QUOTED = 7;
const BEHIND_VALUE = 8;

export class ChunkExtension {
  private state = BEFORE_NAME;

  /** Behind the first semicolon. */
  begin(): void {
    this.state = BEFORE_NAME;
  }

  /** Whether the line may end here. */
  get isWhole(): boolean {
    return this.state === NAME || this.state === TOKEN || this.state === END_OF_QUOTED;
  }

  /** false: no extension is like this. A line end is not for here. */
  take(byte: number): boolean {
    switch (this.state) {
      case QUOTED:
        if (byte === DQUOTE) this.state = END_OF_QUOTED;
        else if (byte === BACKSLASH) this.state = QUOTED_PAIR;
        return fieldValueCharacters[byte] === 1;
      case QUOTED_PAIR:
        this.state = QUOTED;
        return fieldValueCharacters[byte] === 1;
      case BEFORE_NAME:
        return isSpace(byte) || this.begins(NAME, byte);
      case BEFORE_VALUE:
        if (byte === DQUOTE) this.state = QUOTED;
        return byte === DQUOTE || isSpace(byte) || this.begins(TOKEN, byte);
      default:
        return this.takeWord(byte);
    }
  }

  /** In a token, or behind one or a quoted string. */
  private takeWord(byte: number): boolean {
    const isOfName = this.state === NAME || this.state === BEHIND_NAME;
    if (byte === SEMICOLON) this.state = BEFORE_NAME;
    else if (byte === EQUALS && isOfName) this.state = BEFORE_VALUE;
    else if (isSpace(byte)) this.state = isOfName ? BEHIND_NAME : BEHIND_VALUE;
    else return tokenCharacters[byte] === 1 && (this.state === NAME || this.state === TOKEN);
    return true;
  }

  private begins(state: number, byte: number): boolean {
    this.state = state;
    return tokenCharacters[byte] === 1;
  }
}

function isSpace(byte: number): boolean {
  return byte === SP || byte === HTAB;
}
