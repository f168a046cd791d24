import { ApiError } from '../base/errors.ts';
import type { ApiKey, KeyChange } from './api-key.ts';
import { lacks, refuse, type Authority } from './authority.ts';
import { reaches } from './role.ts';
import { allows } from './scope.ts';

/** Throws `forbidden` for a key that would do more, or last longer, than whoever makes it. */
export function checkNewKey(
  by: Authority,
  { scopes, expiresAt }: { scopes: readonly string[]; expiresAt: string | null },
): void {
  checkScopes(by, scopes, ' and can not give it');
  if (outlives(expiresAt, by)) refuse(`${ends(by)}: it can make no key that outlives it.`);
}

/**
 * Throws `forbidden` for a change of a key that has more than whoever changes it, and for one that would leave it with
 * more, or for longer.
 * @param isSelf whether a key changes itself
 */
export function checkKeyChange(by: Authority, isSelf: boolean, key: ApiKey, change: KeyChange): void {
  checkScopes(by, key.scopes, `, which the key ${key.name} has`);
  checkScopes(by, change.scopes ?? [], ' and can not give it');
  const expiresAt = change.expiresAt === undefined ? key.expires_at : change.expiresAt;
  const isMoved = expiresAt !== key.expires_at;
  if (isMoved && isSelf) refuse('A key can not change its own expiry; sign in, or use another key.');
  if (isMoved && outlives(expiresAt, by)) refuse(`${ends(by)}: it can set no expiry later than its own.`);
  const isWidened = change.scopes?.some((scope) => !allows(key.scopes, scope)) === true;
  // It would hand its scopes on to a key that has them when it is gone itself.
  if (isWidened && outlives(expiresAt, by))
    refuse(`${ends(by)}: it can give no scopes to a key that outlives it.`);
  if (isWidened || (isMoved && isLater(expiresAt, key.expires_at))) checkRole(by, key);
}

/** Throws `forbidden` where an inbound secret would let in what its maker may not send, or for longer. */
export function checkNewInboundSecret(by: Authority): void {
  checkScopes(by, ['leads:create'], ', which an inbound secret allows');
  if (by.expiresAt !== null) refuse(`${ends(by)}, and an inbound secret does not: it can make none.`);
}

function checkScopes(by: Authority, scopes: readonly string[], why: string): void {
  const lacking = scopes.filter((scope) => !allows(by.scopes, scope));
  if (lacking.length > 0) refuse(lacks(by, lacking, lacking.length === 1 ? why : why.replace(/it$/, 'them')));
}

/** A role counts where a key can hand it on: where it manages people or keys. */
function checkRole(by: Authority, { name, scopes, maker_id: makerId, maker }: ApiKey): void {
  const role = makerId === null ? 'owner' : maker?.role;
  if (!role || reaches(by.role, role)) return;
  if (!allows(scopes, 'workspace:manage') && !allows(scopes, 'keys:manage')) return;
  throw new ApiError(
    'forbidden',
    `The key ${name} acts as ${role}, which is above ${by.role}: only somebody who is ${role} may give it more.`,
  );
}

function ends({ label, expiresAt }: Authority): string {
  return `${label} expires at ${expiresAt}`;
}

function outlives(expiresAt: string | null, { expiresAt: own }: Authority): boolean {
  return own !== null && isLater(expiresAt, own);
}

/** Null is never, later than any time. */
function isLater(item: string | null, other: string | null): boolean {
  if (other === null) return false;
  return item === null || Date.parse(item) > Date.parse(other);
}
