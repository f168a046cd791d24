import { Button, Checkbox, Select, Textarea, TextInput, Title } from '@mantine/core';
import { useQuery } from '@tanstack/react-query';
import { getRouteApi, useNavigate } from '@tanstack/react-router';
import type { ReactNode } from 'react';
import { formQuery, type Form } from '../../api/form-queries.ts';
import { paths } from '../../paths.ts';
import { ErrorPanel } from '../../ui/error-panel.tsx';
import { tellDone } from '../../ui/notify.tsx';
import { PageHeader } from '../../ui/page-header.tsx';
import { ButtonLink, TextLink } from '../../ui/router-links.tsx';
import { ConflictNotice } from '../conflict-notice.tsx';
import { PersonPicker } from '../person.tsx';
import { FieldEditor } from './field-editor.tsx';
import classes from './form-builder.module.css';
import { draftOf } from './form-draft.ts';
import { LinesInput } from './lines-input.tsx';
import { FormPreview } from './form-preview.tsx';
import { useFormDraft, type FormDraftApi } from './use-form-draft.ts';

const route = getRouteApi('/inside/forms/$id/edit');

export function NewForm() {
  return <FormBuilder form={null} />;
}

export function EditForm() {
  const { id } = route.useParams();
  const { data: form, error, refetch } = useQuery(formQuery(id));
  if (error && !form) {
    return (
      <>
        <PageHeader title="This form cannot be shown" above={<TextLink {...paths.forms()}>Forms</TextLink>} />
        <div className={classes.message}>
          <ErrorPanel error={error} retry={() => void refetch()} />
        </div>
      </>
    );
  }
  return form ? <FormBuilder form={form} /> : <PageHeader title="Edit form" />;
}

/** What a form asks and what becomes of it, beside the page as it will be. */
function FormBuilder({ form }: { form: Form | null }) {
  const navigate = useNavigate();
  const api = useFormDraft(form, async (saved) => {
    tellDone(`${saved.name} was saved.`);
    await navigate(paths.form(saved.id));
  });
  const back = form ? paths.form(form.id) : paths.forms();
  return (
    <form onSubmit={api.onSubmit}>
      <PageHeader
        title={form ? `Edit ${form.name}` : 'New form'}
        above={<TextLink {...paths.forms()}>Forms</TextLink>}
        actions={
          <>
            <ButtonLink {...back} variant="default">
              Cancel
            </ButtonLink>
            <Button type="submit" loading={api.busy}>
              {form ? 'Save' : 'Create form'}
            </Button>
          </>
        }
      />
      {api.conflict && (
        <div className={classes.message}>
          <ConflictNotice noun="form" load={api.conflict.load} />
        </div>
      )}
      {api.error && (
        <div className={classes.message}>
          <ErrorPanel error={api.error} />
        </div>
      )}
      <div className={classes.body}>
        <div className={classes.settings}>
          <Questions api={api} />
          <Afterwards api={api} />
          <Websites api={api} />
        </div>
        <FormPreview draft={draftOf(api.form.values)} />
      </div>
    </form>
  );
}

function Group({ title, children }: { title: string; children: ReactNode }) {
  return (
    <section className={classes.group} aria-label={title}>
      <Title order={2}>{title}</Title>
      {children}
    </section>
  );
}

function Questions({ api: { form, base } }: { api: FormDraftApi }) {
  const kept = new Set(base?.fields.map(({ key }) => key));
  return (
    <Group title="What it asks">
      <TextInput label="Name" description="For your team." required {...form.getInputProps('name')} />
      <TextInput label="Title" placeholder="As the name" {...form.getInputProps('title')} />
      <Textarea label="Introduction" autosize minRows={2} {...form.getInputProps('intro')} />
      <FieldEditor key={base?.version} keptKeys={kept} {...form.getInputProps('fields')} />
      <Textarea
        label="Consent"
        description="Beside a checkbox; kept with every submission as it read. Empty: no checkbox."
        autosize
        minRows={2}
        {...form.getInputProps('consent_text')}
      />
      {form.values.consent_text !== '' && (
        <Checkbox
          label="Nobody can send it without consent"
          {...form.getInputProps('consent_required', { type: 'checkbox' })}
        />
      )}
      <TextInput label="Button" required {...form.getInputProps('submit_label')} />
    </Group>
  );
}

function Afterwards({ api: { form } }: { api: FormDraftApi }) {
  return (
    <Group title="What happens then">
      <Textarea label="Thanks" autosize minRows={2} required {...form.getInputProps('thanks_text')} />
      <TextInput
        label="Or go to"
        description="A page of your own that thanks, in place of this text."
        placeholder="https://www.example.com/thanks"
        type="url"
        {...form.getInputProps('redirect_url')}
      />
      <TextInput label="Source of the leads" placeholder="Website" {...form.getInputProps('source')} />
      <PersonPicker label="Owner of the leads" {...form.getInputProps('owner_id')} />
    </Group>
  );
}

const PROOF = [
  { value: 'optional', label: 'Asked for: what comes without is judged more strictly' },
  { value: 'required', label: 'Required: what comes without is kept as spam' },
];

function Websites({ api: { form, base } }: { api: FormDraftApi }) {
  return (
    <Group title="Websites and spam">
      <LinesInput
        key={base?.version}
        label="Websites"
        description="Those that may show it, one a line. None: its own page alone."
        placeholder="https://www.example.com"
        {...form.getInputProps('allowed_origins')}
      />
      <Select
        label="Proof of work"
        data={PROOF}
        allowDeselect={false}
        {...form.getInputProps('proof_of_work')}
      />
      <Checkbox label="It takes submissions" {...form.getInputProps('active', { type: 'checkbox' })} />
    </Group>
  );
}
