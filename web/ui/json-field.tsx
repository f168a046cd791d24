import { Input } from '@mantine/core';
import { useId, useRef, type CSSProperties, type KeyboardEvent } from 'react';
import type { FieldError } from '../api/client.ts';
import classes from './json-field.module.css';
import { lineOfPlace, readJson } from './json-place.ts';

const INDENT = '  ';
const MIN_LINES = 4;

interface JsonFieldProps {
  /** The API's name for it, with which the places of its errors begin. */
  name: string;
  label: string;
  description?: string;
  value: string;
  onChange: (text: string) => void;
  /** What the API refused; what is not of this field is passed over. */
  refused: readonly FieldError[];
}

/** A JSON text with numbered lines; what the API refuses of it is told with the line that it stands on. */
export function JsonField({ name, label, description, value, onChange, refused }: JsonFieldProps) {
  const id = useId();
  const input = useRef<HTMLTextAreaElement>(null);
  const wrong = problemsOf(name, value, refused);
  const wrongLines = new Set(wrong.map(({ line }) => line));
  const lines = value.split('\n').length;
  const shown = Math.max(lines, MIN_LINES);
  const showLine = (line: number) => {
    const start =
      value
        .split('\n')
        .slice(0, line - 1)
        .join('\n').length + (line > 1 ? 1 : 0);
    input.current?.focus();
    input.current?.setSelectionRange(start, start);
  };

  return (
    <Input.Wrapper
      label={label}
      description={description}
      labelProps={{ htmlFor: id }}
      required
      error={
        wrong.length > 0 && (
          <ul className={classes.errors} role="alert">
            {wrong.map(({ line, place, message }) => (
              <li key={`${place} ${message}`}>
                <button type="button" className={classes.jump} onClick={() => showLine(line)}>
                  Line {line}
                </button>
                {place === '' ? '' : `, ${place}`}: {message}
              </li>
            ))}
          </ul>
        )
      }
    >
      <div className={classes.root} data-invalid={wrong.length > 0 || undefined}>
        <div className={classes.numbers} aria-hidden>
          {Array.from({ length: lines }, (_line, at) => (
            <div key={at} data-wrong={wrongLines.has(at + 1) || undefined}>
              {at + 1}
            </div>
          ))}
        </div>
        <div className={classes.text}>
          {[...wrongLines].map((line) => (
            <div key={line} className={classes.mark} style={{ '--at': line } as CSSProperties} />
          ))}
          <textarea
            id={id}
            ref={input}
            className={classes.input}
            data-path={name}
            rows={shown}
            spellCheck={false}
            autoCapitalize="off"
            autoComplete="off"
            aria-invalid={wrong.length > 0}
            value={value}
            onChange={(event) => onChange(event.currentTarget.value)}
            onKeyDown={indented}
          />
        </div>
      </div>
    </Input.Wrapper>
  );
}

/** A new line begins where the one before did. Tab is left alone: it goes to the next field. */
function indented(event: KeyboardEvent<HTMLTextAreaElement>): void {
  if (event.key !== 'Enter' || event.nativeEvent.isComposing) return;
  const { value, selectionStart } = event.currentTarget;
  const before = value.slice(0, selectionStart).split('\n').at(-1)!;
  const margin = /^ */.exec(before)![0];
  event.preventDefault();
  // Through the browser's own editing, so that it can be undone.
  document.execCommand('insertText', false, `\n${margin}${/[{[]\s*$/.test(before) ? INDENT : ''}`);
}

interface Problem {
  line: number;
  /** Within the text; empty for the whole. */
  place: string;
  message: string;
}

function problemsOf(name: string, text: string, refused: readonly FieldError[]): Problem[] {
  const own = refused.filter(({ field }) => field === name || field.startsWith(`${name}.`));
  const read = readJson(text);
  return own.map(({ field, message }) => {
    const place = field.slice(name.length + 1);
    const line = 'brokenLine' in read ? read.brokenLine : lineOfPlace(text, place);
    return { line, place, message };
  });
}
