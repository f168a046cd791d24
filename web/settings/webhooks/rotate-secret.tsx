import { Button, Group, Modal, Select, Skeleton, Stack, Text } from '@mantine/core';
import { useQuery } from '@tanstack/react-query';
import { useHasScope } from '../../api/session-queries.ts';
import { webhookFormatsQuery, type WebhookFormat } from '../../api/webhook-format-queries.ts';
import { useRotateSecret, type Webhook } from '../../api/webhook-queries.ts';
import { ErrorPanel } from '../../ui/error-panel.tsx';
import { useApiForm } from '../../ui/use-api-form.ts';
import { hasPrivateKeys, SecretField, toSecretInput, type SecretChoice } from './secret-field.tsx';

const OVERLAPS = [
  { value: '0', label: 'No overlap' },
  { value: '3600', label: '1 hour' },
  { value: '86400', label: '24 hours' },
  { value: '604800', label: '7 days' },
];

interface RotateValues {
  secret_choice: SecretChoice;
  secret: string;
  /** Seconds, as text. */
  overlap_s: string;
}

interface RotateSecretProps {
  webhook: Webhook;
  onClose: () => void;
  /** Called with the webhook and its new secret; null if it is no longer signed. */
  onRotated: (webhook: Webhook) => void;
}

/** Replaces the signing secret. */
export function RotateSecret(props: RotateSecretProps) {
  const { data: formats } = useQuery(webhookFormatsQuery);
  const format = formats?.find(({ name }) => name === props.webhook.format);
  return (
    <Modal opened onClose={props.onClose} title="Rotate signing secret">
      {format ? <RotateForm {...props} format={format} /> : <Skeleton height={120} />}
    </Modal>
  );
}

function RotateForm({ webhook, onClose, onRotated, format }: RotateSecretProps & { format: WebhookFormat }) {
  const { mutateAsync: rotate } = useRotateSecret(webhook.id);
  const mayManage = useHasScope('webhooks:manage');
  const api = useApiForm<RotateValues>(
    { secret_choice: webhook.signature === 'v1a' ? 'key' : 'generated', secret: '', overlap_s: '86400' },
    async (values) =>
      onRotated(
        await rotate({
          ...toSecretInput(values, format),
          ...(format.rotation_overlaps && { overlap_s: Number(values.overlap_s) }),
        }),
      ),
  );
  const choices: SecretChoice[] = hasPrivateKeys(format) ? ['generated', 'key'] : ['generated'];
  const unsigned = mayManage && format.unsigned !== 'never';
  return (
    <form onSubmit={api.onSubmit} aria-label="Rotate signing secret">
      <Stack>
        {api.error && <ErrorPanel error={api.error} />}
        <SecretField
          form={api.form}
          format={format}
          choices={[...choices, 'custom', ...(unsigned ? (['none'] as const) : [])]}
        />
        {format.rotation_overlaps && (
          <Select
            label="Keep signing with the old secret"
            data={OVERLAPS}
            allowDeselect={false}
            {...api.form.getInputProps('overlap_s')}
          />
        )}
        <Text size="sm" c="dimmed">
          {format.rotation_overlaps && api.form.values.overlap_s !== '0'
            ? 'Update your receiver within this time.'
            : 'The old secret stops working immediately. Update your receiver now.'}
        </Text>
        <Group justify="flex-end" gap="xs">
          <Button variant="default" onClick={onClose}>
            Cancel
          </Button>
          <Button type="submit" data-autofocus loading={api.busy}>
            Rotate secret
          </Button>
        </Group>
      </Stack>
    </form>
  );
}
