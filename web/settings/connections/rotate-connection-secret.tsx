import { PasswordInput, Select, Text } from '@mantine/core';
import {
  useRotateConnectionSecret,
  type Connection,
  type ConnectionKind,
} from '../../api/connection-queries.ts';
import { FormDrawer } from '../../ui/form-drawer.tsx';
import { useApiForm } from '../../ui/use-api-form.ts';

const OVERLAPS = [
  { value: '0', label: 'Not at all' },
  { value: '3600', label: '1 hour' },
  { value: '86400', label: '24 hours' },
  { value: '604800', label: '7 days' },
];

/** Replaces a secret of a connection. */
export function RotateConnectionSecret({
  connection,
  kind,
  onClose,
  onRotated,
}: {
  connection: Connection;
  kind: ConnectionKind;
  onClose: () => void;
  onRotated: (connection: Connection) => void;
}) {
  const { mutateAsync: rotate } = useRotateConnectionSecret(connection.id);
  const secrets = kind.fields.filter(({ secret }) => secret);
  const initial = { name: secrets[0]?.name ?? '', secret: '', overlap_s: '86400' };
  const api = useApiForm(initial, async ({ name, secret, overlap_s: overlap }) =>
    onRotated(await rotate({ name, overlap_s: Number(overlap), ...(secret !== '' && { secret }) })),
  );
  const { values, getInputProps } = api.form;
  const field = secrets.find(({ name }) => name === values.name);
  return (
    <FormDrawer title="Rotate secret" action="Rotate secret" api={api} onClose={onClose}>
      {secrets.length > 1 && (
        <Select
          label="Secret"
          data={secrets.map(({ name, label }) => ({ value: name, label }))}
          allowDeselect={false}
          {...getInputProps('name')}
        />
      )}
      <PasswordInput
        label={`New ${field?.label.toLowerCase() ?? 'secret'}`}
        description={field?.generated ? 'Leave empty to generate one.' : field?.description}
        required={field?.generated !== true}
        autoComplete="off"
        visibilityToggleButtonProps={{ 'aria-label': 'Show secret' }}
        {...getInputProps('secret')}
      />
      <Select
        label="Accept the old one for"
        data={OVERLAPS}
        allowDeselect={false}
        {...getInputProps('overlap_s')}
      />
      <Text size="sm" c="dimmed">
        {values.overlap_s === '0'
          ? 'The old secret stops working immediately. Change it in the other system now.'
          : 'Change it in the other system within this time.'}
      </Text>
    </FormDrawer>
  );
}
