// Whether arguments and variables of a deployment are such that the command line knows.
import { flags, parseArguments, UsageError, variableOf } from '../../server/cli/flags.ts';

const variables = new Set<string>(flags.flatMap((flag) => [variableOf(flag), ...('env' in flag ? flag.env : [])]));

/** What is wrong with them. */
export function flagFault(words: readonly string[], environment: Readonly<Record<string, string>>): string[] {
  const unknown = Object.keys(environment).filter((name) => name.startsWith('PAGECAST_') && !variables.has(name)).map((name) => `${name} is no variable of ours`);
  try {
    parseArguments(words, environment);
    return unknown;
  } catch (error) {
    if (!(error instanceof UsageError)) throw error;
    return [...unknown, error.message];
  }
}
