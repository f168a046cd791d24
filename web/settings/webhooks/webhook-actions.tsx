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
import { lazy, Suspense, useState } from 'react';
import { useHasScope } from '../../api/session-queries.ts';
import { useRemoveWebhook, useUpdateWebhook, type Webhook } from '../../api/webhook-queries.ts';
import { paths } from '../../paths.ts';
import { confirm } from '../../ui/confirm.tsx';
import { notifyWhenDone, notifyDone, notifyError } from '../../ui/notify.tsx';
import { SigningSecret } from './signing-secret.tsx';

const RotateSecret = lazy(async () => ({ default: (await import('./rotate-secret.tsx')).RotateSecret }));
const SendTest = lazy(async () => ({ default: (await import('./send-test.tsx')).SendTest }));
const WebhookForm = lazy(async () => ({ default: (await import('./webhook-form.tsx')).WebhookForm }));

/** The actions on a webhook that the session may take. A manager may only rotate secrets. */
export function WebhookActions({ webhook }: { webhook: Webhook }) {
  const mayManage = useHasScope('webhooks:manage');
  const mayRotate = useHasScope('webhooks:rotate');
  const [editing, edit] = useDisclosure();
  const [testing, test] = useDisclosure();
  const [rotating, rotate] = useDisclosure();
  const [rotated, setRotated] = useState<Webhook | null>(null);

  return (
    <>
      {mayManage && (
        <>
          <Button variant="default" visibleFrom="sm" onClick={test.open}>
            Send test
          </Button>
          <Button variant="default" leftSection={<IconPencil size={15} />} onClick={edit.open}>
            Edit
          </Button>
        </>
      )}
      {(mayManage || mayRotate) && (
        <Menu>
          <Menu.Target>
            <ActionIcon variant="default" size={32} aria-label="More actions">
              <IconDots size={16} />
            </ActionIcon>
          </Menu.Target>
          <Menu.Dropdown>
            {mayManage && (
              <Menu.Item hiddenFrom="sm" onClick={test.open}>
                Send test
              </Menu.Item>
            )}
            {mayManage && <PauseItem webhook={webhook} />}
            <Menu.Item leftSection={<IconRotate size={15} />} onClick={rotate.open}>
              Rotate secret
            </Menu.Item>
            {mayManage && <DeleteItem webhook={webhook} />}
          </Menu.Dropdown>
        </Menu>
      )}
      <Suspense>
        {editing && <WebhookForm webhook={webhook} onClose={edit.close} onSaved={edit.close} />}
        {testing && <SendTest webhook={webhook} onClose={test.close} />}
        {rotating && (
          <RotateSecret
            webhook={webhook}
            onClose={rotate.close}
            onRotated={(changed) => {
              rotate.close();
              if (changed.secret) setRotated(changed);
              else notifyDone('Deliveries are now unsigned');
            }}
          />
        )}
      </Suspense>
      {rotated && <SigningSecret webhook={rotated} onDone={() => setRotated(null)} />}
    </>
  );
}

function PauseItem({ webhook }: { webhook: Webhook }) {
  const { mutateAsync: update } = useUpdateWebhook(webhook.id);
  const Icon = webhook.active ? IconPlayerPause : IconPlayerPlay;
  return (
    <Menu.Item
      leftSection={<Icon size={15} />}
      onClick={() => void update({ active: !webhook.active }).catch(notifyError)}
    >
      {webhook.active ? 'Pause' : 'Resume'}
    </Menu.Item>
  );
}

function DeleteItem({ webhook }: { webhook: Webhook }) {
  const navigate = useNavigate();
  const { mutateAsync: remove } = useRemoveWebhook(webhook.id);
  const confirmAction = () =>
    confirm({
      title: `Delete ${webhook.name}?`,
      text: 'Deliveries stop, and pending deliveries are dropped.',
      action: 'Delete webhook',
      onConfirm: () =>
        notifyWhenDone(remove(), () => {
          notifyDone(`${webhook.name} deleted`);
          void navigate(paths.webhooks());
        }),
    });
  return (
    <>
      <Menu.Divider />
      <Menu.Item color="red" leftSection={<IconTrash size={15} />} onClick={confirmAction}>
        Delete webhook
      </Menu.Item>
    </>
  );
}
