import { sql, type Transaction } from 'kysely';
import { ApiError } from '../base/errors.ts';
import type { Uuid } from '../base/id.ts';
import type { Logger } from '../base/log.ts';
import type { Database } from '../db/pool.ts';
import type { Schema } from '../db/schema.ts';
import type { Audit } from './audit.ts';
import { linkUrl, type Link, type Links, type OpenedLink } from './link.ts';
import { passwordLetter, type Mailer } from './mail.ts';
import type { Members } from './member.ts';
import { checkPassword, hashPassword, isPassword } from './password.ts';
import type { Role } from './role.ts';
import type { Sessions } from './session.ts';
import type { SignInThrottle } from './sign-in-throttle.ts';
import type { User, Users } from './user.ts';

export interface AdmissionParts {
  db: Database;
  users: Users;
  members: Members;
  sessions: Sessions;
  links: Links;
  throttle: SignInThrottle;
  audit: Audit;
  /** Null where the installation sends no mail. */
  mailer: Mailer | null;
  log: Logger;
  /** What links begin with. */
  baseUrl(): string;
}

/**
 * How people get in: with a password, or with a link that works once. Whatever lets somebody in answers with the
 * token of a new session.
 */
export interface Admission {
  /** Throws `unauthorized`, `rate_limited`, or `forbidden` for somebody without a workspace. */
  signIn(who: { email: string; password: string; place: string }): Promise<string>;
  /** Makes the owner's account, the first of a workspace. Throws `not_found` for a link that is not good. */
  setUp(
    token: string,
    owner: { name: string; email: string; password: string; workspaceName?: string | undefined },
  ): Promise<string>;
  /**
   * Joins a workspace; somebody with an account shows its password, others choose name and password. The link is
   * used up only where all is well.
   */
  accept(token: string, who: { name?: string | undefined; password: string; place: string }): Promise<string>;
  /** Mails a link where the address has an account, and does not tell whether. Throws `not_configured`, `rate_limited`. */
  requestReset(email: string, place: string): Promise<void>;
  /** Chooses a new password and ends all other sessions. */
  reset(token: string, password: string): Promise<string>;
  /** Throws `unauthorized` where `current` is wrong. Ends all other sessions. */
  changePassword(
    user: User,
    session: Uuid,
    change: { current: string; password: string; place: string },
  ): Promise<void>;
  /** A link for somebody to choose a password with, for whoever runs the installation. */
  resetLink(trx: Transaction<Schema>, userId: Uuid, createdBy: string): Promise<string>;
  /** A link to set a workspace up with. */
  setUpLink(trx: Transaction<Schema>, workspaceId: Uuid): Promise<string>;
  open(token: string): Promise<OpenedLink>;
}

export function makeAdmission(parts: AdmissionParts): Admission {
  const { db, users, members, sessions, links, throttle, audit, mailer, log, baseUrl } = parts;

  /** Whose password this is; throws `unauthorized` or `rate_limited`. */
  async function verified(email: string, password: string, place: string): Promise<User> {
    const wasRight = await throttle.take(email, place);
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

  async function makeLink(trx: Transaction<Schema>, link: Parameters<Links['make']>[1]): Promise<string> {
    const { token } = await links.make(trx, link);
    return linkUrl(baseUrl(), link.kind, token);
  }

  async function mailReset(by: Mailer, email: string): Promise<void> {
    const user = await users.byEmail(email);
    if (!user) return;
    const url = await db.transaction((trx) =>
      makeLink(trx, { kind: 'password_reset', user_id: user.id, created_by: `user:${user.id}` }),
    );
    await by.send(passwordLetter(user.email, url));
  }

  return {
    async signIn({ email, password, place }) {
      const user = await verified(email, password, place);
      const workspaceId = await home(user.id);
      return db.transaction((trx) => enter(trx, user, workspaceId));
    },

    async setUp(token, { name, email, password, workspaceName }) {
      await links.open(token, 'setup');
      checkPassword(password, { name, email });
      const hash = await hashPassword(password);
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

    async accept(token, { name, password, place }) {
      const { email } = await links.open(token, 'invitation');
      const known = await users.byEmail(email!);
      if (known) {
        // Not for this link to choose it: it was made by one workspace, and the account may belong to others.
        if (known.password === null) throw noPasswordYet();
        const user = await verified(email!, password, place);
        return db.transaction(async (trx) => join(trx, user, await links.use(trx, token, 'invitation')));
      }
      if (name === undefined) throw nameMissing();
      checkPassword(password, { name, email: email! });
      const hash = await hashPassword(password);
      return db.transaction(async (trx) => {
        const link = await links.use(trx, token, 'invitation');
        return join(trx, await users.create(trx, { name, email: email!, password: hash }), link);
      });
    },

    async requestReset(email, place) {
      if (mailer === null) {
        throw new ApiError(
          'not_configured',
          'This installation sends no mail. Whoever runs it can make a link: npx fairlead user reset --email …',
        );
      }
      // Counted like a failed try: nobody's mailbox is to be filled.
      await throttle.take(`reset ${email}`, place);
      // Not waited for: how long an answer takes must not tell whether there is an account.
      void mailReset(mailer, email).catch((error: unknown) => {
        log.error({ err: (error as Error).message }, 'a mail for a new password could not be sent');
      });
    },

    async reset(token, password) {
      const { user_id: id } = await links.open(token, 'password_reset');
      const user = (await users.get(id!))!;
      checkPassword(password, user);
      const hash = await hashPassword(password);
      const workspaceId = await home(user.id);
      return db.transaction(async (trx) => {
        await links.use(trx, token, 'password_reset');
        await users.setPassword(trx, user.id, hash);
        await sessions.endAll(trx, user.id, null);
        return enter(trx, user, workspaceId);
      });
    },

    async changePassword(user, session, { current, password, place }) {
      await verified(user.email, current, place);
      checkPassword(password, user);
      const hash = await hashPassword(password);
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

function nameMissing(): ApiError {
  return new ApiError('validation_error', 'name: is required', {
    fields: [{ field: 'name', message: 'is required' }],
  });
}
