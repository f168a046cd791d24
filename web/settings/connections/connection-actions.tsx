import { ActionIcon, Button, Menu } from '@mantine/core';
import { useDisclosure } from '@mantine/hooks';
import {
  IconDots,
  IconPencil,
  IconPlayerPause,
  IconPlayerPlay,
  IconRotate,
  IconTrash,
} from '@tabler/icons-react';
import { useNavigate } from '@tanstack/react-router';
import { useState } from 'react';
import {
  useRemoveConnection,
  useTestConnection,
  useUpdateConnection,
  type Connection,
  type ConnectionKind,
} from '../../api/connection-queries.ts';
import { useHasScope } from '../../api/session-queries.ts';
import { paths } from '../../paths.ts';
import { confirm } from '../../ui/confirm.tsx';
import { notifyDone, notifyError, notifyWhenDone } from '../../ui/notify.tsx';
import { ConnectionForm } from './connection-form.tsx';
import { GeneratedSecrets } from './generated-secrets.tsx';
import { RotateConnectionSecret } from './rotate-connection-secret.tsx';

interface ConnectionProps {
  connection: Connection;
  kind: ConnectionKind;
}

/** The actions on a connection, for those who may manage it. */
export function ConnectionActions({ connection, kind }: ConnectionProps) {
  const mayManage = useHasScope('connections:manage');
  const [editing, edit] = useDisclosure();
  const [rotating, rotate] = useDisclosure();
  const [rotated, setRotated] = useState<Connection | null>(null);
  const { mutateAsync: test, isPending } = useTestConnection(connection.id);
  if (!mayManage) return null;
  const runTest = () =>
    notifyWhenDone(test(), ({ ok, message }) => (ok ? notifyDone(message) : notifyError(new Error(message))));
  return (
    <>
      {kind.has_test && (
        <Button variant="default" visibleFrom="sm" loading={isPending} onClick={runTest}>
          Test
        </Button>
      )}
      <Button variant="default" leftSection={<IconPencil size={15} />} onClick={edit.open}>
        Edit
      </Button>
      <Menu>
        <Menu.Target>
          <ActionIcon variant="default" size={32} aria-label="More actions">
            <IconDots size={16} />
          </ActionIcon>
        </Menu.Target>
        <Menu.Dropdown>
          {kind.has_test && (
            <Menu.Item hiddenFrom="sm" onClick={runTest}>
              Test
            </Menu.Item>
          )}
          <Menu.Item leftSection={<IconRotate size={15} />} onClick={rotate.open}>
            Rotate secret
          </Menu.Item>
          <DisableItem connection={connection} />
          <DeleteItem connection={connection} />
        </Menu.Dropdown>
      </Menu>
      {editing && <ConnectionForm connection={connection} kind={kind} onClose={edit.close} />}
      {rotating && (
        <RotateConnectionSecret
          connection={connection}
          kind={kind}
          onClose={rotate.close}
          onRotated={(changed) => {
            rotate.close();
            if (changed.secrets) setRotated(changed);
            else notifyDone('Secret rotated');
          }}
        />
      )}
      {rotated && <GeneratedSecrets connection={rotated} kind={kind} onDone={() => setRotated(null)} />}
    </>
  );
}

function DisableItem({ connection: { id, name, active } }: Pick<ConnectionProps, 'connection'>) {
  const { mutateAsync: update } = useUpdateConnection(id);
  const set = (isActive: boolean) =>
    notifyWhenDone(update({ active: isActive }), () =>
      notifyDone(isActive ? `${name} enabled` : `${name} disabled`),
    );
  const confirmAction = () =>
    confirm({
      title: `Disable ${name}?`,
      text: 'All its requests are refused until it is enabled again. The other system may give up sending them.',
      action: 'Disable connection',
      isHarmless: true,
      onConfirm: () => set(false),
    });
  return active ? (
    <Menu.Item leftSection={<IconPlayerPause size={15} />} onClick={confirmAction}>
      Disable
    </Menu.Item>
  ) : (
    <Menu.Item leftSection={<IconPlayerPlay size={15} />} onClick={() => set(true)}>
      Enable
    </Menu.Item>
  );
}

function DeleteItem({ connection: { id, name } }: Pick<ConnectionProps, 'connection'>) {
  const navigate = useNavigate();
  const { mutateAsync: remove } = useRemoveConnection(id);
  const confirmAction = () =>
    confirm({
      title: `Delete ${name}?`,
      text: 'Its URL stops working, and its secrets and its log are deleted. The records it made stay.',
      action: 'Delete connection',
      onConfirm: () =>
        notifyWhenDone(remove(), () => {
          notifyDone(`${name} deleted`);
          void navigate(paths.connections());
        }),
    });
  return (
    <>
      <Menu.Divider />
      <Menu.Item color="red" leftSection={<IconTrash size={15} />} onClick={confirmAction}>
        Delete connection
      </Menu.Item>
    </>
  );
}
