import { Button, Skeleton, Text, TextInput, Title } from '@mantine/core';
import { useInfiniteQuery } from '@tanstack/react-query';
import { leadOptionsQuery, useAddLeadOption, type LeadOptionKind } from '../../api/lead-option-queries.ts';
import { useHasScope } from '../../api/session-queries.ts';
import { ErrorPanel } from '../../ui/error-panel.tsx';
import { useApiForm } from '../../ui/use-api-form.ts';
import classes from './lead-settings-page.module.css';
import { LeadWordMenu } from './lead-option-menu.tsx';

/** The workspace's words of one kind: added, renamed and taken off in place. */
export function LeadOptions({
  kind,
  title,
  noun,
  intro,
}: {
  kind: LeadOptionKind;
  title: string;
  /** In the singular, as in `source`. */
  noun: string;
  intro: string;
}) {
  const list = useInfiniteQuery(leadOptionsQuery(kind));
  const mayWrite = useHasScope('leads:write');
  const words = list.data?.toSorted((word, other) => word.name.localeCompare(other.name));
  return (
    <section aria-labelledby={kind}>
      <Title order={2} id={kind}>
        {title}
      </Title>
      <Text size="sm" c="dimmed">
        {intro}
      </Text>
      {list.error && !words && <ErrorPanel error={list.error} retry={() => void list.refetch()} />}
      {!words && !list.error && <Skeleton height={76} mt="sm" />}
      {words && words.length > 0 && (
        <ul className={classes.words} aria-labelledby={kind}>
          {words.map((word) => (
            <li key={word.id}>
              <span className={classes.word}>{word.name}</span>
              {mayWrite && <LeadWordMenu kind={kind} noun={noun} word={word} />}
            </li>
          ))}
        </ul>
      )}
      {list.hasNextPage && (
        <Button
          mt="sm"
          size="xs"
          variant="default"
          loading={list.isFetchingNextPage}
          onClick={() => void list.fetchNextPage()}
        >
          Load more
        </Button>
      )}
      {mayWrite && <AddWord kind={kind} noun={noun} />}
    </section>
  );
}

function AddWord({ kind, noun }: { kind: LeadOptionKind; noun: string }) {
  const { mutateAsync: add } = useAddLeadOption(kind);
  const api = useApiForm({ name: '' }, async ({ name }, form) => {
    await add({ name });
    form.reset();
  });
  return (
    <form onSubmit={api.onSubmit}>
      <div className={classes.add}>
        <TextInput
          className={classes.field}
          aria-label={`New ${noun}`}
          placeholder={`New ${noun}`}
          required
          {...api.form.getInputProps('name')}
          error={api.form.errors['name'] ?? api.error?.message}
        />
        <Button type="submit" variant="default" loading={api.busy}>
          Add
        </Button>
      </div>
    </form>
  );
}
