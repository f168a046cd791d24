import { readFile } from 'node:fs/promises';
import path from 'node:path';
import { compileFunction } from 'node:vm';
import { PROJECT } from './process.ts';

/** The URL of an installation in docs/integrations/. */
export const INSTALLATION = 'https://crm.example.com';

/** A request as a page prints it: the request line, headers, an empty line, the body. */
export interface PrintedRequest {
  method: string;
  url: string;
  headers: Record<string, string>;
  body: string;
}

/** The code blocks of a page of docs/integrations/ in one language, in order. */
export async function codeBlocks(page: string, language: string): Promise<string[]> {
  const text = await readFile(path.join(PROJECT, 'docs/integrations', page), 'utf8');
  return [...text.matchAll(/^```(\w+)\n([^]*?)^```$/gm)]
    .filter(([, name]) => name === language)
    .map(([, , code]) => code!);
}

export function printedRequest(code: string): PrintedRequest {
  const end = code.indexOf('\n\n');
  const [line, ...headers] = code.slice(0, end).split('\n');
  const [method, url] = line!.split(' ');
  return {
    method: method!,
    url: url!,
    headers: Object.fromEntries(headers.map((item) => item.split(': ', 2) as [string, string])),
    body: code.slice(end + 2).trimEnd(),
  };
}

/**
 * A program from a page, to run with a given environment, which includes its imports.
 * @param result an expression for its result
 */
export function runnable<Result>(
  code: string,
  around: Record<string, unknown>,
  { self, result = '' }: { self?: object; result?: string } = {},
): Promise<Result> {
  const body = code.replaceAll(/^import .*$/gm, '').replaceAll(/^export /gm, '');
  const run = compileFunction(
    `return (async () => { ${body}\n${result} })()`,
    Object.keys(around),
  ) as unknown as (...args: unknown[]) => Promise<Result>;
  return run.apply(self, Object.values(around));
}
