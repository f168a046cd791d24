import { Button, Group, Select } from '@mantine/core';
import { IconTrash } from '@tabler/icons-react';
import { useInfiniteQuery } from '@tanstack/react-query';
import { useMemo, useState } from 'react';
import { inSentence, nounOf, useObjects, type ObjectType } from '../../api/object-queries.ts';
import { useScopeCheck } from '../../api/session-queries.ts';
import { trashQuery, useEraseRecord, useRestoreRecord, type DeletedRecord } from '../../api/trash-queries.ts';
import { Actor } from '../../record/actor.tsx';
import { recordTitle } from '../../record/record-title.ts';
import { confirm } from '../../ui/confirm.tsx';
import { columnsFor, DataTable } from '../../ui/data-table.tsx';
import { EmptyState } from '../../ui/empty-state.tsx';
import { FilterBar } from '../../ui/filters.tsx';
import { notifyDone, notifyWhenDone } from '../../ui/notify.tsx';
import { PageHeader } from '../../ui/page-header.tsx';
import { Moment } from '../../ui/relative-time.tsx';

const DAY_MS = 86_400_000;

/** Deleted records, which can be restored for 30 days. */
export function TrashPage() {
  const may = useScopeCheck();
  const objects = useObjects().filter(({ plural }) => may(`${plural}:write`));
  const [key, choose] = useState<string | null>(null);
  const object = objects.find((item) => item.key === key) ?? objects[0];
  return (
    <>
      <PageHeader intro="Deleted records stay here for 30 days. Then their data is erased, and they cannot be restored." />
      <FilterBar>
        <Select
          aria-label="Records"
          w={160}
          data={objects.map((item) => ({ value: item.key, label: item.plural_label }))}
          value={object?.key ?? null}
          onChange={choose}
          allowDeselect={false}
        />
      </FilterBar>
      {object && <TrashTable key={object.key} object={object} />}
    </>
  );
}

const column = columnsFor<DeletedRecord>();

function TrashTable({ object }: { object: ObjectType }) {
  const list = useInfiniteQuery(trashQuery(object.plural));
  const columns = useMemo(
    () =>
      column.columns([
        column.display({
          id: 'title',
          header: 'Name',
          cell: ({ row: { original: record } }) => recordTitle(object, record),
        }),
        column.display({
          id: 'deleted',
          header: 'Deleted',
          meta: { width: '18%' },
          cell: ({ row: { original: record } }) => <Moment at={record.deleted_at} />,
        }),
        column.display({
          id: 'by',
          header: 'By',
          meta: { width: '20%', desktopOnly: true },
          cell: ({ row: { original: record } }) => record.deleted_by && <Actor actor={record.deleted_by} />,
        }),
        column.display({
          id: 'left',
          header: 'Erased in',
          meta: { width: '14%' },
          cell: ({ row: { original: record } }) => daysLeft(record),
        }),
        column.display({
          id: 'actions',
          header: 'Actions',
          meta: { width: '14rem', align: 'right' },
          cell: ({ row: { original: record } }) => <Actions object={object} record={record} />,
        }),
      ]),
    [object],
  );
  return (
    <DataTable
      label={`Deleted ${inSentence(object.plural_label)}`}
      columns={columns}
      list={list}
      empty={
        <EmptyState icon={IconTrash} title={`No deleted ${inSentence(object.plural_label)}`}>
          What you delete can be restored from here.
        </EmptyState>
      }
    />
  );
}

function daysLeft({ restorable_until: until }: DeletedRecord): string {
  if (until === null) return 'Being erased';
  const days = Math.max(0, Math.ceil((Date.parse(until) - Date.now()) / DAY_MS));
  return days === 1 ? '1 day' : `${days} days`;
}

function Actions({ object, record }: { object: ObjectType; record: DeletedRecord }) {
  const { mutateAsync: restore, isPending } = useRestoreRecord(object.plural);
  const { mutateAsync: erase } = useEraseRecord(object.plural);
  const title = recordTitle(object, record);
  if (record.restorable_until === null) return null;
  const confirmErasure = () =>
    confirm({
      title: `Erase this ${nounOf(object)} now?`,
      text: `The data of ${title} is removed from Fairlead within a minute, also from its timeline, its events and the log of its deliveries. Deliveries that still wait are sent first. This cannot be undone.`,
      action: 'Erase now',
      onConfirm: () => notifyWhenDone(erase(record.id), () => notifyDone(`${title} is being erased`)),
    });
  return (
    <Group gap={6} justify="flex-end" wrap="nowrap">
      <Button
        size="xs"
        variant="default"
        loading={isPending}
        onClick={() => notifyWhenDone(restore(record.id), () => notifyDone(`${title} restored`))}
      >
        Restore
      </Button>
      <Button size="xs" variant="subtle" color="red" onClick={confirmErasure}>
        Erase now
      </Button>
    </Group>
  );
}
