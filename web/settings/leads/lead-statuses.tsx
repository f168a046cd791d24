import { Button, Skeleton, Text, TextInput, Title } from '@mantine/core';
import { useAddLeadStatus, useLeadStatuses } from '../../api/lead-status-queries.ts';
import { useHasScope } from '../../api/session-queries.ts';
import { useApiForm } from '../../ui/use-api-form.ts';
import { ConvertedStatus } from './converted-status.tsx';
import classes from './lead-settings-page.module.css';
import { LeadStatusMenu } from './lead-status-menu.tsx';

/** The statuses in order: the columns of the board. */
export function LeadStatuses() {
  const statuses = useLeadStatuses();
  const mayWrite = useHasScope('leads:write');
  return (
    <section aria-labelledby="statuses-title">
      <Title order={2} id="statuses-title">
        Statuses
      </Title>
      <Text size="sm" c="dimmed">
        The columns of the board, in order. Each status is open, won or lost.
      </Text>
      {statuses.length === 0 && <Skeleton height={190} mt="sm" />}
      <ul className={classes.options} aria-labelledby="statuses-title">
        {statuses.map((status) => (
          <li key={status.id}>
            <span className={classes.name}>{status.name}</span>
            <Text size="xs" c="dimmed">
              {status.kind}
            </Text>
            {mayWrite && <LeadStatusMenu status={status} count={statuses.length} />}
          </li>
        ))}
      </ul>
      {mayWrite && <AddStatus />}
      <ConvertedStatus statuses={statuses} />
    </section>
  );
}

function AddStatus() {
  const { mutateAsync: add } = useAddLeadStatus();
  const api = useApiForm({ name: '' }, async ({ name }, form) => {
    await add({ name, kind: 'open' });
    form.reset();
  });
  return (
    <form onSubmit={api.onSubmit} className={classes.add}>
      <TextInput
        className={classes.field}
        aria-label="New status"
        placeholder="New status"
        required
        {...api.form.getInputProps('name')}
        error={api.form.errors['name'] ?? api.error?.message}
      />
      <Button type="submit" variant="default" loading={api.busy}>
        Add
      </Button>
    </form>
  );
}
