import { Input } from '@mantine/core';
import { useId, useRef, type CSSProperties, type KeyboardEvent } from 'react';
import type { FieldError } from '../api/client.ts';
import classes from './json-field.module.css';
import { lineOfPath, readJson } from './json-place.ts';

const INDENT = '  ';
const MIN_LINES = 4;

interface JsonFieldProps {
  /** The API field; the prefix of its error paths. */
  name: string;
  label: string;
  description?: string;
  value: string;
  onChange: (text: string) => void;
  /** Errors of the API; those of other fields are ignored. */
  fieldErrors: readonly FieldError[];
}

/** A JSON editor with line numbers; errors of the API show with their line. */
export function JsonField({ name, label, description, value, onChange, fieldErrors }: JsonFieldProps) {
  const id = useId();
  const input = useRef<HTMLTextAreaElement>(null);
  const problems = problemsOf(name, value, fieldErrors);
  const problemLines = new Set(problems.map(({ line }) => line));
  const lines = value.split('\n').length;
  const rows = Math.max(lines, MIN_LINES);
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
        problems.length > 0 && (
          <ul className={classes.errors} role="alert">
            {problems.map(({ line, path, message }) => (
              <li key={`${path} ${message}`}>
                <button type="button" className={classes.jump} onClick={() => showLine(line)}>
                  Line {line}
                </button>
                {path === '' ? '' : `, ${path}`}: {message}
              </li>
            ))}
          </ul>
        )
      }
    >
      <div className={classes.root} data-invalid={problems.length > 0 || undefined}>
        <div className={classes.numbers} aria-hidden>
          {Array.from({ length: lines }, (_line, at) => (
            <div key={at} data-wrong={problemLines.has(at + 1) || undefined}>
              {at + 1}
            </div>
          ))}
        </div>
        <div className={classes.text}>
          {[...problemLines].map((line) => (
            <div key={line} className={classes.mark} style={{ '--at': line } as CSSProperties} />
          ))}
          <textarea
            id={id}
            ref={input}
            className={classes.input}
            data-path={name}
            rows={rows}
            spellCheck={false}
            autoCapitalize="off"
            autoComplete="off"
            aria-invalid={problems.length > 0}
            value={value}
            onChange={(event) => onChange(event.currentTarget.value)}
            onKeyDown={keepIndent}
          />
        </div>
      </div>
    </Input.Wrapper>
  );
}

/** Keeps the indentation on Enter. Tab still moves to the next field. */
function keepIndent(event: KeyboardEvent<HTMLTextAreaElement>): void {
  if (event.key !== 'Enter' || event.nativeEvent.isComposing) return;
  const { value, selectionStart } = event.currentTarget;
  const before = value.slice(0, selectionStart).split('\n').at(-1)!;
  const indent = /^ */.exec(before)![0];
  event.preventDefault();
  // By execCommand, so that undo works.
  document.execCommand('insertText', false, `\n${indent}${/[{[]\s*$/.test(before) ? INDENT : ''}`);
}

interface Problem {
  line: number;
  /** The path in the text; empty for the root. */
  path: string;
  message: string;
}

function problemsOf(name: string, text: string, fieldErrors: readonly FieldError[]): Problem[] {
  const errors = fieldErrors.filter(({ field }) => field === name || field.startsWith(`${name}.`));
  const read = readJson(text);
  return errors.map(({ field, message }) => {
    const path = field.slice(name.length + 1);
    const line = 'brokenLine' in read ? read.brokenLine : lineOfPath(text, path);
    return { line, path, message };
  });
}
