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

/** The default rule, and rules for specific sources. */
export function LeadAssignmentForm({ assignment, members }: { assignment: Assignment; members: Member[] }) {
  const { mutateAsync: change } = useChangeLeadSettings();
  const api = useApiForm({ assignment: withoutFormerMembers(assignment, members) }, async (values) => {
    await change(values);
    notifyDone('Assignment saved');
  });
  const { form } = api;
  const { sources } = form.values.assignment;

  return (
    <form onSubmit={api.onSubmit}>
      <Stack gap="sm">
        {api.error && <ErrorPanel error={api.error} />}
        <AssignmentRuleFields
          label={sources.length > 0 ? 'Assign leads from other sources to' : 'Assign new leads to'}
          members={members}
          mode={form.getInputProps('assignment.mode')}
          chosen={form.getInputProps('assignment.members')}
          onRule={(rule) => form.setFieldValue('assignment', { ...form.values.assignment, ...rule })}
        />
        {sources.map((rule, at) => (
          // The inputs of a rule are controlled, so the index is safe as a key.
          // oxlint-disable-next-line react/no-array-index-key
          <fieldset key={at} className={classes.rule} aria-label={`Rule ${at + 1}`}>
            <div className={classes.ruleHead}>
              <LeadSourceField
                label="Source"
                placeholder="Website"
                className={classes.field}
                required
                {...form.getInputProps(`assignment.sources.${at}.source`)}
              />
              <ActionIcon
                variant="subtle"
                color="gray"
                size={32}
                aria-label={`Remove rule for ${rule.source || 'a source'}`}
                onClick={() => form.removeListItem('assignment.sources', at)}
              >
                <IconTrash size={16} />
              </ActionIcon>
            </div>
            <AssignmentRuleFields
              label="Assign to"
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
            Add rule for a source
          </Button>
        </Group>
      </Stack>
    </form>
  );
}

/** The API accepts current members only, but returns former ones, too. */
function withoutFormerMembers(assignment: Assignment, members: Member[]): Assignment {
  const memberIds = new Set(members.map(({ id }) => id));
  const filterRule = <R extends AssignmentRule>(rule: R): R => ({
    ...rule,
    members: rule.members.filter((id) => memberIds.has(id)),
  });
  return { ...filterRule(assignment), sources: assignment.sources.map((rule) => filterRule(rule)) };
}
