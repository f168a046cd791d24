import { Switch, TagsInput as Mantine, Textarea } from '@mantine/core';
import { useState } from 'react';
import { inputProps, type InputProps } from './field-kind.ts';
import { isDuplicateTag, useOfferedTags } from './tags.tsx';

/** Inputs that forms alone need: lists do not load them. */

export function EmailsInput(props: InputProps) {
  return <Mantine {...inputProps(props)} type="email" placeholder="Press Enter to add" acceptValueOnBlur />;
}

export function PhonesInput(props: InputProps) {
  return <Mantine {...inputProps(props)} type="tel" placeholder="Press Enter to add" acceptValueOnBlur />;
}

export function LongTextInput(props: InputProps) {
  return <Textarea {...inputProps(props)} autosize minRows={3} maxRows={12} />;
}

export function BooleanInput({ field, input }: InputProps) {
  const { value, onChange, ...others } = input;
  return (
    <Switch
      {...others}
      label={field.label}
      checked={value === true}
      onChange={(event) => (onChange as (value: boolean) => void)(event.currentTarget.checked)}
    />
  );
}

/** Offers the tags of the workspace; any other text becomes a new tag. */
export function TagsInput(props: InputProps) {
  const [typed, type] = useState('');
  const offered = useOfferedTags(typed);
  return (
    <Mantine
      {...inputProps(props)}
      placeholder="Add a tag"
      data={offered}
      // The API has searched.
      filter={({ options }) => options}
      searchValue={typed}
      onSearchChange={type}
      isDuplicate={isDuplicateTag}
      maxTags={50}
      acceptValueOnBlur
      clearable
    />
  );
}
