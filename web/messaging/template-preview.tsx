import { Code, Text } from '@mantine/core';
import { useQuery } from '@tanstack/react-query';
import { useState } from 'react';
import { mergeFieldsQuery, previewQuery } from '../api/email-queries.ts';
import { useObject } from '../api/object-queries.ts';
import { RecordPicker } from '../record/record-picker.tsx';
import { ErrorPanel } from '../ui/error-panel.tsx';
import { EmailBody } from './email-body.tsx';
import classes from './email-content.module.css';

/** What a template becomes for a contact, and the merge fields that it can have. */
export function TemplatePreview({ template }: { template: { id: string; version: number } }) {
  const contact = useObject('contact');
  const [contactId, choose] = useState<string | null>(null);
  const { data, error } = useQuery(previewQuery(template.id, template.version, { contact_id: contactId }));
  const { data: fields = [] } = useQuery(mergeFieldsQuery);
  return (
    <section className={classes.root} aria-label="Preview">
      {contact && (
        <RecordPicker
          object={contact}
          label="Preview for"
          maw="22rem"
          clearable
          value={contactId}
          onChange={choose}
        />
      )}
      {error && <ErrorPanel error={error} />}
      {data && (
        <>
          <Text fw={600}>{data.subject ?? 'No subject'}</Text>
          <EmailBody html={data.html} text={data.text} />
        </>
      )}
      <details>
        <summary>Merge fields</summary>
        <p className={classes.people}>
          {fields.map(({ name }) => (
            <span key={name}>
              <Code>{`{{ ${name} }}`}</Code>{' '}
            </span>
          ))}
        </p>
      </details>
    </section>
  );
}
