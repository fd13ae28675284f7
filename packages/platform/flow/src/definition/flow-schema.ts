import type { JsonSchema } from '@casare/core'

const reference = { type: 'string', pattern: '^[A-Za-z][A-Za-z0-9_-]*\\.[a-z][A-Za-z0-9]*$' }
const input = { type: 'object', description: "The stream's input." }

const fieldRule = {
  anyOf: [
    { type: 'string', minLength: 1 },
    {
      type: 'object',
      additionalProperties: false,
      minProperties: 1,
      properties: {
        from: { type: 'string', minLength: 1, description: 'Path in the record read.' },
        constant: { description: 'A fixed value.' },
        template: { type: 'string', description: 'Text with {path} in it.' },
        cast: { enum: ['string', 'number', 'integer', 'boolean', 'timestamp', 'json'] },
        default: { description: 'Used where the value is missing or null.' },
      },
    },
  ],
}

/** JSON Schema of a flow file, for editors and for `casare check`. */
export const flowSchema: JsonSchema = {
  $schema: 'https://json-schema.org/draft/2020-12/schema',
  title: 'Casare flow',
  type: 'object',
  additionalProperties: false,
  required: ['flow', 'connections', 'write'],
  properties: {
    flow: {
      type: 'string',
      pattern: '^[a-z][a-z0-9-]{0,63}$',
      description: 'Name of the flow; its state is kept under it.',
    },
    description: { type: 'string' },
    parameters: {
      type: 'object',
      propertyNames: { pattern: '^[A-Za-z][A-Za-z0-9_]*$' },
      additionalProperties: {
        type: 'object',
        additionalProperties: false,
        properties: { default: { type: 'string' }, description: { type: 'string' } },
      },
    },
    secretFolders: { type: 'array', items: { type: 'string', minLength: 1 } },
    state: { type: 'string', minLength: 1, description: "Path of the state file, from the flow's folder." },
    connections: {
      type: 'object',
      minProperties: 1,
      propertyNames: { pattern: '^[A-Za-z][A-Za-z0-9_-]*$' },
      additionalProperties: {
        type: 'object',
        additionalProperties: false,
        required: ['connector'],
        properties: { connector: { type: 'string', minLength: 1 }, config: { type: 'object' } },
      },
    },
    read: {
      type: 'object',
      additionalProperties: false,
      required: ['from'],
      properties: {
        from: { ...reference, description: 'CONNECTION.STREAM' },
        input,
        pageSize: { type: 'integer', minimum: 1, maximum: 100_000 },
        mode: { enum: ['incremental', 'full'] },
      },
    },
    listen: {
      type: 'object',
      additionalProperties: false,
      required: ['from'],
      properties: {
        from: { ...reference, description: 'CONNECTION.STREAM' },
        input,
        concurrency: { type: 'integer', minimum: 1, maximum: 10_000, description: 'Events on their way at once.' },
        idleMs: {
          type: 'integer',
          minimum: 1,
          maximum: 2_147_483_647,
          description: 'Ends the run after this many milliseconds without an event.',
        },
      },
    },
    filter: { type: 'string', minLength: 1, description: 'JSONata; keeps the records for which it is true.' },
    fields: { type: 'object', minProperties: 1, additionalProperties: fieldRule },
    map: { type: 'string', minLength: 1, description: 'JSONata; makes another record of each.' },
    validate: { type: 'object', description: 'JSON Schema that each record must meet.' },
    write: {
      type: 'object',
      additionalProperties: false,
      required: ['to'],
      properties: { to: { ...reference, description: 'CONNECTION.STREAM' }, input },
    },
    batchSize: { type: 'integer', minimum: 1, maximum: 100_000 },
    maxInFlight: { type: 'integer', minimum: 1, maximum: 100 },
    limits: {
      type: 'object',
      additionalProperties: false,
      properties: {
        expressionMs: { type: 'integer', minimum: 1, maximum: 600_000 },
        patienceMs: { type: 'integer', minimum: 0, maximum: 2_147_483_647 },
      },
    },
  },
}
