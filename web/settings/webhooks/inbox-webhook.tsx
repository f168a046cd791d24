import { Button, Group, Modal, Select, Stack, Text, TextInput } from '@mantine/core';
import type { Inbox } from '../../api/inbox-queries.ts';
import { useCreateWebhook, type Webhook } from '../../api/webhook-queries.ts';
import { ErrorPanel } from '../../ui/error-panel.tsx';
import { useApiForm } from '../../ui/use-api-form.ts';
import { FORMATS, hasOneEvent } from './formats.ts';

/** The default event for formats with one event per webhook. */
const FIRST_EVENT = 'contact.created';

/** Creates a webhook that sends to an inbox, with the defaults of the format. */
export function InboxWebhook({
  inbox,
  onClose,
  onCreated,
}: {
  inbox: Inbox;
  onClose: () => void;
  onCreated: (webhook: Webhook) => void;
}) {
  const { mutateAsync: create } = useCreateWebhook();
  const api = useApiForm({ name: inbox.name, format: 'standard' }, async ({ name, format }) => {
    const events = [hasOneEvent(format) ? FIRST_EVENT : '*'];
    onCreated(await create({ name, format, url: inbox.url, events }));
  });
  return (
    <Modal opened onClose={onClose} title="Create webhook">
      <form onSubmit={api.onSubmit} aria-label="Create webhook">
        <Stack>
          {api.error && <ErrorPanel error={api.error} />}
          <TextInput label="Name" required data-autofocus {...api.form.getInputProps('name')} />
          <Select label="Format" data={FORMATS} allowDeselect={false} {...api.form.getInputProps('format')} />
          <Text size="sm" c="dimmed">
            {hasOneEvent(api.form.values.format)
              ? `Subscribes to ${FIRST_EVENT}. You can change the event later.`
              : 'Subscribes to all events of the format. You can change this later.'}
          </Text>
          <Group justify="flex-end" gap="xs">
            <Button variant="default" onClick={onClose}>
              Cancel
            </Button>
            <Button type="submit" loading={api.busy}>
              Create webhook
            </Button>
          </Group>
        </Stack>
      </form>
    </Modal>
  );
}
