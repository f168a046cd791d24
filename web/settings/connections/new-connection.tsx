import { Drawer, Text, TextInput, UnstyledButton } from '@mantine/core';
import { IconChevronRight } from '@tabler/icons-react';
import { useQuery } from '@tanstack/react-query';
import { useState } from 'react';
import {
  connectionKindsQuery,
  useCreateConnection,
  type Connection,
  type ConnectionKind,
} from '../../api/connection-queries.ts';
import { FormDrawer } from '../../ui/form-drawer.tsx';
import { useApiForm } from '../../ui/use-api-form.ts';
import {
  ConnectionFields,
  filledIn,
  toConnectionValues,
  type ConnectionValues,
} from './connection-fields.tsx';
import classes from './connections-page.module.css';

interface NewConnectionProps {
  onClose: () => void;
  onCreated: (connection: Connection, kind: ConnectionKind) => void;
}

/** Chooses a kind, then fills in its form. */
export function NewConnection(props: NewConnectionProps) {
  const { data: kinds = [] } = useQuery(connectionKindsQuery);
  const [kind, choose] = useState<ConnectionKind | null>(null);
  if (kind) return <ConnectionForm kind={kind} {...props} />;
  return (
    <Drawer
      opened
      onClose={props.onClose}
      title="New connection"
      closeButtonProps={{ 'aria-label': 'Close' }}
    >
      <ul className={classes.kinds}>
        {kinds.map((item) => (
          <li key={item.name}>
            <UnstyledButton className={classes.kind} onClick={() => choose(item)}>
              <span>
                <Text component="span" display="block" fw={600} size="sm">
                  {item.label}
                </Text>
                <Text component="span" display="block" size="sm" c="dimmed">
                  {item.description}
                </Text>
              </span>
              <IconChevronRight size={16} aria-hidden />
            </UnstyledButton>
          </li>
        ))}
      </ul>
    </Drawer>
  );
}

function ConnectionForm({ kind, onClose, onCreated }: NewConnectionProps & { kind: ConnectionKind }) {
  const { mutateAsync: create } = useCreateConnection();
  const initial = toConnectionValues(kind, kind.label);
  const api = useApiForm<ConnectionValues>(initial, async ({ name, settings, secrets }) =>
    onCreated(
      await create({ kind: kind.name, name, settings: filledIn(settings), secrets: filledIn(secrets) }),
      kind,
    ),
  );
  return (
    <FormDrawer title={`Connect ${kind.label}`} action="Create connection" api={api} onClose={onClose}>
      <Text size="sm" c="dimmed">
        {kind.description} The next page shows the URL and what to do in the other system.
      </Text>
      <TextInput
        label="Name"
        description="To recognize it in the list."
        required
        data-autofocus
        {...api.form.getInputProps('name')}
      />
      <ConnectionFields form={api.form} fields={kind.fields} />
    </FormDrawer>
  );
}
