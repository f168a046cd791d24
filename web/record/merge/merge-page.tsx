import { Box, Skeleton } from '@mantine/core';
import { useQuery } from '@tanstack/react-query';
import { useNavigate, useParams, useSearch } from '@tanstack/react-router';
import type { ReactNode } from 'react';
import { duplicatesQuery } from '../../api/merge-queries.ts';
import { inSentence, nounOf, useObjects, type ObjectType } from '../../api/object-queries.ts';
import { queriesOf, type ObjectRecord } from '../../api/record-queries.ts';
import { useHasScope } from '../../api/session-queries.ts';
import { paths } from '../../paths.ts';
import { ErrorPanel } from '../../ui/error-panel.tsx';
import { NotFoundPage } from '../../ui/not-found-page.tsx';
import { PageHeader } from '../../ui/page-header.tsx';
import { TextLink } from '../../ui/router-links.tsx';
import classes from './merge-page.module.css';
import { MergeForm } from './merge-form.tsx';
import { RecordPicker } from '../record-picker.tsx';
import { recordTitle } from '../record-title.ts';
import { sharedValues } from './record-duplicates.tsx';

/** Merges a record with another one: choose it, compare the two, see what will happen. */
export function MergePage() {
  const { plural, id } = useParams({ from: '/inside/$plural/$id/merge' });
  const { with: other } = useSearch({ from: '/inside/$plural/$id/merge' });
  const object = useObjects().find((item) => item.plural === plural);
  const mayWrite = useHasScope(`${plural}:write`);
  if (!object?.mergeable || !mayWrite) return <NotFoundPage />;
  return <LoadedMerge key={`${id} ${other}`} object={object} id={id} otherId={other} />;
}

function LoadedMerge({
  object,
  id,
  otherId,
}: {
  object: ObjectType;
  id: string;
  otherId: string | undefined;
}) {
  const queries = queriesOf(object);
  const first = useQuery(queries.detail(id));
  const second = useQuery({ ...queries.detail(otherId ?? ''), enabled: otherId !== undefined });
  const failed = [first, second].find(({ error, data }) => error && !data);
  const record = first.data;
  if (failed) {
    return (
      <Frame object={object}>
        <ErrorPanel error={failed.error!} retry={() => void failed.refetch()} />
      </Frame>
    );
  }
  if (!record || (otherId !== undefined && !second.data)) {
    return (
      <Frame object={object}>
        <Skeleton height={200} />
      </Frame>
    );
  }
  return (
    <Frame object={object} record={record}>
      <Choice object={object} record={record} otherId={otherId} />
      {second.data && second.data.id !== record.id && (
        <MergeForm object={object} records={[record, second.data]} />
      )}
    </Frame>
  );
}

function Frame({
  object,
  record,
  children,
}: {
  object: ObjectType;
  record?: ObjectRecord;
  children: ReactNode;
}) {
  const label = inSentence(object.plural_label);
  return (
    <>
      <PageHeader
        title={`Merge ${label}`}
        breadcrumb={
          record ? (
            <TextLink {...paths.record(object.plural, record.id)}>{recordTitle(object, record)}</TextLink>
          ) : (
            <TextLink {...paths.records(object.plural)}>{object.plural_label}</TextLink>
          )
        }
        intro={`Two ${label} become one. You can undo a merge for 30 days.`}
      />
      <Box className={classes.body}>{children}</Box>
    </>
  );
}

/** Chooses the other record: one that may be the same, or any. */
function Choice({
  object,
  record,
  otherId,
}: {
  object: ObjectType;
  record: ObjectRecord;
  otherId: string | undefined;
}) {
  const navigate = useNavigate();
  const { data: duplicates = [] } = useQuery(duplicatesQuery(object.plural, record.id));
  const choose = (other: string | undefined) =>
    void navigate({ ...paths.mergeOf(object.plural, record.id, other), replace: true });
  return (
    <div>
      <RecordPicker
        object={object}
        label={`Merge ${recordTitle(object, record)} with`}
        value={otherId ?? null}
        onChange={(id) => choose(id ?? undefined)}
        error={otherId === record.id ? `Choose another ${nounOf(object)}.` : undefined}
        maw="28rem"
      />
      {otherId === undefined && duplicates.length > 0 && (
        <p className={classes.hint}>
          Perhaps the same:{' '}
          {duplicates.slice(0, 5).map((other, at) => (
            <span key={other.id}>
              {at > 0 && ', '}
              <TextLink {...paths.mergeOf(object.plural, record.id, other.id)}>
                {recordTitle(object, other)}
              </TextLink>{' '}
              {sharedValues(object, record, other)}
            </span>
          ))}
        </p>
      )}
    </div>
  );
}
