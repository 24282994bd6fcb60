// The content of a 206 into a record. Its Content-Range has said how long it is; a framing that does not tell the same
// (chunked, to the end of the connection) shows only at the end whether that was so.
import type { ArrivingBody, Bodies } from './bodies.ts';
import type { OriginAnswer } from './origin-answer.ts';

/** Where all of a part is. */
export interface ReceivedPart {
  readonly record: string;
  /** Whoever made a plan of it has done so. */
  letGo(): void;
}

/**
 * 'mismatched': all of it came, and it is another length; the record is there until the end of the turn. 'broken': it ended before its end, or is
 * longer than it may be; whoever follows the record is reset.
 */
export type PartOutcome = ReceivedPart | 'mismatched' | 'broken';

/** @param bytes it is to have. @param bytesMax it may have, where it is longer. */
export function receivePart(bodies: Bodies, body: ArrivingBody, answer: OriginAnswer, bytes: number, bytesMax: number): Promise<PartOutcome> {
  let received = 0;
  return new Promise((resolve) => {
    const fail = (): void => {
      bodies.breakOff(body);
      resolve('broken');
    };
    const refuse = (why: string): void => {
      answer.cancel(why);
      fail();
    };
    answer.take({
      data: (chunk) => {
        received += chunk.length;
        if (received > bytesMax) refuse('the part is too large to be stored');
        else if (!bodies.append(body, chunk)) refuse('there is no memory for the part');
      },
      end: () => {
        if (received === bytes) return void bodies.finish(body, bytes).then(resolve);
        bodies.finishEmpty(body);
        resolve('mismatched');
      },
      failed: fail,
    });
  });
}
