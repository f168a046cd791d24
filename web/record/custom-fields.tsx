import { Title } from '@mantine/core';
import type { ObjectField, ObjectType } from '../api/object-queries.ts';
import type { BaseRecord, ObjectRecord } from '../api/record-queries.ts';
import { shownKind } from '../fields/kinds.ts';
import { fieldLabel } from '../ui/field-label.ts';
import { Property, PropertyList } from '../ui/property-list.tsx';
import { CustomFieldEditor } from './custom-field-editor.tsx';
import { InlineValue } from './inline-field.tsx';

type CustomValue = BaseRecord['custom_fields'][string];

/** The custom fields of a record, each edited in place by an input for values like its own. */
export function CustomFields({ object, record }: { object: ObjectType; record: ObjectRecord }) {
  return (
    <section>
      <Title order={2} mb="xs">
        Custom fields
      </Title>
      <PropertyList label="Custom fields">
        {Object.entries(record.custom_fields).map(([name, value]) => {
          const field = customField(name, value);
          const Value = shownKind(field.kind).Value;
          return (
            <Property key={name} name={field.label}>
              <InlineValue
                object={object}
                label={field.label}
                shown={<Value field={field} value={value} record={record} />}
                editor={(onClose) => (
                  <CustomFieldEditor
                    object={object}
                    record={record}
                    name={name}
                    field={field}
                    onClose={onClose}
                  />
                )}
              />
            </Property>
          );
        })}
      </PropertyList>
    </section>
  );
}

/** A custom field as a field of the kind that its value is like: nothing defines which values it may have. */
function customField(name: string, value: CustomValue): ObjectField {
  return {
    key: 'value',
    label: fieldLabel(name),
    description: '',
    kind: kindOf(value),
    required: false,
    read_only: false,
    computed: false,
    default: null,
    sortable: false,
  };
}

const MAX_LINE = 80;

function kindOf(value: CustomValue): string {
  if (typeof value !== 'string') return typeof value;
  if (/^\d{4}-\d{2}-\d{2}$/.test(value) && !Number.isNaN(Date.parse(value))) return 'date';
  return value.length > MAX_LINE || value.includes('\n') ? 'long_text' : 'text';
}
