import { z } from 'zod';

/** The query parameters of every list. */
export const pageQuery = z.strictObject({
  limit: z.coerce.number().int().min(1).max(200).default(50),
  cursor: z.string().max(500).optional().meta({ description: 'next_cursor of the previous page.' }),
});

export type PageQuery = z.output<typeof pageQuery>;

/** The response of every list, for the OpenAPI document. */
export function pageShape<Item extends z.ZodType>(item: Item) {
  return z.object({
    data: z.array(item),
    has_more: z.boolean(),
    next_cursor: z.string().nullable(),
    next_url: z.string().nullable(),
  });
}
