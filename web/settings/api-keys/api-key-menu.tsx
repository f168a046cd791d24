import { ActionIcon, Menu } from '@mantine/core';
import { useDisclosure } from '@mantine/hooks';
import { IconBan, IconCalendar, IconDots } from '@tabler/icons-react';
import { useRevokeApiKey, useUpdateApiKey, type ApiKey } from '../../api/api-key-queries.ts';
import { useHasScope } from '../../api/session-queries.ts';
import { confirm } from '../../ui/confirm.tsx';
import { FormDrawer } from '../../ui/form-drawer.tsx';
import { notifyWhenDone, notifyDone } from '../../ui/notify.tsx';
import { useApiForm } from '../../ui/use-api-form.ts';
import { ExpiryField, toExpiryInput, type Expiry } from './expiry-field.tsx';

/** The actions on a key. Revoking is permanent. */
export function ApiKeyMenu({ apiKey }: { apiKey: ApiKey }) {
  const mayManage = useHasScope('keys:manage');
  const { mutateAsync: revoke } = useRevokeApiKey();
  const [changing, change] = useDisclosure();
  if (!mayManage || apiKey.state === 'revoked') return null;

  const confirmAction = () =>
    confirm({
      title: `Revoke ${apiKey.name}?`,
      text: 'Requests with this key fail immediately. The key stays in the list and cannot be restored.',
      action: 'Revoke key',
      onConfirm: () => notifyWhenDone(revoke(apiKey.id), () => notifyDone(`${apiKey.name} revoked`)),
    });
  return (
    <>
      <Menu>
        <Menu.Target>
          <ActionIcon variant="subtle" color="gray" aria-label={`Actions for ${apiKey.name}`}>
            <IconDots size={16} />
          </ActionIcon>
        </Menu.Target>
        <Menu.Dropdown>
          <Menu.Item leftSection={<IconCalendar size={15} />} onClick={change.open}>
            Change expiry
          </Menu.Item>
          <Menu.Item color="red" leftSection={<IconBan size={15} />} onClick={confirmAction}>
            Revoke
          </Menu.Item>
        </Menu.Dropdown>
      </Menu>
      {changing && <ExpiryForm apiKey={apiKey} onClose={change.close} />}
    </>
  );
}

function ExpiryForm({ apiKey, onClose }: { apiKey: ApiKey; onClose: () => void }) {
  const { mutateAsync: update } = useUpdateApiKey();
  const initial: Expiry = {
    expires_in_days: apiKey.expires_at === null ? 'never' : 'date',
    expires_at: apiKey.expires_at?.slice(0, 10) ?? null,
  };
  const api = useApiForm(initial, async (chosen) => {
    await update({ id: apiKey.id, change: toExpiryInput(chosen) });
    onClose();
  });
  return (
    <FormDrawer title={`Expiry of ${apiKey.name}`} action="Save" api={api} onClose={onClose}>
      <ExpiryField form={api.form} />
    </FormDrawer>
  );
}
