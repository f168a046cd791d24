import { Title } from '@mantine/core';
import { lazy, Suspense } from 'react';
import { nounOf, useObjects, type ObjectField, type ObjectType } from '../api/object-queries.ts';
import type { ObjectRecord } from '../api/record-queries.ts';
import { CopyText } from '../ui/copy-text.tsx';
import { Property, PropertyList } from '../ui/property-list.tsx';
import { Moment } from '../ui/relative-time.tsx';
import { Actor } from './actor.tsx';
import { InlineField } from './inline-field.tsx';
import { factFields, shownProps } from './object-fields.ts';
import { useObjectView } from './object-view.ts';
import classes from './record-page.module.css';
import { RecordTags } from './record-tags.tsx';

/** Loaded on demand: many records have none. */
const CustomFields = lazy(async () => ({ default: (await import('./custom-fields.tsx')).CustomFields }));

/** The fields of a record, each edited in place; long texts below the others. */
export function RecordFacts({ object, record }: { object: ObjectType; record: ObjectRecord }) {
  return (
    <>
      <Fields object={object} record={record} />
      {Object.keys(record.custom_fields).length > 0 && (
        <Suspense>
          <CustomFields object={object} record={record} />
        </Suspense>
      )}
      <section>
        <Title order={2} mb="xs">
          Record
        </Title>
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
      </section>
    </>
  );
}

/** What only the server sets is left out while it is empty. */
function Fields({ object, record }: { object: ObjectType; record: ObjectRecord }) {
  const view = useObjectView(object.key);
  const objects = useObjects();
  const isShown = (field: ObjectField) => {
    const own = view.fields?.[field.key];
    const isOptional = (field.read_only || own?.isRare) && shownProps(field, record) === null;
    return !isOptional && (own?.isShown?.(record) ?? true);
  };
  const fields = factFields(object, view, objects).filter(({ field }) => isShown(field));
  const texts = fields.filter(({ field }) => field.kind === 'long_text');
  const others = fields.filter(({ field }) => field.kind !== 'long_text');
  return (
    <>
      <section>
        <Title order={2} mb="xs">
          About this {nounOf(object)}
        </Title>
        <PropertyList label="Properties">
          {others.map(({ field, Drawn: Value }) => (
            <Property key={field.key} name={field.label}>
              {field.kind === 'tags' && !field.read_only ? (
                <RecordTags object={object} record={record} />
              ) : (
                <InlineField object={object} record={record} field={field} Value={Value} />
              )}
            </Property>
          ))}
        </PropertyList>
      </section>
      {texts.map(({ field, Drawn: Value }) => (
        <section key={field.key}>
          <Title order={2} mb={4}>
            {field.label}
          </Title>
          <div className={classes.text}>
            <InlineField object={object} record={record} field={field} Value={Value} />
          </div>
        </section>
      ))}
    </>
  );
}
