import { Button, Group, Modal, Select, Stack, Text } from '@mantine/core';
import { useEventNames } from '../../api/event-type-queries.ts';
import { useSendTest, type Webhook } from '../../api/webhook-queries.ts';
import { ErrorPanel } from '../../ui/error-panel.tsx';
import { notifyDone } from '../../ui/notify.tsx';
import { useApiForm } from '../../ui/use-api-form.ts';
import { TEST_EVENT } from './test-event.ts';

/** Sends a test or a sample event; the result shows in the delivery log. */
export function SendTest({ webhook, onClose }: { webhook: Webhook; onClose: () => void }) {
  const names = useEventNames(webhook.format);
  const { mutateAsync: send } = useSendTest(webhook.id);
  const api = useApiForm({ event_type: TEST_EVENT }, async ({ event_type: type }) => {
    const sent = await send(type);
    notifyDone(`${sent.event_type} sent`);
    onClose();
  });
  return (
    <Modal opened onClose={onClose} title="Send test">
      <form onSubmit={api.onSubmit} aria-label="Send test">
        <Stack>
          {api.error && <ErrorPanel error={api.error} />}
          <Select
            label="Event type"
            data={[TEST_EVENT, ...names]}
            allowDeselect={false}
            searchable
            {...api.form.getInputProps('event_type')}
          />
          <Text size="sm" c="dimmed">
            Sends signed sample data once, even if the webhook is paused. Failures are not counted.
          </Text>
          <Group justify="flex-end" gap="xs">
            <Button variant="default" onClick={onClose}>
              Cancel
            </Button>
            <Button type="submit" data-autofocus loading={api.busy}>
              Send test
            </Button>
          </Group>
        </Stack>
      </form>
    </Modal>
  );
}
