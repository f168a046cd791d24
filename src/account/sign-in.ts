import { ApiError } from '../base/errors.ts';
import type { Uuid } from '../base/id.ts';
import type { Logger } from '../base/log.ts';
import type { Database } from '../db/pool.ts';
import { query, type Transaction } from '../db/query.ts';
import type { MailCondition, MailQueue } from '../mail/mail-queue.ts';
import type { Audit } from './audit.ts';
import type { HashingQueue } from './hashing-queue.ts';
import { passwordResetMessage } from './account-mail.ts';
import { LINK_LIFETIME_MS, linkUrl, makeResetLink, type Link, type Links, type OpenedLink } from './link.ts';
import type { Members } from './member.ts';
import { checkPassword, hashPassword, isPassword } from './password.ts';
import type { Role } from './role.ts';
import type { Sessions } from './session.ts';
import type { SignInThrottle } from './sign-in-throttle.ts';
import type { User, Users } from './user.ts';

/** A reset that was replaced or used before it was mailed is not mailed: its link would be refused. */
export const VALID_RESETS_ONLY: MailCondition = {
  name: 'no longer valid',
  holds: `m.kind <> 'password_reset' or exists (select from link l where l.id = m.object_id and l.used_at is null)`,
  otherwise: 'cancel',
};

export interface SignInParts {
  db: Database;
  users: Users;
  members: Members;
  sessions: Sessions;
  links: Links;
  throttle: SignInThrottle;
  hashing: HashingQueue;
  audit: Audit;
  /** Null if the installation sends no mail. */
  mail: MailQueue | null;
  log: Logger;
  /** The URL that links begin with. */
  baseUrl(): string;
}

/**
 * Signs users in: with a password, or with a single-use link. Methods that sign in return the token of a new
 * session. `address` is the client's IP address; methods that hash a password throw `rate_limited` if too many
 * wait for that.
 */
export interface SignIn {
  /** Throws `unauthorized`, `rate_limited`, or `forbidden` for a user without a workspace. */
  signIn(who: { email: string; password: string; address: string }): Promise<string>;
  /** Creates the owner's account, the first of a workspace. Throws `not_found` for an invalid link. */
  setUp(
    token: string,
    owner: {
      name: string;
      email: string;
      password: string;
      workspaceName?: string | undefined;
      address: string;
    },
  ): Promise<string>;
  /**
   * Joins a workspace: with the password of an existing account, or with a name and a password for a new one. The
   * link is used up only on success. Its creator has the link too, and must not learn whether an account exists,
   * except by creating one. Throws `unauthorized` for a wrong password, and equally if there is neither an account
   * nor a name; `conflict` if the account has no password yet.
   */
  accept(
    token: string,
    who: { name?: string | undefined; password: string; address: string },
  ): Promise<string>;
  /**
   * Mails a link if the address has an account; the response does not reveal whether it has. Throws
   * `not_configured`, `rate_limited`.
   */
  requestReset(email: string, address: string): Promise<void>;
  /** Sets a new password and ends all other sessions. */
  reset(token: string, password: string, address: string): Promise<string>;
  /** Throws `unauthorized` if `current` is wrong. Ends all other sessions. */
  changePassword(
    user: User,
    session: Uuid,
    change: { current: string; password: string; address: string },
  ): Promise<void>;
  /** Creates a password link for a user, for the operator of the installation. */
  resetLink(trx: Transaction, userId: Uuid, createdBy: string): Promise<string>;
  /** Creates a link to set up a workspace. */
  setUpLink(trx: Transaction, workspaceId: Uuid): Promise<string>;
  open(token: string): Promise<OpenedLink>;
}

const RENAME_WORKSPACE = {
  name: 'workspace.rename',
  text: `update workspace set name = $1 where id = $2`,
};

export function makeSignIn(parts: SignInParts): SignIn {
  const { db, users, sessions, links, throttle, hashing, mail, log } = parts;

  return {
    async signIn({ email, password, address }) {
      const user = await hashing.run(address, () => verified(parts, email, password, address));
      const workspaceId = await home(users, user.id);
      return db.transaction((trx) => startSession(parts, trx, user, workspaceId));
    },

    async setUp(token, { name, email, password, workspaceName, address }) {
      await links.open(token, 'setup');
      await checkPassword(password, { name, email });
      const hash = await hashing.run(address, () => hashPassword(password));
      return db.transaction(async (trx) => {
        const link = await links.use(trx, token, 'setup');
        const user = await users.create(trx, { name, email, password: hash });
        if (workspaceName !== undefined)
          await query(trx, RENAME_WORKSPACE, [workspaceName, link.workspace_id]);
        return join(parts, trx, user, { ...link, role: 'owner' });
      });
    },

    async accept(token, { name, password, address }) {
      const { email } = await links.open(token, 'invitation');
      // Checked before the account is looked up: the response to a weak password must not reveal an account.
      if (name !== undefined) await checkPassword(password, { name, email: email! });
      const invitee = await hashing.run(address, () => inviteeOf(parts, email!, { name, password, address }));
      return db.transaction(async (trx) => {
        const link = await links.use(trx, token, 'invitation');
        return join(parts, trx, 'id' in invitee ? invitee : await users.create(trx, invitee), link);
      });
    },

    async requestReset(email, address) {
      if (mail === null) {
        throw new ApiError(
          'not_configured',
          'This installation sends no mail. Its operator can create a link: npx fairlead user reset --email …',
        );
      }
      // Counted like a failed attempt, so that nobody can flood a mailbox.
      await throttle.take(`reset ${email}`, address);
      // Not awaited: the duration of the response must not reveal an account.
      void mailReset(parts, mail, email).catch((error: unknown) => {
        log.error({ err: (error as Error).message }, 'a mail for a new password could not be queued');
      });
    },

    async reset(token, password, address) {
      const { user_id: id } = await links.open(token, 'password_reset');
      const user = (await users.get(id!))!;
      await checkPassword(password, user);
      const hash = await hashing.run(address, () => hashPassword(password));
      const workspaceId = await home(users, user.id);
      return db.transaction(async (trx) => {
        await links.use(trx, token, 'password_reset');
        await users.setPassword(trx, user.id, hash);
        await sessions.endAll(trx, user.id, null);
        return startSession(parts, trx, user, workspaceId);
      });
    },

    async changePassword(user, session, { current, password, address }) {
      const hash = await hashing.run(address, async () => {
        await verified(parts, user.email, current, address);
        await checkPassword(password, user);
        return hashPassword(password);
      });
      await db.transaction(async (trx) => {
        await users.setPassword(trx, user.id, hash);
        await sessions.endAll(trx, user.id, session);
      });
    },

    resetLink: (trx, userId, createdBy) => makeResetLink(parts, trx, userId, createdBy),

    async setUpLink(trx, workspaceId) {
      const { token } = await links.make(trx, {
        kind: 'setup',
        workspace_id: workspaceId,
        created_by: 'system',
      });
      return linkUrl(parts.baseUrl(), 'setup', token);
    },

    open: (token) => links.open(token),
  };
}

/** The user with this password; throws `unauthorized` or `rate_limited`. Run it in the hashing queue. */
async function verified(
  { users, throttle }: SignInParts,
  email: string,
  password: string,
  address: string,
): Promise<User> {
  const clearFailures = await throttle.take(email, address);
  const user = await users.byEmail(email);
  if (!(await isPassword(password, user?.password ?? null)) || !user)
    throw new ApiError('unauthorized', 'The email address or the password is wrong.');
  await clearFailures();
  return user;
}

async function startSession(
  { sessions, audit }: SignInParts,
  trx: Transaction,
  user: User,
  workspaceId: Uuid,
): Promise<string> {
  const token = await sessions.open(trx, user.id, workspaceId);
  const by = { workspaceId, actor: `user:${user.id}` };
  await audit.record(trx, by, { action: 'session.created', objectType: 'user', objectId: user.id });
  return token;
}

/** The workspace to sign in to. */
async function home(users: Users, userId: Uuid): Promise<Uuid> {
  const [first] = await users.memberships(userId);
  if (!first)
    throw new ApiError('forbidden', 'You are no longer a member of any workspace; ask for an invitation.');
  return first.id;
}

async function join(
  parts: SignInParts,
  trx: Transaction,
  user: User,
  { workspace_id: id, role }: Link,
): Promise<string> {
  await parts.members.add(trx, id!, user.id, role!);
  await parts.audit.record(trx, { workspaceId: id!, actor: `user:${user.id}` }, joined(user, role!));
  return startSession(parts, trx, user, id!);
}

/** The account of an invited address, or the one to create. */
async function inviteeOf(
  { users, throttle }: SignInParts,
  email: string,
  { name, password, address }: { name: string | undefined; password: string; address: string },
): Promise<User | { email: string; name: string; password: string }> {
  const done = await throttle.take(email, address);
  const known = await users.byEmail(email);
  // Checked even without a stored password: the duration must not reveal an account.
  const fits = await isPassword(password, known?.password ?? null);
  if (known && fits) {
    await done();
    return known;
  }
  if (name === undefined) throw invalidCredentials(true);
  // This link must not set its password: it belongs to one workspace, and the account may belong to others.
  if (known) throw known.password === null ? noPasswordYet() : invalidCredentials(false);
  await done();
  return { email, name, password: await hashPassword(password) };
}

/** The URL of a new link. */
async function mailReset(
  { db, users, links, baseUrl }: SignInParts,
  queue: MailQueue,
  email: string,
): Promise<void> {
  const user = await users.byEmail(email);
  if (!user) return;
  const kind = 'password_reset';
  await db.transaction(async (trx) => {
    const { link, token } = await links.make(trx, {
      kind,
      user_id: user.id,
      created_by: `user:${user.id}`,
    });
    await queue.enqueue(trx, {
      key: `${kind}:${link.id}`,
      kind,
      workspaceId: null,
      userId: user.id,
      objectId: link.id,
      message: passwordResetMessage(user.email, linkUrl(baseUrl(), kind, token)),
      lifetimeMs: LINK_LIFETIME_MS[kind],
    });
  });
  queue.notify();
}

function joined(user: User, role: Role) {
  return { action: 'member.joined', objectType: 'user', objectId: user.id, details: { role } };
}

function noPasswordYet(): ApiError {
  return new ApiError(
    'conflict',
    'This address has an account without a password. Set one with the link that was created for it, or ask for a new link; then accept.',
  );
}

/** The same whether there is an account or not. */
function invalidCredentials(isNameless: boolean): ApiError {
  const message =
    'This is not the password of an account with this address. If there is no account yet, enter a name and a password.';
  const fields = [{ field: 'name', message: 'is required for a new account' }];
  return new ApiError('unauthorized', message, isNameless ? { fields } : {});
}
