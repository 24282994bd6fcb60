// What `explain` has found out: sections of facts, which are printed, or given as JSON.

export type Facts = Readonly<Record<string, string | number | boolean | null | readonly string[]>>;
export type Explained = Readonly<Record<string, Facts>>;
