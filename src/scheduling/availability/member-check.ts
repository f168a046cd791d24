import type { Caller } from '../../account/caller.ts';
import { ApiError, invalid } from '../../base/errors.ts';
import type { Uuid } from '../../base/id.ts';
import type { References } from '../../record/reference.ts';
import { checkMayManage } from '../booking-scopes.ts';

/**
 * The member whose availability a request is about: the requested one, or the caller. Throws `validation_error` for a user
 * who is not a member, and `forbidden` for another member without the scope.
 */
export async function memberFor(
  references: References,
  caller: Caller,
  requested: Uuid | undefined,
): Promise<Uuid> {
  const userId = requested ?? caller.makerId;
  if (userId === null) throw invalid('user_id', 'is required: this key does not belong to a member');
  checkMayManage(caller, userId);
  const [missing] = await references.missing(caller.workspaceId, { user_id: 'member' }, { user_id: userId });
  if (missing) throw invalid(missing.field, missing.message);
  return userId;
}

/** Throws `not_found`, or `forbidden` where it is another member's. */
export function checkOwned<Owned extends { user_id: Uuid }>(
  caller: Caller,
  item: Owned | undefined,
  label: string,
): Owned {
  if (!item) throw new ApiError('not_found', `There is no ${label} with this id.`);
  checkMayManage(caller, item.user_id);
  return item;
}
