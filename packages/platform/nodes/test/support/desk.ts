import {
  ConnectorError,
  defineConnector,
  listens,
  openBody,
  operation,
  readBytes,
  reads,
  schema,
  Secret,
  stream,
  writes,
} from '@casare/core'
import { body, secret } from '@casare/core/zod'
import { z } from 'zod'

/** What a desk remembers. */
export interface Desk {
  readonly letters: { readonly id: number }[]
  readonly keys: string[]
}

const letter = z.object({ id: z.number() })

/** A connector of tests with one of everything. */
export const desk = defineConnector({
  name: 'desk',
  title: 'Desk',
  category: 'other',
  contractVersion: 1,
  config: schema(z.strictObject({ password: secret('Opens the drawer.') })),
  open: (): Desk => ({ letters: [{ id: 1 }, { id: 2 }, { id: 3 }], keys: [] }),
  toError: () => undefined,
  operations: {
    stamp: operation({
      description: 'Stamps something.',
      effect: 'unsafe',
      input: z.strictObject({ times: z.number() }),
      output: z.object({ stamped: z.number() }),
      run: (_desk: Desk, { times }) => ({ stamped: times }),
    }),
    fileLetter: operation({
      description: 'Files a letter.',
      effect: 'idempotent',
      input: z.strictObject({ body: body() }),
      output: z.object({ bytes: z.number() }),
      errors: ['already_exists'],
      async run(_desk: Desk, input, { fileRoots }) {
        const opened = await openBody(input.body, fileRoots)
        return { bytes: (await readBytes(opened.stream(), 1_000)).byteLength }
      },
    }),
    issueToken: operation({
      description: 'Gives a token.',
      effect: 'read',
      input: z.strictObject({}),
      output: z.object({ token: secret() }),
      run: (_desk: Desk) => ({ token: new Secret('token-of-the-desk') }),
    }),
    useToken: operation({
      description: 'Takes a token.',
      effect: 'read',
      input: z.strictObject({ token: secret() }),
      output: z.object({ right: z.boolean() }),
      run: (_desk: Desk, { token }) => ({ right: token.reveal() === 'token-of-the-desk' }),
    }),
  },
  streams: {
    letters: stream({
      description: 'Letters.',
      read: reads({
        input: z.strictObject({}),
        record: letter,
        cursor: z.number(),
        identify: ({ id }) => ({ id: String(id) }),
        async *pages({ letters }: Desk, _input, { cursor = 0 }) {
          yield { records: letters.slice(cursor), cursor: letters.length, last: true }
        },
      }),
      write: writes({
        input: z.strictObject({}),
        record: letter,
        effect: 'keyed',
        write(one: Desk, records, _input, { keys }) {
          one.keys.push(...(keys ?? []))
          return records.flatMap(({ id }, index) =>
            id < 0 ? [{ index, error: new ConnectorError({ code: 'invalid_input', message: 'No such id.' }) }] : [],
          )
        },
      }),
    }),
    bells: stream({
      description: 'Bells.',
      listen: listens({
        input: z.strictObject({}),
        event: z.object({ rung: z.boolean() }),
        subscribe: async (_desk: Desk) => undefined,
      }),
    }),
  },
})
