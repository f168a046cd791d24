import { useChangeRole, type Member } from '../../api/member-queries.ts';
import { useHasScope, useSession, type Role } from '../../api/session-queries.ts';
import { capitalised } from '../../ui/capitalised.ts';
import { notifyDone, notifyError } from '../../ui/notify.tsx';
import { RoleSelect } from './role-select.tsx';
import { isAtLeast } from './roles.ts';

/** The role of a member; editable if the session may change it. */
export function MemberRole({ member }: { member: Member }) {
  const { user, role: own } = useSession();
  const mayManage = useHasScope('workspace:manage');
  const { mutate: change, isPending } = useChangeRole();
  const mayChange = mayManage && member.id !== user.id && isAtLeast(own, member.role);
  if (!mayChange) return capitalised(member.role);
  return (
    <RoleSelect
      aria-label={`Role of ${member.name}`}
      size="xs"
      value={member.role}
      disabled={isPending}
      onChange={(role) =>
        change(
          { id: member.id, role: role as Role },
          { onSuccess: () => notifyDone(`${member.name} is now ${role}.`), onError: notifyError },
        )
      }
    />
  );
}
