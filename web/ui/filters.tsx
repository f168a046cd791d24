import { CloseButton, Group, Select, TextInput } from '@mantine/core';
import { useDebouncedCallback } from '@mantine/hooks';
import { IconSearch } from '@tabler/icons-react';
import { useState, type ReactNode } from 'react';
import classes from './filters.module.css';

export function FilterBar({ children }: { children: ReactNode }) {
  return (
    <Group component="search" gap="xs" className={classes.root}>
      {children}
    </Group>
  );
}

interface FilterProps {
  label: string;
  value: string | undefined;
  /** Undefined: no filter. */
  onChange: (value: string | undefined) => void;
}

export function TextFilter(props: FilterProps) {
  return <TypedFilter {...props} name={`Filter by ${props.label.toLowerCase()}`} />;
}

/** Full-text search. */
export function SearchFilter({ name, ...props }: Omit<FilterProps, 'label'> & { name: string }) {
  return (
    <TypedFilter
      {...props}
      label="Search"
      name={name}
      maxLength={200}
      icon={<IconSearch size={15} stroke={1.6} aria-hidden />}
    />
  );
}

/** Debounced; Enter applies the filter at once. */
function TypedFilter({
  label,
  value,
  onChange,
  name,
  icon,
  maxLength,
}: FilterProps & { name: string; icon?: ReactNode; maxLength?: number }) {
  const [typed, setTyped] = useState(value ?? '');
  const [seen, setSeen] = useState(value);
  const later = useDebouncedCallback(onChange, { delay: 350, flushOnUnmount: false });
  // The URL changed elsewhere, such as by the back button.
  if (value !== seen) {
    setSeen(value);
    if (typed.trim() !== (value ?? '')) setTyped(value ?? '');
  }
  const change = (text: string) => {
    setTyped(text);
    later(text.trim() || undefined);
  };
  return (
    <TextInput
      className={icon ? classes.search : classes.text}
      aria-label={name}
      placeholder={label}
      leftSection={icon}
      maxLength={maxLength}
      value={typed}
      onChange={(event) => change(event.currentTarget.value)}
      onKeyDown={(event) => event.key === 'Enter' && later.flush()}
      rightSection={
        typed !== '' && (
          <CloseButton size="sm" aria-label={`Clear ${label.toLowerCase()}`} onClick={() => change('')} />
        )
      }
    />
  );
}

/** Few enough to read at a glance; more are searched. */
export const MAX_UNSEARCHED = 8;

/** Of a longer list, a search shows the rest: a list of thousands opens slowly. */
export const MAX_SHOWN_OPTIONS = 200;

export function SelectFilter({
  label,
  value,
  onChange,
  options,
}: FilterProps & { options: readonly { value: string; label: string }[] }) {
  return (
    <Select
      className={classes.select}
      aria-label={`Filter by ${label.toLowerCase()}`}
      placeholder={label}
      data={options}
      value={value ?? null}
      onChange={(chosen) => onChange(chosen ?? undefined)}
      searchable={options.length > MAX_UNSEARCHED}
      limit={MAX_SHOWN_OPTIONS}
      nothingFoundMessage="No matches"
      clearable
    />
  );
}
