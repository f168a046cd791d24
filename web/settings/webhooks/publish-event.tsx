import { Button, Group, Modal, Stack, Text } from '@mantine/core';
import { usePublishEvent, type CustomType, type PublishedEvent } from '../../api/custom-type-queries.ts';
import { ErrorPanel } from '../../ui/error-panel.tsx';
import { JsonField } from '../../ui/json-field.tsx';
import { useApiForm } from '../../ui/use-api-form.ts';
import { jsonText, parseJson } from './event-type-form.tsx';

/** Publishes an event of the type; the data defaults to the sample. */
export function PublishEvent({
  type,
  onClose,
  onPublished,
}: {
  type: CustomType;
  onClose: () => void;
  onPublished: (event: PublishedEvent) => void;
}) {
  const { mutateAsync: publish } = usePublishEvent();
  const api = useApiForm({ data: jsonText(type.sample) }, async ({ data }) => {
    const sent = parseJson('data', data) as Record<string, unknown>;
    onPublished(await publish({ type: type.name, data: sent }));
  });
  const { form } = api;
  return (
    <Modal opened onClose={onClose} title="Publish event" size="lg">
      <form onSubmit={api.onSubmit} aria-label="Publish event">
        <Stack>
          {api.error && <ErrorPanel error={api.error} />}
          <Text size="sm" c="dimmed">
            This is a real event: it is added to the feed and sent to all webhooks that subscribe to{' '}
            {type.name}. To test one webhook, use Send test on its page.
          </Text>
          <JsonField
            name="data"
            label="Data"
            value={form.values.data}
            onChange={(text) => form.setFieldValue('data', text)}
            fieldErrors={form.errors['data'] ? api.fieldErrors : []}
          />
          <Group justify="flex-end" gap="xs">
            <Button variant="default" onClick={onClose}>
              Cancel
            </Button>
            <Button type="submit" loading={api.busy}>
              Publish
            </Button>
          </Group>
        </Stack>
      </form>
    </Modal>
  );
}
