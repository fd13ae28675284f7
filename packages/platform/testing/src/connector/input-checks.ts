import { ConnectorError } from '@casare/core'
import { ensure, within, type Check } from '../checks/check.ts'
import { methodOf } from '../subject/trial.ts'
import { ensureDeclared } from './call-checks.ts'
import { partCheck, trialCheck, type SuiteContext } from './suite-context.ts'

/** Texts that systems trip over. */
export const hostileTexts: readonly string[] = [
  'grüße 🦊 日本語 עברית',
  'e\u0301 é \u200b\u2028\ufeff',
  ' leading and trailing ',
  '\'; drop table x; -- " ` $(id) ${x} {{y}} %s %n',
  '../../../../etc/passwd',
  '<script>alert(1)</script>&amp;',
  'a\r\nInjected: header\r\n\r\n',
  '__proto__',
  'x'.repeat(100_000),
]

const brokenTexts = ['', 'a\0b', '\ud800', ...hostileTexts]
const notObjects = [null, [], 'text', 42, true, [[]]]

/** Inputs nobody wishes for: refused or taken, but never a crash, a hang or a changed prototype. */
export function inputChecks(context: SuiteContext): Check[] {
  return [
    trialCheck(
      context,
      'hostile inputs',
      'unknown fields and inputs that are no objects are refused',
      async (trial) => {
        const { $ } = trial.connect()
        let count = 0
        for (const { name, example } of trial.examples) {
          const inputs = [
            { ...(example.input as object), unknownField: 1 },
            ...notObjects.filter((one) => one !== null),
          ]
          for (const input of inputs) {
            const result = await $.execute(name, input)
            ensure(
              !result.success && result.error.code === 'invalid_input' && result.error.applied === 'no',
              `${name} took ${JSON.stringify(input)?.slice(0, 80)}`,
            )
            count += 1
          }
        }
        return count
      },
    ),
    trialCheck(context, 'hostile inputs', 'prototype keys change nothing', async (trial) => {
      const { $ } = trial.connect()
      let count = 0
      for (const { name, example } of trial.examples)
        for (const key of ['__proto__', 'constructor', 'prototype']) {
          const text = JSON.stringify(example.input).replace('{', `{${JSON.stringify(key)}:{"polluted":true},`)
          const result = await $.execute(name, JSON.parse(text.replace(',}', '}')))
          ensure(!result.success && result.error.code === 'invalid_input', `${name} took the field ${key}`)
          ensure(!('polluted' in {}), `${name}: ${key} has changed the prototype of all objects`)
          count += 1
        }
      return count
    }),
    trialCheck(
      context,
      'hostile inputs',
      'hostile texts in every place: taken, or refused with a declared error',
      async (trial) => {
        const connection = trial.connect()
        let count = 0
        for (const { name, example } of trial.examples) {
          const declared = trial.connector.describe().operations[name]?.errors ?? []
          for (const text of brokenTexts)
            for (const input of withText(example.input, text)) {
              count += 1
              const failure = await within(
                methodOf(
                  connection,
                  name,
                )(input).then(
                  () => undefined,
                  (error: unknown) => ({ error }),
                ),
                15_000,
                `${name} with ${JSON.stringify(text.slice(0, 40))}`,
              )
              if (failure !== undefined) ensureDeclared(name, declared, failure.error)
            }
        }
        // Still alive.
        const { name, example } = trial.harmless
        await example.before?.(connection)
        await methodOf(connection, name)(example.input)
        return count
      },
    ),
    trialCheck(context, 'hostile inputs', 'very deep and very long inputs end in an error', async (trial) => {
      const { $ } = trial.connect()
      let deep: unknown = 1
      for (let depth = 0; depth < 5_000; depth += 1) deep = { deep }
      const { name } = trial.harmless
      for (const input of [deep, { list: Array.from({ length: 100_000 }, (_one, index) => index) }]) {
        const result = await within($.execute(name, input), 15_000, `${name} with a monster`)
        ensure(!result.success, `${name} took a monster`)
      }
      return 2
    }),
    partCheck(
      context,
      'hostile inputs',
      'texts come back as they were sent',
      context.subject.echo,
      async (trial, echo) => {
        const connection = trial.connect()
        for (const text of ['', ...hostileTexts]) {
          const back = await within(echo(connection, text), 15_000, 'echo')
          ensure(back === text, `sent ${JSON.stringify(text.slice(0, 60))}, got ${JSON.stringify(back)?.slice(0, 60)}`)
        }
        return hostileTexts.length + 1
      },
    ),
    trialCheck(context, 'hostile inputs', 'a config with a typo fails at the line that made it', async (trial) => {
      let error: unknown
      try {
        trial.connect({ certainlyNoSuchSetting: 1 })
      } catch (thrown) {
        error = thrown
      }
      ensure(ConnectorError.is(error, 'invalid_input'), 'an unknown setting was taken')
      return 1
    }),
  ]
}

/** The input, once for each of its texts, with another in that place. */
function withText(input: unknown, text: string, depth = 0): unknown[] {
  if (typeof input === 'string') return [text]
  if (typeof input !== 'object' || input === null || depth > 3) return []
  return Object.entries(input).flatMap(([key, part]) =>
    withText(part, text, depth + 1).map((replaced) =>
      Array.isArray(input)
        ? input.map((one: unknown, index) => (String(index) === key ? replaced : one))
        : { ...input, [key]: replaced },
    ),
  )
}
