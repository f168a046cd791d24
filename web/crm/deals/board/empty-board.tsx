import { Button } from '@mantine/core';
import { IconFilterOff, IconPlus } from '@tabler/icons-react';
import { useObjectView } from '../../../record/object-view.ts';
import { EmptyState } from '../../../ui/empty-state.tsx';
import { OBJECT_ICONS } from '../../object-icons.ts';

/** In place of a board without open deals. @param onCreate undefined if the user may not create deals */
export function EmptyBoard({
  pipelineName,
  isFiltered,
  onCreate,
}: {
  /** Null if there is only one pipeline. */
  pipelineName: string | null;
  isFiltered: boolean;
  onCreate: (() => void) | undefined;
}) {
  const { emptyText } = useObjectView('deal');
  const where = pipelineName === null ? '' : ` in ${pipelineName}`;
  if (isFiltered) {
    return (
      <EmptyState icon={IconFilterOff} title={`No matching open deals${where}`}>
        Search matches all words; filters match exact values. Try clearing one.
      </EmptyState>
    );
  }
  return (
    <EmptyState icon={OBJECT_ICONS['deal'] ?? IconPlus} title={`No open deals${where}`}>
      {emptyText}
      {onCreate && (
        <Button leftSection={<IconPlus size={16} />} onClick={onCreate}>
          Add a deal
        </Button>
      )}
    </EmptyState>
  );
}
