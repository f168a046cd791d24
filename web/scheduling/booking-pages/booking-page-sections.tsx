import { Checkbox, MultiSelect, Select, TagsInput, Textarea, TextInput, Title } from '@mantine/core';
import type { ChangeEvent, ReactNode } from 'react';
import { FieldEditor } from '../../crm/forms/field-editor.tsx';
import { LinesInput } from '../../crm/forms/lines-input.tsx';
import { CodeBlock } from '../../ui/code-block.tsx';
import classes from './booking-page-editor.module.css';
import { minuteOptions, MinutesSelect } from './minutes-select.tsx';
import type { BookingPageDraftApi } from './use-booking-page-draft.ts';

interface SectionProps {
  api: BookingPageDraftApi;
}

export function Section({ title, children }: { title: string; children: ReactNode }) {
  return (
    <section className={classes.section} aria-label={title}>
      <Title order={2}>{title}</Title>
      {children}
    </section>
  );
}

const DURATIONS = ['15', '20', '30', '45', '60', '90'];

export function TitleSection({ api: { form, base } }: SectionProps) {
  const durations = form.getInputProps('duration_min');
  return (
    <Section title="What">
      <TextInput label="Title" placeholder="Introduction" required {...form.getInputProps('title')} />
      <Textarea label="Description" autosize minRows={2} {...form.getInputProps('description')} />
      <TagsInput
        label="Durations in minutes"
        description="With several, guests choose; the first is the default."
        data={DURATIONS}
        required
        {...durations}
        value={form.values.duration_min.map(String)}
        onChange={(chosen) =>
          form.setFieldValue(
            'duration_min',
            chosen.map(Number).filter((minutes) => Number.isInteger(minutes) && minutes > 0),
          )
        }
      />
      <TextInput
        label="Last part of the link"
        description={base ? 'After a change, the old link leads nowhere.' : undefined}
        placeholder="Made of the title"
        {...form.getInputProps('slug')}
      />
    </Section>
  );
}

const STEPS = [5, 10, 15, 20, 30, 60];
const ALIGNMENTS = [
  { value: '', label: 'When working hours begin' },
  ...[0, 15, 30, 45].map((minute) => ({
    value: String(minute),
    label: minute === 0 ? 'On the hour' : `${minute} minutes past the hour`,
  })),
];
const BUFFERS = [0, 5, 10, 15, 30, 45, 60];

export function TimeSection({ api: { form } }: SectionProps) {
  const { start_align_min: align } = form.values;
  return (
    <Section title="When">
      <div className={classes.pair}>
        <MinutesSelect
          label="A start every"
          presets={STEPS}
          emptyLabel="Same as the duration"
          {...form.getInputProps('slot_step_min')}
        />
        <Select
          label="First start"
          data={
            align === null || align % 15 === 0
              ? ALIGNMENTS
              : [...ALIGNMENTS, { value: String(align), label: `${align} minutes past the hour` }]
          }
          allowDeselect={false}
          {...form.getInputProps('start_align_min')}
          value={align === null ? '' : String(align)}
          onChange={(chosen) => form.setFieldValue('start_align_min', chosen ? Number(chosen) : null)}
        />
      </div>
      <div className={classes.pair}>
        <MinutesSelect label="Free before" presets={BUFFERS} {...form.getInputProps('buffer_before_min')} />
        <MinutesSelect label="Free after" presets={BUFFERS} {...form.getInputProps('buffer_after_min')} />
      </div>
      <Select
        label="Time zone of the page"
        data={[
          { value: 'visitor', label: 'The guest’s' },
          { value: 'host', label: 'The host’s, for meetings in person' },
        ]}
        allowDeselect={false}
        {...form.getInputProps('time_zone_display')}
      />
    </Section>
  );
}

const NOTICES = [0, 60, 120, 240, 720, 1440, 2880, 10_080];

export function LimitSection({ api: { form } }: SectionProps) {
  const count = (name: 'max_per_day' | 'max_per_week' | 'max_ahead_days') => ({
    type: 'number',
    inputMode: 'numeric' as const,
    ...form.getInputProps(name),
    value: form.values[name] ?? '',
    onChange: ({ currentTarget: { value } }: ChangeEvent<HTMLInputElement>) =>
      form.setFieldValue(name, value === '' ? null : Number(value)),
  });
  return (
    <Section title="Limits">
      <div className={classes.pair}>
        <MinutesSelect label="Shortest notice" presets={NOTICES} {...form.getInputProps('min_notice_min')} />
        <TextInput label="Days ahead" min={0} max={730} required {...count('max_ahead_days')} />
      </div>
      <div className={classes.pair}>
        <TextInput label="Most per day" placeholder="Any number" min={1} {...count('max_per_day')} />
        <TextInput label="Most per week" placeholder="Any number" min={1} {...count('max_per_week')} />
      </div>
      <MinutesSelect
        label="Guests may move and cancel until"
        description="A length of time before the start."
        presets={NOTICES}
        zeroLabel="The start"
        {...form.getInputProps('cancel_notice_min')}
      />
    </Section>
  );
}

const LOCATION_LABELS = {
  in_person: 'Address',
  phone: 'Telephone number',
  link: 'Link of the meeting',
  ask: 'Hint for the guest',
};

export function LocationSection({ api: { form } }: SectionProps) {
  const { location_kind: kind } = form.values;
  return (
    <Section title="Location">
      <Select
        label="Where"
        data={[
          { value: 'in_person', label: 'In person' },
          { value: 'phone', label: 'By telephone' },
          { value: 'link', label: 'Online, by a link' },
          { value: 'ask', label: 'Ask the guest' },
        ]}
        allowDeselect={false}
        {...form.getInputProps('location_kind')}
      />
      <TextInput
        label={LOCATION_LABELS[kind]}
        required={kind === 'link'}
        placeholder={kind === 'link' ? 'https://meet.example.com/sales' : undefined}
        {...form.getInputProps('location_text')}
      />
    </Section>
  );
}

export function QuestionSection({ api: { form, base } }: SectionProps) {
  const { value: _value, onChange: _onChange, ...input } = form.getInputProps('questions');
  const existingKeys = new Set(base?.questions.map(({ key }) => key));
  return (
    <Section title="Questions">
      <FieldEditor
        key={base?.version}
        noun="question"
        fixedKeys={existingKeys}
        {...input}
        value={form.values.questions.map((question) => ({ ...question, maps_to: null }))}
        onChange={(fields) =>
          form.setFieldValue(
            'questions',
            fields.map(({ maps_to: _target, ...question }) => question),
          )
        }
      />
    </Section>
  );
}

export function ConfirmationSection({ api: { form } }: SectionProps) {
  return (
    <Section title="Confirmation">
      <Select
        label="A booking is confirmed"
        data={[
          { value: 'auto', label: 'At once' },
          { value: 'manual', label: 'By a host, one by one' },
        ]}
        allowDeselect={false}
        {...form.getInputProps('confirmation')}
      />
      <TextInput label="Button text" required {...form.getInputProps('submit_label')} />
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
    </Section>
  );
}

const REMINDERS = [15, 30, 60, 120, 1440, 2880, 10_080];

export function ReminderSection({ api: { form } }: SectionProps) {
  const chosen = form.values.reminders.map(({ minutes_before: minutes }) => minutes);
  return (
    <Section title="Reminders">
      <MultiSelect
        label="Email to host and guest before the start"
        data={minuteOptions(REMINDERS, chosen)}
        maxValues={5}
        {...form.getInputProps('reminders')}
        value={chosen.map(String)}
        onChange={(values) =>
          form.setFieldValue(
            'reminders',
            values.map((minutes) => ({ kind: 'email' as const, minutes_before: Number(minutes) })),
          )
        }
      />
    </Section>
  );
}

const PROOF = [
  { value: 'optional', label: 'Optional: guests without JavaScript can book' },
  { value: 'required', label: 'Required: browsers without JavaScript are refused' },
];

export function WebsiteSection({ api: { form, base } }: SectionProps) {
  return (
    <Section title="Share">
      {base && <CodeBlock label="Page URL" code={base.url} />}
      {base && <CodeBlock label="Embed code" code={base.embed_code} />}
      <LinesInput
        key={base?.version}
        label="Websites"
        description="Sites that may embed this page, one per line. Leave empty to use its own page only."
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
    </Section>
  );
}
