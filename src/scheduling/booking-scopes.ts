import type { Caller } from '../account/caller.ts';
import { defineScopes } from '../account/scope.ts';
import { ApiError } from '../base/errors.ts';
import type { Uuid } from '../base/id.ts';

export const BOOKING_SCOPES = defineScopes(
  { name: 'booking', label: 'Booking pages' },
  {
    'booking:manage': {
      label: 'Manage booking pages',
      description: 'Create, change and delete booking pages, and the schedules and time off of all members.',
      minRole: 'manager',
    },
    'booking:read': {
      label: 'Read booking pages',
      description: 'Read booking pages, their slots, and the schedules of members.',
      minRole: 'member',
      includedIn: 'booking:manage',
    },
    'availability:write': {
      label: 'Change own availability',
      description: "Change the member's own schedules and time off.",
      minRole: 'member',
      includedIn: 'booking:manage',
    },
  },
);

/** Whether the caller may see and change the availability of a member: their own, or everyone's. */
export function mayManage(caller: Caller, userId: Uuid): boolean {
  return caller.makerId === userId || caller.may('booking:manage');
}

/** Throws `forbidden` where the availability is another member's. */
export function checkMayManage(caller: Caller, userId: Uuid): void {
  if (mayManage(caller, userId)) return;
  throw new ApiError('forbidden', 'The availability of another member needs the scope booking:manage.');
}
