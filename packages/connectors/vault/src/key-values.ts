import { ConnectorError, schema, type Secret } from '@casare/core'
import { timestamp } from '@casare/core/zod'
import type { HttpContext } from '@casare/http'
import { z } from 'zod'
import { numberIn, recordIn, textIn } from './http/send.ts'
import { isPath } from './paths.ts'
import { revealed, wrapped } from './secret-text.ts'
import type { KeyValueEngine, VaultClient } from './vault-client.ts'

const aPath = 'expected a path like team/app: no slash at its ends, no empty part, no "." and no ".."'

/** The engine of a call, where it is not the connection's own. */
export const engine = () => ({
  mount: z
    .string()
    .refine(isPath, aPath)
    .optional()
    .describe('Where the engine is mounted. Default: kv.mount of the settings.'),
  kvVersion: z
    .union([z.literal(1), z.literal(2)])
    .optional()
    .describe('Version of the engine. Default: kv.version of the settings.'),
})

/** The path of one secret. */
export const secretPath = () =>
  z.string().min(1).refine(isPath, aPath).describe('Path of the secret below the mount: team/app.')

export const cas = () =>
  z.number().int().min(0).optional().describe('Only where this is the current version; 0: only where there is none.')

export const versions = () =>
  z.array(z.number().int().min(1)).min(1).describe('Numbers of the versions; those that are not there do no harm.')

const versionFacts = () => ({
  version: z.number().int().describe('Number of the version.'),
  createdTime: timestamp('When it was written.'),
  deletionTime: timestamp('When it was or will be deleted.').optional(),
  destroyed: z.boolean().describe('Its data are gone for good.'),
})

const customMetadata = () => z.record(z.string(), z.string()).optional().describe('What was noted about the secret.')

/** One version without its data. */
export const version = () => z.object(versionFacts())

/** One version, and what was noted about the secret. */
export const versionMetadata = () => z.object({ ...versionFacts(), customMetadata: customMetadata() })

/** What a write answers. */
export const written = schema(() =>
  z.object({ metadata: versionMetadata().optional().describe('The version written; absent with version 1.') }),
)

/** All that is known of a secret but its data. */
export const secretMetadata = schema(() =>
  z.object({
    currentVersion: z.number().int().describe('Number of the current version; 0 where there is none.'),
    oldestVersion: z.number().int().describe('Number of the oldest version kept.'),
    createdTime: timestamp('When the secret was made.'),
    updatedTime: timestamp('When it was last written.'),
    maxVersions: z.number().int().describe('How many versions are kept; 0: as many as the engine says.'),
    casRequired: z.boolean().describe('Are writes without cas refused?'),
    deleteVersionAfter: z.string().describe('How long a version stays, as Vault writes it: 3h25m19s; 0s: for ever.'),
    customMetadata: customMetadata(),
    versions: z.array(version()).describe('All versions, oldest first.'),
  }),
)

type Json = Readonly<Record<string, unknown>>

export function engineOf(
  client: VaultClient,
  { mount, kvVersion }: { readonly mount?: string | undefined; readonly kvVersion?: 1 | 2 | undefined },
): KeyValueEngine {
  return { mount: mount ?? client.kv.mount, version: kvVersion ?? client.kv.version }
}

/** @throws `unsupported` for an engine that keeps no versions */
export function versionedMount(client: VaultClient, input: Parameters<typeof engineOf>[1]): string {
  const { mount, version } = engineOf(client, input)
  if (version === 2) return mount
  throw new ConnectorError({
    code: 'unsupported',
    applied: 'no',
    message: 'Version 1 of the key/value engine keeps no versions. Name an engine of version 2 (mount, kvVersion).',
  })
}

export function factsOf(number: number, facts: Json): z.output<ReturnType<typeof version>> {
  const deletionTime = textIn(facts, 'deletion_time')
  return {
    version: number,
    createdTime: textIn(facts, 'created_time'),
    ...(deletionTime === '' ? {} : { deletionTime }),
    destroyed: facts['destroyed'] === true,
  }
}

export function metadataOf(data: Json | undefined): z.output<ReturnType<typeof versionMetadata>> {
  const metadata = data ?? {}
  return { ...factsOf(numberIn(metadata, 'version'), metadata), ...customMetadataOf(metadata) }
}

export function customMetadataOf(metadata: Json): { customMetadata?: Record<string, string> } {
  const custom = recordIn(metadata['custom_metadata'])
  return custom === undefined ? {} : { customMetadata: custom as Record<string, string> }
}

/** Data that Vault gave, field by field. */
export function secretsOf(data: Json, context: Pick<HttpContext, 'redactor'>): Record<string, Secret> {
  return Object.fromEntries(Object.entries(data).map(([name, value]) => [name, wrapped(value, context.redactor)]))
}

/** Data on their way to Vault; `null` takes a field away. */
export function textsOf<Value extends Secret | null>(
  data: Readonly<Record<string, Value>>,
  context: Pick<HttpContext, 'redactor'>,
): Record<string, string | (Value extends null ? null : never)> {
  const entries = Object.entries(data).map(([name, value]) => [
    name,
    value === null ? null : revealed(value, context.redactor),
  ])
  return Object.fromEntries(entries) as Record<string, string | (Value extends null ? null : never)>
}

/** The data of one version as Vault has them; `undefined` where they are not there any more, or never were. */
export async function readVersion(
  client: VaultClient,
  mount: string,
  path: string,
  number: number,
  context: HttpContext,
): Promise<{ readonly data: Json; readonly metadata: Json } | undefined> {
  const request = { path: '/v1/{mount}/data/{path}', values: { mount, path }, query: { version: number || undefined } }
  try {
    const { data: answer } = await client.request(request, context)
    const data = recordIn(answer?.['data'])
    return data && { data, metadata: recordIn(answer?.['metadata']) ?? {} }
  } catch (error) {
    if (ConnectorError.is(error, 'not_found')) return undefined
    throw error
  }
}
