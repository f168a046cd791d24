import { Autocomplete, Button, Group, Modal, Stack } from '@mantine/core';
import { useQuery } from '@tanstack/react-query';
import { lostReasonsQuery, type Deal } from '../../api/deal-queries.ts';
import { ErrorPanel } from '../../ui/error-panel.tsx';
import { useApiForm } from '../../ui/use-api-form.ts';

/**
 * Asks why a deal is lost, and suggests the reasons of others.
 * @param onLost marks it as lost; its errors are shown here if it rejects
 */
export function LostForm({
  deal,
  onLost,
  onClose,
}: {
  deal: Pick<Deal, 'name'>;
  onLost: (reason: string | null) => Promise<unknown> | void;
  onClose: () => void;
}) {
  const { data: reasons = [] } = useQuery(lostReasonsQuery);
  const api = useApiForm({ lost_reason: '' }, async ({ lost_reason: reason }) => {
    await onLost(reason.trim() || null);
    onClose();
  });
  return (
    <Modal
      opened
      onClose={onClose}
      title={`Mark ${deal.name} as lost`}
      closeButtonProps={{ 'aria-label': 'Close' }}
    >
      <form onSubmit={api.onSubmit}>
        <Stack>
          {api.error && <ErrorPanel error={api.error} />}
          <Autocomplete
            label="Reason"
            description="Optional. What can we learn from it?"
            data={reasons}
            maxLength={1000}
            data-autofocus
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
