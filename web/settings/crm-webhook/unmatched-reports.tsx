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
import { Moment } from '../../ui/moment.tsx';
import { notifyDone } from '../../ui/notify.tsx';
import { useApiForm } from '../../ui/use-api-form.ts';
import classes from './crm-webhook-page.module.css';

const column = columnsFor<CrmActivity>();

function columnsWith(open: (report: CrmActivity) => void): Column<CrmActivity>[] {
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

/** What was reported of a lead that is not known here under that id. */
export function UnmatchedReports() {
  const list = useInfiniteQuery(unmatchedActivitiesQuery);
  const [opened, open] = useState<CrmActivity | null>(null);
  const [columns] = useState(() => columnsWith(open));
  return (
    <section aria-labelledby="unmatched-title">
      <div className={classes.head}>
        <Title order={2} id="unmatched-title">
          Reports without a lead
        </Title>
      </div>
      <DataTable
        label="Reports without a lead"
        columns={columns}
        list={list}
        empty={
          <Text size="sm" c="dimmed" className={classes.none}>
            Every report found its lead.
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
    notifyDone('The report stands in the lead’s timeline now.');
    onClose();
  });
  return (
    <FormDrawer title={`Report of ${report.crm_lead_id}`} action="Match" api={api} onClose={onClose}>
      {leads && (
        <RecordPicker
          object={leads}
          label="Lead"
          placeholder="Name, email or phone"
          description="This report goes into its timeline. To have the next ones find it by themselves, give the lead this CRM lead ID."
          required
          data-autofocus
          {...api.form.getInputProps('lead_id')}
        />
      )}
      <CodeBlock label="What was sent" code={JSON.stringify(report.payload, null, 2)} />
    </FormDrawer>
  );
}
