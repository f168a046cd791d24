import { IconHistory } from '@tabler/icons-react';
import { useInfiniteQuery } from '@tanstack/react-query';
import { auditQuery, type AuditLine } from '../api/audit-queries.ts';
import { columnsFor, DataTable } from '../ui/data-table.tsx';
import { EmptyState } from '../ui/empty-state.tsx';
import { fieldLabel } from '../ui/field-label.ts';
import { Moment } from '../ui/relative-time.tsx';
import { PageHeader } from '../ui/page-header.tsx';

const column = columnsFor<AuditLine>();
const COLUMNS = column.columns([
  column.accessor('action', {
    header: 'Action',
    meta: { width: '18rem' },
    cell: ({ getValue }) => <span className="mono">{getValue()}</span>,
  }),
  column.accessor('actor', {
    header: 'Actor',
    meta: { width: '14rem' },
    cell: ({ getValue }) => actorName(getValue()),
  }),
  column.accessor('details', {
    header: 'Details',
    meta: { wraps: true },
    cell: ({ getValue }) => detailText(getValue()),
  }),
  column.accessor('at', {
    header: 'Time',
    meta: { width: '9rem' },
    cell: ({ getValue }) => <Moment at={getValue()} />,
  }),
]);

/** The audit entries of the workspace, newest first. */
export function AuditLogPage() {
  const list = useInfiniteQuery(auditQuery);
  return (
    <>
      <PageHeader intro="Sign-ins and changes to members, keys, webhooks and settings." />
      <DataTable
        label="Audit log"
        columns={COLUMNS}
        list={list}
        empty={<EmptyState icon={IconHistory} title="No entries yet" />}
      />
    </>
  );
}

const KINDS: Readonly<Record<string, string>> = {
  user: 'Former member',
  api_key: 'API key',
  system: 'Fairlead',
  cli: 'Command line',
};

function actorName({ type, name, is_agent: isAgent }: AuditLine['actor']): string {
  if (name === null) return KINDS[type] ?? type;
  if (isAgent) return `Agent ${name}`;
  return type === 'api_key' ? `API key ${name}` : name;
}

function detailText(details: AuditLine['details']): string {
  return Object.entries(details ?? {})
    .filter(([, value]) => value !== null)
    .map(([name, value]) => `${fieldLabel(name)}: ${valueText(value)}`)
    .join(' · ');
}

function valueText(value: unknown): string {
  if (Array.isArray(value)) return value.join(', ');
  return typeof value === 'string' ? value : JSON.stringify(value);
}
