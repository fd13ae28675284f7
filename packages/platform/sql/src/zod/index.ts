export { namedTable, readFields, rowsCursor, taggedValue, writeFields } from './rows-fields.ts'
export { queryOutput, row, statementInput } from './statement-fields.ts'
