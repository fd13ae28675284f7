import type { ConnectorSubject, DrivenConnection, EffectSubject, Target } from '@casare/testing'
import type { Bug } from './bugs.ts'
import { startLedger, token, type Ledger } from './ledger-server.ts'

const peer = { name: 'The Ledger', version: '1', kind: 'simulator' } as const
const one = { id: 'first', text: 'hello' }
const at = ({ config }: Target, { host, port, secure }: { host: string; port: number; secure: boolean }) => ({
  ...config,
  host,
  port,
  secure,
})
const ledgerOf = (target: Target): Ledger => target as Ledger

async function startFilled(): Promise<Ledger> {
  const ledger = await startLedger()
  ledger.entries.set(one.id, { text: one.text, group: 0, times: 1 })
  return ledger
}

const method = (connection: DrivenConnection, name: string) =>
  (connection as unknown as Record<string, (input: unknown) => Promise<{ text: string }>>)[name] as never as (
    input: unknown,
  ) => Promise<{ text: string }>

/** What the conformance suite is told of the sample connector. */
export function ledgerSubject(bug: Bug | undefined): ConnectorSubject {
  const entry = bug === 'sdk-at-import' ? './sdk-at-import.ts' : './right.ts'
  return {
    peer,
    entry: new URL(entry, import.meta.url).href,
    start: startFilled,
    examples: {
      get: { input: { id: one.id } },
      put: { input: one },
      create: { input: { id: 'second', text: 'there' } },
      pay: { input: { id: 'third', text: 'paid' } },
      remove: {
        input: { id: 'fourth' },
        before: (connection) => method(connection, 'put')({ id: 'fourth', text: '' }),
      },
    },
    provocations: {
      get: { not_found: { input: { id: 'nobody' } } },
      put: { invalid_input: { input: { id: 'x', text: 'poison' } } },
      create: { already_exists: { input: { id: one.id, text: 'other' } } },
      remove: { not_found: { input: { id: 'nobody' } } },
    },
    wrongCredentials: ({ config }) => ({ ...config, token: `not-${token}` }),
    withSecret: ({ config }, secret) => ({ ...config, token: secret }),
    at,
    async echo(connection, text) {
      const id = `echo ${text.slice(0, 40)}`
      await method(connection, 'put')({ id, text })
      return (await method(connection, 'get')({ id })).text
    },
    streams: {
      entries: {
        read: {
          input: {},
          count: 9,
          prepare: async (_connection, target) => {
            for (let number = 1; number < 9; number += 1)
              ledgerOf(target).entries.set(`e${number}`, { text: 'x', group: Math.floor(number / 4), times: 1 })
          },
          change: async (_connection, target) => void ledgerOf(target).entries.delete('e1'),
        },
        write: {
          input: {},
          record: (number) => ({ id: `w${number}`, text: 'written' }),
          poison: { id: 'bad', text: 'poison' },
          stored: async (_connection, target, numbers) =>
            numbers.map((number) => ledgerOf(target).entries.get(`w${number}`)?.times ?? 0),
        },
        listen: {
          input: {},
          send: async (target, numbers) => {
            for (const number of numbers) ledgerOf(target).events.push({ number, redelivered: false, heldBy: 0 })
          },
          numberOf: (event) => (event as { number: number }).number,
          unacknowledged: (target) => ledgerOf(target).events.length,
          deadLettered: (target) => ledgerOf(target).deadLetters.length,
          disconnect: (target) => ledgerOf(target).drop(),
          silence: async (target) => {
            await fetch(`http://127.0.0.1:${ledgerOf(target).address?.port}/silence`, {
              headers: { authorization: `Bearer ${token}` },
            })
          },
        },
      },
    },
  }
}

/** What the effect suite is told of it. */
export const ledgerEffects: EffectSubject<Ledger> = {
  peer,
  start: startLedger,
  at,
  operations: {
    put: { input: (id) => ({ id, text: 'put' }), applied: ({ entries }, id) => entries.get(id)?.times ?? 0 },
    create: { input: (id) => ({ id, text: 'made' }), applied: ({ entries }, id) => entries.get(id)?.times ?? 0 },
    pay: { input: (id) => ({ id, text: 'paid' }), applied: ({ entries }, id) => entries.get(id)?.times ?? 0 },
    remove: {
      input: (id) => ({ id }),
      prepare: ({ entries }, id) => void entries.set(id, { text: '', group: 0, times: 1 }),
      applied: ({ entries }, id) => (entries.has(id) ? 0 : 1),
    },
  },
}
