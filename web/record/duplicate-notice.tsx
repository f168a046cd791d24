import { Alert, Box, Stack, Text } from '@mantine/core';
import { useDebouncedValue } from '@mantine/hooks';
import { IconUsers } from '@tabler/icons-react';
import { useQuery } from '@tanstack/react-query';
import { nounOf, type ObjectType } from '../api/object-queries.ts';
import { matchesQuery } from '../api/record-queries.ts';
import type { FormValues } from '../fields/field-kind.ts';
import { paths } from '../paths.ts';
import { TextLink } from '../ui/router-links.tsx';
import { recordTitle } from './record-title.ts';

const DELAY_MS = 400;

/** Warns, while a new record is entered, that it exists already. It can be created all the same. */
export function DuplicateNotice({ object, values }: { object: ObjectType; values: FormValues }) {
  const [wanted] = useDebouncedValue(JSON.stringify(matchValues(object, values)), DELAY_MS);
  const query = JSON.parse(wanted) as Record<string, string>;
  const isAsked = Object.keys(query).length > 0;
  const { data: found = [] } = useQuery({ ...matchesQuery(object, query), enabled: isAsked, retry: false });
  if (!isAsked || found.length === 0) return null;
  return (
    <Box component="output" display="block">
      <Alert
        role="presentation"
        color="yellow"
        icon={<IconUsers size={18} />}
        title={`This ${nounOf(object)} may exist already`}
      >
        <Stack gap={4}>
          {found.map((record) => (
            <Text key={record.id} size="sm">
              <TextLink {...paths.record(object.plural, record.id)}>{recordTitle(object, record)}</TextLink>{' '}
              {sharedText(object, record, query)}
            </Text>
          ))}
        </Stack>
      </Alert>
    </Box>
  );
}

/** The values of the fields by which records are recognised. */
function matchValues({ match_fields: fields }: ObjectType, values: FormValues): Record<string, string> {
  return Object.fromEntries(
    fields.flatMap((field) => {
      const value = values[field];
      return typeof value === 'string' && value.trim().length > 2 ? [[field, value.trim()] as const] : [];
    }),
  );
}

/** The value that another record has, as it is written there. */
function sharedText(object: ObjectType, record: object, query: Readonly<Record<string, string>>): string {
  const values = record as Readonly<Record<string, unknown>>;
  const title = recordTitle(object, record);
  const shown = Object.keys(query)
    .map((field) => values[field])
    .filter((value): value is string => typeof value === 'string' && value !== title);
  return shown.join(', ');
}
