import { statementInput as statement } from '@casare/sql/zod'

/** One statement with its values. */
export const statementInput = () => statement('$1, $2 and so on', 'Lists are arrays, objects are JSON.')
