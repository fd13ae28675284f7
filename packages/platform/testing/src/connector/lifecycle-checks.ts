import { faultProxy } from '../faults/fault-proxy.ts'
import { ensure, isNotApplicable, within, type Check } from '../checks/check.ts'
import type { DrivenConnection } from '../subject/connector-subject.ts'
import { changed, failureOf, methodOf, type Trial } from '../subject/trial.ts'
import { loadedByImport } from './loaded-by-import.ts'
import { trialCheck, type SuiteContext } from './suite-context.ts'

const many = 1_000
const poolMax = 5

/** Opening, sharing, closing. */
export function lifecycleChecks(context: SuiteContext): Check[] {
  return [
    trialCheck(context, 'closing', 'close is idempotent, and ends what the connection had open', async (trial) => {
      const before = resources()
      const connection = trial.connect()
      for (const { name, example } of trial.examples) {
        await example.before?.(connection)
        await methodOf(connection, name)(example.input)
      }
      await readALittle(trial, connection)
      await within(Promise.all([connection.close(), connection.close()]), 10_000, 'close')
      await connection.close()
      await settled(before)
      const error = await failureOf(methodOf(connection, trial.harmless.name)(trial.harmless.example.input), 'closed')
      ensure(error.code === 'cancelled', `a call after close gave ${error.code}`)
      return 3
    }),
    trialCheck(context, 'closing', 'nothing stays open after failed calls', async (trial) => {
      const before = resources()
      const connection = trial.connect()
      for (const { name } of trial.examples)
        await methodOf(connection, name)({ certainly: 'no such field' }).catch(() => undefined)
      await connection.close()
      await settled(before)
      return trial.examples.length
    }),
    trialCheck(context, 'concurrency', `${many} calls at once, within the pool's limits`, async (trial) => {
      const { at } = trial.subject
      const { address } = trial.target
      const usesPool = trial.connector.spec.uses?.includes('pool') === true
      const proxy = isNotApplicable(at) || address === undefined ? undefined : await faultProxy(address)
      if (proxy !== undefined) trial.onEnd(() => proxy.close())
      const connection = trial.connect({
        ...(proxy === undefined || isNotApplicable(at)
          ? {}
          : at(trial.target, { host: proxy.host, port: proxy.port, secure: false })),
        ...(usesPool ? { pool: { max: poolMax } } : {}),
      })
      const { name, example } = trial.harmless
      await example.before?.(connection)
      const calls = Array.from({ length: many }, () => methodOf(connection, name)(example.input))
      await within(Promise.all(calls), 30_000, `${many} calls`)
      await connection.close()
      if (proxy !== undefined) {
        if (usesPool)
          ensure(proxy.stats.peakOpen <= poolMax, `${proxy.stats.peakOpen} connections, pool.max ${poolMax}`)
        await until(
          () => proxy.stats.open === 0,
          () => `${proxy.stats.open} connections left after close`,
        )
      }
      return many
    }),
    trialCheck(context, 'concurrency', 'a stampede on first use opens one pool', async (trial) => {
      let opened = 0
      const { open } = trial.connector.spec
      const counting = changed(trial.connector, {
        open: (...parts: Parameters<typeof open>) => ((opened += 1), open(...parts) as unknown),
      })
      const connection = trial.connect({}, counting)
      const { name, example } = trial.harmless
      await trial.harmless.example.before?.(trial.connect())
      await within(
        Promise.all(Array.from({ length: 100 }, () => methodOf(connection, name)(example.input))),
        30_000,
        'the stampede',
      )
      ensure(opened === 1, `${opened} pools were opened`)
      return 100
    }),
    trialCheck(context, 'tenants', 'two connections share nothing', async (trial) => {
      const [left, right] = [trial.connect(), trial.connect()]
      const clients = [await left.$.client(), await right.$.client()]
      ensure(clients[0] !== clients[1], 'two connections have the same client')
      const { sharedTables = [] } = trial.subject
      const shared = sharedObjects(clients[0], clients[1], sharedTables)
      ensure(shared === undefined, `two clients share the object at ${shared}`)
      await left.close()
      const { name, example } = trial.harmless
      await example.before?.(right)
      await methodOf(right, name)(example.input)
      return 2
    }),
    trialCheck(context, 'tenants', "one's wrong credentials stay wrong beside another's right ones", async (trial) => {
      const { wrongCredentials } = trial.subject
      if (isNotApplicable(wrongCredentials)) return wrongCredentials
      const { name, example } = trial.harmless
      const right = trial.connect()
      await example.before?.(right)
      await methodOf(right, name)(example.input)
      const wrong = trial.connect(wrongCredentials(trial.target))
      for (let count = 0; count < 10; count += 1) {
        const error = await failureOf(methodOf(wrong, name)(example.input), 'wrong credentials')
        ensure(error.code === 'unauthenticated', `the other tenant's credentials served: ${error.code}`)
      }
      // And ten failures there open no breaker here.
      await methodOf(right, name)(example.input)
      return 12
    }),
    {
      promise: 'lazy loading',
      name: 'importing the connector and describe() load no SDK',
      async run() {
        const { entry, mayLoad = ['zod'] } = context.subject
        const { packages, description } = await loadedByImport(entry, context.connector.connectorName)
        const extra = packages.filter((name) => !mayLoad.includes(name) && !name.startsWith('@casare/'))
        ensure(extra.length === 0, `importing it loads ${extra.join(', ')}`)
        ensure(description === context.connector.connectorName, 'describe() in a process of its own failed')
        return 1
      },
    },
  ]
}

/** Begins to read each stream and goes away after the first record. */
async function readALittle(trial: Trial, connection: DrivenConnection): Promise<void> {
  for (const [name, { read }] of Object.entries(trial.subject.streams ?? {})) {
    if (read === undefined) continue
    await read.prepare?.(connection, trial.target)
    await connection.$.read(name, read.input, { maxRecords: 1 })
  }
}

/** Handles, sockets and timers that keep the process alive, by kind. */
function resources(): Map<string, number> {
  const counts = new Map<string, number>()
  for (const kind of process.getActiveResourcesInfo())
    // Writes and look-ups of the runner itself come and go.
    if (!/Immediate|TickObject|FSReq|WRITEWRAP|WriteWrap|PipeWrap|TTYWrap|CloseReq/.test(kind))
      counts.set(kind, (counts.get(kind) ?? 0) + 1)
  return counts
}

async function settled(before: ReadonlyMap<string, number>): Promise<void> {
  const left = (): string[] =>
    [...resources()].filter(([kind, count]) => count > (before.get(kind) ?? 0)).map(([kind]) => kind)
  await until(
    () => left().length === 0,
    () => `still open after close: ${left().join(', ')}`,
  )
}

/** Looks for up to two seconds. The clock of the wait keeps nothing alive and is not counted. */
export async function until(holds: () => boolean, complaint: () => string): Promise<void> {
  for (let round = 0; round < 200; round += 1) {
    if (holds()) return
    await new Promise((resolve) => setTimeout(resolve, 10))
  }
  throw new Error(complaint())
}

/** The path of an object that hangs on both clients and could carry one's state to the other. */
function sharedObjects(left: unknown, right: unknown, tables: readonly string[]): string | undefined {
  const seen = new Set<unknown>()
  const visit = (one: unknown, path: string, depth: number): void => {
    if (typeof one !== 'object' || one === null || depth > 3 || seen.has(one)) return
    seen.add(one)
    for (const value of ownValues(one)) visit(value, path, depth + 1)
  }
  visit(left, '', 0)
  const found = (one: unknown, path: string, depth: number, met: Set<unknown>): string | undefined => {
    if (typeof one !== 'object' || one === null || depth > 3 || met.has(one)) return undefined
    met.add(one)
    if (tables.includes(path)) return undefined
    if (seen.has(one) && !isHarmless(one)) return path
    for (const [key, value] of Object.entries(one)) {
      const deeper = found(value, `${path}.${key}`, depth + 1, met)
      if (deeper !== undefined) return deeper
    }
    return undefined
  }
  return found(right, 'client', 0, new Set())
}

function ownValues(value: object): unknown[] {
  return Object.values(value)
}

/** Frozen data and prototypes carry nothing from one to the other. */
function isHarmless(value: object): boolean {
  return Object.isFrozen(value) || Object.keys(value).length === 0
}
