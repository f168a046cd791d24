import { mkdir, open } from 'node:fs/promises';
import path from 'node:path';
import { FAIRLEAD_KEY } from './account/key-style.ts';
import type { Workspace } from './account/workspace.ts';
import type { App } from './app.ts';
import { isUniqueViolation } from './db/failure.ts';

/** The output of the first start: the setup link, an API key, and an example call. */
export interface FirstStart {
  workspaceId: string;
  text: string;
}

/**
 * Creates the workspace `default` and an API key with all scopes, on a store that no server has run on yet.
 * Workspaces that the command line created before do not count: commands and the inbound webhook need a default
 * one.
 * @returns null if there is a default workspace already
 */
export async function firstStart(app: App): Promise<FirstStart | null> {
  if (await app.workspaces.getDefault()) return null;
  const workspace = await makeDefault(app);
  if (workspace === null) return null;
  const key = await app.keys.create({
    workspaceId: workspace.id,
    name: 'first key',
    style: FAIRLEAD_KEY.name,
    createdBy: 'system',
  });
  const link = await app.people.db.transaction((trx) => app.signIn.setUpLink(trx, workspace.id));
  return { workspaceId: workspace.id, text: welcome(app.baseUrl(), link, key.raw) };
}

/** Null if another process, started at the same time on the same database, was first. */
async function makeDefault(app: App): Promise<Workspace | null> {
  try {
    return await app.workspaces.create({ name: 'default', isDefault: true });
  } catch (error) {
    if (isUniqueViolation(error)) return null;
    throw error;
  }
}

function welcome(url: string, link: string, key: string): string {
  return `This is a new installation. Create the owner's account here; the link works once, within seven days:

  ${link}

Your API key, shown only once:

  ${key}

Create a first contact:

  curl -X POST ${url}/api/v1/contacts \\
    -H "Authorization: Bearer ${key}" \\
    -H "Content-Type: application/json" \\
    -d '{"first_name":"Jane","last_name":"Doe","email":"jane@example.com"}'
`;
}

/**
 * Shows it once: on a terminal or, without one, in a file that only its owner can read, so that no key gets into a
 * log.
 * @returns the line to print
 */
export async function show(first: FirstStart, dataDir: string, isTerminal: boolean): Promise<string> {
  if (isTerminal) return `\n${first.text}`;
  const file = path.resolve(dataDir, 'first-start.txt');
  // With DATABASE_URL nothing else needs the directory.
  await mkdir(path.dirname(file), { recursive: true, mode: 0o700 });
  const handle = await open(file, 'w', 0o600);
  try {
    await handle.chmod(0o600);
    await handle.writeFile(first.text);
  } finally {
    await handle.close();
  }
  return `The setup link, the first API key, and an example with curl are in ${file}`;
}
