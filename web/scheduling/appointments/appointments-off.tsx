import { Alert, Text } from '@mantine/core';
import { IconDatabaseOff } from '@tabler/icons-react';
import { useQuery } from '@tanstack/react-query';
import { appointmentSettingsQuery } from '../../api/appointment-queries.ts';
import { CodeBlock } from '../../ui/code-block.tsx';
import classes from './appointment-page.module.css';

/** What to do where the database lacks what appointments need. Nothing where they are on. */
export function AppointmentsOff() {
  const { data } = useQuery(appointmentSettingsQuery);
  if (!data || data.enabled) return null;
  return (
    <div className={classes.notice}>
      <Alert color="yellow" icon={<IconDatabaseOff size={18} />} title="Appointments are off" role="alert">
        <Text size="sm" mb="sm">
          The database lacks the extension btree_gist. Without it, one time could be booked twice. Ask the
          administrator of the database to run this; appointments then turn on by themselves:
        </Text>
        <CodeBlock label="SQL" code={data.sql ?? ''} />
      </Alert>
    </div>
  );
}
