import type { Scopes } from '../account/scope.ts';
import { OAuthError } from './oauth-error.ts';

/** What an app may do, as the protocol names it. Every scope includes `read`, and `delete` includes `write`. */
export const OAUTH_SCOPES = ['read', 'write', 'send', 'delete'] as const;
export type OAuthScope = (typeof OAUTH_SCOPES)[number];

/** Apps that want refresh tokens may request it. Every app gets them. */
export const OFFLINE_ACCESS = 'offline_access';

const DEFAULT: readonly OAuthScope[] = ['read', 'write'];

/** The scopes of a `scope` parameter. Throws `invalid_scope` for one that does not exist. */
export function readScope(text: string | undefined): OAuthScope[] {
  const names = (text ?? '').split(' ').filter((name) => name !== '' && name !== OFFLINE_ACCESS);
  const unknown = names.find((name) => !isScope(name));
  if (unknown !== undefined)
    throw new OAuthError('invalid_scope', `The scope must be of ${OAUTH_SCOPES.join(', ')}.`);
  return withIncluded(names.length === 0 ? DEFAULT : names.filter(isScope));
}

/** The scopes with those that they include, in the order of `OAUTH_SCOPES`. */
export function withIncluded(scopes: readonly OAuthScope[]): OAuthScope[] {
  const included = new Set<OAuthScope>([
    'read',
    ...scopes,
    ...(scopes.includes('delete') ? ['write' as const] : []),
  ]);
  return OAUTH_SCOPES.filter((name) => included.has(name));
}

export function isScope(name: string): name is OAuthScope {
  return (OAUTH_SCOPES as readonly string[]).includes(name);
}

/** The kind of right that each scope of a key is, where an app can have it. `delete` is part of the budget. */
const KEY_SCOPES: Readonly<Record<Exclude<OAuthScope, 'delete'>, RegExp>> = {
  read: /:read$/,
  write: /:(write|create)$/,
  send: /:send$/,
};

/**
 * The scopes of the key of an app: none of administrators, and none that manages something.
 * @param may whether the person has a scope: an app never gets more
 */
export function keyScopes(
  scopes: Scopes,
  granted: readonly OAuthScope[],
  may: (scope: string) => boolean,
): string[] {
  const patterns = granted.flatMap((name) => (name === 'delete' ? [] : [KEY_SCOPES[name]]));
  return scopes.list
    .filter(
      ({ name, minRole }) =>
        minRole !== 'admin' && patterns.some((pattern) => pattern.test(name)) && may(name),
    )
    .map(({ name }) => name);
}
