import type { Schema } from './standard-schema.ts'

const jsonSchema = (): Record<string, unknown> => ({
  type: 'object',
  description: 'A record: any fields.',
  additionalProperties: true,
})

/**
 * A record of any fields, for systems whose columns only they know. Checks that it is an object and copies nothing, which
 * a schema library would do for each row.
 */
export const anyRecord: Schema<object, Record<string, unknown>> = {
  '~standard': {
    version: 1,
    vendor: 'casare',
    validate: (value) =>
      typeof value === 'object' && value !== null && !Array.isArray(value)
        ? { value: value as Record<string, unknown> }
        : {
            issues: [
              {
                message: `expected an object with the record's fields, got ${value === null ? 'null' : Array.isArray(value) ? 'a list' : typeof value}`,
              },
            ],
          },
    jsonSchema: { input: jsonSchema, output: jsonSchema },
  },
}
