import { ConnectorError, defineConnector, errorCodes, type AnyConnector, type ErrorCode } from '@casare/core'
import { ensure, within } from '../checks/check.ts'
import type { Config, ConnectorSubject, DrivenConnection, Example, Target } from './connector-subject.ts'

export const quickRetries = { retry: { baseMs: 1, overloadBaseMs: 1, capMs: 5 } } as const

/** One check's own world: a fresh peer, connections to it, and the end of all of them. */
export class Trial implements AsyncDisposable {
  readonly connector: AnyConnector
  readonly subject: ConnectorSubject
  readonly target: Target
  readonly #endings: (() => Promise<unknown> | void)[] = []

  private constructor(connector: AnyConnector, subject: ConnectorSubject, target: Target) {
    this.connector = connector
    this.subject = subject
    this.target = target
  }

  static async start(connector: AnyConnector, subject: ConnectorSubject): Promise<Trial> {
    return new Trial(connector, subject, await subject.start())
  }

  /** A connection to the trial's peer, or one that differs from it as said; by a changed connector where one is given. */
  connect(config: Config = {}, connector: AnyConnector = this.connector): DrivenConnection {
    const connection = connector({
      ...this.target.config,
      resilience: quickRetries,
      validateOutput: true,
      ...config,
    }) as unknown as DrivenConnection
    this.onEnd(() => connection.close())
    return connection
  }

  onEnd(end: () => Promise<unknown> | void): void {
    this.#endings.push(end)
  }

  /** All examples, with the names of their operations. */
  get examples(): { name: string; example: Example }[] {
    return Object.keys(this.connector.spec.operations ?? {}).flatMap((name) => {
      const given = this.subject.examples[name]
      ensure(given !== undefined, `There is no example of the operation ${name}.`)
      return (Array.isArray(given) ? (given as readonly Example[]) : [given as Example]).map((example) => ({
        name,
        example,
      }))
    })
  }

  /** The first example that changes nothing; else the first. */
  get harmless(): { name: string; example: Example } {
    const { examples } = this
    const operations = this.connector.describe().operations
    const found = examples.find(({ name }) => operations[name]?.effect === 'read') ?? examples[0]
    ensure(found !== undefined, 'The connector has no operation.')
    return found
  }

  async [Symbol.asyncDispose](): Promise<void> {
    for (const end of this.#endings.splice(0).reverse()) await within(Promise.resolve(end()), 10_000, 'closing')
    await this.target.close?.()
  }
}

/** The typed method of an operation. */
export function methodOf(
  connection: DrivenConnection,
  name: string,
): (input: unknown, options?: object) => Promise<unknown> {
  return (connection as unknown as Record<string, (input: unknown, options?: object) => Promise<unknown>>)[
    name
  ] as never
}

/** The error a promise ends with, which must be a `ConnectorError`. */
export async function failureOf(promise: Promise<unknown>, what: string): Promise<ConnectorError> {
  const outcome = await within(promise, 15_000, what).then(
    () => undefined,
    (error: unknown) => ({ error }),
  )
  ensure(outcome !== undefined, `${what}: it succeeded, and should have failed`)
  const { error } = outcome
  if (!ConnectorError.is(error)) throw new Error(`${what}: not a ConnectorError, but ${String(error)}`)
  ensure(errorCodes.includes(error.code), `${what}: unknown code ${error.code}`)
  return error
}

/** Does the error say this, or that nobody can tell because of this? */
export function isCode(error: ConnectorError, code: ErrorCode): boolean {
  if (error.code === code) return true
  return error.code === 'outcome_unknown' && ConnectorError.is(error.cause, code)
}

/** A connector like this one but for these parts of its definition. */
export function changed(connector: AnyConnector, parts: object): AnyConnector {
  return defineConnector({ ...connector.spec, ...parts } as never)
}
