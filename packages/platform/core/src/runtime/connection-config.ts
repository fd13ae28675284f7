import { ConnectorError, invalidInput } from '../errors/connector-error.ts'
import type { ConnectorSpec, Operations, Sessions, Streams } from '../contract/connector.ts'
import type { UniformConfig } from '../contract/uniform-config.ts'
import { validateSync } from '../schemas/validate.ts'
import { Redactor } from '../secrets/redactor.ts'
import { Secret } from '../secrets/secret.ts'

// eslint-disable-next-line @typescript-eslint/no-explicit-any -- the runtime drives every connector alike
export type AnySpec = ConnectorSpec<any, any, any, any, Operations, Streams, Sessions, any>

const uniformKeys = [
  'pool',
  'timeouts',
  'resilience',
  'tls',
  'log',
  'files',
  'readOnly',
  'validateOutput',
  'egress',
] as const
const besideClient = new Set(['client', 'resilience', 'timeouts', 'log', 'files', 'validateOutput'])
const maxTimeoutMs = 2_147_483_647

/** A config taken apart: the vendor's own part, parsed, and the uniform part. */
export interface ConnectionConfig {
  readonly vendor: unknown
  readonly uniform: UniformConfig
  /** Holder of the client that was adopted, where one was. */
  readonly adopted: { readonly client: unknown } | undefined
  readonly redactor: Redactor
}

/**
 * Validates a config at the line that made it.
 * @throws `invalid_input` for anything the vendor's schema or the uniform part refuses; `unsupported` for adopting where
 * the connector cannot.
 */
export function readConfig(spec: AnySpec, config: unknown): ConnectionConfig {
  if (typeof config !== 'object' || config === null || Array.isArray(config))
    throw invalidInput(`${spec.name}: the config must be an object.`)
  const redactor = new Redactor()
  const given = config as Record<string, unknown>
  const uniform: Record<string, unknown> = {}
  const vendor: Record<string, unknown> = {}
  for (const [key, value] of Object.entries(given)) {
    if ((uniformKeys as readonly string[]).includes(key)) uniform[key] = value
    else if (key !== 'client') vendor[key] = value
  }
  checkUniform(spec, uniform)
  if (Object.hasOwn(given, 'client') && given['client'] !== undefined) {
    refuseBesideClient(spec, given)
    return { vendor: undefined, uniform, adopted: { client: given['client'] }, redactor }
  }
  const parsed: unknown = validateSync(spec.config, vendor, `${spec.name} config`)
  registerSecrets(parsed, redactor, 0)
  registerSecrets(uniform['tls'], redactor, 0)
  return { vendor: parsed, uniform, adopted: undefined, redactor }
}

function refuseBesideClient(spec: AnySpec, given: Record<string, unknown>): void {
  if (spec.adopt === undefined)
    throw new ConnectorError({
      code: 'unsupported',
      message: `${spec.name} cannot adopt a client of yours; pass its settings instead.`,
    })
  const other = Object.keys(given).find((key) => !besideClient.has(key))
  if (other !== undefined)
    throw invalidInput(
      `${spec.name} config: "${other}" has no effect on a client you own. Set it where you construct the client.`,
    )
}

function checkUniform(spec: AnySpec, uniform: Record<string, unknown>): void {
  const where = `${spec.name} config`
  for (const part of ['pool', 'tls', 'egress'] as const) {
    if (uniform[part] !== undefined && spec.uses?.includes(part) !== true)
      throw invalidInput(`${where}: ${part} means nothing to this connector; remove it.`)
  }
  checkNumbers(where, 'timeouts', uniform['timeouts'], { connectMs: 1, readMs: 1, writeMs: 1, callMs: 1 }, maxTimeoutMs)
  checkNumbers(
    where,
    'pool',
    uniform['pool'],
    { max: 1, min: 0, idleMs: 0, maxLifetimeMs: 1, acquireMs: 1 },
    maxTimeoutMs,
  )
  checkKeys(where, 'tls', uniform['tls'], ['ca', 'cert', 'key', 'serverName', 'insecure'])
  checkKeys(where, 'egress', uniform['egress'], ['allow', 'allowPrivate'])
  checkKeys(where, 'files', uniform['files'], ['roots', 'spool'])
  const insecure = (uniform['tls'] as { insecure?: unknown } | undefined)?.insecure
  if (insecure !== undefined && insecure !== 'plaintext')
    throw invalidInput(
      `${where}: tls.insecure can only be "plaintext". Certificate checks cannot be switched off; pass the CA in tls.ca.`,
    )
  for (const flag of ['readOnly', 'validateOutput'] as const) {
    if (uniform[flag] !== undefined && typeof uniform[flag] !== 'boolean')
      throw invalidInput(`${where}: ${flag} must be true or false.`)
  }
  const log = uniform['log']
  if (log !== undefined && typeof log !== 'boolean' && typeof log !== 'function')
    throw invalidInput(`${where}: log must be true, false or a function.`)
}

function checkKeys(where: string, part: string, value: unknown, allowed: readonly string[]): void {
  if (value === undefined) return
  if (typeof value !== 'object' || value === null) throw invalidInput(`${where}: ${part} must be an object.`)
  const unknown = Object.keys(value).find((key) => !allowed.includes(key))
  if (unknown !== undefined)
    throw invalidInput(`${where}: ${part}.${unknown} is unknown; allowed: ${allowed.join(', ')}.`)
}

function checkNumbers(
  where: string,
  part: string,
  value: unknown,
  minimums: Readonly<Record<string, number>>,
  max: number,
): void {
  checkKeys(where, part, value, Object.keys(minimums))
  for (const [key, number] of Object.entries((value ?? {}) as Record<string, unknown>)) {
    const min = minimums[key] ?? 0
    if (
      number !== undefined &&
      (typeof number !== 'number' || !Number.isInteger(number) || number < min || number > max)
    )
      throw invalidInput(`${where}: ${part}.${key} must be a whole number from ${min} to ${max}.`)
  }
}

/** Makes every secret of a parsed config known to the redactor, also the passwords inside of URLs. */
function registerSecrets(value: unknown, redactor: Redactor, depth: number): void {
  if (typeof value !== 'object' || value === null || depth > 6) return
  if (Secret.is(value)) {
    registerSecret(value, redactor)
    return
  }
  for (const part of Object.values(value)) registerSecrets(part, redactor, depth + 1)
}

function registerSecret(secret: Secret, redactor: Redactor): void {
  const text = secret.reveal()
  redactor.add(text)
  const url = URL.canParse(text) ? new URL(text) : undefined
  if (url !== undefined && url.password !== '') {
    redactor.add(url.password)
    redactor.add(safeDecode(url.password))
    redactor.addBasic(safeDecode(url.username), safeDecode(url.password))
  }
}

function safeDecode(text: string): string {
  try {
    return decodeURIComponent(text)
  } catch {
    return text
  }
}
