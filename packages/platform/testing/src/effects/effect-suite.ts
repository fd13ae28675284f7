import { validateSync, type AnyConnector, type AnyOperation, type Effect, type StatedEffect } from '@casare/core'
import { ensure, isNotApplicable, within, type Check } from '../checks/check.ts'
import { registerChecks, type TestRunner } from '../checks/run-checks.ts'
import { faultProxy } from '../faults/fault-proxy.ts'
import type { DrivenConnection, Target } from '../subject/connector-subject.ts'
import { methodOf, quickRetries } from '../subject/trial.ts'
import { edgeFaults, withEdgeFault } from './edge-faults.ts'
import type { EffectCase, EffectSubject } from './effect-subject.ts'
import { endingOf, judge } from './judge.ts'
import { armWire, stormFaults, wireFaults, type WireFault } from './wire-faults.ts'

const promise = 'effects'
const defaultCalls = 50
/** Faults come one after the other on one connection: a breaker or a budget would keep the later ones from happening. */
const policies = { ...quickRetries, breaker: false, budget: false, concurrency: false } as const
const timeoutMs = 150

/**
 * For each operation that changes something: a fault at each step of its calls, against a peer that counts. No effect
 * is doubled, none is lost, no answer of a retry is taken for the truth, and what nobody can know is `outcome_unknown`.
 */
export function effectChecks<Peered extends Target>(connector: AnyConnector, subject: EffectSubject<Peered>): Check[] {
  const described = connector.describe().operations
  const writing = Object.keys(described).filter((name) => described[name]?.effect !== 'read')
  if (writing.length === 0)
    return [
      { promise, name: 'operations that change something', run: async () => ({ notApplicable: 'There is none.' }) },
    ]
  return writing.flatMap((name) => {
    const one = subject.operations[name]
    if (one === undefined)
      return [{ promise, name, run: () => Promise.reject(new Error(`The subject says nothing of ${name}.`)) }]
    const world = { connector, subject, name, one }
    return [
      { promise, name: `${name}: lost at the connector's edge`, run: () => atTheEdge(world) },
      { promise, name: `${name}: lost on the wire`, run: () => onTheWire(world) },
    ]
  })
}

/** Registers `effectChecks` as tests. */
export function effectSuite<Peered extends Target>(
  connector: AnyConnector,
  subject: EffectSubject<Peered>,
  runner?: TestRunner,
): void {
  const facts = { connector: connector.connectorName, suite: 'effects', peer: subject.peer }
  registerChecks(facts, effectChecks(connector, subject), runner)
}

interface World<Peered extends Target> {
  readonly connector: AnyConnector
  readonly subject: EffectSubject<Peered>
  readonly name: string
  readonly one: EffectCase<Peered>
}

async function atTheEdge<Peered extends Target>(world: World<Peered>): Promise<number> {
  const { connector, subject, name } = world
  const target = await subject.start()
  // Half of the calls are broken here and half on the wire; all of them here where there is no wire.
  const all = subject.calls ?? defaultCalls
  const calls = isNotApplicable(subject.at) ? all : Math.ceil(all / 2)
  const connections = new Map<number, DrivenConnection>()
  try {
    for (let call = 0; call < calls; call += 1) {
      const index = call % edgeFaults.length
      const fault = edgeFaults[index]
      if (fault === undefined) continue
      const bent = withEdgeFault(connector, name, fault)
      const connection = connections.get(index) ?? connect(bent, target.config)
      connections.set(index, connection)
      await callAndJudge(world, target, connection, `${name}, ${fault.name}`, `edge-${call}`)
    }
    return calls
  } finally {
    for (const connection of connections.values()) await connection.close()
    await target.close?.()
  }
}

async function onTheWire<Peered extends Target>(world: World<Peered>): Promise<number | { notApplicable: string }> {
  const { connector, subject, name, one } = world
  const { at } = subject
  if (isNotApplicable(at)) return at
  const target = await subject.start()
  ensure(target.address !== undefined, 'The target tells no address.')
  const proxy = await faultProxy(target.address)
  const connection = connect(connector, at(target, { host: proxy.host, port: proxy.port, secure: false }))
  try {
    // A call to which nothing happens tells how many bytes there are to go wrong.
    await one.prepare?.(target, 'measure', connection)
    const before = { ...proxy.stats }
    await methodOf(connection, name)(one.input('measure'), one.options)
    const requestBytes = proxy.stats.requestBytes - before.requestBytes
    const responseBytes = proxy.stats.responseBytes - before.responseBytes
    const faults: WireFault[] = [
      ...wireFaults(requestBytes, responseBytes),
      ...(connector.spec.category === 'http' ? stormFaults : []),
    ]
    const calls = Math.max(faults.length, Math.ceil((subject.calls ?? defaultCalls) / 2))
    for (let call = 0; call < calls; call += 1) {
      const fault = faults[call % faults.length]
      if (fault === undefined) continue
      await armWire(proxy, fault)
      await callAndJudge(world, target, connection, `${name}, ${fault.name}`, `wire-${call}`, () => proxy.heal())
      proxy.resetConnections()
    }
    return calls
  } finally {
    await connection.close()
    await proxy.close()
    await target.close?.()
  }
}

function connect(connector: AnyConnector, config: object): DrivenConnection {
  const connection: unknown = connector({ ...config, resilience: policies })
  return connection as DrivenConnection
}

async function callAndJudge<Peered extends Target>(
  { connector, name, one }: World<Peered>,
  target: Peered,
  connection: DrivenConnection,
  what: string,
  id: string,
  after?: () => Promise<void>,
): Promise<void> {
  await one.prepare?.(target, id, connection)
  const input = one.input(id)
  const ending = await within(endingOf(methodOf(connection, name)(input, { timeoutMs, ...one.options })), 15_000, what)
  await after?.()
  const applied = await one.applied(target, id)
  judge(what, ending, applied, effectOf(connector, name, input, one.options?.effect) === 'unsafe')
}

/** As the runtime sees it: a function of the input with its defaults filled in. */
function effectOf(connector: AnyConnector, name: string, input: unknown, stated: StatedEffect | undefined): Effect {
  const operation = connector.spec.operations?.[name] as AnyOperation
  const effect = operation.effect as Effect | ((input: unknown) => Effect)
  return stated ?? (typeof effect === 'function' ? effect(validateSync(operation.input, input, name)) : effect)
}
