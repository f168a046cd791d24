import { ActionIcon, Menu } from '@mantine/core';
import { useDisclosure } from '@mantine/hooks';
import { IconAdjustments, IconBan, IconCalendar, IconDots } from '@tabler/icons-react';
import { useRevokeApiKey, useUpdateApiKey, type ApiKey } from '../../api/api-key-queries.ts';
import { useHasScope } from '../../api/session-queries.ts';
import { confirm } from '../../ui/confirm.tsx';
import { FormDrawer } from '../../ui/form-drawer.tsx';
import { notifyWhenDone, notifyDone } from '../../ui/notify.tsx';
import { useApiForm } from '../../ui/use-api-form.ts';
import { AgentLimitsFields, type AgentLimits } from './agent-field.tsx';
import { ExpiryField, toExpiryInput, type Expiry } from './expiry-field.tsx';

/** The actions on a key. Revoking is permanent. */
export function ApiKeyMenu({ apiKey }: { apiKey: ApiKey }) {
  const mayManage = useHasScope('keys:manage');
  const { mutateAsync: revoke } = useRevokeApiKey();
  const [changing, change] = useDisclosure();
  const [limiting, limit] = useDisclosure();
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
          {apiKey.budget && (
            <Menu.Item leftSection={<IconAdjustments size={15} />} onClick={limit.open}>
              Change limits
            </Menu.Item>
          )}
          {/* The access of an app lasts as long as it is used. */}
          {!apiKey.app && (
            <Menu.Item leftSection={<IconCalendar size={15} />} onClick={change.open}>
              Change expiry
            </Menu.Item>
          )}
          <Menu.Item color="red" leftSection={<IconBan size={15} />} onClick={confirmAction}>
            Revoke
          </Menu.Item>
        </Menu.Dropdown>
      </Menu>
      {limiting && apiKey.budget && (
        <LimitsForm apiKey={apiKey} limits={apiKey.budget} onClose={limit.close} />
      )}
      {changing && <ExpiryForm apiKey={apiKey} onClose={change.close} />}
    </>
  );
}

interface LimitsFormProps {
  apiKey: ApiKey;
  limits: AgentLimits;
  onClose: () => void;
}

/** Effective from the next request of the agent. */
function LimitsForm({ apiKey, limits, onClose }: LimitsFormProps) {
  const { mutateAsync: update } = useUpdateApiKey();
  const api = useApiForm({ budget: limits }, async ({ budget }) => {
    await update({ id: apiKey.id, change: { budget } });
    onClose();
  });
  return (
    <FormDrawer title={`Limits of ${apiKey.name}`} action="Save" api={api} onClose={onClose}>
      <AgentLimitsFields
        value={api.form.values.budget}
        onChange={(budget) => api.form.setFieldValue('budget', budget)}
      />
    </FormDrawer>
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
