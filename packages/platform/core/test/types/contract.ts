// Type tests: compiled by `npm run types`, never run. Each `@ts-expect-error` must have an error to expect.
import { z } from 'zod'
import { defineConnector, operation, schema, type Connector, type Secret } from '../../src/index.ts'
import { body, secret } from '../../src/zod/index.ts'
import { Shelf, shelf } from '../support/shelf.ts'

type Equal<A, B> = (<T>() => T extends A ? 1 : 2) extends <T>() => T extends B ? 1 : 2 ? true : false
function assertType<_Holds extends true>(): void {
  // The type says it all.
}

const store = shelf({ password: 'text' })

export async function typedCalls(): Promise<void> {
  const { ok } = await store.put({ name: 'a', text: 'b' }, { vendor: { colour: 'red' } })
  assertType<Equal<typeof ok, boolean>>()
  // @ts-expect-error -- an unknown field
  await store.put({ name: 'a', text: 'b', size: 1 })
  // @ts-expect-error -- a wrong type
  await store.put({ name: 1, text: 'b' })
  // @ts-expect-error -- a field of the vendor's that is none
  await store.put({ name: 'a', text: 'b' }, { vendor: { color: 'red' } })
  // @ts-expect-error -- keyed is the author's alone
  await store.put({ name: 'a', text: 'b' }, { effect: 'keyed' })
  // @ts-expect-error -- get states no vendor type
  await store.get({ name: 'a' }, { vendor: { colour: 'red' } })
  // @ts-expect-error -- a bare string is no body
  await store.send({ content: 'text' })
  await store.send({ content: { text: 'x' } })
  await store.send({ content: async function* () {} })
}

export async function streamsAndSessions(): Promise<void> {
  for await (const item of store.items.read({ pageSize: 2 }, { cursor: 'x' }))
    assertType<Equal<typeof item, { name: string; text: string }>>()
  // @ts-expect-error -- the cursor is a string
  store.items.read({}, { cursor: 3 })
  store.items.listen({}, ({ text }, { id, redelivered }) => void [text, id, redelivered])
  const length = await store.transaction(async (tx) => {
    await tx.put({ name: 'a', text: 'b' })
    // @ts-expect-error -- a scope has no close
    void tx.close
    // @ts-expect-error -- no session in a session
    void tx.transaction
    // @ts-expect-error -- and no listener
    void tx.items.listen
    return 3
  })
  assertType<Equal<typeof length, number>>()
  const client = await store.$.client()
  assertType<Equal<typeof client, Shelf>>()
  // @ts-expect-error -- the effect must be stated
  await store.$.run((one) => one.items.size, {})
}

// @ts-expect-error -- an unknown setting
shelf({ colour: 1 })
shelf({ client: new Shelf(), log: true })

class Other {
  readonly other = true
}
const forOther = operation({
  description: 'For another client.',
  effect: 'read',
  input: z.strictObject({}),
  output: z.object({}),
  run: (_client: Other) => ({}),
})
const base = {
  name: 'x',
  title: 'X',
  category: 'other',
  contractVersion: 1,
  config: schema(z.strictObject({ key: secret(), content: body().optional() })),
  toError: () => undefined,
} as const

// @ts-expect-error -- the operation was written for another client
defineConnector({ ...base, open: () => new Shelf(), operations: { forOther } })
// @ts-expect-error -- a reserved name
defineConnector({ ...base, open: () => new Other(), operations: { close: forOther } })

const fine = defineConnector({
  ...base,
  open: ({ key }): Other => (assertType<Equal<typeof key, Secret>>(), new Other()),
  operations: { forOther },
})
fine({ key: 'text' })
// @ts-expect-error -- the key is missing
fine({})
// @ts-expect-error -- it cannot adopt a client
fine({ client: new Other() })
export const any: Connector<{ key: string | Secret }, Other> = fine
