import { ConnectorError, errorCodes, type ErrorCode } from '@casare/core'
import { ensure, notApplicable, type Check } from '../checks/check.ts'
import { faultProxy } from '../faults/fault-proxy.ts'
import type { DrivenConnection, Provocation } from '../subject/connector-subject.ts'
import { failureOf, isCode, methodOf, type Trial } from '../subject/trial.ts'
import { ensureDeclared } from './call-checks.ts'
import { partCheck, trialCheck, type SuiteContext } from './suite-context.ts'

/** Errors: wrong credentials, a peer that is not there, and every declared code. */
export function errorChecks(context: SuiteContext): Check[] {
  const { subject } = context
  return [
    partCheck(context, 'credentials', 'wrong ones: unauthenticated', subject.wrongCredentials, async (trial, wrong) => {
      const connection = trial.connect(wrong(trial.target))
      for (const call of [
        () => connection.$.check(),
        () => methodOf(connection, trial.harmless.name)(trial.harmless.example.input),
      ]) {
        const error = await failureOf(call(), 'wrong credentials')
        ensure(error.code === 'unauthenticated', `wrong credentials gave ${error.code}: ${error.message}`)
        ensure(error.applied === 'no' && !error.retryable, 'wrong credentials: applied and retryable must be no')
      }
      return 2
    }),
    trialCheck(context, 'credentials', 'right ones: $.check passes', async (trial) => {
      await trial.connect().$.check()
      return 1
    }),
    partCheck(context, 'unreachable', 'a refused port: unavailable, applied no', subject.at, async (trial, at) => {
      const { address } = trial.target
      ensure(address !== undefined, 'The target tells no address.')
      const { createServer } = await import('node:net')
      const free = createServer()
      await new Promise<void>((resolve) => free.listen(0, '127.0.0.1', resolve))
      const { port } = free.address() as { port: number }
      await new Promise((resolve) => free.close(resolve))
      return refused(trial, at(trial.target, { host: '127.0.0.1', port, secure: false }), 'a refused port')
    }),
    partCheck(context, 'unreachable', 'an unknown host: unavailable, applied no', subject.at, async (trial, at) => {
      const secure = trial.connector.spec.uses?.includes('tls') === true
      // RFC 6761: no name below .invalid ever exists.
      return refused(trial, at(trial.target, { host: 'nothing.invalid', port: 443, secure }), 'an unknown host')
    }),
    partCheck(
      context,
      'overload',
      'HTTP 429 and 503: what they mean, and their Retry-After',
      overHttp(context),
      async (trial, at) => {
        const { address } = trial.target
        ensure(address !== undefined, 'The target tells no address.')
        const proxy = await faultProxy(address)
        trial.onEnd(() => proxy.close())
        const config = at(trial.target, { host: proxy.host, port: proxy.port, secure: false })
        const connection = trial.connect({ ...config, resilience: false })
        const expected = { 429: 'rate_limited', 503: 'unavailable' } as const
        for (const status of [429, 503] as const)
          for (const { name, example } of trial.examples) {
            await proxy.arm({ kind: 'http-storm', status, retryAfterSeconds: 2 })
            const error = await failureOf(methodOf(connection, name)(example.input), `${name} with ${status}`)
            ensure(isCode(error, expected[status]), `${name}: ${status} gave ${error.code}: ${error.message}`)
            ensure(error.retryAfterMs === 2_000, `${name}: ${status} with Retry-After: 2 gave ${error.retryAfterMs} ms`)
            ensure(status !== 429 || error.applied === 'no', `${name}: 429 proves that nothing happened`)
          }
        return trial.examples.length * 2
      },
    ),
    trialCheck(context, 'errors', 'each declared one is provoked', async (trial) => {
      let count = 0
      // One connection for all that change no setting, without policies: what one of them causes is not the next one's.
      const usual = trial.connect({ resilience: false })
      for (const { name, declared } of declarations(trial)) {
        const given = trial.subject.provocations[name] ?? {}
        const missing = declared.filter((code) => given[code] === undefined)
        ensure(missing.length === 0, `${name} declares ${missing.join(', ')}, and nothing provokes it`)
        for (const code of errorCodes) {
          const provocation = given[code]
          if (provocation === undefined) continue
          await provoke(trial, usual, name, declared, code, provocation)
          count += 1
        }
      }
      return count === 0 ? { notApplicable: 'No operation declares an error of its own.' } : count
    }),
    trialCheck(context, 'errors', 'an operation that is not there: unsupported', async (trial) => {
      const { $ } = trial.connect()
      const names = ['nothingOfTheKind', '__proto__', 'constructor', 'toString', 'hasOwnProperty', '$', '']
      for (const name of names) {
        const result = await $.execute(name, {})
        ensure(!result.success && result.error.code === 'unsupported', `$.execute("${name}") was not refused`)
      }
      return names.length
    }),
  ]
}

/** The subject's way to another address, where what is spoken there is HTTP. */
function overHttp({ connector, subject: { at } }: SuiteContext): typeof at {
  return connector.spec.category === 'http' ? at : notApplicable('The system does not speak HTTP.')
}

async function refused(trial: Trial, config: object, what: string): Promise<number> {
  const connection = trial.connect(config as Record<string, unknown>)
  for (const { name, example } of trial.examples) {
    const error = await failureOf(methodOf(connection, name)(example.input), `${name}, ${what}`)
    ensure(
      error.code === 'unavailable' && error.applied === 'no',
      `${name}, ${what}: ${error.code}, applied ${error.applied}: ${error.message}`,
    )
  }
  return trial.examples.length
}

interface Declaration {
  readonly name: string
  readonly declared: readonly ErrorCode[]
}

function declarations({ connector }: Trial): Declaration[] {
  const { operations, streams } = connector.describe()
  const found = Object.entries(operations).map(([name, { errors }]) => ({ name, declared: errors }))
  for (const [name, facets] of Object.entries(streams))
    for (const facet of ['read', 'write'] as const) {
      const declared = facets[facet]?.errors
      if (declared !== undefined) found.push({ name: `${name}.${facet}`, declared })
    }
  return found
}

async function provoke(
  trial: Trial,
  usual: DrivenConnection,
  name: string,
  declared: readonly ErrorCode[],
  code: ErrorCode,
  { input, config, timeoutMs, before }: Provocation,
): Promise<void> {
  const own = typeof config === 'function' ? await config(trial.target) : config
  const connection = own === undefined ? usual : trial.connect({ resilience: false, ...own })
  await before?.(connection, trial.target)
  const what = `${name}, to provoke ${code}`
  const [stream = '', facet] = name.split('.')
  let error: unknown
  if (facet === undefined) error = await failureOf(methodOf(connection, name)(input, { timeoutMs }), what)
  else if (facet === 'read') error = await failureOf(connection.$.read(stream, input), what)
  else {
    const { records = [], ...rest } = input as { records?: unknown[] }
    const result = await connection.$.write(stream, records, rest).catch((thrown: unknown) => ({
      failed: [{ index: 0, error: thrown }],
    }))
    error = result.failed[0]?.error
    ensure(error !== undefined, `${what}: every record was written`)
  }
  ensureDeclared(name, declared, error)
  ensure(
    ConnectorError.is(error) && isCode(error, code),
    `${what}: got ${(error as ConnectorError).code}: ${(error as ConnectorError).message}`,
  )
  ensure(
    error.message.length > 10 && !/\[object |undefined/.test(error.message),
    `${what}: says only "${error.message}"`,
  )
}
