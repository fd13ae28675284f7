import { inspect } from 'node:util'
import { channels, type RequestLogLine } from '@casare/core'
import { ensure, isNotApplicable, type Check } from '../checks/check.ts'
import { methodOf } from '../subject/trial.ts'
import { partCheck, type SuiteContext } from './suite-context.ts'

/** Has a character that each encoding writes in its own way: the two kinds of base64 differ in `>>>` and `???`. */
export const canary = 'k3y>>>???/+"&<s>%=\\canary-0123'

/** The canary as it could turn up: twelve encodings. */
export function encodingsOf(secret: string): Readonly<Record<string, string>> {
  const bytes = Buffer.from(secret)
  const json = JSON.stringify(secret).slice(1, -1)
  return {
    plain: secret,
    base64: bytes.toString('base64').replace(/=+$/, ''),
    base64url: bytes.toString('base64url'),
    'base64 after one byte': Buffer.from(`:${secret}`).toString('base64').slice(2).replace(/..=*$/, ''),
    'base64 after two bytes': Buffer.from(`a:${secret}`).toString('base64').slice(3).replace(/..=*$/, ''),
    percent: encodeURIComponent(secret),
    'percent, lower case': encodeURIComponent(secret).toLowerCase(),
    URI: encodeURI(secret),
    JSON: json,
    'JSON in JSON': JSON.stringify(json).slice(1, -1),
    hex: bytes.toString('hex'),
    HTML: secret.replace(/[&<>"']/g, (sign) => `&#${sign.charCodeAt(0)};`),
  }
}

/** No secret, in no encoding, in anything that people or logs get to see. */
export function secretChecks(context: SuiteContext): Check[] {
  return [
    partCheck(
      context,
      'secrets',
      'in no log, error, cause, event or description',
      context.subject.withSecret,
      async (trial, withSecret) => {
        const sinks: { where: string; text: string }[] = []
        const note = (where: string, value: unknown): void => {
          sinks.push({ where, text: textOf(value) })
        }
        const listeners = Object.entries(channels).map(([name, channel]) => {
          const listen = (message: unknown): void => note(`event ${name}`, message)
          channel.subscribe(listen)
          return () => channel.unsubscribe(listen)
        })
        const log = (line: RequestLogLine): void => note('log', line)
        const settings = withSecret(trial.target, canary)
        const { at } = trial.subject
        const configs: object[] = [{ ...settings, log }]
        if (!isNotApplicable(at)) {
          const nowhere = at(
            { ...trial.target, config: { ...trial.target.config, ...settings } },
            {
              host: '127.0.0.1',
              port: 1,
              secure: false,
            },
          )
          configs.push({ ...settings, ...withoutSecretsOf(nowhere, settings), log })
        }
        try {
          for (const config of configs) {
            const connection = trial.connect(config as Record<string, unknown>)
            note('connection', connection)
            await connection.$.check().catch((error: unknown) => note('error of check', error))
            for (const { name, example } of trial.examples) {
              await methodOf(
                connection,
                name,
              )(example.input).then(
                () => undefined,
                (error: unknown) => note(`error of ${name}`, error),
              )
              note(`result of ${name}`, await connection.$.execute(name, { secretIs: 1 }))
            }
            for (const [name, codes] of Object.entries(trial.subject.provocations))
              for (const provocation of name.includes('.') ? [] : Object.values(codes).slice(0, 4))
                await methodOf(connection, name)(provocation.input, { timeoutMs: 300 }).catch((error: unknown) =>
                  note(`error of ${name}`, error),
                )
            note('state', connection.$.state())
            note('describe', connection.$.describe())
          }
          try {
            trial.connect({ ...(configs[0] as Record<string, unknown>), noSuchSetting: canary.length })
          } catch (error) {
            note('error of the config', error)
          }
        } finally {
          for (const end of listeners) end()
        }
        const encodings = Object.entries(encodingsOf(canary))
        for (const { where, text } of sinks)
          for (const [encoding, form] of encodings)
            ensure(!text.includes(form), `${where} shows the secret (${encoding}): ${around(text, form)}`)
        return sinks.length * encodings.length
      },
    ),
  ]
}

/** The address's settings, where they do not name the secret themselves. */
function withoutSecretsOf(address: object, settings: object): object {
  return Object.fromEntries(Object.entries(address).filter(([key]) => !(key in settings) || /url|host|port/i.test(key)))
}

/** Everything about a value: as people print it, as JSON, stacks and causes included. */
function textOf(value: unknown): string {
  const parts = [inspect(value, { depth: 12, showHidden: true, maxStringLength: null, maxArrayLength: null })]
  for (let current = value, depth = 0; current instanceof Error && depth < 8; depth += 1) {
    parts.push(current.message, current.stack ?? '', safeJson(current), safeJson({ ...current }))
    current = current.cause
  }
  parts.push(safeJson(value))
  // What inspect escapes is looked for as it is, too.
  return parts.join('\n')
}

function safeJson(value: unknown): string {
  try {
    return JSON.stringify(value) ?? ''
  } catch {
    return ''
  }
}

function around(text: string, form: string): string {
  const start = text.indexOf(form)
  return JSON.stringify(text.slice(Math.max(0, start - 60), start + form.length + 20))
}
