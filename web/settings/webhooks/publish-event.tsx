import { Button, Group, Modal, Stack, Text } from '@mantine/core';
import { usePublishEvent, type CustomType, type PublishedEvent } from '../../api/custom-type-queries.ts';
import { ErrorPanel } from '../../ui/error-panel.tsx';
import { JsonField } from '../../ui/json-field.tsx';
import { useApiForm } from '../../ui/use-api-form.ts';
import { jsonText, sentJson } from './event-type-form.tsx';

/** Publishes an event of the type, as a program would; its data begins as the sample. */
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
    const sent = sentJson('data', data) as Record<string, unknown>;
    onPublished(await publish({ type: type.name, data: sent }));
  });
  const { form } = api;
  return (
    <Modal opened onClose={onClose} title="Publish an event" size="lg">
      <form onSubmit={api.onSubmit} aria-label="Publish an event">
        <Stack>
          {api.error && <ErrorPanel error={api.error} />}
          <Text size="sm" c="dimmed">
            A real one: it is in the feed, and every webhook that wants {type.name} is told. To try a single
            webhook, use Send test on its page.
          </Text>
          <JsonField
            name="data"
            label="Data"
            value={form.values.data}
            onChange={(text) => form.setFieldValue('data', text)}
            refused={form.errors['data'] ? api.refused : []}
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
