import { Badge, Tabs } from '@mantine/core';
import { useQuery } from '@tanstack/react-query';
import { getRouteApi } from '@tanstack/react-router';
import { useState } from 'react';
import { formQuery, formSpamCountQuery, type Form } from '../../api/form-queries.ts';
import { useHasScope } from '../../api/session-queries.ts';
import { paths } from '../../paths.ts';
import { CodeBlock } from '../../ui/code-block.tsx';
import { CopyText } from '../../ui/copy-text.tsx';
import { ErrorPanel } from '../../ui/error-panel.tsx';
import { Moment } from '../../ui/relative-time.tsx';
import { PageHeader } from '../../ui/page-header.tsx';
import { Property, PropertyList } from '../../ui/property-list.tsx';
import { TextLink } from '../../ui/router-links.tsx';
import { PersonName } from '../../record/person.tsx';
import { FormActions } from './form-actions.tsx';
import { FormState } from './form-list.tsx';
import classes from './form-overview.module.css';
import { FormSubmissions } from './form-submissions.tsx';

const route = getRouteApi('/inside/forms/$id');

/** The submissions of a form, and how to embed it. */
export function FormOverview() {
  const { id } = route.useParams();
  const { data: form, error, refetch } = useQuery(formQuery(id));
  const mayReadLeads = useHasScope('leads:read');
  const breadcrumb = <TextLink {...paths.forms()}>Forms</TextLink>;
  if (error && !form) {
    return (
      <>
        <PageHeader title="Couldn’t load this form" breadcrumb={breadcrumb} />
        <div className={classes.message}>
          <ErrorPanel error={error} retry={() => void refetch()} />
        </div>
      </>
    );
  }
  if (!form) return <PageHeader title="Form" breadcrumb={breadcrumb} />;

  return (
    <>
      <PageHeader
        title={form.name}
        breadcrumb={breadcrumb}
        badge={<FormState active={form.active} />}
        actions={<FormActions form={form} />}
      />
      <div className={classes.body}>
        <section className={classes.inbox} aria-label="Submissions">
          {mayReadLeads && <SubmissionTabs form={form} />}
        </section>
        <aside className={classes.facts} aria-label="About this form">
          <Facts form={form} />
        </aside>
      </div>
    </>
  );
}

function SubmissionTabs({ form }: { form: Form }) {
  const [tab, setTab] = useState<string | null>('submissions');
  const { data: spamCount = 0 } = useQuery(formSpamCountQuery(form.id));
  return (
    <Tabs value={tab} onChange={setTab} keepMounted={false}>
      <Tabs.List className={classes.tabs}>
        <Tabs.Tab value="submissions">Submissions</Tabs.Tab>
        <Tabs.Tab
          value="spam"
          rightSection={
            spamCount > 0 && (
              <Badge size="sm" variant="light" color="gray">
                {spamCount}
              </Badge>
            )
          }
        >
          Spam
        </Tabs.Tab>
      </Tabs.List>
      <Tabs.Panel value="submissions">
        <FormSubmissions form={form} spam={false} spamCount={spamCount} onSpam={() => setTab('spam')} />
      </Tabs.Panel>
      <Tabs.Panel value="spam">
        <FormSubmissions form={form} spam />
      </Tabs.Panel>
    </Tabs>
  );
}

function Facts({ form }: { form: Form }) {
  return (
    <>
      <CodeBlock label="Page URL" code={form.url} />
      <div>
        <CodeBlock label="Embed code" code={form.embed_code} />
        <p className={classes.note}>
          {form.allowed_origins.length === 0
            ? 'No website can embed this form yet. Add yours under Edit → Websites.'
            : `Can be embedded on ${form.allowed_origins.join(', ')} only.`}
        </p>
      </div>
      <PropertyList label="Properties">
        <Property name="Source">{form.source}</Property>
        <Property name="Owner">{form.owner_id === null ? null : <PersonName id={form.owner_id} />}</Property>
        <Property name="Fields">{form.fields.map(({ label }) => label).join(', ')}</Property>
        <Property name="Consent">{form.consent_text}</Property>
        <Property name="After submitting">{form.redirect_url ?? form.thanks_text}</Property>
        <Property name="Proof of work">{form.proof_of_work}</Property>
        <Property name="Created">
          <Moment at={form.created_at} />
        </Property>
        <Property name="ID">
          <CopyText text={form.id} />
        </Property>
      </PropertyList>
    </>
  );
}
