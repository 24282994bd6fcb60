// Which words of the command line are for a server that runs already (control.ts); loaded with every command, and so without what they need.
import type { ExplainOutput } from './explain.ts';

export const CONTROL_VERBS: ReadonlySet<string> = new Set(['status', 'top', 'purge', 'drain', 'reload', 'upgrade']);

export interface ControlCommandOptions extends ExplainOutput {
  readonly environment: NodeJS.ProcessEnv;
  readonly writeError: (text: string) => void;
}
