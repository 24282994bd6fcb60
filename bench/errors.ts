/** The words of whatever was thrown, for a row that says why it is void. */
export function reasonOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}
