import { ActionIcon, Button, Menu, SegmentedControl, Skeleton, Stack, Title } from '@mantine/core';
import { useDisclosure } from '@mantine/hooks';
import { IconArrowMerge, IconDots, IconPencil, IconTrash } from '@tabler/icons-react';
import { useQuery } from '@tanstack/react-query';
import { Navigate, useNavigate } from '@tanstack/react-router';
import { lazy, Suspense, useState, type ReactNode } from 'react';
import { ApiError } from '../api/client.ts';
import { inSentence, nounOf, useObjects, type ObjectType } from '../api/object-queries.ts';
import { queriesOf, useRemoveRecord, type ObjectRecord } from '../api/record-queries.ts';
import { useHasScope } from '../api/session-queries.ts';
import { useRestoreRecord } from '../api/trash-queries.ts';
import { paths } from '../paths.ts';
import { confirm } from '../ui/confirm.tsx';
import { ErrorPanel } from '../ui/error-panel.tsx';
import { notifyDone, notifyError, notifyWhenDone } from '../ui/notify.tsx';
import { PageHeader } from '../ui/page-header.tsx';
import { TextLink } from '../ui/router-links.tsx';
import { ActivityComposer } from './activity-composer.tsx';
import { useObjectView } from './object-view.ts';
import { PinnedNotes } from './pinned-notes.tsx';
import { RecordFacts } from './record-facts.tsx';
import { RecordFormDrawer } from './record-form-drawer.tsx';
import classes from './record-page.module.css';
import { RecordPanel } from './record-panel.tsx';
import { recordTitle } from './record-title.ts';
import { RelatedRecords } from './related-records.tsx';
import { Timeline } from './timeline.tsx';

/** Loaded on demand: few records have any. */
const MergedRecords = lazy(async () => ({
  default: (await import('./merge/merged-records.tsx')).MergedRecords,
}));

/** The page of one record: properties, panels, timeline and actions. */
export function RecordPage({ object, id }: { object: ObjectType; id: string }) {
  const { data: record, error, refetch } = useQuery(queriesOf(object).detail(id));
  const breadcrumb = <TextLink {...paths.records(object.plural)}>{object.plural_label}</TextLink>;
  if (error && (!record || (error instanceof ApiError && error.status === 404))) {
    return (
      <>
        <PageHeader title={`Couldn’t load this ${nounOf(object)}`} breadcrumb={breadcrumb} />
        <div className={classes.message}>
          <ErrorPanel error={error} retry={() => void refetch()} />
        </div>
      </>
    );
  }
  if (!record) return <Loading title={object.label} breadcrumb={breadcrumb} />;
  // The id of a merged record returns the one that it was merged into.
  if (record.id !== id) return <Navigate {...paths.record(object.plural, record.id)} replace />;
  return <LoadedPage object={object} record={record} breadcrumb={breadcrumb} />;
}

interface Shown {
  object: ObjectType;
  record: ObjectRecord;
}

/** The parts of a page; a phone shows one of them at a time. */
const PARTS = { activity: 'Activity', facts: 'Details', related: 'Related' } as const;

type Part = keyof typeof PARTS;

function LoadedPage({ object, record, breadcrumb }: Shown & { breadcrumb: ReactNode }) {
  const { Badge, Actions, Progress } = useObjectView(object.key);
  const mayWrite = useHasScope(`${object.plural}:write`);
  const [editing, edit] = useDisclosure();
  const [part, show] = useState<Part>('activity');
  return (
    <>
      <PageHeader
        title={recordTitle(object, record)}
        breadcrumb={breadcrumb}
        badge={Badge && <Badge record={record} />}
        actions={
          mayWrite && (
            <>
              {Actions && <Actions record={record} />}
              <Button variant="default" leftSection={<IconPencil size={15} />} onClick={edit.open}>
                Edit
              </Button>
              <RecordMenu object={object} record={record} />
            </>
          )
        }
      />
      {Progress && <Progress record={record} />}
      <div className={classes.parts}>
        <SegmentedControl
          fullWidth
          aria-label="Part of the page"
          value={part}
          onChange={show}
          data={Object.entries(PARTS).map(([value, label]) => ({ value: value as Part, label }))}
        />
      </div>
      <div className={classes.body} data-part={part}>
        <aside className={classes.facts} aria-label={`About this ${nounOf(object)}`}>
          <RecordFacts object={object} record={record} />
        </aside>
        <div className={classes.activity}>
          <ActivityComposer object={object} record={record} />
          <Panels object={object} record={record} />
          <PinnedNotes object={object} record={record} />
          {record['merged_ids'] !== undefined && (
            <Suspense>
              <MergedRecords object={object} record={record} />
            </Suspense>
          )}
          <section aria-labelledby="timeline-title">
            <Title order={2} id="timeline-title" mb="md">
              Timeline
            </Title>
            <Timeline record={record} />
          </section>
        </div>
        <div className={classes.related}>
          <RelatedRecords object={object} record={record} />
        </div>
      </div>
      {editing && (
        <RecordFormDrawer object={object} record={record} onClose={edit.close} onSaved={edit.close} />
      )}
    </>
  );
}

function Panels({ object, record }: Shown) {
  const { panels = {} } = useObjectView(object.key);
  return object.panels.map(({ key, label, path }) => {
    const Panel = panels[key];
    return Panel ? (
      <Panel key={key} record={record} />
    ) : (
      <RecordPanel key={key} label={label} path={path.replace('{id}', record.id)} />
    );
  });
}

function RecordMenu({ object, record }: Shown) {
  const navigate = useNavigate();
  const { mutateAsync: remove } = useRemoveRecord(queriesOf(object));
  const { mutateAsync: restore } = useRestoreRecord(object.plural);
  const objects = useObjects();
  const title = recordTitle(object, record);
  const noun = nounOf(object);
  const removeRecord = async () => {
    try {
      await remove(record.id);
      notifyDone(`${title} deleted`, {
        label: 'Undo',
        run: () => notifyWhenDone(restore(record.id), () => notifyDone(`${title} restored`)),
      });
      await navigate(paths.records(object.plural));
    } catch (error) {
      notifyError(error as Error);
    }
  };
  const confirmRemoval = () =>
    confirm({
      title: `Delete this ${noun}?`,
      text: deletionText(object, title, objects),
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
        {object.mergeable && (
          <Menu.Item
            leftSection={<IconArrowMerge size={15} />}
            onClick={() => void navigate(paths.mergeOf(object.plural, record.id))}
          >
            Merge with another {noun}
          </Menu.Item>
        )}
        <Menu.Item color="red" leftSection={<IconTrash size={15} />} onClick={confirmRemoval}>
          Delete {noun}
        </Menu.Item>
      </Menu.Dropdown>
    </Menu>
  );
}

/** What a deletion does, in plain words. @param objects the objects that the session may read */
function deletionText(object: ObjectType, title: string, objects: readonly ObjectType[]): string {
  const linked = objects.filter(({ fields }) => fields.some(({ references }) => references === object.key));
  const [erased, kept] = [true, false].map((isErased) =>
    listText(
      linked
        .filter(({ key }) => (ERASED_WITH_PERSON[object.key]?.includes(key) ?? false) === isErased)
        .map(({ plural_label: label }) => inSentence(label)),
    ),
  );
  const data = erased ? `the data is erased, with linked ${erased}` : 'the data is erased';
  const others = kept ? ` Linked ${kept} stay. Their link works again after a restore.` : '';
  return `${title} moves to the trash, with the timeline. You can restore it there for 30 days. Then ${data}.${others}`;
}

/** What was written to, by and about a person. */
const ERASED_WITH_PERSON: Readonly<Record<string, readonly string[]>> = {
  contact: ['note', 'email', 'message', 'call'],
  lead: ['note', 'message', 'call'],
};

/** As in `deals, tasks and notes`; undefined for none. */
function listText(names: readonly string[]): string | undefined {
  return names.length > 1 ? `${names.slice(0, -1).join(', ')} and ${names.at(-1)!}` : names[0];
}

function Loading({ title, breadcrumb }: { title: string; breadcrumb: ReactNode }) {
  return (
    <>
      <PageHeader title={title} breadcrumb={breadcrumb} />
      <Stack className={classes.message} aria-busy>
        <Skeleton height={12} width="30%" />
        <Skeleton height={12} width="55%" />
        <Skeleton height={12} width="45%" />
      </Stack>
    </>
  );
}
