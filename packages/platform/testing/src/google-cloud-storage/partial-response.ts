import { invalid } from './api-error.ts'
import type { Reply } from './call.ts'

/** Names of fields, those of what is within in brackets. */
type Wanted = ReadonlyMap<string, Wanted | undefined>

/**
 * Of an answer only what `fields` asks for (https://cloud.google.com/storage/docs/json_api#partial-response).
 * @throws ApiError 400 for what the simulator does not understand of it
 */
export function chosen(reply: Reply, fields: string | null): Reply {
  if (fields === null || reply.json === undefined || reply.status >= 300) return reply
  return { ...reply, json: picked(reply.json, parsed(fields)) }
}

function picked(value: object, wanted: Wanted): object {
  if (Array.isArray(value)) return value.map((one: object) => picked(one, wanted))
  const found: Record<string, unknown> = {}
  for (const [name, inner] of Object.entries(value) as [string, unknown][]) {
    if (!wanted.has(name)) continue
    const within = wanted.get(name)
    found[name] = within === undefined || typeof inner !== 'object' || inner === null ? inner : picked(inner, within)
  }
  return found
}

function parsed(fields: string): Wanted {
  const found = new Map<string, Wanted | undefined>()
  let rest = fields
  while (rest !== '') {
    const [all, name, within] = /^([a-zA-Z0-9]+)(?:\(([a-zA-Z0-9,]+)\))?(?:,|$)/.exec(rest) ?? []
    if (all === undefined || name === undefined) throw invalid(`Invalid field selection ${fields}`)
    found.set(name, within === undefined ? undefined : parsed(within))
    rest = rest.slice(all.length)
  }
  return found
}
