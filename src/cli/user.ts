import { z } from 'zod';
import { makeAudit } from '../account/audit.ts';
import { makeAuthorities } from '../account/authority.ts';
import { makeLinks, makeResetLink } from '../account/link.ts';
import { makeMembers } from '../account/member.ts';
import { ROLES } from '../account/role.ts';
import { makeScopes } from '../account/scope.ts';
import { makeUsers } from '../account/user.ts';
import { systemClock } from '../base/clock.ts';
import { idMaker, type Uuid } from '../base/id.ts';
import type { Config } from '../config.ts';
import type { Transaction } from '../db/query.ts';
import { localUrl } from '../foundation.ts';
import type { Store } from '../store.ts';
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
  const onStore = async (store: Store, config: Config): Promise<number> => {
    const { db } = store;
    const { users, members, audit, resetLink } = peopleOf(store, config);
    const workspace = await findWorkspace(store, named);
    const known = await users.byEmail(email);
    const link = await db.transaction(async (trx) => {
      const user = known ?? (await users.create(trx, { email, name, password: null }));
      await members.add(trx, workspace, user.id, role);
      const entry = { action: 'member.joined', objectType: 'user', objectId: user.id, details: { role } };
      await audit.record(trx, { workspaceId: workspace, actor: 'cli' }, entry);
      return known?.password ? null : resetLink(trx, user.id);
    });
    console.log(link ?? `${email} has an account and is now a member of the workspace.`);
    return 0;
  };
  return { onStore };
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
  const onStore = async (store: Store, config: Config): Promise<number> => {
    const { users, resetLink } = peopleOf(store, config);
    const user = await users.byEmail(email);
    if (!user) throw notFound(`No account with this email address${shown(email)}.`);
    console.log(await store.db.transaction((trx) => resetLink(trx, user.id)));
    return 0;
  };
  return { onStore };
}

/** The accounts of an open store. */
function peopleOf({ db }: Store, { publicUrl, host, port }: Config) {
  const newId = idMaker(systemClock.now);
  // A command acts as the operator, who may do everything: no scopes have to be known.
  const authorities = makeAuthorities(systemClock, makeScopes([]));
  const links = makeLinks(db, systemClock, newId, authorities);
  const baseUrl = () => publicUrl || localUrl(host, port);
  return {
    users: makeUsers(db, systemClock, newId),
    members: makeMembers(db, systemClock, authorities),
    audit: makeAudit(db, systemClock, newId),
    resetLink: (trx: Transaction, userId: Uuid) => makeResetLink({ links, baseUrl }, trx, userId, 'cli'),
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
