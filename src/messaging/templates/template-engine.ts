import type { Liquid, Template as ParsedTemplate } from 'liquidjs';
import { invalid } from '../../base/errors.ts';
import { storableText } from '../inbound/parsed-email.ts';

/** What a template may use: milliseconds, and units of what it builds in memory (a character, an item of a list). */
const BUDGET = { renderLimit: 200, memoryLimit: 5_000_000, parseLimit: 500_000 };

/** The merge fields of a template, by the name of the object: `contact`, `deal`, … */
export type MergeData = Readonly<Record<string, unknown>>;

/** A template whose problem is in its text. */
export class TemplateError extends Error {
  override readonly name = 'TemplateError';
}

interface Engines {
  html: Liquid;
  text: Liquid;
}

let engines: Promise<Engines> | undefined;

/** Loaded with the first template. */
function load(): Promise<Engines> {
  return (engines ??= import('liquidjs').then(({ Liquid }) => {
    const options = {
      ...BUDGET,
      strictVariables: true,
      strictFilters: true,
      ownPropertyOnly: true,
      // No files: `include`, `render` and `layout` find nothing.
      templates: {},
      cache: false,
    };
    return { html: new Liquid({ ...options, outputEscape: 'escape' }), text: new Liquid(options) };
  }));
}

/**
 * Renders a template with merge fields, within a budget. Throws `TemplateError`: for a wrong syntax, for a merge field that
 * does not exist (it names it), and beyond the budget.
 * @param kind in `html`, values are escaped
 */
export async function renderTemplate(
  source: string,
  data: MergeData,
  kind: 'html' | 'text',
): Promise<string> {
  const engine = (await load())[kind];
  try {
    // `url_decode` can make NUL.
    return storableText(engine.parseAndRenderSync(source, data) as string);
  } catch (error) {
    throw new TemplateError(messageOf(error as Error));
  }
}

/** The merge fields that templates use, as in `contact.first_name`. Throws `TemplateError` for a wrong syntax. */
export async function mergeFieldsOf(sources: readonly string[]): Promise<string[]> {
  const { text } = await load();
  const found = new Set<string>();
  try {
    for (const source of sources) {
      const parsed: ParsedTemplate[] = text.parse(source);
      for (const name of text.globalFullVariablesSync(parsed)) found.add(name);
    }
  } catch (error) {
    throw new TemplateError(messageOf(error as Error));
  }
  return [...found].toSorted();
}

/** Throws `validation_error` that names the field whose template is wrong. */
export async function checkTemplate(
  fields: Readonly<Record<string, string | null | undefined>>,
): Promise<void> {
  for (const [field, source] of Object.entries(fields)) {
    if (source == null) continue;
    try {
      await mergeFieldsOf([source]);
    } catch (error) {
      throw invalid(field, (error as Error).message);
    }
  }
}

/** One line, without the excerpt of the template that LiquidJS adds. */
function messageOf(error: Error): string {
  const [line = ''] = error.message.split('\n');
  return line.replaceAll(/\p{Cc}+/gu, ' ').slice(0, 300);
}
