import { TextInput } from '@mantine/core';
import { useUpdateConnection, type Connection, type ConnectionKind } from '../../api/connection-queries.ts';
import { FormDrawer } from '../../ui/form-drawer.tsx';
import { useApiForm } from '../../ui/use-api-form.ts';
import { ConnectionFields, toConnectionValues, type ConnectionValues } from './connection-fields.tsx';

/** Edits the name and the settings; secrets are rotated instead. */
export function ConnectionForm({
  connection,
  kind,
  onClose,
}: {
  connection: Connection;
  kind: ConnectionKind;
  onClose: () => void;
}) {
  const { mutateAsync: update } = useUpdateConnection(connection.id);
  const fields = kind.fields.filter(({ secret }) => !secret);
  const initial = toConnectionValues(kind, connection.name, connection.settings);
  const api = useApiForm<ConnectionValues>(initial, async ({ name, settings }) => {
    await update({ name, ...(fields.length > 0 && { settings: withNulls(settings) }) });
    onClose();
  });
  return (
    <FormDrawer title="Edit connection" action="Save" api={api} onClose={onClose}>
      <TextInput label="Name" required data-autofocus {...api.form.getInputProps('name')} />
      <ConnectionFields form={api.form} fields={fields} />
    </FormDrawer>
  );
}

/** An emptied setting is removed. */
function withNulls(settings: Record<string, unknown>): Record<string, unknown> {
  return Object.fromEntries(
    Object.entries(settings).map(([name, value]) => [name, value === '' ? null : value]),
  );
}
