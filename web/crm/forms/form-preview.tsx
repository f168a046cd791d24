import { Text, Title } from '@mantine/core';
import { useDebouncedValue } from '@mantine/hooks';
import { keepPreviousData, useQuery } from '@tanstack/react-query';
import { formPreviewQuery, type FormDraft } from '../../api/form-queries.ts';
import classes from './form-builder.module.css';

/** The page as visitors will see it, rendered by the server. The sandbox runs no script. */
export function FormPreview({ draft }: { draft: FormDraft }) {
  // The API rejects a draft without a name.
  const [debounced] = useDebouncedValue(
    JSON.stringify({ ...draft, name: draft.name.trim() || 'Untitled form' }),
    250,
  );
  const { data, error } = useQuery({
    ...formPreviewQuery(JSON.parse(debounced) as FormDraft),
    placeholderData: keepPreviousData,
  });
  return (
    <aside className={classes.preview} aria-label="Preview">
      <Title order={2} className={classes.previewTitle}>
        Preview
      </Title>
      {error && (
        <Text size="sm" c="dimmed">
          The preview does not include your last change: {error.message}
        </Text>
      )}
      <iframe title="Form preview" sandbox="" srcDoc={data?.html ?? ''} className={classes.frame} />
    </aside>
  );
}
