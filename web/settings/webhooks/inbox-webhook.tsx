import { Button, Group, Modal, Select, Stack, Text, TextInput } from '@mantine/core';
import type { Inbox } from '../../api/inbox-queries.ts';
import { useCreateWebhook, type Webhook } from '../../api/webhook-queries.ts';
import { ErrorPanel } from '../../ui/error-panel.tsx';
import { useApiForm } from '../../ui/use-api-form.ts';
import { FORMATS, hasOneEvent } from './formats.ts';

/** What a webhook of a format that has one event is told of, to begin with. */
const FIRST_EVENT = 'contact.created';

/** Makes a webhook that posts to an inbox; everything but name and format is as the format has it. */
export function InboxWebhook({
  inbox,
  onClose,
  onMade,
}: {
  inbox: Inbox;
  onClose: () => void;
  onMade: (webhook: Webhook) => void;
}) {
  const { mutateAsync: create } = useCreateWebhook();
  const api = useApiForm({ name: inbox.name, format: 'standard' }, async ({ name, format }) => {
    const events = [hasOneEvent(format) ? FIRST_EVENT : '*'];
    onMade(await create({ name, format, url: inbox.url, events }));
  });
  return (
    <Modal opened onClose={onClose} title="Make a webhook">
      <form onSubmit={api.onSubmit} aria-label="Make a webhook">
        <Stack>
          {api.error && <ErrorPanel error={api.error} />}
          <TextInput label="Name" required data-autofocus {...api.form.getInputProps('name')} />
          <Select label="Format" data={FORMATS} allowDeselect={false} {...api.form.getInputProps('format')} />
          <Text size="sm" c="dimmed">
            {hasOneEvent(api.form.values.format)
              ? `It is told of ${FIRST_EVENT}; another event can be chosen afterwards.`
              : 'It is told of all events of its format; fewer can be chosen afterwards.'}
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
