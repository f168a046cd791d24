#!/usr/bin/env node
import { EXIT, StartError } from './base/errors.ts';

/** `fairlead` and `fairlead start` run the server; anything else is a command (see cli/). */
async function main(): Promise<void> {
  if (isCommand) return runAsCommand(args);
  const { start } = await import('./start.ts');
  await start();
}

async function runAsCommand(words: string[]): Promise<void> {
  // A key in the options must not be visible in the process list, which other users can read.
  if (words[0] === 'listen' || words[0] === 'mcp') process.title = `fairlead ${words[0]}`;
  else endWithCommand();
  const { runCommand } = await import('./cli/command.ts');
  process.exitCode = await runCommand(words, process.env);
}

function oneLine(text: string): string {
  return text.replaceAll(/\s*\n\s*/g, ' ');
}

/**
 * An interrupted command stops the PostgreSQL that it started, by the `exit` handler; `listen` and `mcp` run until they
 * are interrupted.
 */
function endWithCommand(): void {
  process.on('SIGINT', () => process.exit(130));
  process.on('SIGTERM', () => process.exit(143));
}

const args = process.argv.slice(2);
const isCommand = args.length > 1 || (args.length === 1 && args[0] !== 'start');

main().catch((error: unknown) => {
  // A server's stack trace helps to fix a fault; a command prints one line.
  const { name, message } = error as Error;
  const known = error instanceof StartError;
  console.error(
    known ? `fairlead: ${message}` : isCommand ? `fairlead: ${name}: ${oneLine(message)}` : error,
  );
  process.exit(known && isCommand ? error.exit : EXIT.failed);
});
