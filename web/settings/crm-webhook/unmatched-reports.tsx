import { Text, Title } from '@mantine/core';
import { useInfiniteQuery } from '@tanstack/react-query';
import { useState } from 'react';
import {
  unmatchedActivitiesQuery,
  useMatchActivity,
  type CrmActivity,
} from '../../api/crm-activity-queries.ts';
import { RecordPicker } from '../../record/record-picker.tsx';
import { useObject } from '../../api/object-queries.ts';
import { CodeBlock } from '../../ui/code-block.tsx';
import { columnsFor, DataTable, RowButton, type Column } from '../../ui/data-table.tsx';
import { FormDrawer } from '../../ui/form-drawer.tsx';
import { Moment } from '../../ui/relative-time.tsx';
import { notifyDone } from '../../ui/notify.tsx';
import { useApiForm } from '../../ui/use-api-form.ts';
import classes from './crm-webhook-page.module.css';

const column = columnsFor<CrmActivity>();

function createColumns(open: (report: CrmActivity) => void): Column<CrmActivity>[] {
  return column.columns([
    column.accessor('crm_lead_id', {
      header: 'CRM lead ID',
      cell: ({ row }) => <RowButton onClick={() => open(row.original)}>{row.original.crm_lead_id}</RowButton>,
    }),
    column.accessor('event_type', { header: 'Event', meta: { width: '30%' } }),
    column.accessor('received_at', {
      header: 'Received',
      meta: { width: '9rem' },
      cell: ({ getValue }) => <Moment at={getValue()} />,
    }),
  ]);
}

/** Reports with a CRM lead ID that no lead has. */
export function UnmatchedReports() {
  const list = useInfiniteQuery(unmatchedActivitiesQuery);
  const [opened, open] = useState<CrmActivity | null>(null);
  const [columns] = useState(() => createColumns(open));
  return (
    <section aria-labelledby="unmatched-title">
      <div className={classes.head}>
        <Title order={2} id="unmatched-title">
          Unmatched reports
        </Title>
      </div>
      <DataTable
        label="Unmatched reports"
        columns={columns}
        list={list}
        empty={
          <Text size="sm" c="dimmed" className={classes.none}>
            No unmatched reports
          </Text>
        }
      />
      {opened && <MatchForm report={opened} onClose={() => open(null)} />}
    </section>
  );
}

function MatchForm({ report, onClose }: { report: CrmActivity; onClose: () => void }) {
  const leads = useObject('lead');
  const { mutateAsync: match } = useMatchActivity();
  const initial: { lead_id: string | null } = { lead_id: null };
  const api = useApiForm(initial, async ({ lead_id: leadId }) => {
    if (leadId === null) return;
    await match({ id: report.id, leadId });
    notifyDone('Report added to the lead’s timeline');
    onClose();
  });
  return (
    <FormDrawer title={`Report about ${report.crm_lead_id}`} action="Match" api={api} onClose={onClose}>
      {leads && (
        <RecordPicker
          object={leads}
          label="Lead"
          placeholder="Name, email or phone"
          description="The report is added to the lead’s timeline. To match future reports automatically, set this CRM lead ID on the lead."
          required
          data-autofocus
          {...api.form.getInputProps('lead_id')}
        />
      )}
      <CodeBlock label="Payload" code={JSON.stringify(report.payload, null, 2)} />
    </FormDrawer>
  );
}
