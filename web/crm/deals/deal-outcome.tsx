import { Button, Group, Modal, Stack, Textarea } from '@mantine/core';
import { useDisclosure } from '@mantine/hooks';
import { IconCheck, IconX } from '@tabler/icons-react';
import { deals, type Deal } from '../../api/deal-queries.ts';
import { useUpdateRecord } from '../../api/record-queries.ts';
import { ErrorPanel } from '../../ui/error-panel.tsx';
import { notifyError } from '../../ui/notify.tsx';
import { useApiForm } from '../../ui/use-api-form.ts';

/** Buttons that mark a deal as won or lost, or reopen it. */
export function DealOutcome({ deal }: { deal: Deal }) {
  const { mutate: update, isPending } = useUpdateRecord(deals);
  const [losing, lose] = useDisclosure();
  const setStatus = (status: Deal['status']) =>
    update({ id: deal.id, version: deal.version, change: { status } }, { onError: notifyError });

  if (deal.status !== 'open') {
    return (
      <Button variant="default" loading={isPending} onClick={() => setStatus('open')}>
        Reopen
      </Button>
    );
  }
  return (
    <>
      <Button
        variant="default"
        leftSection={<IconCheck size={15} />}
        loading={isPending}
        onClick={() => setStatus('won')}
      >
        Won
      </Button>
      <Button variant="default" leftSection={<IconX size={15} />} onClick={lose.open}>
        Lost
      </Button>
      {losing && <LostForm deal={deal} onClose={lose.close} />}
    </>
  );
}

function LostForm({ deal, onClose }: { deal: Deal; onClose: () => void }) {
  const { mutateAsync: update } = useUpdateRecord(deals);
  const api = useApiForm({ lost_reason: deal.lost_reason ?? '' }, async ({ lost_reason: reason }) => {
    await update({ id: deal.id, version: deal.version, change: { status: 'lost', lost_reason: reason } });
    onClose();
  });
  return (
    <Modal opened onClose={onClose} title="Mark as lost">
      <form onSubmit={api.onSubmit}>
        <Stack>
          {api.error && <ErrorPanel error={api.error} />}
          <Textarea
            label="Reason"
            description="Optional. What can we learn from it?"
            data-autofocus
            autosize
            minRows={2}
            {...api.form.getInputProps('lost_reason')}
          />
          <Group justify="flex-end" gap="xs">
            <Button variant="default" onClick={onClose}>
              Cancel
            </Button>
            <Button type="submit" loading={api.busy}>
              Mark as lost
            </Button>
          </Group>
        </Stack>
      </form>
    </Modal>
  );
}
