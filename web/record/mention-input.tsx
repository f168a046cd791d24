import { Combobox, Textarea, useCombobox, type TextareaProps } from '@mantine/core';
import { useLayoutEffect, useRef, useState, type RefObject } from 'react';
import { typedMention } from './mentions.ts';
import { useMembers } from './person.tsx';

const MAX_OFFERED = 6;

/** A text in which `@` offers the members of the workspace. */
export function MentionInput({
  value,
  onValue,
  continued,
  ...props
}: Omit<TextareaProps, 'value' | 'onChange'> & {
  value: string;
  onValue: (value: string) => void;
  /** A field whose place it takes, with the focus and the caret. */
  continued?: RefObject<HTMLTextAreaElement | null> | undefined;
}) {
  const members = useMembers();
  const list = useCombobox();
  const input = useRef<HTMLTextAreaElement>(null);
  useLayoutEffect(() => {
    if (!continued?.current) return;
    const { selectionStart, selectionEnd } = continued.current;
    input.current!.focus();
    input.current!.setSelectionRange(selectionStart, selectionEnd);
  }, [continued]);
  const [typed, setTyped] = useState<string | null>(null);
  const offered =
    typed === null
      ? []
      : members.filter(({ name }) => name.toLowerCase().includes(typed.toLowerCase())).slice(0, MAX_OFFERED);

  const look = () => {
    const { value: text, selectionStart } = input.current!;
    const name = typedMention(text, selectionStart);
    setTyped(name);
    if (name === null) list.closeDropdown();
    else {
      list.openDropdown();
      list.updateSelectedOptionIndex();
      list.selectFirstOption();
    }
  };
  const insert = (name: string) => {
    const caret = input.current!.selectionStart;
    const start = caret - (typed ?? '').length;
    onValue(`${value.slice(0, start)}${name} ${value.slice(caret)}`);
    setTyped(null);
    list.closeDropdown();
    requestAnimationFrame(() =>
      input.current?.setSelectionRange(start + name.length + 1, start + name.length + 1),
    );
  };
  const isOpen = offered.length > 0;
  return (
    <Combobox store={list} onOptionSubmit={insert} position="bottom-start" width={220} shadow="md">
      <Combobox.EventsTarget>
        <Combobox.DropdownTarget>
          <Textarea
            {...props}
            ref={input}
            value={value}
            onChange={(event) => {
              onValue(event.currentTarget.value);
              look();
            }}
            onBlur={() => list.closeDropdown()}
            autosize
          />
        </Combobox.DropdownTarget>
      </Combobox.EventsTarget>
      <Combobox.Dropdown hidden={!isOpen}>
        <Combobox.Options aria-label="Members">
          {offered.map(({ id, name }) => (
            <Combobox.Option key={id} value={name}>
              {name}
            </Combobox.Option>
          ))}
        </Combobox.Options>
      </Combobox.Dropdown>
    </Combobox>
  );
}
