import { Button, Group, Modal, Select, Stack, TextInput } from '@mantine/core';
import type { BulkOutcome } from '../api/bulk-queries.ts';
import { fieldOf, useObject } from '../api/object-queries.ts';
import { useAssess, type UnitResult } from '../api/training-queries.ts';
import { ErrorPanel } from '../ui/error-panel.tsx';
import { useApiForm } from '../ui/use-api-form.ts';

const EMPTY = { unit_name: '', unit_code: '', status: 'competent', outcome_code: '' };

/** Gives several enrolments the same result in one unit. */
export function AssessForm({
  ids,
  onClose,
  onDone,
}: {
  ids: readonly string[];
  onClose: () => void;
  onDone: (outcome: BulkOutcome) => void;
}) {
  const { mutateAsync: assess } = useAssess();
  const assessment = useObject('assessment');
  const counted = `${ids.length} ${ids.length === 1 ? 'person' : 'people'}`;
  const api = useApiForm(
    EMPTY,
    async ({ unit_name: name, unit_code: code, status, outcome_code: outcome }) => {
      const result: UnitResult = {
        unit_name: name.trim(),
        unit_code: code.trim() || null,
        status: status as UnitResult['status'],
        outcome_code: outcome.trim() || null,
      };
      onDone(await assess({ ids, result }));
    },
  );
  const { form } = api;
  return (
    <Modal opened onClose={onClose} title={`Assess ${counted}`} closeButtonProps={{ 'aria-label': 'Close' }}>
      <form onSubmit={api.onSubmit}>
        <Stack>
          {api.error && <ErrorPanel error={api.error} />}
          <TextInput
            label="Unit"
            description="People who have an assessment of the unit keep it, with the new result."
            maxLength={200}
            required
            data-autofocus
            {...form.getInputProps('unit_name')}
          />
          <Group grow align="flex-start">
            <TextInput label="Unit code" maxLength={60} {...form.getInputProps('unit_code')} />
            <TextInput label="Outcome code" maxLength={20} {...form.getInputProps('outcome_code')} />
          </Group>
          <Select
            label="Result"
            data={assessment ? (fieldOf(assessment, 'status')?.options ?? []) : []}
            allowDeselect={false}
            {...form.getInputProps('status')}
          />
          <Group justify="flex-end" gap="xs">
            <Button variant="default" onClick={onClose}>
              Cancel
            </Button>
            <Button type="submit" loading={api.busy}>
              Assess {counted}
            </Button>
          </Group>
        </Stack>
      </form>
    </Modal>
  );
}
