import { ActionIcon, Button, Menu, Skeleton, Stack, Title } from '@mantine/core';
import { useDisclosure } from '@mantine/hooks';
import { IconDots, IconPencil, IconTrash } from '@tabler/icons-react';
import { useQuery } from '@tanstack/react-query';
import { useNavigate } from '@tanstack/react-router';
import type { ReactNode } from 'react';
import { ApiError } from '../api/client.ts';
import { useRemoveRecord, type BaseRecord, type RecordQueries } from '../api/record-queries.ts';
import { useHasScope } from '../api/session-queries.ts';
import { capitalised } from '../ui/capitalised.ts';
import { CopyText } from '../ui/copy-text.tsx';
import { confirm } from '../ui/confirm.tsx';
import { ErrorPanel } from '../ui/error-panel.tsx';
import { Moment } from '../ui/moment.tsx';
import { notifyDone, notifyError } from '../ui/notify.tsx';
import { PageHeader } from '../ui/page-header.tsx';
import { Property, PropertyList } from '../ui/property-list.tsx';
import { Actor } from './actor.tsx';
import { fieldLabel } from '../ui/field-label.ts';
import classes from './record-page.module.css';
import { Timeline } from './timeline.tsx';

/** The page of one record: properties, timeline and actions. */
export function RecordPage<R extends BaseRecord, Input extends object>({
  id,
  noun,
  queries,
  breadcrumb,
  titleOf,
  badge,
  actions,
  progress,
  properties,
  panels,
  timeline,
  notes,
  form,
  back,
}: {
  id: string;
  /** Singular, as in `contact`. */
  noun: string;
  queries: RecordQueries<R, Input>;
  /** The link to its list. */
  breadcrumb: ReactNode;
  titleOf: (record: R) => string;
  badge?: (record: R) => ReactNode;
  /** Buttons before Edit. */
  actions?: (record: R) => ReactNode;
  /** Below the title, such as a stage bar. */
  progress?: (record: R) => ReactNode;
  properties: (record: R) => ReactNode;
  /** Above the timeline. */
  panels?: (record: R) => ReactNode;
  /** Replaces the default timeline. */
  timeline?: (record: R) => ReactNode;
  /** A long text below the properties. */
  notes?: (record: R) => string | null;
  form: (record: R, close: () => void) => ReactNode;
  /** Where to go after deleting. */
  back: { to: string };
}) {
  const { data: record, error, refetch } = useQuery(queries.detail(id));
  const mayWrite = useHasScope(`${queries.plural}:write`);
  const [editing, edit] = useDisclosure();
  if (error && (!record || (error instanceof ApiError && error.status === 404))) {
    return (
      <>
        <PageHeader title={`Couldn’t load this ${noun}`} breadcrumb={breadcrumb} />
        <div className={classes.message}>
          <ErrorPanel error={error} retry={() => void refetch()} />
        </div>
      </>
    );
  }
  if (!record) return <Loading noun={noun} breadcrumb={breadcrumb} />;
  const text = notes?.(record);

  return (
    <>
      <PageHeader
        title={titleOf(record)}
        breadcrumb={breadcrumb}
        badge={badge?.(record)}
        actions={
          mayWrite && (
            <>
              {actions?.(record)}
              <Button variant="default" leftSection={<IconPencil size={15} />} onClick={edit.open}>
                Edit
              </Button>
              <RecordMenu record={record} noun={noun} title={titleOf(record)} queries={queries} back={back} />
            </>
          )
        }
      />
      {progress?.(record)}
      <div className={classes.body}>
        <div className={classes.history}>
          {panels?.(record)}
          <section aria-labelledby="timeline-title">
            <Title order={2} id="timeline-title" mb="md">
              Timeline
            </Title>
            {timeline ? timeline(record) : <Timeline recordId={id} />}
          </section>
        </div>
        <aside className={classes.facts} aria-label={`About this ${noun}`}>
          <PropertyList label="Properties">{properties(record)}</PropertyList>
          {text && (
            <section>
              <Title order={3} mb={4}>
                Notes
              </Title>
              <p className={classes.notes}>{text}</p>
            </section>
          )}
          <CustomFields fields={record.custom_fields} />
          <PropertyList label="Record">
            <Property name="Created">
              <Moment at={record.created_at} /> by <Actor actor={record.created_by} />
            </Property>
            <Property name="Updated">
              <Moment at={record.updated_at} />
            </Property>
            <Property name="ID">
              <CopyText text={record.id} />
            </Property>
          </PropertyList>
        </aside>
      </div>
      {editing && form(record, edit.close)}
    </>
  );
}

function CustomFields({ fields }: { fields: BaseRecord['custom_fields'] }) {
  const entries = Object.entries(fields);
  if (entries.length === 0) return null;
  return (
    <section>
      <Title order={3} mb="xs">
        Custom fields
      </Title>
      <PropertyList label="Custom fields">
        {entries.map(([name, value]) => (
          <Property key={name} name={fieldLabel(name)}>
            {typeof value === 'boolean' ? (value ? 'Yes' : 'No') : String(value)}
          </Property>
        ))}
      </PropertyList>
    </section>
  );
}

function RecordMenu<R extends BaseRecord, Input extends object>({
  record,
  noun,
  title,
  queries,
  back,
}: {
  record: R;
  noun: string;
  title: string;
  queries: RecordQueries<R, Input>;
  back: { to: string };
}) {
  const navigate = useNavigate();
  const { mutateAsync: remove } = useRemoveRecord(queries);
  const removeRecord = async () => {
    try {
      await remove(record.id);
      notifyDone(`${title} deleted`);
      await navigate(back);
    } catch (error) {
      notifyError(error as Error);
    }
  };
  const confirmRemoval = () =>
    confirm({
      title: `Delete this ${noun}?`,
      text: `${title} is removed from all lists, and the API returns 404 for it. This cannot be undone.`,
      action: `Delete ${noun}`,
      onConfirm: () => void removeRecord(),
    });
  return (
    <Menu>
      <Menu.Target>
        <ActionIcon variant="default" size={32} aria-label="More actions">
          <IconDots size={16} />
        </ActionIcon>
      </Menu.Target>
      <Menu.Dropdown>
        <Menu.Item color="red" leftSection={<IconTrash size={15} />} onClick={confirmRemoval}>
          Delete {noun}
        </Menu.Item>
      </Menu.Dropdown>
    </Menu>
  );
}

function Loading({ noun, breadcrumb }: { noun: string; breadcrumb: ReactNode }) {
  return (
    <>
      <PageHeader title={capitalised(noun)} breadcrumb={breadcrumb} />
      <Stack className={classes.message} aria-busy>
        <Skeleton height={12} width="30%" />
        <Skeleton height={12} width="55%" />
        <Skeleton height={12} width="45%" />
      </Stack>
    </>
  );
}
