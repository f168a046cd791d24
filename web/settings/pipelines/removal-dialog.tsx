import { numberText } from '../../ui/format.ts';
import { Button, Group, Modal, Select, Stack, Text } from '@mantine/core';
import type { Pipeline } from '../../api/pipeline-queries.ts';
import { ErrorPanel } from '../../ui/error-panel.tsx';
import { useApiForm } from '../../ui/use-api-form.ts';

/**
 * Confirms that a stage or a pipeline is deleted, and asks where its deals go.
 * @param deals how many there are; undefined if that is not known
 * @param pipelines those whose stages can take the deals
 */
export function RemovalDialog({
  title,
  action,
  deals,
  pipelines,
  onRemove,
  onClose,
}: {
  title: string;
  action: string;
  deals: number | undefined;
  pipelines: readonly Pipeline[];
  /** @param moveDealsTo a stage, or null if there are no deals */
  onRemove: (moveDealsTo: string | null) => Promise<void>;
  onClose: () => void;
}) {
  const hasDeals = deals !== 0;
  const choices = pipelines.filter(({ stages }) => stages.length > 0);
  const api = useApiForm(
    { move_deals_to: choices[0]?.stages[0]?.id ?? null },
    async ({ move_deals_to: target }) => {
      await onRemove(hasDeals ? target : null);
      onClose();
    },
  );
  return (
    <Modal opened onClose={onClose} title={title} closeButtonProps={{ 'aria-label': 'Close' }}>
      <form onSubmit={api.onSubmit}>
        <Stack>
          {api.error && <ErrorPanel error={api.error} />}
          <Text size="sm">
            {hasDeals
              ? 'Its deals move to another stage first. Webhooks get an event for each of them.'
              : 'It holds no deals.'}
          </Text>
          {hasDeals && (
            <Select
              label={dealsLabel(deals)}
              data={choices.map(({ name, stages }) => ({
                group: name,
                items: stages.map((stage) => ({ value: stage.id, label: stage.name })),
              }))}
              allowDeselect={false}
              required
              data-autofocus
              {...api.form.getInputProps('move_deals_to')}
            />
          )}
          <Group justify="flex-end" gap="xs">
            <Button variant="default" onClick={onClose}>
              Cancel
            </Button>
            <Button type="submit" color="red" loading={api.busy}>
              {action}
            </Button>
          </Group>
        </Stack>
      </form>
    </Modal>
  );
}

function dealsLabel(deals: number | undefined): string {
  if (deals === undefined) return 'Move its deals to';
  return deals === 1 ? 'Move its deal to' : `Move its ${numberText(deals)} deals to`;
}
