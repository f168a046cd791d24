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

/** Creates an account with a role in a workspace (default: Acme), by an invitation link. */
export async function makeMember(
  s: Scenario,
  role: Role,
  { name = `${role} ${++made}`, workspaceId = s.alice.workspaceId } = {},
): Promise<SignedIn> {
  const email = `${name.toLowerCase().replaceAll(' ', '.')}@acme.example`;
  const { db, users, members } = s.app.people;
  const { id, link } = await db.transaction(async (trx) => {
    const user = await users.create(trx, { email, name, password: null });
    await members.add(trx, workspaceId, user.id, role);
    return { id: user.id, link: await s.app.signIn.resetLink(trx, user.id, 'test') };
  });
  const reply = await s.ask('POST', '/api/v1/password-resets/confirm', {
    as: null,
    body: { token: tokenOf(link), password: PASSWORD },
  });
  return { id, email, ...browser(s.url, cookieOf(reply)) };
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
