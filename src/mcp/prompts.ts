import type { GetPromptResult, McpServer } from '@modelcontextprotocol/server';
import { z } from 'zod';
import type { ToolContext } from './tool.ts';

const word = z.string().min(1).max(200);

/** Prompts that people choose in their client; those that the caller has no rights for are left out. */
export function addPrompts(server: McpServer, { api }: ToolContext): void {
  if (api.may('GET', 'activities/:contact_id')) {
    server.registerPrompt(
      'summarise_record',
      {
        title: 'Summarise a record',
        description: 'Where things stand with a contact, a company or a deal, and the next step.',
        argsSchema: z.object({ record: word.describe('Name, email address or id.') }),
      },
      ({ record }) =>
        promptOf(
          `Find "${record}" in Fairlead with \`search\`, read it with \`get\` and its history with \`timeline\`. Summarise in ten lines: who or what it is, what happened last, what is open, and one next step. Name dates. Change nothing.`,
        ),
    );
  }
  if (api.may('PATCH', 'contacts/:id') || api.may('PATCH', 'deals/:id')) {
    server.registerPrompt(
      'bulk_change',
      {
        title: 'Change several records safely',
        description: 'Finds records, shows a dry run, changes them after your consent.',
        argsSchema: z.object({ change: word.describe('As in: move all stale offers to Lost.') }),
      },
      ({ change }) =>
        promptOf(
          `In Fairlead: ${change}\n\nFirst \`schema\`, then \`list\` the records. Call \`update\` with \`dry_run\` and show me a table of what would change, with the events and webhooks. Wait for my consent. Then make the change and give me each \`operation_id\`, with which \`undo\` takes it back.`,
        ),
    );
  }
  if (api.may('GET', 'deliveries/:id') && api.may('GET', 'events')) {
    server.registerPrompt(
      'triage_webhooks',
      {
        title: 'Triage webhooks',
        description: 'Why an event did not arrive, and what to do.',
        argsSchema: z.object({ event_id: word.optional().describe('evt_…; default: the latest events.') }),
      },
      ({ event_id: id }) =>
        promptOf(
          `${id === undefined ? 'Read the latest `events` of Fairlead, and choose those that matched a webhook.' : `Look at the event ${id} in Fairlead.`} Use \`explain_delivery\` for each. Group what failed by cause, say who has to do what, and which deliveries are worth sending again. Change nothing.`,
        ),
    );
  }
}

function promptOf(text: string): GetPromptResult {
  return { messages: [{ role: 'user', content: { type: 'text', text } }] };
}
