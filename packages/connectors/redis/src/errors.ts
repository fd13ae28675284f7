import { isError, type Applied, type ErrorCode, type ErrorFacts } from '@casare/core'

type Row = readonly [code: ErrorCode, applied: Applied, transient: boolean, advice: string]

/** First words of Redis' error replies (https://redis.io/docs/latest/develop/reference/protocol-spec/#simple-errors): the command was refused. */
const replies: Readonly<Record<string, Row>> = {
  WRONGTYPE: ['invalid_input', 'no', false, 'The key holds another type; describeKey tells which.'],
  NOAUTH: ['unauthenticated', 'no', false, 'The server wants a password.'],
  WRONGPASS: ['unauthenticated', 'no', false, ''],
  NOPERM: ['permission_denied', 'no', false, 'The ACL of this user does not allow it.'],
  READONLY: ['conflict', 'no', false, 'The server is a replica, or became one; connect to the primary.'],
  MOVED: ['unsupported', 'no', false, 'The key is on another node of a cluster; give its nodes as cluster.nodes.'],
  ASK: [
    'unsupported',
    'no',
    false,
    'The key is on its way to another node of a cluster; give its nodes as cluster.nodes.',
  ],
  CROSSSLOT: ['invalid_input', 'no', false, 'Keys of one command need the same {tag}.'],
  CLUSTERDOWN: ['unavailable', 'no', true, ''],
  TRYAGAIN: ['unavailable', 'no', true, ''],
  LOADING: ['unavailable', 'no', true, ''],
  MASTERDOWN: ['unavailable', 'no', true, ''],
  BUSY: ['unavailable', 'no', true, 'A script has been running for too long; SCRIPT KILL ends it.'],
  OOM: ['unavailable', 'no', false, 'The server has reached maxmemory.'],
  MISCONF: ['unavailable', 'no', false, 'The server cannot save to its disk and takes no writes.'],
  NOREPLICAS: ['unavailable', 'no', true, 'Too few replicas follow.'],
  NOSCRIPT: ['not_found', 'no', false, ''],
  NOGROUP: ['not_found', 'no', false, ''],
  BUSYGROUP: ['already_exists', 'no', false, ''],
  EXECABORT: ['invalid_input', 'no', false, ''],
  NOPROTO: ['unsupported', 'no', false, 'Redis 6 or later is needed.'],
  ERR: ['invalid_input', 'no', false, ''],
}

/** What ERR stands for, by its words. */
const words: readonly (readonly [RegExp, Row])[] = [
  [/max number of clients/, ['unavailable', 'no', true, 'Raise maxclients, or close connections.']],
  [/invalid password|without any password configured|AUTH/, ['unauthenticated', 'no', false, '']],
  [/unknown (sub)?command/, ['unsupported', 'no', false, 'The server is older than the command, or it is renamed.']],
  [/no such key/, ['not_found', 'no', false, '']],
]

/** The driver's own errors, by the names of their classes. */
const driverErrors: Readonly<Record<string, Row>> = {
  SocketClosedUnexpectedlyError: ['unavailable', 'maybe', true, ''],
  DisconnectsClientError: ['unavailable', 'maybe', true, 'The connection was ended while the command waited.'],
  ClientClosedError: ['unavailable', 'no', true, ''],
  ClientOfflineError: ['unavailable', 'no', true, ''],
  ConnectionTimeoutError: ['unavailable', 'no', true, ''],
  SocketTimeoutError: ['timeout', 'maybe', true, ''],
  TimeoutError: ['timeout', 'no', true, ''],
  AbortError: ['cancelled', 'no', false, ''],
}

/** A failure of the driver or an error reply as facts; `undefined` for anything else. */
export function toError(error: unknown): ErrorFacts | undefined {
  if (!isError(error)) return undefined
  if (isErrorReply(error)) return factsOfReply(error)
  const name = error.constructor.name
  const own = Object.hasOwn(driverErrors, name) ? driverErrors[name] : undefined
  if (own !== undefined) return toFacts(own, error, name)
  if (error.message === 'The queue is full')
    return toFacts(['rate_limited', 'no', true, 'Too many commands wait; see maxQueuedCommands.'], error, undefined)
  return undefined
}

const replyClasses = new Set(['ErrorReply', 'SimpleError', 'BlobError'])

/** Did the server refuse the command? */
export function isErrorReply(error: unknown): boolean {
  return isError(error) && replyClasses.has(error.constructor.name)
}

/** Redis 7 names the script in which a command failed; what the script did before that stays. */
const insideScript = /\bscript: [0-9a-f]{40}\b/

function factsOfReply(error: Error): ErrorFacts {
  const code = /^[A-Z]+(?= |$)/.exec(error.message)?.[0]
  const row = code !== undefined && Object.hasOwn(replies, code) ? replies[code] : undefined
  const special = code === 'ERR' ? words.find(([pattern]) => pattern.test(error.message))?.[1] : undefined
  // A word of its own is a script's or a module's: the command was carried out as far as it came.
  const [errorCode, applied, transient, advice] = special ?? row ?? (['invalid_input', 'maybe', false, ''] as const)
  return insideScript.test(error.message)
    ? toFacts([errorCode, 'maybe', false, 'What the script did before this stays.'], error, code)
    : toFacts([errorCode, applied, transient, advice], error, code)
}

function toFacts([code, applied, transient, advice]: Row, error: Error, vendorCode: string | undefined): ErrorFacts {
  const said = error.message.replace(/\.$/, '')
  return {
    code,
    applied,
    transient,
    message: `Redis: ${said}.${advice === '' ? '' : ` ${advice}`}`,
    ...(vendorCode === undefined ? {} : { vendorCode }),
    cause: error,
  }
}
