import { ActionIcon, Button, Menu, Skeleton, Stack, Title } from '@mantine/core';
import { useDisclosure } from '@mantine/hooks';
import { IconArrowMerge, IconDots, IconPencil, IconTrash } from '@tabler/icons-react';
import { useQuery } from '@tanstack/react-query';
import { Navigate, useNavigate } from '@tanstack/react-router';
import type { ReactNode } from 'react';
import { ApiError } from '../api/client.ts';
import { inSentence, nounOf, useObjects, type ObjectField, type ObjectType } from '../api/object-queries.ts';
import { queriesOf, useRemoveRecord, type BaseRecord, type ObjectRecord } from '../api/record-queries.ts';
import { useHasScope } from '../api/session-queries.ts';
import { useRestoreRecord } from '../api/trash-queries.ts';
import { paths } from '../paths.ts';
import { confirm } from '../ui/confirm.tsx';
import { CopyText } from '../ui/copy-text.tsx';
import { ErrorPanel } from '../ui/error-panel.tsx';
import { fieldLabel } from '../ui/field-label.ts';
import { Moment } from '../ui/relative-time.tsx';
import { notifyDone, notifyError, notifyWhenDone } from '../ui/notify.tsx';
import { PageHeader } from '../ui/page-header.tsx';
import { Property, PropertyList } from '../ui/property-list.tsx';
import { TextLink } from '../ui/router-links.tsx';
import { Actor } from './actor.tsx';
import { propertyFields, shownProps } from './object-fields.ts';
import { MergedRecords } from './merge/merged-records.tsx';
import { useObjectView } from './object-view.ts';
import { RecordForm } from './record-form.tsx';
import classes from './record-page.module.css';
import { RecordPanel } from './record-panel.tsx';
import { RecordTags } from './record-tags.tsx';
import { recordTitle } from './record-title.ts';
import { Timeline } from './timeline.tsx';

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

function LoadedPage({ object, record, breadcrumb }: Shown & { breadcrumb: ReactNode }) {
  const { Badge, Actions, Progress } = useObjectView(object.key);
  const mayWrite = useHasScope(`${object.plural}:write`);
  const [editing, edit] = useDisclosure();
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
      <div className={classes.body}>
        <div className={classes.history}>
          <Panels object={object} record={record} />
          <MergedRecords object={object} record={record} />
          <section aria-labelledby="timeline-title">
            <Title order={2} id="timeline-title" mb="md">
              Timeline
            </Title>
            <Timeline record={record} />
          </section>
        </div>
        <aside className={classes.facts} aria-label={`About this ${nounOf(object)}`}>
          <Properties object={object} record={record} />
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
      {editing && <RecordForm object={object} record={record} onClose={edit.close} onSaved={edit.close} />}
    </>
  );
}

/** The fields, long texts below the others. What only the server sets is left out while it is empty. */
function Properties({ object, record }: Shown) {
  const view = useObjectView(object.key);
  const fields = propertyFields(object, view);
  const isLeftOut = (field: ObjectField) =>
    (field.read_only || view.fields?.[field.key]?.isRare) && shownProps(field, record) === null;
  const properties = fields.filter(({ field }) => field.kind !== 'long_text' && !isLeftOut(field));
  const texts = fields.filter(({ field }) => field.kind === 'long_text');
  return (
    <>
      {properties.length > 0 && (
        <PropertyList label="Properties">
          {properties.map(({ field, Drawn: Value }) => {
            const shown = shownProps(field, record);
            const isTags = field.kind === 'tags' && !field.read_only;
            return (
              <Property key={field.key} name={field.label}>
                {isTags ? <RecordTags object={object} record={record} /> : shown && <Value {...shown} />}
              </Property>
            );
          })}
        </PropertyList>
      )}
      {texts.map(({ field, Drawn: Value }) => {
        const shown = shownProps(field, record);
        return (
          shown && (
            <section key={field.key}>
              <Title order={3} mb={4}>
                {field.label}
              </Title>
              <p className={classes.text}>
                <Value {...shown} />
              </p>
            </section>
          )
        );
      })}
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
  const names = linked.map(({ plural_label: label }) => inSentence(label));
  const list = names.length > 1 ? `${names.slice(0, -1).join(', ')} and ${names.at(-1)!}` : names[0];
  const others = list ? ` Linked ${list} stay. Their link works again after a restore.` : '';
  return `${title} moves to the trash, with the timeline. You can restore it there for 30 days. Then the data is erased.${others}`;
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
