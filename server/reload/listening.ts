// Listeners of a reload: those that are asked for again stay as they are, with their queues; new ones are opened before anything changes.
import type { ListenSpec } from '../listen-spec.ts';
import type { Service } from '../services.ts';
import { askedBy, closeListeners, leftOf, openListeners, type ListenSettings, type OpenListener } from '../listeners.ts';

export interface Listening {
  readonly all: readonly OpenListener[];
  readonly opened: readonly OpenListener[];
  /** Nobody asks for them any more. */
  readonly gone: readonly OpenListener[];
}

/** What is spoken on each, too. */
export interface Serving extends Listening {
  readonly services: (listener: OpenListener) => Service;
}

/** @throws ListenError; what was opened until then is closed again. */
export async function listeningOn(specs: readonly ListenSpec[], settings: ListenSettings, current: readonly OpenListener[]): Promise<Listening> {
  const wanted = askedBy(specs);
  const opened: OpenListener[] = [];
  try {
    for (const { spec, asked } of wanted) {
      if (current.some((one) => one.asked === asked)) continue;
      opened.push(...(await openListeners([spec], settings)).map((one) => ({ ...one, asked })));
    }
  } catch (error) {
    closeListeners(opened);
    throw error;
  }
  const all = wanted.flatMap(({ asked }) => [...current, ...opened].filter((one) => one.asked === asked));
  return { all, opened, gone: leftOf(current, all) };
}
