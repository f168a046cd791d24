import { Button, Skeleton, Text, TextInput, Title } from '@mantine/core';
import { useInfiniteQuery } from '@tanstack/react-query';
import { leadOptionsQuery, useAddLeadOption, type LeadOptionKind } from '../../api/lead-option-queries.ts';
import { useHasScope } from '../../api/session-queries.ts';
import { ErrorPanel } from '../../ui/error-panel.tsx';
import { LoadMore } from '../../ui/load-more.tsx';
import { useApiForm } from '../../ui/use-api-form.ts';
import classes from './lead-settings-page.module.css';
import { LeadOptionMenu } from './lead-option-menu.tsx';

/** Edits the lead sources or event types of the workspace in place. */
export function LeadOptions({
  kind,
  title,
  noun,
  intro,
}: {
  kind: LeadOptionKind;
  title: string;
  /** Singular, as in `source`. */
  noun: string;
  intro: string;
}) {
  const list = useInfiniteQuery(leadOptionsQuery(kind));
  const mayWrite = useHasScope('leads:write');
  const options = list.data?.toSorted((option, other) => option.name.localeCompare(other.name));
  return (
    <section aria-labelledby={kind}>
      <Title order={2} id={kind}>
        {title}
      </Title>
      <Text size="sm" c="dimmed">
        {intro}
      </Text>
      {list.error && !options && <ErrorPanel error={list.error} retry={() => void list.refetch()} />}
      {!options && !list.error && <Skeleton height={76} mt="sm" />}
      {options && options.length > 0 && (
        <ul className={classes.options} aria-labelledby={kind}>
          {options.map((option) => (
            <li key={option.id}>
              <span className={classes.name}>{option.name}</span>
              {mayWrite && <LeadOptionMenu kind={kind} noun={noun} option={option} />}
            </li>
          ))}
        </ul>
      )}
      <LoadMore list={list} mt="sm" size="xs" />
      {mayWrite && <AddOption kind={kind} noun={noun} />}
    </section>
  );
}

function AddOption({ kind, noun }: { kind: LeadOptionKind; noun: string }) {
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
