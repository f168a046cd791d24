import { Textarea, type TextareaProps } from '@mantine/core';
import { useState } from 'react';

/** One and the same for every render. */
const NONE: string[] = [];

/** A list as lines of a text, one each; empty lines and outer spaces are left out. */
export function LinesInput({
  value = NONE,
  onChange,
  ...props
}: Omit<TextareaProps, 'value' | 'onChange'> & {
  value?: string[];
  onChange: (lines: string[]) => void;
}) {
  // The text keeps what the list does not: the line that is being begun.
  const [text, setText] = useState(value.join('\n'));
  return (
    <Textarea
      {...props}
      autosize
      minRows={2}
      maxRows={10}
      value={text}
      onChange={({ currentTarget }) => {
        setText(currentTarget.value);
        onChange(
          currentTarget.value
            .split('\n')
            .map((line) => line.trim())
            .filter(Boolean),
        );
      }}
    />
  );
}
