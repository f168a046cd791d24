import { Button, Group, PasswordInput, Stack, TextInput, Title } from '@mantine/core';
import { useDisclosure } from '@mantine/hooks';
import {
  useRotateConnectionSecret,
  useUpdateConnection,
  type Connection,
  type ConnectionField,
  type ConnectionKind,
} from '../../api/connection-queries.ts';
import { useHasScope } from '../../api/session-queries.ts';
import { capitalised } from '../../ui/capitalised.ts';
import { ErrorPanel } from '../../ui/error-panel.tsx';
import { notifyDone } from '../../ui/notify.tsx';
import { useApiForm } from '../../ui/use-api-form.ts';
import classes from './connection-page.module.css';

/** What the other system shows only once it has the URL: asked for until the first event has been verified. */
export function ConnectionSetup({ connection, kind }: { connection: Connection; kind: ConnectionKind }) {
  const mayManage = useHasScope('connections:manage');
  const [showsAll, showAll] = useDisclosure();
  const fields = kind.fields.filter((field) => isMissing(field, connection));
  const isUnproven = connection.state === 'waiting' || connection.state === 'failing';
  if (!mayManage || !isUnproven || fields.length === 0) return null;
  return (
    <section aria-labelledby="setup-title" className={classes.setup}>
      <Title order={2} id="setup-title">
        From the other system
      </Title>
      {fields.slice(0, showsAll ? undefined : 1).map((field) => (
        <SetupField key={field.name} connection={connection} field={field} />
      ))}
      {!showsAll && fields.length > 1 && (
        <Button variant="subtle" size="compact-sm" ml={-7} onClick={showAll.open}>
          {fields.length === 2 ? `${fields[1]?.label}…` : 'More fields…'}
        </Button>
      )}
    </section>
  );
}

/** Whether the other system may have a value for it. The API does not say which secrets are set. */
function isMissing({ name, kind, secret, generated }: ConnectionField, { settings }: Connection): boolean {
  const value = settings[name];
  return secret ? !generated : kind === 'text' && (value === undefined || value === null || value === '');
}

function SetupField({ connection, field }: { connection: Connection; field: ConnectionField }) {
  const { name, label, description, secret: isSecret } = field;
  const { mutateAsync: rotate } = useRotateConnectionSecret(connection.id);
  const { mutateAsync: update } = useUpdateConnection(connection.id);
  const api = useApiForm({ [name]: '' }, async (values, form) => {
    const value = (values[name] ?? '').trim();
    if (value === '') return;
    await (isSecret
      ? rotate({ name, secret: value, overlap_s: 0 })
      : update({ settings: { [name]: value } }));
    notifyDone(`${label} saved`);
    form.reset();
  });
  const input = { label, description, autoComplete: 'off', ...api.form.getInputProps(name) };
  // The API names the value by its place in the request.
  const [failed] = api.fieldErrors;
  const problem = failed && `${capitalised(failed.message)}.`;
  return (
    <form onSubmit={api.onSubmit}>
      <Stack gap="xs">
        {api.error && problem === undefined && <ErrorPanel error={api.error} />}
        <Group gap="xs" align="flex-end" wrap="nowrap">
          {isSecret ? (
            <PasswordInput
              {...input}
              error={input.error ?? problem}
              className={classes.value ?? ''}
              visibilityToggleButtonProps={{ 'aria-label': `Show ${label.toLowerCase()}` }}
            />
          ) : (
            <TextInput {...input} error={input.error ?? problem} className={classes.value ?? ''} />
          )}
          <Button type="submit" variant="default" loading={api.busy}>
            Save
          </Button>
        </Group>
      </Stack>
    </form>
  );
}
