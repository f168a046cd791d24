import { Button, Text, Title } from '@mantine/core';
import { useQuery } from '@tanstack/react-query';
import {
  reconciliationsQuery,
  useReconcile,
  type Connection,
  type Reconciliation,
  type ReconciledDifference,
} from '../../api/connection-queries.ts';
import { useObject } from '../../api/object-queries.ts';
import { paths } from '../../paths.ts';
import { numberText } from '../../ui/format.ts';
import { notifyDone, notifyWhenDone } from '../../ui/notify.tsx';
import { Moment } from '../../ui/relative-time.tsx';
import { TextLink } from '../../ui/router-links.tsx';
import classes from './connection-page.module.css';

/** What was read of a provider with a key, and what had been missed. Nothing for other connections. */
export function ConnectionReconciliations({
  connection,
  mayCheck,
}: {
  connection: Connection;
  mayCheck: boolean;
}) {
  const { data = [] } = useQuery(reconciliationsQuery(connection.id));
  const { mutateAsync: reconcile, isPending } = useReconcile(connection.id);
  if (data.length === 0) return null;
  return (
    <section className={classes.reconciliations} aria-labelledby="reconciliations-title">
      <div className={classes.eventsHead}>
        <Title order={2} id="reconciliations-title">
          Checked against the provider
        </Title>
        {mayCheck && (
          <Button
            size="compact-sm"
            variant="default"
            loading={isPending}
            disabled={!connection.active}
            onClick={() => notifyWhenDone(reconcile(), () => notifyDone('The check has started'))}
          >
            Check now
          </Button>
        )}
      </div>
      <ul aria-labelledby="reconciliations-title">
        {data.map(({ id, source, started_at: at, finished_at: end, read_count: read, ...rest }) => (
          <li key={id}>
            <Moment at={at} />: {numberText(read)} {source === 'events' ? 'events' : 'records'} read
            {resultText(end, rest)}
            {rest.error !== null && (
              <Text size="sm" c="var(--mantine-color-error)">
                {rest.error}
              </Text>
            )}
            {rest.differences.length > 0 && <Differences differences={rest.differences} />}
          </li>
        ))}
      </ul>
    </section>
  );
}

/** What came of a reading that has read something. */
function resultText(
  end: string | null,
  {
    error,
    changed_count: changed,
    differences,
  }: Pick<Reconciliation, 'error' | 'changed_count' | 'differences'>,
): string {
  if (end === null) return ', not finished';
  const refused = differences.filter(({ reason }) => reason !== null).length;
  const missed = changed > 0 && `, ${numberText(changed)} had been missed`;
  const left = refused > 0 && `, ${numberText(refused)} cannot be recorded`;
  if (missed || left) return `${missed || ''}${left || ''}`;
  return error === null ? ', nothing had been missed' : ', not completed';
}

function Differences({ differences }: { differences: readonly ReconciledDifference[] }) {
  return (
    <details>
      <summary>Details</summary>
      <ul>
        {differences.map((difference) => (
          <li key={`${difference.type} ${difference.external_id} ${difference.record_id}`}>
            <Difference difference={difference} />
          </li>
        ))}
      </ul>
    </details>
  );
}

function Difference({
  difference: { type, external_id: externalId, record_type: recordType, record_id: recordId, reason },
}: {
  difference: ReconciledDifference;
}) {
  const object = useObject(recordType ?? undefined);
  const text = [type, externalId].filter(Boolean).join(' ');
  return object && recordId !== null ? (
    <TextLink {...paths.record(object.plural, recordId)}>{text}</TextLink>
  ) : (
    [text, reason].filter(Boolean).join(': ')
  );
}
