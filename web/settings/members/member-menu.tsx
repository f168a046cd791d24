import { ActionIcon, Menu } from '@mantine/core';
import { IconDots, IconUserMinus } from '@tabler/icons-react';
import { useRemoveMember, type Member } from '../../api/member-queries.ts';
import { useMay, useSession } from '../../api/session-queries.ts';
import { confirm } from '../../ui/confirm.tsx';
import { tellDone, tellError } from '../../ui/notify.tsx';

export function MemberMenu({ member }: { member: Member }) {
  const { user, workspace } = useSession();
  const mayManage = useMay('workspace:manage');
  const { mutate: remove } = useRemoveMember();
  if (!mayManage || member.id === user.id) return null;

  const ask = () =>
    confirm({
      title: `Remove ${member.name}?`,
      text: `They are signed out of ${workspace.name} at once. What they made stays.`,
      action: 'Remove member',
      onConfirm: () =>
        remove(member.id, { onSuccess: () => tellDone(`${member.name} was removed.`), onError: tellError }),
    });
  return (
    <Menu>
      <Menu.Target>
        <ActionIcon variant="subtle" color="gray" aria-label={`Actions for ${member.name}`}>
          <IconDots size={16} />
        </ActionIcon>
      </Menu.Target>
      <Menu.Dropdown>
        <Menu.Item color="red" leftSection={<IconUserMinus size={15} />} onClick={ask}>
          Remove from workspace
        </Menu.Item>
      </Menu.Dropdown>
    </Menu>
  );
}
