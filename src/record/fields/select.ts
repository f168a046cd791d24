import { z } from 'zod';
import { text as optionalText } from '../../base/values/text.ts';
import { makeField, type FieldOf, type FieldOptions, type Option } from './field.ts';

export interface SelectOptions<Value extends string> extends FieldOptions {
  options: Readonly<Record<Value, string>>;
  default?: NoInfer<Value>;
  sample?: NoInfer<Value>;
}

/** One of several values, the same in every workspace; `options` has their labels. */
export function select<Value extends string, const Options extends SelectOptions<Value>>(
  options: Options & { options: Readonly<Record<Value, string>> },
): FieldOf<Value, Options> {
  const values = z.enum(Object.keys(options.options) as [Value, ...Value[]]);
  const list = Object.entries<string>(options.options).map(([value, label]): Option => ({ value, label }));
  return makeField<Value, Options>(
    { kind: 'select', input: options.required ? values : values.nullable(), output: values, options: list },
    options,
  );
}

export interface OptionOfListOptions extends FieldOptions {
  /** The workspace's list of options, as in `lead_source`. */
  list: string;
  default?: string;
  sample?: string;
}

const MAX_OPTION = 200;

/** One option of a list of the workspace's own; an enrich step validates it. */
export function optionOf<const Options extends OptionOfListOptions>(options: Options) {
  return makeField<string, Options>(
    {
      kind: 'select',
      input: optionalText(MAX_OPTION),
      output: z.string(),
      options: { list: options.list },
    },
    options,
  );
}
