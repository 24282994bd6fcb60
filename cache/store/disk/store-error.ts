/** A folder that cannot be opened as a store: a line for the user. */
export class StoreError extends Error {
  override readonly name = 'StoreError';
}
