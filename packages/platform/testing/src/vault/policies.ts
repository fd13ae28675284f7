/** What a rule may allow (https://developer.hashicorp.com/vault/docs/concepts/policies#capabilities). */
export type Capability = 'create' | 'read' | 'update' | 'patch' | 'delete' | 'list' | 'sudo' | 'deny'

/** One rule of a policy: `secret/data/app/*`, with `*` at the end only and `+` for one segment. */
export interface PolicyRule {
  readonly path: string
  readonly capabilities: readonly Capability[]
}

/** What every token may do, as Vault's own policy `default` has it. */
export const defaultPolicy: readonly PolicyRule[] = [
  { path: 'auth/token/lookup-self', capabilities: ['read'] },
  { path: 'auth/token/renew-self', capabilities: ['update'] },
  { path: 'auth/token/revoke-self', capabilities: ['update'] },
  { path: 'sys/leases/renew', capabilities: ['update'] },
  { path: 'sys/leases/lookup', capabilities: ['update'] },
]

/** May it? The rule that fits best decides; rules of several policies for one path are joined, and `deny` wins. */
export function allows(rules: readonly PolicyRule[], path: string, wanted: readonly Capability[]): boolean {
  const fitting = rules.filter((rule) => patternOf(rule.path).test(path))
  const best = fitting.reduce<string | undefined>(
    (found, { path: one }) => (found === undefined || weight(one) > weight(found) ? one : found),
    undefined,
  )
  const capabilities = fitting.filter((rule) => rule.path === best).flatMap((rule) => rule.capabilities)
  return !capabilities.includes('deny') && capabilities.some((one) => wanted.includes(one))
}

function patternOf(path: string): RegExp {
  const open = path.endsWith('*')
  const segments = (open ? path.slice(0, -1) : path).split('/').map((part) => {
    return part === '+' ? '[^/]+' : part.replace(/[\\^$.*+?()[\]{}|]/g, '\\$&')
  })
  return new RegExp(`^${segments.join('/')}${open ? '[^]*' : ''}$`)
}

/** The longer its beginning without a wildcard, the better it fits. */
function weight(path: string): number {
  const wildcard = path.search(/\*$|(?<=^|\/)\+(?=\/|$)/)
  return wildcard < 0 ? Infinity : wildcard
}

/** Rules as HCL or JSON writes them. */
export function parsePolicy(text: string): PolicyRule[] {
  const quoted = (list: string): Capability[] => [...list.matchAll(/"([a-z]+)"/g)].map(([, one]) => one as Capability)
  const block = /"?path"?\s+"([^"]*)"\s*\{[^}]*?capabilities\s*=\s*\[([^\]]*)\][^}]*\}/g
  const rules = [...text.matchAll(block)].map(([, path = '', list = '']) => ({ path, capabilities: quoted(list) }))
  if (rules.length > 0 || !text.trimStart().startsWith('{')) return rules
  const { path = {} } = JSON.parse(text) as { path?: Record<string, { capabilities?: Capability[] }> }
  return Object.entries(path).map(([one, { capabilities = [] }]) => ({ path: one, capabilities }))
}
