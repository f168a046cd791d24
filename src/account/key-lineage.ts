import { ApiError } from '../base/errors.ts';
import type { ApiKey, KeyChange } from './api-key.ts';
import { lacks, refuse, type Authority } from './authority.ts';
import { isAtLeast } from './role.ts';
import type { Scopes } from './scope.ts';

/** Throws `forbidden` for a new key with more scopes, or a later expiry, than its creator. */
export function checkNewKey(
  by: Authority,
  { scopes, expiresAt }: { scopes: readonly string[]; expiresAt: string | null },
): void {
  checkScopes(by, scopes, ' and cannot give it');
  if (outlives(expiresAt, by)) refuse(`${ends(by)}: it cannot create a key that expires later.`);
}

/**
 * Throws `forbidden` for a change of a key with more rights than the caller, and for a change that would give it
 * more rights or a later expiry.
 * @param isSelf whether a key changes itself
 */
export function checkKeyChange(
  { allows }: Scopes,
  by: Authority,
  isSelf: boolean,
  key: ApiKey,
  change: KeyChange,
): void {
  checkScopes(by, key.scopes, `, which the key ${key.name} has`);
  checkScopes(by, change.scopes ?? [], ' and cannot give it');
  const expiresAt = change.expiresAt === undefined ? key.expires_at : change.expiresAt;
  const isMoved = expiresAt !== key.expires_at;
  if (isMoved && isSelf) refuse('A key cannot change its own expiry; sign in, or use another key.');
  if (isMoved && outlives(expiresAt, by)) refuse(`${ends(by)}: it cannot set a later expiry than its own.`);
  const isWidened = change.scopes?.some((scope) => !allows(key.scopes, scope)) === true;
  // Otherwise its scopes would outlive it in the other key.
  if (isWidened && outlives(expiresAt, by))
    refuse(`${ends(by)}: it cannot give scopes to a key that expires later.`);
  // A role counts if a key can pass it on, that is, if it manages members or keys.
  const mayPassRoleOn = ['workspace:manage', 'keys:manage'].some((scope) => allows(key.scopes, scope));
  if (mayPassRoleOn && (isWidened || (isMoved && isLater(expiresAt, key.expires_at)))) checkRole(by, key);
}

/** Throws `forbidden` if an inbound secret would allow more than its creator may do, or for longer. */
export function checkNewInboundSecret(by: Authority): void {
  checkScopes(by, ['leads:create'], ', which an inbound secret allows');
  if (by.expiresAt !== null)
    refuse(`${ends(by)}, but an inbound secret does not expire: it cannot create one.`);
}

/**
 * Throws `forbidden` if the secrets of a connection would allow more than the caller may do, or for longer.
 * @param scopes what a sender can do with the secrets
 */
export function checkConnectionSecrets(by: Authority, scopes: readonly string[]): void {
  checkScopes(by, scopes, ', which the secrets of this connection allow');
  if (by.expiresAt !== null)
    refuse(`${ends(by)}, but the secrets of a connection do not expire: it cannot set them.`);
}

function checkScopes(by: Authority, scopes: readonly string[], why: string): void {
  const lacking = scopes.filter((scope) => !by.may(scope));
  if (lacking.length > 0) refuse(lacks(by, lacking, lacking.length === 1 ? why : why.replace(/it$/, 'them')));
}

function checkRole(by: Authority, { name, maker_id: makerId, maker }: ApiKey): void {
  const role = makerId === null ? 'owner' : maker?.role;
  if (!role || isAtLeast(by.role, role)) return;
  throw new ApiError(
    'forbidden',
    `The key ${name} has the role ${role}, which is above ${by.role}: only a user with the role ${role} may extend it.`,
  );
}

function ends({ label, expiresAt }: Authority): string {
  return `${label} expires at ${expiresAt}`;
}

function outlives(expiresAt: string | null, { expiresAt: own }: Authority): boolean {
  return own !== null && isLater(expiresAt, own);
}

/** Null means never, which is later than any time. */
function isLater(item: string | null, other: string | null): boolean {
  if (other === null) return false;
  return item === null || Date.parse(item) > Date.parse(other);
}
