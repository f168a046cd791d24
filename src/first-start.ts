import { mkdir, open } from 'node:fs/promises';
import path from 'node:path';
import type { Workspace } from './account/workspace.ts';
import type { App } from './app.ts';
import { isUniqueViolation } from './db/failure.ts';

/** What the first start has to show: the way in, a key, and a call that uses it. */
export interface FirstStart {
  workspaceId: string;
  text: string;
}

/**
 * On a store that no server has run on yet, makes the workspace `default` and an API key that may do
 * everything. Workspaces made on the command line before that don't count: commands and the inbound webhook
 * rely on a default one.
 * @returns null where there is a default workspace already
 */
export async function firstStart(app: App): Promise<FirstStart | null> {
  if (await app.workspaces.getDefault()) return null;
  const workspace = await makeDefault(app);
  if (workspace === null) return null;
  const key = await app.keys.create({
    workspaceId: workspace.id,
    name: 'first key',
    style: 'fairlead',
    createdBy: 'system',
  });
  const link = await app.people.db.transaction((trx) => app.signIn.setUpLink(trx, workspace.id));
  return { workspaceId: workspace.id, text: welcome(app.baseUrl(), link, key.raw) };
}

/** Null where another process, started at the same time on the same database, was first. */
async function makeDefault(app: App): Promise<Workspace | null> {
  try {
    return await app.workspaces.create({ name: 'default', isDefault: true });
  } catch (error) {
    if (isUniqueViolation(error)) return null;
    throw error;
  }
}

function welcome(url: string, link: string, key: string): string {
  return `This is a new installation. Make the owner's account here; the link works once, for seven days:

  ${link}

Your API key, shown this once:

  ${key}

Make a first contact:

  curl -X POST ${url}/api/v1/contacts \\
    -H "Authorization: Bearer ${key}" \\
    -H "Content-Type: application/json" \\
    -d '{"first_name":"Jane","last_name":"Doe","email":"jane@example.com"}'
`;
}

/**
 * Shows it once: on a terminal, or, where there is none, in a file that only its owner can read, so that
 * no key ends up in a log.
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
  return `The link to set it up with, the first API key, and a curl that uses it are in ${file}`;
}
