import { Checkbox, Input, SegmentedControl, Stack, Text } from '@mantine/core';
import { useMayAll } from '../../api/session-queries.ts';
import { fieldLabel } from '../../ui/field-label.ts';
import classes from './scope-field.module.css';
import { OTHER_SCOPES, RECORD_SCOPES } from './scopes.ts';

/** What a key may do: everything that its maker may, or what is ticked. */
export function ScopeField({
  value = null,
  onChange,
  error,
}: {
  /** Null: as much as its maker. */
  value?: string[] | null;
  onChange: (scopes: string[] | null) => void;
  error?: React.ReactNode;
}) {
  const may = useMayAll();
  return (
    <Stack gap="xs">
      <Input.Wrapper label="Scopes" error={error}>
        <SegmentedControl
          aria-label="Scopes"
          fullWidth
          size="xs"
          value={value === null ? 'all' : 'chosen'}
          onChange={(choice) => onChange(choice === 'all' ? null : [])}
          data={[
            { value: 'all', label: 'All that I may do' },
            { value: 'chosen', label: 'Only what I choose' },
          ]}
        />
      </Input.Wrapper>
      {value !== null && (
        <Checkbox.Group aria-label="Chosen scopes" value={value} onChange={onChange}>
          <div className={classes.grid}>
            <span />
            <Text size="xs" c="dimmed">
              Read
            </Text>
            <Text size="xs" c="dimmed">
              Write
            </Text>
            {RECORD_SCOPES.map((object) => (
              <div key={object} className={classes.row}>
                <span>{fieldLabel(object)}</span>
                {['read', 'write'].map((verb) => (
                  <Checkbox
                    key={verb}
                    size="xs"
                    value={`${object}:${verb}`}
                    aria-label={`${object}:${verb}`}
                    disabled={!may(`${object}:${verb}`)}
                  />
                ))}
              </div>
            ))}
          </div>
          <Stack gap="xs" mt="sm">
            {OTHER_SCOPES.map(({ scope, means }) => (
              <Checkbox key={scope} size="xs" value={scope} label={means} disabled={!may(scope)} />
            ))}
          </Stack>
        </Checkbox.Group>
      )}
    </Stack>
  );
}
