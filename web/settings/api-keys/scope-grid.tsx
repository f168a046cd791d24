import { Checkbox, Text } from '@mantine/core';
import type { Scope } from '../../api/scope-queries.ts';
import { fieldLabel } from '../../ui/field-label.ts';
import classes from './scope-field.module.css';

const ACTIONS = ['read', 'write'] as const;

/** The scopes of records: a row per object. */
export function ScopeGrid({ scopes }: { scopes: readonly Scope[] }) {
  const groups = [...new Set(scopes.flatMap(({ action, group }) => (action === null ? [] : [group])))];
  return (
    <div className={classes.grid}>
      <span />
      {ACTIONS.map((action) => (
        <Text key={action} size="xs" c="dimmed">
          {fieldLabel(action)}
        </Text>
      ))}
      {groups.map((group) => (
        <div key={group} className={classes.row}>
          <span>{fieldLabel(group)}</span>
          {ACTIONS.map((action) => (
            <GridBox
              key={action}
              scope={scopes.find((item) => item.group === group && item.action === action)}
            />
          ))}
        </div>
      ))}
    </div>
  );
}

function GridBox({ scope }: { scope: Scope | undefined }) {
  if (!scope) return <span />;
  const { name, description, may_grant: mayGrant } = scope;
  return <Checkbox size="xs" value={name} aria-label={name} title={description} disabled={!mayGrant} />;
}
