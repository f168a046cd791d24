import { ActionIcon, Button, Group, Stack } from '@mantine/core';
import { IconPlus, IconTrash } from '@tabler/icons-react';
import {
  useChangeLeadSettings,
  type Assignment,
  type AssignmentRule,
} from '../../api/lead-settings-queries.ts';
import type { Member } from '../../api/member-queries.ts';
import { LeadSourceField } from '../../crm/leads/lead-source-field.tsx';
import { ErrorPanel } from '../../ui/error-panel.tsx';
import { notifyDone } from '../../ui/notify.tsx';
import { useApiForm } from '../../ui/use-api-form.ts';
import { AssignmentRuleFields } from './assignment-rule-fields.tsx';
import classes from './lead-settings-page.module.css';

const NEW_RULE: Assignment['sources'][number] = { source: '', mode: 'owner', members: [] };

/** One rule for all leads, and others for those of single sources. */
export function LeadAssignmentForm({ assignment, members }: { assignment: Assignment; members: Member[] }) {
  const { mutateAsync: change } = useChangeLeadSettings();
  const api = useApiForm({ assignment: withoutFormer(assignment, members) }, async (values) => {
    await change(values);
    notifyDone('The assignment was changed.');
  });
  const { form } = api;
  const { sources } = form.values.assignment;

  return (
    <form onSubmit={api.onSubmit}>
      <Stack gap="sm">
        {api.error && <ErrorPanel error={api.error} />}
        <AssignmentRuleFields
          label={sources.length > 0 ? 'Leads of other sources go to' : 'New leads go to'}
          members={members}
          mode={form.getInputProps('assignment.mode')}
          chosen={form.getInputProps('assignment.members')}
          onRule={(rule) => form.setFieldValue('assignment', { ...form.values.assignment, ...rule })}
        />
        {sources.map((rule, at) => (
          // The fields of a rule keep nothing that the form does not hold.
          // oxlint-disable-next-line react/no-array-index-key
          <fieldset key={at} className={classes.rule} aria-label={`Rule ${at + 1}`}>
            <div className={classes.ruleHead}>
              <LeadSourceField
                label="Leads of the source"
                placeholder="Website"
                className={classes.field}
                required
                {...form.getInputProps(`assignment.sources.${at}.source`)}
              />
              <ActionIcon
                variant="subtle"
                color="gray"
                size={32}
                aria-label={`Remove the rule for ${rule.source || 'a source'}`}
                onClick={() => form.removeListItem('assignment.sources', at)}
              >
                <IconTrash size={16} />
              </ActionIcon>
            </div>
            <AssignmentRuleFields
              label="go to"
              members={members}
              mode={form.getInputProps(`assignment.sources.${at}.mode`)}
              chosen={form.getInputProps(`assignment.sources.${at}.members`)}
              onRule={(next) => form.replaceListItem('assignment.sources', at, { ...rule, ...next })}
            />
          </fieldset>
        ))}
        <Group gap="xs">
          <Button type="submit" variant="default" loading={api.busy}>
            Save
          </Button>
          <Button
            variant="subtle"
            color="gray"
            leftSection={<IconPlus size={15} />}
            onClick={() => form.insertListItem('assignment.sources', NEW_RULE)}
          >
            Add a rule for a source
          </Button>
        </Group>
      </Stack>
    </form>
  );
}

/** The API takes members alone, and lists who was one when the rule was made. */
function withoutFormer(assignment: Assignment, members: Member[]): Assignment {
  const existing = new Set(members.map(({ id }) => id));
  const kept = <R extends AssignmentRule>(rule: R): R => ({
    ...rule,
    members: rule.members.filter((id) => existing.has(id)),
  });
  return { ...kept(assignment), sources: assignment.sources.map((rule) => kept(rule)) };
}
