import { useChangeRole, type Member } from '../../api/member-queries.ts';
import { useMay, useSession, type Role } from '../../api/session-queries.ts';
import { capitalised } from '../../ui/capitalised.ts';
import { tellDone, tellError } from '../../ui/notify.tsx';
import { RoleSelect } from './role-select.tsx';

/** A member's role, changed in place by those who may; nobody changes their own. */
export function MemberRole({ member }: { member: Member }) {
  const { user } = useSession();
  const mayManage = useMay('workspace:manage');
  const { mutate: change, isPending } = useChangeRole();
  if (!mayManage || member.id === user.id) return capitalised(member.role);
  return (
    <RoleSelect
      aria-label={`Role of ${member.name}`}
      size="xs"
      value={member.role}
      disabled={isPending}
      onChange={(role) =>
        change(
          { id: member.id, role: role as Role },
          { onSuccess: () => tellDone(`${member.name} is now ${role}.`), onError: tellError },
        )
      }
    />
  );
}
