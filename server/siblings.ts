// All processes that serve the same as this one. They stand in a row, each knows its neighbours, and what comes from one goes on to the
// others: so nobody ends before the ones that came before (Server.close()).
import type { Confirmation, Sibling, Told } from './sibling.ts';

export class Siblings {
  readonly #all = new Set<Sibling>();
  #carryOut: ((told: Told, from: Sibling) => Promise<Confirmation>) | undefined;

  /** There is none. */
  get isEmpty(): boolean {
    return this.#all.size === 0;
  }

  /** From now on it hears of all that is purged here, until it is gone. */
  join(sibling: Sibling): void {
    this.#all.add(sibling);
    // Where nothing is stored there is nothing to be carried out.
    sibling.onTold = async (told) => this.#carryOut?.(told, sibling) ?? this.tell(told, sibling);
    void sibling.gone.then(() => this.#all.delete(sibling));
  }

  /** What they tell is carried out so, and told to the others. */
  set carryOut(carryOut: (told: Told, from: Sibling) => Promise<Confirmation>) {
    this.#carryOut = carryOut;
  }

  /** @param from who has told it. */
  async tell(told: Told, from?: Sibling): Promise<Confirmation> {
    const others = [...this.#all].filter((one) => one !== from);
    const confirmations = await Promise.all(others.map((one) => one.tell(told)));
    return { objects: Math.max(0, ...confirmations.map(({ objects }) => objects)), confirmed: confirmations.every(({ confirmed }) => confirmed) };
  }
}
