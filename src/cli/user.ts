import type { App } from '../app.ts';
import { ROLES, type Role } from '../account/role.ts';
import { StartError } from '../base/errors.ts';
import { workspaceId, type Options } from './workspace.ts';

/** `fairlead user create`: an account, or a further workspace for one there is; prints a link where it has no password. */
export async function createUser(app: App, options: Options): Promise<number> {
  const { email, name, role = 'owner' } = options;
  if (email === undefined || !/^[^\s@]+@[^\s@]+$/.test(email)) throw new StartError('--email is required.');
  if (name === undefined || name.trim() === '') throw new StartError('--name is required.');
  if (!(ROLES as readonly string[]).includes(role))
    throw new StartError(`--role must be one of ${ROLES.join(', ')}.`);
  const { db, users, members, audit } = app.people;
  const workspace = await workspaceId(app, options['workspace']);
  const known = await users.byEmail(email);
  const link = await db.transaction(async (trx) => {
    const user = known ?? (await users.create(trx, { email, name: name.trim(), password: null }));
    await members.add(trx, workspace, user.id, role as Role);
    const deed = { action: 'member.joined', objectType: 'user', objectId: user.id, details: { role } };
    await audit.note(trx, { workspaceId: workspace, actor: 'cli' }, deed);
    return known?.password ? null : app.admission.resetLink(trx, user.id, 'cli');
  });
  console.log(link ?? `${email} has an account and belongs to the workspace now.`);
  return 0;
}

/** `fairlead user reset`: prints a link to choose a new password with. */
export async function resetUser(app: App, { email }: Options): Promise<number> {
  if (email === undefined) throw new StartError('--email is required.');
  const user = await app.people.users.byEmail(email);
  if (!user) throw new StartError(`There is no account for ${email}.`);
  console.log(await app.people.db.transaction((trx) => app.admission.resetLink(trx, user.id, 'cli')));
  return 0;
}
