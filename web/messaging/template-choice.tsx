import { Select } from '@mantine/core';
import { useInfiniteQuery } from '@tanstack/react-query';
import { useState } from 'react';
import { readPreview, templates, type PreviewRecords } from '../api/email-queries.ts';
import { useHasScope } from '../api/session-queries.ts';
import { notifyError } from '../ui/notify.tsx';

/** Fills in a template with the values of the record. */
export function TemplateChoice({
  links,
  onRendered,
}: {
  links: PreviewRecords;
  onRendered: (
    rendered: { subject: string | null; html: string | null; text: string | null },
    templateId: string,
  ) => void;
}) {
  const may = useHasScope('templates:read');
  const { data = [] } = useInfiniteQuery({ ...templates.list(), enabled: may });
  const [chosen, choose] = useState<string | null>(null);
  if (data.length === 0) return null;
  const render = async (id: string | null) => {
    choose(id);
    if (id === null) return;
    try {
      onRendered(await readPreview(id, links), id);
    } catch (error) {
      choose(null);
      notifyError(error as Error);
    }
  };
  return (
    <Select
      label="Template"
      placeholder="None"
      clearable
      searchable
      value={chosen}
      data={data.map(({ id, name }) => ({ value: id, label: name }))}
      onChange={(id) => void render(id)}
    />
  );
}
