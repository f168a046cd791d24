import { Button, Checkbox, Select, Textarea, TextInput, Title } from '@mantine/core';
import { useQuery } from '@tanstack/react-query';
import { getRouteApi, useNavigate } from '@tanstack/react-router';
import type { ReactNode } from 'react';
import { formQuery, type Form } from '../../api/form-queries.ts';
import { paths } from '../../paths.ts';
import { ErrorPanel } from '../../ui/error-panel.tsx';
import { notifyDone } from '../../ui/notify.tsx';
import { PageHeader } from '../../ui/page-header.tsx';
import { ButtonLink, TextLink } from '../../ui/router-links.tsx';
import { ConflictNotice } from '../../record/conflict-notice.tsx';
import { PersonPicker } from '../../record/person.tsx';
import { FieldEditor } from './field-editor.tsx';
import classes from './form-builder.module.css';
import { toDraft } from './form-draft.ts';
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
        <PageHeader
          title="Couldn’t load this form"
          breadcrumb={<TextLink {...paths.forms()}>Forms</TextLink>}
        />
        <div className={classes.message}>
          <ErrorPanel error={error} retry={() => void refetch()} />
        </div>
      </>
    );
  }
  return form ? <FormBuilder form={form} /> : <PageHeader title="Edit form" />;
}

/** Edits a form next to a live preview of its page. */
function FormBuilder({ form }: { form: Form | null }) {
  const navigate = useNavigate();
  const api = useFormDraft(form, async (saved) => {
    notifyDone(`${saved.name} saved`);
    await navigate(paths.form(saved.id));
  });
  const back = form ? paths.form(form.id) : paths.forms();
  return (
    <form onSubmit={api.onSubmit}>
      <PageHeader
        title={form ? `Edit ${form.name}` : 'New form'}
        breadcrumb={<TextLink {...paths.forms()}>Forms</TextLink>}
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
          <ContentSettings api={api} />
          <SubmissionSettings api={api} />
          <WebsiteSettings api={api} />
        </div>
        <FormPreview draft={toDraft(api.form.values)} />
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

function ContentSettings({ api: { form, base } }: { api: FormDraftApi }) {
  const existingKeys = new Set(base?.fields.map(({ key }) => key));
  return (
    <Group title="Content">
      <TextInput
        label="Name"
        description="Only your team sees this."
        required
        {...form.getInputProps('name')}
      />
      <TextInput label="Title" placeholder="Same as the name" {...form.getInputProps('title')} />
      <Textarea label="Introduction" autosize minRows={2} {...form.getInputProps('intro')} />
      <FieldEditor key={base?.version} fixedKeys={existingKeys} {...form.getInputProps('fields')} />
      <Textarea
        label="Consent"
        description="Text of a checkbox, stored with each submission. Leave empty for no checkbox."
        autosize
        minRows={2}
        {...form.getInputProps('consent_text')}
      />
      {form.values.consent_text !== '' && (
        <Checkbox
          label="Consent is required"
          {...form.getInputProps('consent_required', { type: 'checkbox' })}
        />
      )}
      <TextInput label="Button text" required {...form.getInputProps('submit_label')} />
    </Group>
  );
}

function SubmissionSettings({ api: { form } }: { api: FormDraftApi }) {
  return (
    <Group title="After submitting">
      <Textarea
        label="Thank-you message"
        autosize
        minRows={2}
        required
        {...form.getInputProps('thanks_text')}
      />
      <TextInput
        label="Redirect URL"
        description="Optional. Shown instead of the thank-you message."
        placeholder="https://www.example.com/thanks"
        type="url"
        {...form.getInputProps('redirect_url')}
      />
      <TextInput label="Lead source" placeholder="Website" {...form.getInputProps('source')} />
      <PersonPicker label="Lead owner" {...form.getInputProps('owner_id')} />
    </Group>
  );
}

const PROOF = [
  { value: 'optional', label: 'Optional: submissions without it get a stricter spam check' },
  { value: 'required', label: 'Required: submissions without it are marked as spam' },
];

function WebsiteSettings({ api: { form, base } }: { api: FormDraftApi }) {
  return (
    <Group title="Websites and spam">
      <LinesInput
        key={base?.version}
        label="Websites"
        description="Sites that may embed this form, one per line. Leave empty to use its own page only."
        placeholder="https://www.example.com"
        {...form.getInputProps('allowed_origins')}
      />
      <Select
        label="Proof of work"
        data={PROOF}
        allowDeselect={false}
        {...form.getInputProps('proof_of_work')}
      />
      <Checkbox label="Active" {...form.getInputProps('active', { type: 'checkbox' })} />
    </Group>
  );
}
