import { Button, Group, Modal, Stack, Text, TextInput } from '@mantine/core';
import { useQuery } from '@tanstack/react-query';
import type { Inbox } from '../../api/inbox-queries.ts';
import { webhookFormatsQuery, type WebhookFormat } from '../../api/webhook-format-queries.ts';
import { useCreateWebhook, type Webhook } from '../../api/webhook-queries.ts';
import { ErrorPanel } from '../../ui/error-panel.tsx';
import { useApiForm } from '../../ui/use-api-form.ts';
import { defaultFormat, findFormat, FormatSelect } from './format-select.tsx';

/** The default event for formats with one event per webhook. */
const FIRST_EVENT = 'contact.created';

interface InboxWebhookProps {
  inbox: Inbox;
  onClose: () => void;
  onCreated: (webhook: Webhook) => void;
}

/** Creates a webhook that sends to an inbox, with the defaults of the format. */
export function InboxWebhook(props: InboxWebhookProps) {
  const { data: formats } = useQuery(webhookFormatsQuery);
  return formats && <LoadedForm {...props} formats={formats} />;
}

function LoadedForm({
  inbox,
  onClose,
  onCreated,
  formats,
}: InboxWebhookProps & { formats: readonly WebhookFormat[] }) {
  const { mutateAsync: create } = useCreateWebhook();
  const hasOneEvent = (format: string) => findFormat(formats, format).one_event;
  const initial = { name: inbox.name, format: defaultFormat(formats).name };
  const api = useApiForm(initial, async ({ name, format }) => {
    const events = [hasOneEvent(format) ? FIRST_EVENT : '*'];
    onCreated(await create({ name, format, url: inbox.url, events }));
  });
  return (
    <Modal opened onClose={onClose} title="Create webhook">
      <form onSubmit={api.onSubmit} aria-label="Create webhook">
        <Stack>
          {api.error && <ErrorPanel error={api.error} />}
          <TextInput label="Name" required data-autofocus {...api.form.getInputProps('name')} />
          <FormatSelect label="Format" formats={formats} {...api.form.getInputProps('format')} />
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
