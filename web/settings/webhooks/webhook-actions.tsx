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
import { useMay } from '../../api/session-queries.ts';
import {
  useRemoveWebhook,
  useRotateSecret,
  useUpdateWebhook,
  type Webhook,
} from '../../api/webhook-queries.ts';
import { paths } from '../../paths.ts';
import { confirm } from '../../ui/confirm.tsx';
import { tell, tellDone, tellError } from '../../ui/notify.tsx';
import { SendTest } from './send-test.tsx';
import { SigningSecret } from './signing-secret.tsx';
import { WebhookForm } from './webhook-form.tsx';

/** What can be done with a webhook, as far as the session may: a manager rotates secrets and does no more. */
export function WebhookActions({ webhook }: { webhook: Webhook }) {
  const mayManage = useMay('webhooks:manage');
  const mayRotate = useMay('webhooks:rotate');
  const [editing, edit] = useDisclosure();
  const [testing, test] = useDisclosure();
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
            <RotateItem webhook={webhook} onRotated={setRotated} />
            {mayManage && <DeleteItem webhook={webhook} />}
          </Menu.Dropdown>
        </Menu>
      )}
      {editing && <WebhookForm webhook={webhook} onClose={edit.close} onSaved={edit.close} />}
      {testing && <SendTest webhook={webhook} onClose={test.close} />}
      {rotated && <SigningSecret webhook={rotated} onDone={() => setRotated(null)} />}
    </>
  );
}

function PauseItem({ webhook }: { webhook: Webhook }) {
  const { mutateAsync: update } = useUpdateWebhook(webhook.id);
  const Sign = webhook.active ? IconPlayerPause : IconPlayerPlay;
  return (
    <Menu.Item
      leftSection={<Sign size={15} />}
      onClick={() => void update({ active: !webhook.active }).catch(tellError)}
    >
      {webhook.active ? 'Pause' : 'Resume'}
    </Menu.Item>
  );
}

function RotateItem({ webhook, onRotated }: { webhook: Webhook; onRotated: (webhook: Webhook) => void }) {
  const { mutateAsync: rotate } = useRotateSecret(webhook.id);
  const ask = () =>
    confirm({
      title: 'Rotate the signing secret?',
      text:
        webhook.format === 'standard'
          ? 'A new secret is made and shown once. For 24 hours deliveries are signed with the old one, too: change your receiver within that time.'
          : 'A new secret is made and shown once. It replaces the old one at once: change your receiver immediately.',
      action: 'Rotate secret',
      harmless: true,
      onConfirm: () => tell(rotate(), onRotated),
    });
  return (
    <Menu.Item leftSection={<IconRotate size={15} />} onClick={ask}>
      Rotate secret
    </Menu.Item>
  );
}

function DeleteItem({ webhook }: { webhook: Webhook }) {
  const navigate = useNavigate();
  const { mutateAsync: remove } = useRemoveWebhook(webhook.id);
  const ask = () =>
    confirm({
      title: `Delete ${webhook.name}?`,
      text: 'Nothing more is sent to it, and what is waiting is dropped.',
      action: 'Delete webhook',
      onConfirm: () =>
        tell(remove(), () => {
          tellDone(`${webhook.name} was deleted.`);
          void navigate(paths.webhooks());
        }),
    });
  return (
    <>
      <Menu.Divider />
      <Menu.Item color="red" leftSection={<IconTrash size={15} />} onClick={ask}>
        Delete webhook
      </Menu.Item>
    </>
  );
}
