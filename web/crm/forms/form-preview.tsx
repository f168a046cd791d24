import { Text, Title } from '@mantine/core';
import { useDebouncedValue } from '@mantine/hooks';
import { keepPreviousData, useQuery } from '@tanstack/react-query';
import { formPreviewQuery, type FormDraft } from '../../api/form-queries.ts';
import classes from './form-builder.module.css';

/** The page as visitors will see it, made by the server that will make it. Nothing in it runs. */
export function FormPreview({ draft }: { draft: FormDraft }) {
  // A draft without a name is none yet for the API.
  const [settled] = useDebouncedValue(
    JSON.stringify({ ...draft, name: draft.name.trim() || 'Untitled form' }),
    250,
  );
  const { data, error } = useQuery({
    ...formPreviewQuery(JSON.parse(settled) as FormDraft),
    placeholderData: keepPreviousData,
  });
  return (
    <aside className={classes.preview} aria-label="Preview">
      <Title order={2} className={classes.previewTitle}>
        Preview
      </Title>
      {error && (
        <Text size="sm" c="dimmed">
          The page is as it was before the last change: {error.message}
        </Text>
      )}
      <iframe title="Preview of the form" sandbox="" srcDoc={data?.html ?? ''} className={classes.frame} />
    </aside>
  );
}
