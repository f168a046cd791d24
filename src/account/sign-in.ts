import { sql, type Transaction } from 'kysely';
import { ApiError } from '../base/errors.ts';
import type { Uuid } from '../base/id.ts';
import type { Logger } from '../base/log.ts';
import type { Database } from '../db/pool.ts';
import type { Schema } from '../db/schema.ts';
import type { MailQueue } from '../mail/mail-queue.ts';
import type { Audit } from './audit.ts';
import type { HashingQueue } from './hashing-queue.ts';
import { passwordResetMessage } from './account-mail.ts';
import { LASTS_MS, linkUrl, type Link, type Links, type OpenedLink } from './link.ts';
import type { Members } from './member.ts';
import { checkPassword, hashPassword, isPassword } from './password.ts';
import type { Role } from './role.ts';
import type { Sessions } from './session.ts';
import type { SignInThrottle } from './sign-in-throttle.ts';
import type { User, Users } from './user.ts';

export interface SignInParts {
  db: Database;
  users: Users;
  members: Members;
  sessions: Sessions;
  links: Links;
  throttle: SignInThrottle;
  hashing: HashingQueue;
  audit: Audit;
  /** Null where the installation sends no mail. */
  mail: MailQueue | null;
  log: Logger;
  /** What links begin with. */
  baseUrl(): string;
}

/**
 * How people get in: with a password, or with a link that works once. Whatever lets somebody in answers with the
 * token of a new session. `address` is the IP address of whoever asks; where a password is hashed, each throws
 * `rate_limited` when too many wait for that.
 */
export interface SignIn {
  /** Throws `unauthorized`, `rate_limited`, or `forbidden` for somebody without a workspace. */
  signIn(who: { email: string; password: string; address: string }): Promise<string>;
  /** Makes the owner's account, the first of a workspace. Throws `not_found` for a link that is not good. */
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
   * Joins a workspace; somebody with an account shows its password, others choose name and password. The link is
   * used up only where all is well. Whoever made the link holds it as well: they learn nothing about the account but
   * by making one themselves. Throws `unauthorized` for a wrong password, and alike where there is no account and no
   * name for one; `conflict` where the account has no password yet.
   */
  accept(
    token: string,
    who: { name?: string | undefined; password: string; address: string },
  ): Promise<string>;
  /** Mails a link where the address has an account, and does not tell whether. Throws `not_configured`, `rate_limited`. */
  requestReset(email: string, address: string): Promise<void>;
  /** Chooses a new password and ends all other sessions. */
  reset(token: string, password: string, address: string): Promise<string>;
  /** Throws `unauthorized` where `current` is wrong. Ends all other sessions. */
  changePassword(
    user: User,
    session: Uuid,
    change: { current: string; password: string; address: string },
  ): Promise<void>;
  /** A link for somebody to choose a password with, for whoever runs the installation. */
  resetLink(trx: Transaction<Schema>, userId: Uuid, createdBy: string): Promise<string>;
  /** A link to set a workspace up with. */
  setUpLink(trx: Transaction<Schema>, workspaceId: Uuid): Promise<string>;
  open(token: string): Promise<OpenedLink>;
}

export function makeSignIn(parts: SignInParts): SignIn {
  const { db, users, members, sessions, links, throttle, hashing, audit, mail, log, baseUrl } = parts;

  /** Whose password this is; throws `unauthorized` or `rate_limited`. To be run in the hashing queue. */
  async function verified(email: string, password: string, address: string): Promise<User> {
    const wasRight = await throttle.take(email, address);
    const user = await users.byEmail(email);
    if (!(await isPassword(password, user?.password ?? null)) || !user)
      throw new ApiError('unauthorized', 'The email address or the password is wrong.');
    await wasRight();
    return user;
  }

  async function enter(trx: Transaction<Schema>, user: User, workspaceId: Uuid): Promise<string> {
    const token = await sessions.open(trx, user.id, workspaceId);
    const by = { workspaceId, actor: `user:${user.id}` };
    await audit.note(trx, by, { action: 'session.created', objectType: 'user', objectId: user.id });
    return token;
  }

  async function home(userId: Uuid): Promise<Uuid> {
    const [first] = await users.belongings(userId);
    if (!first) throw new ApiError('forbidden', 'You belong to no workspace any more; ask to be invited.');
    return first.id;
  }

  async function join(
    trx: Transaction<Schema>,
    user: User,
    { workspace_id: id, role }: Link,
  ): Promise<string> {
    await members.add(trx, id!, user.id, role!);
    await audit.note(trx, { workspaceId: id!, actor: `user:${user.id}` }, joined(user, role!));
    return enter(trx, user, id!);
  }

  /** The account that an invitation is for, or the one to be made. */
  async function guestOf(
    email: string,
    { name, password, address }: { name: string | undefined; password: string; address: string },
  ): Promise<User | { email: string; name: string; password: string }> {
    const done = await throttle.take(email, address);
    const known = await users.byEmail(email);
    // Looked at even where there is nothing to compare with: the time it takes must not tell.
    const fits = await isPassword(password, known?.password ?? null);
    if (known && fits) {
      await done();
      return known;
    }
    if (name === undefined) throw noSuchGuest(true);
    // Not for this link to choose it: it was made by one workspace, and the account may belong to others.
    if (known) throw known.password === null ? noPasswordYet() : noSuchGuest(false);
    await done();
    return { email, name, password: await hashPassword(password) };
  }

  async function makeLink(trx: Transaction<Schema>, link: Parameters<Links['make']>[1]): Promise<string> {
    const { token } = await links.make(trx, link);
    return linkUrl(baseUrl(), link.kind, token);
  }

  async function mailReset(queue: MailQueue, email: string): Promise<void> {
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
        lifetimeMs: LASTS_MS[kind],
      });
    });
    queue.notify();
  }

  return {
    async signIn({ email, password, address }) {
      const user = await hashing.run(address, () => verified(email, password, address));
      const workspaceId = await home(user.id);
      return db.transaction((trx) => enter(trx, user, workspaceId));
    },

    async setUp(token, { name, email, password, workspaceName, address }) {
      await links.open(token, 'setup');
      await checkPassword(password, { name, email });
      const hash = await hashing.run(address, () => hashPassword(password));
      return db.transaction(async (trx) => {
        const link = await links.use(trx, token, 'setup');
        const user = await users.create(trx, { name, email, password: hash });
        if (workspaceName !== undefined)
          await sql`update workspace set name = ${workspaceName} where id = ${link.workspace_id}`.execute(
            trx,
          );
        return join(trx, user, { ...link, role: 'owner' });
      });
    },

    async accept(token, { name, password, address }) {
      const { email } = await links.open(token, 'invitation');
      // Before anybody looks for an account: what is answered to a weak password must not tell of one.
      if (name !== undefined) await checkPassword(password, { name, email: email! });
      const guest = await hashing.run(address, () => guestOf(email!, { name, password, address }));
      return db.transaction(async (trx) => {
        const link = await links.use(trx, token, 'invitation');
        return join(trx, 'id' in guest ? guest : await users.create(trx, guest), link);
      });
    },

    async requestReset(email, address) {
      if (mail === null) {
        throw new ApiError(
          'not_configured',
          'This installation sends no mail. Whoever runs it can make a link: npx fairlead user reset --email …',
        );
      }
      // Counted like a failed try: nobody's mailbox is to be filled.
      await throttle.take(`reset ${email}`, address);
      // Not waited for: how long an answer takes must not tell whether there is an account.
      void mailReset(mail, email).catch((error: unknown) => {
        log.error({ err: (error as Error).message }, 'a mail for a new password could not be queued');
      });
    },

    async reset(token, password, address) {
      const { user_id: id } = await links.open(token, 'password_reset');
      const user = (await users.get(id!))!;
      await checkPassword(password, user);
      const hash = await hashing.run(address, () => hashPassword(password));
      const workspaceId = await home(user.id);
      return db.transaction(async (trx) => {
        await links.use(trx, token, 'password_reset');
        await users.setPassword(trx, user.id, hash);
        await sessions.endAll(trx, user.id, null);
        return enter(trx, user, workspaceId);
      });
    },

    async changePassword(user, session, { current, password, address }) {
      const hash = await hashing.run(address, async () => {
        await verified(user.email, current, address);
        await checkPassword(password, user);
        return hashPassword(password);
      });
      await db.transaction(async (trx) => {
        await users.setPassword(trx, user.id, hash);
        await sessions.endAll(trx, user.id, session);
      });
    },

    resetLink: (trx, userId, createdBy) =>
      makeLink(trx, { kind: 'password_reset', user_id: userId, created_by: createdBy }),

    setUpLink: (trx, workspaceId) =>
      makeLink(trx, { kind: 'setup', workspace_id: workspaceId, created_by: 'system' }),

    open: (token) => links.open(token),
  };
}

function joined(user: User, role: Role) {
  return { action: 'member.joined', objectType: 'user', objectId: user.id, details: { role } };
}

function noPasswordYet(): ApiError {
  return new ApiError(
    'conflict',
    'This address has an account without a password yet. Choose one with the link that was made for it, or ask for a new one; then accept.',
  );
}

/** The same whether there is an account or not. */
function noSuchGuest(isNameless: boolean): ApiError {
  const message =
    'This is not the password of an account for this address. Where there is none yet, choose a name and a password.';
  const fields = [{ field: 'name', message: 'is required for a new account' }];
  return new ApiError('unauthorized', message, isNameless ? { fields } : {});
}
