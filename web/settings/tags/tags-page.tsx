import { Button, Group, Text, TextInput } from '@mantine/core';
import { useDebouncedValue } from '@mantine/hooks';
import { IconTag } from '@tabler/icons-react';
import { useInfiniteQuery } from '@tanstack/react-query';
import { useState } from 'react';
import { inSentence, useObjects, type ObjectType } from '../../api/object-queries.ts';
import { useHasScope } from '../../api/session-queries.ts';
import { tagsQuery, useAddTag, type Tag } from '../../api/tag-queries.ts';
import { paths } from '../../paths.ts';
import { columnsFor, DataTable } from '../../ui/data-table.tsx';
import { EmptyState } from '../../ui/empty-state.tsx';
import { FilterBar, SearchFilter } from '../../ui/filters.tsx';
import { PageHeader } from '../../ui/page-header.tsx';
import { TextLink } from '../../ui/router-links.tsx';
import { useApiForm } from '../../ui/use-api-form.ts';
import { TagMenu } from './tag-menu.tsx';
import classes from './tags-page.module.css';
import { numberText } from '../../ui/format.ts';

/** The tags of the workspace: where they are used; rename, merge and delete. */
export function TagsPage() {
  const [q, search] = useState<string | undefined>();
  const [settled] = useDebouncedValue(q ?? '', 200);
  const mayWrite = useHasScope('tags:write');
  const list = useInfiniteQuery({
    ...tagsQuery(settled),
    // Numbers change while the records of a renamed tag do.
    refetchInterval: ({ state }) =>
      state.data?.pages.some(({ data }) => data.some((tag) => tag.is_changing)) ? 2_000 : false,
  });
  return (
    <>
      <PageHeader intro="Tags group records of any kind. A new tag is added to this list when it is first used." />
      <FilterBar>
        <SearchFilter name="Search tags" value={q} onChange={search} />
      </FilterBar>
      <DataTable
        label="Tags"
        columns={useColumns(mayWrite)}
        list={list}
        empty={
          <EmptyState icon={IconTag} title={settled ? 'No matching tags' : 'No tags yet'}>
            {!settled && 'Add a tag to a record, or create one here.'}
          </EmptyState>
        }
      />
      {mayWrite && <NewTag />}
    </>
  );
}

const column = columnsFor<Tag>();

function useColumns(mayWrite: boolean) {
  const objects = useObjects();
  return column.columns([
    column.display({
      id: 'name',
      header: 'Tag',
      cell: ({ row: { original: tag } }) => (
        <>
          {tag.name}
          {tag.is_changing && (
            <Text span size="xs" c="dimmed" ml={8}>
              Changing records…
            </Text>
          )}
        </>
      ),
    }),
    column.display({
      id: 'usage',
      header: 'Used by',
      cell: ({ row: { original: tag } }) => <UsedBy tag={tag} objects={objects} />,
    }),
    ...(mayWrite
      ? [
          column.display({
            id: 'menu',
            header: 'Actions',
            meta: { width: '4rem', align: 'right', corner: true },
            cell: ({ row: { original: tag } }) => <TagMenu tag={tag} />,
          }),
        ]
      : []),
  ]);
}

/** Links to the lists of records with the tag. */
function UsedBy({ tag, objects }: { tag: Tag; objects: readonly ObjectType[] }) {
  const used = objects.flatMap((object) => {
    const count = tag.usage?.[object.key] ?? 0;
    return count === 0 ? [] : [{ object, count }];
  });
  if (used.length === 0)
    return (
      <Text span size="sm" c="dimmed">
        No records
      </Text>
    );
  return (
    <Group gap="md">
      {used.map(({ object, count }) => (
        <TextLink
          key={object.key}
          {...paths.records(object.plural)}
          search={{ tag: tag.name, view: 'table' }}
        >
          {numberText(count)} {inSentence(count === 1 ? object.label : object.plural_label)}
        </TextLink>
      ))}
    </Group>
  );
}

function NewTag() {
  const { mutateAsync: add } = useAddTag();
  const api = useApiForm({ name: '' }, async ({ name }, form) => {
    await add(name);
    form.reset();
  });
  return (
    <form onSubmit={api.onSubmit}>
      <div className={classes.add}>
        <Group align="flex-start" gap="xs" wrap="nowrap">
          <TextInput
            flex={1}
            aria-label="New tag"
            placeholder="New tag"
            maxLength={100}
            required
            {...api.form.getInputProps('name')}
            error={api.form.errors['name'] ?? api.error?.message}
          />
          <Button type="submit" variant="default" loading={api.busy}>
            Add
          </Button>
        </Group>
      </div>
    </form>
  );
}
