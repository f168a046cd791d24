import { ActionIcon, Menu } from '@mantine/core';
import { useDisclosure } from '@mantine/hooks';
import { IconDots, IconDoorExit, IconUserMinus } from '@tabler/icons-react';
import { useRouter } from '@tanstack/react-router';
import { useRemoveMember, type Member } from '../../api/member-queries.ts';
import { useHasScope, useSession } from '../../api/session-queries.ts';
import { paths } from '../../paths.ts';
import { confirm } from '../../ui/confirm.tsx';
import { notifyWhenDone } from '../../ui/notify.tsx';
import { MemberRemoval } from './member-removal.tsx';
import { isAtLeast } from './roles.ts';

/** Removes a member, if the session may; every member may leave. */
export function MemberMenu({ member }: { member: Member }) {
  const { user, role } = useSession();
  const mayManage = useHasScope('workspace:manage');
  const isSelf = member.id === user.id;
  const [removing, remove] = useDisclosure();
  if (!isSelf && !(mayManage && isAtLeast(role, member.role))) return null;
  return (
    <>
      <Menu>
        <Menu.Target>
          <ActionIcon variant="subtle" color="gray" aria-label={`Actions for ${member.name}`}>
            <IconDots size={16} />
          </ActionIcon>
        </Menu.Target>
        <Menu.Dropdown>
          {isSelf ? (
            <LeaveItem member={member} />
          ) : (
            <Menu.Item color="red" leftSection={<IconUserMinus size={15} />} onClick={remove.open}>
              Remove from workspace
            </Menu.Item>
          )}
        </Menu.Dropdown>
      </Menu>
      {removing && <MemberRemoval member={member} onClose={remove.close} />}
    </>
  );
}

function LeaveItem({ member }: { member: Member }) {
  const { workspace } = useSession();
  const router = useRouter();
  const { mutateAsync: leave } = useRemoveMember();
  const goHome = () => window.location.assign(router.buildLocation(paths.home()).href);
  const confirmAction = () =>
    confirm({
      title: `Leave ${workspace.name}?`,
      text: 'You need a new invitation to rejoin. API keys that you created stop working.',
      action: 'Leave workspace',
      onConfirm: () => notifyWhenDone(leave({ id: member.id }), goHome),
    });
  return (
    <Menu.Item color="red" leftSection={<IconDoorExit size={15} />} onClick={confirmAction}>
      Leave workspace
    </Menu.Item>
  );
}
