import {
  ConnectorError,
  factsOf,
  isError,
  networkFacts,
  type Applied,
  type ErrorCode,
  type ErrorFacts,
} from '@casare/core'

type Row = readonly [code: ErrorCode, applied: Applied, transient: boolean, advice: string]

/** Reply codes of AMQP (https://www.rabbitmq.com/amqp-0-9-1-reference#constants); a refused method changed nothing. */
const replies: Readonly<Record<number, Row>> = {
  311: ['invalid_input', 'no', false, 'The message is too large.'],
  312: ['not_found', 'no', false, ''],
  320: ['unavailable', 'maybe', true, 'The broker ended the connection.'],
  402: ['not_found', 'no', false, ''],
  403: ['permission_denied', 'no', false, 'See rabbitmqctl list_user_permissions.'],
  404: ['not_found', 'no', false, ''],
  405: ['conflict', 'no', false, 'The queue belongs to another connection.'],
  406: ['conflict', 'no', false, ''],
  501: ['internal', 'maybe', false, ''],
  502: ['internal', 'maybe', false, ''],
  503: ['internal', 'maybe', false, ''],
  504: ['internal', 'maybe', false, ''],
  505: ['internal', 'maybe', false, ''],
  506: ['unavailable', 'maybe', true, 'The broker is out of something.'],
  530: ['permission_denied', 'no', false, ''],
  540: ['unsupported', 'no', false, ''],
  541: ['unavailable', 'maybe', true, 'The broker failed.'],
}

/** What a reply means beyond its code, by its words. */
const words: readonly (readonly [RegExp, Row])[] = [
  [/message size \d+ is larger than/, ['invalid_input', 'no', false, 'See max_message_size of the broker.']],
  [/invalid arg|invalid expiration|unknown exchange type|invalid exchange type/, ['invalid_input', 'no', false, '']],
  [
    /inequivalent arg/,
    ['conflict', 'no', false, 'It is there with other properties: delete it, or declare it as it is.'],
  ],
  [/delivery acknowledgement on channel \d+ timed out/, ['timeout', 'maybe', true, '']],
  [/Login was refused|refused using authentication mechanism/, ['unauthenticated', 'no', false, '']],
]

/** The driver's own failures, by the beginnings of their messages. */
const driverErrors: readonly (readonly [RegExp, Row])[] = [
  // Refused by the driver itself: nothing was sent.
  [/^(Channel|Connection) (closed|closing)/, ['unavailable', 'no', true, '']],
  [/^No channels left/, ['rate_limited', 'no', true, '']],
  [/^Channel ended, no reply/, ['unavailable', 'maybe', true, 'The connection was lost.']],
  [/^channel closed$/, ['unavailable', 'maybe', true, 'The connection was lost.']],
  [/^Unexpected close|^Heartbeat timeout|^Frame |^Invalid frame/, ['unavailable', 'maybe', true, '']],
  [/^Socket closed abruptly/, ['unavailable', 'no', true, 'Is the port right, and does it speak AMQP?']],
  // The driver keeps the broker's words to itself here.
  [
    /^Expected ConnectionOpenOk; got <ConnectionClose/,
    [
      'permission_denied',
      'no',
      false,
      'The broker refuses the virtual host: is there one of that name, and may this user enter it?',
    ],
  ],
  [/^SASL mechanism/, ['unauthenticated', 'no', false, '']],
]

/** A failure of the driver or a refusal of the broker as facts; `undefined` for anything else. */
export function toError(error: unknown): ErrorFacts | undefined {
  if (!isError(error)) return undefined
  const reply = replyOf(error)
  if (reply !== undefined) return reply
  const own = driverErrors.find(([pattern]) => pattern.test(error.message))?.[1]
  const text = error.message.startsWith('Expected ') ? 'the connection was refused' : error.message
  return own === undefined ? undefined : facts(own, text, error)
}

/** The broker's words are in the message: `… 404 (NOT-FOUND) with message "NOT_FOUND - no queue 'x'"`. */
const said = /\b(\d{3}) \([A-Z-]+\) with message "(?:[A-Z_]+ - )?(.*)"/s

function replyOf(error: Error): ErrorFacts | undefined {
  const found = said.exec(error.message)
  const number = found === null ? (error as { code?: unknown }).code : Number(found[1])
  const text = found?.[2]
  const code = typeof number === 'number' ? number : undefined
  const row = code === undefined ? undefined : replies[code]
  if (row === undefined) return undefined
  const special = words.find(([pattern]) => pattern.test(text ?? ''))?.[1]
  return { ...facts(special ?? row, text ?? error.message, error), vendorCode: String(code) }
}

function facts([code, applied, transient, advice]: Row, text: string, cause: Error): ErrorFacts {
  const sentence = text.replace(/[.\s]+$/, '').slice(0, 1_000)
  return { code, applied, transient, message: `RabbitMQ: ${sentence}.${advice === '' ? '' : ` ${advice}`}`, cause }
}

/** Any failure as facts. */
export function factsFor(error: unknown): ErrorFacts {
  if (ConnectorError.is(error)) return factsOf(error)
  return (
    toError(error) ??
    networkFacts(error, 'RabbitMQ') ?? {
      code: 'unavailable',
      message: `RabbitMQ: ${isError(error) ? error.message : String(error)}`,
      cause: error,
    }
  )
}

/** The same failure, of something that was done before anything of the call was sent. */
export function notApplied(error: unknown): ConnectorError {
  return new ConnectorError({ ...factsFor(error), applied: 'no' })
}
