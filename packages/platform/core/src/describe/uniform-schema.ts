import type { OptionalUniform } from '../contract/uniform-config.ts'
import type { JsonSchema } from '../schemas/standard-schema.ts'

const milliseconds = (description: string): JsonSchema => ({
  type: 'integer',
  minimum: 1,
  maximum: 2_147_483_647,
  description: `${description}, in milliseconds.`,
})

const timeouts: JsonSchema = {
  type: 'object',
  description: 'Time limits.',
  additionalProperties: false,
  properties: {
    connectMs: milliseconds('To establish a connection'),
    readMs: milliseconds('Without a byte of the answer'),
    writeMs: milliseconds('Without a byte of the request accepted'),
    callMs: milliseconds('For the whole call with its retries'),
  },
}

const pool: JsonSchema = {
  type: 'object',
  description: "Limits of the connection's own pool.",
  additionalProperties: false,
  properties: {
    max: { type: 'integer', minimum: 1, maximum: 10_000, description: 'The most connections.' },
    min: { type: 'integer', minimum: 0, maximum: 10_000, description: 'Connections kept open.' },
    idleMs: milliseconds('Closes a connection unused for this long'),
    maxLifetimeMs: milliseconds('Closes a connection older than this'),
    acquireMs: milliseconds('The longest wait for a free connection'),
  },
}

const tls: JsonSchema = {
  type: 'object',
  description: 'Transport security; verification is never switched off.',
  additionalProperties: false,
  properties: {
    ca: {
      anyOf: [{ type: 'string' }, { type: 'array', items: { type: 'string' } }],
      description: 'Further certificate authorities, PEM.',
    },
    cert: { type: 'string', description: 'Client certificate, PEM.' },
    key: { type: 'string', description: 'Private key of the client certificate, PEM.', secret: true },
    serverName: {
      type: 'string',
      description: "The name the server's certificate must carry, where it differs from the host.",
    },
    insecure: { const: 'plaintext', description: 'Allows an unencrypted connection to a host that is not loopback.' },
  },
}

const egress: JsonSchema = {
  type: 'object',
  description: 'Where the connection may lead to; empty means public addresses only.',
  additionalProperties: false,
  properties: {
    allow: {
      type: 'array',
      items: { type: 'string' },
      description: 'The only hosts: names, *.names, addresses, and networks such as 10.1.0.0/16.',
    },
    allowPrivate: { type: 'boolean', description: 'Allows addresses that are not public.' },
  },
}

const resilience: JsonSchema = {
  anyOf: [{ const: false }, { type: 'object', additionalProperties: true }],
  description: 'Policies of this connection, see @casare/resilience; false switches all of them off.',
}

/** The JSON Schemas of the uniform parts of a config, for a connector that uses these. */
export function uniformProperties(uses: readonly OptionalUniform[]): Record<string, JsonSchema> {
  return {
    ...(uses.includes('pool') ? { pool } : {}),
    timeouts,
    resilience,
    ...(uses.includes('tls') ? { tls } : {}),
    ...(uses.includes('egress') ? { egress } : {}),
    log: { type: 'boolean', description: 'Writes one line per attempt to standard error.' },
    readOnly: { type: 'boolean', description: 'Refuses every effect but read.' },
  }
}
