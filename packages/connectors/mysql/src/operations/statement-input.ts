import { statementInput as statement } from '@casare/sql/zod'

/** One statement with its values. */
export const statementInput = () => statement('the placeholders (?), in their order', 'Objects are JSON.')
