import { Select, Text, type SelectProps } from '@mantine/core';
import { useDebouncedValue } from '@mantine/hooks';
import { keepPreviousData, useInfiniteQuery, useQuery } from '@tanstack/react-query';
import { useState } from 'react';
import type { Query } from '../api/client.ts';
import { fieldOf, nounOf, type ObjectType } from '../api/object-queries.ts';
import { queriesOf, useCreateRecord, type ObjectInput, type ObjectRecord } from '../api/record-queries.ts';
import { useHasScope } from '../api/session-queries.ts';
import { notifyError } from '../ui/notify.tsx';
import { useObjectView } from './object-view.ts';
import { nameFields, NO_RECORD, recordTitle } from './record-title.ts';

/** The maximum page size of the API. */
const MAX_LISTED = 200;
const MAX_FOUND = 20;

/**
 * Selects a record of an object. Where the API searches the object, it searches all records; elsewhere the newest 200 are
 * listed, and a title typed in full finds an older one.
 */
export function RecordPicker({
  object,
  value,
  onChange,
  mayCreate = false,
  ...props
}: Omit<SelectProps, 'data'> & {
  object: ObjectType;
  /** Offers to create a record with the typed name. */
  mayCreate?: boolean;
}) {
  const [typed, type] = useState('');
  const creating = useCreateByName(object, mayCreate);
  const { chosen, isMissing, found, isSearching } = useChoices(object, value ?? null, typed);
  const choices = chosen && found.every(({ id }) => id !== chosen.id) ? [chosen, ...found] : found;
  // Before the answer, nobody knows whether there is such a record.
  const newName = isSearching ? null : creating.nameIn(typed, choices);
  const details = new Map(choices.map((record) => [record.id, detailOf(object, record)]));
  return (
    <Select
      placeholder="None"
      {...props}
      {...(creating.isPending && { placeholder: 'Creating…' })}
      value={value ?? null}
      data={[
        ...(isMissing && value ? [{ value, label: NO_RECORD }] : []),
        ...choices.map((record) => ({ value: record.id, label: optionLabel(object, record) })),
        ...(newName ? [{ value: CREATE, label: `Create ${nounOf(object)} “${newName}”` }] : []),
      ]}
      onChange={(id, option) => {
        if (id !== CREATE) return onChange?.(id, option);
        const name = typed.trim();
        // The name is shown again once there is a record to choose.
        type('');
        void creating.create(name).then(
          (record) => onChange?.(record.id, { value: record.id, label: optionLabel(object, record) }),
          (error: Error) => {
            type(name);
            notifyError(error);
          },
        );
      }}
      {...(object.searchable && {
        // The API has searched more fields than the label shows.
        filter: ({ options }) => options,
      })}
      searchValue={typed}
      onSearchChange={type}
      renderOption={({ option }) => (
        <div>
          {option.label}
          {details.get(option.value) && (
            <Text size="xs" c="dimmed">
              {details.get(option.value)}
            </Text>
          )}
        </div>
      )}
      nothingFoundMessage={isSearching ? 'Searching…' : 'No matches'}
      limit={50}
      maxLength={200}
      searchable
      clearable
    />
  );
}

/** The value of the option that creates a record. */
const CREATE = 'create';

/** Creates a record from its name, or from its email. */
function useCreateByName(object: ObjectType, isOffered: boolean) {
  const mayWrite = useHasScope(`${object.plural}:write`);
  const { isNameEnough = true } = useObjectView(isOffered && mayWrite ? object.key : null);
  const { mutateAsync, isPending } = useCreateRecord(queriesOf(object));
  const isPossible = isOffered && mayWrite && isNameEnough;
  return {
    isPending,
    /** What would be created; null if nothing is typed, or a record of this name can be chosen. */
    nameIn(typed: string, choices: readonly ObjectRecord[]): string | null {
      const name = typed.trim();
      const isChoice = choices.some((record) =>
        [optionLabel(object, record), recordTitle(object, record)].some(
          (label) => label.toLowerCase() === name.toLowerCase(),
        ),
      );
      return isPossible && name !== '' && name !== NO_RECORD && !isChoice ? name : null;
    },
    create: (name: string) => mutateAsync(valuesFor(object, name)),
  };
}

function valuesFor(object: ObjectType, name: string): ObjectInput {
  const email = object.title_fields.find((key) => fieldOf(object, key)?.kind === 'email');
  if (email && /^\S+@\S+\.\S+$/.test(name)) return { [email]: name };
  const [first = 'name', last] = nameFields(object);
  const [, before, after] = /^(.+)\s+(\S+)$/.exec(name) ?? [];
  return last && before ? { [first]: before, [last]: after } : { [first]: name };
}

/** The selected record, and those to choose from. */
function useChoices(object: ObjectType, id: string | null, typed: string) {
  const queries = queriesOf(object);
  const [settled] = useDebouncedValue(typed.trim(), 250);
  const { data: chosen, isError } = useQuery({ ...queries.detail(id ?? ''), enabled: id !== null });
  // The input shows the selected record, which is not a search.
  const isShown = settled === (chosen ? optionLabel(object, chosen) : NO_RECORD);
  const words = isShown ? '' : settled;
  const query = searchQuery(object, words);
  const newest = useInfiniteQuery({
    ...queries.list(object.searchable ? { q: words, limit: MAX_FOUND } : { limit: MAX_LISTED }),
    placeholderData: keepPreviousData,
  });
  const exact = useInfiniteQuery({ ...queries.list(query ?? {}), enabled: query !== null });
  const listed = newest.data ?? [];
  const others = (query && exact.data ? exact.data : []).filter((item) =>
    listed.every((record) => record.id !== item.id),
  );
  const isListed = [...others, ...listed].some((record) => record.id === id);
  return {
    chosen,
    isMissing: isError && !chosen && !isListed,
    found: [...others, ...listed],
    isSearching: newest.isFetching || exact.isFetching || settled !== typed.trim(),
  };
}

/** Finds a record by a title field that lists are filtered by; null if there is none, or nothing is typed. */
function searchQuery(object: ObjectType, words: string): Query | null {
  const field = object.title_fields.map((key) => fieldOf(object, key)).find((item) => item?.filter);
  if (object.searchable || words === '' || !field?.filter) return null;
  if (field.kind === 'email' && !/.@.+\../.test(words)) return null;
  return { [field.filter.parameter]: words, limit: MAX_FOUND };
}

/** Numbered records of the same name are told apart by their number. */
function optionLabel(object: ObjectType, record: ObjectRecord): string {
  const { number } = record;
  const title = recordTitle(object, record);
  return typeof number === 'number' ? `${title}, no. ${number}` : title;
}

/** The email or the phone of a record, unless it is the title. */
function detailOf(object: ObjectType, record: ObjectRecord): string | null {
  const title = recordTitle(object, record);
  const values = object.fields
    .filter(({ kind }) => kind === 'email' || kind === 'phone')
    .map(({ key }) => record[key]);
  return values.find((value): value is string => typeof value === 'string' && value !== title) ?? null;
}
