import { Button, Group, Modal, Select, Skeleton, Stack, Text } from '@mantine/core';
import { useQuery } from '@tanstack/react-query';
import { useHasScope } from '../../api/session-queries.ts';
import { webhookFormatsQuery, type WebhookFormat } from '../../api/webhook-format-queries.ts';
import { useRotateSecret, type Webhook } from '../../api/webhook-queries.ts';
import { ErrorPanel } from '../../ui/error-panel.tsx';
import { useApiForm } from '../../ui/use-api-form.ts';
import { hasPrivateKeys, SecretField, sentSecret, type SecretChoice } from './secret-field.tsx';

const OVERLAPS = [
  { value: '0', label: 'Not at all' },
  { value: '3600', label: 'For an hour' },
  { value: '86400', label: 'For 24 hours' },
  { value: '604800', label: 'For 7 days' },
];

interface RotateValues {
  secret_choice: SecretChoice;
  secret: string;
  /** Seconds, as a choice has them. */
  overlap_s: string;
}

interface RotateSecretProps {
  webhook: Webhook;
  onClose: () => void;
  /** The webhook with its new secret, null where it has none from now on. */
  onRotated: (webhook: Webhook) => void;
}

/** Another signing secret in place of the one there is. */
export function RotateSecret(props: RotateSecretProps) {
  const { data: formats } = useQuery(webhookFormatsQuery);
  const format = formats?.find(({ name }) => name === props.webhook.format);
  return (
    <Modal opened onClose={props.onClose} title="Rotate the signing secret">
      {format ? <RotateForm {...props} format={format} /> : <Skeleton height={120} />}
    </Modal>
  );
}

function RotateForm({ webhook, onClose, onRotated, format }: RotateSecretProps & { format: WebhookFormat }) {
  const { mutateAsync: rotate } = useRotateSecret(webhook.id);
  const mayManage = useHasScope('webhooks:manage');
  const api = useApiForm<RotateValues>(
    { secret_choice: webhook.signature === 'v1a' ? 'key' : 'made', secret: '', overlap_s: '86400' },
    async (values) =>
      onRotated(
        await rotate({
          ...sentSecret(values, format),
          ...(format.rotation_overlaps && { overlap_s: Number(values.overlap_s) }),
        }),
      ),
  );
  const made: SecretChoice[] = hasPrivateKeys(format) ? ['made', 'key'] : ['made'];
  const unsigned = mayManage && format.unsigned !== 'never';
  return (
    <form onSubmit={api.onSubmit} aria-label="Rotate the signing secret">
      <Stack>
        {api.error && <ErrorPanel error={api.error} />}
        <SecretField
          form={api.form}
          format={format}
          choices={[...made, 'own', ...(unsigned ? (['none'] as const) : [])]}
        />
        {format.rotation_overlaps && (
          <Select
            label="The old secret goes on signing beside it"
            data={OVERLAPS}
            allowDeselect={false}
            {...api.form.getInputProps('overlap_s')}
          />
        )}
        <Text size="sm" c="dimmed">
          {format.rotation_overlaps && api.form.values.overlap_s !== '0'
            ? 'Change your receiver within that time.'
            : 'It replaces the old one at once: change your receiver immediately.'}
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
