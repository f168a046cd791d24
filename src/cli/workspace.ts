import type { App } from '../app.ts';
import { StartError } from '../base/errors.ts';
import { canonicalId, isUuid } from '../base/id.ts';

/** What was given on the command line, by the name of the option. */
export type Options = Record<string, string | undefined>;

/** The workspace that is meant: the one given, else the default one. Throws `StartError` where there is none. */
export async function workspaceId(app: App, given: string | undefined): Promise<string> {
  const workspace =
    given === undefined
      ? await app.workspaces.getDefault()
      : isUuid(canonicalId(given))
        ? await app.workspaces.get(canonicalId(given))
        : undefined;
  if (workspace) return workspace.id;
  throw new StartError(
    given === undefined
      ? 'There is no default workspace yet: start the server once, or name one with --workspace.'
      : `There is no workspace ${given}; see fairlead workspace list.`,
  );
}
