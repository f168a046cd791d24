import { z } from 'zod';
import { caseless } from '../../base/fold.ts';
import { tagList } from '../fields/tags.ts';

/** A change of tags as clients send it. */
export const tagsBody = z
  .strictObject({ add: tagList.default([]), remove: tagList.default([]) })
  .superRefine(({ add, remove }, ctx) => {
    const added = new Set(add.map(caseless));
    if (remove.some((tag) => added.has(caseless(tag))))
      ctx.addIssue({ code: 'custom', path: ['remove'], message: 'contains a tag that is also in add' });
  });
