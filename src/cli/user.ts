import { z } from 'zod';
import { ROLES } from '../account/role.ts';
import type { App } from '../app.ts';
import { accountEmail } from '../api/account/person-schema.ts';
import { choiceOption, nameOption, notFound, usage, type Arguments, type Options } from './arguments.ts';
import { findWorkspace, workspaceOption } from './workspace.ts';

/**
 * `fairlead user create`: creates an account, or adds an existing one to a workspace; prints a link if it has no
 * password.
 */
export function createUser({ options }: Arguments) {
  const email = emailOption(options);
  const name = nameOption(options);
  const role = choiceOption(options, 'role', ROLES, 'owner');
  const named = workspaceOption(options);
  return async (app: App): Promise<number> => {
    const { db, users, members, audit } = app.people;
    const workspace = await findWorkspace(app, named);
    const known = await users.byEmail(email);
    const link = await db.transaction(async (trx) => {
      const user = known ?? (await users.create(trx, { email, name, password: null }));
      await members.add(trx, workspace, user.id, role);
      const entry = { action: 'member.joined', objectType: 'user', objectId: user.id, details: { role } };
      await audit.record(trx, { workspaceId: workspace, actor: 'cli' }, entry);
      return known?.password ? null : app.signIn.resetLink(trx, user.id, 'cli');
    });
    console.log(link ?? `${email} has an account and is now a member of the workspace.`);
    return 0;
  };
}

/** `fairlead user reset`: prints a link to set a new password. */
export function resetUser({ options }: Arguments) {
  const email = emailOption(
    options,
    z
      .string()
      .max(1_000)
      .regex(/^[^\s@]+@[^\s@]+$/),
  );
  return async (app: App): Promise<number> => {
    const user = await app.people.users.byEmail(email);
    if (!user) throw notFound(`No account with this email address${shown(email)}.`);
    console.log(await app.people.db.transaction((trx) => app.signIn.resetLink(trx, user.id, 'cli')));
    return 0;
  };
}

/** The address, unless it may be a misplaced key. */
function shown(email: string): string {
  return /^[^@_]{1,30}@/.test(email) ? `: ${email}` : '';
}

/** @param shape the schema of the address; more lenient for an existing account */
function emailOption({ email: input }: Options, shape: z.ZodType<string> = accountEmail): string {
  if (input === undefined) throw usage('--email is required.');
  const { success, data } = shape.safeParse(input);
  if (!success || /[\p{Cc}\p{Cf}]/u.test(data))
    throw usage('--email must be an email address, such as alice@example.com.');
  return data;
}
