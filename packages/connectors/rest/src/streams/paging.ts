import { z } from 'zod'

const sizeParameter = () =>
  z.string().min(1).optional().describe('The parameter that takes pageSize. Default: none is sent.')
const parameter = (name: string): z.ZodDefault<z.ZodString> =>
  z.string().min(1).default(name).describe('Name of the query parameter.')

/** How an API hands out its records in pages. */
export const paging = () =>
  z.discriminatedUnion('style', [
    z.strictObject({ style: z.literal('none') }).describe('All records at once.'),
    z
      .strictObject({
        style: z.literal('page'),
        pageParameter: parameter('page'),
        sizeParameter: sizeParameter(),
        firstPage: z.number().int().min(0).default(1).describe('Number of the first page.'),
        lastPagePath: z.string().optional().describe('Where an answer tells the number of the last page.'),
      })
      .describe('?page=3; ends at an empty page, or at the last page where the answer tells it.'),
    z
      .strictObject({
        style: z.literal('offset'),
        offsetParameter: parameter('offset'),
        sizeParameter: sizeParameter(),
        totalPath: z.string().optional().describe('Where an answer tells how many records there are.'),
      })
      .describe('?offset=200; ends at an empty page, or at the total where the answer tells it.'),
    z
      .strictObject({
        style: z.literal('cursor'),
        cursorParameter: parameter('cursor'),
        cursorPath: z.string().min(1).describe('Where an answer tells the next cursor; nothing there is the end.'),
        sizeParameter: sizeParameter(),
        morePath: z.string().optional().describe('Where an answer tells, true or false, whether there is more.'),
      })
      .describe('?cursor=… from the answer before.'),
    z
      .strictObject({ style: z.literal('link'), sizeParameter: sizeParameter() })
      .describe('Link: <…>; rel="next" (RFC 8288).'),
    z
      .strictObject({
        style: z.literal('next_url'),
        urlPath: z
          .string()
          .min(1)
          .describe('Where an answer has the address of the next page; nothing there is the end.'),
        sizeParameter: sizeParameter(),
      })
      .describe('The address of the next page in the answer.'),
  ])
