import { Textarea, type TextareaProps } from '@mantine/core';
import { useState } from 'react';

/** A stable default value. */
const NONE: string[] = [];

/** Edits a list as text, one item per line. Empty lines and outer spaces are dropped. */
export function LinesInput({
  value = NONE,
  onChange,
  ...props
}: Omit<TextareaProps, 'value' | 'onChange'> & {
  value?: string[];
  onChange: (lines: string[]) => void;
}) {
  // The text also holds the unfinished line, which the list drops.
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
