import { ActionIcon, Button, Menu, Skeleton, Stack, Title } from '@mantine/core';
import { useDisclosure } from '@mantine/hooks';
import { IconDots, IconPencil, IconTrash } from '@tabler/icons-react';
import { useQuery } from '@tanstack/react-query';
import { useNavigate } from '@tanstack/react-router';
import type { ReactNode } from 'react';
import { ApiError } from '../api/client.ts';
import { useRemoveRecord, type BaseRecord, type RecordQueries } from '../api/record-queries.ts';
import { useMay } from '../api/session-queries.ts';
import { capitalised } from '../ui/capitalised.ts';
import { CopyText } from '../ui/copy-text.tsx';
import { confirm } from '../ui/confirm.tsx';
import { ErrorPanel } from '../ui/error-panel.tsx';
import { Moment } from '../ui/moment.tsx';
import { tellDone, tellError } from '../ui/notify.tsx';
import { PageHeader } from '../ui/page-header.tsx';
import { Property, PropertyList } from '../ui/property-list.tsx';
import { Actor } from './actor.tsx';
import { fieldLabel } from '../ui/field-label.ts';
import classes from './record-page.module.css';
import { Timeline } from './timeline.tsx';

/** A page about one record: what it holds, what happened to it, and what can be done with it. */
export function RecordPage<R extends BaseRecord, Input extends object>({
  id,
  noun,
  queries,
  above,
  titleOf,
  badge,
  actions,
  progress,
  properties,
  story,
  timeline,
  notes,
  form,
  back,
}: {
  id: string;
  /** In the singular, as in `contact`. */
  noun: string;
  queries: RecordQueries<R, Input>;
  /** The link to the list it stands in. */
  above: ReactNode;
  titleOf: (record: R) => string;
  badge?: (record: R) => ReactNode;
  /** Beside Edit. */
  actions?: (record: R) => ReactNode;
  /** Under its name: where it stands on its way. */
  progress?: (record: R) => ReactNode;
  properties: (record: R) => ReactNode;
  /** Above the timeline. */
  story?: (record: R) => ReactNode;
  /** In its place, where it tells more than what was done here. */
  timeline?: (record: R) => ReactNode;
  /** A long text of it, under its properties. */
  notes?: (record: R) => string | null;
  form: (record: R, close: () => void) => ReactNode;
  /** Goes to the list, after deleting. */
  back: { to: string };
}) {
  const { data: record, error, refetch } = useQuery(queries.one(id));
  const mayWrite = useMay(`${queries.plural}:write`);
  const [editing, edit] = useDisclosure();
  if (error && (!record || (error instanceof ApiError && error.status === 404))) {
    return (
      <>
        <PageHeader title={`This ${noun} cannot be shown`} above={above} />
        <div className={classes.message}>
          <ErrorPanel error={error} retry={() => void refetch()} />
        </div>
      </>
    );
  }
  if (!record) return <Loading noun={noun} above={above} />;
  const text = notes?.(record);

  return (
    <>
      <PageHeader
        title={titleOf(record)}
        above={above}
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
          {story?.(record)}
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
  const removeIt = async () => {
    try {
      await remove(record.id);
      tellDone(`${title} was deleted.`);
      await navigate(back);
    } catch (error) {
      tellError(error as Error);
    }
  };
  const ask = () =>
    confirm({
      title: `Delete this ${noun}?`,
      text: `${title} goes from every list, and the API answers 404. This cannot be undone here.`,
      action: `Delete ${noun}`,
      onConfirm: () => void removeIt(),
    });
  return (
    <Menu>
      <Menu.Target>
        <ActionIcon variant="default" size={32} aria-label="More actions">
          <IconDots size={16} />
        </ActionIcon>
      </Menu.Target>
      <Menu.Dropdown>
        <Menu.Item color="red" leftSection={<IconTrash size={15} />} onClick={ask}>
          Delete {noun}
        </Menu.Item>
      </Menu.Dropdown>
    </Menu>
  );
}

function Loading({ noun, above }: { noun: string; above: ReactNode }) {
  return (
    <>
      <PageHeader title={capitalised(noun)} above={above} />
      <Stack className={classes.message} aria-busy>
        <Skeleton height={12} width="30%" />
        <Skeleton height={12} width="55%" />
        <Skeleton height={12} width="45%" />
      </Stack>
    </>
  );
}
