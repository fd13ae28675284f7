import { errorCodes, type JsonSchema } from '@casare/core'
import { paletteVersion } from './palette.ts'

const text: JsonSchema = { type: 'string', minLength: 1 }
/** A JSON Schema within the manifest. */
const anySchema: JsonSchema = { type: 'object' }

const port: JsonSchema = {
  type: 'object',
  additionalProperties: false,
  required: ['name', 'description', 'schema', 'required'],
  properties: {
    name: text,
    description: text,
    schema: { ...anySchema, description: 'JSON Schema of what travels through it.' },
    required: { type: 'boolean' },
  },
}

const ports: JsonSchema = { type: 'array', items: port }

/** JSON Schema (draft 2020-12) of the manifest that `exportPalette` makes. */
export const paletteSchema: JsonSchema = {
  $schema: 'https://json-schema.org/draft/2020-12/schema',
  title: 'Casare palette of workflow nodes',
  type: 'object',
  additionalProperties: false,
  required: ['paletteVersion', 'connectors', 'nodes'],
  properties: {
    paletteVersion: { const: paletteVersion },
    connectors: {
      type: 'array',
      items: {
        type: 'object',
        additionalProperties: false,
        required: ['name', 'title', 'category', 'description'],
        properties: { name: text, title: text, category: text, description: text },
      },
    },
    nodes: {
      type: 'array',
      items: {
        type: 'object',
        additionalProperties: false,
        required: [
          'id',
          'name',
          'kind',
          'connector',
          'category',
          'description',
          'inputs',
          'outputs',
          'configuration',
          'errorCodes',
          'effect',
          'effectDepends',
          'docs',
        ],
        properties: {
          id: { type: 'string', pattern: '^[a-z][a-z0-9-]*(\\.[a-z][A-Za-z0-9]*){1,2}$' },
          name: text,
          kind: { enum: ['operation', 'read', 'write', 'trigger'] },
          connector: text,
          category: text,
          description: text,
          inputs: ports,
          outputs: ports,
          configuration: anySchema,
          errorCodes: { type: 'array', items: { enum: [...errorCodes] }, uniqueItems: true },
          effect: { enum: ['read', 'idempotent', 'keyed', 'unsafe'] },
          effectDepends: { type: 'boolean' },
          docs: text,
        },
      },
    },
  },
}
