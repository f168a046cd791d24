import { randomBytes, scryptSync } from 'node:crypto';
import type { Role } from '../../src/account/role.ts';
import { ask, type Ask, type Reply, type Scenario } from './scenario.ts';

export const PASSWORD = 'correct horse battery';

/** A user signed in by a browser. */
export interface SignedIn {
  id: string;
  email: string;
  cookie: string;
  /** A request from a page of the installation. */
  ask(method: string, path: string, input?: Ask): Promise<Reply>;
}

let made = 0;

/** `PASSWORD` as it is stored, at a low cost: at the product's own, an account takes a third of a second. */
const STORED = storedAt({ N: 16, r: 8, p: 1 });

function storedAt({ N, r, p }: { N: number; r: number; p: number }): string {
  const salt = randomBytes(16);
  const hash = scryptSync(PASSWORD, salt, 32, { N, r, p });
  return ['scrypt', N, r, p, salt.toString('base64'), hash.toString('base64')].join('$');
}

/**
 * Creates an account with a role in a workspace (default: Acme), and signs it in.
 * @param isHashed its password is hashed by the product, at its cost, for tests of what hashing takes
 */
export async function makeMember(
  s: Scenario,
  role: Role,
  { name = `${role} ${++made}`, workspaceId = s.alice.workspaceId, isHashed = false } = {},
): Promise<SignedIn> {
  const email = `${name.toLowerCase().replaceAll(' ', '.')}@acme.example`;
  const { db, users, members } = s.app.people;
  const user = await db.transaction(async (trx) => {
    const created = await users.create(trx, { email, name, password: isHashed ? null : STORED });
    await members.add(trx, workspaceId, created.id, role);
    return created;
  });
  const reply = isHashed ? await setPassword(s, user.id) : await signIn(s, email);
  return { id: user.id, email, ...browser(s.url, cookieOf(reply)) };
}

async function setPassword(s: Scenario, userId: string): Promise<Reply> {
  const link = await s.app.people.db.transaction((trx) => s.app.signIn.resetLink(trx, userId, 'test'));
  const body = { token: tokenOf(link), password: PASSWORD };
  return s.ask('POST', '/api/v1/password-resets/confirm', { as: null, body });
}

function signIn(s: Scenario, email: string): Promise<Reply> {
  const headers = { origin: s.url };
  return s.ask('POST', '/api/v1/session', { as: null, headers, body: { email, password: PASSWORD } });
}

/** Requests like those of a browser on a page of the installation. */
export function browser(url: string, cookie: string): Pick<SignedIn, 'cookie' | 'ask'> {
  return {
    cookie,
    ask: (method, path, input = {}) =>
      ask(url, method, path, { ...input, headers: { cookie, origin: url, ...input.headers } }),
  };
}

/** The cookie that a browser sends back after a response's Set-Cookie. */
export function cookieOf(reply: Reply): string {
  return reply.headers.get('set-cookie')!.split(';')[0]!;
}

export function tokenOf(link: string): string {
  return /#token=([\w-]{43})$/.exec(link)![1]!;
}
