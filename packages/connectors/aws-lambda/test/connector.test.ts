import { connectorSuite, effectSuite, type Peer, type Target } from '@casare/testing'
import { lambda } from '../src/index.ts'
import { at, startWorld, type World } from './support.ts'

const peer: Peer = { name: 'AWS Lambda simulator of @casare/testing', version: '1', kind: 'simulator' }
const missing = { input: { function: 'missing' } }
const tooLarge = { input: { function: 'echo', payload: 'x'.repeat(6_291_456) } }
const withSecret = ({ config }: Target, secretAccessKey: string) => ({
  ...config,
  credentials: { ...(config['credentials'] as object), secretAccessKey },
})
const worldOf = (target: Target): World => target as World

connectorSuite(lambda, {
  peer,
  entry: import.meta.resolve('../src/index.ts'),
  async start() {
    const world = await startWorld()
    // With `echo` and `pieces`, eight.
    for (const name of ['a', 'b', 'c', 'd', 'e', 'f']) world.lambda.put(name, () => name)
    return world
  },
  examples: {
    invoke: [
      { input: { function: 'echo', payload: { item: 7 }, logTail: true } },
      { input: { function: 'echo', kind: 'event' } },
      { input: { function: 'echo', kind: 'dryRun' } },
    ],
    invokeStreaming: { input: { function: 'pieces', payload: ['one', 'two'] } },
    getFunction: { input: { function: 'echo' } },
  },
  provocations: {
    invoke: { not_found: missing, invalid_input: tooLarge },
    invokeStreaming: { not_found: missing, invalid_input: tooLarge },
    getFunction: { not_found: missing },
  },
  wrongCredentials: (target) => withSecret(target, 'not the secret key of this account'),
  withSecret,
  at,
  sharedTables: ['client.config.protocolSettings.errorTypeRegistries'],
  async echo(db, text) {
    const answer = await db.$.execute('invoke', { function: 'echo', payload: text })
    return answer.success ? (answer.output as { payload: unknown }).payload : answer.error
  },
  streams: {
    functions: {
      read: {
        input: {},
        count: 8,
        change: async (_db, target) => worldOf(target).lambda.delete('a'),
      },
    },
  },
})

const counted = (prefix: string) => (world: World, id: string) =>
  world.lambda.invocations.filter(({ event }) => JSON.stringify(event) === JSON.stringify([prefix, id])).length

effectSuite<World>(lambda, {
  peer,
  start: startWorld,
  at,
  calls: process.env['CASARE_DEEP'] === '1' ? 1_000 : 50,
  operations: {
    invoke: { input: (id) => ({ function: 'echo', payload: ['invoke', id] }), applied: counted('invoke') },
    invokeStreaming: { input: (id) => ({ function: 'pieces', payload: ['stream', id] }), applied: counted('stream') },
  },
})
